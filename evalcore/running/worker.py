"""One warm process that takes jobs from the store, so that a page never predicts.

It is started as a command of its own (`python -m evalcore work`): Streamlit replaces `__main__`, which
multiprocessing's spawn would import again. Whether a worker lives is told by a file lock that the system
frees when its holder dies; no process number can be mistaken for it.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from evalcore.errors import BlindspotError
from evalcore.paths import PROJECT
from evalcore.predictors import ModelHandle, OnPhase
from evalcore.running import prompt_preview
from evalcore.running.run import NotAnswered, OnProgress, Progress, Stopped, execute, execute_baselines
from evalcore.store import Job, Jobs, Outcome, Predictor, RunSpec, Store, digest

POLL_S = 0.2
REPORT_EVERY_S = 0.25
IDLE_LIMIT_S = 1800.0
_LOCK_WAIT_S = 3.0
"""A page holds the worker's lock for an instant to see whether there is one; a new worker waits that out."""

_children: dict[str, subprocess.Popen[bytes]] = {}
"""Workers that this process started, by cache folder: their exit status says how they died."""


class ModelCache:
    """Keeps the last loaded model."""

    def __init__(self) -> None:
        self._loaded: tuple[str, Predictor] | None = None

    def load(self, handle: ModelHandle, on_phase: OnPhase) -> Predictor:
        """The model that is loaded already, if it is the one; otherwise the old one goes before the new one comes."""
        name = digest(dict(handle.identity))
        if self._loaded is None or self._loaded[0] != name:
            self._loaded = None
            self._loaded = (name, handle.load(on_phase))
        return self._loaded[1]


def work(store: Store, *, idle_limit_s: float = IDLE_LIMIT_S) -> bool:
    """Take jobs one after another until there has been none for `idle_limit_s`, or the parent process is gone.

    Returns:
        False at once if another worker serves this cache folder.
    """
    lock = _lock(store)
    try:
        lock.acquire(timeout=_LOCK_WAIT_S)
    except Timeout:
        return False
    jobs, warm = Jobs(store), ModelCache()
    parent = os.getppid()
    try:
        jobs.fail_orphaned("The worker before this one ended without a word; what it had done is kept.")
        idle_since = time.monotonic()
        while time.monotonic() - idle_since < idle_limit_s:
            job = jobs.claim(os.getpid())
            if job is not None:
                _do(job, store, jobs, warm)
                idle_since = time.monotonic()
            elif os.getppid() != parent:
                break
            else:
                time.sleep(POLL_S)
    finally:
        lock.release()
    return True


def ensure_worker(store: Store) -> None:
    """Start a worker for this cache folder unless one lives; say of a dead one's jobs why they ended.

    A folder that cannot be written has no queue, and needs none.
    """
    if store.read_only:
        return
    lock = _lock(store)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return
    folder = str(store.folder.resolve())
    child = _children.get(folder)
    if child is not None and child.poll() is None:
        lock.release()  # it has been started and is about to take the lock
        return
    try:
        Jobs(store).fail_orphaned(_why_it_died(child.returncode if child else None, store.folder))
    finally:
        lock.release()
    with open(os.open(store.folder / "worker.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600), "ab") as log:
        _children[folder] = subprocess.Popen(
            [sys.executable, "-m", "evalcore", "work", "--cache", folder],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=PROJECT,
            start_new_session=True,  # Ctrl-C in the app's terminal is not meant for it
        )


def _lock(store: Store) -> FileLock:
    return FileLock(store.folder / "worker.lock", thread_local=False, mode=0o600)


def _do(job: Job, store: Store, jobs: Jobs, warm: ModelCache) -> None:
    try:
        if job.kind == "preview":
            jobs.finish(job.job_id, "done", prompt_preview.answer(job.payload, store))
            return
        outcome = _predict(job.spec, store, warm, _reporter(job, jobs))
        jobs.finish(job.job_id, "done" if outcome.complete else "stopped")
    except Stopped:
        jobs.finish(job.job_id, "stopped")
    except BlindspotError as error:
        jobs.finish(job.job_id, "failed", str(error))
    except MemoryError:
        jobs.finish(job.job_id, "failed", "The machine is out of memory. Choose a smaller model or batch size.")
    except Exception as error:  # the worker must outlive whatever one job runs into; the log has the traceback
        traceback.print_exc()
        message = f"{type(error).__name__}: {error} — this is a fault of Blindspot; worker.log has the details."
        jobs.finish(job.job_id, "failed", message)


def _predict(spec: RunSpec, store: Store, warm: ModelCache, on_progress: OnProgress) -> Outcome:
    """The run itself, and then the baselines on the same sample: the first thing to compare it with."""
    try:
        outcome = execute(spec, store, on_progress=on_progress, loader=warm.load)
    except NotAnswered as error:
        if error.answered:
            _baselines(spec, Progress("", error.record.run_id, error.answered, 0, error.record.n), store, on_progress)
        raise
    if outcome.complete:
        record = outcome.record
        _baselines(spec, Progress("", record.run_id, record.n, outcome.from_cache, record.n), store, on_progress)
    return outcome


def _baselines(spec: RunSpec, done: Progress, store: Store, on_progress: OnProgress) -> None:
    def on_start(name: str) -> None:
        on_progress(replace(done, phase=f"comparing with {name}"))

    execute_baselines(spec, store, on_start)


def _reporter(job: Job, jobs: Jobs) -> OnProgress:
    """Writes progress into the queue, not more often than a person can see."""
    last_phase, last_at = "", 0.0

    def report(progress: Progress) -> bool:
        nonlocal last_phase, last_at
        now = time.monotonic()
        if progress.phase == last_phase and now - last_at < REPORT_EVERY_S and progress.done < progress.total:
            return True
        last_phase, last_at = progress.phase, now
        return jobs.report(
            job.job_id,
            phase=progress.phase,
            run_id=progress.run_id,
            done=progress.done,
            cached=progress.cached,
            total=progress.total,
            predicting=progress.predicting,
        )

    return report


def _why_it_died(status: int | None, folder: Path) -> str:
    kept = "What was done is kept: run it again to go on."
    if status is None:
        return f"The worker process ended without a word. {kept}"
    if status == -signal.SIGKILL:
        return f"The worker process was killed by the system, most often because memory ran out. {kept}"
    if status < 0:
        return f"The worker process died of {signal.Signals(-status).name}. {kept} See {folder / 'worker.log'}."
    return f"The worker process ended with status {status}. {kept} See {folder / 'worker.log'}."


def main(cache: Path) -> int:
    """What `python -m evalcore work` does."""
    faulthandler.enable()
    os.umask(0o077)  # whatever the worker writes is for this user alone
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    work(Store(cache))
    return 0
