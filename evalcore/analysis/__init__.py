"""Stored completions -> what they say: a scored run, findings, filters, comparisons, verdicts.

Calls no model and never imports predictors. Imports metrics, store and tasks.
"""

from evalcore.analysis.comparison import SHARES, ClassRows, Comparison, MetricRow, compare
from evalcore.analysis.comparison_words import (
    better_words,
    interval_words,
    label_note,
    labels_by_change,
    metric_interval_words,
    metric_words,
)
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
from evalcore.analysis.findings import Finding, counted, figure, find, percent
from evalcore.analysis.other_runs import OtherAnswer, other_answers
from evalcore.analysis.outcome_counts import outcome_words
from evalcore.analysis.ranked_confusions import RankedConfusion, count_confusions, ranked_confusions
from evalcore.analysis.reference_accuracies import Reference, references
from evalcore.analysis.running_score import RunningScore
from evalcore.analysis.scored_run import OUTCOMES, ScoredExample, ScoredRun, outcome_of, ranked_labels, score_run
from evalcore.analysis.sweep import OrderEffect, Sweep, gather, order_effect, sweep_as_json
from evalcore.analysis.verdicts import MINUS, p_value, points, shared_note, signed, verdict, verdict_as_json

__all__ = [
    "FEW",
    "LENGTHS",
    "MENTIONS",
    "MINUS",
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
    "OtherAnswer",
    "RankedConfusion",
    "Reference",
    "RunningScore",
    "ScoredExample",
    "ScoredRun",
    "Selected",
    "Sweep",
    "better_words",
    "changes",
    "compare",
    "count_confusions",
    "counted",
    "decisions",
    "figure",
    "find",
    "gather",
    "interval_words",
    "label_note",
    "labels_by_change",
    "mentions",
    "metric_interval_words",
    "metric_words",
    "order_effect",
    "other_answers",
    "outcome_of",
    "outcome_words",
    "p_value",
    "percent",
    "points",
    "prompt_diff",
    "ranked_confusions",
    "ranked_labels",
    "references",
    "score_run",
    "search",
    "select",
    "shared_note",
    "signed",
    "sweep_as_json",
    "verdict",
    "verdict_as_json",
]
