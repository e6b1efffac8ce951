"""The labels of the traffic: both mixes and the scores on them as pictures, and which labels to label next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from evalcore import charts
from evalcore.analysis import ScoredRun
from evalcore.charts import Theme
from evalcore.deciding import ComparedTraffic, Traffic, TrafficAsked, traffic
from evalcore.wording import counted, in_percent, percent
from pages.parts.decide import shown
from pages.parts.shell.cached.decisions import answer_of
from pages.parts.shell.cached.once import once
from pages.parts.shell.clickable_figure import clickable_figure
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT, clickable_table
from pages.parts.shell.downloads import button
from pages.parts.shell.frame import Frame
from pages.parts.shell.session import view_state

DRAWN = 14
"""Labels in the picture: of those with a share, the ones whose examples decide how sure the answer is."""
HEIGHT, TABLE_HEIGHT = 412, 328
"""Pixels of the pane, which ends within a window of 720, and of the table in it."""
ScoreRow = tuple[str, float, tuple[float, float]]
NAME_CHARS = 20
"""Of a label in the table; what a click opens has the whole of it."""


def scores(scored: ScoredRun, answer: Traffic, both: ComparedTraffic | None, theme: Theme) -> None:
    """Draw the scores on the mix of the sample and on that of the traffic."""
    on_traffic = answer.mix.source != "sample"
    colours = (charts.RUN_A,) if both is None else (charts.RUN_A, charts.RUN_B)
    if both is None:
        rows = [("Accuracy, sample", answer.accuracy.on_sample, answer.accuracy.sample_interval)]
        if on_traffic:
            rows.append(("Accuracy, traffic", answer.accuracy.on_traffic, answer.accuracy.interval))
        rows.append(("Macro-F1, sample", answer.macro_f1.on_sample, answer.macro_f1.sample_interval))
        if on_traffic and answer.mix.source != "estimated":
            rows.append(("Macro-F1, traffic", answer.macro_f1.on_traffic, answer.macro_f1.interval))
    else:
        rows = [(f"{name}, sample", of[0], interval) for name, of, interval in _sides(both, 0)]
        if on_traffic:
            rows += [(f"{name}, traffic", of[1], interval) for name, of, interval in _sides(both, 1)]
    drawn = once(scored, _scores_chart, tuple(rows), colours, theme)
    st.vega_lite_chart(drawn, alt="Scores on both mixes, as the sentences have them")


def _scores_chart(
    scored: ScoredRun, rows: tuple[ScoreRow, ...], colours: tuple[str, ...], theme: Theme
) -> dict[str, Any]:
    return charts.specification(charts.mix_scores_chart(rows, theme, colours))


def _sides(both: ComparedTraffic, at: int) -> list[tuple[str, tuple[float, float], tuple[float, float]]]:
    return [("Accuracy of A", both.a, both.a_intervals[at]), ("Accuracy of B", both.b, both.b_intervals[at])]


def mixes(page: Frame, scored: ScoredRun, answer: Traffic) -> None:
    """Draw both mixes; a click on a label opens its examples."""
    codes = drawn_codes(answer)
    opened = view_state().decide.opened
    picked = {"code": answer.labels.index(opened)} if opened in answer.labels else None

    def draw(item: charts.Item | None) -> alt.LayerChart:
        return once(scored, _mix_chart, answer.asked, None if item is None else int(item["code"]), page.theme)

    def click(item: charts.Item | None) -> None:
        shown.open_examples(page, "" if item is None else answer.labels[int(item["code"])])

    clickable_figure(
        draw,
        f"traffic_mix_{scored.record.run_id}_{scored.scoring}_{hash(answer.asked)}",
        shown.figure("traffic_mix"),
        picked if picked is not None and picked["code"] in codes else None,
        click,
        "Share of each label in the traffic and in the sample, with its recall, as the table has them",
        follows=False,
    )


def _mix_chart(scored: ScoredRun, asked: TrafficAsked, picked: int | None, theme: Theme) -> alt.LayerChart:
    answer = answer_of((scored,), traffic, asked)
    codes = drawn_codes(answer)
    table = pd.DataFrame(
        {
            "code": codes,
            "label": [answer.labels[code] for code in codes],
            "sample": answer.sample_shares[codes],
            "traffic": answer.mix.shares[codes],
            "low": answer.share_intervals[codes, 0],
            "high": answer.share_intervals[codes, 1],
            "recall": answer.recall[codes],
            "examples": answer.support[codes],
        }
    )
    return charts.mix_chart(table, theme, None if picked is None else {"code": picked})


def drawn_codes(answer: Traffic) -> list[int]:
    """The labels of the picture, those with most of the uncertainty first."""
    order = answer.order
    return [int(code) for code in order[answer.mix.shares[order] > 0][:DRAWN]]


def words_of(answer: Traffic, code: int) -> str:
    """A label in a line."""
    parts = [
        f"{percent(answer.mix.shares[code])} of the traffic, {percent(answer.sample_shares[code])} of the sample",
        f"{percent(answer.uncertainty[code])} of the uncertainty",
    ]
    if answer.next_examples[code]:
        parts.append(f"label {counted(int(answer.next_examples[code]), 'more example')}")
    return "; ".join(parts)


def table(page: Frame, scored: ScoredRun, answer: Traffic) -> None:
    """Draw all labels with how many examples of each to label next; a click on a row opens the label's examples."""
    _how_many(answer)
    order = answer.order[np.argsort(-answer.next_examples[answer.order], kind="stable")]
    rows = pd.DataFrame(
        {
            "label": [charts.shortened(answer.labels[code], NAME_CHARS) for code in order],
            "next": answer.next_examples[order],
            "examples": answer.support[order],
            "traffic": [in_percent(share) for share in answer.mix.shares[order]],
            "uncertainty": [in_percent(share) for share in answer.uncertainty[order]],
        }
    )
    c = st.column_config

    def click(row: int | None) -> None:
        if row is not None:
            shown.open_examples(page, answer.labels[order[row]])

    clickable_table(
        rows,
        f"traffic_labels_{scored.record.run_id}_{hash(answer.asked)}",
        TABLE_HEIGHT,
        {
            "label": c.TextColumn(width=152),
            "next": c.NumberColumn(help="More examples of it, for the narrowest interval", width=50),
            "examples": c.NumberColumn("n", help="Examples in this run", width=45),
            "traffic": c.NumberColumn(format="%.1f %%", help="Share of the traffic", width=65),
            "uncertainty": c.NumberColumn(format="%.1f %%", help="Share of the interval's variance", width=85),
        },
        on_click=click,
        row_height=COMPACT_ROW_HEIGHT,
        alt="All labels; choose a row, with the arrow keys for example, to open the label's examples",
    )


def _how_many(answer: Traffic) -> None:
    key = "traffic_more"
    st.session_state[key] = answer.asked.more_examples

    def change() -> None:
        view = view_state().decide
        view.traffic = replace(view.traffic, more_examples=int(st.session_state[key]))

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.number_input("Examples to label next", 1, 100_000, key=key, step=50, on_change=change, width=190)
        button("Which labels", lambda: _next_file(answer), "label-next.csv", "text/csv",
               icon=":material/download:")  # fmt: skip


def _next_file(answer: Traffic) -> bytes:
    text: str = pd.DataFrame(answer.tables()["label_next"]).to_csv(index=False)
    return text.encode()
