"""What the compare page shows: verdict, what changed, metrics, agreement."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from evalcore.analysis import (
    Comparison,
    better_words,
    changes,
    decisions,
    metric_interval_words,
    metric_words,
    prompt_diff,
    shared_note,
    verdict,
)
from evalcore.metrics import POPULATION, WHY_UNDEFINED
from evalcore.wording import MINUS
from pages.parts.shell.clickable_table import height_of
from pages.parts.shell.markdown import escape_markdown, percent

ICONS = {
    "better": ":material/trending_up:",
    "worse": ":material/trending_down:",
    "undecided": ":material/drag_handle:",
    "same": ":material/equal:",
}


def say_verdict(comparison: Comparison) -> None:
    """The verdict, large, and what it is about."""
    said = verdict(comparison)
    st.markdown(
        f"### {ICONS[said.kind]} {escape_markdown(said.sentence)}",
        help="Paired over the examples that both runs share. The interval is Tango's score interval for a paired "
        "difference; the test is the exact McNemar test, two-sided, which decides. “Could see”: the difference that "
        "this test finds in 80 of 100 comparisons of so many examples, if the runs disagree as often as these do.",
    )
    note = shared_note(comparison)
    scored = f"Both are scored {comparison.a.scoring}ly." if comparison.a.scoring == "strict" else "Lenient scoring."
    st.caption(f"{escape_markdown(note)} {scored}".strip())


def what_changed(comparison: Comparison) -> None:
    """The difference of the two runs' specs, the prompts' texts among it."""
    a, b = comparison.a.record, comparison.b.record
    found = changes(a, b)
    things = [escape_markdown(thing) for thing in decisions(found)]
    if not found:
        st.markdown("**What changed**: nothing that was chosen. Both runs asked for the same.")
        return
    if len(things) == 1:
        st.markdown(f"**What changed**: the {things[0]} alone.")
    else:
        st.markdown(
            f"**What changed**: {len(things)} things at once ({', '.join(things)}). "
            "The difference cannot be put down to one of them."
        )
    table = pd.DataFrame(
        {
            "what": [f"{change.what} {change.detail}".strip() for change in found],
            "A": [change.a for change in found],
            "B": [change.b for change in found],
        }
    )
    st.dataframe(table, hide_index=True, height=height_of(len(table)), key="what_changed")
    diff = prompt_diff(a.prompt, b.prompt) if a.kind.reads_prompt and b.kind.reads_prompt else []
    if diff:
        with st.expander("The prompts' texts, line by line", expanded=len(diff) < 12):
            st.code("\n".join(diff), language="diff", wrap_lines=True)


def metrics(comparison: Comparison) -> None:
    """Every metric: A, B, difference, interval, the better side."""
    rows = comparison.metrics
    table = pd.DataFrame(
        {
            "metric": [row.title for row in rows],
            "A": [metric_words(row, row.a) for row in rows],
            "B": [metric_words(row, row.b) for row in rows],
            f"B {MINUS} A": [metric_words(row, row.difference, signed=True) for row in rows],
            "better": [better_words(row) for row in rows],
            "95 % interval": [metric_interval_words(row) for row in rows],
        }
    )
    right = st.column_config.TextColumn(alignment="right")
    st.dataframe(
        table,
        hide_index=True,
        height=height_of(len(table)),
        column_config={"A": right, "B": right, f"B {MINUS} A": right, "95 % interval": right},
        key="metric_table",
    )
    if comparison.intervals.withheld:
        st.caption(comparison.intervals.withheld)
    st.caption(
        f"Each interval is of the difference in {POPULATION}. Of macro and weighted precision, effective labels and "
        "favourites no interval is known that holds, so none is shown. Of unparsed answers and of labels never "
        "predicted fewer is better; of effective labels and favourites neither way is."
    )


def agreement(comparison: Comparison) -> None:
    """How alike the answers are, and how often both are wrong."""
    alike = comparison.agreement
    with st.container(horizontal=True):
        st.metric(
            "Identical answers",
            percent(alike.same),
            border=True,
            width=200,
            help="Share of the examples to which both runs give one and the same answer, right, wrong or unparsed.",
        )
        st.metric(
            "Cohen's kappa",
            "–" if math.isnan(alike.kappa) else f"{alike.kappa:.3f}",
            f"undefined: {WHY_UNDEFINED['kappa']}" if math.isnan(alike.kappa) else None,
            delta_color="off",
            delta_arrow="off",
            border=True,
            width=200,
            help="Agreement of the two runs with each other beyond chance: 0 is chance, 1 is identical.",
        )
        st.metric(
            "Wrong together",
            f"{alike.both_wrong}",
            f"{alike.expected_both_wrong:.1f} if independent",
            delta_color="off",
            delta_arrow="off",
            border=True,
            width=200,
            help="Examples that neither gets right. Far more than independent errors would give: the two find the "
            "same examples hard, or their labels are wrong; combining the two would gain little.",
        )
