"""Findings about single labels: which are answered too often, never, or never rightly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evalcore.analysis.findings.finding import WRONG, Finding, positions_of, quoted_labels
from evalcore.analysis.scored_run import ScoredRun
from evalcore.metrics import effective_labels, never_predicted, over_predicted, zero_recall
from evalcore.wording import counted, percent

COLLAPSED = 0.7
"""Effective predicted labels, as a share of the effective true ones, below which answers have collapsed."""


def collapse(run: ScoredRun) -> Iterator[Finding]:
    """Answers that fall on a few favourite labels, compared with the labels of the examples."""
    s = run.scores
    true_labels = effective_labels(run.per_class.support)
    if not s.effective_labels < COLLAPSED * true_labels or s.labels_present < 3:
        return
    favourites = run.names(list(s.favourites))
    wrongly = np.isin(run.y_pred, s.favourites) & (run.outcomes == WRONG)
    among = sum(int(run.per_class.support[code]) for code in s.favourites)
    yield Finding(
        "collapse",
        f"The answers collapse into favourites: {percent(s.favourites_share)} of them are {quoted_labels(favourites)}, "
        f"which {'is' if len(favourites) == 1 else 'are'} {percent(among / s.n)} of the examples.",
        f"It answers as if there were {s.effective_labels:.1f} equally frequent labels; the examples have "
        f"{true_labels:.1f}. Its accuracy depends on how often the favourites happen to occur.",
        55 + 40 * (1 - s.effective_labels / true_labels),
        {
            "favourites_share": s.favourites_share,
            "favourites_true_share": among / s.n,
            "effective_labels": s.effective_labels,
            "effective_true_labels": true_labels,
        },
        positions_of(run, wrongly),
        tuple(favourites),
        opens=f"{counted(int(wrongly.sum()), 'wrong answer')} with the top {counted(len(favourites), 'label')}",
        opens_labels="labels by how often they are predicted",
    )


def labels_never_predicted(run: ScoredRun) -> Iterator[Finding]:
    """Labels that occur and are never predicted."""
    codes = never_predicted(run.confusion)
    if not len(codes):
        return
    labels = run.names(codes)
    resting = np.isin(run.y_true, codes)
    examples = int(resting.sum())
    s = run.scores
    of_them = f"All {examples} examples of {'it' if len(labels) == 1 else 'them'} are lost"
    lost = "Its one example is lost" if examples == 1 else of_them
    yield Finding(
        "never_predicted",
        f"{counted(len(labels), 'label')} that occur{'s' if len(labels) == 1 else ''} in this sample "
        f"{'was' if len(labels) == 1 else 'were'} never predicted: {quoted_labels(labels)}.",
        f"{lost}, {percent(examples / s.n)} of the sample.",
        30 + 50 * len(labels) / s.labels_present,
        {"labels": len(labels), "labels_present": s.labels_present, "examples": examples},
        positions_of(run, resting),
        tuple(labels),
        opens=f"{counted(examples, 'example')} of labels never predicted",
        opens_labels=f"{counted(len(labels), 'label')} never predicted",
    )


def labels_with_zero_recall(run: ScoredRun) -> Iterator[Finding]:
    """Labels that are predicted, but never for their own examples."""
    codes = zero_recall(run.confusion)
    if not len(codes):
        return
    labels = run.names(codes)
    resting = np.isin(run.y_true, codes)
    examples = int(resting.sum())
    it = "it" if len(labels) == 1 else "they"
    yield Finding(
        "zero_recall",
        f"{counted(len(labels), 'label')} {'is' if len(labels) == 1 else 'are'} predicted, but never where {it} "
        f"should be: {quoted_labels(labels)}.",
        "Its one example was not found." if examples == 1 else f"Not one of {examples} examples was found.",
        28 + 40 * len(labels) / run.scores.labels_present,
        {"labels": len(labels), "examples": examples},
        positions_of(run, resting),
        tuple(labels),
        opens=f"{counted(examples, 'example')} of labels with zero recall",
        opens_labels=f"{counted(len(labels), 'label')} with zero recall",
    )


def labels_over_predicted(run: ScoredRun) -> Iterator[Finding]:
    """Labels that are predicted at least twice as often as they occur."""
    codes = over_predicted(run.confusion)
    if not len(codes):
        return
    code = int(codes[0])
    label, predicted, support = (
        run.labels[code],
        int(run.per_class.predicted[code]),
        int(run.per_class.support[code]),
    )
    others = f" {counted(len(codes) - 1, 'other label')} likewise." if len(codes) > 1 else ""
    right = int(run.per_class.true_positives[code])
    occurs = "once" if support == 1 else f"{support} times"
    yield Finding(
        "over_predicted",
        f"“{label}” absorbs other labels: it was answered {predicted} times and occurs {occurs}.",
        f"Only {right} of these answers {'is' if right == 1 else 'are'} right.{others}",
        25 + 60 * predicted / run.scores.n,
        {"predicted": predicted, "support": support, "labels": len(codes)},
        positions_of(run, (run.y_pred == code) & (run.outcomes == WRONG)),
        tuple(run.names(codes)),
        opens=f"{counted(predicted - right, 'wrong answer')} with the most over-predicted label",
        opens_labels=counted(len(codes), "over-predicted label"),
    )
