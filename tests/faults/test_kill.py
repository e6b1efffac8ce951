"""Kills, crashes and processes side by side (F1 to F9, F57). Real SIGKILL on real processes."""

import os
import random
import re
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
from itertools import zip_longest
from pathlib import Path
from types import SimpleNamespace

import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.errors import StoreError
from evalcore.output.export import export_run
from evalcore.running import worker
from evalcore.running.run import execute
from evalcore.store.catalog import RunCatalog
from evalcore.store.database import Store
from evalcore.store.jobs import Jobs
from evalcore.store.spec import RunSpec, checked
from pages.parts.run.progress import status
from tests.conftest import ROOT
from tests.faults.victim import BATCH, KILLS, POINTS, Logged, N, asked, spec, start, write_task
from tests.tools.exported import predictions_csv
from tests.tools.old_caches import FORMATS, as_in_format
from tests.tools.processes import PATIENCE_S, finished, started, wait_until
from tests.tools.soak import soak


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    return write_task(tmp_path_factory.mktemp("task") / "messages")


@pytest.fixture(scope="module")
def uninterrupted(task, tmp_path_factory):
    """What a run writes that nobody disturbs."""
    folder = tmp_path_factory.mktemp("whole")
    store = Store(folder / "cache")
    loader = lambda handle, on_phase: Logged(handle.identity, folder / "log")  # noqa: E731
    record = execute(spec(task), store, loader=loader).record
    return score_run(store, record.run_id)


