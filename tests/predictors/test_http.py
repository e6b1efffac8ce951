"""One request: what it reads, how much of it, and what it sends to whom; against a server that writes any bytes."""

import asyncio
import gzip
import socketserver
import subprocess
import sys
import threading
import time
import tracemalloc
import zlib
from contextlib import contextmanager, suppress

import pytest
from httpcore2._backends.anyio import AnyIOBackend

from evalcore.predictors.servers import api_key
from evalcore.predictors.servers.endpoint import parse_endpoint
from evalcore.predictors.servers.http import MAX_BODY_BYTES, RequestError, request, run_in_loop
from evalcore.predictors.servers.server import ServerModel
from evalcore.store.spec import RunSpec
from tests.conftest import ROOT
from tests.tools.chat_server import good, serving_chat

MEGABYTE = bytes(1_000_000)
MOST_MEMORY_BYTES = 25_000_000


@contextmanager
def serving_bytes(write):
    """A server that reads a request and calls `write(head, send)`; yields its address."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            with suppress(OSError):  # the client has closed the connection
                write(self.connection.recv(65_536), self.wfile.write)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        finally:
            server.shutdown()
            thread.join()


def get(url, timeout_s=20.0):
    return run_in_loop(request("GET", url, "/models", None, timeout_s))


def head(*lines, status=200):
    return "\r\n".join((f"HTTP/1.1 {status} -", *lines, "", "")).encode()


def a_gigabyte(request_head, send):
    send(head("Content-Length: 1000000000"))
    for _ in range(1000):
        send(MEGABYTE)


def a_gigabyte_in_chunks(request_head, send):
    send(head("Transfer-Encoding: chunked"))
    for _ in range(1000):
        send(b"%x\r\n%b\r\n" % (len(MEGABYTE), MEGABYTE))


def a_gigabyte_without_an_end(request_head, send):
    send(head())
    for _ in range(1000):
        send(MEGABYTE)


def a_gigabyte_in_gzip(request_head, send):
    """Its first quarter, compressed to 250 kB, is enough."""
    packer = zlib.compressobj(1, wbits=31)
    packed = b"".join(packer.compress(MEGABYTE) for _ in range(250))
    send(head("Content-Encoding: gzip") + packed)


@pytest.mark.parametrize(
    "write", [a_gigabyte, a_gigabyte_in_chunks, a_gigabyte_without_an_end, a_gigabyte_in_gzip], ids=lambda w: w.__name__
)
def test_a_body_of_a_gigabyte_is_read_to_four_megabytes(write):
    sent = []
    with serving_bytes(lambda head, send: write(head, lambda data: (send(data), sent.append(len(data))))) as url:
        tracemalloc.start()
        try:
            with pytest.raises(RequestError, match="longer than 4 MB") as caught:
                get(url)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert not caught.value.again
    assert sum(sent) < 60_000_000  # what the system's buffers hold is sent, too
    assert peak < MOST_MEMORY_BYTES


def test_a_body_of_exactly_the_limit_is_read():
    body = b"x" * MAX_BODY_BYTES
    with serving_bytes(lambda _, send: send(head("Content-Encoding: gzip") + gzip.compress(body, 1))) as url:
        assert get(url) == body


def test_a_body_that_is_compressed_twice_is_refused():
    """Each layer multiplies the size by up to 1000 before any of it can be counted."""
    packed = gzip.compress(gzip.compress(MEGABYTE))
    for lines in (["Content-Encoding: gzip, gzip"], ["Content-Encoding: gzip", "Content-Encoding: deflate"]):
        with (
            serving_bytes(lambda _, send, lines=lines: send(head(*lines) + packed)) as url,
            pytest.raises(RequestError, match="compressed more than once"),
        ):
            get(url)


CUT = {
    "length": head("Content-Length: 99") + b"{}",
    "chunk": head("Transfer-Encoding: chunked") + b"9\r\n{}",
    "last chunk": head("Transfer-Encoding: chunked") + b"2\r\n{}\r\n",
}


@pytest.mark.parametrize("case", CUT)
def test_a_cut_body_is_said_to_be_cut(case):
    cut = pytest.raises(RequestError, match="the server's reply was cut")
    with serving_bytes(lambda _, send: send(CUT[case])) as url, cut as caught:
        get(url)
    assert caught.value.again


NO_HTTP = {
    "nothing": b"",
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "a bad header": b"HTTP/1.1 200 OK\r\n: x\r\n\r\n{}",
    "an endless header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000,
    "no gzip": head("Content-Encoding: gzip") + b"{}",
}


@pytest.mark.parametrize("case", NO_HTTP)
def test_what_is_no_http_is_an_error_that_says_so(case):
    failed = pytest.raises(RequestError, match="the connection failed")
    with serving_bytes(lambda _, send: send(NO_HTTP[case])) as url, failed as caught:
        get(url)
    assert (caught.value.again, caught.value.status, len(str(caught.value)) < 400) == (True, 0, True)


@pytest.mark.parametrize(
    ("location", "to"),
    [("http://evil.example/v1", "evil.example"), ("http://[", "another address"), ("/elsewhere", "another address"),
     ("http://evil.example:99999999/", "evil.example"), ("https://EVIL.example?x", "EVIL.example")],
)  # fmt: skip
def test_a_redirect_is_never_followed(location, to):
    heads = []
    reply = head(f"Location: {location}", "Content-Length: 0", status=302)
    refused = pytest.raises(RequestError, match=f"the server redirects to {to}, which")
    with serving_bytes(lambda head, send: (heads.append(head), send(reply))) as url, refused as caught:
        get(url)
    assert (caught.value.hopeless, len(heads)) == (True, 1)


def test_a_second_reply_on_a_connection_answers_no_other_request():
    """Red with connections that are kept: each prompt would get the answer of the one before."""
    heads = []

    def twice(request_head, send):
        heads.append(request_head)
        for number in (len(heads), -1):
            body = str(number).encode()
            send(head(f"Content-Length: {len(body)}", "Set-Cookie: a=b") + body)
        time.sleep(0.2)

    with serving_bytes(twice) as url:
        assert [get(url) for _ in range(3)] == [b"1", b"2", b"3"]
    assert not [line for line in heads if b"cookie" in line.lower()]
    assert all(b"connection: close" in line.lower() for line in heads)


def test_the_deadline_is_for_all_of_a_reply():
    """Red with a time limit for each read: a byte every 0.05 s would never end."""

    def drip(request_head, send):
        for byte in head("Content-Length: 1000") + b"x" * 1000:
            send(bytes([byte]))
            time.sleep(0.05)

    started = time.monotonic()
    with serving_bytes(drip) as url, pytest.raises(RequestError, match="did not answer within 1 s"):
        get(url, timeout_s=1)
    assert time.monotonic() - started < 3


def test_a_name_is_looked_up_in_the_spelling_that_may_have_the_key(monkeypatch):
    """Two standards spell ß in two ways: the host that is named, and the host that is connected to, must be one."""
    monkeypatch.setenv(api_key.API_KEY_VARIABLE, "a-secret-key")
    monkeypatch.setenv(api_key.API_HOSTS_VARIABLE, "straße.example")
    hosts = []

    async def refuse(backend, host, *_, **__):
        hosts.append(host)
        raise ConnectionRefusedError

    monkeypatch.setattr(AnyIOBackend, "connect_tcp", refuse)
    for host in ("straße.example", "STRASSE.example.", "strasse.example"):
        with pytest.raises(RequestError, match="connection refused"):
            get(f"https://{host}/v1")
    assert hosts == ["strasse.example"] * 3


def test_no_host_of_that_name():
    with pytest.raises(RequestError, match="there is no host of that name"):
        get("http://no-such-host.invalid/v1")
    with pytest.raises(RequestError, match="the connection failed"):
        get("http://a..b/v1")


def test_a_server_without_tls_is_said_to_be_that():
    refused = pytest.raises(RequestError, match="certificate or encryption is not accepted")
    with serving_bytes(lambda _, send: send(head())) as url, refused as caught:
        get(url.replace("http:", "https:"))
    assert not caught.value.again


def test_a_server_is_asked_from_any_thread_and_beside_another_event_loop():
    """Streamlit has a loop of its own."""
    prompts = [({"role": "user", "content": f"text {number}"},) for number in range(16)]
    with serving_chat() as chat:
        chat.answer = lambda text, before: good(text)
        model = ServerModel(parse_endpoint(f"{chat.url}#m"), RunSpec())
        answers = []

        async def inside_a_loop():
            answers.append(model.predict(prompts))

        threads = [threading.Thread(target=lambda: answers.append(model.predict(prompts))) for _ in range(3)]
        for thread in threads:
            thread.start()
        asyncio.run(inside_a_loop())
        for thread in threads:
            thread.join()
    texts = [[completion.text for completion in completions] for completions in answers]
    assert texts == [[f"text {number}" for number in range(16)]] * 4
    assert len({thread for thread in threading.enumerate() if thread.name == "requests to servers"}) == 1


def test_what_a_coroutine_raises_is_raised():
    async def fail():
        raise LookupError("here")

    with pytest.raises(LookupError, match="here"):
        run_in_loop(fail())


def test_an_address_is_read_without_the_http_library():
    """Pages ask of every run whether its model is a server: they must not wait for the import."""
    modules = "evalcore.running.current_run, evalcore.running.prompt_preview, evalcore.running.run"
    program = f"import sys, {modules}; sys.exit('httpx2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0
