"""Kills, crashes and processes side by side (F1 to F9). Real SIGKILL on real processes."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from evalcore.errors import StoreError
from evalcore.export import export_run, predictions_csv
from evalcore.run import execute
from evalcore.runspec import RunSpec
from evalcore.scoring import read
from evalcore.store import Store
from tests.conftest import ROOT
from tests.soak import soak
from tests.victim import BATCH, KILLS, POINTS, Logged, N, asked, spec, start, wait_until, write_task

PATIENCE_S = 120


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    return write_task(tmp_path_factory.mktemp("task") / "messages")


@pytest.fixture(scope="module")
def uninterrupted(task, tmp_path_factory):
    """What a run writes that nobody disturbs."""
    folder = tmp_path_factory.mktemp("whole")
    store = Store(folder / "cache")
    loader = lambda identified, on_phase: Logged(identified.identity, folder / "log")  # noqa: E731
    record = execute(spec(task), store, loader=loader).record
    return read(store, record.run_id)


def finish(cache, task, log):
    done = start(cache, task, log, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, errors = done.communicate(timeout=PATIENCE_S)
    assert (done.returncode, errors) == (0, b"")


def whole(cache, log, uninterrupted, kills):
    """A run that was killed so often is as if it never had been, but for the batches that were in flight."""
    store = Store(cache)
    assert store.notice == ""
    (record,) = store.runs()
    reading = read(store, record.run_id)
    with sqlite3.connect(store.path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*), count(DISTINCT key) FROM completions").fetchone() == (N, N)
    assert len(asked(log)) <= N + kills * BATCH
    assert predictions_csv(reading) == predictions_csv(uninterrupted)
    assert repr(reading.scores) == repr(uninterrupted.scores)
    assert record.predicted == N
    return record


def test_twenty_kills_at_random_moments_lose_nothing(task, tmp_path, uninterrupted):
    """F1, F3. Red with one transaction for the whole run, and with keys that are forgotten on resuming."""
    chance = random.Random(6)
    cache, log = tmp_path / "cache", tmp_path / "log"
    for _ in range(KILLS):
        before = len(asked(log))
        process = start(cache, task, log, "--delay", 0.02, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if chance.random() < 0.75:
            wait_until(lambda seen=before: len(asked(log)) > seen, PATIENCE_S)
            time.sleep(chance.uniform(0, 0.045))  # before its batch is kept, or after
        else:  # anywhere between being born and the first batch
            time.sleep(chance.uniform(0, 0.25))
        process.kill()
        process.wait(PATIENCE_S)
    assert 0 < Store(cache).count_done(Store(cache).runs()[0].run_id) <= N
    finish(cache, task, log)
    whole(cache, log, uninterrupted, KILLS)


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_a_named_point_loses_nothing(task, tmp_path, uninterrupted, point):
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
    finish(cache, task, log)
    record = whole(cache, log, uninterrupted, 1)
    assert len(asked(log)) - N == in_flight  # what was finished is not asked for again
    files = export_run(Store(cache), read(Store(cache), record.run_id), out)
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in files)  # no part is left
    assert files[0].read_bytes() == predictions_csv(uninterrupted)


def test_totals_add_up_over_attempts(task, tmp_path):
    """F3. Red while a run's seconds were noted at its end only: a killed attempt had taken no time."""
    cache, log = tmp_path / "cache", tmp_path / "log"
    process = start(cache, task, log, "--delay", 0.02, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: len(asked(log)) >= 5 * BATCH, PATIENCE_S)
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
def test_the_real_model_killed_and_resumed_writes_the_same_bytes(tmp_path):
    """F3, F2. Red with what is missing asked for in another order on resuming: the rows of a batch differ."""
    n = 64
    real = RunSpec(n=n, batch_size=8)
    command = [sys.executable, "-m", "evalcore", "run", "--n", n, "--batch-size", 8, "--no-baselines", "--cache"]
    killed = tmp_path / "killed"
    process = subprocess.Popen([*map(str, command), str(killed)], cwd=ROOT, stdout=subprocess.DEVNULL)

    def some():
        runs = Store(killed).runs() if killed.exists() else []
        return runs and Store(killed).count_done(runs[0].run_id)

    wait_until(some, PATIENCE_S)
    process.kill()
    process.wait(PATIENCE_S)
    kept = some()
    assert 0 < kept < n
    stores = Store(killed), Store(tmp_path / "whole")
    outcomes = [execute(real, store) for store in stores]
    assert (outcomes[0].from_cache, outcomes[0].predicted_now, outcomes[1].predicted_now) == (kept, n - kept, n)
    files = [predictions_csv(read(store, outcomes[0].record.run_id)) for store in stores]
    assert files[0] == files[1]


