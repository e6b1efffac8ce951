"""The confusion matrices of two runs and their difference, and beside them what a click opens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import streamlit as st

from evalcore.analysis import Comparison, Filter
from evalcore.charts import MatrixKind, Theme, matrix_cells, matrix_spec
from evalcore.metrics import UNPARSED
from evalcore.wording import MINUS, counted
from pages.parts.compare.pair_examples import examples
from pages.parts.shell.beside import beside
from pages.parts.shell.cached.once import once
from pages.parts.shell.clickable_table import clickable_chart, clickable_table
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown
from pages.parts.shell.session import view_state

HEIGHT = 460
VIEWS: tuple[MatrixKind, ...] = ("A", "B", "B − A")
ANY = -2
"""In the boxes, beside the codes of the labels and that of unparsed."""
Unit = Literal["% of actual label", "examples"]


@dataclass(frozen=True)
class Colours:
    """What the colours of a matrix stand for.

    Attributes:
        unit: of the values; log: by their logarithm, so that small ones can be seen.
    """

    unit: Unit
    log: bool


def matrices(page: Frame, comparison: Comparison) -> None:
    """A, B or the difference; a cell that is clicked opens its examples beside it."""
    view = view_state().compared
    picked = known(comparison, view.picked.cell)
    left, right = beside(3, 2, HEIGHT)
    with left:
        _matrix(page, comparison, _controls())
    with right:
        _boxes(comparison, picked)
        if picked == Filter():
            _changed(comparison)
            return
        true, predicted = _codes(comparison, picked)
        link, title = _link(true, predicted, view.matrix), _title(comparison, true, predicted)
        examples(page, comparison, link, title, lambda: view.pick(Filter()))


def _controls() -> Colours:
    view = view_state().compared
    st.session_state["matrix_view"] = view.matrix
    for name, usual in (("pair_unit", "% of actual label"), ("pair_log", False)):
        st.session_state[name] = st.session_state.get(name, usual)  # set again: kept from tab to tab

    def switch() -> None:
        view.matrix = st.session_state["matrix_view"]
        view.picked.draw_anew()

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.segmented_control("Matrix", VIEWS, required=True, key="matrix_view", on_change=switch,
                             label_visibility="collapsed")  # fmt: skip
        st.selectbox("Colour", ["% of actual label", "examples"], key="pair_unit", width=165,
                     label_visibility="collapsed")  # fmt: skip
        st.toggle("Log colours", key="pair_log")
    return Colours(st.session_state["pair_unit"], st.session_state["pair_log"])


def _matrix(page: Frame, comparison: Comparison, how: Colours) -> None:
    view = view_state().compared
    cells = once(comparison, _cells, view.matrix, how.unit)
    if not len(cells):
        st.info("The two matrices are the same.")
        return

    def click(item: int | None) -> None:
        if item is None:
            view.picked.click(None)
        elif item < len(cells):
            cell = cells.iloc[item]
            unparsed = int(cell.x) == len(comparison.labels)
            view.picked.click(_filter(comparison, int(cell.y), UNPARSED if unparsed else int(cell.x)))
        view.examples.open(None)

    outlined = _codes(comparison, known(comparison, view.picked.outlined))
    names = f"{comparison.a.record.run_id}_{comparison.b.record.run_id}"
    clickable_chart(
        once(comparison, _spec, view.matrix, how, page.theme, outlined),
        key=f"matrix_{names}_{view.matrix}_{how.unit}_{view.picked.drawn}",
        height=HEIGHT,
        alt=f"Confusion matrix {view.matrix}: true labels downwards, predicted labels across. The list beside it leads "
        "to the same cells, and so do the two boxes above that.",
        on_click=click,
    )
    with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
        st.caption(_caption(view.matrix), width="stretch")
        st.button("Reset zoom", icon=":material/zoom_out_map:", type="tertiary", key="matrix_reset",
                  on_click=view.picked.draw_anew)  # fmt: skip


def _caption(kind: MatrixKind) -> str:
    means = (
        "Orange: B predicts so more often; blue: A. On the diagonal orange is good, elsewhere bad."
        if kind == "B − A"
        else "Rows: true. Columns: predicted."
    )
    return f"{means} Shift + wheel zooms, drag moves."


def _boxes(comparison: Comparison, picked: Filter) -> None:
    """Pick a row, a column or a cell by name: what a click in the matrix would do."""
    true, predicted = _codes(comparison, picked)
    st.session_state["matrix_true"], st.session_state["matrix_predicted"] = true, predicted
    codes = list(range(len(comparison.labels)))

    def choose() -> None:
        cell = _filter(comparison, st.session_state["matrix_true"], st.session_state["matrix_predicted"])
        view_state().compared.pick(cell)

    row, column = st.columns(2, gap="small")
    row.selectbox("Row: true label", [ANY, *codes], key="matrix_true", on_change=choose, label_visibility="collapsed",
                  format_func=lambda code: f"True: {'any' if code == ANY else comparison.labels[code]}")  # fmt: skip
    others = {ANY: "any", UNPARSED: "unparsed"}
    column.selectbox("Column: predicted label", [ANY, *codes, UNPARSED], key="matrix_predicted", on_change=choose,
                     label_visibility="collapsed",
                     format_func=lambda code: f"Predicted: {others.get(code) or comparison.labels[code]}")  # fmt: skip


def _changed(comparison: Comparison) -> None:
    """Confusions of either run, the most changed first; a row that is clicked opens its examples."""
    found = comparison.confusions
    if not found:
        st.caption("Neither run confuses any two labels.")
        return
    fixed, introduced, unchanged = (
        sum(getattr(change, name) for change in found) for name in ("fixed", "introduced", "unchanged")
    )
    st.caption(
        f"{counted(fixed, 'confusion')} fixed, {introduced:,} introduced, {unchanged:,} unchanged. The most changed "
        "are first. Click a row, or a cell of the matrix, to read its examples."
    )

    def click(row: int | None) -> None:
        if row is not None:
            view_state().compared.pick(_filter(comparison, found[row].true, found[row].predicted))

    clickable_table(
        once(comparison, _changes),
        f"confusions_{comparison.a.record.run_id}_{comparison.b.record.run_id}",
        HEIGHT - 140,
        {
            **dict.fromkeys(("true label", "predicted"), st.column_config.TextColumn(width=128)),
            **dict.fromkeys(("A", "B"), st.column_config.NumberColumn(width=36)),
        },
        on_click=click,
        alt="Confusions, the most changed first",
    )


def _title(comparison: Comparison, true: int, predicted: int) -> str:
    """What is picked, with its counts and those of the reverse."""
    names = [*comparison.labels, "no label (unparsed)"]
    a, b = comparison.confusion_a, comparison.confusion_b
    if predicted == ANY:
        return f"{escape_markdown(names[true])}: {counted(int(comparison.classes.support[true]), 'example')}"
    if true == ANY:
        counts = f"A {a[:, predicted].sum():,}, B {b[:, predicted].sum():,} times"
        return f"Predicted {escape_markdown(names[predicted])}: {counts}"
    said = f"{escape_markdown(names[true])} → {escape_markdown(names[predicted])}: A {a[true, predicted]:,}, " \
        f"B {b[true, predicted]:,} of {comparison.classes.support[true]:,}"  # fmt: skip
    if predicted in (UNPARSED, true):
        return said
    return f"{said} · reverse: A {a[predicted, true]:,}, B {b[predicted, true]:,}"


def _link(true: int, predicted: int, matrix: MatrixKind) -> str:
    """What `Comparison.rows_of` takes; of a cell of one run's matrix, what that run answered."""
    if predicted == ANY:
        return f"label:{true}"
    link = f"predicted:{predicted}" if true == ANY else f"cell:{true}:{predicted}"
    return link + {"A": ":a", "B": ":b"}.get(matrix, "")


