"""One HTTP request to a server: bounded in time and size, never redirected, the API key in one header only."""

from __future__ import annotations

import asyncio
import functools
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import wait
from contextlib import aclosing
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx2

from evalcore.predictors.servers.api_key import API_KEY_VARIABLE, api_key, ascii_host, clean, is_loopback, why_withheld

MAX_BODY_BYTES = 4_000_000
"""After decompression. A reply with more is not read to its end."""
_MAX_QUOTED_CHARS = 300
"""Characters of a server's own words in a message."""
_WORTH_ANOTHER_TRY = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_FAILS_FOR_EVERY_PROMPT = frozenset({401, 402, 403, 404, 405})
_LONGEST_SANE_WAIT_S = 86_400.0
"""A server that asks for more than a day does not mean it, and is passed over."""
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_POLL_S = 0.2
"""A signal that arrives in the instant before a thread begins to wait does not wake it: it is handled at the next poll.
"""
_T = TypeVar("_T")


class RequestError(Exception):
    """A request that brought no completion.

    Args:
        what: one sentence without its full stop.
        again: whether another try may succeed.
        wait_s: seconds to wait before another try, where the server asked for it.
        hopeless: whether every other request would fail in the same way.
        filtered: the server works, and its content filter withheld this one answer.
        do: what to do next, where the failure itself tells.
        status: HTTP status of the reply; 0 if there was none, or if it was 200.
        reply: the body of a reply with another status than 200, without the API key and shortened.
        may_be_billed: whether the server may have answered it: it was sent, and no refusal came back.
    """

    def __init__(
        self, what: str, *, again: bool, wait_s: float | None = None, hopeless: bool = False, filtered: bool = False,
        do: str = "", status: int = 0, reply: str = "", may_be_billed: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(what)
        self.again, self.wait_s, self.status, self.reply = again, wait_s, status, reply
        self.hopeless, self.filtered, self.do, self.may_be_billed = hopeless, filtered, do, may_be_billed


async def request(method: str, url: str, path: str, body: dict[str, Any] | None, timeout_s: float) -> bytes:
    """Send one request over a connection of its own, and read the whole reply.

    Cancelling the task closes the connection, so a late reply is discarded.

    Args:
        url: the server's address, as `why_withheld` judges it; `path` is added at its end.
        body: sent as JSON; None for a request without a body.
        timeout_s: wall-clock seconds from looking up the name to the last byte of the reply.

    Returns:
        The body of a reply with status 200, at most MAX_BODY_BYTES long.

    Raises:
        RequestError: for everything else.
    """
    key = _sendable_key(url)
    headers = {
        "Accept": "application/json", "Accept-Encoding": "identity", "Connection": "close",
        "Content-Type": "application/json", "User-Agent": "blindspot",
    }  # fmt: skip
    if key:
        headers["Authorization"] = f"Bearer {key}"
    parts = urlsplit(url)
    host = parts.hostname or ""

    async def check_peer(event: str, info: dict[str, Any]) -> None:
        """Called before anything is sent: the system's table of hosts may lead `localhost` to another machine."""
        if not key or event != "connection.connect_tcp.complete" or not is_loopback(host):
            return
        connection = info["return_value"]
        peer = connection.get_extra_info("server_addr")[0]
        if not is_loopback(peer):
            await connection.aclose()
            what = f"{host} leads to {peer}, which is not this machine: it is not sent the key"
            raise RequestError(what, again=False, hopeless=True)

    try:
        prepared = httpx2.Request(
            method,
            httpx2.URL(scheme=parts.scheme, host=ascii_host(host), port=parts.port, path=parts.path + path),
            headers=headers,
            content=None if body is None else json.dumps(body).encode(),
            extensions={"trace": check_peer},
        )
        async with asyncio.timeout(timeout_s):
            response, content = await _send(prepared)
    except (TimeoutError, httpx2.TimeoutException):
        raise RequestError(
            f"the server did not answer within {timeout_s:.0f} s", again=True, may_be_billed=True
        ) from None
    except (OSError, ValueError, httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise _not_reached(error) from None
    if response.status_code != 200:
        raise _refused(response, content)
    return content


async def _send(prepared: httpx2.Request) -> tuple[httpx2.Response, bytes]:
    """Send a request and read its reply.

    The transport is used without a client, which would add redirects, cookies and the environment's proxies. It is used
    once: a server that sends more than one reply over a connection must not answer the next prompt with it.

    Raises:
        RequestError: if the body is too long.
        httpx2.HTTPError: if the exchange fails.
    """
    content = bytearray()
    async with httpx2.AsyncHTTPTransport(verify=_tls()) as transport:
        response = await transport.handle_async_request(prepared)
        async with aclosing(response.aiter_bytes()) as pieces:
            if "," in response.headers.get("Content-Encoding", ""):
                # Each layer multiplies what one piece decompresses to, by up to 1000, before the size can be checked.
                raise RequestError(
                    "the server's reply is compressed more than once, which is not read",
                    again=False,
                    may_be_billed=True,
                )
            async for piece in pieces:
                content += piece
                if len(content) > MAX_BODY_BYTES:
                    what = f"the server's reply is longer than {MAX_BODY_BYTES / 1e6:.0f} MB"
                    raise RequestError(what, again=False, may_be_billed=True)
    return response, bytes(content)


_tls = functools.cache(ssl.create_default_context)


def _sendable_key(url: str) -> str:
    """The API key, "" if none is sent to this address.

    Raises:
        RequestError: if it has characters that a header cannot hold. The HTTP library's own message would show it.
    """
    key = "" if why_withheld(url) else api_key()
    if re.search(r"[^\x21-\x7e]", key):
        raise RequestError(f"{API_KEY_VARIABLE} holds a character that no key has", again=False, hopeless=True)
    return key


def _refused(response: httpx2.Response, content: bytes) -> RequestError:
    status = response.status_code
    if 300 <= status < 400:
        host = re.match(r"https?://([^/?#@:\[\]]+)", response.headers.get("Location", ""), re.IGNORECASE)
        to = shortened(host[1]) if host else "another address"
        return RequestError(f"the server redirects to {to}, which is not followed", again=False, hopeless=True)
    reply = clean(content[:20_000].decode("utf-8", "replace"))
    try:
        said = message_of(json.loads(reply))
    except (ValueError, RecursionError):
        said = ""  # a web page
    return RequestError(
        f"the server answered {status}" + (f" ({said})" if said else ""),
        again=status in _WORTH_ANOTHER_TRY,
        wait_s=_asked_to_wait_s(response.headers),
        hopeless=status in _FAILS_FOR_EVERY_PROMPT,
        status=status,
        reply=reply,
    )


def _not_reached(error: Exception) -> RequestError:
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            what = f"the server's certificate or encryption is not accepted ({cause.reason})"
            return RequestError(shortened(what), again=False)
        if isinstance(cause, ConnectionRefusedError):
            return RequestError("no server answers there (connection refused)", again=True)
        if isinstance(cause, socket.gaierror):
            return RequestError("there is no host of that name", again=True)
    if "complete message body" in str(error) or "incomplete chunked read" in str(error):
        return RequestError("the server's reply was cut", again=True, may_be_billed=True)
    said = next((line for cause in reversed(causes) for line in str(cause).splitlines()[:1]), type(error).__name__)
    return RequestError(shortened(f"the connection failed ({said})"), again=True, may_be_billed=True)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and what led to it; where several addresses of a host were tried, each one's failure."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for one in error.exceptions:
                yield from _causes(one)
        error = error.__cause__ or error.__context__


def _asked_to_wait_s(headers: Mapping[str, str]) -> float | None:
    """Seconds that a reply asks to wait; None if it does not, or names what no server means.

    By `retry-after-ms`, which OpenAI and Azure send as well, or `Retry-After`, in seconds or as the date at which to
    come again. (`x-ratelimit-reset-…` says when all of a limit is free again, which is later than the next request may
    come.)
    """
    for name, seconds_of in (("retry-after-ms", _milliseconds), ("Retry-After", _seconds)):
        seconds = seconds_of(headers.get(name, "").strip(), headers.get("Date", ""))
        if seconds is not None and 0 <= seconds <= _LONGEST_SANE_WAIT_S:
            return seconds
    return None


def _milliseconds(value: str, now: str) -> float | None:
    return float(value) / 1000 if _NUMBER.fullmatch(value) else None


def _seconds(value: str, now: str) -> float | None:
    """Of a number, or of a date; by the server's own clock, where its reply says what that shows."""
    if _NUMBER.fullmatch(value):
        return float(value)
    then = _moment(value)
    return None if then is None else then - (_moment(now) or time.time())


def _moment(date: str) -> float | None:
    """Seconds since 1970 of an HTTP date; None if it is none."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def message_of(reply: object) -> str:
    """The error message in a server's reply, shortened; "" if there is none."""
    error = reply.get("error", reply) if isinstance(reply, dict) else reply
    said = (error.get("message") or error.get("detail")) if isinstance(error, dict) else error
    return shortened(said) if isinstance(said, str) else ""


def shortened(said: str) -> str:
    """A server's words for a sentence: on one line, without the API key, at most _MAX_QUOTED_CHARS long."""
    words = clean(" ".join(said.split()))
    return words if len(words) <= _MAX_QUOTED_CHARS else f"{words[:_MAX_QUOTED_CHARS]}…"


def run_in_loop(work: Coroutine[Any, Any, _T], on_wait: Callable[[], None] = lambda: None) -> _T:
    """Run a coroutine in this process's event loop, and wait for its result.

    May be called from any thread, also where another event loop runs. An exception that ends the waiting, such as
    KeyboardInterrupt, cancels the coroutine and does not wait for it to end.

    Args:
        work: the coroutine.
        on_wait: called in this thread again and again, every _POLL_S, until it has ended.

    Raises:
        whatever the coroutine or `on_wait` raises.
    """
    with _starting:
        loop = _event_loop()
    future = asyncio.run_coroutine_threadsafe(work, loop)
    try:
        while wait([future], _POLL_S).not_done:
            on_wait()
        return future.result()
    finally:
        future.cancel()  # has no effect on a coroutine that has ended


def in_loop(function: Callable[[], object]) -> None:
    """Call a function in the event loop of all requests, soon; it must not wait."""
    _event_loop().call_soon_threadsafe(function)


_starting = threading.Lock()


@functools.cache
def _event_loop() -> asyncio.AbstractEventLoop:
    """The event loop of all requests, in a daemon thread: it never handles signals and never delays an exit."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="requests to servers", daemon=True).start()
    return loop
