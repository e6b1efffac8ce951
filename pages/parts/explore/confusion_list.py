"""Confusions in words and as tables that the keyboard reaches; labels that absorb and labels that leak."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from evalcore.analysis import Filter, ScoredRun
from evalcore.metrics import Confusion, absorbing, confusion_pairs, direction, leaking
from pages.parts.explore.matrix_view import pick
from pages.parts.shell.links import ARROW
from pages.parts.shell.markdown import escape_markdown

SENTENCES = 5
PAIRS = 300
TABLE_HEIGHT = 290
WIDTH = 345
TABLES_WIDTH = 645


def sentences(scored: ScoredRun) -> None:
    """The worst confusions in words; the way to each lights its cell up and shows its examples."""
    st.markdown("**Worst confusions**")
    with st.container(gap="xsmall"):
        for at, pair in enumerate(confusion_pairs(scored.confusion)[:SENTENCES]):
            asked = Filter(true=scored.labels[pair.true], predicted=scored.labels[pair.predicted])
            st.markdown(escape_markdown(sentence(scored, pair)))
            words = "see this example" if pair.count == 1 else f"see these {pair.count:,}"
            st.button(words, key=f"confusion_{at}", type="tertiary", icon=ARROW, on_click=_choose, args=(asked,))


def sentence(scored: ScoredRun, pair: Confusion) -> str:
    """A confusion in words, with its supports."""
    true, predicted = scored.labels[pair.true], scored.labels[pair.predicted]
    support, other = (int(scored.per_class.support[code]) for code in (pair.true, pair.predicted))
    back = f"the other way round {pair.reverse} of {other}" if other else "which is absent from the sample"
    way = direction(pair, scored.confusion)
    return f"Of {support} “{true}”, {pair.count} were called “{predicted}”; {back} ({way})."


def tables(scored: ScoredRun) -> None:
    """All confusions, and the labels that absorb or leak most; choosing a row is choosing its cell, row or column."""
    pairs = confusion_pairs(scored.confusion)
    if not pairs:
        st.info("No label was taken for another in this run.")
        return
    all_pairs, absorb, leak = st.tabs(["All confusions", "Absorb most", "Leak most"])
    labels, support = scored.labels, scored.per_class.support
    with all_pairs:
        if len(pairs) > PAIRS:
            st.caption(f"The {PAIRS} most frequent of {len(pairs):,}.")
        pairs = pairs[:PAIRS]
        table = pd.DataFrame(
            {
                "true label": [labels[pair.true] for pair in pairs],
                "answered": [labels[pair.predicted] for pair in pairs],
                "count": [pair.count for pair in pairs],
                "of the label": [100 * pair.share for pair in pairs],
                "of": [int(support[pair.true]) for pair in pairs],
                "other way": [pair.reverse for pair in pairs],
                "direction": [direction(pair, scored.confusion) for pair in pairs],
            }
        )
        _table(scored, table, "pairs", [Filter(true=labels[p.true], predicted=labels[p.predicted]) for p in pairs],
               help_="One-way: the model's bias. Two-way: the labels do not draw that line.")  # fmt: skip
    with absorb:
        sides = absorbing(scored.confusion)
        table = pd.DataFrame(
            {
                "label": [labels[side.label] for side in sides],
                "wrong answers": [side.count for side in sides],
                "of its answers": [100 * side.share for side in sides],
                "of": [int(scored.per_class.predicted[side.label]) for side in sides],
                "from labels": [side.labels for side in sides],
                "mostly from": [labels[side.top] for side in sides],
            }
        )
        _table(scored, table, "absorb", [Filter(predicted=labels[s.label], outcomes=("wrong",)) for s in sides])
    with leak:
        sides = leaking(scored.confusion)
        table = pd.DataFrame(
            {
                "label": [labels[side.label] for side in sides],
                "called else": [side.count for side in sides],
                "of the label": [100 * side.share for side in sides],
                "of": [int(support[side.label]) for side in sides],
                "to labels": [side.labels for side in sides],
                "mostly to": [labels[side.top] for side in sides],
            }
        )
        _table(scored, table, "leak", [Filter(true=labels[s.label], outcomes=("wrong",)) for s in sides])


def _table(scored: ScoredRun, table: pd.DataFrame, name: str, doors: Sequence[Filter], help_: str = "") -> None:
    key = f"list_{name}_{scored.record.run_id}_{scored.scoring}"
    share = st.column_config.NumberColumn(format="%.1f %%")
    event = st.dataframe(
        table,
        hide_index=True,
        height=TABLE_HEIGHT,
        on_select="rerun",
        selection_mode="single-cell",
        column_config={name: st.column_config.TextColumn(width=215) for name in ("true label", "answered", "label")}
        | {"of the label": share, "of its answers": share, "direction": st.column_config.TextColumn(help=help_)},
        key=key,
        alt="Choose a row, with the arrow keys for example, to see its examples",
    )  # fmt: skip
    cells = [tuple(cell) for cell in event.selection.cells]
    if cells != st.session_state.get(f"{key}_seen", []):
        st.session_state[f"{key}_seen"] = cells
        if cells and cells[0][0] < len(doors):
            _choose(doors[cells[0][0]])


def _choose(asked: Filter) -> None:
    pick(asked, highlighted=True)
