"""The pane beside the heat map: the confusions as lists that the keyboard reaches, or the examples of one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from evalcore.analysis import (
    Filter,
    RankedConfusion,
    ScoredRun,
    cell_figures,
    cell_title,
    count_confusions,
    ranked_confusions,
)
from evalcore.charts import shortened
from evalcore.metrics import RankedLabel, absorbing, leaking
from evalcore.wording import in_percent
from pages.parts.explore.example_table import columns_that_vary, in_pane
from pages.parts.shell.cached.examples import selected
from pages.parts.shell.cached.once import once
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT, clickable_table
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import BACK
from pages.parts.shell.markdown import escape_markdown
from pages.parts.shell.session import view_state
from pages.parts.shell.views.opened_examples import ExampleTable

SENTENCES = 5
PAIRS = 300
TABLE_HEIGHT = 420
NAME_CHARS = 19
"""Of each of two names on a button: at most the pane's 318 pixels."""
OPENS = ":material/chevron_right:"


def worst_confusions(scored: ScoredRun) -> list[RankedConfusion]:
    """The most frequent ones, the first first."""
    return once(scored, ranked_confusions, PAIRS)


def lists(scored: ScoredRun) -> None:
    """The worst confusions in words, and tables of all of them; a click picks a cell, a row or a column."""
    if not worst_confusions(scored):
        st.caption("No label was predicted for another in this run.")
        return
    drawn: dict[str, Callable[[ScoredRun], None]] = {
        "Worst": _sentences,
        "All": _all_pairs,
        "Over-predicted": _over_predicted,
        "Most often missed": _missed,
    }
    view = view_state()

    def turn() -> None:
        view.confusion_list = st.session_state["confusion_list"]

    st.session_state["confusion_list"] = view.confusion_list or "Worst"
    for tab, draw in zip(st.tabs(list(drawn), key="confusion_list", on_change=turn), drawn.values(), strict=True):
        if tab.open:
            with tab:
                draw(scored)


def cell(page: Frame, scored: ScoredRun, picked: Filter, table: ExampleTable) -> None:
    """What is picked: how often, its examples, and one of them opened."""
    passed = selected(page.store, scored, picked)
    st.button("Worst confusions", icon=BACK, type="tertiary", key="back_to_list", on_click=_pick, args=(Filter(),))
    st.subheader(escape_markdown(cell_title(picked)), anchor=False)
    st.caption(escape_markdown(once(scored, cell_figures, picked, len(passed.rows))))
    in_pane(page, scored, passed.rows, table, columns_that_vary(picked))


def _sentences(scored: ScoredRun) -> None:
    """The worst confusions in words, each below the button that opens its examples."""
    for at, confusion in enumerate(worst_confusions(scored)[:SENTENCES]):
        asked = _cell(confusion)
        with st.container(gap=None):
            # Both names whole stand in the sentence; a button of two lines would be centred.
            names = f"{shortened(confusion.true, NAME_CHARS)} → {shortened(confusion.predicted, NAME_CHARS)}"
            st.button(f"**{escape_markdown(names)}**", key=f"confusion_{at}", type="tertiary", icon=OPENS,
                      icon_position="right", on_click=_pick, args=(asked,))  # fmt: skip
            st.caption(escape_markdown(confusion.sentence))


def _all_pairs(scored: ScoredRun) -> None:
    confusions = worst_confusions(scored)
    if len(confusions) == PAIRS and (number := once(scored, count_confusions)) > PAIRS:
        st.caption(f"The {PAIRS} most frequent of {number:,}.")
    _table(scored, "pairs", once(scored, _pair_table), [_cell(confusion) for confusion in confusions])


def _over_predicted(scored: ScoredRun) -> None:
    cells = [Filter(predicted=scored.labels[side.label], outcomes=("wrong",)) for side in once(scored, _absorbing)]
    _table(scored, "absorb", once(scored, _absorb_table), cells)


def _missed(scored: ScoredRun) -> None:
    cells = [Filter(true=scored.labels[side.label], outcomes=("wrong",)) for side in once(scored, _leaking)]
    _table(scored, "leak", once(scored, _leak_table), cells)


def _pair_table(scored: ScoredRun) -> pd.DataFrame:
    confusions = worst_confusions(scored)
    return pd.DataFrame(
        {
            "true label": [confusion.true for confusion in confusions],
            "predicted": [confusion.predicted for confusion in confusions],
            "count": [confusion.count for confusion in confusions],
            "of the label": [in_percent(confusion.share) for confusion in confusions],
            "of": [confusion.support for confusion in confusions],
            "reverse": [confusion.reverse for confusion in confusions],
            "direction": [confusion.direction for confusion in confusions],
        }
    )


def _absorbing(scored: ScoredRun) -> list[RankedLabel]:
    return absorbing(scored.confusion)


def _leaking(scored: ScoredRun) -> list[RankedLabel]:
    return leaking(scored.confusion)


def _absorb_table(scored: ScoredRun) -> pd.DataFrame:
    sides, labels = once(scored, _absorbing), scored.labels
    return pd.DataFrame(
        {
            "label": [labels[side.label] for side in sides],
            "predicted wrongly": [side.count for side in sides],
            "of its predictions": [in_percent(side.share) for side in sides],
            "of": [int(scored.per_class.predicted[side.label]) for side in sides],
            "from labels": [side.labels for side in sides],
            "mostly from": [labels[side.top] for side in sides],
        }
    )


def _leak_table(scored: ScoredRun) -> pd.DataFrame:
    sides, labels = once(scored, _leaking), scored.labels
    return pd.DataFrame(
        {
            "label": [labels[side.label] for side in sides],
            "missed": [side.count for side in sides],
            "of the label": [in_percent(side.share) for side in sides],
            "of": [int(scored.per_class.support[side.label]) for side in sides],
            "to labels": [side.labels for side in sides],
            "mostly to": [labels[side.top] for side in sides],
        }
    )


def _table(scored: ScoredRun, name: str, table: pd.DataFrame, cells: Sequence[Filter]) -> None:
    def click(row: int | None) -> None:
        if row is not None:
            _pick(cells[row])

    share = st.column_config.NumberColumn(format="%.1f %%")
    directions = "One-way: the model's bias. Two-way: the labels do not draw that line."
    clickable_table(
        table,
        f"list_{name}_{scored.record.run_id}_{scored.scoring}",
        TABLE_HEIGHT,
        {
            "true label": st.column_config.TextColumn(width=130),
            "predicted": st.column_config.TextColumn(width=130),
            "label": st.column_config.TextColumn(width=160),
            "of the label": share,
            "of its predictions": share,
            "direction": st.column_config.TextColumn(help=directions),
        },
        on_click=click,
        row_height=COMPACT_ROW_HEIGHT,
        alt="Choose a row, with the arrow keys for example, to see its examples",
    )


def _cell(confusion: RankedConfusion) -> Filter:
    return Filter(true=confusion.true, predicted=confusion.predicted)


def _pick(cell: Filter) -> None:
    view_state().picked.pick(cell)
