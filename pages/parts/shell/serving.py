"""How the app is served: its WebSocket, which draws pages and carries clicks, is open to its own pages only."""

from __future__ import annotations

import asyncio
import logging
import webbrowser
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_UNTIL_LISTENING_S = 0.5
_log = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Asgi = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]


class SameOrigin:
    """Refuses a WebSocket that a page of another origin opens, before Streamlit accepts it.

    Streamlit compares the origin's host with this machine's names and leaves the port out: a page of any other port
    of this machine could read what the app shows and press its buttons. `server.corsAllowedOrigins` names origins that
    may connect all the same. A reverse proxy has to hand on the Host header as the browser sent it; what it says in
    X-Forwarded-Host is not read, since anybody can write that.
    """

    def __init__(self, app: Asgi) -> None:
        self._app = app

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        if scope["type"] == "websocket":
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
            origin, host = headers.get("origin"), headers.get("host", "")
            if origin is not None and not same_origin(origin, host) and origin not in _named_origins():
                _log.warning(
                    "A page of %.200r wanted to connect to the app at %.200r and was refused. If it is the app's own, "
                    "let the reverse proxy hand on the Host header, or name the origin in server.corsAllowedOrigins.",
                    origin,
                    host,
                )
                await send({"type": "websocket.close", "code": 1008})
                return
        await self._app(scope, receive, send)


def same_origin(origin: str, host: str) -> bool:
    """Whether a page of `origin` (`http://localhost:8501`) is one of the server that was asked for as `host`.

    Host and port must be the same. The names of this machine itself count as one; the scheme is not compared, since
    behind a proxy that ends TLS the server does not know it.
    """
    try:
        page = urlsplit(origin)
        asked = urlsplit(f"{page.scheme}://{host}")
        ports = [parts.port or {"http": 80, "https": 443}.get(page.scheme) for parts in (page, asked)]
    except ValueError:
        return False
    names = ["localhost" if parts.hostname in _LOOPBACK else parts.hostname for parts in (page, asked)]
    return bool(names[0]) and names[0] == names[1] and ports[0] is not None and ports[0] == ports[1]


def _named_origins() -> list[str]:
    return [origin.strip() for origin in st.get_option("server.corsAllowedOrigins")]


@asynccontextmanager
async def opening_a_browser(app: object) -> AsyncIterator[None]:
    """Open the app in a browser once it serves, as `streamlit run` does for an app without middleware."""
    if not st.get_option("server.headless"):
        address = st.get_option("server.address") or "localhost"
        host = f"[{address}]" if ":" in address else address
        url = f"http://{host}:{st.get_option('server.port')}"
        asyncio.get_running_loop().call_later(_UNTIL_LISTENING_S, webbrowser.open, url)
    yield
