"""Findings about single labels: which are predicted too often, never, or never rightly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evalcore.analysis.findings.finding import Finding, positions_of, quoted_labels
from evalcore.analysis.scored_run import WRONG, ScoredRun
from evalcore.metrics import effective_labels, never_predicted, over_predicted, zero_recall
from evalcore.wording import counted, figure, percent

COLLAPSED = 0.7
"""Label variety of the answers, as a share of that of the examples, below which answers have collapsed."""


def collapse(run: ScoredRun) -> Iterator[Finding]:
    """Answers that fall on few labels, compared with the labels of the examples."""
    s = run.scores
    true_labels = effective_labels(run.per_class.support)
    if not s.effective_labels < COLLAPSED * true_labels or s.labels_present < 3:
        return
    top = run.names(list(s.favourites))
    one = len(top) == 1
    wrongly = np.isin(run.y_pred, s.favourites) & (run.outcomes == WRONG)
    among = sum(int(run.per_class.support[code]) for code in s.favourites)
    yield Finding(
        "collapse",
        f"{percent(s.favourites_share)} of the answers are {'one label' if one else 'two labels'}: "
        f"{quoted_labels(top)}, which {'is' if one else 'are'} {percent(among / s.n)} of the examples.",
        f"The answers are as varied as {figure(s.effective_labels, 1)} equally frequent labels, the examples as "
        f"{figure(true_labels, 1)}. The accuracy depends on how often {'it happens' if one else 'they happen'} to "
        "occur.",
        55 + 40 * (1 - s.effective_labels / true_labels),
        {
            "favourites_share": s.favourites_share,
            "favourites_true_share": among / s.n,
            "effective_labels": s.effective_labels,
            "effective_true_labels": true_labels,
        },
        positions_of(run, wrongly),
        tuple(top),
        opens=f"{counted(int(wrongly.sum()), 'wrong answer')} with the top {'label' if one else '2 labels'}",
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
    of_them = f"All {counted(examples, 'example')} of {'it' if len(labels) == 1 else 'them'} are wrong or unparsed"
    lost = "Its one example is wrong or unparsed" if examples == 1 else of_them
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
    its = "its" if len(labels) == 1 else "their"
    yield Finding(
        "zero_recall",
        f"{counted(len(labels), 'label')} {'is' if len(labels) == 1 else 'are'} predicted, but never for {its} own "
        f"{'example' if examples == 1 else 'examples'}: {quoted_labels(labels)}.",
        f"Not one of {counted(examples, 'example')} is right."
        if examples > 1
        else "Its one example is wrong or unparsed.",
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
    yield Finding(
        "over_predicted",
        f"“{label}” is over-predicted: it was predicted {predicted:,} times and is the true label of "
        f"{counted(support, 'example')}.",
        f"{f'Only {right:,}' if right else 'None'} of these answers {'is' if right < 2 else 'are'} right.{others}",
        25 + 60 * predicted / run.scores.n,
        {"predicted": predicted, "support": support, "labels": len(codes)},
        positions_of(run, (run.y_pred == code) & (run.outcomes == WRONG)),
        tuple(run.names(codes)),
        opens=f"{counted(predicted - right, 'wrong answer')} with the most over-predicted label",
        opens_labels=counted(len(codes), "over-predicted label"),
    )
