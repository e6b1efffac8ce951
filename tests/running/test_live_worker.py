"""Questions in the queue: answered between two batches of a run as well, and what went wrong is said in a sentence."""

import os
import signal
import time

import pytest

from evalcore.errors import OutOfMemory
from evalcore.predictors import ModelHandle, Weights, local
from evalcore.running import live, worker
from evalcore.running.answering import answer
from evalcore.running.live_answer import LiveRequest
from evalcore.running.model_cache import MODELS_KEPT, PREDICTORS_KEPT, ModelCache
from evalcore.running.run import execute
from evalcore.store.database import Store
from evalcore.store.jobs import LIVE_KEPT_S, Jobs
from evalcore.store.spec import RunSpec, checked
from evalcore.tasks.task import TaskSource
from tests.running.test_worker import ended, wait_for


@pytest.fixture
def jobs(store):
    yield Jobs(store)
    worker.stop_worker(store)


def asked(store, text="no signal", parts=("answer",), **spec):
    return live.ask(store, LiveRequest(RunSpec(**spec), text, parts))


def done(jobs, job_id):
    job = ended(jobs, job_id)
    assert job.state == "done", job.result
    return live.answer_of(job)


def slow_run(jobs, colours):
    return jobs.enqueue("run", checked(RunSpec(TaskSource("demo"), "demo", n=400, engine="loop")).to_json())


def test_the_worker_answers_and_the_next_question_finds_the_model_loaded(store, jobs, colours):
    first = done(jobs, live.warm(store, RunSpec()))
    assert first.load_seconds > 0.0005
    found = done(jobs, asked(store, parts=("answer", "words", "orders", "nearest")))
    assert found.load_seconds < first.load_seconds / 5
    assert found.label == "mobile_no_signal"
    assert (len(found.words), len(found.orders), len(found.neighbours)) == (2, 5, 5)
    failed = ended(jobs, asked(store, " "))
    assert (failed.state, failed.result) == ("failed", "the text is empty. Type a text to classify.")
    assert live.answer_of(failed) is None
    gone = ended(jobs, asked(store, model=str(colours / "no model")))
    assert gone.state == "failed"
    assert "there is no such model or folder" in gone.result
    assert not jobs.recent()  # no list of runs shows questions


def test_a_run_lets_questions_about_its_model_in_and_others_wait_for_its_end_or_a_stop(store, jobs, colours):
    run = slow_run(jobs, colours)
    worker.ensure_worker(store)
    wait_for(jobs, run, lambda job: jobs.pace(job).rate)  # two reports of it: before, nobody knows the time left
    other = asked(store, model="demo-early")
    found = done(jobs, asked(store, "my bill is wrong"))
    assert found.chosen
    baseline = done(jobs, asked(store, "a blue toy", model="majority", task=TaskSource(str(colours))))
    assert baseline.label in baseline.probabilities
    at_work, waiting = jobs.get(run), jobs.get(other)
    assert (at_work.state, waiting.state) == ("running", "queued")
    assert at_work.done < at_work.total
    assert live.waiting_for(store, waiting).startswith("The worker is busy with a run (demo · article · demo · 400 str")
    assert " s left)" in live.waiting_for(store, waiting)
    jobs.stop(other)
    assert jobs.get(other).state == "stopped"
    later = asked(store, "again", model="demo-early")
    os.kill(at_work.worker_pid, signal.SIGKILL)
    worker._children[store.folder.resolve() / "worker.lock"].wait()
    worker.ensure_worker(store)
    assert jobs.get(run).state == "died"
    assert done(jobs, later).chosen  # it had not begun


def test_a_question_in_between_leaves_the_predictor_of_a_run_as_it_was(store, colours):
    """Another prompt, another list of labels: the run that chooses by calibrated scores goes on as if alone."""
    spec = checked(RunSpec(decoding="choose-calibrated", n=6, batch_size=3))
    others = {"prompt": "few-shot", "decoding": spec.decoding, "batch_size": spec.batch_size}
    models, stored, between = ModelCache(), {}, []
    for disturbed, where in ((False, store), (True, Store(store.folder / "other"))):

        def on_progress(progress, disturbed=disturbed, where=where):
            if disturbed and progress.predicting:
                for question in (others, {"task": TaskSource(str(colours)), "decoding": "as-shipped"}):
                    request = LiveRequest(RunSpec(**question), "a blue sky")
                    between.append(answer(request, where, loader=models.load).probabilities)
            return True

        record = execute(spec, where, on_progress=on_progress, loader=models.load).record
        _, keys = where.first_items(record.run_id, spec.n)
        completions = where.completions(keys)
        stored[disturbed] = [(completions[key].text, completions[key].label_logprobs) for key in keys]
    assert stored[True] == stored[False]
    alone = answer(LiveRequest(RunSpec(**others), "a blue sky"), store).probabilities
    assert between[0] == between[-2] == pytest.approx(alone, rel=1e-4)


