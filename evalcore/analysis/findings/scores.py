"""Findings about the scores: what accuracy, micro- and macro-F1 say about each other, and how precise they are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evalcore.analysis.findings.finding import Finding, positions_of
from evalcore.analysis.scored_run import RIGHT, ScoredRun
from evalcore.metrics import wilson
from evalcore.wording import counted, percent

WIDE = 0.3
"""Median width of a label's 95 % recall interval above which labels cannot be ranked."""
CARRIED = 0.08
"""Accuracy minus macro-F1 above which frequent labels are said to carry the accuracy."""


def carried_by_frequent_labels(run: ScoredRun) -> Iterator[Finding]:
    """An accuracy that is far above macro-F1."""
    s = run.scores
    gap = s.accuracy - s.macro_f1_present
    if not gap > CARRIED:
        return
    yield Finding(
        "carried_by_frequent_labels",
        f"Accuracy is {percent(s.accuracy)}, but macro-F1 over the {counted(s.labels_present, 'label')} in the sample "
        f"is {percent(s.macro_f1_present)}.",
        "A few labels carry the accuracy; for most labels the model is worse than it says.",
        50 + 100 * gap,
        {"accuracy": s.accuracy, "macro_f1_present": s.macro_f1_present, "gap": gap},
        positions_of(run, run.outcomes != RIGHT),
        opens=f"{counted(s.n - s.correct, 'example')} wrong or unparsed",
        opens_labels=f"{counted(s.labels_present, 'label')} by F1",
    )


def too_uncertain_to_rank(run: ScoredRun) -> Iterator[Finding]:
    """Too few examples per label for a ranking of the labels."""
    present = run.per_class.support > 0
    support, right = run.per_class.support[present], run.per_class.true_positives[present]
    if len(support) < 2:
        return
    low, high = wilson(right, support)
    width = float(np.median(high - low))
    if width <= WIDE:
        return
    overlapping = [(low[i] <= high[j]) and (low[j] <= high[i]) for i in range(len(low)) for j in range(i)]
    share = float(np.mean(overlapping))
    median = int(np.median(support))
    yield Finding(
        "too_uncertain_to_rank",
        f"Half of the labels have {counted(median, 'example')} or fewer, so the 95 % interval of a label's "
        f"recall is typically {100 * width:.0f} points wide.",
        f"The intervals of {percent(share)} of all pairs of labels overlap: ranking labels by score is mostly chance.",
        20 + 25 * width,
        {"median_support": median, "median_interval_width": width, "overlapping_pairs": share},
        positions_of(run),
        opens=f"{counted(run.scores.n, 'example')} of this sample",
        opens_labels=f"{counted(len(support), 'label')} with their intervals",
    )


def micro_f1_says_nothing_new(run: ScoredRun) -> Iterator[Finding]:
    """Micro-F1 that is equal to the accuracy."""
    s = run.scores
    if s.unparsed:
        return
    yield Finding(
        "micro_f1_says_nothing_new",
        f"Micro-F1 is the accuracy again, {percent(s.accuracy)}: every answer is one of the labels.",
        "Each wrong answer is one false positive and one false negative, so the two are always equal. Quote one.",
        8,
        {"accuracy": s.accuracy, "micro_f1": s.micro_f1},
        positions_of(run),
        opens=f"{counted(s.n, 'example')} of this sample",
    )
