"""A chat server on this machine that answers as a test wants it to, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, dict[str, str], bytes]


def good(text: str, **more: object) -> Reply:
    """What a server says when all is well."""
    body = {"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop", **more}],
            "usage": {"prompt_tokens": 11}}  # fmt: skip
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


def reply(message: object, finish_reason: object = "stop", **more: object) -> Reply:
    """A reply of one choice, whose fields may be anything; `more` stands beside `choices`."""
    choice = {"message": message, "finish_reason": finish_reason}
    return 200, {"Content-Type": "application/json"}, json.dumps({"choices": [choice], **more}).encode()


def refusal(status: int, message: str = "no", **headers: str) -> Reply:
    return status, headers, json.dumps({"error": {"message": message}}).encode()


class ChatServer:
    """What was asked, and how to answer it.

    Attributes:
        answer: a text and how often it has been asked for before -> the reply; None breaks the connection.
        more: what else the server does, or does otherwise: the end of a path -> the body of a request -> the reply.
        asked: how often each text was asked for; `bodies`, `headers`: of every request.
    """

    def __init__(self) -> None:
        self.answer: Callable[[str, int], Reply | None] = lambda text, before: good("red")
        self.more: dict[str, Callable[[dict[str, Any]], Reply]] = {}
        self.models: Reply = (200, {}, b'{"data": [{"id": "m"}]}')
        self.asked: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.drip_s = 0.0
        self.open = 0
        self.most_open = 0
        self._lock = threading.Lock()
        self.url = ""

    def reply(self, path: str, headers: dict[str, str], body: bytes) -> Reply | None:
        with self._lock:
            self.paths.append(path)
            self.headers.append(headers)
            if not body:
                return self.models
            asked = json.loads(body)
            self.bodies.append(asked)
            found = next((reply for end, reply in self.more.items() if path.endswith(end)), None)
            if found or not path.endswith("/chat/completions"):
                return found(asked) if found else refusal(404, "Not Found")
            text = asked["messages"][-1]["content"]
            before = self.asked[text]
            self.asked[text] += 1
            self.open += 1
            self.most_open = max(self.most_open, self.open)
        try:
            return self.answer(text, before)
        finally:
            with self._lock:
                self.open -= 1


@contextmanager
def serving_chat() -> Iterator[ChatServer]:
    """Serve on a free port of this machine until the block ends."""
    chat = ChatServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def do_GET(self) -> None:
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            reply = chat.reply(self.path, dict(self.headers), body)
            try:
                if reply is None:
                    self.connection.close()
                    return
                status, headers, content = reply
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if not chat.drip_s:
                    self.wfile.write(content)
                for byte in content if chat.drip_s else b"":
                    self.wfile.write(bytes([byte]))
                    time.sleep(chat.drip_s)
            except OSError:
                pass  # the client has gone, as some tests want it to

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    chat.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield chat
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
