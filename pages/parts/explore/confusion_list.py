"""Confusions in words and as tables that the keyboard reaches; labels that absorb and labels that leak."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from evalcore.analysis import Filter, RankedConfusion, ScoredRun, count_confusions, ranked_confusions
from evalcore.metrics import RankedLabel, absorbing, leaking
from pages.parts.shell.cached import once
from pages.parts.shell.clickable_table import clickable_table
from pages.parts.shell.links import ARROW
from pages.parts.shell.markdown import escape_markdown
from pages.parts.shell.session import view_state

SENTENCES = 5
PAIRS = 300
TABLE_HEIGHT = 290
WIDTH = 345
TABLES_WIDTH = 645


def worst_confusions(scored: ScoredRun) -> list[RankedConfusion]:
    """The most frequent ones, the first first."""
    return once(scored, ranked_confusions, PAIRS)


def sentences(scored: ScoredRun) -> None:
    """The worst confusions in words; the button below each outlines its cell and shows its examples."""
    st.markdown("**Worst confusions**")
    with st.container(gap="xsmall"):
        for at, confusion in enumerate(worst_confusions(scored)[:SENTENCES]):
            st.markdown(escape_markdown(confusion.sentence))
            words = "see this example" if confusion.count == 1 else f"see these {confusion.count:,}"
            st.button(
                words, key=f"confusion_{at}", type="tertiary", icon=ARROW, on_click=_pick, args=(_cell(confusion),)
            )


def tables(scored: ScoredRun) -> None:
    """All confusions, and the labels that absorb or leak most; choosing a row is choosing its cell, row or column."""
    confusions = worst_confusions(scored)
    if not confusions:
        st.info("No label was taken for another in this run.")
        return
    all_pairs, absorb, leak = st.tabs(["All confusions", "Absorb most", "Leak most"])
    with all_pairs:
        if len(confusions) == PAIRS and (number := once(scored, count_confusions)) > PAIRS:
            st.caption(f"The {PAIRS} most frequent of {number:,}.")
        _table(scored, "pairs", once(scored, _pair_table), [_cell(confusion) for confusion in confusions])
    with absorb:
        sides = once(scored, _absorbing)
        cells = [Filter(predicted=scored.labels[side.label], outcomes=("wrong",)) for side in sides]
        _table(scored, "absorb", once(scored, _absorb_table), cells)
    with leak:
        sides = once(scored, _leaking)
        cells = [Filter(true=scored.labels[side.label], outcomes=("wrong",)) for side in sides]
        _table(scored, "leak", once(scored, _leak_table), cells)


def _pair_table(scored: ScoredRun) -> pd.DataFrame:
    confusions = worst_confusions(scored)
    return pd.DataFrame(
        {
            "true label": [confusion.true for confusion in confusions],
            "answered": [confusion.predicted for confusion in confusions],
            "count": [confusion.count for confusion in confusions],
            "of the label": [100 * confusion.share for confusion in confusions],
            "of": [confusion.support for confusion in confusions],
            "other way": [confusion.reverse for confusion in confusions],
            "direction": [confusion.direction for confusion in confusions],
        }
    )


def _absorbing(scored: ScoredRun) -> list[RankedLabel]:
    return absorbing(scored.confusion)


def _leaking(scored: ScoredRun) -> list[RankedLabel]:
    return leaking(scored.confusion)


def _absorb_table(scored: ScoredRun) -> pd.DataFrame:
    sides, labels = _absorbing(scored), scored.labels
    return pd.DataFrame(
        {
            "label": [labels[side.label] for side in sides],
            "wrong answers": [side.count for side in sides],
            "of its answers": [100 * side.share for side in sides],
            "of": [int(scored.per_class.predicted[side.label]) for side in sides],
            "from labels": [side.labels for side in sides],
            "mostly from": [labels[side.top] for side in sides],
        }
    )


def _leak_table(scored: ScoredRun) -> pd.DataFrame:
    sides, labels = _leaking(scored), scored.labels
    return pd.DataFrame(
        {
            "label": [labels[side.label] for side in sides],
            "called else": [side.count for side in sides],
            "of the label": [100 * side.share for side in sides],
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
    directions = "One-way: the model's bias. Two-way: the labels do not draw that line." if name == "pairs" else None
    clickable_table(
        table,
        f"list_{name}_{scored.record.run_id}_{scored.scoring}",
        TABLE_HEIGHT,
        {column: st.column_config.TextColumn(width=215) for column in ("true label", "answered", "label")}
        | {"of the label": share, "of its answers": share, "direction": st.column_config.TextColumn(help=directions)},
        on_click=click,
        alt="Choose a row, with the arrow keys for example, to see its examples",
    )


def _cell(confusion: RankedConfusion) -> Filter:
    return Filter(true=confusion.true, predicted=confusion.predicted)


def _pick(cell: Filter) -> None:
    view_state().pick(cell, outline=True)
