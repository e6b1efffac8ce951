"""What the side-by-side page shows of several runs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from evalcore.analysis import Sweep, order_effect
from evalcore.charts import label_order_chart, variants_chart
from evalcore.metrics import UNPARSED
from evalcore.wording import MINUS, p_value, points, signed
from pages.parts.shell.clickable_table import clickable_table, height_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import between, escape_markdown, percent

GROUPS = {
    "all": "all",
    "always_wrong": "wrong in every run",
    "wrong_alike": "the same wrong label in every run",
    "unparsed_in_all": "unparsed in every run",
    "flips": "right in some, wrong in others",
    "always_right": "right in every run",
}
TABLE_HEIGHT = 460


def overview(page: Frame, sweep: Sweep, names: list[str]) -> None:
    """Each run's accuracy, macro-F1 and unparsed with intervals, and their spread."""
    accuracies = [scored.scores.accuracy for scored in sweep.scored_runs]
    spread = sweep.spread(accuracies)
    with st.container(horizontal=True):
        for label, value, run in (
            ("Least accuracy", spread.low, names[int(np.argmin(accuracies))]),
            ("Median", spread.middle, f"{len(names)} runs"),
            ("Greatest", spread.high, names[int(np.argmax(accuracies))]),
        ):
            st.metric(
                label,
                percent(value),
                escape_markdown(run),
                delta_color="off",
                delta_arrow="off",
                border=True,
                width=230,
            )
        st.metric(
            "Spread",
            f"{100 * (spread.high - spread.low):.1f} points",
            "greatest less least",
            delta_color="off",
            delta_arrow="off",
            border=True,
            width=230,
            help="One number from one prompt hides this much.",
        )
    others = [
        f"{title} {' – '.join(percent(value) for value in (of.low, of.middle, of.high))}"
        for title, of in (
            ("macro-F1", sweep.spread([scored.scores.macro_f1_present for scored in sweep.scored_runs])),
            ("unparsed", sweep.spread([scored.scores.unparsed_rate for scored in sweep.scored_runs])),
        )
    ]
    st.caption(f"Least, median and greatest of the others: {'; '.join(others)}.")
    st.altair_chart(
        variants_chart(
            names,
            [scored.scores for scored in sweep.scored_runs],
            [scored.intervals for scored in sweep.scored_runs],
            page.theme,
        ),
        key="variants",
        alt="Accuracy, macro-F1 and unparsed of each run with 95 % intervals",
    )
    table = pd.DataFrame(
        {
            "run": names,
            "accuracy": [percent(value) for value in accuracies],
            "accuracy 95 %": [between(scored.intervals.accuracy) for scored in sweep.scored_runs],
            "macro-F1, present": [percent(scored.scores.macro_f1_present) for scored in sweep.scored_runs],
            "macro-F1 95 %": [between(scored.intervals.macro_f1_present) for scored in sweep.scored_runs],
            "unparsed": [percent(scored.scores.unparsed_rate) for scored in sweep.scored_runs],
            "unparsed 95 %": [between(scored.intervals.unparsed_rate) for scored in sweep.scored_runs],
            "N": [scored.scores.n for scored in sweep.scored_runs],
        }
    )
    st.dataframe(table, hide_index=True, height=height_of(len(table)), key="variant_table")


def pairs(sweep: Sweep, names: list[str]) -> None:
    """Every two of the runs, corrected for looking at all of them; a row that is clicked leads to its comparison."""
    found = sweep.pairs
    clear = sum(pair.clear for pair in found)
    st.markdown(f"**{clear} of {len(found)}** pairs can be told apart, corrected (Holm) for looking at all of them.")
    table = pd.DataFrame(
        {
            "A": [names[pair.a] for pair in found],
            "B": [names[pair.b] for pair in found],
            "B − A, points": [points(pair.comparison.counts.difference) for pair in found],
            "95 % interval": [" to ".join(signed(bound) for bound in pair.comparison.interval) for pair in found],
            "fixed": [pair.comparison.counts.fixed for pair in found],
            "broken": [pair.comparison.counts.broken for pair in found],
            "exact McNemar": [p_value(pair.comparison.p) for pair in found],
            "corrected (Holm)": [p_value(pair.p_holm) for pair in found],
            "verdict": [_verdict(pair.clear, pair.comparison.counts.difference) for pair in found],
        }
    )
    row = clickable_table(
        table, f"pairs_{'_'.join(scored.record.run_id for scored in sweep.scored_runs)}", TABLE_HEIGHT
    )
    st.caption("Intervals are of each pair alone. Click a row to open its comparison.")
    if row is not None:
        pair = found[row]
        a, b = (sweep.scored_runs[at].record.run_id for at in (pair.a, pair.b))
        st.page_link(
            "pages/compare.py",
            label=f"Compare {escape_markdown(names[pair.a])} with {escape_markdown(names[pair.b])}",
            icon=":material/compare_arrows:",
            query_params={"a": a, "b": b},
        )


