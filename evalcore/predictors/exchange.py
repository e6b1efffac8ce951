"""One request to a server: bounded in time and size, never redirected, its key in one header and nowhere else."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import threading
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from evalcore.predictors.api_key import API_KEY_VARIABLE, api_key, clean, is_loopback, why_withheld

MAX_BODY_BYTES = 4_000_000
_MOST_WORDS = 300
"""Characters of a server's own words in a message."""
_WORTH_ANOTHER_TRY = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_NO_USE_AT_ALL = frozenset({401, 402, 403, 404, 405})


class Failed(Exception):
    """One request came to nothing.

    Args:
        what: one sentence.
        again: whether another try may help.
        wait_s: what the server asked to wait.
        hopeless: whether every other request would fail in the same way.
        unasked: nothing was sent, since others had failed.
        filtered: the server is well, and does not answer this one prompt.
        do: what a person can do, where the request itself tells.
        status, reply: what the server said, for what is decided by it.
    """

    def __init__(
        self, what: str, *, again: bool, wait_s: float | None = None, hopeless: bool = False,
        unasked: bool = False, filtered: bool = False, do: str = "", status: int = 0, reply: str = "",
    ) -> None:  # fmt: skip
        super().__init__(what)
        self.again, self.wait_s, self.status, self.reply = again, wait_s, status, reply
        self.hopeless, self.unasked, self.filtered, self.do = hopeless, unasked, filtered, do


class Deadline:
    """Cuts a connection after so many seconds: a socket's own timeout begins anew with every byte that drips in."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self.cut)
        self._timer.daemon = True
        self._timer.start()

    def watch(self, connected: socket.socket) -> None:
        """From here on this is what is cut."""
        self._socket = connected
        if self.passed:
            self.cut()

    def cut(self) -> None:
        """End whatever a thread is waiting for on the connection."""
        self.passed = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """The reply is there, or will not be."""
        self._timer.cancel()


class UnderWay:
    """The requests that are under way, so that all of them can be ended at once."""

    def __init__(self) -> None:
        self._deadlines: set[Deadline] = set()
        self._ended = False
        self._lock = threading.Lock()

    def begin(self, seconds: float) -> Deadline:
        """One more; if all have been ended, it is over before it has begun."""
        deadline = Deadline(seconds)
        with self._lock:
            self._deadlines.add(deadline)
            if self._ended:
                deadline.cut()
        return deadline

    def done(self, deadline: Deadline) -> None:
        """One less."""
        deadline.end()
        with self._lock:
            self._deadlines.discard(deadline)

    def end_all(self) -> None:
        """End those that are under way, and those that are about to begin."""
        with self._lock:
            self._ended = True
            for deadline in self._deadlines:
                deadline.cut()

    def reopen(self) -> None:
        """From here on requests are made again."""
        self._ended = False


def exchange(
    url: str,
    method: str,
    path: str,
    body: dict[str, Any] | None,
    timeout_s: float,
    under_way: UnderWay,
) -> bytes:
    """One request and its whole reply, within `timeout_s` whatever the server does.

    Args:
        under_way: knows of the request while it lasts, so that another thread can end it.

    Raises:
        Failed: for everything but a reply with status 200.
    """
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout_s)
    headers = {"Accept": "application/json", "Content-Type": "application/json", "User-Agent": "blindspot"}
    key = "" if why_withheld(url) else api_key()
    if re.search(r"[^\x21-\x7e]", key):
        raise Failed(f"{API_KEY_VARIABLE} holds a character that no key has", again=False, hopeless=True)
    if key:
        headers["Authorization"] = f"Bearer {key}"
    payload = None if body is None else json.dumps(body).encode()
    deadline = under_way.begin(timeout_s)
    try:
        connection.connect()
        deadline.watch(connection.sock)
        if key:
            _check_peer(parts.hostname or "", connection.sock.getpeername()[0])
        connection.request(method, parts.path + path, payload, headers)
        response = connection.getresponse()
        content = response.read(MAX_BODY_BYTES + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        if not deadline.passed and not isinstance(error, TimeoutError):
            raise Failed(shortened(_why_not_reached(error)), again=not isinstance(error, ssl.SSLError)) from None
        deadline.cut()
    finally:
        under_way.done(deadline)
        connection.close()  # a reply that comes later finds nobody
    if deadline.passed:
        raise Failed(f"the server did not answer within {timeout_s:.0f} s", again=True)
    if response.length and len(content) <= MAX_BODY_BYTES:
        raise Failed("the server's reply was cut", again=True)
    if len(content) > MAX_BODY_BYTES:
        raise Failed(f"the server's reply is longer than {MAX_BODY_BYTES / 1e6:.0f} MB", again=False)
    if response.status != 200:
        raise _refused(response, content)
    return content


def _check_peer(host: str, peer: str) -> None:
    """A name of this machine must have led to it, whatever the system's table of hosts says."""
    if is_loopback(host) and not is_loopback(peer):
        raise Failed(f"{host} leads to {peer}, which is not this machine: it is not sent the key", again=False,
                     hopeless=True)  # fmt: skip


def _refused(response: http.client.HTTPResponse, content: bytes) -> Failed:
    status = response.status
    if 300 <= status < 400:
        to = urlsplit(response.getheader("Location") or "").hostname or "another address"
        return Failed(f"the server redirects to {shortened(to)}, which is not followed", again=False, hopeless=True)
    reply = clean(content[:20_000].decode("utf-8", "replace"))
    try:
        said = message_of(json.loads(reply))
    except (ValueError, RecursionError):
        said = ""  # a web page
    return Failed(
        f"the server answered {status}" + (f" ({said})" if said else ""),
        again=status in _WORTH_ANOTHER_TRY,
        wait_s=_retry_after(response.getheader("Retry-After")),
        hopeless=status in _NO_USE_AT_ALL,
        status=status,
        reply=reply,
    )


def _why_not_reached(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "no server answers there (connection refused)"
    if isinstance(error, socket.gaierror):
        return "there is no host of that name"
    if isinstance(error, ssl.SSLError):
        return f"the server's certificate or encryption is not accepted ({error.reason})"
    if isinstance(error, http.client.IncompleteRead):
        return "the server's reply was cut"
    return f"the connection failed ({(str(error).splitlines() or [''])[0] or type(error).__name__})"


def _retry_after(value: str | None) -> float | None:
    """Seconds; the form with a date is rare and is passed over."""
    if value is None or not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", value.strip()):
        return None
    return float(value)


def message_of(reply: object) -> str:
    """What a server says was wrong, in its own words, shortened; "" if it does not."""
    error = reply.get("error", reply) if isinstance(reply, dict) else reply
    said = (error.get("message") or error.get("detail")) if isinstance(error, dict) else error
    return shortened(said) if isinstance(said, str) else ""


def shortened(said: str) -> str:
    """A server's words for a sentence: on one line, without the key, and not long."""
    words = clean(" ".join(said.split()))
    return words if len(words) <= _MOST_WORDS else f"{words[:_MOST_WORDS]}…"
