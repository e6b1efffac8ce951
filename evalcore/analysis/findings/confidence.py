"""Findings about a run's probabilities: whether they can be believed, what they favour, where the true label stands."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis.calibration import Calibration
from evalcore.analysis.calibration_words import CLOSE_TO_CHANCE, auroc_words, over_confidence_words
from evalcore.analysis.filters import CONFIDENT, confident_mistakes, near_misses
from evalcore.analysis.findings.finding import Finding, positions_of, quoted_labels
from evalcore.analysis.label_probabilities import LabelProbabilities
from evalcore.analysis.label_ranking import favoured_by_prior
from evalcore.analysis.scored_run import RIGHT, WRONG
from evalcore.metrics import LEVEL, mcnemar_p, wilson_interval
from evalcore.wording import counted, interval, percent

LEAST_MISTAKES = 10
"""With fewer of them nothing is said about where the true label stands."""
UNSURE = 0.5
"""Confidence below which a right answer counts as unsure."""
FAVOURED = 2
"""Labels that are looked at as favoured before any text is read."""


def not_as_right_as_it_says(p: LabelProbabilities, found: Calibration) -> Iterator[Finding]:
    """A mean confidence that is above, or below, the share of right answers."""
    low, high = found.over_confidence_interval
    over = low > 0
    if not over and not high < 0:
        return
    if over:
        kind, based_on = "over_confident", confident_mistakes(p)
        opens = counted(int(based_on.sum()), "confident mistake")
        meaning = _above(p)
    else:
        kind, based_on = "under_confident", _right(p) & (p.confidence < UNSURE)
        opens = counted(int(based_on.sum()), "unsure right answer")
        meaning = (
            f"{counted(int(based_on.sum()), 'answer is', 'answers are')} right with a confidence below "
            f"{percent(UNSURE)}: do not read it as the probability of being right."
        )
    yield Finding(
        kind,
        over_confidence_words(found),
        meaning,
        min(90.0, 40 + 100 * abs(found.over_confidence)),
        {
            "mean_confidence": found.mean_confidence,
            "accuracy": found.accuracy,
            "over_confidence": found.over_confidence,
            "over_confidence_low": low,
            "over_confidence_high": high,
        },
        positions_of(p.scored, based_on),
        opens=opens if based_on.any() else "",
    )


def _above(p: LabelProbabilities) -> str:
    sure = p.confidence >= CONFIDENT
    n = int(sure.sum())
    if not n:
        return "Its confidence cannot be read as the probability of being right."
    right = percent(float(_right(p)[sure].mean()))
    return (
        f"Of {counted(n, 'answer')} with a confidence of {percent(CONFIDENT)} or more, {right} "
        f"{'is' if n == 1 else 'are'} right: do not read it as the probability of being right."
    )


def does_not_rank(p: LabelProbabilities, found: Calibration) -> Iterator[Finding]:
    """A confidence of which it cannot be shown that it tells right answers from wrong ones."""
    low, high = found.auroc_interval
    if not low <= 0.5:  # also where it is not estimable
        return
    as_sure = (p.scored.outcomes == WRONG) & (p.confidence >= np.median(p.confidence[p.known & _right(p)]))
    finds = "fewer" if high < 0.5 else "hardly more" if high < CLOSE_TO_CHANCE else "perhaps no more"
    n = int(as_sure.sum())
    yield Finding(
        "confidence_does_not_rank",
        auroc_words(found),
        f"Reading the answers of the lowest confidence first would find {finds} mistakes than reading any others.",
        62 if high < CLOSE_TO_CHANCE else 35,
        {"auroc": found.auroc, "auroc_low": low, "auroc_high": high},
        positions_of(p.scored, as_sure),
        opens=f"{counted(n, 'wrong answer')} as sure as half of the right ones" if n else "",
    )


def favoured_without_a_text(p: LabelProbabilities, found: Calibration) -> Iterator[Finding]:
    """Labels that a text without content is answered with, and that are then predicted too often.

    Not of calibrated answers, from which just this is taken out.
    """
    run = p.scored
    labels, prior = favoured_by_prior(run.record)
    if len(labels) <= FAVOURED or p.score == "calibrated":
        return
    top, held = labels[:FAVOURED], float(prior[:FAVOURED].sum())
    codes = [run.labels.index(label) for label in top]
    predicted, true = np.isin(run.y_pred, codes), np.isin(run.y_true, codes)
    more, fewer = int((predicted & ~true).sum()), int((true & ~predicted).sum())
    if more <= fewer or mcnemar_p(more, fewer) >= LEVEL or held <= 2 * FAVOURED / len(labels):
        return
    shares = " and ".join(percent(share) for share in prior[:FAVOURED].tolist())
    wrongly = predicted & (run.outcomes == WRONG)
    yield Finding(
        "favoured_without_a_text",
        f"A text that says nothing is answered {quoted_labels(top)} with {shares}; they are "
        f"{percent(float(predicted.mean()))} of the answers and {percent(float(true.mean()))} of the examples.",
        "The model favours these labels before it has read the text. The decoding “choose-calibrated” takes that out "
        "of the ranking.",
        min(85.0, 45 + 60 * float(predicted.mean() - true.mean())),
        {
            "prior_of_the_two": held,
            "share_of_answers": float(predicted.mean()),
            "share_of_examples": float(true.mean()),
            "mcnemar_p": mcnemar_p(more, fewer),
        },
        positions_of(run, wrongly),
        tuple(top),
        opens=f"{counted(int(wrongly.sum()), 'wrong answer')} with these 2 labels",
        opens_labels="labels by how often they are predicted",
    )


def where_the_true_label_stands(p: LabelProbabilities, found: Calibration) -> Iterator[Finding]:
    """Whether most mistakes have the true label second, so that a better choice between two would mend them, or not."""
    mistakes = (p.scored.outcomes == WRONG) & p.complete
    near = near_misses(p)
    n, second = int(mistakes.sum()), int(near.sum())
    if n < LEAST_MISTAKES or len(p.scored.labels) <= 2:  # of two labels the true one is always the other
        return
    low, high = wilson_interval(second, n)
    if low <= 0.5 <= high:
        return
    in_five = float((p.true_rank[mistakes] <= 5).mean())
    dominate = low > 0.5
    answers = len(p.scored.answers)
    accuracy, reached = p.scored.scores.accuracy, (p.scored.scores.correct + second) / answers
    yield Finding(
        "near_misses_dominate" if dominate else "true_label_not_second",
        f"In {second:,} of {counted(n, 'mistake')} ({percent(second / n)}, 95 % interval {interval((low, high))}) the "
        "true label is the second most probable one.",
        f"A second look at the two most probable labels (a reranker) could lift the accuracy from {percent(accuracy)} "
        f"to at most {percent(reached)}."
        if dominate
        else "A better choice between the first two labels would not mend most mistakes; in "
        f"{percent(in_five)} the true label is among the first five.",
        45 if dominate else 14,
        {
            "mistakes": n,
            "near_misses": second,
            "share": second / n,
            "share_low": low,
            "share_high": high,
            "in_first_five": in_five,
            "accuracy_if_mended": reached,
        },
        positions_of(p.scored, near),
        opens=f"{counted(second, 'mistake')} with the true label second" if second else "",
    )


def _right(p: LabelProbabilities) -> NDArray[np.bool_]:
    return np.asarray(p.scored.outcomes == RIGHT)
