"""Every metric of two runs, and how alike their answers are."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from evalcore.analysis import (
    Comparison,
    MetricRow,
    better_words,
    metric_interval_words,
    metric_words,
    why_not_compared,
)
from evalcore.metrics import POPULATION, WHY_UNDEFINED
from evalcore.wording import MINUS, figure, percent
from pages.parts.shell.cached.comparisons import compared_probabilities_of
from pages.parts.shell.cached.once import once
from pages.parts.shell.clickable_table import height_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown


def metrics(page: Frame, comparison: Comparison) -> None:
    """Every metric: A, B, difference, interval, the better side; below it how alike the two are."""
    _draw(once(comparison, _table), "metric_table", "Every metric of A and B, the difference and its interval")
    if comparison.intervals.withheld:
        st.caption(comparison.intervals.withheld)
    st.caption(
        f"Each interval is of the difference in {POPULATION}. Where there is none, no interval is known that holds. "
        "Of unparsed answers and of labels never predicted, fewer is better."
    )
    _probabilities(comparison)
    _agreement(comparison)


def _probabilities(comparison: Comparison) -> None:
    """How sure the two are, and whether that can be believed, where both have probabilities."""
    compared = compared_probabilities_of(comparison)
    if compared is None:
        st.caption(escape_markdown(why_not_compared(comparison)))
        return
    st.subheader("How sure they are", anchor=False)
    _draw(
        once(comparison, _probability_table),
        "probability_table",
        "Scores of the probabilities of A and B, the difference and its interval",
    )
    for note in compared.notes:
        st.caption(escape_markdown(note))


def _draw(table: pd.DataFrame, key: str, alt: str) -> None:
    right = st.column_config.TextColumn(alignment="right")
    st.dataframe(
        table,
        hide_index=True,
        height=height_of(len(table)),
        column_config={"A": right, "B": right, f"B {MINUS} A": right, "95 % interval": right},
        key=key,
        alt=alt,
    )


def _table(comparison: Comparison) -> pd.DataFrame:
    return _of_rows(comparison.metrics)


def _probability_table(comparison: Comparison) -> pd.DataFrame:
    compared = compared_probabilities_of(comparison)
    return _of_rows(compared.rows if compared else [])


def _of_rows(rows: Sequence[MetricRow]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "metric": [row.title for row in rows],
            "A": [metric_words(row, row.a) for row in rows],
            "B": [metric_words(row, row.b) for row in rows],
            f"B {MINUS} A": [metric_words(row, row.difference, signed=True) for row in rows],
            "95 % interval": [metric_interval_words(row) for row in rows],
            "better": [better_words(row) for row in rows],
        }
    )


def _agreement(comparison: Comparison) -> None:
    """How alike the answers are, and how often both are wrong."""
    alike = comparison.agreement
    cards = (
        ("Identical answers", percent(alike.same), "of the examples, right or wrong"),
        (
            "Cohen's kappa",
            figure(alike.kappa),
            f"undefined: {WHY_UNDEFINED['kappa']}"
            if math.isnan(alike.kappa)
            else "of A and B with each other: 0 is chance, 1 is identical",
        ),
        ("Both wrong or unparsed", f"{alike.both_wrong:,}", f"{alike.expected_both_wrong:,.1f} if independent"),
    )
    with st.container(horizontal=True):
        for label, value, meaning in cards:
            with st.container(border=True, gap="xxsmall", height="stretch"):
                st.metric(label, value)
                st.caption(meaning)
    st.caption(
        "Far more wrong together than independent errors would give: the two find the same examples hard, or their "
        "labels are wrong; combining the two would gain little."
    )
