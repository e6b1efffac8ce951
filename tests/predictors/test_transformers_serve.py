"""A real server, `transformers serve`, with the demo model: what it answers is what the engine here answers."""

import os
import socket
import urllib.error
import urllib.request

import pytest

from evalcore.errors import ModelError
from evalcore.paths import DEMO_MODELS
from evalcore.running.run import execute
from evalcore.store.spec import RunSpec
from tests.tools.processes import started, wait_until
from tests.tools.real_server import compare

pytestmark = pytest.mark.timeout(600)  # a server starts slowly on a machine with other work

MODEL = DEMO_MODELS / "demo"
RUN_IT = "from transformers.cli.transformers import main; main()"


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    """The address of a `transformers serve` that holds the demo model in float32."""
    pytest.importorskip("fastapi", reason="transformers serve needs fastapi and openai (requirements-dev.txt)")
    pytest.importorskip("openai", reason="transformers serve needs fastapi and openai (requirements-dev.txt)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("serving")
    words = (
        "-c",
        RUN_IT,
        "serve",
        MODEL,
        "--port",
        port,
        "--host",
        "127.0.0.1",
        "--device",
        "cpu",
        "--dtype",
        "float32",
    )
    with (folder / "log").open("wb") as log:
        server = started(
            *words, env={**os.environ, "HF_HOME": str(folder), "HF_HUB_OFFLINE": "1"}, stdout=log, stderr=log
        )

    def answers():
        assert server.poll() is None, (folder / "log").read_text()
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).status == 200
        except (urllib.error.URLError, OSError):
            return False

    try:
        wait_until(answers, pause_s=0.1)
        yield f"http://127.0.0.1:{port}/v1#{MODEL}"
    finally:
        server.kill()
        server.wait()


@pytest.mark.parametrize(("decoding", "n"), [("plain", 40), ("as-shipped", 8)])
def test_it_answers_what_the_engine_here_answers(serving, store, decoding, n):
    """Red without frequency_penalty: answers then have the penalty of the generation_config."""
    found = compare(RunSpec(model=serving, n=n, decoding=decoding), "demo", store)
    assert (found.same, found.differing) == (n, [])


@pytest.mark.parametrize(
    ("decoding", "sentence"),
    [("constrained", "cannot be held to the labels"), ("choose", "does not tell the probabilities of labels")],
)
def test_what_it_does_not_offer_is_refused(serving, store, decoding, sentence):
    with pytest.raises(ModelError, match=sentence):
        execute(RunSpec(model=serving, n=2, decoding=decoding), store)
