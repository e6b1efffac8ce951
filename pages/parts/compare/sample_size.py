"""How much is enough: what N examples can show, and how many a difference takes."""

from __future__ import annotations

import math

import streamlit as st

from evalcore.analysis import Comparison, ScoredRun
from evalcore.charts import sample_size_chart
from evalcore.metrics import LEVEL, POWER, Growth, examples_needed, growth
from evalcore.wording import counted, figure
from pages.parts.shell.cached.scored import scored_run_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import percent


def alone(page: Frame) -> None:
    """How much is enough for the run that is looked at, while there is nothing to compare it with."""
    if page.record is None:
        return
    scored = scored_run_of(page.store, page.record, page.scoring)
    if not scored.scores.n:
        return
    accuracy = scored.scores.accuracy
    st.subheader("How much is enough", anchor=False)
    how_much(
        page,
        scored,
        2 * accuracy * (1 - accuracy),
        "of two runs of this accuracy that err independently, a cautious case,",
    )


def of_pair(page: Frame, comparison: Comparison) -> None:
    """How much is enough for two runs that disagree as often as these do."""
    how_much(
        page,
        comparison.b,
        comparison.counts.discordant_rate,
        f"of the {counted(comparison.n, 'example')} that A and B share,",
    )


def how_much(page: Frame, scored: ScoredRun, rate: float, rate_is: str) -> None:
    """Interval width and smallest visible difference as N grows, and N for a difference that is typed in.

    Args:
        rate: share of examples that only one of two runs gets right; rate_is: where it is known from.
    """
    record, s = scored.record, scored.scores
    low, high = scored.intervals.accuracy
    split = max(record.split_size, s.n)
    grown = _growth(round(s.accuracy, 6), round(rate, 6), split)
    st.caption(
        f"As things stand: accuracy {percent(s.accuracy)}, known to within {figure(100 * (high - low), 1)} points at "
        f"N = {s.n:,}; {rate_is} {percent(rate)} are right in only one of the two. “See” is the exact McNemar test at "
        f"{LEVEL:.2f}, in {100 * POWER:.0f} of 100 such comparisons."
    )
    chart, answer = st.columns([2.4, 1], gap="large")
    with chart:
        st.altair_chart(
            sample_size_chart(grown, s.n, page.theme),
            key="enough",
            alt="Interval width and smallest visible difference against N",
        )
    with answer:
        wanted = st.number_input(
            "A difference that matters to you, in points", 0.1, 100.0, 2.0, 0.5, format="%.1f", key="wanted_points"
        )
        needed = examples_needed(wanted / 100, rate)
        whole, smallest = f"the whole split has {split:,}", float(grown.smallest[-1])
        if needed is None:
            st.markdown(f"More than a million examples would be needed; {whole}.")
        elif needed <= split:
            st.markdown(f"About **{needed:,} examples** are needed to see it; {whole}.")
        else:
            st.markdown(f"About **{needed:,} examples** are needed to see it, and {whole}: it cannot be seen here.")
        if not math.isnan(smallest):
            st.caption(f"On the whole split, {figure(100 * smallest, 1)} points could be seen.")


@st.cache_data(max_entries=64, show_spinner=False)
def _growth(accuracy: float, rate: float, split: int) -> Growth:
    return growth(accuracy, rate, split)
