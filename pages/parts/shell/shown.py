"""Which run a page is about, and how it stands to what is there now: prompts, data and models may have changed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from evalcore.errors import BlindspotError
from evalcore.running import changed_since, current_run_for, split_size
from evalcore.store import Jobs, RunRecord, RunSpec, Store, checked
from pages.parts.shell import session
from pages.parts.shell.cached.stored import Listing


@dataclass(frozen=True)
class Shown:
    """The run that a session looks at.

    Attributes:
        record: None if what is chosen has not been run.
        said: a sentence on how it stands to what is there now; empty if it is the run of that.
        other: a run to look at instead: of what is there now, or the last one.
    """

    record: RunRecord | None = None
    said: str = ""
    other: RunRecord | None = None


def shown(store: Store, listing: Listing) -> Shown:
    """The run that was opened, or else the stored run of what is chosen: of the prompt and data that are there now."""
    view = session.view_state()
    opened = listing.find(view.run_id)
    if opened is not None:
        return _opened(opened, store)
    try:
        current = current_run_for(clamped(checked(view.spec), store), store)
    except BlindspotError:
        return Shown()
    job = Jobs(store).get(view.job_id or 0)
    run_of_job = listing.find(job.run_id) if job else None
    if current.record is not None:
        if current.record != run_of_job:
            view.choose(view.spec)
        said = f"{current.unread} What is shown is the last run of it." if current.unread else ""
        return Shown(current.record, said)
    if current.last is None:
        return Shown(None, current.unread)
    if run_of_job is not None:  # something was written since it was asked for
        return _opened(run_of_job, store)
    return Shown(
        None, f"This has not been run yet: {_have(current.changed)} changed since the last run of it.", current.last
    )


def clamped(chosen: RunSpec, store: Store) -> RunSpec:
    """N no larger than the split, where its size is known: the same run must be found under either number."""
    size = split_size(chosen.task, store)
    return replace(chosen, n=min(chosen.n, size)) if size else chosen


def _opened(record: RunRecord, store: Store) -> Shown:
    changed = changed_since(record, store) if record.kind.can_run else ()
    if not changed:
        return Shown(record)
    now = current_run_for(clamped(record.spec, store), store).record
    what = _have(changed)
    do = "" if now else " “Run”, on the overview, takes what is there now."
    return Shown(record, f"{what[:1].upper()}{what[1:]} changed since this run was made.{do}", now)


def _have(things: tuple[str, ...]) -> str:
    """`the prompt has`, `the prompt and the data have`."""
    has = "has" if len(things) == 1 and things[0] != "the training examples" else "have"
    return f"{' and '.join(things)} {has}"
