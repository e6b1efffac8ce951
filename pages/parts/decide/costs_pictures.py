"""The pictures and tables of the tab “Costs”, at the left; a click opens the examples beside them."""

from __future__ import annotations

from collections.abc import Callable

import altair as alt
import pandas as pd
import streamlit as st

from evalcore import charts
from evalcore.analysis import ScoredRun
from evalcore.deciding import CostlyConfusion, Costs, CostsAsked, answer_name, costs, dearest_pairs
from evalcore.deciding.costs_words import TEXTS, amount, change_rows, per_thousand, review_sentence
from evalcore.wording import in_percent, interval, percent
from pages.parts.decide import costs_opened, shown
from pages.parts.decide.costs_opened import Item
from pages.parts.shell.cached.decisions import answer_of
from pages.parts.shell.cached.once import once
from pages.parts.shell.clickable_figure import clickable_figure
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT, clickable_table
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown

PAIRS, MOST_ROWS = 5, 300
TABLE_HEIGHT, HIGH_TABLE_HEIGHT, CHART_HEIGHT = 152, 310, 212
NAME_CHARS, LONG_NAME_CHARS = 13, 18
"""Of a label in a table, so that all columns are in sight in a window of 1280; the pane has the whole of it."""


def confusions(page: Frame, scored: ScoredRun, answer: Costs, opened: Item) -> None:
    """The dearest pairs as bars, and all as a table, which the keyboard reaches."""
    if not answer.confusions:
        st.caption("No answer of this run costs anything.")
        return

    def draw(item: charts.Item | None) -> alt.LayerChart:
        picked = None if item is None else (int(item["true"]), int(item["predicted"]))
        return once(scored, _chart, answer.asked, picked, page.theme)

    def click(item: charts.Item | None) -> None:
        if item is not None:
            costs_opened.open_item(page, "confusion", (int(item["true"]), int(item["predicted"])))

    true, predicted = opened
    bars = {(bar.true, bar.predicted) for bar in _bars(answer)}
    clickable_figure(
        draw,
        f"costs_{scored.record.run_id}_{scored.scoring}_{abs(hash(answer.asked))}",
        shown.figure("costs"),
        {"true": true, "predicted": predicted} if opened in bars else None,
        click,
        "The cost of the dearest confusions in sum, both directions of each, as the table has them",
        follows=False,
    )
    found = answer.confusions[:MOST_ROWS]
    c = st.column_config
    table = pd.DataFrame(
        {
            "true": [charts.shortened(scored.labels[one.true], NAME_CHARS) for one in found],
            "predicted": [charts.shortened(answer_name(scored.labels, one.predicted), NAME_CHARS) for one in found],
            "n": [one.count for one in found],
            "cost": [round(one.total, 2) for one in found],
            "share": [in_percent(one.share) for one in found],
            "reverse n": [one.reverse_count for one in found],
            "reverse cost": [round(one.reverse_total, 2) for one in found],
        }
    )
    _table(
        page,
        table,
        "confusion",
        [(one.true, one.predicted) for one in found],
        f"{scored.record.run_id}_{scored.scoring}_{abs(hash(answer.asked))}",
        {
            "true": c.TextColumn(width=100),
            "predicted": c.TextColumn(width=100),
            "n": c.NumberColumn(width=36, help="How often"),
            "cost": c.NumberColumn(width=58, help=f"In sum{f', {answer.asked.unit}' if answer.asked.unit else ''}"),
            "share": c.NumberColumn(format="%.1f %%", width=58, help="Of the cost of all answers"),
            "reverse n": c.NumberColumn("rev. n", width=48, help="Reverse: how often"),
            "reverse cost": c.NumberColumn("rev. cost", width=62, help="Reverse: cost in sum"),
        },
        TABLE_HEIGHT,
    )


def actions(page: Frame, scored: ScoredRun, answer: Costs, opened: Item) -> None:
    """Each action that an example needs."""
    st.caption(
        f"Right action: {percent(answer.right_action[0])} ({interval(answer.right_action[1])}); right label:"
        f" {percent(answer.accuracy[0])}."
    )
    found = answer.actions
    c = st.column_config
    table = pd.DataFrame(
        {
            "action": [charts.shortened(one.name, NAME_CHARS) for one in found],
            "labels": [one.labels for one in found],
            "n": [one.examples for one in found],
            "right": [in_percent(one.right / one.examples) for one in found],
            "95 %": [interval(one.interval, undefined="") for one in found],
            "cost": [round(one.total, 2) for one in found],
            "share": [in_percent(one.share) for one in found],
        }
    )
    _table(
        page,
        table,
        "action",
        costs_opened.items(answer, "action"),
        f"{scored.record.run_id}_{scored.scoring}_{abs(hash(answer.asked))}",
        {
            "action": c.TextColumn(width=104),
            "labels": c.NumberColumn(width=48, help="Labels that lead to it"),
            "n": c.NumberColumn(width=46, help="Examples that need it"),
            "right": c.NumberColumn(format="%.1f %%", width=62, help="Of these, whose answer leads to it"),
            "95 %": c.TextColumn(width=92, help="Wilson 95 % interval"),
            "cost": c.NumberColumn(width=54, help="Of the answers to these, in sum"),
            "share": c.NumberColumn(format="%.1f %%", width=58, help="Of the cost of all answers"),
        },
        HIGH_TABLE_HEIGHT,
    )