def each_example(sweep: Sweep, names: list[str]) -> None:
    """One row an example, one column a run: right in j of k; a row that is clicked shows every raw completion."""
    k = len(names)
    group = st.segmented_control(
        "Show",
        list(GROUPS),
        default="all",
        required=True,
        format_func=lambda name: f"{GROUPS[name]} · {len(sweep.rows_of(name))}",
        key="side_group",
    )
    if group in ("always_wrong", "wrong_alike"):
        st.caption("No run gets these right. Before blaming the model, check the labels.")
    elif group == "unparsed_in_all":
        st.caption("No run names a label here, or each names more than one. Read the raw completions.")
    elif group == "flips":
        st.caption("Whether these are right depends on the run: between prompts, they are what wording alone decides.")
    behind = sweep.rows_of(group)
    if not len(behind):
        st.caption("There are none.")
        return
    order = behind[np.argsort(sweep.times_right[behind], kind="stable")]
    first = sweep.scored_runs[0]
    shown = [first.answers[int(at)].example for at in sweep.at[0][order]]
    table = pd.DataFrame(
        {
            "text": [example.text for example in shown],
            "true label": [example.label for example in shown],
            "right in": [f"{int(times)} of {k}" for times in sweep.times_right[order]],
        }
    )
    for run, name in enumerate(names):
        table[name] = [
            _cell(first.labels, int(code), bool(ok))
            for code, ok in zip(sweep.answers[run][order], sweep.right[run][order], strict=True)
        ]
    row = clickable_table(
        table,
        f"each_{group}_{_ids(sweep)}",
        TABLE_HEIGHT,
        {"text": st.column_config.TextColumn(width="large", pinned=True)},
    )
    st.caption("✓ right, ✗ wrong, ∅ unparsed. The hardest first. Click a row for the raw completions.")
    if row is not None:
        _one(sweep, names, int(order[row]))


def _one(sweep: Sweep, names: list[str], at: int) -> None:
    answers = [scored.answers[int(row[at])] for scored, row in zip(sweep.scored_runs, sweep.at, strict=True)]
    st.code(answers[0].example.text, language=None, wrap_lines=True)
    st.caption(f"True label: {escape_markdown(answers[0].example.label)}")
    for name, answer in zip(names, answers, strict=True):
        left, right = st.columns([1, 2], vertical_alignment="center")
        left.markdown(f"{escape_markdown(name)}: **{answer.outcome}**")
        right.code(answer.completion.text or "(empty)", language=None, wrap_lines=True)


def order(page: Frame, sweep: Sweep) -> None:
    """Whether a label's place in the prompt's list changes how often it is predicted."""
    effect = order_effect(sweep.scored_runs)
    if effect is None:
        st.caption(
            "Needs runs of one prompt with the labels in different orders. “Run label orders” above queues them."
        )
        return
    low, high = effect.interval
    if low <= 0 <= high:
        said = "no effect of the place can be told apart from chance"
    else:
        said = f"labels further down the list are predicted {'more' if effect.slope > 0 else 'less'} often"
    slope, least, most = (f"{value:+.2f}".replace("-", MINUS) for value in (effect.slope, low, high))
    st.markdown(
        f"From the first place of the list to the last, a label's predicted / occurring changes by **{slope}** "
        f"(95 % interval {least} to {most}): {said}. {effect.orders} orders, {effect.labels} labels."
    )
    st.altair_chart(
        label_order_chart(effect.place, effect.ratio, effect.slope, page.theme),
        key="label_order",
        alt="Place in the list against how often it was predicted",
    )
    st.caption(
        "One mark a label and order. A label's own mean over the orders is taken off, so that a label that is "
        "popular everywhere does not count; the interval resamples labels."
    )


def _ids(sweep: Sweep) -> str:
    return "_".join(scored.record.run_id for scored in sweep.scored_runs)


def _cell(labels: tuple[str, ...], code: int, right: bool) -> str:
    if right:
        return "✓"
    return "∅" if code == UNPARSED else f"✗ {labels[code]}"


def _verdict(clear: bool, difference: float) -> str:
    if not clear:
        return "not distinguishable"
    return "B is better" if difference > 0 else "B is worse"