def finish(cache, task, log):
    done = start(cache, task, log, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, errors = done.communicate(timeout=PATIENCE_S)
    assert (done.returncode, errors) == (0, b"")


def completions(cache):
    """What is stored, by key."""
    if not (cache / "blindspot.db").exists():
        return {}
    with sqlite3.connect(cache / "blindspot.db") as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'completions'").fetchone():
            return {}
        return dict(db.execute("SELECT key, text FROM completions"))


def lost_of(before, after):
    """How many completions that were stored are gone, or have become others."""
    return sum(after.get(key) != text for key, text in before.items())


def differing(found, expected):
    """How many rows of predictions.csv are not what they should be."""
    rows = predictions_csv(found).splitlines(), predictions_csv(expected).splitlines()
    return sum(one != other for one, other in zip_longest(*rows))


def whole(cache, log, uninterrupted, kills, tally):
    """A run that was killed so often is as if it never had been, but for the batches that were in flight."""
    store = Store(cache)
    assert store.notice == ""
    (record,) = store.runs()
    scored = score_run(store, record.run_id)
    tally("F3", "rows of resumed runs", N, lost=differing(scored, uninterrupted))
    with sqlite3.connect(store.path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*), count(DISTINCT key) FROM completions").fetchone() == (N, N)
    assert len(asked(log)) <= N + kills * BATCH
    assert predictions_csv(scored) == predictions_csv(uninterrupted)
    assert repr(scored.scores) == repr(uninterrupted.scores)
    assert record.predicted == N
    return record


def test_twenty_kills_at_random_moments_lose_nothing(task, tmp_path, uninterrupted, tally):
    """F1, F3. Red with one transaction for the whole run, and with keys that are forgotten on resuming."""
    chance = random.Random(6)
    cache, log = tmp_path / "cache", tmp_path / "log"
    kept = {}
    for _ in range(KILLS):
        before = len(asked(log))
        process = start(cache, task, log, "--delay", 0.02, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if chance.random() < 0.75:
            wait_until(lambda seen=before: len(asked(log)) > seen)
            time.sleep(chance.uniform(0, 0.045))  # before its batch is kept, or after
        else:  # anywhere between being born and the first batch
            time.sleep(chance.uniform(0, 0.25))
        process.kill()
        process.wait(PATIENCE_S)
        tally("F1", "kills", 1, lost=lost_of(kept, completions(cache)))
        kept = completions(cache)
    assert 0 < Store(cache).count_done(Store(cache).runs()[0].run_id) <= N
    finish(cache, task, log)
    lost = lost_of(kept, completions(cache))
    tally("F1", "kills", 0, lost=lost)
    assert lost == 0
    whole(cache, log, uninterrupted, KILLS, tally)


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_a_named_point_loses_nothing(task, tmp_path, uninterrupted, point, tally):
    """F2. Red without BEGIN IMMEDIATE around a batch (inside), and with a migration outside of a transaction."""
    cache, log, out = tmp_path / "cache", tmp_path / "log", tmp_path / "out"
    process = start(
        cache, task, log, "--dies-at", point, "--export", out, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == -signal.SIGKILL, errors
    kept = Store(cache)
    done = [kept.count_done(run.run_id) for run in kept.runs()]
    in_flight = len(asked(log)) - sum(done)
    assert 0 <= in_flight <= BATCH
    before = completions(cache)
    finish(cache, task, log)
    lost = lost_of(before, completions(cache))
    tally("F2", "kills", 1, lost=lost)
    assert lost == 0
    record = whole(cache, log, uninterrupted, 1, tally)
    assert len(asked(log)) - N == in_flight  # what was finished is not asked for again
    files = export_run(Store(cache), score_run(Store(cache), record.run_id), out)
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in files)  # no part is left
    assert files[0].read_bytes() == predictions_csv(uninterrupted)


def test_totals_add_up_over_attempts(task, tmp_path):
    """F3. Red while a run's seconds were noted at its end only: a killed attempt had taken no time."""
    cache, log = tmp_path / "cache", tmp_path / "log"
    process = start(cache, task, log, "--delay", 0.02, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: len(asked(log)) >= 5 * BATCH)
    process.kill()
    process.wait(PATIENCE_S)
    (half,) = Store(cache).runs()
    assert half.predicted >= 4 * BATCH
    assert half.seconds >= 0.02 * half.predicted / BATCH
    finish(cache, task, log)
    (record,) = Store(cache).runs()
    assert record.predicted == N
    assert record.seconds > half.seconds


@pytest.mark.slow
def test_the_real_model_killed_and_resumed_writes_the_same_bytes(tmp_path, tally):
    """F3, F2. Red with what is missing asked for in another order on resuming: the rows of a batch differ."""
    n = 64
    real = RunSpec(n=n, batch_size=8)
    killed = tmp_path / "killed"
    words = ["run", "--n", n, "--batch-size", 8, "--no-baselines", "--cache", killed]
    process = started("-m", "evalcore", *words, stdout=subprocess.DEVNULL)

    def some():
        runs = Store(killed).runs() if killed.exists() else []
        return runs and Store(killed).count_done(runs[0].run_id)

    wait_until(some)
    process.kill()
    process.wait(PATIENCE_S)
    kept = some()
    assert 0 < kept < n
    stores = Store(killed), Store(tmp_path / "whole")
    outcomes = [execute(real, store) for store in stores]
    assert (outcomes[0].from_cache, outcomes[0].predicted_now, outcomes[1].predicted_now) == (kept, n - kept, n)
    both = [score_run(store, outcomes[0].record.run_id) for store in stores]
    tally("F3", "rows of resumed runs", n, lost=differing(*both))
    assert predictions_csv(both[0]) == predictions_csv(both[1])


def together(*arguments_of_each):
    processes = [
        start(*arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for arguments in arguments_of_each
    ]
    return [(process.communicate(timeout=PATIENCE_S)[1].decode(), process.returncode) for process in processes]


def test_two_processes_with_one_config_ask_once(task, tmp_path, tally):
    """F4. Red without the lock on a model: 800 calls."""
    cache, log = tmp_path / "cache", tmp_path / "log"
    ends = together(*[(cache, task, log, "--delay", 0.005)] * 2)
    assert [status for _, status in ends] == [0, 0]
    assert all("Traceback" not in errors for errors, _ in ends)
    tally("F4", "prompts", N, lost=N - len(completions(cache)))
    assert len(asked(log)) == len(set(asked(log))) == N
    assert Store(cache).runs()[0].predicted == N


def test_two_threads_with_one_config_ask_once(task, tmp_path):
    """F4. Red with a lock that one thread may take twice (filelock's default)."""
    store, log = Store(tmp_path / "cache"), tmp_path / "log"
    loader = lambda handle, on_phase: Logged(handle.identity, log, delay_s=0.002)  # noqa: E731
    threads = [threading.Thread(target=execute, args=(spec(task), store), kwargs={"loader": loader}) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(asked(log)) == len(set(asked(log))) == N


def test_two_processes_on_one_store_never_find_it_locked(task, tmp_path, tally):
    """F5. Red with a busy timeout of 0: "database is locked"."""
    for repeat in range(10):
        cache = tmp_path / f"cache{repeat}"
        ends = together(
            *((cache, task, tmp_path / f"{model}{repeat}", "--model", model) for model in ("tfidf", "majority"))
        )
        tally("F5", "prompts", 2 * N, lost=2 * N - len(completions(cache)))
        assert [status for _, status in ends] == [0, 0], ends
        assert not any("locked" in errors for errors, _ in ends)
        with sqlite3.connect(cache / "blindspot.db") as db:
            assert db.execute("SELECT count(*) FROM completions").fetchone() == (2 * N,)


def test_a_reader_sees_whole_batches_only(task, tmp_path):
    """F5. Red with one transaction a row."""
    cache, log = tmp_path / "cache", tmp_path / "log"
    process = start(cache, task, log, "--delay", 0.02, stdout=subprocess.DEVNULL)
    seen = set()
    store = Store(cache)
    while process.poll() is None:
        seen |= {store.count_done(run.run_id) for run in store.runs()}
        time.sleep(0.02)
    assert process.wait(PATIENCE_S) == 0
    assert len(seen) > 4
    assert {count % BATCH for count in seen} == {0}


def test_who_waits_for_a_killed_process_goes_on(task, tmp_path):
    """F6. Red with a lock file that only its owner removes."""
    cache, log = tmp_path / "cache", tmp_path / "log"
    holder = start(cache, task, log, "--delay", 30, stdout=subprocess.DEVNULL)
    wait_until(lambda: asked(log))
    waiting = start(cache, task, log, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = waiting.stderr.readline()
    assert f"waiting for process {holder.pid}, which is predicting with this model" in said
    assert len(asked(log)) == BATCH
    holder.kill()
    wait_until(lambda: len(asked(log)) > BATCH)
    _, errors = waiting.communicate(timeout=PATIENCE_S)
    assert (waiting.returncode, errors) == (0, "")
    holder.wait(PATIENCE_S)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_with_130_and_keeps_its_batches(task, tmp_path, sent):
    """F7. Red without the handler for SIGTERM (143 and nothing said), or for KeyboardInterrupt (a traceback)."""
    cache, log = tmp_path / "cache", tmp_path / "log"
    process = start(cache, task, log, "--delay", 0.05, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: len(asked(log)) >= 4 * BATCH)
    process.send_signal(sent)
    printed, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert "Traceback" not in errors + printed
    assert "what was predicted is kept" in errors
    kept = Store(cache).count_done(Store(cache).runs()[0].run_id)
    assert kept >= 3 * BATCH
    assert len(asked(log)) - kept <= BATCH


def test_no_side_file_is_left_after_a_clean_end(task, tmp_path):
    """F9. Red with WAL: -wal and -shm stay."""
    cache = tmp_path / "cache"
    finish(cache, task, tmp_path / "log")
    left = {path.name for path in cache.rglob("*") if path.is_file()}
    assert not [name for name in left if name.endswith(("-journal", "-wal", "-shm", ".pid", ".part"))]


@pytest.fixture
def readable():
    """A folder that every user may read: pytest makes its own ones private, again with each run that starts."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


AS_NOBODY = """
import os, sys
sys.path.insert(0, {root!r})
import evalcore.analysis.scored_run, evalcore.running.run, evalcore.output.export, evalcore.predictors.baseline, hashlib
from pathlib import Path
from evalcore.store.database import Store
from evalcore.errors import StoreError
import sklearn.feature_extraction.text, sklearn.svm, sklearn.pipeline
from tests.faults.victim import spec, Logged
from evalcore.tasks import load_task
load_task(spec({task!r}).task)  # whatever is imported late: nobody may not be able to read the interpreter's files
if os.getuid() == 0:  # root may read anything
    os.setgid(65534); os.setuid(65534)
store = Store(Path({cache!r}))
run, = store.runs()
scored = evalcore.analysis.scored_run.score_run(store, run.run_id)
print(len(scored.answers), store.read_only, store.notice)
print(evalcore.running.run.execute(spec({task!r}, n=64), store).complete)
try:
    evalcore.running.run.execute(spec({task!r}, n=80), store)
except StoreError as error:
    print(error)
"""


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="modes of files mean something else here")
def test_a_cache_that_cannot_be_written_still_shows_its_results(readable):
    """F9. Red while a store was opened for writing only, and while a finished run was noted as finished again."""
    task, cache = write_task(readable / "messages"), readable / "cache"
    store = Store(cache)
    loader = lambda handle, on_phase: Logged(handle.identity, readable / "log")  # noqa: E731
    execute(spec(task, n=64), store, loader=loader)
    store.path.chmod(0o444)
    cache.chmod(0o555)
    try:
        program = AS_NOBODY.format(root=str(ROOT), cache=str(cache), task=str(task))
        done = finished("-c", program)
    finally:
        cache.chmod(0o700)
    assert "Traceback" not in done.stderr, done.stderr
    shown, again, refused = done.stdout.splitlines()
    assert shown.startswith("64 True The cache folder cannot be written: stored results are shown")
    assert again == "True"
    assert "the cache folder cannot be written, and 16 of 80 predictions are missing" in refused


SMALLER_AS_NOBODY = """
import sys
sys.path.insert(0, {root!r})
import evalcore.cli.main, evalcore.output.report, evalcore.running.run, evalcore.analysis.scored_run
import evalcore.output.export, evalcore.predictors.baseline
import os
import sklearn.feature_extraction.text, sklearn.svm, sklearn.pipeline
from evalcore.tasks import load_task
from tests.faults.victim import spec
load_task(spec({task!r}).task)
if os.getuid() == 0:  # root may read anything
    os.setgid(65534); os.setuid(65534)
sys.exit(evalcore.cli.main.main(["run", "--task", {task!r}, "--model", {model!r}, "--n", "60", "--cache", {cache!r}]))
"""


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="modes of files mean something else here")
def test_a_smaller_n_of_a_stored_sample_is_shown_from_a_cache_that_cannot_be_written(readable):
    """F57. Red while it was said that "the run was deleted while it was worked on": its row alone was not there."""
    task, cache = write_task(readable / "messages"), readable / "cache"
    store = Store(cache)
    loader = lambda handle, on_phase: Logged(handle.identity, readable / "log")  # noqa: E731
    execute(spec(task, n=64), store, loader=loader)
    for file in store.folder.rglob("*"):
        file.chmod(0o555 if file.is_dir() else 0o444)
    cache.chmod(0o555)
    before = state_of(cache)
    program = SMALLER_AS_NOBODY.format(root=str(ROOT), cache=str(cache), task=str(task), model="tfidf")
    try:
        done = finished("-c", program)
    finally:
        cache.chmod(0o700)
        (cache / "locks").chmod(0o700)
    assert done.returncode == 0, done.stderr
    assert "60 of 60 examples" in done.stdout
    assert "0 predicted now" in done.stdout
    assert done.stderr.startswith("The cache folder cannot be written")
    assert state_of(cache) == before


def state_of(folder):
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(folder.rglob("*"))}


def test_what_is_kept_in_memory_reads_like_what_is_stored(tmp_path):
    """F57. Red with a run that is kept beside the others and that one of the readers does not see."""
    task, store = write_task(tmp_path / "messages"), Store(tmp_path / "cache")
    loader = lambda handle, on_phase: Logged(handle.identity, tmp_path / "log")  # noqa: E731
    large = execute(spec(task), store, loader=loader).record
    other = Store(tmp_path / "cache")
    other.read_only = True
    small = [execute(spec(task, n=n), other).record for n in (60, 200, 60)]
    assert [record.n for record in other.runs_for(checked(spec(task, n=60)))] == [60]
    assert {record.run_id for record in other.runs()} == {large.run_id, *(record.run_id for record in small)}
    assert {record.run_id for record in store.runs()} == {large.run_id}
    scored_runs = [score_run(other, record.run_id) for record in (*small, large)]
    assert [len(scored.answers) for scored in scored_runs] == [60, 200, 60, N]
    assert predictions_csv(scored_runs[3]).startswith(predictions_csv(scored_runs[0]))
    assert [record.n for record in other.runs_on_sample(small[0].sample_id)] == [60]
    assert export_run(other, scored_runs[0], tmp_path / "out")
    stored = execute(spec(task, n=60), store).record  # somebody who may write: then it is no longer twice there
    assert [record.run_id for record in other.runs_for(checked(spec(task, n=60)))] == [stored.run_id]
    assert len(score_run(other, stored.run_id).answers) == 60
    with pytest.raises(StoreError, match="cannot be written"):
        other.finish_run(stored.run_id)


@pytest.mark.parametrize("version", FORMATS)
def test_a_cache_of_an_older_format_that_cannot_be_written_shows_its_results(tmp_path, version, monkeypatch):
    """F57, F9. Red with a migration that is needed before anything is shown."""
    task, store = write_task(tmp_path / "messages"), Store(tmp_path / "cache")
    loader = lambda handle, on_phase: Logged(handle.identity, tmp_path / "log")  # noqa: E731
    execute(spec(task, n=64), store, loader=loader)
    as_in_format(version, store.folder)
    before = state_of(store.folder)
    monkeypatch.setattr("evalcore.store.database.os.access", lambda path, mode: False)
    old = Store(tmp_path / "cache")
    assert old.read_only
    assert [record.n for record in old.runs_for(checked(spec(task, n=64)))] == [64]
    assert len(score_run(old, old.runs()[0].run_id).answers) == 64
    assert execute(spec(task, n=20), old).complete
    assert (RunCatalog(old).annotations(), Jobs(old).recent(), old.custom_prompts()) == ({}, [], {})
    assert state_of(store.folder) == before


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no such signal here")
def test_a_worker_that_is_stopped_has_no_rate_and_is_said_to_be_silent(tmp_path):
    """F8. Red with a rate over the whole run: "predicting · 5.6 a second" of a worker that does nothing."""
    store = Store(tmp_path / "cache")
    jobs = Jobs(store)
    job_id = jobs.enqueue("run", checked(RunSpec(n=300, engine="loop")).to_json())
    worker.ensure_worker(store)
    try:
        wait_until(lambda: " a second · " in status(jobs.get(job_id), jobs, time.time()))
        pid = jobs.get(job_id).worker_pid
        os.kill(pid, signal.SIGSTOP)
        assert os.WIFSTOPPED(os.waitpid(pid, os.WUNTRACED)[1])
        job, now = jobs.get(job_id), time.time()
        assert job.state == "running"
        said = status(job, jobs, now + 40)
        assert "a second" not in said
        assert int(re.search(r"no answer for (\d+) s$", said)[1]) >= 40
        waiting = jobs.get(jobs.enqueue("run", checked(RunSpec(n=4)).to_json()))
        assert status(waiting, jobs, now + 40) == "waiting for 1 other job"
        os.kill(pid, signal.SIGCONT)
        wait_until(lambda: jobs.get(job_id).done > job.done)
        assert "no answer" not in status(jobs.get(job_id), jobs, time.time())
    finally:
        child = worker._children.pop(store.folder.resolve() / "worker.lock")
        child.kill()
        child.wait(20)
    assert jobs.get(job_id) is not None


@pytest.mark.parametrize(
    ("waits", "silent", "says"),
    [((1, 1), 9, "20.0 a second"), ((1, 1), 11, "no answer for 11 s"), ((60, 50), 100, "a second"),
     ((60, 50), 181, "no answer for 181 s")],
)  # fmt: skip
def test_a_rate_is_shown_for_as_long_as_batches_usually_take(store, monkeypatch, waits, silent, says):
    """F8. Red with a limit that does not know that a batch may take a minute."""
    jobs, clock = Jobs(store), SimpleNamespace(now=1000.0)
    monkeypatch.setattr("evalcore.store.jobs.time", SimpleNamespace(time=lambda: clock.now))
    job_id = jobs.enqueue("run", "a")
    jobs.claim(1)
    for number, wait in enumerate((5, *waits), start=1):
        clock.now += wait
        jobs.report(job_id, phase="predicting", run_id="r", done=20 * number, cached=0, total=400, predicting=True)
    assert says in status(jobs.get(job_id), jobs, clock.now + silent)


@pytest.mark.parametrize(
    ("phase", "silent", "says"),
    [("loading", 20, "loading …"), ("loading", 40, "loading · no answer for 40 s …"),
     ("", 20, "waiting for the worker to start …"), ("", 40, "waiting for the worker to start … no answer for 40 s")],
)  # fmt: skip
def test_a_step_that_says_nothing_for_long_is_said_to(store, monkeypatch, phase, silent, says):
    """F8. Red while "loading the model …" stood there for ever, whatever had become of the worker."""
    jobs, clock = Jobs(store), SimpleNamespace(now=1000.0)
    monkeypatch.setattr("evalcore.store.jobs.time", SimpleNamespace(time=lambda: clock.now))
    job_id = jobs.enqueue("run", "a")
    if phase:
        jobs.claim(1)
        clock.now = 1100.0
        jobs.report(job_id, phase=phase, run_id=None, done=0, cached=0, total=0, predicting=False)
    assert status(jobs.get(job_id), jobs, clock.now + silent) == says


def test_a_run_deleted_while_it_is_worked_on_is_said_to_be_deleted(task, tmp_path):
    """F8. Red while the end of a run took its row for granted: a TypeError."""
    store = Store(tmp_path / "cache")

    class Deleting(Logged):
        def predict(self, prompts):
            with store.connect(write=True) as db:
                db.execute("DELETE FROM runs")
            return super().predict(prompts)

    with pytest.raises(StoreError, match="deleted while it was worked on"):
        execute(spec(task), store, loader=lambda i, on_phase: Deleting(i.identity, tmp_path / "log"))
    log = tmp_path / "again"
    assert execute(spec(task), store, loader=lambda i, on_phase: Logged(i.identity, log)).complete
    assert asked(log) == []  # its completions were kept


@pytest.mark.slow
def test_everybody_at_once_on_one_store_loses_nothing(tmp_path):
    """F1, F4, F5, F8: a short `make soak`. Red without the lock on a model, or with a busy timeout of 0."""
    done = soak(tmp_path, seconds=8, processes=4, sessions=0, seed=1)
    assert done.wrong == []
    assert done.did["killed"] + done.did["stopped"] > 0
    assert done.did["ended"] > 0
