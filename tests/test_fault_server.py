"""Models on servers (F38 to F40), against a server on this machine that does what servers do on bad days."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

from evalcore import preview
from evalcore.errors import ModelError, SpecError
from evalcore.export import export_run
from evalcore.predictors import Identified, server
from evalcore.predictors.server import Patience, ServerModel, endpoint
from evalcore.prompt import built_in
from evalcore.run import execute, prepare
from evalcore.runspec import RunSpec
from evalcore.scoring import read
from evalcore.task import TaskSource
from tests.chat_server import good, refusal, serving_chat
from tests.conftest import ROOT
from tests.victim import LABELS, wait_until, write_task

QUICK = Patience(tries=5, total_s=3.0, timeout_s=0.5, first_wait_s=0.01)
CANARY = "canary-5f3a9c-secret"


@pytest.fixture
def chat():
    with serving_chat() as serving:
        yield serving


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    return write_task(tmp_path_factory.mktemp("task") / "messages", 400)


def spec_of(chat, task, n=20, **options):
    return RunSpec(TaskSource(str(task)), f"{chat.url}#m", n=n, **options)


def ask(spec, store, patience=QUICK):
    def loader(identified: Identified, on_phase):
        model = ServerModel(endpoint(spec.model), spec, patience)
        model.check()
        return model

    return execute(spec, store, loader=loader)


def gold(text, before):
    return good(text.split()[0])


def test_a_server_is_a_model_like_any_other(chat, task, store):
    """F38. Red if anything but what is asked for is sent: sampling, another model, other messages."""
    chat.answer = lambda text, before: time.sleep(0.01) or gold(text, before)
    outcome = execute(spec_of(chat, task), store)
    reading = read(store, outcome.record.run_id)
    assert (outcome.complete, reading.scores.accuracy) == (True, 1)
    assert set(chat.asked.values()) == {1}
    assert set(chat.paths) == {"/v1/models", "/v1/chat/completions"}
    body = chat.bodies[0]
    assert {name: body[name] for name in ("model", "temperature", "max_tokens", "stream", "repetition_penalty")} == {
        "model": "m", "temperature": 0, "max_tokens": 16, "stream": False, "repetition_penalty": 1.0,
    }  # fmt: skip
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert reading.answers[0].completion.prompt_tokens == 11
    assert 1 < chat.most_open <= server.CONCURRENT
    assert execute(spec_of(chat, task), store).predicted_now == 0


def test_as_shipped_leaves_the_penalty_to_the_server(chat, task, store):
    """F38. Red with the neutral penalty always sent."""
    ask(spec_of(chat, task, n=1, decoding="as-shipped"), store)
    assert "repetition_penalty" not in chat.bodies[0]


def test_a_server_that_does_not_know_the_penalty_is_asked_without(chat, task, store):
    """F38. Red with a refusal taken as final."""
    chat.answer = lambda text, before: (
        refusal(400, "Unrecognized request argument supplied: repetition_penalty")
        if "repetition_penalty" in chat.bodies[-1]
        else good("bill")
    )
    assert ask(spec_of(chat, task, n=40), store).complete
    assert "repetition_penalty" not in chat.bodies[-1]


def test_the_end_of_an_answer_is_told(chat, task, store):
    """F38. Red with finish_reason passed over."""
    chat.answer = lambda text, before: good("bil", finish_reason="length")
    record = ask(spec_of(chat, task, n=1), store).record
    assert read(store, record.run_id).answers[0].completion.stop == "length"


HTML = (200, {"Content-Type": "text/html"}, b"<html>Please log in</html>")
WHOLE = good("bill")[2]
BAD_DAYS = {
    "timeout": (lambda text, before: time.sleep(1) or good("bill"), "did not answer within", True),
    "connection broken": (lambda text, before: None, "connection", True),
    "429 with Retry-After": (lambda text, before: refusal(429, "slow down", **{"Retry-After": "0"}), "429", True),
    "500": (lambda text, before: refusal(500, "oops"), "500 .oops", True),
    "200 with HTML": (lambda text, before: HTML, "no JSON", True),
    "cut JSON": (lambda text, before: (200, {}, WHOLE[:-9]), "no JSON, or was cut", True),
    "cut body": (lambda text, before: (200, {"Content-Length": "999"}, WHOLE), "not answer|cut|connection", True),
    "content: null": (lambda text, before: good(None), "has no text", False),
    "content is a list": (lambda text, before: good(["bill"]), "has no text", False),
    "10 MB body": (lambda text, before: (200, {}, b" " * 10_000_000 + WHOLE), "longer than 4 MB", False),
    "redirect to another host": (
        lambda text, before: (307, {"Location": "http://evil.example/v1"}, b""), "redirects to evil.example", False
    ),
    "no answer": (lambda text, before: (200, {}, b'{"choices": []}'), "0 answers where one", False),
    "two answers": (
        lambda text, before: (200, {}, json.dumps({"choices": json.loads(WHOLE)["choices"] * 2}).encode()),
        "2 answers where one", False,
    ),
    "JSON of another kind": (lambda text, before: (200, {}, b"[1, 2]"), "no list of answers", False),
    "deep JSON": (lambda text, before: (200, {}, b"[" * 100_000), "no JSON", True),
    "400": (lambda text, before: refusal(400, "bad model"), "400 .bad model", False),
}  # fmt: skip


@pytest.mark.parametrize("day", BAD_DAYS)
def test_what_is_no_answer_is_an_error_and_never_kept(chat, task, store, day):
    """F38. Red with `content or ""`, with an answer stored before it is looked at, or without a limit of tries."""
    answer, says, again = BAD_DAYS[day]
    chat.answer = answer
    started = time.monotonic()
    with pytest.raises(ModelError, match=says) as caught:
        ask(spec_of(chat, task, n=3), store)
    assert time.monotonic() - started < QUICK.total_s + 2
    assert "0 of 3 examples have an answer" in str(caught.value)
    assert "evil" not in str(chat.headers)
    (record,) = store.runs()
    assert store.count_done(record.run_id) == 0
    assert read(store, record.run_id).answers[:] == []
    tries = max(chat.asked.values())
    assert (1 < tries <= QUICK.tries) if again else tries == 1


def test_the_waiting_is_bounded_and_retry_after_is_honoured(chat, task, store):
    """F38. Red with Retry-After passed over, or obeyed for as long as it asks."""
    times = []
    chat.answer = lambda text, before: (
        times.append(time.monotonic()) or (refusal(429, **{"Retry-After": "1"}) if before == 0 else good("bill"))
    )
    assert ask(spec_of(chat, task, n=1), store).complete
    assert 1.0 <= times[1] - times[0] < 2.5
    chat.answer = lambda text, before: refusal(503, **{"Retry-After": "3600"})
    started = time.monotonic()
    with pytest.raises(ModelError, match="503"):
        ask(spec_of(chat, task, n=2), store)
    assert time.monotonic() - started < 2
    assert Patience().total_s <= 60
    assert Patience().tries <= 5


def test_a_reply_that_drips_is_cut_off(chat, task, store):
    """F38. Red with the socket's own timeout alone, which begins anew with every byte."""
    chat.drip_s = 0.2
    started = time.monotonic()
    with pytest.raises(ModelError, match="did not answer within"):
        ask(spec_of(chat, task, n=1), store, Patience(tries=1, total_s=1, timeout_s=1))
    assert time.monotonic() - started < 3


