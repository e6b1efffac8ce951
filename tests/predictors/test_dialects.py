"""How servers are told to write a label only: each in the words that it heeds, which are found by trying, and never
believed."""

import json
import re

import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.errors import ModelError
from evalcore.predictors.servers.asking import Patience
from evalcore.predictors.servers.dialects import FORMS, TRIAL, TRIAL_QUESTION
from evalcore.predictors.servers.endpoint import parse_endpoint
from evalcore.predictors.servers.server import ServerModel
from evalcore.running.run import NotAnswered, execute, plan_run
from evalcore.store.completion import Completion
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import TaskSource
from tests.conftest import ROOT
from tests.tools.chat_server import good, refusal, serving_chat
from tests.tools.vllm_server import replaying

RECORDED = ROOT / "tests" / "predictors" / "recorded"
QUICK = Patience(tries=2, total_s=30.0, timeout_s=10.0, first_wait_s=0.0)  # a busy machine is no timeout
LABELS = ("red (dark)", "blue", "sky|blue", 'a "b"')


@pytest.fixture
def chat():
    with serving_chat() as serving:
        yield serving


@pytest.fixture
def task(tmp_path):
    path = tmp_path / "task.jsonl"
    path.write_text("".join(json.dumps({"text": f"text {n} {one}", "label": one}) + "\n"
                            for n in range(2) for one in LABELS))  # fmt: skip
    return TaskSource(str(path))


def allowed_by(field, body):
    """The answers that a server of this dialect reads out of a request; none where its field is not there."""
    if field == "structured_outputs":
        return body.get(field, {}).get("choice")
    if field == "regex":
        return body.get(field) and [one for one in (*LABELS, *TRIAL) if re.fullmatch(body[field], one)]
    if field == "grammar":
        quoted = body.get(field, "").removeprefix("root ::= ")
        return quoted and [json.loads(one) for one in re.findall(r'"(?:[^"\\]|\\.)*"', quoted)]
    schema = body.get(field, {}).get("json_schema", {}).get("schema", {})
    return schema.get("properties", {}).get("label", {}).get("enum")


def server_of(field, written):
    """A server that heeds one field and passes over all others; held to labels, it writes the one of the text."""

    def reply(body):
        allowed, text = allowed_by(field, body), body["messages"][-1]["content"]
        if not allowed:
            return good("Paris")
        return good(written(next((one for one in allowed if text.endswith(f" {one}")), allowed[0])))

    return reply


IN_JSON = {
    "tight": lambda label: json.dumps({"label": label}),
    "blank lines, and cut": lambda label: '{ \n\n "label" : ' + json.dumps(label) + " \n\n\n",
}


@pytest.mark.parametrize(
    ("field", "written"),
    [
        *((one.name, str) for one in FORMS if not one.in_json),
        *(("response_format", written) for written in IN_JSON.values()),
    ],
)
def test_a_server_is_told_in_the_words_that_it_heeds(chat, store, task, field, written):
    chat.more["/chat/completions"] = server_of(field, written)
    run = execute(RunSpec(task, f"{chat.url}#m", decoding="constrained"), store).record
    answers = score_run(store, run.run_id).answers
    assert [one.completion.text for one in answers] == [one.example.label for one in answers]
    assert store.run(run.run_id).metadata["held to the labels by"] == field
    asked = [body for body in chat.bodies if body["messages"][-1]["content"] != TRIAL_QUESTION]
    assert len(asked) == len(answers)
    assert all(sorted(allowed_by(field, body)) == sorted(LABELS) for body in asked)
    assert all(body["repetition_penalty"] == 1.0 for body in asked)


@pytest.mark.parametrize("status", [400, 422, 500])
def test_a_server_that_refuses_a_field_is_told_in_other_words(chat, store, task, status):
    heeds = server_of("response_format", IN_JSON["tight"])
    chat.more["/chat/completions"] = lambda body: (
        heeds(body) if "response_format" in body else refusal(status, "unexpected field")
    )
    spec = RunSpec(task, f"{chat.url}#m", decoding="constrained")
    assert execute(spec, store, loader=quickly).complete


def quickly(handle, on_phase):
    at = parse_endpoint(f"{handle.identity['url']}#{handle.identity['model']}")
    return ServerModel(at, RunSpec(model=at.where, decoding="constrained"), QUICK)


def test_a_server_that_heeds_no_words_is_refused_before_the_first_prompt(chat, store, task):
    chat.answer = lambda text, before: good("blue")  # a label, as chance will have it
    spec = RunSpec(task, f"{chat.url}#m", decoding="constrained")
    with pytest.raises(ModelError, match="cannot be held to the labels"):
        execute(spec, store)
    assert set(chat.asked) == {TRIAL_QUESTION}


@pytest.mark.parametrize("status", [401, 503])
def test_a_server_that_cannot_be_asked_is_not_said_to_know_no_words(chat, store, task, status):
    chat.answer = lambda text, before: refusal(status)
    with pytest.raises(ModelError, match=str(status)):
        execute(RunSpec(task, f"{chat.url}#m", decoding="constrained"), store, loader=quickly)


