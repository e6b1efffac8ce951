"""The accuracies that were computed since the server was started: a few bytes a run, while scored runs are let go."""

from __future__ import annotations

import streamlit as st

from evalcore.parse import Scoring
from evalcore.store import RunRecord


def note(record: RunRecord, scoring: Scoring, accuracy: float) -> None:
    """Remember the accuracy of a run that is complete."""
    if record.finished and accuracy == accuracy:
        _all()[_key(record, scoring)] = accuracy


def known(record: RunRecord, scoring: Scoring) -> float | None:
    """The accuracy of a run, if it is known."""
    return _all().get(_key(record, scoring))


def count() -> int:
    """How many are known; another number than before once there is one more."""
    return len(_all())


def _key(record: RunRecord, scoring: Scoring) -> tuple[str, Scoring, float]:
    return record.run_id, scoring, record.finished or 0.0


@st.cache_resource
def _all() -> dict[tuple[str, Scoring, float], float]:
    return {}
