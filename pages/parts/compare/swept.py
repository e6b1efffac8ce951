"""What the Side by side page shows of several runs: the conclusion, the runs, their pairs, their examples."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from evalcore.analysis import (
    SWEEP_GROUPS,
    OrderEffect,
    Pair,
    Sweep,
    answer_words,
    order_effect,
    order_effect_words,
    pair_verdict_words,
    pair_words,
    shared_by_all_words,
    spread_words,
    sweep_conclusion,
)
from evalcore.charts import Theme, label_order_chart, variants_chart
from evalcore.wording import interval, p_value, points
from pages.parts.compare.example_list import ROWS_A_PAGE, example_list, steps, table
from pages.parts.compare.pair_examples import one_answer
from pages.parts.compare.variants import RUN_ORDERS
from pages.parts.shell.beside import beside
from pages.parts.shell.cached.once import once
from pages.parts.shell.clickable_table import clickable_table, height_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown, percent
from pages.parts.shell.session import view_state

HEIGHT = 430


def conclusion(sweep: Sweep, names: list[str]) -> None:
    """How many pairs can be told apart, large; below it lowest, median and highest accuracy."""
    with st.container(gap="xxsmall"):
        st.subheader(sweep_conclusion(sweep), anchor=False)
        st.markdown(escape_markdown(spread_words(sweep, names)))
        if note := shared_by_all_words(sweep):
            st.caption(note)


def runs(page: Frame, sweep: Sweep, names: list[str]) -> None:
    """Each run's accuracy, macro-F1 and unparsed with intervals."""
    st.altair_chart(
        once(sweep, _runs_chart, tuple(names), page.theme),
        height=110 + 48 * len(names),
        key="variants",
        alt="Accuracy, macro-F1 and unparsed of each run with 95 % intervals",
    )
    shown = once(sweep, _runs_table, tuple(names))
    right = st.column_config.TextColumn(alignment="right")
    st.dataframe(
        shown,
        hide_index=True,
        height=height_of(len(shown)),
        column_config={name: right for name in shown.columns if name != "run"},
        key="variant_table",
        alt="Scores of each run with 95 % intervals",
    )


def pairs(page: Frame, sweep: Sweep, names: list[str]) -> None:
    """Every two of the runs; beside them the verdict on the pair that is clicked, and the ways to its comparison."""
    left, right = beside(3, 2, HEIGHT)
    found, ids = sweep.pairs, [scored.record.run_id for scored in sweep.scored_runs]
    view = view_state().side_by_side
    opened = next((at for at, pair in enumerate(found) if (ids[pair.a], ids[pair.b]) == view.pair), 0)

    def click(row: int | None) -> None:
        if row is not None:
            view.pair = (ids[found[row].a], ids[found[row].b])

    with left:
        clickable_table(
            once(sweep, _pairs_table, tuple(names)),
            f"pairs_{'_'.join(ids)}",
            HEIGHT - 60,
            on_click=click,
            alt="Every two of the runs, compared",
        )
        st.caption("The clearest first. Intervals are of each pair alone; p is corrected (Holm) for all pairs.")
    with right:
        _pair(found[opened], names, ids)


def _pair(pair: Pair, names: list[str], ids: list[str]) -> None:
    a, b, counts = escape_markdown(names[pair.a]), escape_markdown(names[pair.b]), pair.comparison.counts
    st.markdown(f":blue[**A**] {a}  \n:orange[**B**] {b}")
    st.markdown(f"**{pair_verdict_words(pair)}**: {escape_markdown(pair_words(pair))}")
    query = {"a": ids[pair.a], "b": ids[pair.b]}
    for count, door in ((counts.fixed, "fixed"), (counts.broken, "broken")):
        if count:
            st.page_link("pages/compare.py", label=f"{count:,} {door}, with both completions",
                         icon=":material/arrow_forward:", query_params={**query, "door": door})  # fmt: skip
    st.page_link("pages/compare.py", label=f"Compare {a} with {b}", icon=":material/compare_arrows:",
                 query_params=query)  # fmt: skip


def examples(page: Frame, sweep: Sweep, names: list[str]) -> None:
    """One row an example, one column a run; beside them every raw completion of the one that is open."""
    view = view_state().side_by_side
    st.session_state["side_group"] = view.group

    def choose() -> None:
        view.group = st.session_state["side_group"]
        view.examples.open(None)

    st.segmented_control(
        "Show",
        list(SWEEP_GROUPS),
        required=True,
        format_func=lambda group: f"{SWEEP_GROUPS[group][0]} {len(sweep.rows_of(group)):,}",
        key="side_group",
        label_visibility="collapsed",
        on_change=choose,
    )
    left, right = beside(1, 1, HEIGHT)
    with left:
        st.caption(SWEEP_GROUPS[view.group][1])
        rows = once(sweep, _hardest_first, view.group)
        if not len(rows):
            st.info("There are none.")
            return
        first = sweep.scored_runs[0]
        shown = example_list(rows, first.positions[sweep.at[0][rows]], view.examples)
        view.examples.opened = int(shown.positions[shown.at])
        table(
            shown,
            lambda page: once(sweep, _examples_table, view.group, page, tuple(names)),
            f"each_{view.group}_{'_'.join(scored.record.run_id for scored in sweep.scored_runs)}",
            HEIGHT - 60,
            {"text": st.column_config.TextColumn(width=220)},
            "Examples with the answer of each run",
        )
        st.caption("✓ right, ✗ wrong, ∅ unparsed")
    with right:
        steps(shown, "side")
        _completions(sweep, names, shown.row)


