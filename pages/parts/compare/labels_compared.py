"""The compare page, label by label: scores of both, matrices, confusions fixed and introduced."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from evalcore.analysis import Comparison, interval_words, label_note, labels_by_change
from evalcore.charts import MatrixKind, matrix_cells, matrix_spec
from evalcore.metrics import UNPARSED, Floats
from evalcore.wording import MINUS
from pages.parts.compare.pair_examples import examples
from pages.parts.shell.clickable_table import clickable_chart, clickable_table
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown

TABLE_HEIGHT = 460
MATRIX_HEIGHT = 900
VIEWS: tuple[MatrixKind, ...] = ("A", "B", "B − A")


def labels(comparison: Comparison) -> None:
    """F1 or recall of each label under both runs; a row that is clicked opens the label's examples."""
    for title, codes in (
        ("Never predicted any more, though A does predict them", comparison.became_never_predicted),
        ("Predicted again, though A never does", comparison.came_back),
    ):
        if len(codes):
            st.markdown(f"{title}: " + ", ".join(f"**{escape_markdown(comparison.labels[code])}**" for code in codes))
    by = st.segmented_control("Score", ["F1", "recall"], default="F1", required=True, key="labels_by")
    rows = comparison.classes
    if by == "F1":
        of = (rows.f1_a, rows.f1_a_interval, rows.f1_b, rows.f1_b_interval, rows.f1_difference_interval)
    else:
        of = (
            rows.recall_a,
            rows.recall_a_interval,
            rows.recall_b,
            rows.recall_b_interval,
            rows.recall_difference_interval,
        )
    table = _label_table(comparison, *of)
    number = st.column_config.NumberColumn(format="%.1f")
    row = clickable_table(
        table,
        f"labels_{comparison.a.record.run_id}_{comparison.b.record.run_id}_{by}",
        TABLE_HEIGHT,
        {
            "label": st.column_config.TextColumn(pinned=True),
            **dict.fromkeys(("A", "B", f"B {MINUS} A"), number),
        },
    )
    st.caption(
        f"{by} in percent, each with its 95 % interval; with few examples that of a difference is wider than it need "
        "be. Click a column's head to sort, a row to see the label's examples."
    )
    if row is not None:
        code = int(labels_by_change(rows)[row])
        name, support = comparison.labels[code], int(rows.support[code])
        title = f"The one example of {name}" if support == 1 else f"All {support} examples of {name}"
        examples(comparison, f"label:{code}", title)


def matrices(page: Frame, comparison: Comparison) -> None:
    """A, B and the difference under one set of controls; a cell that is clicked opens its examples."""
    left, right = st.columns([1, 2])
    view = left.segmented_control("Matrix", VIEWS, default="B − A", required=True, key="matrix_view")
    unit = right.segmented_control(
        "Colour", ["share of the true label", "examples"], default="share of the true label", required=True, key="unit"
    )
    cells = matrix_cells(
        comparison.confusion_a, comparison.confusion_b, comparison.labels, view, shares=unit != "examples"
    )
    names = f"{comparison.a.record.run_id}_{comparison.b.record.run_id}"
    if view == "B − A":
        st.caption(
            "Orange: B answers so more often than A. Blue: A more often. On the diagonal orange is good, elsewhere "
            "it is bad. Cells that did not change are empty."
        )
    if not len(cells):
        st.info("The two matrices are the same.")
        return
    at = clickable_chart(
        matrix_spec(cells, comparison.labels, view, page.theme),
        key=f"matrix_{names}_{view}_{unit}",
        height=min(MATRIX_HEIGHT, 200 + 20 * len(comparison.labels)),
        alt=f"Confusion matrix {view}: true labels downwards, answers across",
    )
    if at is None or at >= len(cells):
        st.caption("Rows: true labels. Columns: answers. Click a cell to see its examples; the wheel zooms.")
        return
    cell = cells.iloc[at]
    predicted = UNPARSED if cell.x == len(comparison.labels) else int(cell.x)
    side = {"A": ":a", "B": ":b"}.get(view, "")
    examples(
        comparison,
        f"cell:{int(cell.y)}:{predicted}{side}",
        f"{cell.true} answered {cell.answered}: A {cell.a}, B {cell.b} of {cell.of}",
    )


def confusions(comparison: Comparison) -> None:
    """Confusions of either run, the most changed first; a row that is clicked opens its examples."""
    found = comparison.confusions
    if not found:
        st.caption("Neither run confuses any two labels.")
        return
    table = pd.DataFrame(
        {
            "true label": [comparison.labels[c.true] for c in found],
            "answered": [comparison.labels[c.predicted] for c in found],
            "A": [c.a for c in found],
            "B": [c.b for c in found],
            f"B {MINUS} A": [c.b - c.a for c in found],
            "fixed": [c.fixed for c in found],
            "introduced": [c.introduced for c in found],
            "unchanged": [c.unchanged for c in found],
            "of": [int(comparison.classes.support[c.true]) for c in found],
        }
    )
    fixed, introduced, unchanged = (int(table[name].sum()) for name in ("fixed", "introduced", "unchanged"))
    st.markdown(
        f"{fixed} confusions fixed, {introduced} introduced, {unchanged} unchanged, the most changed pairs first."
    )
    row = clickable_table(table, f"confusions_{comparison.a.record.run_id}_{comparison.b.record.run_id}", TABLE_HEIGHT)
    if row is not None:
        c = found[row]
        true, predicted = comparison.labels[c.true], comparison.labels[c.predicted]
        examples(comparison, f"cell:{c.true}:{c.predicted}", f"{true} called {predicted} by A ({c.a}) or B ({c.b})")


def _label_table(
    comparison: Comparison, a: Floats, a_interval: Floats, b: Floats, b_interval: Floats, difference: Floats
) -> pd.DataFrame:
    rows = comparison.classes
    order = labels_by_change(rows)
    return pd.DataFrame(
        {
            "label": [comparison.labels[code] for code in order],
            "examples": rows.support[order],
            "A": 100 * a[order],
            "A 95 %": [interval_words(a_interval[code]) for code in order],
            "B": 100 * b[order],
            "B 95 %": [interval_words(b_interval[code]) for code in order],
            f"B {MINUS} A": 100 * (b - a)[order],
            "difference 95 %": [interval_words(difference[code], signed=True) for code in order],
            "note": [label_note(rows, int(code)) for code in order],
        }
    )