def review(page: Frame, scored: ScoredRun, answer: Costs, opened: Item) -> None:
    """The cost against the share that a person answers."""
    found, unit = answer.review, answer.asked.unit
    if found is None:
        st.info(escape_markdown(answer.why_no_review))
        return
    st.caption(escape_markdown(review_sentence(found, unit)))
    curve = found.curve * [1, TEXTS]
    value = TEXTS * found.cost.value
    point = (found.share_reviewed, value, amount(value, unit))
    st.altair_chart(
        charts.review_chart(curve, point, unit, page.theme, CHART_HEIGHT),
        alt=f"Cost per 1,000 texts against the share that a person answers; chosen: {percent(found.share_reviewed)}",
    )


def cheaper(page: Frame, scored: ScoredRun, answer: Costs, opened: Item) -> None:
    """Which answers change at the least expected cost."""
    found, unit = answer.least, answer.asked.unit
    if found is None:
        st.info(escape_markdown(answer.why_no_least))
        return
    if not found.changes:
        st.caption("Every answer stays: at these costs the most probable label is the cheapest.")
        return
    rows = change_rows(found.changes, scored.labels)
    st.caption(
        escape_markdown(
            f"{int(found.changed.sum()):,} of {len(found.rows):,} answers change, and the cost by"
            f" {per_thousand(found.saved, unit, signed=True)}."
        )
    )
    c = st.column_config
    table = pd.DataFrame(
        {
            "own answer": [charts.shortened(str(row["own"]), LONG_NAME_CHARS) for row in rows],
            "cheapest": [charts.shortened(str(row["new"]), LONG_NAME_CHARS) for row in rows],
            "n": [row["count"] for row in rows],
            "saves": [round(row["saved"], 2) for row in rows],
            "adds": [round(row["added"], 2) for row in rows],
        }
    )
    _table(
        page,
        table[:MOST_ROWS],
        "cheaper",
        costs_opened.items(answer, "cheaper"),
        f"{scored.record.run_id}_{scored.scoring}_{abs(hash(answer.asked))}",
        {
            "own answer": c.TextColumn(width=136),
            "cheapest": c.TextColumn(width=136),
            "n": c.NumberColumn(width=45, help="How often"),
            "saves": c.NumberColumn(width=66, help="Where the new answer is the cheaper one, in sum"),
            "adds": c.NumberColumn(width=66, help="Where it is the dearer one, in sum"),
        },
        HIGH_TABLE_HEIGHT - 40,
    )


DRAWN: dict[str, Callable[[Frame, ScoredRun, Costs, Item], None]] = {
    "confusion": confusions,
    "action": actions,
    "review": review,
    "cheaper": cheaper,
}


def _chart(scored: ScoredRun, asked: CostsAsked, picked: Item | None, theme: charts.Theme) -> alt.LayerChart:
    item = None if picked is None else {"true": picked[0], "predicted": picked[1]}
    return charts.cost_chart(_bars(answer_of((scored,), costs, asked)), theme, item)


def _bars(answer: Costs) -> list[charts.CostBar]:
    def bar(rank: int, named: CostlyConfusion, *, reverse: bool) -> charts.CostBar:
        name = answer.labels[named.true], answer_name(answer.labels, named.predicted)
        count, cost = (named.reverse_count, named.reverse_total) if reverse else (named.count, named.total)
        unit = answer.asked.unit
        in_sum = (
            amount(cost, unit) if unit else f"cost {amount(cost, unit)}"
        )  # a bare number would be taken for a count
        said = f"{in_sum}, {'once' if count == 1 else f'{count:,} times'}" if count else "never"
        true, predicted = (named.predicted, named.true) if reverse else (named.true, named.predicted)
        return charts.CostBar(rank, name, charts.DIRECTIONS[reverse], true, predicted, cost, said)

    pairs = dearest_pairs(answer.confusions, PAIRS)
    return [
        bar(rank, named, reverse=reverse)
        for rank, named in enumerate(pairs)
        for reverse in (False, True)
        if not reverse or named.predicted not in (len(answer.labels), named.true)
    ]


def _table(
    page: Frame,
    table: pd.DataFrame,
    view: str,
    opens: list[Item],
    key: str,
    columns: dict[str, object],
    height: int,
) -> None:
    def click(row: int | None) -> None:
        if row is not None:
            costs_opened.open_item(page, view, opens[row])

    clickable_table(
        table,
        f"costs_{view}_{key}",
        height,
        columns,  # type: ignore[arg-type]
        on_click=click,
        row_height=COMPACT_ROW_HEIGHT,
        alt="The dearest first; choose a row, with the arrow keys for example, to see its examples",
    )
