"""The worker says what a run will take, and the run keeps what was said."""

import pytest

from evalcore.running import estimate, worker
from evalcore.running.estimate import Estimate
from evalcore.store.jobs import Jobs
from evalcore.store.planned import planned_seconds
from evalcore.store.spec import RunSpec, checked
from evalcore.tasks.task import TaskSource


def done(store, kind, payload):
    """A job that this process did as the worker would."""
    jobs = Jobs(store)
    job = jobs.enqueue(kind, payload)
    worker._do(jobs.claim(1), store, jobs, worker.ModelCache())
    return jobs.get(job)


@pytest.fixture
def spec(colours):
    return checked(RunSpec(TaskSource(str(colours)), "demo", n=12))


def test_a_plan_predicts_nothing_and_the_run_keeps_it(store, spec):
    job = done(store, "plan", estimate.request(spec, 0, store))
    found = Estimate.from_json(job.result)
    assert (job.state, found.predictions) == ("done", 12)
    assert store.runs() == []
    run = done(store, "run", spec.to_json())
    record = store.run(run.run_id)
    assert planned_seconds(record, 12) == pytest.approx(found.seconds, rel=0.01)
    assert found.run_id == record.run_id


def test_a_run_of_which_nobody_asked_what_it_will_take_keeps_no_plan(store, spec):
    done(store, "plan", estimate.request(spec, 5, store))  # of what was missing another time
    assert planned_seconds(store.run(done(store, "run", spec.to_json()).run_id), 12) is None


def test_a_plan_fails_with_what_a_run_would_say(store, spec):
    missing = checked(RunSpec(spec.task, "no/such/place/model", n=12))
    plan, run = done(store, "plan", estimate.request(missing, 0, store)), done(store, "run", missing.to_json())
    assert (plan.state, plan.result) == ("failed", run.result)


def test_a_plan_that_nobody_waits_for_any_more_is_stopped(store, spec, monkeypatch):
    jobs = Jobs(store)
    job = jobs.enqueue("plan", estimate.request(spec, 0, store))
    claimed = jobs.claim(1)
    jobs.stop(job)
    worker._do(claimed, store, jobs, worker.ModelCache())
    assert jobs.get(job).state == "stopped"


@pytest.mark.parametrize("payload", ["", "[]", "{}", '{"spec": {"newer": 1}}'])
def test_a_plan_that_another_version_asked_for_ends_the_job_and_not_the_worker(store, payload):
    assert done(store, "plan", payload).state == "failed"
