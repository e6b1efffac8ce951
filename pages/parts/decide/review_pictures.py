"""The pictures of the tab “Review”: the risk-coverage curve, the same as a table, the signals, the labels."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from evalcore import charts
from evalcore.deciding import Review, ReviewAsked, SignalScore
from evalcore.deciding.review_words import short_value_words, value_words
from evalcore.metrics.decisions.selective import Steps
from evalcore.wording import UNDEFINED, figure, in_percent, interval, percent
from pages.parts.decide import review_opened, shown
from pages.parts.decide.review_opened import VIEWS, Opened
from pages.parts.shell.clickable_figure import clickable_figure
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT, clickable_table, height_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown

HEIGHT = 290
"""Pixels of each: below the answer and two rows of controls it ends within a window of 720."""
STEPS, FEWEST = 48, 10
"""Points of a curve, and answers from which on it is drawn."""
ROWS = 10
"""Of the curve as a table."""
NAME_CHARS = 14
"""Of a label in a table; the pane has the whole of it."""


def draw(page: Frame, answer: Review, what: Opened) -> None:
    """Draw the one that is chosen."""
    _choice(page, answer, what)
    {"figure": _figure, "curve": _curve, "signals": _signals, "labels": _labels}[what.view](page, answer, what)


def _figure(page: Frame, answer: Review, what: Opened) -> None:
    drawn = points(answer)
    picked = np.flatnonzero(drawn.threshold == what.threshold)

    def chart(item: charts.Item | None) -> alt.LayerChart:
        return curve_chart(answer, page.theme, item)

    def click(item: charts.Item | None) -> None:
        at = np.nan if item is None else float(drawn.threshold[int(item["step"])])
        review_opened.show(page, Opened(what.view, what.kind, -1, at))

    clickable_figure(
        chart,
        f"review_{answer.scored.record.run_id}_{answer.scored.scoring}_{_key(answer.asked)}",
        shown.figure("review"),
        {"curve": 0, "step": int(picked[0])} if len(picked) else None,
        click,
        "Share right among what is answered automatically, against the share answered, as the table has it",
    )


def points(answer: Review) -> Steps:
    """What is drawn of the half that verifies."""
    return answer.prepared.half(answer.signal, answer.prepared.checking).some(STEPS, FEWEST, answer.threshold)


def curve_chart(answer: Review, theme: charts.Theme, item: charts.Item | None) -> alt.LayerChart:
    """Both halves' curves, the threshold in use, and the target."""
    checking = points(answer)
    choosing = answer.prepared.half(answer.signal, answer.prepared.choosing).some(STEPS, FEWEST)
    at = checking.at(answer.threshold) if answer.threshold == answer.threshold else -1
    curves = [
        charts.CoverageCurve(
            "half that verifies",
            checking,
            _words(answer, checking),
            charts.RUN_A,
            mark=at,
        ),
        charts.CoverageCurve("half that chooses", choosing, _words(answer, choosing), theme.pale_text, dashed=True),
    ]
    return charts.risk_coverage_chart(curves, answer.target, theme, HEIGHT, item)


def _choice(page: Frame, answer: Review, what: Opened) -> None:
    st.session_state["review_view"] = what.view

    def choose() -> None:
        review_opened.show(page, Opened(st.session_state["review_view"], what.kind, -1, what.threshold))

    st.segmented_control("What to see", review_opened.views_of(answer), key="review_view", required=True,
                         on_change=choose, format_func=lambda name: VIEWS[name],
                         label_visibility="collapsed")  # fmt: skip


def _signals(page: Frame, answer: Review, what: Opened) -> None:
    scores = answer.signals
    table = pd.DataFrame(
        {
            "signal": [one.name for one in scores],
            "AURC": [figure(one.aurc, 4, undefined=UNDEFINED) for one in scores],
            "95 %": [interval(one.interval, scale=1, decimals=4, undefined=UNDEFINED) for one in scores],
            "beside": ["in use" if one.name == answer.signal else _difference(one) for one in scores],
        }
    )
    c = st.column_config
    st.dataframe(
        table,
        hide_index=True,
        height=height_of(len(table), COMPACT_ROW_HEIGHT),
        row_height=COMPACT_ROW_HEIGHT,
        column_config={
            "signal": c.TextColumn(width=80),
            "AURC": c.TextColumn(width=60, alignment="right",
                                 help="Area under the risk-coverage curve: lower is better"),
            "95 %": c.TextColumn(width=118),
            "beside": c.TextColumn(f"against {answer.signal}", width=190,
                                   help="Its AURC less that of the signal in use, with a 95 % interval"),
        },
        key="review_signals",
        alt="How well each signal tells right answers from wrong ones",
    )  # fmt: skip
    for why in dict.fromkeys(one.why_not for one in scores if one.why_not):
        lacking = [one.name for one in scores if one.why_not == why]
        st.caption(f"No {' and no '.join(lacking)}. {escape_markdown(why)}")


