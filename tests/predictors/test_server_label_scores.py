"""Labels' log-probabilities from a server: as the engine here computes them, from recorded replies of a real vLLM; in
part where the server tells a part; refused where it tells none."""

import json
import math

import numpy as np
import pytest

from evalcore.analysis.calibration import calibration
from evalcore.analysis.label_probabilities import label_probabilities, why_not_all_labels
from evalcore.analysis.label_sets import why_no_label_sets
from evalcore.analysis.scored_run import score_run
from evalcore.errors import ModelError
from evalcore.predictors.handle import identify
from evalcore.predictors.servers import label_scores as server_scores
from evalcore.predictors.servers.asking import Patience
from evalcore.predictors.servers.endpoint import parse_endpoint
from evalcore.predictors.servers.server import ServerModel
from evalcore.running.live import LiveRequest, answer
from evalcore.running.run import NotAnswered, execute, plan_run
from evalcore.store.spec import RunSpec
from evalcore.store.usage import Usage
from evalcore.tasks.task import TaskSource
from tests.conftest import ROOT
from tests.tools.chat_server import good, refusal, serving_chat
from tests.tools.vllm_server import as_vllm, complete, logprob_of, replaying, tokenize

RECORDED = ROOT / "tests" / "predictors" / "recorded"
QUICK = Patience(tries=2, total_s=30.0, timeout_s=10.0, first_wait_s=0.0)  # a busy machine is no timeout
CLOSE = 1e-4
"""Of log-probabilities in float32 by two programs, summed over a label's tokens."""


@pytest.fixture
def chat():
    with serving_chat() as serving:
        yield serving


@pytest.fixture
def task(tmp_path):
    def write(*labels, texts=("one", "two", "three")):
        path = tmp_path / "task.csv"
        rows = [f"{text} {label},{label}" for label in labels for text in texts]
        path.write_text("\n".join(["text,label", *rows]) + "\n")
        return TaskSource(str(path))

    return write


def recorded(chat, name, **options):
    """The spec of a run whose requests a real server was sent."""
    replaying(chat, (RECORDED / name).read_text())
    return RunSpec(TaskSource(str(RECORDED / "task.csv")), f"{chat.url}#demo", **options)


def here(spec, **options):
    """The same with the engine on this machine."""
    return RunSpec(spec.task, "demo", spec.prompt, spec.n, dtype="float32", device="cpu", **options)


def completions(store, run_id):
    return [one.completion for one in score_run(store, run_id).answers]


def quickly(handle, on_phase):
    spec_of = handle.identity
    at = parse_endpoint(f"{spec_of['url']}#{spec_of['model']}")
    return ServerModel(at, RunSpec(model=at.where, decoding=spec_of["decoding"]), QUICK)


def test_a_request_that_generates_no_tokens_leaves_none_untold(chat):
    chat.more["/tokenize"] = lambda body: None  # broken
    at = parse_endpoint(f"{chat.url}#m")
    asked = ServerModel(at, RunSpec(model=at.where, decoding="choose"), QUICK)
    with pytest.raises(ModelError):
        asked.prepare([({"role": "user", "content": "x"},)], ["a", "b"], {})
    assert asked.take_usage() == Usage(requests=2)


def test_vllm_tells_what_the_engine_here_computes(chat, store):
    spec = recorded(chat, "vllm.json", n=2, decoding="choose-calibrated")
    there, local = execute(spec, store).record, execute(here(spec, decoding="choose-calibrated"), store).record
    pairs = list(zip(completions(store, there.run_id), completions(store, local.run_id), strict=True))
    assert len(pairs) == 2
    for a, b in pairs:
        assert (a.text, a.token_ids, a.stop, a.prompt_tokens) == (b.text, b.token_ids, b.stop, b.prompt_tokens)
        np.testing.assert_allclose(a.logprobs, b.logprobs, atol=CLOSE)
    ours, theirs = store.run(local.run_id).label_reference, store.run(there.run_id).label_reference
    assert theirs.tokens == ours.tokens
    for text, scores in ours.content_free.items():
        np.testing.assert_allclose(theirs.content_free[text], scores, atol=CLOSE)
    assert store.run(there.run_id).metadata["label probabilities"].startswith("exact")
    assert label_probabilities(score_run(store, there.run_id)).complete.all()


def test_a_vllm_without_chosen_tokens_reads_labels_as_a_part_of_the_prompt(chat, store):
    spec = recorded(chat, "vllm_prompt_logprobs.json", n=1, prompt="numbered", decoding="choose")
    there, local = execute(spec, store).record, execute(here(spec, decoding="choose"), store).record
    (a,), (b,) = (completions(store, run.run_id) for run in (there, local))
    assert a.token_ids == b.token_ids
    np.testing.assert_allclose(a.logprobs, b.logprobs, atol=CLOSE)
    assert "part of the prompt" in store.run(there.run_id).metadata["label probabilities"]


