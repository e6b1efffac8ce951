"""A model on a server: what it asks, in which order it answers, and what it tells of its failures. Its bad days are in
tests/faults/test_server.py."""

import time

import pytest

from evalcore.errors import ModelError, Unanswered
from evalcore.predictors.handle import identify
from evalcore.predictors.servers.asking import Patience
from evalcore.predictors.servers.endpoint import parse_endpoint
from evalcore.predictors.servers.pace import CONCURRENT
from evalcore.predictors.servers.server import ServerModel
from evalcore.store.spec import RunSpec
from tests.tools.chat_server import good, refusal, serving_chat

IMPATIENT = Patience(tries=2, total_s=30.0, timeout_s=10.0, first_wait_s=0.0)  # a busy machine is no timeout


@pytest.fixture
def chat():
    with serving_chat() as serving:
        yield serving


def model(chat, **options):
    spec = RunSpec(model=f"{chat.url}#m", **options)
    return ServerModel(parse_endpoint(spec.model), spec, IMPATIENT)


def prompts(*texts):
    return [({"role": "system", "content": "one label"}, {"role": "user", "content": text}) for text in texts]


def test_a_request_holds_the_messages_the_limit_and_greedy_decoding(chat):
    model(chat, max_new_tokens=7).predict(prompts("hello"))
    (body,) = chat.bodies
    assert body["messages"] == list(prompts("hello")[0])
    assert (body["model"], body["max_tokens"], body["temperature"], body["stream"]) == ("m", 7, 0, False)


def test_answers_are_in_the_order_of_the_prompts_whichever_came_first(chat):
    def slow_at_first(text, before):
        time.sleep(0.2 if text == "0" else 0.0)
        return good(f"answer {text}")

    chat.answer = slow_at_first
    texts = [str(number) for number in range(10)]
    assert [answer.text for answer in model(chat).predict(prompts(*texts))] == [f"answer {text}" for text in texts]


def test_no_more_requests_are_open_than_it_says(chat):
    def slow(text, before):
        time.sleep(0.05)
        return good("red")

    chat.answer = slow
    model(chat).predict(prompts(*map(str, range(16))))
    assert chat.most_open == CONCURRENT


def test_what_a_prompt_cost_and_how_it_ended_is_kept(chat):
    chat.answer = lambda text, before: good("red", finish_reason="length")
    (answer,) = model(chat).predict(prompts("x"))
    assert (answer.text, answer.stop, answer.prompt_tokens) == ("red", "length", 11)
    assert answer.latency_ms > 0


def test_a_refusal_that_passes_is_tried_again(chat):
    chat.answer = lambda text, before: good("red") if before else refusal(503)
    assert [answer.text for answer in model(chat).predict(prompts("x"))] == ["red"]
    assert chat.asked["x"] == 2


def test_what_came_is_in_the_error_about_what_did_not(chat):
    chat.answer = lambda text, before: refusal(400, "no such thing") if text == "b" else good(text)
    with pytest.raises(Unanswered, match=r"no answer to 1 prompt: the server answered 400 \(no such thing\)") as caught:
        model(chat).predict(prompts("a", "b", "c"))
    assert [answer and answer.text for answer in caught.value.answers] == ["a", None, "c"]
    assert not caught.value.give_up


def test_failures_of_an_earlier_run_are_forgotten(chat):
    chat.answer = lambda text, before: refusal(400)
    asked = model(chat)
    for _ in range(2):
        asked.prepare(prompts("a"), ["a"], {})
        with pytest.raises(Unanswered, match="no answer to 1 prompt:"):
            asked.predict(prompts("a"))


def test_a_server_that_answers_nobody_is_noticed_before_the_first_prompt(chat):
    model(chat).check()
    chat.models = refusal(401, "bad key")
    with pytest.raises(ModelError, match="401"):
        model(chat).check()
    assert not chat.bodies


def test_it_is_identified_by_its_address_and_name_without_a_request(chat, store):
    spec = RunSpec(model=f"{chat.url}#m", max_new_tokens=7)
    handle = identify(spec, None, (), store, lambda phase: None)
    assert handle.identity == {
        "predictor": "server", "url": chat.url, "model": "m", "decoding": "plain", "max_new_tokens": 7, "version": 1,
    }  # fmt: skip
    assert chat.paths == []
