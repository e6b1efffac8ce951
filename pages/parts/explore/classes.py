"""The per-class page's pieces: the table with its filters, and the pane: one label, or the chart of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypedDict

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from evalcore.analysis import (
    CLASS_ORDERS,
    CLASS_SCORES,
    LABEL_STATUSES,
    Filter,
    ScoredRun,
    class_table,
    labels_with,
    overall_row,
    sorted_table,
)
from evalcore.charts import Theme, class_chart
from evalcore.metrics import FEW_EXAMPLES, Counts, off_diagonal
from evalcore.wording import counted, in_percent, interval
from pages.parts.explore.example_table import in_pane
from pages.parts.shell.cached.examples import selected
from pages.parts.shell.cached.once import once
from pages.parts.shell.clickable_table import clickable_table
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import CONFUSIONS, link_to
from pages.parts.shell.markdown import escape_markdown, percent
from pages.parts.shell.session import view_state
from pages.parts.shell.url import Query
from pages.parts.shell.views.opened_examples import ExampleTable
from pages.parts.shell.views.per_class import ChosenStatus, ClassView

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator
    from streamlit.elements.lib.column_types import ColumnConfig

WHICH = ("all its examples", "missed", "wrongly called so")
WHICH_WORDS = dict(zip(WHICH, ("all", "missed", "false alarms"), strict=True))
HEIGHT, TABLE_HEIGHT = 548, 488
"""Pixels: with the line of all labels below it the table ends where the pane beside it ends."""
INTERVAL_WIDTH = 78
CONFUSED_SHOWN, EXAMPLES_SHOWN = 2, 3
ORDER_WORDS = {"support": "actual count", "predicted": "predicted count", "predicted / support": "predicted ÷ actual"}


def view_of_query(query: Query, labels: Sequence[str]) -> ClassView:
    """What a URL asks for; what is not known is left out."""
    known: dict[str, Sequence[str]] = {
        "standing": LABEL_STATUSES,
        "sort": CLASS_ORDERS,
        "which": WHICH,
        "label": labels,
    }
    values: dict[str, Any] = {name: query[name] for name, choices in known.items() if query.get(name) in choices}
    return replace(ClassView(search=query.get("search", ""), descending=query.get("descending") == "1"), **values)


def query_of_view(scored: ScoredRun) -> Query:
    """The inverse, of what the page shows: a parameter for each field that is not the default."""
    view, usual = replace(view_state().classes, label=chosen(scored) or ""), ClassView()
    changed = {field.name: getattr(view, field.name) for field in fields(view)}
    return {
        name: "1" if value is True else str(value) for name, value in changed.items() if value != getattr(usual, name)
    }


def controls(scored: ScoredRun, heading: DeltaGenerator) -> None:
    """Draw search and order beside the title, and below it the quick filters.

    Args:
        heading: the row that begins with the title.
    """
    view = view_state().classes
    counts = {standing: len(labels_with(scored, standing)) for standing in LABEL_STATUSES}
    st.session_state["class_standing"] = view.standing or None
    st.session_state["class_search"] = view.search
    st.session_state["class_sort"], st.session_state["class_descending"] = view.sort, view.descending
    with heading:
        st.text_input("Label contains", key="class_search", width=140, icon=":material/search:", on_change=_change,
                      args=("search",), label_visibility="collapsed", placeholder="find labels")  # fmt: skip
        st.selectbox("Order", CLASS_ORDERS, key="class_sort", width=190, on_change=_change, args=("sort",),
                     label_visibility="collapsed",
                     format_func=lambda order: f"Order: {ORDER_WORDS.get(order, order)}")  # fmt: skip
        st.toggle("Largest first", key="class_descending", on_change=_change, args=("descending",))
    st.pills("Only labels that are", LABEL_STATUSES, key="class_standing", on_change=_change, args=("standing",),
             label_visibility="collapsed",
             format_func=lambda standing: f"{standing} {counts[standing]}")  # fmt: skip


def explanations() -> None:
    """One place for what the filters mean, behind the table, instead of a help icon before each of them."""
    with st.popover("Help"):
        st.markdown(
            "- **absent from the sample**: says nothing about the model\n"
            "- **never predicted**: occurs, and was not predicted once\n"
            "- **zero recall**: predicted, but never where it should be\n"
            "- **over-predicted**: predicted at least twice as often as it occurs\n"
            f"- **few examples**: fewer than {FEW_EXAMPLES}; its row is pale"
        )


def overall(scored: ScoredRun) -> None:
    """All labels together, in one line below the table."""
    row = once(scored, overall_row).iloc[0]
    parts = [f"**{row['label']}**", f"{row['support']:,} examples"]
    for score in CLASS_SCORES:
        bounds = _bounds(row[f"{score} low"], row[f"{score} high"])
        figure = f"{'macro-F1' if score == 'F1' else score} {percent(row[score] / 100)}"
        parts.append(f"{figure} ({bounds})" if bounds else figure)
    st.caption(" · ".join(parts))


def table(page: Frame, scored: ScoredRun) -> None:
    """Draw the labels; a click on a row opens its label beside it."""
    shown_rows = _chosen_rows(scored)
    if shown_rows.empty:
        st.info("No label passes these filters. Take one of them away.")
        return
    few = shown_rows["support"].to_numpy() < FEW_EXAMPLES

    state, view = view_state(), view_state().classes

    def click(row: int | None) -> None:
        if row is not None:
            state.clicked_label = str(shown_rows["label"].iloc[row])
        elif view.label == state.clicked_label:
            state.clicked_label = ""
        # Otherwise its row was still chosen when another label had been opened by name: it is opened again.
        _set(label=state.clicked_label)

    how = [view.standing or None, view.search, view.sort, view.descending]
    pale = f"color: {page.theme.pale_text}"
    shown = _shown(shown_rows)
    clickable_table(
        # Not the label: a pinned column is drawn paler as it is.
        shown.style.apply(lambda column: np.where(few, pale, ""), axis=0, subset=[*shown.columns[1:]]),
        f"classes_{scored.record.run_id}_{scored.scoring}_{how}",
        TABLE_HEIGHT,
        _columns(),
        on_click=click,
        alt="Scores of each label; choose a row, with the arrow keys for example, to see its confusions and examples",
    )


def chosen(scored: ScoredRun) -> str | None:
    """The label that is open, if this run has it."""
    label = view_state().classes.label
    return label if label in scored.labels else None


def choice(scored: ScoredRun) -> None:
    """Choose a label by its name, which the keyboard can do as well."""
    st.session_state["class_label"] = chosen(scored) or ""
    st.selectbox("Label", ["", *scored.labels], key="class_label", on_change=_change, args=("label",),
                 label_visibility="collapsed",
                 format_func=lambda label: label or "Choose a label, or click its row")  # fmt: skip


def _change(name: str) -> None:
    """The callback of a widget: take its value into the session."""
    value = st.session_state[f"class_{name}"]
    _set(**{name: "" if value is None else value})


def _set(**changes: Any) -> None:
    view = view_state()
    view.classes = replace(view.classes, **changes)


def _chosen_rows(scored: ScoredRun) -> pd.DataFrame:
    """The labels' table as the filters and the order ask for it."""
    view = view_state().classes
    return once(scored, _rows, view.standing, view.search, view.sort, view.descending)


