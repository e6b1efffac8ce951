"""How much must a person check? Risk, coverage, and a threshold that is verified on examples that did not choose it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis import LabelProbabilities, ScoredRun
from evalcore.deciding.answer import Rows
from evalcore.deciding.review_found import FoundReview, LabelReview, ReviewAsked
from evalcore.deciding.review_signals import Indices, Prepared, prepare
from evalcore.deciding.review_tables import as_json, tables
from evalcore.deciding.review_words import sentences
from evalcore.metrics import Counts, Floats, holm
from evalcore.metrics.decisions.promise import (
    Checked,
    chance_of_as_many,
    checked,
    group_steps,
    lower_bound,
    predicted_often,
)


class Review(FoundReview):
    """The answer for one run."""

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """The answer in words."""
        return sentences(self)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return as_json(self) | {"sentences": list(self.sentences)}

    def tables(self) -> Mapping[str, Rows]:
        """The curve, the signals, and the labels if each has a threshold."""
        return tables(self)


def review(
    scored: ScoredRun, probabilities: LabelProbabilities | None, asked: ReviewAsked, others: Sequence[ScoredRun] = ()
) -> Review:
    """How much of a run's answers a person must check.

    Args:
        others: scored runs whose agreement with this one may be the signal: those of `asked.agreeing`.

    Raises:
        SpecError: if one of the others has other labels, or no example in common with this run.
    """
    return review_of(prepare(scored, probabilities, others), asked)


def review_of(prepared: Prepared, asked: ReviewAsked) -> Review:
    """The same of a run that is prepared: what a moved slider takes."""
    signal = asked.signal if asked.signal in prepared.certainty else next(iter(prepared.certainty), "")
    n_labels, target = len(prepared.scored.labels), asked.target / 100
    nowhere = np.full(n_labels, np.inf)
    if not signal:
        return Review(prepared, asked, "", None, False, None, nowhere, ())
    own = _labels_with_own(prepared, signal, target) if asked.per_label else np.zeros(n_labels, dtype=bool)
    group = np.where(own, np.arange(n_labels), n_labels)  # the last group is that of all other labels
    half = prepared.choosing
    steps = group_steps(
        prepared.certainty[signal][half], prepared.right[half], group[prepared.predicted[half]], n_labels + 1
    )
    promising, estimated = steps.promising(target)[group], steps.estimated(target)[group]
    promised, estimate = (
        _checked(prepared, signal, each) if np.isfinite(each).any() and len(prepared.checking) else None
        for each in (promising, estimated)
    )
    verified = promised is not None and promised.keeps(target)
    thresholds = promising if verified else estimated if estimate else nowhere
    labels = _label_reviews(prepared, signal, thresholds, own, target) if asked.per_label else ()
    return Review(prepared, asked, signal, promised, verified, estimate, thresholds, labels)


def _checked(prepared: Prepared, signal: str, thresholds: Floats) -> Checked:
    half = prepared.checking
    automatic = prepared.automatic(signal, thresholds)[half]
    return checked(automatic, prepared.right[half], prepared.true[half], prepared.design)


def _labels_with_own(prepared: Prepared, signal: str, target: float) -> NDArray[np.bool_]:
    choosing, checking = (_predicted(prepared, signal, half) for half in (prepared.choosing, prepared.checking))
    return predicted_often((choosing, checking), len(prepared.scored.labels), target)


def _predicted(prepared: Prepared, signal: str, rows: Indices) -> Counts:
    """The predicted labels of those of these answers of which the signal is known."""
    return prepared.predicted[rows[~np.isnan(prepared.certainty[signal][rows])]]


def _label_reviews(
    prepared: Prepared, signal: str, thresholds: Floats, own: NDArray[np.bool_], target: float
) -> tuple[LabelReview, ...]:
    n_labels, half = len(thresholds), prepared.checking
    automatic = half[prepared.automatic(signal, thresholds)[half]]
    answered = np.bincount(prepared.predicted[automatic], minlength=n_labels)
    right = np.bincount(prepared.predicted[automatic], prepared.right[automatic], minlength=n_labels).astype(np.int64)
    tested = np.flatnonzero(own & np.isfinite(thresholds))
    adjusted = np.full(n_labels, np.nan)
    adjusted[tested] = holm(chance_of_as_many(right[tested], answered[tested], target).tolist())
    columns = (
        own,
        thresholds,
        *(np.bincount(_predicted(prepared, signal, rows), minlength=n_labels) for rows in (prepared.choosing, half)),
        answered,
        right,
        lower_bound(right, answered),
        adjusted,
    )
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return tuple(LabelReview(code, *row) for code, row in enumerate(rows))
