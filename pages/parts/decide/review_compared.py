"""Two runs in the tab “Review”: both curves, and the examples that one of them would answer alone."""

from __future__ import annotations

import streamlit as st

from evalcore import charts
from evalcore.analysis import ScoredRun
from evalcore.deciding import GROUPS, ComparedReview, Review
from evalcore.deciding.review_words import group_words, value_words
from pages.parts.decide import shown
from pages.parts.decide.answer_parts import examples_pane
from pages.parts.decide.review_pictures import points
from pages.parts.shell.beside import beside
from pages.parts.shell.frame import Frame
from pages.parts.shell.session import view_state

HEIGHT, CHART_HEIGHT = 400, 300


def draw(page: Frame, scored: ScoredRun, other: ScoredRun, both: ComparedReview) -> None:
    """Draw what lies below the answer; nothing if one of the two has no signal."""
    if not (both.a.signal and both.b.signal):
        return
    left, right = beside(11, 9, height=HEIGHT)
    with left:
        curves = [_curve("A", both.a, charts.RUN_A), _curve("B", both.b, charts.RUN_B)]
        st.altair_chart(
            charts.risk_coverage_chart(curves, both.a.target, page.theme, CHART_HEIGHT, clickable=False),
            key=f"review_of_two_{scored.record.run_id}_{other.record.run_id}",
            alt="Share right among what each run answers automatically, against the share that it answers",
        )
        st.caption("Diamonds: the thresholds in use. Both on the half of the shared examples that verifies.")
    with right:
        _examples(page, scored, both)


def _curve(name: str, answer: Review, colour: str) -> charts.CoverageCurve:
    steps, at = points(answer), answer.threshold
    words = [value_words(answer, float(threshold)) for threshold in steps.threshold]
    return charts.CoverageCurve(name, steps, words, colour, mark=steps.at(at) if at == at else -1)


def _examples(page: Frame, scored: ScoredRun, both: ComparedReview) -> None:
    """The examples of run A's table: of which of the two would answer them automatically."""
    opened = view_state().decide.opened
    rows = {name: both.rows_of(name) for name in GROUPS}
    group = opened if opened in GROUPS else next((name for name in GROUPS if len(rows[name])), GROUPS[0])
    st.session_state["review_group"] = group

    def choose() -> None:
        shown.open_examples(page, st.session_state["review_group"])

    st.segmented_control(
        "Examples", GROUPS, key="review_group", required=True, on_change=choose, label_visibility="collapsed",
        format_func=lambda name: f"{group_words(name)}: {len(rows[name]):,}",
    )  # fmt: skip
    said = (
        f"Which run answers automatically, of the {len(both.group):,} shared examples that verify; shown: A's answers"
    )
    examples_pane(page, scored, rows[group], ("text", "outcome", "predicted"), said=said)
