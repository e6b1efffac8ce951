"""How a server is asked: how fast, how it is slowed down, what is counted, how it is stopped."""

import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count

import pytest

from evalcore.errors import StoreError, Unanswered
from evalcore.predictors.handle import identify
from evalcore.predictors.servers import asking, pace
from evalcore.predictors.servers.asking import Patience
from evalcore.predictors.servers.endpoint import parse_endpoint
from evalcore.predictors.servers.http import RequestError, request, run_in_loop
from evalcore.predictors.servers.pace import GivenUp, Pace, Spacing
from evalcore.predictors.servers.server import ServerModel
from evalcore.running.answering import AskedModel
from evalcore.running.executors import load_model, predict
from evalcore.running.model_cache import ModelCache
from evalcore.running.run import NotAnswered, execute
from evalcore.store import Jobs, Limits, RunSpec, Usage
from evalcore.tasks import TaskSource
from tests.faults.victim import write_task
from tests.predictors.test_http import head, serving_bytes
from tests.tools.chat_server import good, refusal, reply, serving_chat

QUICK = Patience(tries=3, total_s=30.0, timeout_s=10.0, first_wait_s=0.01, held_s=2.0)  # a busy machine is no timeout
TOLD = {"prompt_tokens": 100, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 60}}


@pytest.fixture
def chat():
    with serving_chat() as serving:
        yield serving


def model(chat, patience=QUICK, **limits):
    spec = RunSpec(model=f"{chat.url}#m")
    return ServerModel(parse_endpoint(spec.model), spec, patience, lambda: Limits(**limits))


def prompts(count):
    return [({"role": "user", "content": str(number)},) for number in range(count)]


def told(text="red", **usage):
    return reply({"role": "assistant", "content": text}, usage={**TOLD, **usage})


# -- how fast -----------------------------------------------------------------------------------------


def test_no_minute_holds_more_requests_than_are_allowed(monkeypatch):
    now = 1000.0
    monkeypatch.setattr(pace.time, "monotonic", lambda: now)
    spacing, sent = Spacing(90), []
    while now < 1300:
        now += spacing.wait_s()
        spacing.take(1)
        sent.append(now)
        now += 0.01
    assert max(sum(first <= at < first + 59.999 for at in sent) for first in sent) == 90
    assert len(sent) == 300 / 60 * 90 + 1


def test_tokens_that_were_fewer_than_thought_are_given_back(monkeypatch):
    monkeypatch.setattr(pace.time, "monotonic", lambda: 0.0)
    spacing = Spacing(600)
    spacing.take(100)
    assert spacing.wait_s() == pytest.approx(10)
    spacing.correct(-90)
    assert spacing.wait_s() == pytest.approx(1)
    unlimited = Spacing(None)
    unlimited.take(1e9)
    assert unlimited.wait_s() == 0


def test_requests_come_evenly_spread_and_a_batch_is_no_longer_than_a_minute(chat):
    times = []
    chat.answer = lambda text, before: times.append(time.monotonic()) or good("red")
    asked = model(chat, requests_per_minute=600, concurrent=8)
    asked.predict(prompts(10))
    assert max(times) - min(times) >= 0.6  # 0.9 s, less what the first one may come late
    assert asked.batch_size == 32
    assert model(chat, requests_per_minute=6, concurrent=8).batch_size == 6


def test_a_limit_of_tokens_is_corrected_by_what_the_server_tells(chat):
    """Red with the estimate alone: 16 tokens of an answer are reserved, and 1 comes."""
    chat.answer = lambda text, before: told(prompt_tokens=1, completion_tokens=1)
    asked = model(chat, tokens_per_minute=6_000)  # 100 a second; 16 requests of 2 tokens, guessed at 41
    started = time.monotonic()
    asked.predict(prompts(16))
    assert 0.25 < time.monotonic() - started < 5.0  # by the estimates alone it takes 6.5 s
    slow = model(chat, tokens_per_minute=6_000)
    chat.answer = lambda text, before: told(prompt_tokens=100, completion_tokens=0)
    started = time.monotonic()
    slow.predict(prompts(3))
    assert time.monotonic() - started >= 1.0


@pytest.mark.parametrize("concurrent", [1, 3])
def test_as_many_requests_are_open_as_is_said(chat, concurrent):
    chat.answer = lambda text, before: time.sleep(0.15) or good("red")
    model(chat, concurrent=concurrent).predict(prompts(2 * concurrent + 2))
    assert chat.most_open == concurrent


