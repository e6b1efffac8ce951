"""The per-class page's pieces: the table, its filters, one class with its confusions both ways, the chart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    outcome_words,
    overall_row,
    sorted_table,
)
from evalcore.charts import Theme, class_chart
from evalcore.metrics import FEW_EXAMPLES, Counts, off_diagonal
from pages.parts.explore.example_table import examples
from pages.parts.shell import cached
from pages.parts.shell.cached import once
from pages.parts.shell.clickable_table import clickable_table, height_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import CONFUSIONS, link_to
from pages.parts.shell.markdown import escape_markdown
from pages.parts.shell.session import ChosenStatus, ClassView, ExampleTable, view_state
from pages.parts.shell.url import Query

if TYPE_CHECKING:
    from streamlit.elements.lib.column_types import ColumnConfig

WHICH = ("all its examples", "missed", "wrongly called so")
TABLE_HEIGHT = 460
CONFUSED_HEIGHT = 250
CHART_HEIGHT = 430
GREY = "color: #7d879a"
INTERVAL_WIDTH = 78


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


def controls(scored: ScoredRun) -> None:
    """Draw quick filters, search and order."""
    view = view_state().classes
    counts = {standing: len(labels_with(scored, standing)) for standing in LABEL_STATUSES}
    st.session_state["class_standing"] = view.standing or None
    st.session_state["class_search"] = view.search
    st.session_state["class_sort"], st.session_state["class_descending"] = view.sort, view.descending
    st.pills("Only labels that are", LABEL_STATUSES, key="class_standing", on_change=_change, args=("standing",),
             format_func=lambda standing: f"{standing} {counts[standing]}",
             help="Absent from the sample: says nothing about the model. Never predicted: occurs and was not answered "
             "once. Zero recall: answered, but never where it should be. Over-predicted: answered at least twice as "
             f"often as it occurs. Few examples: fewer than {FEW_EXAMPLES}, shown in grey.")  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Label contains", key="class_search", width=260, icon=":material/search:", on_change=_change,
                      args=("search",))  # fmt: skip
        st.selectbox("Order", CLASS_ORDERS, key="class_sort", width=220, help="Of the table and of the chart.",
                     on_change=_change, args=("sort",))  # fmt: skip
        st.toggle("Largest first", key="class_descending", on_change=_change, args=("descending",))


def tables(scored: ScoredRun) -> None:
    """Draw `overall`, pinned on top, and below it the labels, with the same columns."""
    columns = _columns()
    st.dataframe(_shown(once(scored, overall_row)), hide_index=True, column_config=columns, key="class_overall",
                 alt="All labels together")  # fmt: skip
    table = _chosen_rows(scored)
    if table.empty:
        st.info("No label passes these filters. Take one of them away.")
        return
    few = table["support"].to_numpy() < FEW_EXAMPLES
    shown = _shown(table)

    def click(row: int | None) -> None:
        if row is not None:
            _set(label=str(table["label"].iloc[row]))

    view = view_state().classes
    how = [view.standing or None, view.search, view.sort, view.descending]
    clickable_table(
        shown.style.apply(lambda column: np.where(few, GREY, ""), axis=0),
        f"classes_{scored.record.run_id}_{scored.scoring}_{how}",
        TABLE_HEIGHT,
        columns,
        on_click=click,
        alt="Scores of each label; choose a row to see its confusions and its examples",
    )


def chosen(scored: ScoredRun) -> str | None:
    """The label that is open, if this run has it."""
    label = view_state().classes.label
    return label if label in scored.labels else None


def choice(scored: ScoredRun) -> None:
    """Choose a label by its name: the way of the keyboard."""
    st.session_state["class_label"] = chosen(scored) or ""
    st.selectbox("Label", ["", *scored.labels], key="class_label", width=420, on_change=_change, args=("label",),
                 format_func=lambda label: label or "none chosen")  # fmt: skip


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
    """One label: in words, its confusions both ways, and its examples."""
    code = scored.labels.index(label)
    each = scored.per_class
    support, right, predicted = (int(x[code]) for x in (each.support, each.true_positives, each.predicted))
    st.subheader(escape_markdown(label), anchor=False)
    if support:
        st.markdown(f"It occurs {support:,} times and was found {right:,} times; it was answered {predicted:,} times.")
    else:
        st.markdown(f"It is absent from the sample, which says nothing about it; it was answered {predicted:,} times.")
    errors = off_diagonal(scored.confusion)
    unparsed = int(scored.confusion[code, -1])
    there, back = st.columns(2, gap="large")
    with there:
        st.markdown("**What its examples were called instead**")
        _confused(scored, errors[code], support, "called", lambda other: Filter(true=label, predicted=other))
        if unparsed:
            link_to(scored, f"{unparsed:,} unparsed", asked=Filter(true=label, outcomes=("unparsed",)))
    with back:
        st.markdown("**What was called so, and is not**")
        _confused(scored, errors[:, code], predicted, "true label",
                  lambda other: Filter(true=other, predicted=label))  # fmt: skip
    which = view_state().classes.which
    st.session_state["class_which"] = which
    st.segmented_control("Examples", WHICH, key="class_which", required=True, on_change=_change, args=("which",))
    asked = {
        WHICH[0]: Filter(true=label),
        WHICH[1]: Filter(true=label, outcomes=("wrong", "unparsed")),
        WHICH[2]: Filter(predicted=label, outcomes=("wrong",)),
    }[which]
    passed = cached.selected(page.store, scored, asked)
    st.caption(f"{len(passed.rows):,} examples: {outcome_words(scored, passed.rows)}")
    with st.container(horizontal=True):
        link_to(scored, "with all filters, on the examples page", asked=asked)
        link_to(scored, "its row in the matrix", CONFUSIONS, Filter(true=label))
    examples(page, scored, passed.rows, table, height=320)


def chart(page: Frame, scored: ScoredRun) -> None:
    """The labels with their intervals, in the table's order."""
    rows = len(_chosen_rows(scored))
    if not rows:
        return
    st.subheader("The labels with their intervals", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        score = st.segmented_control("Score", CLASS_SCORES, default=CLASS_SCORES[0], required=True, key="class_score",
                                     label_visibility="collapsed")  # fmt: skip
        st.caption(
            f"In the order of the table. Pale: fewer than {FEW_EXAMPLES} examples. No mark: undefined in this sample."
        )
    with st.container(height=CHART_HEIGHT if rows > 24 else "content", border=False):
        view = view_state().classes
        order = (view.standing, view.search, view.sort, view.descending)
        drawn = once(scored, _chart, *order, score, page.theme)
        st.altair_chart(drawn, key="class_chart", alt=f"{score} of each label")


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


def _confused(scored: ScoredRun, counts: Counts, whole: int, title: str, filter_of: Callable[[str], Filter]) -> None:
    order = [code for code in np.argsort(-counts, kind="stable") if counts[code]]
    if not order:
        st.caption("Nothing.")
        return
    table = pd.DataFrame(
        {
            title: [scored.labels[code] for code in order],
            "count": [int(counts[code]) for code in order],
            "share": [100 * counts[code] / whole for code in order],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        height=min(CONFUSED_HEIGHT, height_of(len(table))),
        column_config={"share": st.column_config.ProgressColumn(format="%.1f %%", min_value=0, max_value=100)},
        key=f"per_class_{title}",
        alt=f"{title}, with counts",
    )
    worst = scored.labels[order[0]]
    link_to(scored, f"the {int(counts[order[0]]):,} with {escape_markdown(worst)}", asked=filter_of(worst))


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Bounds of an interval as one column of words, beside its bar."""
    columns = {"label": table["label"], "support": table["support"]}
    for score in CLASS_SCORES:
        columns[score] = table[score]
        bounds = zip(table[f"{score} low"], table[f"{score} high"], strict=True)
        columns[f"{score} 95 %"] = [f"{low:.0f} – {high:.0f}" if low == low else "" for low, high in bounds]
    rest = ["predicted", "predicted / support", "taken for", "taken for it", "standing"]
    return pd.DataFrame({**columns, **{name: table[name] for name in rest}})


class _Bar(TypedDict):
    format: str
    min_value: int
    max_value: int
    width: int


def _columns() -> dict[str, ColumnConfig]:
    c = st.column_config
    bar: _Bar = {"format": "%.1f %%", "min_value": 0, "max_value": 100, "width": 95}
    return {
        "label": c.TextColumn(width=215, pinned=True),
        "support": c.NumberColumn("occurs", help="Examples of it in the sample (its support)", width=65),
        "recall": c.ProgressColumn(**bar, help="Of its examples, how many were found"),
        "recall 95 %": c.TextColumn(
            "95 %", width=INTERVAL_WIDTH, help="Wilson 95 % interval of the recall; overall: of the mean recall"
        ),
        "precision": c.ProgressColumn(**bar, help="Of the answers that name it, how many are right"),
        "precision 95 %": c.TextColumn("95 %", width=INTERVAL_WIDTH, help="Wilson 95 % interval of the precision"),
        "F1": c.ProgressColumn(**bar, help="Harmonic mean of recall and precision; overall: macro-F1, labels present"),
        "F1 95 %": c.TextColumn("95 %", width=INTERVAL_WIDTH, help="95 % interval of the F1"),
        "predicted": c.NumberColumn("answered", help="How often it was answered", width=75),
        "predicted / support": c.NumberColumn("answered / occurs", format="%.2f", width=75),
        "taken for": c.TextColumn(help="What its examples are most often called instead", width=200),
        "taken for it": c.TextColumn(help="What is most often called so, and is not", width=200),
        "standing": c.TextColumn(width=190),
    }
