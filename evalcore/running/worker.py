"""The worker: one process that takes jobs from the store and keeps the model loaded, so that a page never predicts.

It is started as a command of its own (`python -m evalcore work`): Streamlit replaces `__main__`, which
multiprocessing's spawn would import again. Whether a worker runs is seen by a file lock, which the system releases when
its holder ends. A process number would not do: the system may give it to another process.

The baselines of a run are jobs that the worker adds when the run is done. A second worker, of low priority and started
by the first, takes these: fitting one takes seconds and cannot be interrupted, and nobody's own run is to wait for it.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from evalcore.errors import BlindspotError, ModelError, OutOfMemory
from evalcore.paths import PROJECT
from evalcore.predictors import ModelHandle, OnPhase
from evalcore.running import estimate, prompt_preview
from evalcore.running.answering import answer
from evalcore.running.current_run import missing_baselines
from evalcore.running.executors import Loader
from evalcore.running.live_answer import LiveRequest
from evalcore.running.model_cache import ModelCache
from evalcore.running.plan import RunPlan
from evalcore.running.run import NotAnswered, OnProgress, Progress, Stopped, execute
from evalcore.store import ASKED_FOR, Job, JobKind, Jobs, Predictor, RunSpec, Store, change_counter

POLL_S = 1.0
"""Time between two looks for a job. A job is seen sooner: whenever the store's file was written."""
WAKE_S = 0.025
"""Time between two looks at whether it was. All of them take less than a hundredth of a core."""
REPORT_EVERY_S = 0.25
"""Time between two reports of a job's progress: more often than a user can see it is of no use."""
SOON_S = 0.25
"""A question that is answered within this time reports no steps: writing each down would take longer than the step."""
IDLE_LIMIT_S = 1800.0
"""A worker that has had no job for so long ends."""
_LOCK_WAIT_S = 3.0
"""How long a new worker waits for its lock: a page holds it for a moment to see whether a worker runs."""


@dataclass(frozen=True)
class Duty:
    """What a worker is there for.

    Attributes:
        kinds: the jobs that it takes.
        lock: the name of the file that it locks.
        idle_limit_s: when it has had no job for so long, it ends.
        options: of its command line.
        niceness: how far other processes go first.
    """

    kinds: tuple[JobKind, ...]
    lock: str
    idle_limit_s: float
    options: tuple[str, ...] = ()
    niceness: int = 0


RUNS = Duty(ASKED_FOR, "worker.lock", IDLE_LIMIT_S)
BASELINES = Duty(("baseline",), "baselines.lock", 10.0, ("--baselines",), niceness=10)

_children: dict[Path, subprocess.Popen[bytes]] = {}
"""Workers that this process started, by the file that they lock: their exit status says how they ended."""

_answered: set[str] = set()
"""Specs about which this process answered a question: the next one is a moment's work."""


def work(store: Store, duty: Duty = RUNS, *, idle_limit_s: float | None = None) -> bool:
    """Take jobs one after another until there has been none for a while, or the parent process has ended.

    Args:
        store: the cache folder whose jobs are taken.
        duty: which of them.
        idle_limit_s: seconds; None for the duty's own.

    Returns:
        False at once if another worker serves this cache folder; True at the end.
    """
    lock = _lock(store, duty)
    try:
        lock.acquire(timeout=_LOCK_WAIT_S)
    except Timeout:
        return False
    jobs, models = Jobs(store), ModelCache()
    parent = os.getppid()
    try:
        jobs.fail_orphaned("The worker before this one exited unexpectedly; what it had done is kept.", duty.kinds)
        idle_since = time.monotonic()
        while time.monotonic() - idle_since < (duty.idle_limit_s if idle_limit_s is None else idle_limit_s):
            seen = _change_counter(store)
            job = jobs.claim(os.getpid(), duty.kinds)
            if job is not None:
                _do(job, store, jobs, models)
                idle_since = time.monotonic()
            if duty is RUNS and jobs.active(BASELINES.kinds):
                ensure_worker(store, BASELINES)
            if job is None and os.getppid() != parent:
                break
            if job is None:
                _wait_for_a_change(store, seen)
    finally:
        lock.release()
    return True