# -- slowed down by the server --------------------------------------------------------------------------


def test_a_server_that_takes_two_at_a_time_is_soon_asked_two_at_a_time(chat):
    """Red with each refused request alone waiting: sixteen go on knocking until their tries are used up."""
    refused, lock = [], threading.Lock()

    def two_at_a_time(text, before):
        with lock:
            too_many = chat.open > 2
            refused.extend([text] if too_many else [])
        if too_many:
            return refusal(429, "slow down")
        time.sleep(0.01)
        return good(text)

    chat.answer = two_at_a_time
    answers = model(chat, concurrent=16).predict(prompts(64))
    assert [answer.text for answer in answers] == [str(number) for number in range(64)]
    assert 0 < len(refused) < 48


def test_one_refusal_holds_back_all_requests(chat):
    """Red with the wait of the refused request alone: the others go on in the meantime."""
    times, refused_at = [], []

    def refuse_the_third(text, before):
        times.append(time.monotonic())
        if len(times) == 3:
            refused_at.append(times[-1])
            return refusal(429, **{"Retry-After": "1"})
        time.sleep(0.02)
        return good("red")

    chat.answer = refuse_the_third
    model(chat, concurrent=2).predict(prompts(12))
    during = [at for at in times if refused_at[0] + 0.1 < at < refused_at[0] + 0.95]
    assert len(times) == 13
    assert len(during) <= 1  # the one that was on its way


def test_requests_of_before_the_slowing_down_do_not_slow_down_again():
    async def refuse_four():
        one = Pace(Limits(concurrent=16), 0.0, 60)
        began = time.monotonic()
        for _ in range(4):
            one.refused(began, None)
        return one._allowed

    assert asyncio.run(refuse_four()) == 8


def test_after_rounds_of_answers_as_many_are_open_as_before():
    async def recover():
        one = Pace(Limits(concurrent=4), 0.0, 60)
        for _ in range(3):
            one.refused(time.monotonic(), None)
        lowest, after = one._allowed, 0
        while one._allowed < 4:
            one.answered()
            after += 1
        return lowest, after

    lowest, after = asyncio.run(recover())
    assert lowest == 1
    assert 6 <= after <= 12


def test_a_request_that_waits_is_told_at_once_when_all_is_given_up():
    async def wait_for_a_place():
        one = Pace(Limits(concurrent=1, requests_per_minute=1), 1.0, 60)
        async with one.place(0):
            waiting = [asyncio.create_task(enter(one)) for _ in range(3)]
            await asyncio.sleep(0.05)
            one.give_up()
            return await asyncio.wait_for(asyncio.gather(*waiting), 1)

    async def enter(one):
        try:
            async with one.place(0):
                return "entered"
        except GivenUp:
            return "given up"

    assert asyncio.run(wait_for_a_place()) == ["given up"] * 3


def test_a_refusal_for_the_rate_uses_up_no_try(chat):
    """Red with a 429 counted as one of the three tries."""
    chat.answer = lambda text, before: refusal(429) if before < 5 else good("red")
    (answer,) = model(chat).predict(prompts(1))
    assert (answer.text, chat.asked["0"]) == ("red", 6)
    assert answer.latency_ms < 1000 * QUICK.held_s


def test_where_nothing_is_left_to_pay_with_nobody_waits(chat):
    chat.answer = lambda text, before: (429, {}, b'{"error": {"code": "insufficient_quota", "message": "no credit"}}')
    with pytest.raises(Unanswered, match=r"429 \(no credit\)") as caught:
        model(chat).predict(prompts(8))
    assert caught.value.give_up
    assert chat.asked.total() <= pace.CONCURRENT


NOW = datetime(2026, 11, 28, 12, 0, 0, tzinfo=UTC)


