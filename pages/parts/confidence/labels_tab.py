"""Each label: how sure the model is of it, against what comes true; beside it all labels, or one's examples."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from evalcore import charts
from evalcore.analysis import (
    LABEL_AXES,
    LABEL_SIDES,
    LABEL_VIEWS,
    Filter,
    LabelProbabilities,
    LabelView,
    ScoredRun,
    label_confidence,
    label_confidence_words,
)
from evalcore.wording import counted, in_percent, interval
from pages.parts.confidence import opened, shown
from pages.parts.shell.beside import beside
from pages.parts.shell.cached.once import once
from pages.parts.shell.cached.scored import calibration_of
from pages.parts.shell.clickable_figure import clickable_figure
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT, clickable_table
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import percent
from pages.parts.shell.session import view_state

CHART_HEIGHT, HEIGHT = 420, 440
NAMES: dict[LabelView, str] = {"predictions": "Answers that predict it", "examples": "Its examples"}


def tab(page: Frame, scored: ScoredRun, probabilities: LabelProbabilities) -> None:
    """Draw the tab."""
    view = shown.label_view()
    controls, words = st.columns(shown.CONTROLS, vertical_alignment="center")
    with controls:
        _choice(page)
    words.caption(label_confidence_words(once(scored, _table, view), view))
    left, right = beside(11, 9, height=HEIGHT)
    with left:
        _figure(page, scored, view)
    asked = shown.opened(scored)
    label = asked.predicted if view == "predictions" else asked.true
    with right:
        if label:
            title, said = _words(scored, view, label)
            columns = ("text", "outcome", "true label" if view == "predictions" else "predicted")
            opened.examples(page, scored, title, said, "All labels", columns)
        else:
            _labels(page, scored, view)


def _choice(page: Frame) -> None:
    st.session_state["label_view"] = shown.label_view()

    def change() -> None:
        view_state().confidence.label_view = st.session_state["label_view"]
        shown.pick(page, Filter())

    st.segmented_control("Of each label", LABEL_VIEWS, key="label_view", required=True, on_change=change,
                         format_func=lambda view: NAMES[view], label_visibility="collapsed")  # fmt: skip


def _figure(page: Frame, scored: ScoredRun, view: LabelView) -> None:
    asked = shown.opened(scored)

    def draw(item: charts.Item | None) -> alt.LayerChart:
        return once(scored, _chart, view, None if item is None else item["code"], page.theme)

    def click(item: charts.Item | None) -> None:
        shown.pick(page, Filter() if item is None else _filter(view, scored.labels[int(item["code"])]))

    picked = next(({"code": code} for code, label in enumerate(scored.labels) if _filter(view, label) == asked), None)
    of_confidence, of_right = LABEL_AXES[view]
    clickable_figure(
        draw,
        f"labels_{view}_{scored.record.run_id}_{scored.scoring}",
        shown.figure(f"labels_{view}"),
        picked,
        click,
        f"{of_right.capitalize()} of each label against its {of_confidence}, as the table has them",
    )


def _labels(page: Frame, scored: ScoredRun, view: LabelView) -> None:
    """All labels as a table, which the keyboard reaches."""
    table = once(scored, _shown_table, view)
    labels = table["label"].tolist()

    def click(row: int | None) -> None:
        if row is not None:
            shown.pick(page, _filter(view, labels[row]))

    c = st.column_config
    of_confidence, of_right = LABEL_AXES[view]
    clickable_table(
        table,
        f"label_confidence_{view}_{scored.record.run_id}_{scored.scoring}",
        HEIGHT,
        {
            "label": c.TextColumn(width=118, pinned=True),
            "right": c.NumberColumn(of_right, format="%.1f %%", width=72),
            "confidence": c.NumberColumn("conf.", format="%.1f %%", width=62, help=of_confidence.capitalize()),
            "gap": c.NumberColumn(format="%+.1f", width=56, help=f"{of_confidence.capitalize()} less {of_right}"),
            "n": c.NumberColumn(width=42, help="Answers" if view == "predictions" else "Examples"),
            "95 %": c.TextColumn(width=92, help=f"Wilson 95 % interval of the {of_right}"),
        },
        on_click=click,
        row_height=COMPACT_ROW_HEIGHT,
        alt="Labels, the farthest off first; choose a row, with the arrow keys for example, to see its examples",
    )


def _filter(view: LabelView, label: str) -> Filter:
    return Filter(predicted=label) if view == "predictions" else Filter(true=label)


def _words(scored: ScoredRun, view: LabelView, label: str) -> tuple[str, str]:
    """The label that is open, and a line on it."""
    row = once(scored, _table, view).set_index("label").loc[label]
    count = int(row["count"])
    of_confidence, of_right = LABEL_AXES[view]
    if not count:
        return label, "It is not predicted in this run." if view == "predictions" else "It is absent from the sample."
    what = counted(count, "answer predicts it", "answers predict it")
    what = what if view == "predictions" else counted(count, "example")
    says = f"{of_confidence} {percent(row['confidence'])}, {of_right} {percent(row['right'])}"
    return label, f"{what}: {says} (95 % interval {interval((row['low'], row['high']))})"


def _table(scored: ScoredRun, view: LabelView) -> pd.DataFrame:
    return label_confidence(calibration_of(scored).labels, scored.labels, view)


def _shown_table(scored: ScoredRun, view: LabelView) -> pd.DataFrame:
    table = once(scored, _table, view)
    return pd.DataFrame(
        {
            "label": table["label"],
            "right": [in_percent(share) for share in table["right"]],
            "confidence": [in_percent(share) for share in table["confidence"]],
            "gap": [in_percent(gap) for gap in table["gap"]],
            "n": table["count"],
            "95 %": [interval(bounds, undefined="") for bounds in zip(table["low"], table["high"], strict=True)],
        }
    )


def _chart(scored: ScoredRun, view: LabelView, picked: int | None, theme: charts.Theme) -> alt.LayerChart:
    item = None if picked is None else {"code": picked}
    return charts.label_confidence_chart(
        once(scored, _table, view), LABEL_AXES[view], LABEL_SIDES[view], theme, CHART_HEIGHT, item
    )
