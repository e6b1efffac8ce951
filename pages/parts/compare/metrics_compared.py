"""Every metric of two runs, and how alike their answers are."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from evalcore.analysis import Comparison, better_words, metric_interval_words, metric_words
from evalcore.metrics import POPULATION, WHY_UNDEFINED
from evalcore.wording import MINUS, figure, percent
from pages.parts.shell.cached import once
from pages.parts.shell.clickable_table import height_of
from pages.parts.shell.frame import Frame


def metrics(page: Frame, comparison: Comparison) -> None:
    """Every metric: A, B, difference, interval, the better side; below it how alike the two are."""
    table = once(comparison, _table)
    right = st.column_config.TextColumn(alignment="right")
    st.dataframe(
        table,
        hide_index=True,
        height=height_of(len(table)),
        column_config={"A": right, "B": right, f"B {MINUS} A": right, "95 % interval": right},
        key="metric_table",
        alt="Every metric of A and B, the difference and its interval",
    )
    if comparison.intervals.withheld:
        st.caption(comparison.intervals.withheld)
    st.caption(
        f"Each interval is of the difference in {POPULATION}. Where there is none, no interval is known that holds. "
        "Of unparsed answers and of labels never predicted, fewer is better."
    )
    _agreement(comparison)


def _table(comparison: Comparison) -> pd.DataFrame:
    rows = comparison.metrics
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
