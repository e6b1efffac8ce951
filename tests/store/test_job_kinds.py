"""Jobs that a person asked for, baselines beside them, what was dismissed, and jobs of a newer version."""

import json

import pytest

from evalcore.store.catalog import RunCatalog, job_title
from evalcore.store.database import Store
from evalcore.store.jobs import ASKED_FOR, Jobs
from evalcore.store.spec import RunSpec, checked
from tests.tools.runs import stored


@pytest.fixture
def jobs(store):
    return Jobs(store)


def test_a_baseline_is_taken_only_by_who_asks_for_baselines(jobs):
    baseline, run = jobs.enqueue("baseline", "a"), jobs.enqueue("run", "b")
    assert jobs.claim(1).job_id == run
    assert jobs.claim(1) is None
    assert jobs.claim(1, ("baseline",)).job_id == baseline
    assert jobs.claim(1, ("baseline",)) is None


def test_a_job_of_a_kind_that_this_version_does_not_know_is_left_alone(jobs):
    later = jobs.enqueue("sweep", "a")
    assert jobs.claim(1) is jobs.claim(1, ("baseline",)) is None
    assert jobs.get(later).state == "queued"


def test_active_and_ahead_count_one_workers_jobs(jobs):
    first, baseline, second, other = (
        jobs.enqueue(kind, payload)
        for kind, payload in (("run", "a"), ("baseline", "b"), ("run", "c"), ("baseline", "d"))
    )
    assert [job.job_id for job in jobs.active()] == [first, second]
    assert [job.job_id for job in jobs.active(("baseline",))] == [baseline, other]
    assert len(jobs.active((*ASKED_FOR, "baseline"))) == 4
    assert [jobs.ahead_of(jobs.get(job)) for job in (first, baseline, second, other)] == [0, 0, 1, 1]


def test_the_worker_of_one_kind_does_not_end_the_jobs_of_another(jobs):
    run, baseline = jobs.enqueue("run", "a"), jobs.enqueue("baseline", "b")
    jobs.claim(1), jobs.claim(2, ("baseline",))
    jobs.report(baseline, phase="fitting", run_id=None, done=0, cached=0, total=0, predicting=True)
    assert jobs.fail_orphaned("it is gone") == 1
    assert (jobs.get(run).state, jobs.get(baseline).state) == ("died", "running")
    assert jobs.pace(jobs.get(baseline)).heard > 0
    assert jobs.fail_orphaned("gone", ("baseline",)) == 1
    assert jobs.get(baseline).state == "died"


@pytest.mark.parametrize("how", ["failed", "died", "stopped", "done"])
def test_only_what_ended_badly_is_dismissed_and_it_stays_so(jobs, store, how):
    job = jobs.enqueue("run", "a")
    jobs.claim(1)
    jobs.dismiss(job)
    assert jobs.get(job).state == "running"
    jobs.finish(job, how, "why")
    jobs.dismiss(job)
    again = Jobs(Store(store.folder)).get(job)
    assert again.state == ("done" if how == "done" else "dismissed")
    assert again.result == "why"
    assert jobs.enqueue("run", "a") != job


def test_a_baselines_job_is_the_last_one_of_its_spec_too(jobs):
    spec = checked(RunSpec(model="tfidf"))
    job = jobs.enqueue("baseline", spec.to_json())
    assert jobs.last_for(spec).job_id == job
    assert [one.job_id for one in jobs.recent()] == [job]


NEWER = json.dumps({**json.loads(RunSpec(model="owner/new").to_json()), "thinking": "long"})


@pytest.mark.parametrize(
    ("payload", "title"),
    [
        (RunSpec().to_json(), "demo · article · demo · 400 stratified"),
        (NEWER, "new, asked for by a newer version"),
        ('{"model": 3}', "a run, asked for by a newer version"),
        ('{"model": ["a"], "task": []}', "a run, asked for by a newer version"),
        ("[]", "a run, asked for by a newer version"),
        ("no json", "a run, asked for by a newer version"),
        ("[" * 100_000, "a run, asked for by a newer version"),
    ],
)
def test_a_job_that_a_newer_version_asked_for_has_a_title(jobs, store, payload, title):
    assert job_title(jobs.get(jobs.enqueue("run", payload)), store.folder) == title


def test_a_run_can_be_deleted_while_a_newer_versions_job_waits(jobs, store):
    record = stored(store, "ab", "ab", labels="ab")
    jobs.enqueue("run", NEWER)
    assert not RunCatalog(store).at_work(record.run_id)
    RunCatalog(store).delete(record.run_id)
    assert store.runs() == []


def test_a_run_that_is_being_computed_as_a_baseline_is_at_work(jobs, store):
    record = stored(store, "ab", "ab", labels="ab")
    jobs.enqueue("baseline", record.spec.to_json())
    assert RunCatalog(store).at_work(record.run_id)
