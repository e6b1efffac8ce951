"""Who computes a run's completions does not decide them: other executors, and what all of them have to keep to."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed

import pytest

from evalcore.errors import ModelError, Unanswered
from evalcore.running import CompletedBatch, InProcess, NotAnswered, execute
from evalcore.running.executors import batches, predict
from evalcore.store import RunSpec, Store
from evalcore.tasks import Example, TaskSource
from tests.conftest import Toy, write_csv

ANSWERS = {f"{label} thing {n}": label for label in ("red", "green", "blue") for n in range(16)}


@pytest.fixture
def spec(colours):
    return RunSpec(TaskSource(str(colours)), model="tfidf", n=40)


def toy(handle, on_phase):
    return Toy(handle.identity, ANSWERS)


def backwards(plan, missing, on_phase):
    """One example a batch, the last first."""
    predictor = toy(plan.handle, on_phase)
    for key, messages in reversed(missing.items()):
        rows, failure = predict(predictor, [key], [messages])
        yield CompletedBatch(rows, 0.25, failure)


def threads(plan, missing, on_phase):
    """Batches in two threads, as they end."""
    on_phase("starting two threads")
    with ThreadPoolExecutor(2) as pool:
        under_way = [
            pool.submit(predict, toy(plan.handle, on_phase), keys, [missing[key] for key in keys])
            for keys in batches(plan.keys, 3, missing)
        ]
        for future in as_completed(under_way):
            yield CompletedBatch(*future.result()[:1], 0.25)


def all_rows(store):
    with store.connect() as db:
        return {
            table: db.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2").fetchall()
            for table, columns in (
                ("completions", "key, checksum, text, token_ids, prompt_tokens, stop, latency_ms, label_logprobs"),
                ("run_items", "run_id, position, key"),
                ("sample_items", "*"),
                ("runs", "run_id, spec_key, spec, labels, prompt, identity, sample_id, n, predicted, facts"),
            )
        }


@pytest.mark.parametrize("executor", [backwards, threads])
def test_another_executor_stores_the_same_rows_under_the_same_keys(tmp_path, spec, executor):
    here, there = Store(tmp_path / "here"), Store(tmp_path / "there")
    expected = execute(spec, here, executor=InProcess(toy))
    outcome = execute(spec, there, executor=executor)
    assert all_rows(there) == all_rows(here)
    assert (outcome.predicted_now, outcome.complete) == (expected.predicted_now, expected.complete) == (40, True)


@pytest.mark.parametrize("executor", [backwards, threads])
def test_an_executor_is_asked_only_for_what_is_missing(store, spec, executor):
    from dataclasses import replace

    asked = []

    def spying(plan, missing, on_phase):
        asked.extend(missing)
        assert set(missing) < set(plan.keys)
        yield from executor(plan, missing, on_phase)

    execute(replace(spec, n=16), store, executor=InProcess(toy))
    outcome = execute(spec, store, executor=spying)
    assert (len(asked), outcome.from_cache, outcome.predicted_now) == (24, 16, 24)
    asked.clear()
    assert execute(spec, store, executor=spying).complete
    assert asked == []


def test_totals_are_the_sums_of_what_the_batches_say(store, spec):
    def loading(plan, missing, on_phase):
        for at, batch in enumerate(backwards(plan, missing, on_phase)):
            news = {"load_seconds": 1.5, "metadata": {f"node {at}": "a"}} if at in (0, 20) else {}
            yield CompletedBatch(batch.rows, batch.seconds, **news)

    outcome = execute(spec, store, executor=loading)
    assert (outcome.seconds, outcome.load_seconds) == (10.0, 3.0)
    record = store.run(outcome.record.run_id)
    assert (record.seconds, record.load_seconds, record.predicted) == (10.0, 3.0, 40)
    assert {"node 0", "node 20"} <= set(record.metadata)


def test_a_run_that_is_stopped_closes_its_executor_after_the_batch_in_hand(store, spec):
    closed = []

    def watching(plan, missing, on_phase):
        try:
            yield from backwards(plan, missing, on_phase)
        finally:
            closed.append(True)

    outcome = execute(spec, store, executor=watching, on_progress=lambda progress: progress.done < 3)
    assert (outcome.predicted_now, outcome.complete, closed) == (3, False, [True])


def test_a_stop_before_the_first_batch_ends_the_run_without_one(store, spec):
    outcome = execute(spec, store, executor=threads, on_progress=lambda progress: "threads" not in progress.phase)
    assert (outcome.predicted_now, outcome.complete) == (0, False)


def test_what_an_executor_raises_ends_the_run_and_what_came_before_is_kept(store, spec):
    def failing(plan, missing, on_phase):
        for at, batch in enumerate(backwards(plan, missing, on_phase)):
            if at == 5:
                raise ModelError("a node is gone.")
            yield batch

    with pytest.raises(ModelError, match="a node is gone"):
        execute(spec, store, executor=failing)
    assert execute(spec, store, executor=InProcess(toy)).from_cache == 5


@pytest.mark.parametrize("give_up", [True, False])
def test_what_one_batch_could_not_answer_ends_the_run_at_once_only_if_it_says_so(store, spec, give_up):
    def partly(plan, missing, on_phase):
        for at, batch in enumerate(backwards(plan, missing, on_phase)):
            failure = Unanswered("no answer.", where="x", do="", answers=[None], give_up=give_up)
            yield CompletedBatch((), 0.25, failure) if at == 2 else batch

    with pytest.raises(NotAnswered) as caught:
        execute(spec, store, executor=partly)
    assert caught.value.answered == (2 if give_up else 39)


def test_the_time_that_preparing_takes_is_a_part_of_the_runs_seconds(store, spec):
    import time

    class Preparing(Toy):
        def prepare(self, prompts, answers, content_free):
            time.sleep(0.2)

    outcome = execute(spec, store, loader=lambda handle, on_phase: Preparing(handle.identity, {}))
    assert 0.2 < outcome.seconds == pytest.approx(store.run(outcome.record.run_id).seconds)


def test_a_batch_holds_what_is_missing_of_keys_that_stand_together():
    keys = [bytes([n]) for n in (0, 1, 2, 1, 3, 4, 5, 6)]
    assert list(batches(keys, 3, set(keys))) == [[b"\0", b"\1", b"\2"], [b"\3", b"\4", b"\5"], [b"\6"]]
    assert list(batches(keys, 3, {b"\2", b"\3", b"\5"})) == [[b"\2"], [b"\3", b"\5"]]
    assert list(batches(keys, 3, set())) == []


def test_a_text_that_occurs_twice_is_predicted_once_and_counted_twice(store, tmp_path):
    rows = [Example("same", "a"), Example("same", "b"), Example("other", "a")]
    path = write_csv(tmp_path / "t" / "test.csv", rows)
    write_csv(tmp_path / "t" / "train.csv", rows)
    seen, progress = [], []

    def counting(plan, missing, on_phase):
        seen.extend(Counter(plan.keys).values())
        yield from backwards(plan, missing, on_phase)

    spec = RunSpec(TaskSource(str(path), train=str(path.parent / "train.csv")), "tfidf", n=3, sample="first")
    outcome = execute(spec, store, executor=counting, on_progress=lambda p: progress.append(p.done) or True)
    assert sorted(seen) == [1, 2]
    assert (outcome.predicted_now, outcome.complete, progress[-2:]) == (2, True, [1, 3])