def test_a_third_of_refusals_loses_nothing_and_asks_nothing_twice(chat, task, store):
    """F39. Red without tries after the first, or with an answer kept under another prompt's key."""
    chance = random.Random(39)
    sent = []

    def answer(text, before):
        if chance.random() < 0.3:
            return refusal(chance.choice((429, 500)))
        sent.append(text)
        return gold(text, before)

    chat.answer = answer
    patience = Patience(tries=5, total_s=20, timeout_s=5, first_wait_s=0.001)
    for _ in range(4):  # of 400 one or none is refused five times in a row, and is asked for when the run goes on
        try:
            complete = ask(spec_of(chat, task, n=400), store, patience).complete
        except ModelError:
            continue
        break
    reading = read(store, store.runs()[0].run_id)
    assert (complete, len(reading.answers), reading.scores.accuracy) == (True, 400, 1)
    assert len(sent) == len(set(sent)) == 400


def test_what_failed_is_asked_for_again_and_what_came_is_kept(chat, task, store):
    """F39. Red with a batch kept or lost as a whole."""
    chat.answer = lambda text, before: refusal(500) if text.endswith("7") else gold(text, before)
    with pytest.raises(ModelError, match=r"\d+ of 40 examples have an answer, which is kept"):
        ask(spec_of(chat, task, n=40), store)
    kept = store.count_done(store.runs()[0].run_id)
    failed = sum(text.endswith("7") for text in chat.asked)
    assert (kept, failed > 0) == (40 - failed, True)
    chat.answer, before = gold, chat.asked.copy()
    outcome = ask(spec_of(chat, task, n=40), store)
    assert (outcome.from_cache, outcome.predicted_now, outcome.complete) == (kept, failed, True)
    assert (chat.asked - before).total() == failed


