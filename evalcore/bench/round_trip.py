"""`python -m evalcore bench-live`: from a question in the queue to its answer, through the worker, with no browser."""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from evalcore.errors import ModelError
from evalcore.running import ensure_worker
from evalcore.running.live import LiveAnswer, LiveRequest, Part, answer_of, ask, warm
from evalcore.store import Jobs, RunSpec, Store
from evalcore.tasks import draw_sample, load_task

LOOK_EVERY_S = 0.005
"""Time between two looks for the answer."""
_IDLE_S = 6.0
_PATIENCE_S = 600.0


@dataclass(frozen=True)
class RoundTrip:
    """How long questions take; times in seconds.

    Attributes:
        asked: number of questions.
        to_answer: median of the time from asking until the answer is read: label, completion and all probabilities.
        answering: median of the part of it that the model took.
        to_everything: median of the time from asking until the answer with words, orders and neighbours is read.
        load: what the worker took to start and to load the model, once.
        slowest: the longest `to_answer`.
        idle_share: processor time of the waiting worker, as a share of one core; None where the system does not tell.
    """

    asked: int
    to_answer: float
    answering: float
    to_everything: float
    load: float
    slowest: float
    idle_share: float | None


def measure_round_trip(spec: RunSpec, store: Store, n: int) -> RoundTrip:
    """Ask the worker n different texts of the task, one after another.

    Args:
        spec: task, model and prompt.
        store: whose worker is asked.
        n: number of questions.

    Raises:
        ModelError: if a question is not answered.
    """
    started = time.perf_counter()
    _wait(store, warm(store, spec))
    load = time.perf_counter() - started
    texts = [example.text for example in draw_sample(load_task(spec.task, store.folder), n, "stratified")]
    everything: tuple[Part, ...] = ("answer", "words", "orders", "nearest")
    _timed(store, LiveRequest(spec, texts[0], everything))  # fits the neighbours
    answers = [_timed(store, LiveRequest(spec, text)) for text in texts]
    whole = [_timed(store, LiveRequest(spec, text, everything))[0] for text in texts]
    times = [seconds for seconds, _ in answers]
    return RoundTrip(
        len(texts),
        statistics.median(times),
        statistics.median(found.seconds for _, found in answers),
        statistics.median(whole),
        load,
        max(times),
        _idle_share(store, spec),
    )


def _timed(store: Store, request: LiveRequest) -> tuple[float, LiveAnswer]:
    started = time.perf_counter()
    found = _wait(store, ask(store, request))
    return time.perf_counter() - started, found


def _wait(store: Store, job_id: int) -> LiveAnswer:
    jobs, until = Jobs(store), time.monotonic() + _PATIENCE_S
    while (job := jobs.get(job_id)) is not None and job.active:
        if time.monotonic() > until:
            raise ModelError("the worker gives no answer.", do="Look into worker.log in the cache folder.")
        ensure_worker(store)
        time.sleep(LOOK_EVERY_S)
    found = answer_of(job) if job else None
    if found is None:
        raise ModelError(job.result if job else "the question is gone.")
    return found


def _idle_share(store: Store, spec: RunSpec) -> float | None:
    """Processor time of the worker while nothing is asked."""
    jobs = Jobs(store)
    job = jobs.get(warm(store, spec))
    while job is not None and job.active:
        time.sleep(LOOK_EVERY_S)
        job = jobs.get(job.job_id)
    stat = Path(f"/proc/{job.worker_pid}/stat") if job else Path()
    if not stat.exists():
        return None
    before = _ticks(stat)
    time.sleep(_IDLE_S)
    return (_ticks(stat) - before) / os.sysconf("SC_CLK_TCK") / _IDLE_S


def _ticks(stat: Path) -> int:
    # The name, which may hold spaces, stands in parentheses; user and system time are fields 14 and 15.
    fields = stat.read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
