"""A scored run -> the probability of every label for every answer, and what these say of each answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis.scored_run import ScoredExample, ScoredRun
from evalcore.metrics import UNPARSED, Counts, Floats
from evalcore.store import CHOOSING, LabelReference, LabelScore, RunRecord, load_label_logprobs, log_probabilities
from evalcore.wording import counted

Rows = NDArray[np.intp]

_BLOCK_VALUES = 2_000_000
"""Probabilities computed at a time."""


@dataclass(frozen=True)
class Certainty:
    """What the probabilities of the labels say of some answers.

    All arrays are of shape (n_answers,). What cannot be had is NaN, or -1 for a label code, or 0 for a rank: nothing is
    known of an answer whose prompt did not fit, say, and of an imported one with only a confidence no other label's
    probability.

    Attributes:
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


@dataclass(frozen=True, kw_only=True)
class LabelProbabilities(Certainty):
    """The probabilities of a run's labels, and what they say of each answer.

    The arrays of `Certainty` are of shape (n_completed,), in the order of `ScoredRun.positions`.

    Attributes:
        scored: the run.
        score: what its labels are ranked by.
        logprobs: shape (n_completed, n_labels), as they are stored, in the task's order; possibly a mapped file.
    """

    scored: ScoredRun
    score: LabelScore
    logprobs: NDArray[np.float32]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether the prediction is the true label."""
        right: NDArray[np.bool_] = self.scored.y_pred == self.scored.y_true
        return right

    def of_rows(self, rows: Rows | slice) -> Floats:
        """The probabilities of these answers, shape (n_rows, n_labels); rows that are `complete` sum to 1."""
        return np.exp(self.log_of_rows(rows))

    def log_of_rows(self, rows: Rows | slice) -> Floats:
        """Their natural logarithms, finite also where a probability is too small for a number."""
        return log_probabilities(self.logprobs[rows], ranking_of(self.scored.record), self.score)

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
    ranking, score = ranking_of(record), score_of(record)
    blocks = []
    for start in range(0, max(1, len(logprobs)), _rows_at_once(n_labels)):
        here = slice(start, start + _rows_at_once(n_labels))
        log_shares = log_probabilities(logprobs[here], ranking, score)
        blocks.append(_certainty(logprobs[here], log_shares, scored.y_true[here], scored.y_pred[here]))
    found = {of.name: np.concatenate([getattr(block, of.name) for block in blocks]) for of in fields(Certainty)}
    return LabelProbabilities(**found, scored=scored, score=score, logprobs=logprobs)


def probabilities_at(scored: ScoredRun, answers: Sequence[ScoredExample]) -> tuple[Floats, Certainty] | None:
    """The same for some answers that are read already, however many the run has.

    Args:
        answers: of the run.

    Returns:
        The probabilities, shape (n_answers, n_labels), and what they say; None if the run has none.
    """
    if why_no_probabilities(scored):
        return None
    record, code_of = scored.record, {label: code for code, label in enumerate(scored.labels)}
    place = {label: at for at, label in enumerate(record.label_order)}
    to_task_order = np.array([place[label] for label in record.labels])
    logprobs = np.full((len(answers), len(record.labels)), np.nan, dtype=np.float32)
    for row, answer in enumerate(answers):
        stored = answer.completion.logprobs
        if len(stored) == len(record.labels):  # else none, or of another list of labels: nothing is known
            logprobs[row] = stored[to_task_order]
    log_shares = log_probabilities(logprobs, ranking_of(record), score_of(record))
    true = np.array([code_of[answer.example.label] for answer in answers], dtype=np.int64)
    predicted = np.array(
        [UNPARSED if answer.predicted is None else code_of[answer.predicted] for answer in answers], dtype=np.int64
    )
    return np.exp(log_shares), _certainty(logprobs, log_shares, true, predicted)


def why_no_probabilities(scored: ScoredRun) -> str:
    """Why a run has no probabilities, and how to have some; empty if it has."""
    record = scored.record
    if not scored.columns.has_label_scores.any():
        if record.kind.gives_label_scores and record.spec.decoding not in CHOOSING:
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
            why = record.metadata.get("probabilities")
            if why:
                return f"The baseline {record.spec.model} gave no probabilities ({why})."
            return (
                f"An older version stored this run of {record.spec.model}, without probabilities."
                " Run it again to see how sure the baseline is."
            )
        if not record.kind.is_remote:
            return "No answer of this run has probabilities: no text fitted the model's context."
        if record.spec.decoding in CHOOSING:
            return (
                "No label was ever among the likeliest first tokens, which are all that this server tells. Use the"
                " prompt “numbered” with at most 9 labels, or serve the model with vLLM."
            )
        return (
            "A free answer of a server has no probability of every label. Run it with the decoding “choose”: vLLM tells"
            " the probability of every label, and other servers of labels that are one token long."
        )
    if score_of(record) != "summed" and record.label_reference is None:
        return (
            "This run was stored by an older version, which did not keep what its ranking of labels needs."
            " Run it again to see how sure the model is."
        )
    return ""


def why_not_all_labels(probabilities: LabelProbabilities) -> str:
    """Why what needs the probability of every label is not shown of a run, and how to have it; empty if it is.

    It is not if no answer has them all; nor if a server told those of some labels only, for the likely ones.

    What needs only the confidence (calibration, confident mistakes) can be had all the same; runner-up, margin,
    entropy, rank of the true label, Brier score, log loss over all labels and label sets cannot.
    """
    complete = probabilities.complete
    if probabilities.scored.record.kind.is_remote and (probabilities.known & ~complete).any():
        some = (
            " The answers that have it are those whose labels are all likely, and no sample." if complete.any() else ""
        )
        return (
            f"The server told the probabilities of {_labels_told(probabilities.logprobs)} for an answer: those among"
            " the likeliest first tokens, which are all that it tells. This needs the probability of every label: serve"
            f" the model with vLLM.{some}"
        )
    if complete.any():
        return ""
    if not probabilities.scored.record.kind.can_run:
        if probabilities.known.any():
            return (
                "The imported file gave the probability of some labels only, such as the predicted one. This needs the"
                " probability of every label: import the file with a column “probability:LABEL” for each label."
            )
        return (
            "No row of the imported file gave the probability of every label. Import it with a column"
            " “probability:LABEL” for each label."
        )
    return "No answer of this run has the probability of every label: no text fitted the model's context, say."


def _labels_told(logprobs: NDArray[np.float32]) -> str:
    """Of how many labels the probability is known: `17 to 20 of 24 labels`."""
    told = np.logical_not(np.isnan(logprobs)).sum(axis=1)
    fewest, most = int(told[told > 0].min()), int(told.max())
    return f"{f'{fewest} to {most}' if fewest < most else most} of {counted(logprobs.shape[1], 'label')}"


def score_of(record: RunRecord) -> LabelScore:
    """What a run's labels are ranked by."""
    return CHOOSING.get(record.spec.decoding, "summed")