class Fake:
    """A handle's part, counting how often its weights are loaded."""

    def __init__(self, name, fits=True):
        self.name, self.fits, self.loads = name, fits, 0

    def handle(self, asked="a"):
        def load(on_phase):
            self.loads += 1
            return self.name

        return ModelHandle(
            {"model": self.name, "asked": asked}, load, {},
            Weights(self.name, lambda: self.fits, load, lambda weights: [weights, asked]),
        )  # fmt: skip


def quiet(phase):
    pass


def test_two_models_stay_loaded_each_once_whatever_they_are_asked():
    models, (first, second, third) = ModelCache(), map(Fake, "xyz")
    predictor = models.load(first.handle(), quiet)
    assert models.load(first.handle("b"), quiet) == ["x", "b"]
    models.load(second.handle(), quiet)
    assert models.load(first.handle(), quiet) is predictor
    models.load(third.handle(), quiet)  # the second one was asked before the first
    assert [models.has(one.handle("new")) for one in (first, second, third)] == [True, False, True]
    assert (first.loads, second.loads, third.loads, MODELS_KEPT) == (1, 1, 1, 2)
    for number in range(PREDICTORS_KEPT):
        models.load(first.handle(str(number)), quiet)
    assert models.load(first.handle(), quiet) is not predictor
    assert first.loads == 1


def test_a_model_that_does_not_fit_beside_another_takes_its_place():
    models, small, large = ModelCache(), Fake("small"), Fake("large", fits=False)
    models.load(small.handle(), quiet)
    models.load(large.handle(), quiet)
    assert not models.has(small.handle())
    assert models.has(large.handle())
    assert not models.release()  # it was alone: trying again would not help
    assert not models.has(large.handle())


def test_a_job_that_runs_out_of_memory_beside_another_model_is_tried_once_more_alone(store, monkeypatch):
    models, jobs, tries = ModelCache(), Jobs(store), []
    for spec in ({}, {"model": "demo-early"}):
        jobs.enqueue("live", LiveRequest(RunSpec(**spec), "a").to_json())
        worker._do(jobs.claim(1), store, jobs, models)
    predict = local.LocalModel.predict

    def fails_at_first(self, prompts):
        tries.append(self.name)
        if len(tries) == 1 or len(models._with_weights) > 1:
            raise OutOfMemory("out of memory.", where=self.name)
        return predict(self, prompts)

    monkeypatch.setattr(local.LocalModel, "predict", fails_at_first)
    job_id = jobs.enqueue("live", LiveRequest(RunSpec(), "b").to_json())
    worker._do(jobs.claim(1), store, jobs, models)
    assert jobs.get(job_id).state == "done"
    assert len(tries) >= 2
    tries.clear()
    job_id = jobs.enqueue("live", LiveRequest(RunSpec(), "c").to_json())
    worker._do(jobs.claim(1), store, jobs, models)
    assert (jobs.get(job_id).state, jobs.get(job_id).result) == ("failed", "demo: out of memory.")


def test_a_waiting_worker_sees_a_new_job_within_a_moment(store):
    """It looks at the file's change counter: without it, a second passes."""
    jobs, seen = Jobs(store), worker._change_counter(store)
    started = time.monotonic()
    worker._wait_for_a_change(store, seen)
    assert time.monotonic() - started >= worker.POLL_S
    jobs.enqueue("live", "a")
    started = time.monotonic()
    worker._wait_for_a_change(store, seen)
    assert time.monotonic() - started < worker.POLL_S / 2


@pytest.mark.parametrize("state", ["done", "failed", "stopped", "died"])
def test_old_questions_are_deleted_with_the_next_one_and_runs_are_kept(store, monkeypatch, state):
    jobs = Jobs(store)
    old, run, active = jobs.enqueue("live", "a"), jobs.enqueue("run", "b"), jobs.enqueue("live", "c")
    jobs.finish(old, state), jobs.finish(run, state)
    jobs.enqueue("live", "d")
    assert jobs.get(old)
    now = time.time()
    monkeypatch.setattr("evalcore.store.jobs.time.time", lambda: now + LIVE_KEPT_S + 1)
    jobs.enqueue("live", "e")
    assert jobs.get(old) is None
    assert jobs.get(run).state == state
    assert jobs.get(active).state == "queued"


def test_a_job_is_taken_by_its_number_and_put_back(store):
    jobs = Jobs(store)
    run, first, second = jobs.enqueue("run", "a"), jobs.enqueue("live", "b"), jobs.enqueue("live", "c")
    assert jobs.claim(1, ("live",), second).job_id == second
    assert jobs.claim(1, ("live",), second) is None
    jobs.report(second, phase="reading the task", run_id=None, done=0, cached=0, total=0, predicting=False)
    jobs.put_back(second)
    job = jobs.get(second)
    assert (job.state, job.worker_pid, job.started) == ("queued", None, None)
    assert jobs.pace(job).heard == job.created  # its reports are gone, which nobody would delete after a stop
    assert [jobs.claim(1).job_id for _ in range(3)] == [first, second, run]  # a run goes last
    jobs.stop(second)
    jobs.put_back(second)
    assert jobs.get(second).state == "stopped"
    jobs.finish(first, "done")
    jobs.put_back(first)
    assert jobs.get(first).state == "done"
