"""Findings from a comparison with a baseline on the same sample."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evalcore.analysis.findings.finding import Finding, positions_of
from evalcore.analysis.scored_run import RIGHT, ScoredRun
from evalcore.metrics import LEVEL, mcnemar_p
from evalcore.wording import counted, p_value, percent


def baseline_does_as_well(run: ScoredRun, baseline: ScoredRun) -> Iterator[Finding]:
    """A baseline on the same examples that the run is not clearly better than."""
    _, mine, theirs = np.intersect1d(run.positions, baseline.positions, assume_unique=True, return_indices=True)
    if not len(mine):
        return
    ours_right, theirs_right = run.outcomes[mine] == RIGHT, baseline.outcomes[theirs] == RIGHT
    only_ours, only_theirs = int((ours_right & ~theirs_right).sum()), int((theirs_right & ~ours_right).sum())
    p = mcnemar_p(only_ours, only_theirs)
    if only_ours > only_theirs and p < LEVEL:
        return
    ours, other = float(ours_right.mean()), float(theirs_right.mean())
    name = {
        "majority": "Always predicting the most frequent label",
        "tfidf": "TF-IDF with a linear classifier",
    }.get(baseline.record.spec.model, baseline.record.spec.model)
    clearly = p < LEVEL
    yield Finding(
        "baseline_does_as_well",
        f"{name} gets {percent(other)} on the same {counted(len(mine), 'example')}, this model {percent(ours)}"
        + (": the baseline does better." if clearly else ": no difference that this sample could show."),
        f"{counted(only_theirs, 'example')} only the baseline gets right, {only_ours:,} only this model "
        f"(exact McNemar {p_value(p)}).",
        75 + 20 * (other - ours) if clearly else 60,
        {
            "baseline": baseline.record.spec.model,
            "baseline_accuracy": other,
            "accuracy": ours,
            "mcnemar_p": p,
        },
        positions_of(run, mine[theirs_right & ~ours_right]),
        opens=f"{counted(only_theirs, 'example')} only the baseline gets right",
    )
