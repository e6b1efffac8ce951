"""The real worker, as a process of its own."""

import os
import signal
from dataclasses import replace

import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.running import prompt_preview, worker
from evalcore.store.jobs import Jobs
from evalcore.store.spec import RunSpec, checked
from evalcore.tasks.prompt import built_in
from evalcore.tasks.task import Example, TaskSource
from tests.conftest import write_csv
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


def baselines_ended(jobs):
    """All of them; none may have failed."""
    wait_until(lambda: not jobs.active(worker.BASELINES.kinds))
    found = [job for job in jobs.recent() if job.kind == "baseline"]
    assert {job.state for job in found} <= {"done"}, found
    return found


def test_a_worker_predicts_and_compares_with_baselines(store, jobs, colours):
    job_id = jobs.enqueue("run", checked(RunSpec(TaskSource(str(colours)), "demo", n=12)).to_json())
    worker.ensure_worker(store)
    job = ended(jobs, job_id)
    assert (job.state, job.result, job.done, job.total) == ("done", "", 12, 12)
    assert len(score_run(store, job.run_id).answers) == 12
    assert len(baselines_ended(jobs)) == 2
    on_sample = {run.spec.model for run in store.runs_on_sample(store.run(job.run_id).sample_id)}
    assert on_sample == {"demo", "majority", "tfidf"}


def test_a_second_run_does_not_wait_for_the_baselines_of_the_first(store, jobs, colours):
    first, second = (
        jobs.enqueue("run", checked(RunSpec(TaskSource(str(colours)), model, n=12)).to_json())
        for model in ("demo", "demo-early")
    )
    with worker._lock(store, worker.BASELINES):  # as if a baseline were being fitted for as long as it likes
        worker.ensure_worker(store)
        assert ended(jobs, first).state == ended(jobs, second).state == "done"
        waiting = jobs.active(worker.BASELINES.kinds)
        assert {job.state for job in waiting} == {"queued"}
    done = baselines_ended(jobs)
    assert min(job.finished for job in done) > jobs.get(second).finished
    assert sorted(job.spec.model for job in done) == ["majority", "tfidf"]  # of both runs: their sample is the same


def test_baselines_are_run_once_for_a_sample_and_for_each_n(store, jobs, colours):
    for n, model, expected in ((12, "demo", 2), (12, "demo-early", 2), (16, "demo", 4), (16, "tfidf", 4)):
        job_id = jobs.enqueue("run", checked(RunSpec(TaskSource(str(colours)), model, n=n)).to_json())
        worker.ensure_worker(store)
        assert ended(jobs, job_id).state == "done"
        assert len(baselines_ended(jobs)) == expected, (n, model)


def test_a_task_without_a_train_split_and_a_run_that_failed_have_no_baselines(store, jobs, colours):
    specs = [RunSpec(TaskSource(str(colours / "test.csv")), "demo", n=4), RunSpec(model="no/such/place/model")]
    for spec in specs:
        job_id = jobs.enqueue("run", spec.to_json())
        worker._do(jobs.claim(1), store, jobs, worker.ModelCache())
        assert jobs.get(job_id).state == ("done" if spec.model == "demo" else "failed")
    assert jobs.active(worker.BASELINES.kinds) == []


def test_a_baseline_that_cannot_be_fitted_is_no_failure_and_is_stopped_when_asked(store, jobs, tmp_path, colours):
    odd = write_csv(tmp_path / "odd" / "train.csv", [Example("", "a"), Example(" ", "b")])
    asked = checked(RunSpec(TaskSource(str(colours / "test.csv"), train=str(odd)), "tfidf"))
    (tmp_path / "odd" / "labels.txt").write_text("a\nb\nred\ngreen\nblue\ndark_blue\n")
    asked = replace(asked, task=replace(asked.task, labels=str(tmp_path / "odd" / "labels.txt")))
    job_id = jobs.enqueue("baseline", asked.to_json())
    worker._do(jobs.claim(1, worker.BASELINES.kinds), store, jobs, worker.ModelCache())
    job = jobs.get(job_id)
    assert job.state == "done"
    assert "cannot be fitted" in job.result
    other = jobs.enqueue("baseline", checked(RunSpec(TaskSource(str(colours)), "tfidf")).to_json())
    claimed = jobs.claim(1, worker.BASELINES.kinds)
    jobs.stop(other)
    worker._do(claimed, store, jobs, worker.ModelCache())
    assert jobs.get(other).state == "stopped"


def test_a_baseline_whose_worker_died_says_so_and_the_next_ones_are_done(store, jobs, colours):
    lost, waiting = (
        jobs.enqueue("baseline", checked(RunSpec(TaskSource(str(colours)), model)).to_json())
        for model in ("tfidf", "majority")
    )
    jobs.claim(1, worker.BASELINES.kinds)
    worker.ensure_worker(store)
    assert ended(jobs, waiting).state == "done"
    assert (jobs.get(lost).state, jobs.get(lost).result[:18]) == ("died", "The worker process")


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
    worker._children[store.folder.resolve() / "worker.lock"].wait()
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