def _rows(scored: ScoredRun, standing: ChosenStatus, search: str, sort: str, descending: bool) -> pd.DataFrame:
    table = once(scored, class_table)
    kept = np.ones(len(table), dtype=bool)
    if standing:
        kept = np.isin(np.arange(len(table)), labels_with(scored, standing))
    kept &= [search.casefold() in label.casefold() for label in scored.labels]
    return sorted_table(table[kept], sort, descending=descending)


def one_class(page: Frame, scored: ScoredRun, label: str, table: ExampleTable) -> None:
    """One label: in words, what it is confused with both ways, its examples, and one of them opened."""
    code = scored.labels.index(label)
    each = scored.per_class
    support, right, predicted = (int(x[code]) for x in (each.support, each.true_positives, each.predicted))
    errors = off_diagonal(scored.confusion)
    instead = f"Predicted as: {_most(scored, errors[code])}." if support else "Absent from the sample."
    st.caption(f"{instead}  \nPredicted for: {_most(scored, errors[:, code])}.")
    counts = dict(zip(WHICH, (support, support - right, predicted - right), strict=True))
    which = view_state().classes.which
    st.session_state["class_which"] = which
    st.segmented_control("Examples", WHICH, key="class_which", required=True, on_change=_change, args=("which",),
                         label_visibility="collapsed",
                         format_func=lambda name: f"{WHICH_WORDS[name]} {counts[name]:,}")  # fmt: skip
    asked, columns = {
        WHICH[0]: (Filter(true=label), ("text", "outcome", "predicted")),
        WHICH[1]: (Filter(true=label, outcomes=("wrong", "unparsed")), ("text", "predicted")),
        WHICH[2]: (Filter(predicted=label, outcomes=("wrong",)), ("text", "true label")),
    }[which]
    passed = selected(page.store, scored, asked)
    in_pane(page, scored, passed.rows, table, columns, EXAMPLES_SHOWN)
    if len(passed.rows):
        link_to(scored, f"{counted(len(passed.rows), 'example')} with all filters", asked=asked)
    link_to(scored, "Its row in the confusion matrix", CONFUSIONS, Filter(true=label))
    link_to(scored, "Its column in the confusion matrix", CONFUSIONS, Filter(predicted=label))