def test_what_is_no_label_although_it_was_told_so_is_said_and_not_stored(chat, store, task):
    heeds = server_of("structured_outputs", str)
    chat.more["/chat/completions"] = lambda body: (
        good("I think red") if "text 1 blue" in json.dumps(body) else heeds(body)
    )
    spec = RunSpec(task, f"{chat.url}#m", decoding="constrained")
    with pytest.raises(NotAnswered, match=r"by structured_outputs to write a label only, and wrote “I think red”"):
        execute(spec, store)
    assert len(store.stored_keys(plan_run(spec, store).keys)) == 2 * len(LABELS) - 1


PLAIN, JSON = FORMS[0], FORMS[-1]


@pytest.mark.parametrize(
    ("form", "text", "stop", "label"),
    [
        (PLAIN, "card", "eos", "card"),
        (PLAIN, "card", "length", None),  # perhaps the beginning of the other
        (PLAIN, "card_lost", "length", "card_lost"),
        (PLAIN, "card_l", "length", None),
        (PLAIN, " card\n", "eos", "card"),
        (JSON, '{"label": "card"', "length", "card"),
        (JSON, '{"label": "car', "length", None),
        (JSON, '{"label": "no label"}', "eos", None),
        (JSON, "card", "eos", None),
        (JSON, '{"other": "card"}', "eos", None),
    ],
)
def test_a_label_that_may_have_been_cut_is_none(form, text, stop, label):
    assert form.label_of(Completion(text, stop=stop), ("card", "card_lost")) == label


def test_a_cut_label_says_what_helps(chat, store, task):
    heeds = server_of("structured_outputs", str)
    chat.more["/chat/completions"] = lambda body: (
        heeds(body) if TRIAL_QUESTION in json.dumps(body) else good("red (", finish_reason="length")
    )
    with pytest.raises(NotAnswered, match=r"was cut.*Raise max_new_tokens"):
        execute(RunSpec(task, f"{chat.url}#m", decoding="constrained"), store)


def test_a_real_vllm_wrote_the_labels_that_it_was_held_to(chat, store):
    replaying(chat, (RECORDED / "vllm.json").read_text())
    spec = RunSpec(TaskSource(str(RECORDED / "task.csv")), f"{chat.url}#demo", n=2, decoding="constrained")
    free = RunSpec(spec.task, spec.model, n=2)
    texts = [
        [one.completion.text for one in score_run(store, execute(each, store).record.run_id).answers]
        for each in (spec, free)
    ]
    assert texts[0] == texts[1]
    assert set(texts[0]) <= {"internet_slow", "bill_too_high", "mobile_no_signal", "internet_outage"}


def test_no_penalty_is_asked_for_in_the_words_that_a_server_knows(chat, store, task):
    """The model of `transformers serve` has the penalty of its generation_config unless frequency_penalty is 0."""
    known = {"model", "messages", "max_tokens", "temperature", "stream", "frequency_penalty"}
    unexpected = "Unexpected fields in the request: {'repetition_penalty'}"
    chat.more["/chat/completions"] = lambda body: (
        good("blue") if body.keys() <= known else (422, {}, json.dumps({"detail": unexpected}).encode())
    )
    assert execute(RunSpec(task, f"{chat.url}#m"), store).complete
    assert chat.bodies[-1]["frequency_penalty"] == 0
    assert sum("repetition_penalty" in body for body in chat.bodies) <= 4


def named(text, model, build="a"):
    status, headers, content = good(text)
    return status, headers, json.dumps({**json.loads(content), "model": model, "system_fingerprint": build}).encode()


def test_another_model_under_the_same_name_ends_the_run_and_is_not_stored(chat, store, task):
    chat.more["/chat/completions"] = lambda body: named("blue", "m" if len(chat.bodies) <= 4 else "another")
    spec = RunSpec(task, f"{chat.url}#m")
    said = r"says that it is another now, and said that it was m before"
    with pytest.raises(NotAnswered, match=said):
        execute(spec, store)
    kept = store.stored_keys(plan_run(spec, store).keys)
    assert 0 < len(kept) <= 4
    with pytest.raises(NotAnswered, match=said):  # nor by the next attempt, which never saw the first model
        execute(spec, store)
    assert store.stored_keys(plan_run(spec, store).keys) == kept
    chat.more["/chat/completions"] = lambda body: named("blue", "m")
    assert execute(spec, store).complete


def test_another_build_of_a_server_is_noted_in_a_later_batch_as_well(chat, store, tmp_path):
    (tmp_path / "task.csv").write_text("text,label\n" + "".join(f"text {n},{'ab'[n % 2]}\n" for n in range(40)))
    chat.more["/chat/completions"] = lambda body: named("blue", "m", "a" if len(chat.bodies) <= 20 else "b")
    spec = RunSpec(TaskSource(str(tmp_path / "task.csv")), f"{chat.url}#m")
    run = execute(spec, store).record
    assert store.run(run.run_id).metadata["server build"] == "a, then b"
    assert store.run(run.run_id).metadata["answered as"] == "m"
