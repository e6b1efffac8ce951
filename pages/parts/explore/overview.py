"""What the overview shows of a scored run: cards, findings, its scores in one picture, answered against occurring."""

from __future__ import annotations

import math
from collections.abc import Callable

import altair as alt
import streamlit as st

from evalcore import charts
from evalcore.analysis import Filter, Finding, ScoredRun
from evalcore.metrics import POPULATION, WHY_UNDEFINED, absent, never_predicted
from evalcore.parse import PARSER_VERSION
from pages.parts.explore.confusion_list import worst_confusions
from pages.parts.shell.cached import once
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import CONFUSIONS, EXAMPLES, PER_CLASS, link_to
from pages.parts.shell.markdown import between, escape_markdown, percent

CARD_WIDTH, WIDE_CARD = 152, 182
"""Six fit into a row; the wide one is for the longest of their names."""
WIDEST_NAME = 16
FINDINGS_SHOWN = 5
CONFUSIONS_SHOWN = 5
SCORES_WIDTH = 620
MATRIX_WIDTH = 320
LABELS_WITHOUT_SCROLLING = 26


def cards(scored: ScoredRun) -> None:
    """What the numbers are of, and metric cards, each with its interval; they wrap where the page is narrow."""
    s, i = scored.scores, scored.intervals
    never = len(never_predicted(scored.confusion))
    missing = len(absent(scored.confusion))
    st.caption(
        f"n = {s.n} of {scored.record.split_size} examples, {escape_markdown(scored.record.spec.sample)} · "
        f"{s.labels_present} of {s.labels_total} labels present · {scored.scoring} scoring, parser {PARSER_VERSION} · "
        "below each number its 95 % interval"
    )
    taken = f"Two favourites take {percent(s.favourites_share)} of all answers."
    favourites = taken if s.favourites else f"Undefined here: {WHY_UNDEFINED['effective_labels']}."
    with st.container(horizontal=True, gap="small"):
        _card(
            "Accuracy",
            percent(s.accuracy),
            between(scored.intervals.accuracy),
            f"{s.correct} of {s.n} examples are right under {scored.scoring} scoring. Below: Wilson 95 % interval.",
            lambda: link_to(scored, f"{s.n - s.correct:,} not right", asked=Filter(outcomes=("wrong", "unparsed"))),
        )
        _card(
            "Macro-F1, present",
            percent(s.macro_f1_present),
            between(i.macro_f1_present) if not i.withheld else "too few for an interval",
            f"F1 of each of the {s.labels_present} labels that occur in this sample, averaged with equal weight. "
            f"Below: 95 % interval of {POPULATION}. {i.withheld}",
            lambda: link_to(scored, "each label", PER_CLASS, more={"sort": "F1"}),
        )
        _card(
            "Macro-F1, all",
            percent(s.macro_f1_all),
            f"ceiling {percent(s.macro_f1_ceiling)}",
            f"Averaged over all labels, absent ones as 0; 95 % interval {between(i.macro_f1_all)}. With {missing} of "
            f"{s.labels_total} labels absent from the sample even a perfect model gets {percent(s.macro_f1_ceiling)}.",
            lambda: link_to(scored, f"{missing} absent", PER_CLASS, more={"standing": "absent from the sample"}),
        )
        _card(
            "Unparsed",
            percent(s.unparsed / s.n),
            between(scored.intervals.unparsed_rate),
            f"{s.unparsed} of {s.n} completions name no label, or more than one. They count as wrong.",
            lambda: link_to(scored, f"these {s.unparsed:,}", asked=Filter(outcomes=("unparsed",))),
        )
        _card(
            "Never predicted",
            f"{never} of {s.labels_present}",
            f"{missing} absent",
            "Labels that occur in this sample and were not answered once. Labels that are absent from the sample are "
            "another matter: they say nothing about the model.",
            lambda: link_to(scored, f"these {never}", PER_CLASS, more={"standing": "never predicted"}),
        )
        _card(
            "Effective labels",
            "–" if math.isnan(s.effective_labels) else f"{s.effective_labels:.1f}",
            f"favourites {percent(s.favourites_share)}" if s.favourites else "none is a label",
            f"The answers are as varied as if so many of the {s.labels_total} labels were answered equally often "
            f"(exp of the entropy). {favourites}",
            lambda: link_to(scored, "favourites", PER_CLASS, more={"sort": "predicted", "descending": "1"}),
        )


def _card(label: str, value: str, below: str, explanation: str, draw_link: Callable[[], None]) -> None:
    with st.container(width=WIDE_CARD if len(label) > WIDEST_NAME else CARD_WIDTH, gap="xxsmall"):
        st.metric(label, value, below, delta_color="off", delta_arrow="off", help=explanation, border=True)
        draw_link()