def chart(page: Frame, scored: ScoredRun) -> None:
    """The labels with their intervals, in the table's order."""
    if not len(_chosen_rows(scored)):
        return
    score = st.segmented_control("Score", CLASS_SCORES, default=CLASS_SCORES[0], required=True, key="class_score",
                                 label_visibility="collapsed")  # fmt: skip
    view = view_state().classes
    order = (view.standing, view.search, view.sort, view.descending)
    drawn = once(scored, _chart, *order, score, page.theme)
    st.altair_chart(drawn, key="class_chart", alt=f"{score} of each label, in the order of the table")
    st.caption(f"In the order of the table. Hollow: fewer than {FEW_EXAMPLES} examples. No mark: undefined here.")


def _chart(
    scored: ScoredRun,
    standing: ChosenStatus,
    search: str,
    sort: str,
    descending: bool,
    score: str,
    theme: Theme,
) -> alt.LayerChart:
    return class_chart(once(scored, _rows, standing, search, sort, descending), score, theme)


def _most(scored: ScoredRun, counts: Counts) -> str:
    """`card_arrival 4, card_linking 2 and 3 more`: the labels with most of these counts, as Markdown."""
    order = [int(code) for code in np.argsort(-counts, kind="stable") if counts[code]]
    words = [f"**{escape_markdown(scored.labels[code])}** {counts[code]:,}" for code in order[:CONFUSED_SHOWN]]
    more = f" and {len(order) - CONFUSED_SHOWN:,} more" if len(order) > CONFUSED_SHOWN else ""
    return ", ".join(words) + more if words else "none"


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Bounds of an interval as one column of words, beside its bar."""
    columns = {"label": table["label"], "support": table["support"]}
    for score in CLASS_SCORES:
        columns[score] = [in_percent(value / 100) for value in table[score]]
        columns[f"{score} 95 %"] = [*map(_bounds, table[f"{score} low"], table[f"{score} high"])]
    rest = ["predicted", "predicted / support", "taken for", "taken for it", "standing"]
    return pd.DataFrame({**columns, **{name: table[name] for name in rest}}).round({"predicted / support": 2})


def _bounds(low: float, high: float) -> str:
    """`74 to 95`; nothing where there is no interval, as of a label without examples."""
    return interval((low, high), scale=1, decimals=0, undefined="")


class _Bar(TypedDict):
    format: str
    min_value: int
    max_value: int
    width: int


def _columns() -> dict[str, ColumnConfig]:
    c = st.column_config
    bar: _Bar = {"format": "%.1f %%", "min_value": 0, "max_value": 100, "width": 95}
    return {
        "label": c.TextColumn(width=190, pinned=True),
        "support": c.NumberColumn("actual", help="Examples of it in the sample (its support)", width=65),
        "recall": c.ProgressColumn(**bar, help="Of its examples, how many were found"),
        "recall 95 %": c.TextColumn("95 %", width=INTERVAL_WIDTH, help="Wilson 95 % interval of the recall"),
        "precision": c.ProgressColumn(**bar, help="Of the predictions of it, how many are right"),
        "precision 95 %": c.TextColumn("95 %", width=INTERVAL_WIDTH, help="Wilson 95 % interval of the precision"),
        "F1": c.ProgressColumn(**bar, help="Harmonic mean of recall and precision"),
        "F1 95 %": c.TextColumn("95 %", width=INTERVAL_WIDTH, help="95 % interval of the F1"),
        "predicted": c.NumberColumn(help="How often it was predicted", width=80),
        "predicted / support": c.NumberColumn("predicted ÷ actual", format="%.2f", width=140),
        "taken for": c.TextColumn(
            "most often confused with", help="What its examples are most often predicted as instead", width=210
        ),
        "taken for it": c.TextColumn(
            "wrongly predicted for", help="Whose examples it is most often predicted for", width=210
        ),
        "standing": c.TextColumn(width=190),
    }
