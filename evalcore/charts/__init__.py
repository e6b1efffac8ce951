"""Numbers -> figures: arrays, labels and metrics go in, Vega-Lite charts and ECharts specifications come out.

Knows no runs, stores or pages. Imports metrics.
"""

from evalcore.charts.calibration_charts import confidence_histogram, label_confidence_chart, reliability_diagram
from evalcore.charts.cost_chart import DIRECTIONS, CostBar, cost_chart, review_chart
from evalcore.charts.dendrogram import dendrogram
from evalcore.charts.figure_style import specification
from evalcore.charts.frontier_chart import FrontierMark, frontier_chart
from evalcore.charts.heat_map import cells, heatmap, height_of
from evalcore.charts.label_charts import class_chart, predicted_against_true
from evalcore.charts.label_names import shortened
from evalcore.charts.label_order import label_order_chart
from evalcore.charts.label_set_charts import set_coverage_chart, set_size_chart
from evalcore.charts.ladder_chart import Rung, ladder_chart
from evalcore.charts.live_charts import top_labels, word_effects
from evalcore.charts.merge_path_chart import merge_path_chart
from evalcore.charts.mix_chart import mix_chart, mix_scores_chart
from evalcore.charts.pair_matrix import MatrixKind, matrix_cells, matrix_spec
from evalcore.charts.picking import PICKED, Item
from evalcore.charts.probability_chart import probability_chart
from evalcore.charts.risk_coverage_chart import CoverageCurve, risk_coverage_chart
from evalcore.charts.run_charts import reference_lines, variants_chart, verdict_chart
from evalcore.charts.running_chart import running_chart
from evalcore.charts.sample_size import sample_size_chart
from evalcore.charts.scores_chart import scores_chart
from evalcore.charts.small_matrix import small_matrix
from evalcore.charts.stills import STILL_WIDTH, matrix_chart, pair_matrix_chart, still
from evalcore.charts.theme import DARK, LIGHT, RUN_A, RUN_B, Theme

__all__ = [
    "DARK",
    "DIRECTIONS",
    "LIGHT",
    "PICKED",
    "RUN_A",
    "RUN_B",
    "STILL_WIDTH",
    "CostBar",
    "CoverageCurve",
    "FrontierMark",
    "Item",
    "MatrixKind",
    "Rung",
    "Theme",
    "cells",
    "class_chart",
    "confidence_histogram",
    "cost_chart",
    "dendrogram",
    "frontier_chart",
    "heatmap",
    "height_of",
    "label_confidence_chart",
    "label_order_chart",
    "ladder_chart",
    "matrix_cells",
    "matrix_chart",
    "matrix_spec",
    "merge_path_chart",
    "mix_chart",
    "mix_scores_chart",
    "pair_matrix_chart",
    "predicted_against_true",
    "probability_chart",
    "reference_lines",
    "reliability_diagram",
    "review_chart",
    "risk_coverage_chart",
    "running_chart",
    "sample_size_chart",
    "scores_chart",
    "set_coverage_chart",
    "set_size_chart",
    "shortened",
    "small_matrix",
    "specification",
    "still",
    "top_labels",
    "variants_chart",
    "verdict_chart",
    "word_effects",
]