def findings(frame: Frame, scored: ScoredRun, found: list[Finding]) -> None:
    """The findings in words, each with the way to its examples."""
    st.subheader("What this run hides")
    for number, finding in enumerate(found[:FINDINGS_SHOWN], start=1):
        _finding(frame, scored, number, finding)
    if len(found) > FINDINGS_SHOWN:
        with st.expander(f"{len(found) - FINDINGS_SHOWN} more"):
            for number, finding in enumerate(found[FINDINGS_SHOWN:], start=FINDINGS_SHOWN + 1):
                _finding(frame, scored, number, finding)


def _finding(frame: Frame, scored: ScoredRun, number: int, finding: Finding) -> None:
    st.markdown(f"**{number}. {escape_markdown(finding.sentence)}**")
    st.caption(escape_markdown(finding.meaning))
    count = len(finding.positions)
    with st.container(horizontal=True):
        if count and frame.record and count < frame.record.n:
            label = f"see {'this example' if count == 1 else f'these {count:,} examples'}"
            link_to(scored, label, asked=Filter(finding=finding.kind))
        if finding.kind in _WAYS:
            page, label, more = _WAYS[finding.kind]
            link_to(scored, label, page, more=more)


_WAYS: dict[str, tuple[str, str, dict[str, str]]] = {
    "sample_misses_labels": (PER_CLASS, "the absent labels", {"standing": "absent from the sample"}),
    "collapse": (PER_CLASS, "labels by how often they were answered", {"sort": "predicted", "descending": "1"}),
    "carried_by_frequent_labels": (PER_CLASS, "labels by F1", {"sort": "F1"}),
    "never_predicted": (PER_CLASS, "these labels", {"standing": "never predicted"}),
    "zero_recall": (PER_CLASS, "these labels", {"standing": "zero recall"}),
    "over_predicted": (PER_CLASS, "these labels", {"standing": "over-predicted"}),
    "too_uncertain_to_rank": (PER_CLASS, "labels with their intervals", {"sort": "recall"}),
    "micro_f1_says_nothing_new": (CONFUSIONS, "every wrong answer in the matrix", {}),
    "penalty_on_prompt_labels": (EXAMPLES, "the examples", {}),
    "not_finished": (EXAMPLES, "what is predicted so far", {}),
}
"""Where a finding can be seen, beside its examples: page, words, query parameters."""


def pictures(frame: Frame, scored: ScoredRun) -> None:
    """The same predictions, read five ways: one scale, the matrix, and the worst confusions in words."""
    st.subheader("The same predictions, five ways")
    with st.container(horizontal=True, gap="large"):
        with st.container(width=SCORES_WIDTH):
            chart = once(scored, _scores_chart, frame.theme)
            st.altair_chart(chart, key="five_readings", alt="Accuracy, F1s and unparsed rate on one scale")
            if not scored.scores.unparsed:
                st.caption("Micro-F1 equals accuracy whenever every answer is one of the labels: it adds nothing here.")
        with st.container(width=MATRIX_WIDTH):
            st.altair_chart(
                once(scored, _small_matrix, frame.theme),
                key="small_matrix",
                alt="Confusion matrix: true labels downwards, answers across",
            )
            st.caption("Rows: true labels. Columns: answers.")
    worst = worst_confusions(scored)[:CONFUSIONS_SHOWN]
    if worst:
        st.markdown("**Worst confusions**")
        st.markdown("\n".join(f"- {escape_markdown(confusion.sentence)}" for confusion in worst))
    link_to(scored, "all confusions, and the matrix to click", CONFUSIONS)


def _scores_chart(scored: ScoredRun, theme: charts.Theme) -> alt.LayerChart:
    return charts.scores_chart(scored.scores, scored.intervals, scored.per_class, scored.labels, theme)


def _small_matrix(scored: ScoredRun, theme: charts.Theme) -> alt.Chart:
    return charts.small_matrix(scored.confusion, scored.labels, theme)


def _predicted_against_true(scored: ScoredRun, theme: charts.Theme) -> alt.LayerChart:
    return charts.predicted_against_true(scored.per_class, scored.labels, theme)


def collapse(frame: Frame, scored: ScoredRun) -> None:
    """Predicted against true frequency, label by label."""
    st.subheader("Answered against occurring")
    st.caption(
        "Bars: how often each label was answered. The mark: how often it occurs. "
        "A model that collapses has a few long bars and many marks without one."
    )
    chart = once(scored, _predicted_against_true, frame.theme)
    if len(scored.labels) <= LABELS_WITHOUT_SCROLLING:
        st.altair_chart(chart, key="collapse", alt="How often each label was answered and occurs")
        return
    with st.container(height=560, border=False):
        st.altair_chart(chart, key="collapse", alt="How often each label was answered and occurs")
