"""Stored completions -> a scored run, findings, filters, comparisons, verdicts.

Calls no model and never imports predictors. Imports metrics, store and tasks.
"""

from evalcore.analysis.class_table import (
    CLASS_ORDERS,
    CLASS_SCORES,
    LABEL_STATUSES,
    LabelStatus,
    class_table,
    labels_with,
    overall_row,
    sorted_table,
)
from evalcore.analysis.compared_scores import SHARES, ClassRows, MetricRow
from evalcore.analysis.comparison import Comparison, compare
from evalcore.analysis.difference import changes, decisions, prompt_diff
from evalcore.analysis.filters import (
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
from evalcore.analysis.label_order import OrderEffect, order_effect
from evalcore.analysis.matrix_filters import cell_of_filter, filter_of_cell
from evalcore.analysis.other_runs import other_answers
from evalcore.analysis.reference_accuracies import Reference, references
from evalcore.analysis.scored_run import OUTCOMES, ScoredExample, ScoredRun, ranked_labels, score_run
from evalcore.analysis.sweep import FEWEST_RUNS, MOST_RUNS, Sweep, gather, sweep_as_json
from evalcore.analysis.verdicts import Verdict, shared_note, verdict, verdict_as_json

__all__ = [
    "CLASS_ORDERS",
    "CLASS_SCORES",
    "FEWEST_RUNS",
    "LABEL_STATUSES",
    "LENGTHS",
    "MENTIONS",
    "MOST_RUNS",
    "OUTCOMES",
    "OUTCOME_GROUPS",
    "SHARES",
    "ClassRows",
    "Comparison",
    "Filter",
    "Finding",
    "LabelStatus",
    "Mask",
    "MetricRow",
    "OrderEffect",
    "Reference",
    "ScoredExample",
    "ScoredRun",
    "Selected",
    "Sweep",
    "Verdict",
    "cell_of_filter",
    "changes",
    "class_table",
    "compare",
    "decisions",
    "filter_of_cell",
    "find",
    "gather",
    "labels_with",
    "mentions",
    "order_effect",
    "other_answers",
    "overall_row",
    "prompt_diff",
    "ranked_labels",
    "references",
    "score_run",
    "search",
    "select",
    "shared_note",
    "sorted_table",
    "sweep_as_json",
    "verdict",
    "verdict_as_json",
]
