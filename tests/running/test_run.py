import os
import threading
from dataclasses import replace

import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.errors import ModelError
from evalcore.running.plan import plan_run
from evalcore.running.run import execute
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import TaskSource
from tests.conftest import Toy
from tests.tools import toy_run
from tests.tools.processes import PATIENCE_S, wait_until


@pytest.fixture
def spec(colours):
    return RunSpec(TaskSource(str(colours)), model="tfidf", n=40)


class Loader:
    """Loads a Toy and keeps it, so that a test can read its log."""

    def __init__(self, **options):
        self.toys = []
        self.options = options

    def __call__(self, handle, on_phase):
        self.toys.append(Toy(handle.identity, {}, **self.options))
        return self.toys[-1]

    @property
    def asked(self):
        return [text for toy in self.toys for text in toy.asked]


def test_a_run_predicts_every_example_once_and_is_stored(store, spec):
    loader = Loader()
    outcome = execute(spec, store, loader=loader)
    assert (outcome.predicted_now, outcome.from_cache, outcome.complete) == (40, 0, True)
    assert len(loader.asked) == len(set(loader.asked)) == 40
    scored = score_run(store, outcome.record.run_id)
    assert len(scored.answers) == 40
    assert scored.scores.accuracy == 16 / 40  # "red" to all, and 16 are red
    assert outcome.record.finished is not None


def test_the_same_run_again_calls_no_model(store, spec):
    first = execute(spec, store, loader=Loader())
    loader = Loader()
    again = execute(spec, store, loader=loader)
    assert loader.toys == []
    assert (again.predicted_now, again.from_cache, again.record.run_id) == (0, 40, first.record.run_id)


@pytest.mark.parametrize("sample", ["stratified", "random", "first"])
def test_a_larger_n_computes_only_what_is_missing(store, spec, sample):
    execute(replace(spec, n=16, sample=sample), store, loader=Loader())
    loader = Loader()
    outcome = execute(replace(spec, sample=sample), store, loader=loader)
    assert (len(loader.asked), outcome.from_cache) == (24, 16)


def test_another_sample_reuses_what_it_shares(store, spec):
    execute(replace(spec, n=20, sample="first"), store, loader=Loader())
    loader = Loader()
    execute(replace(spec, sample="random"), store, loader=loader)
    assert len(loader.asked) == 20


def test_a_stopped_run_keeps_its_batches_and_goes_on(store, spec):
    def stop_after_two(progress):
        return progress.done < 8

    stopped = execute(spec, store, loader=Loader(), on_progress=stop_after_two)
    assert (stopped.predicted_now, stopped.complete) == (8, False)
    assert len(score_run(store, stopped.record.run_id).answers) == 8
    loader = Loader()
    outcome = execute(spec, store, loader=loader)
    assert (len(loader.asked), outcome.complete) == (32, True)
    assert store.run(outcome.record.run_id).predicted == 40


def test_a_predictor_that_fails_midway_loses_nothing(store, spec):
    class Failing(Toy):
        def predict(self, prompts):
            if self.batches == 3:
                raise ModelError("out of memory")
            return super().predict(prompts)

    with pytest.raises(ModelError):
        execute(spec, store, loader=lambda handle, on_phase: Failing(handle.identity, {}))
    loader = Loader()
    assert execute(spec, store, loader=loader).complete
    assert len(loader.asked) == 40 - 12


def test_progress_counts_up_to_the_total(store, spec):
    seen = []
    execute(spec, store, loader=Loader(), on_progress=lambda p: seen.append(p) or True)
    predicting = [p for p in seen if p.predicting]
    assert [p.done for p in predicting] == list(range(4, 41, 4))
    assert {p.total for p in predicting} == {40}


def test_two_threads_predict_each_example_once(store, spec):
    loader = Loader()
    threads = [threading.Thread(target=execute, args=(spec, store), kwargs={"loader": loader}) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loader.asked) == 40


def test_two_processes_predict_each_example_once(store, spec, tmp_path):
    log = tmp_path / "log"
    running = [toy_run.start(store.folder, spec, log, 0.02) for _ in range(2)]
    assert [process.wait(PATIENCE_S) for process in running] == [0, 0]
    assert len(log.read_text().splitlines()) == 40


def test_a_killed_process_loses_at_most_its_batch_and_frees_its_lock(store, spec, tmp_path):
    log = tmp_path / "log"
    process = toy_run.start(store.folder, spec, log, 0.05)
    wait_until(lambda: log.exists() and len(log.read_text().splitlines()) >= 12)
    process.kill()
    process.wait()
    loader = Loader()
    assert execute(spec, store, loader=loader).complete
    assert len(loader.asked) + len(log.read_text().splitlines()) <= 40 + 4


def test_a_waiting_run_says_for_whom_and_can_be_stopped(store, spec):
    stuck, release = threading.Event(), threading.Event()

    class Stuck(Toy):
        def predict(self, prompts):
            stuck.set()
            release.wait(PATIENCE_S)
            return super().predict(prompts)

    first = threading.Thread(
        target=execute, args=(spec, store), kwargs={"loader": lambda i, on_phase: Stuck(i.identity, {})}
    )
    first.start()
    stuck.wait(PATIENCE_S)
    phases = []
    outcome = execute(
        spec, store, loader=Loader(), on_progress=lambda p: phases.append(p.phase) or not p.phase.startswith("waiting")
    )
    release.set()
    first.join()
    assert f"waiting for process {os.getpid()}, which is predicting with this model" in phases
    assert not outcome.complete


def test_rescoring_calls_no_model_and_strict_never_scores_above_lenient(store, spec):
    answers = {f"red thing {i}": text for i, text in enumerate(["red", "Red.", "it is red", "red or blue", "x"] * 4)}
    outcome = execute(spec, store, loader=lambda i, on_phase: Toy(i.identity, answers))
    strict, lenient = (score_run(store, outcome.record.run_id, scoring) for scoring in ("strict", "lenient"))
    assert lenient.scores.correct - strict.scores.correct == 6  # of 16 red ones: 3 "Red." and 3 "it is red"
    assert lenient.scores.unparsed == 6
    assert strict.scores.correct + strict.scores.wrong + strict.scores.unparsed == 40


def test_n_above_the_split_takes_all_of_it(store, spec):
    outcome = execute(replace(spec, n=5000), store, loader=Loader())
    assert (outcome.record.n, outcome.record.split_size) == (40, 40)


def test_two_models_never_share_a_completion(store, spec):
    tfidf, majority = (set(plan_run(replace(spec, model=model), store).keys) for model in ("tfidf", "majority"))
    assert not tfidf & majority


def test_rows_in_another_order_are_the_same_completions(store, spec, colours):
    execute(spec, store, loader=Loader())
    header, *rows = (colours / "test.csv").read_text().splitlines()
    (colours / "test.csv").write_text("\n".join([header, *rows[::-1]]) + "\n")
    loader = Loader()
    assert execute(spec, store, loader=loader).complete
    assert loader.asked == []