def together(*arguments_of_each):
    processes = [
        start(*arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for arguments in arguments_of_each
    ]
    return [(process.communicate(timeout=PATIENCE_S)[1].decode(), process.returncode) for process in processes]


def test_two_processes_with_one_config_ask_once(task, tmp_path):
    """F4. Red without the lock on a model: 800 calls."""
    cache, log = tmp_path / "cache", tmp_path / "log"
    ends = together(*[(cache, task, log, "--delay", 0.005)] * 2)
    assert [status for _, status in ends] == [0, 0]
    assert all("Traceback" not in errors for errors, _ in ends)
    assert len(asked(log)) == len(set(asked(log))) == N
    assert Store(cache).runs()[0].predicted == N


def test_two_threads_with_one_config_ask_once(task, tmp_path):
    """F4. Red with a lock that one thread may take twice (filelock's default)."""
    store, log = Store(tmp_path / "cache"), tmp_path / "log"
    loader = lambda identified, on_phase: Logged(identified.identity, log, delay_s=0.002)  # noqa: E731
    threads = [threading.Thread(target=execute, args=(spec(task), store), kwargs={"loader": loader}) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(asked(log)) == len(set(asked(log))) == N


def test_two_processes_on_one_store_never_find_it_locked(task, tmp_path):
    """F5. Red with a busy timeout of 0: "database is locked"."""
    for repeat in range(10):
        cache = tmp_path / f"cache{repeat}"
        ends = together(
            *((cache, task, tmp_path / f"{model}{repeat}", "--model", model) for model in ("tfidf", "majority"))
        )
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


def test_who_waits_for_a_killed_process_goes_on_within_a_second(task, tmp_path):
    """F6. Red with a lock file that only its owner removes."""
    cache, log = tmp_path / "cache", tmp_path / "log"
    holder = start(cache, task, log, "--delay", 30, stdout=subprocess.DEVNULL)
    wait_until(lambda: asked(log), PATIENCE_S)
    waiting = start(cache, task, log, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = waiting.stderr.readline()
    assert f"waiting for process {holder.pid}, which is predicting with this model" in said
    assert len(asked(log)) == BATCH
    holder.kill()
    killed_at = time.monotonic()
    wait_until(lambda: len(asked(log)) > BATCH, PATIENCE_S)
    assert time.monotonic() - killed_at < 1
    _, errors = waiting.communicate(timeout=PATIENCE_S)
    assert (waiting.returncode, errors) == (0, "")
    holder.wait(PATIENCE_S)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_with_130_and_keeps_its_batches(task, tmp_path, sent):
    """F7. Red without the handler for SIGTERM (143 and nothing said), or for KeyboardInterrupt (a traceback)."""
    cache, log = tmp_path / "cache", tmp_path / "log"
    process = start(cache, task, log, "--delay", 0.05, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: len(asked(log)) >= 4 * BATCH, PATIENCE_S)
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


AS_NOBODY = """
import os, sys
sys.path.insert(0, {root!r})
import evalcore.scoring, evalcore.run, evalcore.export, evalcore.predictors.baseline, hashlib
from pathlib import Path
from evalcore.store import Store
from evalcore.errors import StoreError
import sklearn.feature_extraction.text, sklearn.svm, sklearn.pipeline
from tests.victim import spec, Logged
from evalcore.task import load_task
load_task(spec({task!r}).task)  # whatever is imported late: nobody may not be able to read the interpreter's files
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
store = Store(Path({cache!r}))
run, = store.runs()
reading = evalcore.scoring.read(store, run.run_id)
print(len(reading.answers), store.read_only, store.notice)
print(evalcore.run.execute(spec({task!r}, n=64), store).complete)
try:
    evalcore.run.execute(spec({task!r}, n=80), store)
except StoreError as error:
    print(error)
"""


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="modes of files mean something else here")
def test_a_cache_that_cannot_be_written_still_shows_its_results(tmp_path):
    """F9. Red while a store was opened for writing only, and while a finished run was noted as finished again."""
    for folder in list(tmp_path.parents)[:2]:  # root may read anything, and so becomes nobody, who may not
        folder.chmod(folder.stat().st_mode | 0o055)
    tmp_path.chmod(0o755)
    task = write_task(tmp_path / "messages")
    cache = tmp_path / "cache"
    store = Store(cache)
    loader = lambda identified, on_phase: Logged(identified.identity, tmp_path / "log")  # noqa: E731
    execute(spec(task, n=64), store, loader=loader)
    store.path.chmod(0o444)
    cache.chmod(0o555)
    try:
        program = AS_NOBODY.format(root=str(ROOT), cache=str(cache), task=str(task))
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE_S
        )
    finally:
        cache.chmod(0o700)
    assert "Traceback" not in done.stderr, done.stderr
    shown, again, refused = done.stdout.splitlines()
    assert shown.startswith("64 True The cache folder cannot be written: stored results are shown")
    assert again == "True"
    assert "the cache folder cannot be written, and 16 of 80 predictions are missing" in refused


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