def test_a_late_reply_is_nobodys_answer(chat, task, store):
    """F39 (openai/evals#1333). Red with one connection for several requests, where it answers the next."""

    def answer(text, before):
        if before == 0 and text.startswith("bill"):
            time.sleep(0.8)  # beyond the timeout: the answer comes when nobody waits for it
            return good("a_late_answer")
        return gold(text, before)

    chat.answer = answer
    reading = read(store, ask(spec_of(chat, task, n=32), store).record.run_id)
    assert reading.scores.accuracy == 1
    assert not [a for a in reading.answers if "late_answer" in a.completion.text]


def test_when_everything_fails_it_stops_after_twenty(chat, task, store):
    """F39. Red with every one of the 400 asked for, each five times."""
    chat.answer = lambda text, before: refusal(500)
    with pytest.raises(ModelError, match=r"2\d requests in a row failed"):
        ask(spec_of(chat, task, n=400), store)
    assert server.GIVE_UP_AFTER <= len(chat.asked) <= server.GIVE_UP_AFTER + server.CONCURRENT
    assert store.count_done(store.runs()[0].run_id) == 0


@pytest.mark.parametrize(("status", "says"), [(401, "is not set"), (404, "the model's name")])
def test_what_fails_for_every_prompt_is_tried_for_one(chat, task, store, status, says, monkeypatch):
    """F39. Red with a refused key taken for a passing trouble."""
    monkeypatch.delenv(server.API_KEY_VARIABLE, raising=False)
    chat.answer = lambda text, before: refusal(status, "who are you")
    with pytest.raises(ModelError, match=says):
        ask(spec_of(chat, task, n=400), store)
    assert chat.asked.total() <= server.CONCURRENT


def test_a_server_that_is_not_there_is_said_at_once(task, store):
    """F38. Red without the look before the first prompt: 20 prompts were tried five times each."""
    started = time.monotonic()
    with pytest.raises(ModelError, match="connection refused") as caught:
        execute(RunSpec(TaskSource(str(task)), "http://127.0.0.1:9/v1#m"), store)
    assert "Check that the server runs" in str(caught.value)
    assert time.monotonic() - started < 5


def test_a_prompt_that_is_too_long_for_the_server_is_counted_as_that(chat, task, store):
    """F26. Red with a refusal for length taken for a failure of the run."""
    too_long = refusal(400, "This model's maximum context length is 10 tokens.")
    chat.answer = lambda text, before: too_long if text.endswith("5") else gold(text, before)
    reading = read(store, ask(spec_of(chat, task, n=30), store).record.run_id)
    stops = {answer.completion.stop for answer in reading.answers if answer.example.text.endswith("5")}
    assert stops == {"too_long"}
    assert reading.scores.unparsed == sum(answer.example.text.endswith("5") for answer in reading.answers) > 0


def test_half_a_surrogate_pair_in_a_reply_is_no_trouble(chat, task, store):
    """F38. Red with JSON's escapes kept as they are: the store cannot encode them."""
    content = good("bill")[2].replace(b"bill", b"bill \\ud800")
    chat.answer = lambda text, before: (200, {}, content)
    reading = read(store, ask(spec_of(chat, task, n=1), store).record.run_id)
    assert reading.answers[0].completion.text == "bill ?"


