"""The per-class page's pieces: the table, its filters, one class with its confusions both ways, the chart."""

from __future__ import annotations

from dataclasses import replace

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
from evalcore.charts import class_chart
from evalcore.metrics import FEW_EXAMPLES, off_diagonal
from pages.parts.explore.example_table import examples
from pages.parts.shell import session
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import CONFUSIONS, link_to
from pages.parts.shell.markdown import escape_markdown

LABEL = "class_label"
WHICH = ("all its examples", "missed", "wrongly called so")
TABLE_HEIGHT = 460
CHART_HEIGHT = 430
GREY = "color: #7d879a"
DEFAULTS = {"class_standing": None, "class_search": "", "class_sort": "data set", "class_descending": False,
            "class_which": WHICH[0], LABEL: ""}  # fmt: skip


def are_there() -> bool:
    """Whether the widgets' values have survived since the last run of the script."""
    return "class_search" in st.session_state


def set_widgets(scored: ScoredRun, asks: dict[str, str]) -> None:
    """Make the widgets show what a URL asks for; what is not known is left out."""
    known = {"standing": LABEL_STATUSES, "sort": CLASS_ORDERS, "which": WHICH, "label": scored.labels}
    for key, value in DEFAULTS.items():
        st.session_state[key] = value
    for name, choices in known.items():
        if asks.get(name) in choices:
            st.session_state[f"class_{name}"] = asks[name]
    st.session_state["class_search"] = asks.get("search", "")
    st.session_state["class_descending"] = asks.get("descending") == "1"


def as_query() -> dict[str, str]:
    """What the widgets show, as query parameters."""
    query = {}
    for key, start in DEFAULTS.items():
        value = st.session_state.get(key, start)
        if value != start and value is not None:
            query[key.removeprefix("class_")] = "1" if value is True else str(value)
    return query


def controls(scored: ScoredRun) -> pd.DataFrame:
    """Draw quick filters, search and order; the table as they ask for it."""
    for key in DEFAULTS:
        st.session_state[key] = st.session_state[key]
    counts = {standing: len(labels_with(scored, standing)) for standing in LABEL_STATUSES}
    st.pills("Only labels that are", LABEL_STATUSES, key="class_standing",
             format_func=lambda standing: f"{standing} {counts[standing]}",
             help="Absent from the sample: says nothing about the model. Never predicted: occurs and was not answered "
             "once. Zero recall: answered, but never where it should be. Over-predicted: answered at least twice as "
             f"often as it occurs. Few examples: fewer than {FEW_EXAMPLES}, shown in grey.")  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Label contains", key="class_search", width=260, icon=":material/search:")
        st.selectbox("Order", CLASS_ORDERS, key="class_sort", width=220, help="Of the table and of the chart.")
        st.toggle("Largest first", key="class_descending")
    table = class_table(scored)
    kept = np.ones(len(table), dtype=bool)
    if st.session_state["class_standing"]:
        kept = np.isin(np.arange(len(table)), labels_with(scored, st.session_state["class_standing"]))
    searched = st.session_state["class_search"].casefold()
    kept &= [searched in label.casefold() for label in scored.labels]
    return sorted_table(table[kept], st.session_state["class_sort"], descending=st.session_state["class_descending"])


def tables(scored: ScoredRun, table: pd.DataFrame) -> None:
    """Draw `overall`, pinned on top, and below it the labels, with the same columns."""
    columns = _columns()
    st.dataframe(_shown(overall_row(scored)), hide_index=True, column_config=columns, key="class_overall",
                 alt="All labels together")  # fmt: skip
    if table.empty:
        st.info("No label passes these filters. Take one of them away.")
        return
    few = table["support"].to_numpy() < FEW_EXAMPLES
    shown = _shown(table)
    styled = shown.style.apply(lambda column: np.where(few, GREY, ""), axis=0)
    how = [st.session_state[key] for key in ("class_standing", "class_search", "class_sort", "class_descending")]
    key = f"classes_{scored.record.run_id}_{scored.scoring}_{how}"
    event = st.dataframe(
        styled,
        hide_index=True,
        height=min(TABLE_HEIGHT, 35 * (len(table) + 1) + 3),
        on_select="rerun",
        selection_mode="single-cell",
        column_config=columns,
        key=key,
        alt="Scores of each label; choose a row to see its confusions and its examples",
    )
    cells = [tuple(cell) for cell in event.selection.cells]
    if cells != st.session_state.get("classes_seen", {}).get(key, []):
        st.session_state["classes_seen"] = {key: cells}
        if cells and cells[0][0] < len(table):
            st.session_state[LABEL] = table["label"].iloc[cells[0][0]]


