"""The queue: its order, how jobs end, and how fast they go."""

import threading
from types import SimpleNamespace

import pytest

from evalcore.store.jobs import REPORTS_KEPT, Job, Jobs, Pace
from evalcore.store.spec import RunSpec


@pytest.fixture
def jobs(store):
    return Jobs(store)


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr("evalcore.store.jobs.time", SimpleNamespace(time=lambda: clock.now))
    return clock


def report(jobs, job_id, done=0, predicting=True, **options):
    options = {"phase": "predicting", "run_id": "r", "cached": 0, "total": 20, **options}
    return jobs.report(job_id, done=done, predicting=predicting, **options)


def count_reports(store):
    with store.connect() as db:
        return db.execute("SELECT count(*) FROM job_reports").fetchone()[0]


def test_previews_go_first_and_runs_in_the_order_in_which_they_came(jobs):
    first, second = jobs.enqueue("run", "a"), jobs.enqueue("run", "b")
    preview = jobs.enqueue("preview", "c")
    assert [jobs.claim(1).job_id for _ in range(3)] == [preview, first, second]
    assert jobs.claim(1) is None


def test_a_claimed_job_says_who_has_it_and_since_when(jobs, clock):
    job_id = jobs.enqueue("run", "a")
    clock.now = 1003.0
    jobs.claim(42)
    job = jobs.get(job_id)
    assert (job.state, job.worker_pid, job.created, job.started) == ("running", 42, 1000.0, 1003.0)


def test_two_workers_never_claim_the_same_job(jobs):
    queued = [jobs.enqueue("run", str(number)) for number in range(30)]
    claimed = []

    def work(pid):
        while job := jobs.claim(pid):
            claimed.append(job.job_id)

    threads = [threading.Thread(target=work, args=(pid,)) for pid in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == queued


def test_the_same_work_is_queued_once(jobs):
    assert jobs.enqueue("run", "a") == jobs.enqueue("run", "a") != jobs.enqueue("run", "b")


def test_work_that_was_asked_to_stop_can_be_queued_again(jobs):
    first = jobs.enqueue("run", "a")
    jobs.claim(1)
    jobs.stop(first)
    again = jobs.enqueue("run", "a")
    assert again != first
    jobs.finish(again, "done")
    assert jobs.enqueue("run", "a") not in (first, again)


def test_a_waiting_job_stops_at_once_and_a_running_one_is_asked_to(jobs):
    waiting = jobs.enqueue("run", "a")
    jobs.stop(waiting)
    assert jobs.get(waiting).state == "stopped"
    running = jobs.enqueue("run", "b")
    jobs.claim(1)
    assert report(jobs, running, 1)
    jobs.stop(running)
    assert jobs.get(running).state == "running"
    assert not report(jobs, running, 2)


def test_a_stop_does_not_change_how_a_job_has_ended(jobs):
    job_id = jobs.enqueue("run", "a")
    jobs.claim(1)
    jobs.finish(job_id, "failed", "why")
    jobs.stop(job_id)
    assert (jobs.get(job_id).state, jobs.get(job_id).result) == ("failed", "why")


def test_a_report_keeps_the_run_id_and_when_predicting_began(jobs, clock):
    job_id = jobs.enqueue("run", "a")
    jobs.claim(1)
    report(jobs, job_id, run_id="abc", predicting=False, phase="loading")
    assert jobs.get(job_id).predicting_since is None
    for clock.now in (1010.0, 1020.0):
        report(jobs, job_id, 5, run_id=None)
    job = jobs.get(job_id)
    assert (job.run_id, job.predicting_since, job.done, job.total) == ("abc", 1010.0, 5, 20)


def test_orphaned_jobs_have_died_or_stopped_and_waiting_ones_wait_on(store, jobs, clock):
    died, stopped = jobs.enqueue("run", "a"), jobs.enqueue("run", "b")
    jobs.claim(1), jobs.claim(1)
    report(jobs, died, 3)
    jobs.stop(stopped)
    waiting, done = jobs.enqueue("run", "c"), jobs.enqueue("run", "d")
    jobs.finish(done, "done")
    clock.now = 1009.0
    assert jobs.fail_orphaned("the worker is gone") == 2
    ends = {job_id: (jobs.get(job_id).state, jobs.get(job_id).result) for job_id in (died, stopped, waiting, done)}
    assert ends == {
        died: ("died", "the worker is gone"), stopped: ("stopped", "the worker is gone"), waiting: ("queued", ""),
        done: ("done", ""),
    }  # fmt: skip
    assert (jobs.get(died).finished, jobs.get(died).phase, count_reports(store)) == (1009.0, "", 0)
    assert jobs.fail_orphaned("again") == 0


def test_active_and_recent_jobs_and_the_last_one_for_a_spec_are_found(jobs):
    spec = RunSpec(n=3)
    first = jobs.enqueue("run", spec.to_json())
    jobs.finish(first, "done")
    preview, last, other = jobs.enqueue("preview", "x"), jobs.enqueue("run", spec.to_json()), jobs.enqueue("run", "b")
    assert [job.job_id for job in jobs.active()] == [preview, last, other]
    assert [job.job_id for job in jobs.recent()] == [other, last, first]
    assert [job.job_id for job in jobs.recent(2)] == [other, last]
    assert jobs.last_for(spec).job_id == last
    assert jobs.last_for(RunSpec(n=4)) is None
    assert jobs.get(last).spec == spec


def test_every_field_of_a_job_is_a_column(store):
    with store.connect() as db:
        columns = [name for (name,) in db.execute("SELECT name FROM pragma_table_info('jobs')")]
    assert columns == list(Job.__dataclass_fields__)


def test_the_pace_is_that_of_the_last_reports_and_says_when_something_was_heard():
    assert Pace.of([], 7.0) == Pace(7.0)
    assert Pace.of([(100.0, 10)], 7.0) == Pace(100.0)
    assert Pace.of([(100.0, 10), (101.0, 20), (104.0, 50)], 7.0) == Pace(104.0, 10.0, 3.0)
    assert Pace.of([(100.0, 10), (104.0, 10)], 7.0) == Pace(104.0, None, 4.0)


def test_reports_from_before_the_first_batch_do_not_count_and_old_ones_go(store, jobs, clock):
    job_id = jobs.enqueue("run", "a")
    jobs.claim(1)
    for clock.now, done, predicting in ((1000, 10, False), (1100, 10, False), (1101, 20, True), (1102, 40, True)):
        report(jobs, job_id, done, predicting)  # loading took 100 s
    assert jobs.pace(jobs.get(job_id)) == Pace(1102, 20, 1)
    for second in range(3, 3 + 2 * REPORTS_KEPT):
        clock.now = 1100 + second
        report(jobs, job_id, 40 + 2 * second)
    assert jobs.pace(jobs.get(job_id)).rate == 2
    assert count_reports(store) == REPORTS_KEPT
    jobs.finish(job_id, "done")
    assert count_reports(store) == 0


def test_a_job_that_has_not_reported_was_heard_of_when_it_was_claimed_or_queued(jobs, clock):
    job_id = jobs.enqueue("run", "a")
    assert jobs.pace(jobs.get(job_id)) == Pace(1000.0)
    clock.now = 1005.0
    jobs.claim(1)
    assert jobs.pace(jobs.get(job_id)) == Pace(1005.0)
