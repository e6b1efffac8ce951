"""A scored run -> the probability of every label for every answer, and what these say of each answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis.scored_run import ScoredRun
from evalcore.metrics import UNPARSED, Counts, Floats
from evalcore.store import (
    CHOOSING,
    LabelReference,
    LabelScore,
    RunRecord,
    load_label_logprobs,
    log_probabilities,
)

Rows = NDArray[np.intp]

_BLOCK_VALUES = 2_000_000
"""Probabilities computed at a time."""


@dataclass(frozen=True)
class LabelProbabilities:
    """The probabilities of a run's labels, and what they say of each answer.

    All arrays are of shape (n_completed,), in the order of `ScoredRun.positions`. What cannot be had is NaN, or -1 for
    a label code, or 0 for a rank: nothing is known of an answer whose prompt did not fit, say, and of an imported one
    with only a confidence no other label's probability.

    Attributes:
        scored: the run.
        score: what its labels are ranked by.
        logprobs: shape (n_completed, n_labels), as they are stored, in the task's order; possibly a mapped file.
        complete: whether the probability of every label is known.
        confidence: probability of the predicted label, in [0, 1]. NaN for an unparsed answer.
        runner_up: code of the most probable label beside the predicted one.
        margin: confidence less the runner-up's probability; negative where the prediction is not the most probable.
        entropy: of the distribution over the labels, in bits.
        true_probability: probability of the true label; `log_true_probability` its natural logarithm, also where the
            probability itself is too small for a number.
        true_rank: 1 where the true label is the most probable one, 2 where it is second, ... Of equally probable labels
            the first in the task's order goes first.
        squared_error: sum over the labels of (probability - 1 if it is the true one else 0) squared, in [0, 2].
        mass: probability of all labels together among everything that the model could have answered.
    """

    scored: ScoredRun
    score: LabelScore
    logprobs: NDArray[np.float32]
    complete: NDArray[np.bool_]
    confidence: Floats
    runner_up: Counts
    margin: Floats
    entropy: Floats
    true_probability: Floats
    log_true_probability: Floats
    true_rank: Counts
    squared_error: Floats
    mass: Floats

    @property
    def known(self) -> NDArray[np.bool_]:
        """Whether the confidence is known."""
        return ~np.isnan(self.confidence)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether the prediction is the true label."""
        right: NDArray[np.bool_] = self.scored.y_pred == self.scored.y_true
        return right

    def of_rows(self, rows: Rows | slice) -> Floats:
        """The probabilities of these answers, shape (n_rows, n_labels); rows that are `complete` sum to 1."""
        return np.exp(log_probabilities(self.logprobs[rows], _ranking(self.scored.record), self.score))

    def blocks(self, rows: Rows | None = None) -> Iterator[tuple[Rows, Floats]]:
        """Rows and their probabilities, so many at a time that a run of any size takes little memory.

        Args:
            rows: all where it is not given.
        """
        rows = np.arange(len(self.logprobs)) if rows is None else rows
        for start in range(0, len(rows), _rows_at_once(self.logprobs.shape[1])):
            some = rows[start : start + _rows_at_once(self.logprobs.shape[1])]
            yield some, self.of_rows(some)


def label_probabilities(scored: ScoredRun) -> LabelProbabilities | None:
    """The probabilities of a run's labels; None if it has none (`why_no_probabilities` says why)."""
    record, n_labels = scored.record, len(scored.labels)
    if why_no_probabilities(scored):
        return None
    logprobs = load_label_logprobs(scored.answers.store, record, scored.columns)
    if logprobs is None:
        return None
    ranking, score = _ranking(record), score_of(record)
    n = len(logprobs)
    complete = np.zeros(n, dtype=bool)
    runner_up, true_rank = np.full(n, UNPARSED), np.zeros(n, dtype=np.int64)
    floats = {
        name: np.full(n, np.nan)
        for name in ("confidence", "margin", "entropy", "true_probability", "log_true_probability", "squared_error",
                     "mass")
    }  # fmt: skip
    codes = np.arange(n_labels)
    for start in range(0, n, _rows_at_once(n_labels)):
        here = slice(start, start + _rows_at_once(n_labels))
        log_shares = log_probabilities(logprobs[here], ranking, score)
        shares = np.exp(log_shares)
        true, predicted = scored.y_true[here], scored.y_pred[here]
        rows = np.arange(len(shares))
        known: NDArray[np.bool_] = np.logical_not(np.isnan(shares).any(axis=1))
        complete[here] = known
        log_true = log_shares[rows, true]
        confidence = np.where(predicted == UNPARSED, np.nan, shares[rows, predicted])
        others = np.where(known[:, None], shares, -1.0)
        others[rows, predicted] = np.where(predicted == UNPARSED, others[rows, predicted], -1.0)
        second = others.argmax(axis=1) if n_labels > 1 else rows * 0
        has_second = known & (n_labels > 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            entropy = -np.where(shares > 0, shares * log_shares, 0).sum(axis=1) / np.log(2)
        before = (log_shares > log_true[:, None]) | ((log_shares == log_true[:, None]) & (codes < true[:, None]))
        floats["confidence"][here] = confidence
        floats["margin"][here] = np.where(has_second, confidence - others[rows, second], np.nan)
        floats["entropy"][here] = np.where(known, entropy + 0.0, np.nan)
        floats["true_probability"][here] = shares[rows, true]
        floats["log_true_probability"][here] = log_true
        floats["squared_error"][here] = np.where(known, (shares**2).sum(axis=1) - 2 * shares[rows, true] + 1, np.nan)
        with np.errstate(over="ignore"):
            floats["mass"][here] = np.where(known, np.exp(logprobs[here].astype(np.float64)).sum(axis=1), np.nan)
        runner_up[here] = np.where(has_second & (predicted != UNPARSED), second, UNPARSED)
        true_rank[here] = np.where(known, 1 + before.sum(axis=1), 0)
    return LabelProbabilities(scored, score, logprobs, complete, runner_up=runner_up, true_rank=true_rank, **floats)


def why_no_probabilities(scored: ScoredRun) -> str:
    """Why a run has no probabilities, and how to have some; empty if it has."""
    record = scored.record
    if not scored.columns.has_label_scores.any():
        if record.kind.gives_label_scores:
            return (
                "This run asked for a free answer, which has no probability of every label. Run it with the decoding"
                " “choose” to see how sure the model is."
            )
        if not record.kind.can_run:
            return (
                "The imported file held no probabilities. Import it with a column of probabilities for each label, or"
                " with one column “confidence”."
            )
        if record.kind.is_baseline:
            return f"The baseline {record.spec.model} gave no probabilities in this run."
        return f"A {record.kind.name} does not give the probability of every label. Choose a model on this machine."
    if score_of(record) != "summed" and record.label_reference is None:
        return (
            "This run was stored by an older version, which did not keep what its ranking of labels needs."
            " Run it again to see how sure the model is."
        )
    return ""


def score_of(record: RunRecord) -> LabelScore:
    """What a run's labels are ranked by."""
    return CHOOSING.get(record.spec.decoding, "summed")


def _ranking(record: RunRecord) -> LabelReference | None:
    """The label reference in the task's order; None if the run has none."""
    stored = record.label_reference
    if stored is None:
        return None
    place = {label: at for at, label in enumerate(record.label_order)}
    order = [place[label] for label in record.labels]
    return LabelReference(
        tuple(stored.tokens[at] for at in order),
        {text: tuple(scores[at] for at in order) for text, scores in stored.content_free.items()},
    )


def _rows_at_once(n_labels: int) -> int:
    return max(1, _BLOCK_VALUES // max(1, n_labels))