def _wait_for_a_change(store: Store, seen: bytes) -> None:
    """Until the store was written to since `seen`, for POLL_S at most."""
    until = time.monotonic() + POLL_S
    while time.monotonic() < until and _change_counter(store) == seen:
        time.sleep(WAKE_S)


def _change_counter(store: Store) -> bytes:
    try:
        return change_counter(store)
    except OSError:  # the file is looked at again with the next look for a job, which says what is wrong
        return b""


def ensure_worker(store: Store, duty: Duty = RUNS) -> None:
    """Start a worker for this cache folder unless one runs; jobs of one that has ended fail, and say why.

    A folder that cannot be written has no queue, and needs no worker.
    """
    if store.read_only:
        return
    lock = _lock(store, duty)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return
    child = _children.get(_lock_path(store, duty))
    if child is not None and child.poll() is None:
        lock.release()  # it was started a moment ago and has not taken the lock yet
        return
    try:
        why = _why_it_ended(child.returncode if child else None, store.folder)
        Jobs(store).fail_orphaned(why, duty.kinds)
    finally:
        lock.release()
    with open(os.open(store.folder / "worker.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600), "ab") as log:
        _children[_lock_path(store, duty)] = subprocess.Popen(
            [sys.executable, "-m", "evalcore", "work", "--cache", str(store.folder.resolve()), *duty.options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=PROJECT,
            start_new_session=True,  # Ctrl-C in the app's terminal does not stop it
        )


def stop_worker(store: Store, duty: Duty = RUNS) -> None:
    """End the worker of this cache folder if this process started it; a job that it is at dies with it."""
    child = _children.pop(_lock_path(store, duty), None)
    if child is not None:
        child.terminate()
        child.wait()


def _lock_path(store: Store, duty: Duty) -> Path:
    return store.folder.resolve() / duty.lock


def _lock(store: Store, duty: Duty) -> FileLock:
    return FileLock(_lock_path(store, duty), thread_local=False, mode=0o600)


def _do(job: Job, store: Store, jobs: Jobs, models: ModelCache) -> None:
    with _noting_how_it_ends(job, jobs):
        try:
            _do_once(job, store, jobs, models)
            return
        except OutOfMemory:
            if not models.release():
                raise
        _do_once(job, store, jobs, models)  # now that no other model is kept beside it


@contextmanager
def _noting_how_it_ends(job: Job, jobs: Jobs) -> Iterator[None]:
    """No error of one job may end the worker."""
    try:
        yield
    except Stopped:
        jobs.finish(job.job_id, "stopped")
    except BlindspotError as error:
        # A baseline that cannot be fitted on a train split is no failure of anything that a person asked for.
        cannot_be_fitted = job.kind == "baseline" and isinstance(error, ModelError)
        jobs.finish(job.job_id, "done" if cannot_be_fitted else "failed", str(error))
    except MemoryError:
        jobs.finish(job.job_id, "failed", "The machine is out of memory. Choose a smaller model or batch size.")
    except Exception as error:
        traceback.print_exc()  # into the log
        message = f"{type(error).__name__}: {error} — this is a fault of Blindspot; worker.log has the details."
        jobs.finish(job.job_id, "failed", message)


def _do_once(job: Job, store: Store, jobs: Jobs, models: ModelCache) -> None:
    if job.kind == "preview":
        jobs.finish(job.job_id, "done", prompt_preview.answer(job.payload, store))
    elif job.kind == "plan":
        jobs.finish(job.job_id, "done", estimate.answer(job.payload, store, _phases(job, jobs)))
    elif job.kind == "live":
        jobs.finish(job.job_id, "done", _answer(job, store, jobs, models.load))
    else:
        complete = _predict(job, store, jobs, models)
        jobs.finish(job.job_id, "done" if complete else "stopped")


def _answer(job: Job, store: Store, jobs: Jobs, loader: Loader) -> str:
    """The answer to a live question, as JSON."""
    began = time.monotonic()
    asked = LiveRequest.from_json(job.payload)
    known = asked.spec.to_json() in _answered
    report = _phases(job, jobs)

    def report_if_slow(phase: str) -> None:
        if not known or time.monotonic() - began > SOON_S:
            report(phase)

    found = answer(asked, store, loader=lambda handle, _: loader(handle, report), on_phase=report_if_slow)
    _answered.add(asked.spec.to_json())
    return found.to_json()


def _phases(job: Job, jobs: Jobs) -> OnPhase:
    """Writes what a job is doing into the queue; raises Stopped once the job is to stop."""

    def report(phase: str) -> None:
        if not jobs.report(job.job_id, phase=phase, run_id=None, done=0, cached=0, total=0, predicting=False):
            raise Stopped

    return report


class _NotLoaded(Exception):
    """A question is about a model that is not loaded, while another one is at work."""


def _answer_waiting(store: Store, jobs: Jobs, models: ModelCache, put_back: set[int]) -> None:
    """Answer the questions that wait, between two batches of a run. Those that need another model wait on.

    Args:
        put_back: numbers of the jobs that wait on; added to.
    """

    def loaded(handle: ModelHandle, on_phase: OnPhase) -> Predictor:
        if handle.weights is not None and not models.has(handle):
            raise _NotLoaded
        return models.load(handle, on_phase)

    for waiting in jobs.active(("live",)):
        job = jobs.claim(os.getpid(), ("live",), waiting.job_id) if waiting.job_id not in put_back else None
        if job is None:
            continue
        with _noting_how_it_ends(job, jobs):
            try:
                jobs.finish(job.job_id, "done", _answer(job, store, jobs, loaded))
            except _NotLoaded:
                put_back.add(job.job_id)
                jobs.put_back(job.job_id)


def _predict(job: Job, store: Store, jobs: Jobs, models: ModelCache) -> bool:
    """Do a run, and have it compared with the baselines on its sample; these are run along with every model.

    Returns:
        whether it is complete.
    """
    report, put_back = _reporter(job, jobs), set[int]()

    def on_progress(progress: Progress) -> bool:
        if progress.predicting and not progress.in_batch and job.kind == "run":
            _answer_waiting(store, jobs, models, put_back)
        return report(progress)

    try:
        complete = execute(
            job.spec, store, on_progress=on_progress, loader=models.load, planned=partial(_planned, job.spec, store)
        ).complete
    except NotAnswered as error:
        if error.answered:
            _add_baselines(job.spec, store, jobs)
        raise
    if complete:
        _add_baselines(job.spec, store, jobs)  # before the job ends: a page looks for them when it has ended
    return complete


def _planned(spec: RunSpec, store: Store, plan: RunPlan, done: int) -> Mapping[str, str]:
    """What a page was told that the run would take; nothing if it was told nothing."""
    try:
        told = Jobs(store).result_of("plan", estimate.request(spec, done, store))
    except BlindspotError:  # a file that was written meanwhile is no reason not to run
        return {}
    found = estimate.Estimate.from_json(told) if told else None
    return found.as_metadata if found else {}


def _add_baselines(spec: RunSpec, store: Store, jobs: Jobs) -> None:
    for baseline in missing_baselines(spec, store):
        jobs.enqueue("baseline", baseline.to_json())


def _reporter(job: Job, jobs: Jobs) -> OnProgress:
    """Writes progress into the queue: each new phase, the last example, and otherwise at most every REPORT_EVERY_S."""
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


def _why_it_ended(status: int | None, folder: Path) -> str:
    kept = "What was done is kept: run it again to go on."
    if status is None:
        return f"The worker process exited unexpectedly. {kept}"
    if status == -signal.SIGKILL:
        return f"The worker process was killed by the system, most often because memory ran out. {kept}"
    if status < 0:
        return f"The worker process was ended by {signal.Signals(-status).name}. {kept} See {folder / 'worker.log'}."
    return f"The worker process ended with status {status}. {kept} See {folder / 'worker.log'}."


def main(cache: Path, duty: Duty = RUNS) -> int:
    """What `python -m evalcore work` does.

    Returns:
        The exit status.
    """
    faulthandler.enable()
    os.umask(0o077)  # only this user may read what the worker writes
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.nice(duty.niceness)
    work(Store(cache), duty)
    return 0