@pytest.mark.parametrize(
    "name",
    ["http://", "http://host", "http://host/v1", "http://host/v1#", "http://host:99999/v1#m", "https://[::1/v1#m",
     "http://host/v1?x=1#m", f"http://user:{CANARY}@host/v1#m", f"http://host/v1?api_key={CANARY}#m",
     "http://a b/v1#m"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_without_its_secrets(task, store, name):
    """F40. Red with the address in the message as it is."""
    with pytest.raises(SpecError) as caught:
        prepare(RunSpec(TaskSource(str(task)), name), store)
    assert CANARY not in str(caught.value)
    assert store.runs() == []


def test_the_key_is_in_one_header_and_nowhere_else(chat, task, store, tmp_path, monkeypatch):
    """F40. Red with the key in the identity, in an error as the server repeats it, or in an answer that repeats it."""
    monkeypatch.setenv(server.API_KEY_VARIABLE, CANARY)
    messages = []

    def answer(text, before):
        if text.startswith("bill"):
            return refusal(401 if text.endswith("0") else 400, f"Incorrect API key provided: {CANARY}")
        return good(f"{text.split()[0]} {CANARY}" if text.startswith("tv") else text.split()[0])

    chat.answer = answer
    for n in (8, 24, 64):
        with pytest.raises(ModelError) as caught:
            ask(spec_of(chat, task, n=n), store)
        messages.append(repr(caught.value) + str(caught.value) + repr(vars(caught.value)))
    assert all(headers.get("Authorization") == f"Bearer {CANARY}" for headers in chat.headers)
    (record,) = [run for run in store.runs() if run.n == 64]
    export_run(store, read(store, record.run_id), tmp_path / "out")
    command = [sys.executable, "-m", "evalcore", "run", "--task", str(task), "--model", f"{chat.url}#m", "--n", "8"]
    done = subprocess.run(
        [*command, "--cache", str(store.folder)], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert done.returncode == 1
    assert "[BLINDSPOT_API_KEY]" in done.stderr + "".join(messages)
    for written in tmp_path.rglob("*"):
        if written.is_file():
            assert CANARY.encode() not in written.read_bytes(), written
    assert CANARY not in done.stdout + done.stderr + "".join(messages)
    assert CANARY not in repr(ServerModel(endpoint(f"{chat.url}#m"), RunSpec()).__dict__)


@pytest.mark.parametrize("key", ["with space", "line\nbreak", "ünï"])
def test_a_key_that_no_header_can_hold_is_said_without_it(chat, task, store, monkeypatch, key):
    """F40. Red with the http library's own error, which repeats the header."""
    monkeypatch.setenv(server.API_KEY_VARIABLE, key)
    with pytest.raises(ModelError, match="holds a character that no key has") as caught:
        ask(spec_of(chat, task, n=2), store)
    assert key not in str(caught.value)


def test_no_other_variable_and_no_file_is_asked_for_a_key(chat, task, store, monkeypatch):
    """F40. Red with the key of another service sent to whatever address is given."""
    for name in ("OPENAI_API_KEY", "HF_TOKEN", "ANTHROPIC_API_KEY", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, CANARY)
    monkeypatch.delenv(server.API_KEY_VARIABLE, raising=False)
    ask(spec_of(chat, task, n=2), store)
    assert CANARY not in str(chat.headers)
    assert not [headers for headers in chat.headers if "Authorization" in headers]


def test_ctrl_c_does_not_wait_for_a_server(chat, task, tmp_path):
    """F7, F38. Red with threads that are waited for: the time that the server takes."""
    started = threading.Event()
    chat.answer = lambda text, before: started.set() or time.sleep(20) or good("bill")
    command = [sys.executable, "-m", "evalcore", "run", "--task", str(task), "--model", f"{chat.url}#m"]
    process = subprocess.Popen(
        [*command, "--cache", str(tmp_path / "cache")], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    wait_until(started.is_set)
    process.send_signal(signal.SIGINT)
    asked_at = time.monotonic()
    _, errors = process.communicate(timeout=60)
    assert time.monotonic() - asked_at < 15
    assert process.returncode == 130
    assert b"Traceback" not in errors


def test_a_preview_shows_the_messages_that_a_server_is_sent(chat, task, store):
    """F38. Red with a server's name looked for among the folders."""
    shown = preview.preview(TaskSource(str(task)), f"{chat.url}#m", built_in("article"), "hello", store)
    assert shown.text.startswith("system:\nYou are an intent classifier")
    assert shown.text.endswith("user:\nhello")
    assert (shown.tokens, set(LABELS) <= set(re.findall(r"\w+", shown.text))) == (0, True)
    assert os.environ.get("PATH") is not None


def test_choosing_among_labels_is_refused_for_a_server(chat, task, store):
    """F38. Red with the decoding left to the server: a free answer would be stored as a chosen one."""
    with pytest.raises(ModelError, match="does not give the probability of every label"):
        execute(spec_of(chat, task, decoding="choose"), store)
    assert not store.runs()
