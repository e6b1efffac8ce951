"""What is found in a run, as it stands on its first page."""

from __future__ import annotations

import streamlit as st

from evalcore.analysis import Calibration, Finding, LabelProbabilities, ScoredRun
from evalcore.output import findings_of
from evalcore.store import Store
from pages.parts.shell.cached.limits import COUNTED_UP_TO, MAX_CACHED
from pages.parts.shell.cached.once import Stamp, stamp_of
from pages.parts.shell.cached.scored import calibration_of, probabilities_of
from pages.parts.shell.cached.stored import runs_on_sample


def findings_for(store: Store, scored: ScoredRun) -> list[Finding]:
    """The scored run's findings, kept until another run on its sample is there to compare with."""
    return _findings(store, scored, stamp_of(scored), others_on_sample(store, scored))


def others_on_sample(store: Store, scored: ScoredRun) -> tuple[str, ...]:
    """The runs with which a run's findings compare it."""
    return tuple(record.run_id for record in runs_on_sample(store, scored.record.sample_id))


@st.cache_resource(max_entries=MAX_CACHED, show_spinner=False)
def _findings(_store: Store, _scored: ScoredRun, stamp: Stamp, others: tuple[str, ...]) -> list[Finding]:
    return findings_of(_store, _scored, _sure_of)


def _sure_of(scored: ScoredRun) -> tuple[LabelProbabilities, Calibration] | None:
    """For the findings, on the first page that one sees: those of a very large run would take half a minute. Its
    Confidence page and its report on the command line have them."""
    probabilities = probabilities_of(scored) if len(scored.answers) <= COUNTED_UP_TO else None
    return None if probabilities is None else (probabilities, calibration_of(scored))
