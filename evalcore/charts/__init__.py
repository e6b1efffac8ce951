"""Numbers -> figures: arrays, labels and metrics go in, Vega-Lite charts and ECharts specifications come out.

Knows no runs, stores or pages. Imports metrics.
"""

from evalcore.charts.heat_map import NARROW_WIDTH, WIDE_FROM, cells, heatmap, height_of, top_of
from evalcore.charts.label_charts import class_chart, predicted_against_true
from evalcore.charts.label_order import label_order_chart
from evalcore.charts.matrix_drawing import matrix_height
from evalcore.charts.pair_matrix import MatrixKind, matrix_cells, matrix_spec
from evalcore.charts.run_charts import reference_lines, variants_chart
from evalcore.charts.sample_size import sample_size_chart
from evalcore.charts.scores_chart import scores_chart
from evalcore.charts.small_matrix import small_matrix
from evalcore.charts.theme import DARK, LIGHT, RIGHT, UNPARSED, WRONG, Theme

__all__ = [
    "DARK",
    "LIGHT",
    "NARROW_WIDTH",
    "RIGHT",
    "UNPARSED",
    "WIDE_FROM",
    "WRONG",
    "MatrixKind",
    "Theme",
    "cells",
    "class_chart",
    "heatmap",
    "height_of",
    "label_order_chart",
    "matrix_cells",
    "matrix_height",
    "matrix_spec",
    "predicted_against_true",
    "reference_lines",
    "sample_size_chart",
    "scores_chart",
    "small_matrix",
    "top_of",
    "variants_chart",
]