def at(seconds):
    return {
        "Date": format_datetime(NOW, usegmt=True),
        "Retry-After": format_datetime(NOW + timedelta(seconds=seconds), usegmt=True),
    }


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [({"Retry-After": "7"}, 7), ({"Retry-After": " 0.5 "}, 0.5), ({"Retry-After": "0"}, 0), (at(90), 90),
     ({"retry-after-ms": "250", "Retry-After": "9"}, 0.25), ({"Retry-After": "86400"}, 86400),
     ({"Retry-After": "-5"}, None), (at(-30), None), ({"Retry-After": "86401"}, None),
     ({"Retry-After": "9" * 30}, None), (at(10**6), None), ({"Retry-After": "soon"}, None),
     ({"Retry-After": "nan"}, None), ({"Retry-After": "1e3"}, None),
     ({"Retry-After": "Fri, 99 Nov 2026 99:00:00 GMT"}, None), ({"retry-after-ms": "x", "Retry-After": "2"}, 2),
     ({}, None)],
)  # fmt: skip
def test_what_a_server_asks_to_wait_is_taken_where_it_is_sane(headers, wait_s):
    lines = [f"{name}: {value}" for name, value in headers.items()]
    refused = head(*lines, "Content-Length: 0", status=503)
    with serving_bytes(lambda _, send: send(refused)) as url, pytest.raises(RequestError) as caught:
        run_in_loop(request("GET", url, "/models", None, 5))
    assert caught.value.wait_s == wait_s


def test_a_date_without_the_servers_clock_is_held_against_ours():
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    refused = head(f"Retry-After: {then}", "Content-Length: 0", status=503)
    with serving_bytes(lambda _, send: send(refused)) as url, pytest.raises(RequestError) as caught:
        run_in_loop(request("GET", url, "/models", None, 5))
    assert 20 < caught.value.wait_s <= 60


# -- what is counted ----------------------------------------------------------------------------------


def test_tokens_of_every_request_are_counted_and_told_once(chat):
    chat.answer = lambda text, before: told()
    asked = model(chat)
    asked.predict(prompts(5))
    assert asked.take_usage() == Usage(5, 500, 300, 15)
    assert asked.take_usage() == Usage()


def test_what_was_repeated_or_came_in_vain_is_counted(chat):
    """Red with the tokens of answers alone: what is unreadable was paid for as well."""

    def answer(text, before):
        return {
            "0": refusal(503) if before == 0 else told(),  # refused: not paid for
            "1": told(content=None) if before == 0 else told(),
            "2": reply({"content": None}, usage=TOLD),  # no answer, and paid for
            "3": reply({"content": "red"}, usage={"prompt_tokens": 10}),  # a part is not told
            "4": None if before == 0 else told(),  # broken: perhaps paid for
            "5": (200, {}, b"<html>"),
        }[text]

    chat.answer = answer
    asked = model(chat)
    with pytest.raises(Unanswered):
        asked.predict(prompts(6))
    assert asked.take_usage() == Usage(requests=2 + 1 + 1 + 1 + 2 + 3, input_tokens=410, cached_input_tokens=240,
                                       output_tokens=12, untold=1 + 1 + 3)  # fmt: skip


@pytest.mark.parametrize(
    "usage", [{}, None, [], {"prompt_tokens": True, "completion_tokens": 1},
              {"prompt_tokens": -1, "completion_tokens": 1}, {"prompt_tokens": 2**31, "completion_tokens": 1},
              {"prompt_tokens": 1.0, "completion_tokens": 1}],
)  # fmt: skip
def test_counts_that_are_none_are_untold(chat, usage):
    chat.answer = lambda text, before: reply({"content": "red"}, usage=usage)
    asked = model(chat)
    asked.predict(prompts(1))
    used = asked.take_usage()
    assert (used.requests, used.untold, used.input_tokens) == (1, 1, 0)


def test_no_more_tokens_are_cached_than_there_are(chat):
    chat.answer = lambda text, before: told(prompt_tokens=5)
    asked = model(chat)
    asked.predict(prompts(1))
    assert asked.take_usage().cached_input_tokens == 5


def test_a_run_that_goes_on_adds_to_what_it_asked_before(chat, store, tmp_path):
    """Red with the counts of the last attempt in the place of all."""
    task = TaskSource(str(write_task(tmp_path / "task", 60)))
    chat.answer = lambda text, before: told(text.split()[0])
    spec = RunSpec(task, f"{chat.url}#m", n=40)
    calls = []
    stopped = execute(spec, store, on_progress=lambda progress: not progress.done or bool(calls.append(1)))
    assert (stopped.complete, stopped.record.usage.requests) == (False, stopped.predicted_now)
    whole = execute(spec, store).record
    assert whole.usage == Usage(40, 4000, 2400, 120)
    assert execute(spec, store).record.usage == whole.usage
    baseline = execute(RunSpec(task, "majority", n=40), store).record
    assert baseline.usage is None


