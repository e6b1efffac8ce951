"""One run: scored, in numbers, and what its probabilities are worth."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from evalcore.analysis import Calibration, LabelProbabilities, ScoredRun, calibration, label_probabilities, score_run
from evalcore.metrics import wilson
from evalcore.parse import Scoring
from evalcore.store import Columns, RunRecord, Store, load_columns
from pages.parts.shell.cached import accuracies
from pages.parts.shell.cached.limits import COLUMNS_CACHED, PROBABILITIES_CACHED
from pages.parts.shell.cached.once import Stamp, once, stamp_of
from pages.parts.shell.cached.stored import progress_of


def scored_run_of(store: Store, record: RunRecord, scoring: Scoring) -> ScoredRun:
    """The scored run, kept until it has more completions."""
    scored = _scored_run(store, record.run_id, scoring, progress_of(store, record))
    accuracies.note(record, scoring, scored.scores.accuracy)
    return scored


@dataclass(frozen=True)
class RunFigures:
    """A run in numbers; NaN where undefined.

    Attributes:
        n: predicted so far.
        accuracy, macro_f1, unparsed: shares; macro-F1 is that of the labels in the sample.
        accuracy_interval: 95 %.
    """

    n: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    macro_f1: float
    unparsed: float


def figures_of(store: Store, record: RunRecord, scoring: Scoring) -> RunFigures:
    """A run in numbers, of many more runs than are kept as arrays."""
    found = _figures(store, record.run_id, scoring, progress_of(store, record))
    accuracies.note(record, scoring, found.accuracy)
    return found


def probabilities_of(scored: ScoredRun) -> LabelProbabilities | None:
    """The probabilities of a run's labels, kept until it has more completions; None if it has none."""
    return _probabilities(scored, stamp_of(scored))


def required_probabilities_of(scored: ScoredRun) -> LabelProbabilities:
    """The same of a run that has some.

    Raises:
        ValueError: if it has none.
    """
    found = probabilities_of(scored)
    if found is None:
        raise ValueError(f"run {scored.record.run_id} has no probabilities")
    return found


def calibration_of(scored: ScoredRun) -> Calibration:
    """What the probabilities of a run are worth, computed once. It must have some (`probabilities_of`)."""
    return once(scored, _calibration)


@st.cache_resource(max_entries=COLUMNS_CACHED, show_spinner="Reading the run …")
def _columns(_store: Store, run_id: str, progress: float) -> Columns:
    return load_columns(_store, _store.run(run_id))


@st.cache_resource(max_entries=COLUMNS_CACHED, show_spinner=False)
def _scored_run(_store: Store, run_id: str, scoring: Scoring, progress: float) -> ScoredRun:
    scored = score_run(_store, run_id, scoring, columns=_columns(_store, run_id, progress))
    each = scored.per_class
    shared = (scored.y_true, scored.y_pred, scored.confusion, each.precision, each.recall, each.f1)
    for array in (*shared, each.support, each.predicted, each.true_positives):
        array.setflags(write=False)  # all sessions are given this one object
    return scored


@st.cache_data(max_entries=2000, show_spinner=False)
def _figures(_store: Store, run_id: str, scoring: Scoring, progress: float) -> RunFigures:
    s = score_run(_store, run_id, scoring).scores
    low, high = wilson(s.correct, s.n)
    return RunFigures(s.n, s.accuracy, (float(low), float(high)), s.macro_f1_present, s.unparsed_rate)


@st.cache_resource(max_entries=PROBABILITIES_CACHED, show_spinner="Reading the probabilities …")
def _probabilities(_scored: ScoredRun, stamp: Stamp) -> LabelProbabilities | None:
    return label_probabilities(_scored)


def _calibration(scored: ScoredRun) -> Calibration:
    return calibration(required_probabilities_of(scored))