def _difference(one: SignalScore) -> str:
    if one.difference != one.difference:
        return UNDEFINED
    within = interval(one.difference_interval, scale=1, decimals=4, signed=True, undefined=UNDEFINED)
    return f"{figure(one.difference, 4, signed=True)} ({within})"


def _curve(page: Frame, answer: Review, what: Opened) -> None:
    """The curve as a table, which the keyboard reaches."""
    steps = answer.prepared.half(answer.signal, answer.prepared.checking).some(ROWS, FEWEST, answer.threshold)
    table = pd.DataFrame(
        {
            "answered automatically": [in_percent(share) for share in steps.coverage],
            "right": [in_percent(share) for share in steps.accuracy],
            "of": [f"{k:,} of {n:,}" for k, n in zip(steps.right, steps.answered, strict=True)],
            "from": [short_value_words(answer, float(at)) for at in steps.threshold],
        }
    )

    def click(row: int | None) -> None:
        at = np.nan if row is None else float(steps.threshold[row])
        review_opened.show(page, Opened(what.view, what.kind, -1, at))

    c = st.column_config
    clickable_table(
        table,
        f"review_curve_{answer.scored.record.run_id}_{_key(answer.asked)}",
        HEIGHT,
        {
            "answered automatically": c.NumberColumn(format="%.1f %%", width=150),
            "right": c.NumberColumn(format="%.1f %%", width=70),
            "of": c.TextColumn("answers", width=100),
            "from": c.TextColumn("threshold", alignment="right"),
        },
        on_click=click,
        row_height=COMPACT_ROW_HEIGHT,
        alt="The curve of the half that verifies; choose a row to see its examples",
    )


def _labels(page: Frame, answer: Review, what: Opened) -> None:
    """Each label's threshold."""
    labels = sorted(answer.labels, key=lambda one: (not one.own, -one.n))
    names = answer.scored.labels
    table = pd.DataFrame(
        {
            "predicted": [charts.shortened(names[one.code], NAME_CHARS) for one in labels],
            "threshold": [
                short_value_words(answer, one.threshold) if np.isfinite(one.threshold) else UNDEFINED for one in labels
            ],
            "answered": [f"{one.answered:,} of {one.n:,}" for one in labels],
            "right": [in_percent(one.right / one.answered) if one.answered else np.nan for one in labels],
            "at least": [percent(one.lower) if one.answered else UNDEFINED for one in labels],
            "promise": [_promise(one.own, one.verified, one.answered) for one in labels],
        }
    )

    def click(row: int | None) -> None:
        review_opened.show(page, Opened("labels", what.kind, -1 if row is None else labels[row].code))

    c = st.column_config
    clickable_table(
        table,
        f"review_labels_{answer.scored.record.run_id}_{_key(answer.asked)}",
        HEIGHT,
        {
            "predicted": c.TextColumn(width=112),
            "threshold": c.TextColumn(width=76, alignment="right"),
            "answered": c.TextColumn(width=80),
            "right": c.NumberColumn(format="%.1f %%", width=66),
            "at least": c.TextColumn(width=66, help="One-sided 95 % bound, each label by itself"),
            "promise": c.TextColumn(help="With 95 % confidence for all labels that are verified together (Holm)"),
        },
        on_click=click,
        row_height=COMPACT_ROW_HEIGHT,
        alt="Thresholds of the predicted labels; choose a row to see its examples",
    )


def _promise(own: bool, verified: bool, answered: int) -> str:
    if not own:
        return "shared: too few examples"
    return "verified" if verified else "not verified" if answered else "none sure enough"


def _words(answer: Review, steps: Steps) -> list[str]:
    return [value_words(answer, float(at)) for at in steps.threshold]


def _key(asked: ReviewAsked) -> str:
    """What another figure or table depends on."""
    return f"{asked.target:g}_{asked.signal}_{asked.agreeing}_{asked.per_label}"