def chosen(scored: ScoredRun) -> str | None:
    """The label that is chosen, if this run has it."""
    label = st.session_state.get(LABEL)
    return label if label in scored.labels else None


def choice(scored: ScoredRun) -> None:
    """Choose a label by its name: the way of the keyboard."""
    if st.session_state[LABEL] not in scored.labels:
        st.session_state[LABEL] = ""
    st.selectbox("Label", ["", *scored.labels], key=LABEL, width=420, format_func=lambda label: label or "none chosen")


def one_class(page: Frame, scored: ScoredRun, label: str, name: str) -> None:
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
        _confused(scored, errors[code], support, "called", lambda other: Filter(true=label, predicted=other), name)
        if unparsed:
            link_to(scored, f"{unparsed:,} unparsed", asked=Filter(true=label, outcomes=("unparsed",)))
    with back:
        st.markdown("**What was called so, and is not**")
        _confused(scored, errors[:, code], predicted, "true label",
                  lambda other: Filter(true=other, predicted=label), name)  # fmt: skip
    st.segmented_control("Examples", WHICH, key="class_which", required=True)
    asked = {
        WHICH[0]: Filter(true=label),
        WHICH[1]: Filter(true=label, outcomes=("wrong", "unparsed")),
        WHICH[2]: Filter(predicted=label, outcomes=("wrong",)),
    }[st.session_state["class_which"]]
    passed = session.selected(page.store, scored, asked)
    st.caption(f"{len(passed.rows):,} examples: {session.outcome_words(scored, passed.rows)}")
    with st.container(horizontal=True):
        link_to(scored, "with all filters, on the examples page", asked=asked)
        link_to(scored, "its row in the matrix", CONFUSIONS, replace(Filter(), true=label))
    examples(page, scored, passed.rows, name, height=320)


def chart(page: Frame, table: pd.DataFrame) -> None:
    """The classes with their intervals, in the table's order."""
    if table.empty:
        return
    st.subheader("The labels with their intervals", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        score = st.segmented_control("Score", CLASS_SCORES, default=CLASS_SCORES[0], required=True, key="class_score",
                                     label_visibility="collapsed")  # fmt: skip
        st.caption(
            f"In the order of the table. Pale: fewer than {FEW_EXAMPLES} examples. No mark: undefined in this sample."
        )
    with st.container(height=CHART_HEIGHT if len(table) > 24 else "content", border=False):
        st.altair_chart(class_chart(table, score, page.theme), key="class_chart", alt=f"{score} of each label")


def _confused(scored: ScoredRun, counts, whole: int, title: str, filter_of, name: str) -> None:  # type: ignore[no-untyped-def]
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
        height=min(250, 35 * (len(table) + 1) + 3),
        column_config={"share": st.column_config.ProgressColumn(format="%.1f %%", min_value=0, max_value=100)},
        key=f"{name}_{title}",
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


def _columns() -> dict[str, object]:
    c = st.column_config
    bar = {"format": "%.1f %%", "min_value": 0, "max_value": 100, "width": 95}
    between = {"width": 78}
    return {
        "label": c.TextColumn(width=215, pinned=True),
        "support": c.NumberColumn("occurs", help="Examples of it in the sample (its support)", width=65),
        "recall": c.ProgressColumn(**bar, help="Of its examples, how many were found"),
        "recall 95 %": c.TextColumn(
            "95 %", **between, help="Wilson 95 % interval of the recall; overall: of the mean recall"
        ),
        "precision": c.ProgressColumn(**bar, help="Of the answers that name it, how many are right"),
        "precision 95 %": c.TextColumn("95 %", **between, help="Wilson 95 % interval of the precision"),
        "F1": c.ProgressColumn(**bar, help="Harmonic mean of recall and precision; overall: macro-F1, labels present"),
        "F1 95 %": c.TextColumn("95 %", **between, help="95 % interval of the F1"),
        "predicted": c.NumberColumn("answered", help="How often it was answered", width=75),
        "predicted / support": c.NumberColumn("answered / occurs", format="%.2f", width=75),
        "taken for": c.TextColumn(help="What its examples are most often called instead", width=200),
        "taken for it": c.TextColumn(help="What is most often called so, and is not", width=200),
        "standing": c.TextColumn(width=190),
    }
