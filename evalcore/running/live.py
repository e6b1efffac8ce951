"""One text, answered at once: how a page asks the worker for it.

A page puts a request into the queue with `ask`, looks at the job again and again (`Jobs(store).get`), and reads the
finished one with `answer_of`:

    job_id = ask(store, LiveRequest(spec, "My card has not arrived", ("answer", "words")))
    job = Jobs(store).get(job_id)
    if job is not None and job.state == "done":
        answer = answer_of(job)

A job that failed or died says why in `job.result`, a sentence; `waiting_for` says what an active one waits for.
`answer` computes an answer in the process that calls it.
"""

from __future__ import annotations

import time

from evalcore.running.answering import answer
from evalcore.running.live_answer import LiveAnswer, LiveRequest, Neighbour, OrderAnswer, Part, WordEffect
from evalcore.running.worker import ensure_worker
from evalcore.store import Job, Jobs, RunSpec, Store, job_title

__all__ = [
    "LiveAnswer",
    "LiveRequest",
    "Neighbour",
    "OrderAnswer",
    "Part",
    "WordEffect",
    "answer",
    "answer_of",
    "ask",
    "waiting_for",
    "warm",
]


def ask(store: Store, request: LiveRequest) -> int:
    """Put a question into the queue, and see to it that there is a worker.

    Returns:
        the number of the job; `Jobs(store).get` tells its state, `Jobs(store).stop` stops it.

    Raises:
        StoreError: if the cache folder cannot be written: then there is no queue.
    """
    job_id = Jobs(store).enqueue("live", request.to_json())
    ensure_worker(store)
    return job_id


def warm(store: Store, spec: RunSpec) -> int:
    """Have the worker load a spec's model, and prepare it for the spec's prompt, before a question is asked.

    Returns:
        the number of the job.
    """
    return ask(store, LiveRequest(spec, "", ()))


def answer_of(job: Job) -> LiveAnswer | None:
    """The answer of a job of the kind "live"; None if it has none, yet or at all."""
    if job.kind != "live" or job.state != "done":
        return None
    return LiveAnswer.from_json(job.result)


def waiting_for(store: Store, job: Job) -> str:
    """What an active question waits for, as a sentence or a few words; may hold names from data.

    Args:
        store: whose queue it is in.
        job: of the kind "live".
    """
    if job.state == "running":
        return f"{job.phase or 'answering'} …"
    jobs = Jobs(store)
    at_work = next((other for other in jobs.active() if other.state == "running"), None)
    if at_work is None:
        return "waiting for the worker to start …"
    if at_work.kind != "run":
        return "waiting for another question …"
    left, pace = "", jobs.pace(at_work)
    if pace.rate:
        left = f", {max(0.0, (at_work.total - at_work.done) / pace.rate - (time.time() - pace.heard)):.0f} s left"
    return f"The worker is busy with a run ({job_title(at_work, store.folder)}{left})."