def ranking_of(record: RunRecord) -> LabelReference | None:
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


def _certainty(logprobs: NDArray[np.float32], log_shares: Floats, true: Counts, predicted: Counts) -> Certainty:
    """What the probabilities of some rows say.

    Args:
        logprobs, log_shares: shape (n_rows, n_labels).
        true, predicted: label codes, shape (n_rows,); `UNPARSED` is none.
    """
    shares, n_labels, rows = np.exp(log_shares), log_shares.shape[1], np.arange(len(log_shares))
    known: NDArray[np.bool_] = np.logical_not(np.isnan(shares).any(axis=1))
    log_true = log_shares[rows, true]
    confidence = np.where(predicted == UNPARSED, np.nan, shares[rows, predicted])
    others = np.where(known[:, None], shares, -1.0)
    others[rows, predicted] = np.where(predicted == UNPARSED, others[rows, predicted], -1.0)
    second = others.argmax(axis=1) if n_labels > 1 else rows * 0
    has_second = known & (n_labels > 1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        entropy = -np.where(shares > 0, shares * log_shares, 0).sum(axis=1) / np.log(2)
        mass = np.exp(logprobs.astype(np.float64)).sum(axis=1)
    before = (log_shares > log_true[:, None]) | (
        (log_shares == log_true[:, None]) & (np.arange(n_labels) < true[:, None])
    )
    return Certainty(
        complete=known,
        confidence=confidence,
        runner_up=np.where(has_second & (predicted != UNPARSED), second, UNPARSED),
        margin=np.where(has_second, confidence - others[rows, second], np.nan),
        entropy=np.where(known, entropy + 0.0, np.nan),
        true_probability=shares[rows, true],
        log_true_probability=log_true,
        true_rank=np.where(known, 1 + before.sum(axis=1), 0),
        squared_error=np.where(known, (shares**2).sum(axis=1) - 2 * shares[rows, true] + 1, np.nan),
        mass=np.where(known, mass, np.nan),
    )


def _rows_at_once(n_labels: int) -> int:
    return max(1, _BLOCK_VALUES // max(1, n_labels))