def test_of_a_server_that_tells_first_tokens_the_other_labels_are_unknown(chat, store):
    spec = recorded(chat, "vllm_top_logprobs.json", n=4, prompt="numbered", decoding="choose")
    run = execute(spec, store).record
    heard = {one["body"]["messages"][-1]["content"]: one["reply"] for one in json.loads(
        (RECORDED / "vllm_top_logprobs.json").read_text()) if one["path"] == "/chat/completions"}  # fmt: skip
    scored = score_run(store, run.run_id)
    told = set()
    for one in scored.answers:
        first = heard[one.example.text]["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        likely = {token["token"]: token["logprob"] for token in first}
        known = {number: likely[str(number)] for number in range(1, 5) if str(number) in likely}
        told.add(len(known))
        for number, logprob in enumerate(one.completion.logprobs, start=1):
            assert math.isnan(logprob) if number not in known else logprob == pytest.approx(known[number])
        assert int(one.completion.text) == max(known, key=known.get)
    assert 0 < min(told) <= max(told) < 4
    probabilities = label_probabilities(scored)
    assert probabilities.known.all()
    assert not probabilities.complete.any()
    span = f"{min(told)} to {max(told)}" if min(told) < max(told) else max(told)
    assert f"{span} of 4 labels" in why_not_all_labels(probabilities)


@pytest.mark.parametrize("most", [2, 7, 128])
def test_labels_of_many_tokens_take_several_requests(chat, store, task, monkeypatch, most):
    monkeypatch.setattr(server_scores, "MOST_TOKENS", most)
    as_vllm(chat)
    labels = ("ab", "abc", "bca", "xyzuv")
    plan = plan_run(RunSpec(task(*labels), f"{chat.url}#m", n=3, decoding="choose"), store)
    run = execute(plan.record.spec, store).record
    for messages, completion in zip(plan.prompts, completions(store, run.run_id), strict=True):
        expected = [logprob_of(messages, answer) for answer in plan.answers]
        np.testing.assert_allclose(completion.logprobs, expected, rtol=1e-5)
        assert completion.text == plan.answers[int(np.argmax(expected))]
    asked = [body for body in chat.bodies if "logprob_token_ids" in body]
    assert (len(asked) > 6) == (most < 128)


def test_a_prompt_that_is_too_long_is_said_and_the_others_are_answered(chat, store, task):
    as_vllm(chat)
    spec = RunSpec(task("red", "blue", texts=("short", "long " * 900)), f"{chat.url}#m", decoding="choose")
    run = execute(spec, store).record
    stops = {one.example.text[:5]: one.completion.stop for one in score_run(store, run.run_id).answers}
    assert stops == {"short": "chosen", "long ": "too_long"}


MANGLED = {
    "a token is missing": lambda told: told.popitem(),
    "not a number": lambda told: told.update(dict.fromkeys(told, float("nan"))),
    "a text": lambda told: told.update(dict.fromkeys(told, "-1.0")),
    "true": lambda told: told.update(dict.fromkeys(told, True)),
}


@pytest.mark.parametrize("mangle", MANGLED.values(), ids=MANGLED)
def test_what_is_no_log_probability_is_not_stored(chat, store, task, mangle):
    as_vllm(chat)
    spec = RunSpec(task("red", "blue"), f"{chat.url}#m", decoding="choose")
    asked = 0

    def at_times(body):
        nonlocal asked
        asked += 1
        status, headers, content = complete(body)
        said = json.loads(content)
        if asked > 4:  # the trial and the texts without content went well
            for choice in said["choices"]:
                mangle(choice["logprobs"]["top_logprobs"][0])
        return status, headers, json.dumps(said).encode()

    chat.more["/v1/completions"] = at_times
    with pytest.raises(NotAnswered, match="does not tell the log-probabilities"):
        execute(spec, store)
    assert len(store.stored_keys(plan_run(spec, store).keys)) == 1


def test_a_bad_day_is_not_taken_for_a_server_that_tells_less(chat, store, task):
    as_vllm(chat)
    chat.more["/tokenize"] = lambda body: refusal(503, "loading")
    chat.answer = lambda text, before: good("1", logprobs=_first("1", "2"))
    with pytest.raises(ModelError, match="503"):
        execute(RunSpec(task("red", "blue"), f"{chat.url}#m", "numbered", decoding="choose"), store, loader=quickly)
    assert not chat.asked


def _first(*tokens):
    likely = [{"token": token, "logprob": -0.5 * number} for number, token in enumerate(tokens, start=1)]
    return {"content": [{**likely[0], "top_logprobs": likely}]}


def test_a_label_told_with_and_without_a_space_has_both_probabilities(chat, store, task):
    chat.answer = lambda text, before: good(" 2", logprobs=_first(" 2", "1", "2"))
    run = execute(RunSpec(task("red", "blue"), f"{chat.url}#m", "numbered", decoding="choose"), store).record
    first, second = completions(store, run.run_id)[0].logprobs
    assert first == pytest.approx(-1.0)
    assert second == pytest.approx(np.logaddexp(-0.5, -1.5))
    assert completions(store, run.run_id)[0].text == "2"


def test_an_answer_without_any_label_among_the_likeliest_stays_what_it_is(chat, store, task):
    chat.answer = lambda text, before: good("I", logprobs=_first(*("I", "The") if "three" in text else ("1", "2")))
    run = execute(RunSpec(task("red", "blue"), f"{chat.url}#m", "numbered", decoding="choose"), store).record
    unparsed = [one for one in score_run(store, run.run_id).answers if one.predicted is None]
    assert [one.completion.text for one in unparsed] == ["I", "I"]
    assert all(len(one.completion.logprobs) == 0 and "three" in one.example.text for one in unparsed)


def test_answers_of_which_all_labels_are_likely_are_no_sample_of_the_run(chat, store, task):
    """Red if a Brier score is shown of those answers alone whose labels were all among the likeliest tokens."""
    chat.answer = lambda text, before: good("1", logprobs=_first(*("1", "2") if "three" in text else ("2", "I")))
    run = execute(RunSpec(task("red", "blue"), f"{chat.url}#m", "numbered", decoding="choose"), store).record
    probabilities = label_probabilities(score_run(store, run.run_id))
    assert (probabilities.complete.sum(), probabilities.known.sum()) == (2, 6)
    assert "1 to 2 of 2 labels" in why_not_all_labels(probabilities)
    assert "no sample" in why_no_label_sets(probabilities)
    found = calibration(probabilities)
    assert (found.n_confident, found.n_complete) == (6, 0)
    assert math.isnan(found.brier.value)


REFUSED = {
    "more than nine numbers": ("numbered", 12, "choose", ("1", "2"), "“1” is how “10” begins"),
    "labels of many tokens": ("article", 3, "choose", ("la", "No"), "longer than one token"),
    "calibration": ("numbered", 3, "choose-calibrated", ("1", "2"), "calibration needs those of all"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_first_tokens_cannot_tell_is_refused_before_the_first_prompt(chat, store, task, case):
    prompt, count, decoding, likely, sentence = REFUSED[case]
    chat.answer = lambda text, before: good("1", logprobs=_first(*likely))
    labels = [f"label{chr(97 + number)}" for number in range(count)]
    with pytest.raises(ModelError, match=sentence):
        execute(RunSpec(task(*labels), f"{chat.url}#m", prompt, decoding=decoding), store)
    assert set(chat.asked) <= {"N/A", ""}


def test_a_question_in_try_it_is_answered_with_probabilities(chat, store, task):
    as_vllm(chat)
    chat.answer = lambda text, before: good("It is red.")
    found = answer(LiveRequest(RunSpec(task("red", "blue"), f"{chat.url}#m", decoding="choose"), "a rose"), store)
    assert (found.completion, found.parsed) == ("It is red.", "red")
    assert sum(found.probabilities.values()) == pytest.approx(1)
    assert found.label == found.chosen == max(found.probabilities, key=found.probabilities.get)


def test_what_there_is_to_choose_from_is_a_part_of_the_identity(store, chat):
    def known_as(decoding, *answers):
        return identify(RunSpec(model=f"{chat.url}#m", decoding=decoding), None, answers, store, print).identity

    assert known_as("plain", "a", "b") == known_as("plain", "a", "c")
    for decoding in ("constrained", "choose", "choose-mean", "choose-calibrated"):
        assert known_as(decoding, "a", "b") != known_as(decoding, "a", "c")
    assert "content_free" in known_as("choose-calibrated", "a")
    assert not chat.paths


def test_tokens_are_asked_for_beside_the_protocol(chat, store, task):
    as_vllm(chat)
    execute(RunSpec(task("red", "blue"), f"{chat.url}#m", n=1, decoding="choose"), store)
    assert {"/tokenize", "/v1/completions"} <= set(chat.paths)
    assert tokenize({"prompt": "ab"})[0] == 200