def test_a_question_between_two_batches_leaves_the_runs_model_alone(chat, store, tmp_path):
    """Red if it is asked of the same predictor: that forgets what failed, and its tokens are counted as the run's."""
    task = TaskSource(str(write_task(tmp_path / "task", 60)))
    spec, models, asked, place = RunSpec(task, f"{chat.url}#m", n=40), ModelCache(), [], count()

    def answer(text, before):
        """A quarter of each of the run's batches is refused."""
        return told("bill") if "a question" in text or next(place) % 16 >= 4 else refusal(400)

    def ask_a_question(progress):
        if progress.predicting and not progress.in_batch:
            asked.extend(AskedModel(spec, store, models.load).answers(["a question"]))
        return True

    chat.answer = answer
    with pytest.raises(NotAnswered, match="no answer to 12 prompts") as caught:
        execute(spec, store, loader=models.load, on_progress=ask_a_question)
    assert [one.completion for one in asked] == ["bill"] * 3
    assert store.run(caught.value.record.run_id).usage.requests == 40


# -- stopped ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("held", [False, True])
def test_a_run_is_stopped_within_a_batch_and_keeps_what_came(chat, store, tmp_path, monkeypatch, held):
    """Red with a look at the end of a batch only: that of a server which hangs, or holds back, takes minutes."""
    monkeypatch.setattr(asking, "_LOOK_EVERY_S", 0.05)
    task = TaskSource(str(write_task(tmp_path / "task", 60)))
    phases, begun = [], time.monotonic()
    gate, answered, stuck_since = threading.Event(), count(), []

    def answer(text, before):
        if next(answered) < 6:
            return told(text.split()[0])
        stuck_since.append(time.monotonic())
        if held:
            return refusal(429, **{"Retry-After": "60"})
        gate.wait(20)
        return told()

    def stop_after_a_while(progress):
        phases.append(progress.phase)
        return not (progress.in_batch and stuck_since and time.monotonic() - stuck_since[0] > 1.0)

    chat.answer = answer
    outcome = execute(RunSpec(task, f"{chat.url}#m", n=16), store, on_progress=stop_after_a_while)
    gate.set()
    assert time.monotonic() - begun < 15
    assert (outcome.complete, outcome.predicted_now) == (False, 6)
    assert store.count_done(outcome.record.run_id) == 6
    assert outcome.record.usage.input_tokens == 600
    assert (outcome.record.usage.untold == 0) == held  # what hung may be paid for; what was refused is not
    assert any(phase.startswith("waiting, as the server asks") for phase in phases) == held
    chat.answer = lambda text, before: told(text.split()[0])
    assert execute(RunSpec(task, f"{chat.url}#m", n=16), store).complete


def test_looking_in_while_a_batch_is_at_work_does_not_hide_how_fast_a_job_is(store):
    """Red with each look kept as a report of its own: after 32 of them nothing of the batch before is known."""
    jobs = Jobs(store)
    job = jobs.enqueue("run", RunSpec().to_json())
    for done in (0, 16, *[32] * 40):
        jobs.report(job, phase="predicting", run_id=None, done=done, cached=0, total=99, predicting=True)
    assert jobs.pace(jobs.get(job)).rate > 0


def test_a_model_is_not_watched_after_its_batch(chat):
    """Red if the next question of a kept model were stopped by what watched the run before."""
    asked = model(chat)
    predict(asked, [b"k"], prompts(1), lambda phase: False)
    assert asked._asking._go_on is None


# -- the table of servers -----------------------------------------------------------------------------


def test_a_run_asks_as_the_table_says_when_it_begins(chat, store):
    spec = RunSpec(model=f"{chat.url}#m")
    chat.answer = lambda text, before: time.sleep(0.02) or good("red")
    asked = load_model(identify(spec, None, (), store, lambda phase: None), lambda phase: None)
    asked.predict(prompts(12))
    assert chat.most_open == pace.CONCURRENT
    (store.folder / "servers.csv").write_text(f"address,model,concurrent\n{chat.url},,2\n{chat.url},other,9\n")
    chat.most_open = 0
    asked.prepare(prompts(12), [], {})
    asked.predict(prompts(12))
    assert chat.most_open == 2
    asked.limit(Limits(concurrent=3))
    chat.most_open = 0
    asked.prepare(prompts(12), [], {})
    asked.predict(prompts(12))
    assert chat.most_open == 3
    (store.folder / "servers.csv").write_text("address,concurrent\nnowhere,2\n")
    with pytest.raises(StoreError, match="line 2: this is not a server's address"):
        asked.prepare(prompts(1), [], {})
