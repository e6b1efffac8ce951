"""Stored completions -> what they say: a scored run, findings, filters, comparisons, verdicts.

Calls no model and never imports predictors. Imports metrics, store and tasks.
"""

from evalcore.analysis.comparison import SHARES, ClassRows, Comparison, MetricRow, compare
from evalcore.analysis.difference import changes, decisions, prompt_diff
from evalcore.analysis.filters import (
    FEW,
    LENGTHS,
    MENTIONS,
    OUTCOME_GROUPS,
    Filter,
    Mask,
    Selected,
    mentions,
    search,
    select,
)
from evalcore.analysis.findings import Finding, find
from evalcore.analysis.other_runs import other_answers
from evalcore.analysis.reference_accuracies import Reference, references
from evalcore.analysis.scored_run import OUTCOMES, ScoredExample, ScoredRun, ranked_labels, score_run
from evalcore.analysis.sweep import OrderEffect, Sweep, gather, order_effect, sweep_as_json
from evalcore.analysis.verdicts import shared_note, verdict, verdict_as_json

__all__ = [
    "FEW",
    "LENGTHS",
    "MENTIONS",
    "OUTCOMES",
    "OUTCOME_GROUPS",
    "SHARES",
    "ClassRows",
    "Comparison",
    "Filter",
    "Finding",
    "Mask",
    "MetricRow",
    "OrderEffect",
    "Reference",
    "ScoredExample",
    "ScoredRun",
    "Selected",
    "Sweep",
    "changes",
    "compare",
    "decisions",
    "find",
    "gather",
    "mentions",
    "order_effect",
    "other_answers",
    "prompt_diff",
    "ranked_labels",
    "references",
    "score_run",
    "search",
    "select",
    "shared_note",
    "sweep_as_json",
    "verdict",
    "verdict_as_json",
]