def _filter(comparison: Comparison, true: int, predicted: int) -> Filter:
    return Filter(
        outcomes=("unparsed",) if predicted == UNPARSED else (),
        true="" if true == ANY else comparison.labels[true],
        predicted="" if predicted in (ANY, UNPARSED) else comparison.labels[predicted],
    )


def _codes(comparison: Comparison, picked: Filter) -> tuple[int, int]:
    """The inverse of `_filter`."""
    true = comparison.labels.index(picked.true) if picked.true else ANY
    if picked.outcomes == ("unparsed",):
        return true, UNPARSED
    return true, comparison.labels.index(picked.predicted) if picked.predicted else ANY


def known(comparison: Comparison, cell: Filter) -> Filter:
    """The part of it that these matrices have; nothing if it is of a label that these runs do not have."""
    labels = ("", *comparison.labels)
    is_known = cell.true in labels and cell.predicted in labels
    return _filter(comparison, *_codes(comparison, cell)) if is_known else Filter()


def _cells(comparison: Comparison, kind: MatrixKind, unit: Unit) -> pd.DataFrame:
    return matrix_cells(
        comparison.confusion_a, comparison.confusion_b, comparison.labels, kind, shares=unit != "examples"
    )


def _spec(
    comparison: Comparison, kind: MatrixKind, how: Colours, theme: Theme, outlined: tuple[int, int]
) -> dict[str, Any]:
    """With the outline of a cell that was not clicked in the matrix, which outlines that itself."""
    true, predicted = outlined
    cell = None if ANY in outlined else (true, len(comparison.labels) if predicted == UNPARSED else predicted)
    cells = once(comparison, _cells, kind, how.unit)
    return matrix_spec(
        cells, comparison.labels, kind, theme, shares=how.unit != "examples", log=how.log, highlighted=cell
    )


def _changes(comparison: Comparison) -> pd.DataFrame:
    found = comparison.confusions
    return pd.DataFrame(
        {
            "true label": [comparison.labels[c.true] for c in found],
            "predicted": [comparison.labels[c.predicted] for c in found],
            "A": [c.a for c in found],
            "B": [c.b for c in found],
            f"B {MINUS} A": [c.b - c.a for c in found],
            "of": [int(comparison.classes.support[c.true]) for c in found],
            "fixed": [c.fixed for c in found],
            "introduced": [c.introduced for c in found],
            "unchanged": [c.unchanged for c in found],
        }
    )
