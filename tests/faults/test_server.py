"""Models on servers (F38 to F40, F54, F56, F58), against a server here that does what servers do on bad days."""

import json
import os
import random
import re
import signal
import subprocess
import threading
import time
from dataclasses import replace

import pytest
from httpcore2._backends.anyio import AnyIOBackend, AnyIOStream

from evalcore.analysis.findings import find
from evalcore.analysis.scored_run import score_run
from evalcore.errors import ModelError, SpecError, StoreError
from evalcore.output.export import export_run
from evalcore.predictors.handle import ModelHandle
from evalcore.predictors.servers import api_key, asking, http, pace
from evalcore.predictors.servers.asking import Patience
from evalcore.predictors.servers.endpoint import parse_endpoint
from evalcore.predictors.servers.reply import CHARACTERS_OF_A_TOKEN
from evalcore.predictors.servers.server import ServerModel
from evalcore.running import prompt_preview, worker
from evalcore.running.run import execute, execute_with_baselines, plan_run
from evalcore.store.spec import RunSpec
from evalcore.tasks.prompt import built_in
from evalcore.tasks.task import TaskSource
from tests.faults.victim import LABELS, write_task
from tests.tools.chat_server import good, refusal, reply, serving_chat
from tests.tools.command_line import evalcore
from tests.tools.processes import PATIENCE_S, finished, started, wait_until

QUICK = Patience(tries=5, total_s=3.0, timeout_s=0.5, first_wait_s=0.01, held_s=0.2)
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
    def loader(handle: ModelHandle, on_phase):
        model = ServerModel(parse_endpoint(spec.model), spec, patience)
        model.check()
        return model

    return execute(spec, store, loader=loader)


def gold(text, before):
    return good(text.split()[0])


def test_a_server_is_a_model_like_any_other(chat, task, store):
    """F38. Red if anything but what is asked for is sent: sampling, another model, other messages."""
    chat.answer = lambda text, before: time.sleep(0.01) or gold(text, before)
    outcome = execute(spec_of(chat, task), store)
    scored = score_run(store, outcome.record.run_id)
    assert (outcome.complete, scored.scores.accuracy) == (True, 1)
    assert set(chat.asked.values()) == {1}
    assert set(chat.paths) == {"/v1/models", "/v1/chat/completions"}
    body = chat.bodies[0]
    assert {name: body[name] for name in ("model", "temperature", "max_tokens", "stream", "repetition_penalty")} == {
        "model": "m", "temperature": 0, "max_tokens": 16, "stream": False, "repetition_penalty": 1.0,
    }  # fmt: skip
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert scored.answers[0].completion.prompt_tokens == 11
    assert 1 < chat.most_open <= pace.CONCURRENT
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
    assert score_run(store, record.run_id).answers[0].completion.stop == "length"


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
    patience = QUICK if day == "timeout" else replace(QUICK, total_s=30, timeout_s=10)  # a busy machine is no timeout
    with pytest.raises(ModelError, match=says) as caught:
        ask(spec_of(chat, task, n=3), store, patience)
    assert "0 of 3 examples have an answer" in str(caught.value)
    assert "evil" not in str(chat.headers)
    (record,) = store.runs()
    assert store.count_done(record.run_id) == 0
    assert score_run(store, record.run_id).answers[:] == []
    tries = max(chat.asked.values())
    assert (1 < tries <= QUICK.tries) if again else tries == 1


def test_the_waiting_is_bounded_and_retry_after_is_honoured(chat, task, store):
    """F38. Red with Retry-After passed over, or obeyed for as long as it asks."""
    times = []
    chat.answer = lambda text, before: (
        times.append(time.monotonic()) or (refusal(429, **{"Retry-After": "1"}) if before == 0 else good("bill"))
    )
    assert ask(spec_of(chat, task, n=1), store, replace(QUICK, held_s=3.0)).complete
    assert times[1] - times[0] >= 1.0
    chat.answer = lambda text, before: refusal(503, **{"Retry-After": "3600"})
    with pytest.raises(ModelError, match="503"):
        ask(spec_of(chat, task, n=2), store)
    assert set(chat.asked.values()) == {1, 2}  # the second pair at once: nobody waits for an hour
    assert Patience().total_s <= 60
    assert Patience().tries <= 5


def test_a_reply_that_drips_is_cut_off(chat, task, store):
    """F38. Red with the socket's own timeout alone, which begins anew with every byte."""
    chat.drip_s = 0.2
    with pytest.raises(ModelError, match="did not answer within"):
        ask(spec_of(chat, task, n=1), store, Patience(tries=1, total_s=1, timeout_s=1))


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
    scored = score_run(store, store.runs()[0].run_id)
    assert (complete, len(scored.answers), scored.scores.accuracy) == (True, 400, 1)
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
    scored = score_run(store, ask(spec_of(chat, task, n=32), store).record.run_id)
    assert scored.scores.accuracy == 1
    assert not [a for a in scored.answers if "late_answer" in a.completion.text]


