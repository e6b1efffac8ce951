"""Stored completions -> a scored run, findings, filters, comparisons, verdicts.

Calls no model and never imports predictors. Imports metrics, store and tasks.
"""

from evalcore.analysis.calibration import (
    Calibration,
    HalfScores,
    LabelCalibration,
    MeanScore,
    TemperatureScaling,
    TopAccuracy,
    calibration,
    calibration_words,
)
from evalcore.analysis.cell_words import cell_figures, cell_title
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
from evalcore.analysis.compared_calibration import ComparedCalibration, compared_calibration
from evalcore.analysis.compared_scores import MetricRow
from evalcore.analysis.comparison import BOTH_WRONG, Comparison, compare
from evalcore.analysis.comparison_words import (
    better_words,
    label_note,
    labels_by_change,
    metric_interval_words,
    metric_words,
)
from evalcore.analysis.difference import changes, decisions, prompt_diff
from evalcore.analysis.filters import (
    BANDS,
    CONFIDENT,
    LENGTHS,
    MENTIONS,
    OF_PROBABILITIES,
    OUTCOME_GROUPS,
    Between,
    Filter,
    Mask,
    Selected,
    confident_mistakes,
    known_fields,
    mentions,
    near_misses,
    search,
    select,
)
from evalcore.analysis.findings import Finding, find
from evalcore.analysis.label_order import OrderEffect, order_effect
from evalcore.analysis.label_probabilities import (
    Certainty,
    LabelProbabilities,
    label_probabilities,
    probabilities_at,
    why_no_probabilities,
    why_not_all_labels,
)
from evalcore.analysis.label_ranking import Ranking, favoured_by_prior, rankings
from evalcore.analysis.matrix_filters import cell_of_filter, filter_of_cell
from evalcore.analysis.other_runs import OtherAnswer, other_answers
from evalcore.analysis.outcome_counts import outcome_words
from evalcore.analysis.ranked_confusions import RankedConfusion, count_confusions, ranked_confusions
from evalcore.analysis.reference_accuracies import Reference, references
from evalcore.analysis.running_score import RunningScore
from evalcore.analysis.scored_run import OUTCOMES, ScoredExample, ScoredRun, outcome_of, ranked_labels, score_run
from evalcore.analysis.side_by_side_words import (
    answer_words,
    changed_words,
    order_effect_words,
    pair_verdict_words,
    pair_words,
    spread_words,
)
from evalcore.analysis.sweep import FEWEST_RUNS, MOST_RUNS, Pair, Sweep, gather, sweep_as_json, sweep_conclusion
from evalcore.analysis.verdicts import Verdict, shared_note, verdict, verdict_as_json

__all__ = [
    "BANDS",
    "BOTH_WRONG",
    "CLASS_ORDERS",
    "CLASS_SCORES",
    "CONFIDENT",
    "FEWEST_RUNS",
    "LABEL_STATUSES",
    "LENGTHS",
    "MENTIONS",
    "MOST_RUNS",
    "OF_PROBABILITIES",
    "OUTCOMES",
    "OUTCOME_GROUPS",
    "Between",
    "Calibration",
    "Certainty",
    "ComparedCalibration",
    "Comparison",
    "Filter",
    "Finding",
    "HalfScores",
    "LabelCalibration",
    "LabelProbabilities",
    "LabelStatus",
    "Mask",
    "MeanScore",
    "MetricRow",
    "OrderEffect",
    "OtherAnswer",
    "Pair",
    "RankedConfusion",
    "Ranking",
    "Reference",
    "RunningScore",
    "ScoredExample",
    "ScoredRun",
    "Selected",
    "Sweep",
    "TemperatureScaling",
    "TopAccuracy",
    "Verdict",
    "answer_words",
    "better_words",
    "calibration",
    "calibration_words",
    "cell_figures",
    "cell_of_filter",
    "cell_title",
    "changed_words",
    "changes",
    "class_table",
    "compare",
    "compared_calibration",
    "confident_mistakes",
    "count_confusions",
    "decisions",
    "favoured_by_prior",
    "filter_of_cell",
    "find",
    "gather",
    "known_fields",
    "label_note",
    "label_probabilities",
    "labels_by_change",
    "labels_with",
    "mentions",
    "metric_interval_words",
    "metric_words",
    "near_misses",
    "order_effect",
    "order_effect_words",
    "other_answers",
    "outcome_of",
    "outcome_words",
    "overall_row",
    "pair_verdict_words",
    "pair_words",
    "probabilities_at",
    "prompt_diff",
    "ranked_confusions",
    "ranked_labels",
    "rankings",
    "references",
    "score_run",
    "search",
    "select",
    "shared_note",
    "sorted_table",
    "spread_words",
    "sweep_as_json",
    "sweep_conclusion",
    "verdict",
    "verdict_as_json",
    "why_no_probabilities",
    "why_not_all_labels",
]
