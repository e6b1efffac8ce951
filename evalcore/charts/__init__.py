"""Numbers -> figures. No streamlit, no store.

Imports analysis for its types, and metrics.
"""

from evalcore.charts.classes import (
    SCORES,
    SORTS,
    STANDINGS,
    Standing,
    class_chart,
    class_table,
    members,
    overall_row,
    sorted_table,
)
from evalcore.charts.comparison import (
    MatrixKind,
    label_order_chart,
    matrix_cells,
    matrix_spec,
    reference_lines,
    sample_size_chart,
    variants_chart,
)
from evalcore.charts.heat_map import WIDE_FROM, cell_of, cells, filter_of, heatmap, height_of, top_of
from evalcore.charts.single import DARK, LIGHT, Theme

__all__ = [
    "DARK",
    "LIGHT",
    "SCORES",
    "SORTS",
    "STANDINGS",
    "WIDE_FROM",
    "MatrixKind",
    "Standing",
    "Theme",
    "cell_of",
    "cells",
    "class_chart",
    "class_table",
    "filter_of",
    "heatmap",
    "height_of",
    "label_order_chart",
    "matrix_cells",
    "matrix_spec",
    "members",
    "overall_row",
    "reference_lines",
    "sample_size_chart",
    "sorted_table",
    "top_of",
    "variants_chart",
]