def test_when_everything_fails_it_stops_after_twenty(chat, task, store):
    """F39. Red with every one of the 400 asked for, each five times."""
    chat.answer = lambda text, before: refusal(500)
    with pytest.raises(ModelError, match=r"2\d requests in a row failed"):
        ask(spec_of(chat, task, n=400), store)
    assert asking.GIVE_UP_AFTER <= len(chat.asked) <= asking.GIVE_UP_AFTER + pace.CONCURRENT
    assert store.count_done(store.runs()[0].run_id) == 0


@pytest.mark.parametrize("wait", [{}, {"Retry-After": "0"}, {"Retry-After": "3600"}])
def test_a_server_that_lets_nobody_in_is_left_within_patience(chat, task, store, wait):
    """F39. Red with twenty prompts that must fail, each in its own time; with waits of 0 taken as said."""
    chat.answer = lambda text, before: refusal(429, "slow down", **wait)
    started = time.monotonic()
    with pytest.raises(ModelError, match=r"429 \(slow down\)") as caught:
        ask(spec_of(chat, task, n=400), store, replace(QUICK, held_s=1.0))
    assert time.monotonic() - started < 1.0 + 8  # of a busy machine
    assert chat.asked.total() < 40
    asks = "The server asks to wait 60 minutes" if "3600" in wait.values() else "It refused every request for so long"
    assert asks in str(caught.value)
    assert "0 of 400 examples have an answer" in str(caught.value)


@pytest.mark.parametrize(("status", "says"), [(401, "is not set"), (404, "the model's name")])
def test_what_fails_for_every_prompt_is_tried_for_one(chat, task, store, status, says, monkeypatch):
    """F39. Red with a refused key taken for a passing trouble."""
    monkeypatch.delenv(api_key.API_KEY_VARIABLE, raising=False)
    chat.answer = lambda text, before: refusal(status, "who are you")
    with pytest.raises(ModelError, match=says):
        ask(spec_of(chat, task, n=400), store)
    assert chat.asked.total() <= pace.CONCURRENT


def test_a_server_that_is_not_there_is_sent_no_prompt(task, store):
    """F38. Red without the look before the first prompt: 20 prompts were tried five times each."""
    with pytest.raises(ModelError, match="connection refused") as caught:
        execute(RunSpec(TaskSource(str(task)), "http://127.0.0.1:9/v1#m"), store)
    assert "Check that the server runs" in str(caught.value)
    assert "have an answer" not in str(caught.value)  # no prompt was sent


def test_a_prompt_that_is_too_long_for_the_server_is_counted_as_that(chat, task, store):
    """F26. Red with a refusal for length taken for a failure of the run."""
    too_long = refusal(400, "This model's maximum context length is 10 tokens.")
    chat.answer = lambda text, before: too_long if text.endswith("5") else gold(text, before)
    scored = score_run(store, ask(spec_of(chat, task, n=30), store).record.run_id)
    stops = {answer.completion.stop for answer in scored.answers if answer.example.text.endswith("5")}
    assert stops == {"too_long"}
    assert scored.scores.unparsed == sum(answer.example.text.endswith("5") for answer in scored.answers) > 0


def test_a_table_of_servers_that_cannot_be_read_lets_no_prompt_out(chat, task, store):
    """F54. Red with a limit or a price that is none passed over: more would be asked, and paid, than was allowed."""
    table = store.folder / "servers.csv"
    for text in ("address,requests_per_minute\nhttp://h/v1,0\n", "address\n\x00\n", "address,rpm\nhttp://h/v1,1\n"):
        table.write_text(text)
        with pytest.raises(StoreError, match=r"servers\.csv, line"):
            execute(spec_of(chat, task, n=2), store)
        assert table.read_text() == text
    assert not chat.bodies


def test_half_a_surrogate_pair_in_a_reply_is_no_trouble(chat, task, store):
    """F38. Red with JSON's escapes kept as they are: the store cannot encode them."""
    content = good("bill")[2].replace(b"bill", b"bill \\ud800")
    chat.answer = lambda text, before: (200, {}, content)
    scored = score_run(store, ask(spec_of(chat, task, n=1), store).record.run_id)
    assert scored.answers[0].completion.text == "bill ?"


