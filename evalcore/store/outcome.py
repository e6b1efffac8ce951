"""The outcome of one attempt at a run."""

from __future__ import annotations

from dataclasses import dataclass

from evalcore.store.run_record import RunRecord


@dataclass(frozen=True)
class Outcome:
    """The outcome of one attempt at a run.

    Attributes:
        record: the run as stored afterwards.
        predicted_now, from_cache: completions computed by this attempt; found in the store.
        seconds, load_seconds: time spent predicting; loading the model.
        complete: whether no example is missing.
    """

    record: RunRecord
    predicted_now: int
    from_cache: int
    seconds: float
    load_seconds: float
    complete: bool
