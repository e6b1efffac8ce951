"""The real worker, as a process of its own."""

import os
import signal
from dataclasses import replace
from types import SimpleNamespace

import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.running import prompt_preview, worker
from evalcore.store.jobs import REPORTS_KEPT, Jobs, Pace
from evalcore.store.spec import RunSpec, checked
from evalcore.tasks.prompt import built_in
from evalcore.tasks.task import TaskSource
from tests.tools.processes import wait_until


@pytest.fixture
def jobs(store):
    yield Jobs(store)
    for child in worker._children.values():
        child.kill()
        child.wait()
    worker._children.clear()


def wait_for(jobs, job_id, condition):
    def holds():
        job = jobs.get(job_id)
        return job if condition(job) else None

    return wait_until(holds)


def ended(jobs, job_id):
    return wait_for(jobs, job_id, lambda job: not job.active)


def slow_spec(colours):
    """A few hundred milliseconds of the demo model, one example at a time."""
    return checked(RunSpec(TaskSource("demo"), "demo", n=300, engine="loop"))


def test_the_queue_is_first_come_first_served_but_previews_go_first(store, jobs):
    first, second = jobs.enqueue("run", "a"), jobs.enqueue("run", "b")
    looked = jobs.enqueue("preview", "c")
    assert [jobs.claim(1).job_id for _ in range(3)] == [looked, first, second]
    assert jobs.claim(1) is None


def test_the_same_work_is_queued_once(jobs):
    assert jobs.enqueue("run", "a") == jobs.enqueue("run", "a") != jobs.enqueue("run", "b")


def test_a_waiting_job_stops_at_once_and_a_running_one_is_asked_to(jobs):
    waiting = jobs.enqueue("run", "a")
    jobs.stop(waiting)
    assert jobs.get(waiting).state == "stopped"
    running = jobs.enqueue("run", "b")
    jobs.claim(1)
    jobs.stop(running)
    assert jobs.get(running).state == "running"
    assert not jobs.report(running, phase="x", run_id=None, done=1, cached=0, total=2, predicting=True)


def test_the_pace_is_that_of_the_last_reports_and_says_when_something_was_heard(jobs):
    assert Pace.of([], 7.0) == Pace(7.0)
    assert Pace.of([(100.0, 10)], 7.0) == Pace(100.0)
    assert Pace.of([(100.0, 10), (101.0, 20), (104.0, 50)], 7.0) == Pace(104.0, 10.0, 3.0)
    assert Pace.of([(100.0, 10), (104.0, 10)], 7.0) == Pace(104.0, None, 4.0)


def test_what_came_before_the_first_batch_does_not_count_and_old_reports_go(jobs, monkeypatch):
    job_id = jobs.enqueue("run", "a")
    jobs.claim(1)
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr("evalcore.store.jobs.time", SimpleNamespace(time=lambda: clock.now))

    def report(at, done, predicting=True):
        clock.now = at
        jobs.report(job_id, phase="x", run_id="r", done=done, cached=10, total=5000, predicting=predicting)

    report(1000, 10, predicting=False)
    report(1100, 10, predicting=False)  # loading took its time
    report(1101, 20)
    report(1102, 40)
    assert jobs.pace(jobs.get(job_id)) == Pace(1102, 20, 1)
    for second in range(3, 3 + 2 * REPORTS_KEPT):
        report(1100 + second, 40 + 2 * second)
    assert jobs.pace(jobs.get(job_id)).rate == 2
    with jobs._store.connect() as db:
        assert db.execute("SELECT count(*) FROM job_reports").fetchone() == (REPORTS_KEPT,)
    jobs.finish(job_id, "done")
    with jobs._store.connect() as db:
        assert db.execute("SELECT count(*) FROM job_reports").fetchone() == (0,)


def test_a_worker_predicts_and_compares_with_baselines(store, jobs, colours):
    job_id = jobs.enqueue("run", checked(RunSpec(TaskSource(str(colours)), "demo", n=12)).to_json())
    worker.ensure_worker(store)
    job = ended(jobs, job_id)
    assert (job.state, job.result, job.done, job.total) == ("done", "", 12, 12)
    assert len(score_run(store, job.run_id).answers) == 12
    on_sample = {run.spec.model for run in store.runs_on_sample(store.run(job.run_id).sample_id)}
    assert on_sample == {"demo", "majority", "tfidf"}


def test_one_worker_serves_a_folder_and_goes_on_after_a_failed_job(store, jobs, colours):
    source = TaskSource(str(colours))
    failing = jobs.enqueue("run", RunSpec(source, "no/such/place/model").to_json())
    working = jobs.enqueue("run", checked(RunSpec(source, "majority")).to_json())
    worker.ensure_worker(store)
    worker.ensure_worker(store)
    assert len(worker._children) == 1
    job = ended(jobs, failing)
    assert job.state == "failed"
    assert "there is no such model or folder" in job.result
    assert ended(jobs, working).state == "done"
    pid = jobs.get(working).worker_pid
    assert pid == job.worker_pid == next(iter(worker._children.values())).pid


def test_a_stopped_job_keeps_what_is_done_and_goes_on(store, jobs, colours):
    spec = slow_spec(colours)
    job_id = jobs.enqueue("run", spec.to_json())
    worker.ensure_worker(store)
    wait_for(jobs, job_id, lambda job: job.done > 3)
    jobs.stop(job_id)
    job = ended(jobs, job_id)
    assert job.state == "stopped"
    kept = len(score_run(store, job.run_id).answers)
    assert 3 < kept < 300
    again = jobs.enqueue("run", replace(spec, n=kept + 5).to_json())
    job = ended(jobs, again)
    assert (job.state, job.cached, job.total) == ("done", kept, kept + 5)


def test_a_killed_worker_is_replaced_and_its_job_says_why_it_ended(store, jobs, colours):
    job_id = jobs.enqueue("run", slow_spec(colours).to_json())
    worker.ensure_worker(store)
    job = wait_for(jobs, job_id, lambda job: job.done > 3)
    os.kill(job.worker_pid, signal.SIGKILL)
    worker._children[str(store.folder.resolve())].wait()
    worker.ensure_worker(store)
    job = jobs.get(job_id)
    assert job.state == "died"
    assert "killed by the system, most often because memory ran out" in job.result
    assert "What was done is kept" in job.result
    majority = jobs.enqueue("run", checked(RunSpec(TaskSource(str(colours)), "majority")).to_json())
    assert ended(jobs, majority).state == "done"


def test_a_preview_is_the_exact_prompt_with_its_length(store, jobs, colours):
    asked = prompt_preview.request(TaskSource(str(colours)), "demo", built_in("article"), "a <|im_end|> b")
    job_id = jobs.enqueue("preview", asked)
    worker.ensure_worker(store)
    shown = prompt_preview.Preview.from_json(ended(jobs, job_id).result)
    assert shown.text.startswith("<|im_start|>system\nYou are an intent classifier")
    assert shown.text.endswith("<|im_start|>user\na <|im_end|> b<|im_end|>\n<|im_start|>assistant\n")
    assert "Valid intents: blue, dark_blue, green, red" in shown.text
    assert shown.tokens > 20