@pytest.mark.parametrize(
    "name",
    ["http://", "http://host", "http://host/v1", "http://host/v1#", "http://host:99999/v1#m", "https://[::1/v1#m",
     "http://host/v1?x=1#m", f"http://user:{CANARY}@host/v1#m", f"http://host/v1?api_key={CANARY}#m",
     "http://a b/v1#m"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_without_its_secrets(task, store, name):
    """F40. Red with the address in the message as it is."""
    with pytest.raises(SpecError) as caught:
        plan_run(RunSpec(TaskSource(str(task)), name), store)
    assert CANARY not in str(caught.value)
    assert store.runs() == []


def test_the_key_is_in_one_header_and_nowhere_else(chat, task, store, tmp_path, monkeypatch):
    """F40. Red with the key in the identity, in an error as the server repeats it, or in an answer that repeats it."""
    monkeypatch.setenv(api_key.API_KEY_VARIABLE, CANARY)
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
    export_run(store, score_run(store, record.run_id), tmp_path / "out")
    words = ["run", "--task", task, "--model", f"{chat.url}#m", "--n", "8", "--cache", store.folder]
    done = finished("-m", "evalcore", *words)
    assert done.returncode == 1
    assert "[BLINDSPOT_API_KEY]" in done.stderr + "".join(messages)
    for written in tmp_path.rglob("*"):
        if written.is_file():
            assert CANARY.encode() not in written.read_bytes(), written
    assert CANARY not in done.stdout + done.stderr + "".join(messages)
    assert CANARY not in repr(ServerModel(parse_endpoint(f"{chat.url}#m"), RunSpec()).__dict__)


@pytest.mark.parametrize("key", ["with space", "line\nbreak", "ünï"])
def test_a_key_that_no_header_can_hold_is_said_without_it(chat, task, store, monkeypatch, key):
    """F40. Red with the http library's own error, which repeats the header."""
    monkeypatch.setenv(api_key.API_KEY_VARIABLE, key)
    with pytest.raises(ModelError, match="holds a character that no key has") as caught:
        ask(spec_of(chat, task, n=2), store)
    assert key not in str(caught.value)


def test_no_other_variable_and_no_file_is_asked_for_a_key(chat, task, store, monkeypatch):
    """F40. Red with the key of another service sent to whatever address is given."""
    for name in ("OPENAI_API_KEY", "HF_TOKEN", "ANTHROPIC_API_KEY", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, CANARY)
    monkeypatch.delenv(api_key.API_KEY_VARIABLE, raising=False)
    ask(spec_of(chat, task, n=2), store)
    assert CANARY not in str(chat.headers)
    assert not [headers for headers in chat.headers if "Authorization" in headers]


def test_ctrl_c_does_not_wait_for_a_server(chat, task, tmp_path):
    """F7, F38. Red with threads that are waited for: the time that the server takes."""
    asked, answered = threading.Event(), threading.Event()
    chat.answer = lambda text, before: asked.set() or (answered.wait(2 * PATIENCE_S) and None)
    words = ["run", "--task", task, "--model", f"{chat.url}#m", "--cache", tmp_path / "cache"]
    process = started("-m", "evalcore", *words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    wait_until(asked.is_set)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE_S)
    answered.set()  # only now
    assert process.returncode == 130
    assert b"Traceback" not in errors


def test_a_preview_shows_the_messages_that_a_server_is_sent(chat, task, store):
    """F38. Red with a server's name looked for among the folders."""
    shown = prompt_preview.preview(TaskSource(str(task)), f"{chat.url}#m", built_in("article"), "hello", store)
    assert shown.text.startswith("system:\nYou are an intent classifier")
    assert shown.text.endswith("user:\nhello")
    assert (shown.tokens, set(LABELS) <= set(re.findall(r"\w+", shown.text))) == (0, True)
    assert os.environ.get("PATH") is not None


def test_choosing_among_labels_is_refused_for_a_server(chat, task, store):
    """F38. Red with the decoding left to the server: a free answer would be stored as a chosen one."""
    with pytest.raises(ModelError, match="does not tell the probabilities of labels"):
        execute(spec_of(chat, task, decoding="choose"), store)
    assert not store.stored_keys(plan_run(spec_of(chat, task, decoding="choose"), store).keys)


NO_ANSWERS = {
    "error, empty": ("error", "", "finish_reason “error”", True),
    "error, a part": ("error", "bil", "finish_reason “error”", True),
    "error, a label": ("error", "bill", "finish_reason “error”", True),
    "abort": ("abort", "bill", "finish_reason “abort”", True),
    "no resources": ("insufficient_system_resource", "bill", "insufficient_system_resource", True),
    "content filter, empty": ("content_filter", "", "content filter withheld", False),
    "content filter, a part": ("content_filter", "bil", "content filter withheld", False),
    "content filter, no text": ("content_filter", None, "content filter withheld", False),
    "content filter, which": ("content_filter: SAFETY", "bill", "content filter withheld", False),
    "a tool": ("tool_calls", None, "called a tool", False),
    "a tool and a text": ("tool_calls", "bill", "called a tool", False),
    "a function": ("function_call", "", "called a tool", False),
    "repetition": ("repetition", "bill bill", "finish_reason “repetition”", False),
    "load": ("load", "", "finish_reason “load”", False),
    "another word": ("STOPPED?", "bill", "finish_reason “stopped\\?”", False),
    "true": (True, "bill", "finish_reason “bool”", False),
    "a number": (7, "bill", "finish_reason “int”", False),
    "a list": (["stop"], "bill", "finish_reason “list”", False),
    "an object": ({"reason": "stop"}, "bill", "finish_reason “dict”", False),
}


@pytest.mark.parametrize("ending", NO_ANSWERS)
def test_a_servers_failure_is_not_the_models_answer(chat, task, store, ending):
    """F54. Red with every ending but `length` taken for a good one: stored, unparsed, never asked again."""
    reason, text, says, again = NO_ANSWERS[ending]
    chat.answer = lambda asked, before: reply({"content": text}, reason)
    with pytest.raises(ModelError, match=f"no answer to 3 prompts: .*{says}") as caught:
        ask(spec_of(chat, task, n=3), store)
    assert "0 of 3 examples have an answer" in str(caught.value)
    (record,) = store.runs()
    assert (store.count_done(record.run_id), score_run(store, record.run_id).scores.unparsed) == (0, 0)
    tries = max(chat.asked.values())
    assert (1 < tries <= QUICK.tries) if again else tries == 1
    chat.answer = gold
    assert ask(spec_of(chat, task, n=3), store).predicted_now == 3


GOOD_ENDINGS = {
    "stop": "eos", "Stop": "eos", "eos": "eos", "eos_token": "eos", "stop_sequence": "eos", "end_turn": "eos",
    "": "eos", None: "eos", "length": "length", "max_tokens": "length", "model_length": "length",
}  # fmt: skip


def test_what_servers_write_at_a_good_end_is_an_answer(chat, task, store):
    """F54. Red with `stop` and `length` alone: TGI, Together and Mistral would never answer."""
    endings = dict(zip((f"message number {i}" for i in range(11)), GOOD_ENDINGS, strict=True))
    chat.answer = lambda text, before: reply(
        {"content": text.split()[0]}, endings[" ".join(text.split()[1:])], usage={"prompt_tokens": 5}
    )
    scored = score_run(store, ask(spec_of(chat, task, n=11, sample="first"), store).record.run_id)
    assert [answer.completion.stop for answer in scored.answers] == list(GOOD_ENDINGS.values())
    assert scored.scores.accuracy == 1
    without = {"choices": [{"message": {"content": "bill"}}]}
    chat.answer = lambda text, before: (200, {}, json.dumps(without).encode())
    scored = score_run(store, ask(spec_of(chat, task, n=1, seed=1, max_new_tokens=8), store).record.run_id)
    assert scored.answers[0].completion.stop == "eos"


def filtered(text):
    return text.endswith(("number 3", "number 17", "number 31"))


FILTERS = {
    "finish_reason": lambda: reply({"content": ""}, "content_filter"),
    "400": lambda: (400, {}, b'{"error": {"code": "content_filter", "message": "The response was filtered."}}'),
    "403": lambda: refusal(403, "Your chosen model requires moderation and your input was flagged"),
}


@pytest.mark.parametrize("how", FILTERS)
def test_texts_that_a_filter_refuses_cost_one_question_each_and_no_other_example(chat, task, store, how):
    """F54. Red with a refusal taken for an answer, tried again at once, or taken for the end of the run (403)."""
    chat.answer = lambda text, before: FILTERS[how]() if filtered(text) else gold(text, before)
    for attempt in (1, 2):
        with pytest.raises(ModelError, match="no answer to 3 prompts: the server's content filter") as caught:
            ask(spec_of(chat, task, n=40, sample="first"), store)
        assert "37 of 40 examples have an answer" in str(caught.value)
        assert {times for text, times in chat.asked.items() if filtered(text)} == {attempt}
    assert {times for text, times in chat.asked.items() if not filtered(text)} == {1}
    scored = score_run(store, store.runs()[0].run_id)
    assert (scored.scores.n, scored.scores.accuracy, scored.scores.unparsed) == (37, 1, 0)
    assert "37 of 40 examples are predicted so far" in find(scored)[0].sentence


def test_many_refusals_in_a_row_do_not_keep_the_others_from_being_asked(chat, task, store):
    """F54. Red with a content filter counted among twenty failures in a row: each attempt ended at the same place."""
    chat.answer = lambda text, before: FILTERS["finish_reason"]() if int(text.split()[-1]) < 30 else gold(text, before)
    with pytest.raises(ModelError, match="no answer to 30 prompts: the server's content filter"):
        ask(spec_of(chat, task, n=60, sample="first"), store)
    assert store.count_done(store.runs()[0].run_id) == 30


@pytest.mark.parametrize("command", ["run", "sweep"])
def test_the_command_reports_what_was_answered_and_says_what_was_not(chat, task, tmp_path, command):
    """F54. Red with the error alone: the scores of 37 were there and not to be seen; or with an exit status of 0."""
    chat.answer = lambda text, before: FILTERS["finish_reason"]() if filtered(text) else gold(text, before)
    words = [command, "--task", task, "--model", f"{chat.url}#m", "--n", "40", "--sample", "first"]
    more = ["--prompts", "article", "bare"] if command == "sweep" else ["--json"]
    done = evalcore(*words, *more, cache=tmp_path / "cache", check=False)
    assert done.returncode == 1
    assert "content filter withheld the answer" in done.stderr
    assert "37 of 40 examples have an answer" in done.stderr
    if command == "sweep":
        assert "; both runs share 37 examples" in done.stdout.splitlines()[0]
    else:
        assert json.loads(done.stdout)["accuracy"] == 1


def test_the_worker_compares_what_was_answered_with_the_baselines(chat, task, store):
    """F54. Red with the baselines left out as soon as one text is refused."""
    chat.answer = lambda text, before: FILTERS["finish_reason"]() if filtered(text) else gold(text, before)
    with pytest.raises(ModelError, match="37 of 40 examples have an answer"):
        execute_with_baselines(spec_of(chat, task, n=40, sample="first"), store, loader=worker.ModelCache().load)
    assert {(run.spec.model, run.finished is None) for run in store.runs()} == {
        (f"{chat.url}#m", True), ("majority", False), ("tfidf", False)
    }  # fmt: skip


def test_every_reason_is_said_with_its_number(chat, task, store):
    """F54. Red with the last failure alone, or with an error of thousands of characters."""
    no_answer = (
        reply({"content": ""}, "content_filter"), reply({"content": None}, "tool_calls"),
        reply({"content": "bill"}, "x " * 100_000), refusal(400, "y" * 10_000),
        (200, {}, b'{"error": {"message": "out of cards"}}'),
    )  # fmt: skip
    kinds = dict(zip("1672834", (0, 0, 0, 1, 1, 2, 3), strict=True)) | {"5": 4}
    chat.answer = lambda text, before: no_answer[kinds[text[-1]]] if text[-1] in kinds else gold(text, before)
    with pytest.raises(ModelError) as caught:
        ask(spec_of(chat, task, n=30, sample="first"), store)
    said = str(caught.value)
    assert "no answer to 24 prompts: 9 times the server's content filter withheld the answer; 6 times the model" in said
    assert "; 3 times the server" in said
    assert "; 6 times something else. It will most likely withhold it again" in said
    assert "6 of 30 examples have an answer" in said
    assert len(said) < 1500
    chat.answer = lambda text, before: no_answer[4]
    with pytest.raises(ModelError, match=r"no list of answers where one was asked for \(out of cards\)"):
        ask(spec_of(chat, task, n=1, seed=3, max_new_tokens=3), store)


ODD_COUNTS = (True, False, 1.5, -1, "7", 2**31, 10**30, float("nan"), float("inf"), None, [7], {"n": 7})


def test_a_count_that_is_none_is_unknown(chat, task, store):
    """F54. Red with `isinstance(x, int)`: True is stored, read back as 1, and its row fails its checksum for ever."""
    replies = [reply({"content": "bill"}, usage={"prompt_tokens": odd}) for odd in ODD_COUNTS]
    replies += [reply({"content": "bill"}, usage=odd) for odd in (True, [], "usage", None)]
    huge = good("bill")[2].replace(b"11", b"1" * 5000)
    replies.append((200, {}, huge))
    chat.answer = lambda text, before: replies[int(text.split()[-1])]
    outcome = ask(spec_of(chat, task, n=len(replies), sample="first"), store)
    answers = score_run(store, outcome.record.run_id).answers
    assert [(answer.completion.text, answer.completion.prompt_tokens) for answer in answers] == [("bill", 0)] * len(
        replies
    )
    again = ask(spec_of(chat, task, n=len(replies), sample="first"), store)
    assert (again.predicted_now, again.complete) == (0, True)


REASONED = {"completion_tokens_details": {"reasoning_tokens": 16}}
REASONING_ONLY = {
    "vLLM": (reply({"content": None, "reasoning_content": "Let me see"}, "length"), "used its 16 tokens for its"),
    "Ollama": (reply({"content": "", "reasoning": "Let me see"}, "length"), "used its 16 tokens for its reasoning"),
    "blank": (reply({"content": "\n\n", "reasoning": "Let me see"}, "length"), "used its 16 tokens for its reasoning"),
    "left out": (reply({"reasoning_content": "Let me see"}, "length"), "used its 16 tokens for its reasoning"),
    "OpenAI": (reply({"content": ""}, "length", usage=REASONED), "used its 16 tokens for its reasoning"),
    "nothing": (reply({"content": ""}, "length"), "used its 16 tokens before its answer had any text"),
    "null": (reply({"content": None}, "length"), "used its 16 tokens before its answer had any text"),
    "ended": (reply({"content": "", "reasoning_content": "Let me see"}), "reasoned and ended without an answer"),
    "ended, null": (reply({"content": None, "reasoning": "Let me see"}), "reasoned and ended without an answer"),
}


@pytest.mark.parametrize("case", REASONING_ONLY)
def test_reasoning_alone_is_no_answer_and_the_limit_is_named(chat, task, store, case):
    """F54. Red with "" stored and counted as unparsed, or "the server's answer has no text" alone."""
    answer, says = REASONING_ONLY[case]
    chat.answer = lambda text, before: answer
    with pytest.raises(ModelError, match=says) as caught:
        ask(spec_of(chat, task, n=2), store)
    assert ("Raise max_new_tokens" in str(caught.value)) is ("16 tokens" in says)
    assert store.count_done(store.runs()[0].run_id) == 0
    assert max(chat.asked.values()) == 1


def test_an_answer_beside_reasoning_is_one_and_so_is_an_empty_one_that_ended(chat, task, store):
    """F54. Red with reasoning looked for before the text."""
    chat.answer = lambda text, before: reply({"content": "bill", "reasoning_content": "Let me see"}, "stop")
    record = ask(spec_of(chat, task, n=1), store).record
    assert score_run(store, record.run_id).answers[0].completion.text == "bill"
    chat.answer = lambda text, before: reply({"content": ""}, "stop", usage={"completion_tokens_details": None})
    record = ask(spec_of(chat, task, n=1, max_new_tokens=4), store).record
    completion = score_run(store, record.run_id).answers[0].completion
    assert (completion.text, completion.stop) == ("", "eos")


def test_reasoning_inside_the_text_that_was_cut_is_told_by_the_findings(chat, task, store):
    """F54. Red with unparsed completions whose likely reason, the limit, is not named beside them."""
    chat.answer = lambda text, before: reply({"content": "<think>Let me see"}, "length")
    found = {f.kind: f for f in find(score_run(store, ask(spec_of(chat, task, n=20), store).record.run_id))}
    assert (
        "Of the unparsed, 20 were cut at 16 tokens, the likely reason: raise max_new_tokens."
        in found["unparsed"].meaning
    )
    assert "reasoning before its answer: raise max_new_tokens" in found["truncated"].meaning
    assert max(found["truncated"].weight, found["unparsed"].weight) <= 100
    chat.answer = lambda text, before: good("who knows")
    found = {
        f.kind: f
        for f in find(score_run(store, ask(spec_of(chat, task, n=20, seed=2, max_new_tokens=9), store).record.run_id))
    }
    assert "max_new_tokens" not in found["unparsed"].meaning


def test_a_completion_is_cut_to_what_was_asked_for(chat, task, store):
    """F56. Red with all of it kept: 1.2 MB where 16 tokens were asked for took the parser seconds."""
    chat.answer = lambda text, before: good("bill " * 240_000)
    completion = score_run(store, ask(spec_of(chat, task, n=1), store).record.run_id).answers[0].completion
    assert (len(completion.text), completion.stop) == (16 * CHARACTERS_OF_A_TOKEN, "length")
    longest = " " * 128 * 16  # as many spaces as the longest token has, 16 times
    for text in (longest, "x" * 16 * CHARACTERS_OF_A_TOKEN):
        chat.answer = lambda asked, before, text=text: good(text)
        completion = (
            score_run(store, ask(spec_of(chat, task, n=1, seed=len(text)), store).record.run_id).answers[0].completion
        )
    assert (completion.text, completion.stop) == (text, "eos")


LOOPBACK = (
    "localhost", "LocalHost", "localhost.", "127.0.0.1", "127.1", "127.255.255.254", "0x7f.1", "0x7F.0.0.1",
    "2130706433", "0177.0.0.1", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1",
)  # fmt: skip
NOT_LOOPBACK = (
    "", "localhost.evil.example", "evil.example", "127.0.0.1.evil.example", "127.0.0.1.nip.io", "localhost.localdomain",
    "app.localhost", "localhost..", "127.0.0.1.", "126.1", "128.0.0.1", "0.0.0.0", "::", "::2", "::ffff:10.0.0.1",
    "fe80::1", "10.0.0.1", "192.168.0.1", "ｌｏｃａｌｈｏｓｔ", "127。0。0。1", "①②⑦.0.0.1", "loсalhost", "127.0.0.1 x",
    "0x7fzz.1", "1.127", "7f.1", "127.0.0.256", "127.0.0.0.1", "localhost%00", "xn--localhost",
)  # fmt: skip


def test_only_what_is_certainly_this_machine_is_loopback():
    """F58. Red with a name that begins or ends like it, looks like it, or leads to it taken for this machine."""
    assert [host for host in LOOPBACK if not api_key.is_loopback(host)] == []
    assert [host for host in NOT_LOOPBACK if api_key.is_loopback(host)] == []


HOSTS = (
    "api.example.com, gpu.example.com:8443 ,https://Straße.example/v1,[2001:DB8:0::1],,:,[,*.example.org,b@u.example"
)
WITHHELD = {
    "http://api.example.com/v1": "plain HTTP",
    "http://gpu.example.com:8443/v1": "plain HTTP",
    "http://192.168.0.7:8000/v1": "plain HTTP",
    "http://host.docker.internal:8000/v1": "plain HTTP",
    "http://localhost.evil.example/v1": "plain HTTP",
    "https://evil.example/v1": "evil.example is not named in BLINDSPOT_API_HOSTS",
    "https://api.example.com.evil.example/v1": "is not named",
    "https://evil-api.example.com/v1": "is not named",
    "https://sub.api.example.com/v1": "is not named",
    "https://gpu.example.com/v1": "is not named",
    "https://gpu.example.com:443/v1": "is not named",
    "https://a.example.org/v1": "is not named",
    "https://example.com/v1": "is not named",
    "https://[2001:db8::2]/v1": "is not named",
}
SENT = (
    "http://localhost:8000/v1", "http://127.0.0.1:8000/v1", "http://[::1]:8000/v1", "http://127.1/v1",
    "https://localhost/v1", "https://api.example.com/v1", "https://api.example.com:8443/v1",
    "https://API.example.com./v1", "https://gpu.example.com:8443/v1", "https://strasse.example/v1",
    "https://[2001:db8::1]/v1",
)  # fmt: skip


def test_the_key_is_for_this_machine_and_named_hosts_over_https(monkeypatch):
    """F58. Red with the key in the header of whatever address is typed in."""
    monkeypatch.setenv(api_key.API_KEY_VARIABLE, CANARY)
    monkeypatch.setenv(api_key.API_HOSTS_VARIABLE, HOSTS)
    for url, why in WITHHELD.items():
        assert why in api_key.why_withheld(url), url
    assert {url: api_key.why_withheld(url) for url in SENT} == dict.fromkeys(SENT, "")
    monkeypatch.delenv(api_key.API_HOSTS_VARIABLE)
    assert "is not named" in api_key.why_withheld("https://api.example.com/v1")
    assert api_key.why_withheld("http://localhost/v1") == ""
    monkeypatch.delenv(api_key.API_KEY_VARIABLE)
    assert api_key.why_withheld("http://evil.example/v1") == ""


@pytest.fixture
def every_name_leads_here(chat, monkeypatch):
    """Every host is this machine's server, and HTTPS is spoken in clear: what is sent is seen."""
    port = int(chat.url.rpartition(":")[2].partition("/")[0])
    connect = AnyIOBackend.connect_tcp

    async def connect_here(backend, *_, **options):
        return await connect(backend, **{**options, "host": "127.0.0.1", "port": port})

    async def in_clear(stream, *_, **__):
        return stream

    monkeypatch.setattr(AnyIOBackend, "connect_tcp", connect_here)
    monkeypatch.setattr(AnyIOStream, "start_tls", in_clear)
    return port


@pytest.mark.parametrize(
    ("url", "sent"),
    [("http://api.example.com/v1", False), ("https://api.example.com/v1", True), ("https://evil.example/v1", False),
     ("http://localhost/v1", True), ("http://evil.example/v1", False), ("https://api.example.com:444/v1", True)],
)  # fmt: skip
def test_what_is_not_sent_is_said(chat, task, store, monkeypatch, every_name_leads_here, url, sent):
    """F58. Red with the key sent to a host that nobody named or over plain HTTP; or withheld without a word."""
    monkeypatch.setenv(api_key.API_KEY_VARIABLE, CANARY)
    monkeypatch.setenv(api_key.API_HOSTS_VARIABLE, "api.example.com")
    spec = RunSpec(TaskSource(str(task)), f"{url}#m", n=4)
    chat.answer = gold
    record = ask(spec, store).record
    keys = {headers.get("Authorization") for headers in chat.headers}
    assert keys == ({f"Bearer {CANARY}"} if sent else {None})
    assert record.metadata["API key"].startswith("sent" if sent else "not sent: ")
    chat.models = refusal(401, "who are you")
    with pytest.raises(ModelError, match="401") as caught:
        ask(RunSpec(TaskSource(str(task)), f"{url}#m", n=5, seed=1), store)
    why = {"http": "the address is plain HTTP", "https": "is not named in BLINDSPOT_API_HOSTS"}[url.partition(":")[0]]
    said = "is set, and was refused" if sent else "The key of BLINDSPOT_API_KEY was not sent: "
    assert said in str(caught.value)
    assert (why in str(caught.value)) is not sent
    assert CANARY not in str(caught.value)


def test_a_name_of_this_machine_that_leads_elsewhere_is_not_sent_the_key(chat, task, store, monkeypatch):
    """F58. Red with the name believed, where the table of hosts has it otherwise."""
    monkeypatch.setenv(api_key.API_KEY_VARIABLE, CANARY)
    monkeypatch.setattr(http, "is_loopback", lambda host: host != "127.0.0.1")
    spec = RunSpec(TaskSource(str(task)), f"{chat.url.replace('127.0.0.1', 'localhost')}#m", n=4)
    with pytest.raises(ModelError, match=r"localhost leads to 127\.0\.0\.1, which is not this machine"):
        ask(spec, store)
    assert chat.headers == []


@pytest.mark.parametrize(
    "name",
    ["http://localhost@evil.example/v1#m", "http://localhost:1@evil.example/v1#m", "http://@evil.example/v1#m",
     "http://[::1].evil.example/v1#m", "http://evil[::1]/v1#m", "http://localhost\\@evil.example/v1#m",
     "http://localhost\\.evil.example/v1#m", "http://[::1]evil/v1#m", "http://localhost:80:80/v1#m"],
)  # fmt: skip
def test_an_address_that_can_be_read_in_two_ways_is_refused(name):
    """F58. Red with what stands before an @, or after a bracket, passed over: it looks like another host."""
    with pytest.raises(SpecError):
        parse_endpoint(name)


def prompts_of(count):
    return [({"role": "user", "content": f"bill number {number}"},) for number in range(count)]


@pytest.fixture
def interruptible():
    """SIGINT raises KeyboardInterrupt, even where the shell that started the tests has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt_after(seconds):
    """Interrupts this thread as Ctrl-C does, once it is started."""
    return threading.Timer(seconds, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))


def test_an_interrupt_cancels_every_request(chat, interruptible):
    """F7. Red with requests that go on behind an interrupt: the prompts that wait for their turn are asked as well."""
    answered = threading.Event()
    chat.answer = lambda text, before: answered.wait(2 * PATIENCE_S) and good("bill")
    model = ServerModel(parse_endpoint(f"{chat.url}#m"), RunSpec())

    def interrupt():
        wait_until(lambda: chat.asked.total() == pace.CONCURRENT)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        model.predict(prompts_of(16))
    answered.set()  # only now
    thread.join()
    wait_until(lambda: chat.open == 0)
    assert chat.asked.total() == pace.CONCURRENT


def test_no_interrupt_is_lost(chat, interruptible):
    """F7. Red with an interrupt that a thread which is about to wait does not see, or that a callback swallows."""
    chat.answer = gold
    model = ServerModel(parse_endpoint(f"{chat.url}#m"), RunSpec())
    chance = random.Random(7)
    for _ in range(60):
        timer = interrupt_after(chance.uniform(0, 0.04))
        with pytest.raises(KeyboardInterrupt):  # noqa: PT012
            timer.start()  # in here: the interrupt may come before this returns
            until = time.monotonic() + PATIENCE_S
            while time.monotonic() < until:
                model.predict(prompts_of(16))
        timer.join()
    assert len(model.predict(prompts_of(16))) == 16


def test_no_thread_is_started_while_an_interrupt_may_come(chat, monkeypatch):
    """F7. Red with threads that are started for each batch: in Python's callbacks an interrupt is lost, 1 in 1000."""
    chat.answer = gold
    model = ServerModel(parse_endpoint(f"{chat.url}#m"), RunSpec())
    model.predict(prompts_of(1))
    starting = []
    start = threading.Thread.start
    monkeypatch.setattr(
        threading.Thread, "start", lambda thread: starting.append(threading.current_thread()) or start(thread)
    )
    model.predict(prompts_of(16))
    assert starting  # the server's own
    assert threading.current_thread() not in starting