def _completions(sweep: Sweep, names: list[str], row: int) -> None:
    answers = [scored.answers[int(at[row])] for scored, at in zip(sweep.scored_runs, sweep.at, strict=True)]
    st.code(answers[0].example.text, language=None, wrap_lines=True)
    st.markdown(f"True label **{escape_markdown(answers[0].example.label)}**")
    shown = [*zip(names, answers, sweep.scored_runs, strict=True)]
    for start in range(0, len(shown), 2):  # two in a row
        for place, (name, answer, scored) in zip(st.columns(2, gap="small"), shown[start:], strict=False):
            with place:
                one_answer(f"**{escape_markdown(name)}**", answer, scored)


def order(page: Frame, sweep: Sweep, names: list[str]) -> None:
    """Whether a label's place in the prompt's list changes how often it is predicted."""
    effect = once(sweep, _order_effect)
    if effect is None:
        st.info(
            "This takes runs of one prompt with the labels in different orders. “Run several prompts”, above, has "
            f"“{RUN_ORDERS}”."
        )
        return
    st.markdown(escape_markdown(order_effect_words(effect)))
    st.altair_chart(
        label_order_chart(effect.place, effect.ratio, effect.slope, page.theme),
        key="label_order",
        alt="Place in the list against how often it was predicted",
    )
    st.caption(
        "One mark for each label and order. Each label's mean over the orders is subtracted, so that labels that are "
        "predicted often in every order do not count. The interval resamples labels."
    )


def _order_effect(sweep: Sweep) -> OrderEffect | None:
    return order_effect(sweep.scored_runs)


def _runs_chart(sweep: Sweep, names: tuple[str, ...], theme: Theme) -> alt.LayerChart:
    return variants_chart(
        names,
        [scored.scores for scored in sweep.scored_runs],
        [scored.intervals for scored in sweep.scored_runs],
        theme,
    )


def _runs_table(sweep: Sweep, names: tuple[str, ...]) -> pd.DataFrame:
    scores = [(scored.scores, scored.intervals) for scored in sweep.scored_runs]
    return pd.DataFrame(
        {
            "run": names,
            "accuracy": [percent(of.accuracy) for of, _ in scores],
            "accuracy 95 %": [interval(around.accuracy) for _, around in scores],
            "macro-F1": [percent(of.macro_f1_present) for of, _ in scores],
            "macro-F1 95 %": [interval(around.macro_f1_present) for _, around in scores],
            "unparsed": [percent(of.unparsed_rate) for of, _ in scores],
            "unparsed 95 %": [interval(around.unparsed_rate) for _, around in scores],
            "N": [f"{of.n:,}" for of, _ in scores],
        }
    )


def _pairs_table(sweep: Sweep, names: tuple[str, ...]) -> pd.DataFrame:
    found = sweep.pairs
    return pd.DataFrame(
        {
            "A": [names[pair.a] for pair in found],
            "B": [names[pair.b] for pair in found],
            "B − A, points": [points(pair.comparison.counts.difference) for pair in found],
            "verdict": [pair_verdict_words(pair) for pair in found],
            "95 % interval": [interval(pair.comparison.interval, signed=True) for pair in found],
            "corrected p": [p_value(pair.p_holm) for pair in found],
            "exact McNemar": [p_value(pair.comparison.p) for pair in found],
            "fixed": [pair.comparison.counts.fixed for pair in found],
            "broken": [pair.comparison.counts.broken for pair in found],
        }
    )


def _hardest_first(sweep: Sweep, group: str) -> np.ndarray[Any, np.dtype[np.intp]]:
    behind = sweep.rows_of(group)
    return behind[np.argsort(sweep.times_right[behind], kind="stable")]


def _examples_table(sweep: Sweep, group: str, page: int, names: tuple[str, ...]) -> pd.DataFrame:
    rows = once(sweep, _hardest_first, group)[page * ROWS_A_PAGE : (page + 1) * ROWS_A_PAGE]
    first = sweep.scored_runs[0]
    shown = [answer.example for answer in first.answers.at(sweep.at[0][rows])]
    answers = {
        name: [answer_words(first.labels, int(sweep.y_true[row]), int(sweep.answers[run][row])) for row in rows]
        for run, name in enumerate(names)
    }
    return pd.DataFrame(
        {
            "text": [example.text for example in shown],
            "true label": [example.label for example in shown],
            "right in": [f"{int(times)} of {len(names)}" for times in sweep.times_right[rows]],
            **answers,
        }
    )
