"""What a run was planned to take, as it is kept with the run: parts of its metadata, which decide nothing."""

from __future__ import annotations

from evalcore.store.run_record import RunRecord
from evalcore.wording import lasting

_SECONDS, _PREDICTIONS, _EFFORT, _ON = "planned seconds", "planned predictions", "planned effort", "planned on"


def planned_metadata(*, seconds: float, predictions: int, effort: float, on: str) -> dict[str, str]:
    """What is kept of a plan.

    Args:
        seconds: that predicting will take.
        predictions: how many there are.
        effort: what the time is proportional to between runs of one model.
        on: the device.
    """
    return {_SECONDS: f"{seconds:.3g}", _PREDICTIONS: str(predictions), _EFFORT: f"{effort:.6g}", _ON: on}


def planned_seconds(record: RunRecord, predicted: int) -> float | None:
    """How long some of a run's predictions were planned to take; None if it was not planned, or there are none.

    A run that was stopped and resumed has the plan of what was missing then: it is scaled to what is asked for, so that
    like is compared with like. One that several workers went on with has no plan: it was of one process.

    Args:
        predicted: how many.
    """
    each = _each(record, _SECONDS) if "workers" not in record.metadata else None
    return each * predicted if each is not None and predicted else None


def planned_and_taken(record: RunRecord) -> str:
    """`planned 3.0 s, took 2.6 s`, of all predictions of a run; empty if it was not planned, or nothing was predicted.

    Loading the model is in neither: where it is loaded already, that takes no time.
    """
    planned = planned_seconds(record, record.predicted)
    return f"planned {lasting(planned)}, took {lasting(record.seconds)}" if planned else ""


def planned_effort(record: RunRecord) -> tuple[float, str] | None:
    """What the time of one prediction is proportional to, and the device; None if the run was not planned."""
    each = _each(record, _EFFORT)
    return (each, record.metadata.get(_ON, "")) if each else None


def _each(record: RunRecord, total: str) -> float | None:
    """A planned total of a run for each of its predictions."""
    try:
        return float(record.metadata[total]) / int(record.metadata[_PREDICTIONS])
    except (KeyError, ValueError, ZeroDivisionError):
        return None
