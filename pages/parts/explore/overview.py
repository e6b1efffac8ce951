"""What the overview shows of a scored run: verdict, cards, findings, and its scores and labels in pictures."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import altair as alt
import streamlit as st

from evalcore import charts
from evalcore.analysis import (
    Filter,
    Finding,
    Reference,
    ScoredRun,
    mean_confidence_words,
    server_cost,
    server_cost_words,
    why_no_probabilities,
)
from evalcore.importing import IMPORTED
from evalcore.metrics import POPULATION, WHY_UNDEFINED, absent, never_predicted
from evalcore.parse import PARSER_VERSION
from evalcore.store import Job
from evalcore.store.planned import planned_and_taken
from evalcore.wording import counted, interval
from pages.parts.explore.confusion_list import worst_confusions
from pages.parts.run.base_model import way_to_base_model
from pages.parts.run.options import run_words
from pages.parts.run.queue import baselines_being_fitted
from pages.parts.shell.cached.findings import findings_for
from pages.parts.shell.cached.limits import COUNTED_UP_TO
from pages.parts.shell.cached.once import once
from pages.parts.shell.cached.scored import probabilities_of, scored_run_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import CONFIDENCE, CONFUSIONS, EXAMPLES, PER_CLASS, TRY_IT, link_to, link_to_decide
from pages.parts.shell.markdown import UNDEFINED, escape_markdown, percent
from pages.parts.shell.session import view_state
from pages.parts.shell.views.try_it import Tried

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

FINDINGS_SHOWN = 3
CONFUSIONS_SHOWN = 5
LABELS_SHOWN = 12
ALL_COUNTS_HEIGHT = 420
"""Pixels; what is longer scrolls in it."""
CARDS = 4
NARROWEST_CARD = 160
"""Pixels; four of them and their gaps fit into a page of 758."""


def sample_line(scored: ScoredRun, place: DeltaGenerator, standing: str) -> None:
    """What the numbers are of.

    Args:
        place: where it is drawn, under the line on what was run.
        standing: how much of the run is stored, in Markdown; may be empty.
    """
    s = scored.scores
    of = f"n = {s.n:,} of {counted(scored.record.split_size, 'example')}, {escape_markdown(scored.record.spec.sample)}"
    labels = f"{s.labels_present} of {counted(s.labels_total, 'label')} in the sample"
    scoring = f"{scored.scoring} scoring, parser {PARSER_VERSION}"
    said = " · ".join(part for part in (standing, of, labels, scoring, "95 % intervals") if part)
    imported = escape_markdown(scored.record.metadata.get(IMPORTED, ""))  # how the file was read
    place.caption(said, help=planned_and_taken(scored.record) or imported or None)
    if cost := server_cost(scored.answers.store, scored.record):
        place.caption(escape_markdown(server_cost_words(cost)))


def verdict(page: Frame, scored: ScoredRun, found: tuple[Reference, ...]) -> None:
    """The accuracy with its interval, beside the best baseline on the same examples."""
    s = scored.scores
    number, picture = st.columns([1, 3], gap="medium", vertical_alignment="center")
    with number, st.container(gap="xxsmall"):
        _metric(
            "Accuracy",
            percent(s.accuracy),
            interval(scored.intervals.accuracy),
            f"{s.correct:,} right of {counted(s.n, 'example')}, under {scored.scoring} scoring. Below: Wilson 95 % "
            "interval.",
        )
        _link(scored, s.n - s.correct, f"{s.n - s.correct:,} wrong or unparsed", outcomes=("wrong", "unparsed"))
    with picture:
        chart = once(scored, _verdict_chart, found, page.theme)
        st.altair_chart(chart, key="verdict", alt="Accuracy with its 95 % interval, and the best baseline")
        baselines_being_fitted(page.store, scored.record)
        with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
            _how_sure(scored)
            link_to_decide(scored)
            way_to_base_model(page, scored.record)


def _how_sure(scored: ScoredRun) -> None:
    """The way to the Confidence page, of a run with probabilities: beside the accuracy, where it takes no line."""
    if why_no_probabilities(scored):
        return
    words = "How sure is the model?"
    if len(scored.answers) <= COUNTED_UP_TO:  # those of a larger run take seconds to read
        words = once(scored, _mean_confidence_words) or words
    link_to(scored, words, CONFIDENCE)


def cards(scored: ScoredRun) -> None:
    """Four more scores in one row, each with its interval and the way to what it counts."""
    s, i = scored.scores, scored.intervals
    never, missing = len(never_predicted(scored.confusion)), len(absent(scored.confusion))
    all_labels = f"all labels: {percent(s.macro_f1_all)}, at most {percent(s.macro_f1_ceiling)}"
    top = "top label" if len(s.favourites) == 1 else f"top {len(s.favourites)}"
    grid = st.grid(CARDS, min_column_width=NARROWEST_CARD, gap=None)
    with grid.cell(), st.container(gap="xxsmall"):
        _metric(
            "Macro-F1",
            percent(s.macro_f1_present),
            "too few for an interval" if i.withheld else interval(i.macro_f1_present),
            f"Macro-F1, labels in the sample: F1 of each label that occurs, {s.labels_present} of them, averaged "
            f"with equal weight. Below: 95 % interval of {POPULATION}. {i.withheld}  \n"
            f"Macro-F1, all labels: {percent(s.macro_f1_all)} ({interval(i.macro_f1_all)}), absent labels as 0. Here "
            f"even a perfect model gets {percent(s.macro_f1_ceiling)}.",
        )
        _link(scored, s.labels_present, f"{counted(s.labels_present, 'label')} in the sample", PER_CLASS, sort="F1")
        if missing:
            st.caption(all_labels)
    with grid.cell(), st.container(gap="xxsmall"):
        _metric(
            "Unparsed",
            percent(s.unparsed_rate),
            interval(i.unparsed_rate),
            f"{counted(s.unparsed, 'completion')} of {s.n:,} without a label, or with more than one. They count as "
            "wrong.",
        )
        _link(scored, s.unparsed, counted(s.unparsed, "unparsed answer"), outcomes=("unparsed",))
    with grid.cell(), st.container(gap="xxsmall"):
        _metric(
            "Never predicted",
            f"{never} of {s.labels_present}",
            f"{missing} absent",
            "Labels that occur in this sample and were not predicted once. Labels that are absent from the sample are "
            "another matter: they say nothing about the model.",
        )
        status = "never predicted"
        _link(scored, never, f"{counted(never, 'label')} never predicted", PER_CLASS, standing=status)
        if missing:
            status = "absent from the sample"
            _link(scored, missing, f"{counted(missing, 'label')} absent", PER_CLASS, standing=status)
    with grid.cell(), st.container(gap="xxsmall"):
        undefined = math.isnan(s.effective_labels)
        _metric(
            "Label variety",
            UNDEFINED if undefined else f"{s.effective_labels:.1f}",
            f"not defined: {WHY_UNDEFINED['effective_labels']}"
            if undefined
            else f"{percent(s.favourites_share)} share of the {top}",
            f"The answers are as varied as if so many of {counted(s.labels_total, 'label')} were predicted equally "
            f"often (exp of the entropy). Below: how many of all answers are the {top}.",
        )
        _link(scored, len(s.favourites), "labels by count", PER_CLASS, sort="predicted", descending="1")


def _metric(label: str, value: str, below: str, explanation: str) -> None:
    st.metric(label, value, below, delta_color="off", delta_arrow="off", help=explanation)


def _link(
    scored: ScoredRun,
    count: int,
    label: str,
    page: str = EXAMPLES,
    outcomes: tuple[str, ...] = (),
    **more: str,
) -> None:
    """The way to what a card counts; without any there is none."""
    if count:
        link_to(scored, label, page, asked=Filter(outcomes=outcomes), more=more)
    else:
        st.caption("none")


def findings_beside_labels(page: Frame, scored: ScoredRun, found: list[Finding]) -> None:
    """The findings in words, beside the picture that shows at once whether the answers have collapsed."""
    left, right = st.columns([11, 9], gap="medium")
    with left:
        st.subheader("What this run hides", anchor=False)
        _findings(scored, found)
        if _has_room(found):
            _worst_confusions(scored, FINDINGS_SHOWN)
    with right:
        st.subheader("Predicted and actual count per label", anchor=False)
        _counts(page, scored)
        if scored.record.kind.can_run:
            _ask_the_model(scored)


def _ask_the_model(scored: ScoredRun) -> None:
    """A field whose text the Try it page answers."""
    text = st.text_input(
        "Ask the model",
        key="ask_the_model",
        placeholder="Ask the model: type a text and press Enter",
        label_visibility="collapsed",
        icon=":material/bolt:",
    )
    if text.strip():
        view = view_state().try_it
        view.tried, view.confirmed = Tried(text), True
        st.switch_page(TRY_IT, query_params={"run": scored.record.run_id})


def _counts(page: Frame, scored: ScoredRun) -> None:
    """The labels whose predicted and actual counts differ most; all of them when asked for."""
    st.altair_chart(
        once(scored, _few_predicted_against_true, page.theme),
        key="counts",
        alt="How often labels are predicted and how often they occur",
    )
    if len(scored.labels) <= LABELS_SHOWN:
        return
    drawer = st.expander(f"All {len(scored.labels)} labels", on_change="rerun", key="all_labels")
    if drawer.open:
        with drawer.container(height=ALL_COUNTS_HEIGHT, border=False):
            st.altair_chart(
                once(scored, _predicted_against_true, page.theme),
                key="all_counts",
                alt="How often each label is predicted and how often it occurs",
            )


def _findings(scored: ScoredRun, found: list[Finding]) -> None:
    with st.container(gap="xsmall"):
        for number, finding in enumerate(found[:FINDINGS_SHOWN], start=1):
            st.markdown(f"**{number}.** {escape_markdown(finding.sentence)}", help=escape_markdown(finding.meaning))
            _ways(scored, finding, at_most=1)
        rest = found[FINDINGS_SHOWN:]
        if rest:
            with st.expander(f"{len(rest)} more"):
                for number, finding in enumerate(rest, start=FINDINGS_SHOWN + 1):
                    st.markdown(f"**{number}.** {escape_markdown(finding.sentence)}")
                    st.caption(escape_markdown(finding.meaning))
                    _ways(scored, finding)


def _ways(scored: ScoredRun, finding: Finding, at_most: int = 2) -> None:
    """Links to the examples of a finding and to its labels; the first of these."""
    ways: list[Callable[[], None]] = []
    if 0 < len(finding.positions) < scored.record.n:
        ways.append(lambda: link_to(scored, finding.opens, asked=Filter(finding=finding.kind)))
    if finding.kind in _WAYS:
        page, label, more = _WAYS[finding.kind]
        ways.append(lambda: link_to(scored, finding.opens_labels or label, page, more=more))
    with st.container(horizontal=True, gap="small"):
        for way in ways[:at_most]:
            way()


_WAYS: dict[str, tuple[str, str, dict[str, str]]] = {
    "sample_misses_labels": (PER_CLASS, "", {"standing": "absent from the sample"}),
    "collapse": (PER_CLASS, "", {"sort": "predicted", "descending": "1"}),
    "carried_by_frequent_labels": (PER_CLASS, "", {"sort": "F1"}),
    "never_predicted": (PER_CLASS, "", {"standing": "never predicted"}),
    "zero_recall": (PER_CLASS, "", {"standing": "zero recall"}),
    "over_predicted": (PER_CLASS, "", {"standing": "over-predicted"}),
    "too_uncertain_to_rank": (PER_CLASS, "", {"sort": "recall"}),
    "micro_f1_says_nothing_new": (CONFUSIONS, "every wrong answer in the matrix", {}),
    "penalty_on_prompt_labels": (EXAMPLES, "all examples of this run", {}),
    "not_finished": (EXAMPLES, "what is predicted so far", {}),
    "over_confident": (CONFIDENCE, "confidence and share right in one picture", {}),
    "under_confident": (CONFIDENCE, "confidence and share right in one picture", {}),
    "confidence_does_not_rank": (CONFIDENCE, "confidence and share right in one picture", {}),
    "favoured_without_a_text": (PER_CLASS, "", {"sort": "predicted", "descending": "1"}),
}
"""Where a finding can be seen, beside its examples: page, words where the finding itself has none, query parameters."""


def pictures(page: Frame, scored: ScoredRun, found: list[Finding]) -> None:
    """The same predictions, read five ways: one scale, the matrix, and the worst confusions in words."""
    st.subheader("The same predictions, five ways", anchor=False)
    left, right = st.columns([2, 1], gap="large")
    with left:
        chart = once(scored, _scores_chart, page.theme)
        st.altair_chart(chart, key="five_readings", alt="Accuracy, F1s and unparsed rate on one scale")
        if not scored.scores.unparsed:
            st.caption("Micro-F1 equals accuracy whenever every answer is one of the labels: it adds nothing here.")
    with right:
        st.altair_chart(
            once(scored, _small_matrix, page.theme),
            key="small_matrix",
            alt="Confusion matrix: true labels downwards, predicted labels across",
        )
        st.caption("Rows: true labels. Columns: predicted labels.")
        link_to(scored, "All confusions", CONFUSIONS)
    if not _has_room(found):
        _worst_confusions(scored, CONFUSIONS_SHOWN)


def _has_room(found: list[Finding]) -> bool:
    """Whether the worst confusions fit beside the picture, under the findings."""
    return len(found) < FINDINGS_SHOWN


def _worst_confusions(scored: ScoredRun, at_most: int) -> None:
    worst = worst_confusions(scored)[:at_most]
    if worst:
        st.markdown("**Worst confusions**")
        st.markdown("\n".join(f"- {escape_markdown(confusion.sentence)}" for confusion in worst))


def result_before(page: Frame, job: Job | None) -> None:
    """The result that was looked at before, in short and in muted words, until there is another one.

    Args:
        job: at work on the other one. Where that goes on with the same run, what it has so far is shown already.
    """
    record = page.listing.find(view_state().result_before)
    if record is None or (job is not None and record.run_id == job.run_id and not record.finished):
        return
    scored = scored_run_of(page.store, record, page.scoring)
    s, i = scored.scores, scored.intervals
    words = " · ".join(run_words(record.spec, page.store, record))
    st.caption(f"**The result before this run** · {escape_markdown(words)}")
    with st.grid(CARDS, min_column_width=NARROWEST_CARD, gap="small"):
        for name, value, around in (
            ("Accuracy", s.accuracy, interval(i.accuracy)),
            ("Macro-F1, labels in the sample", s.macro_f1_present, "" if i.withheld else interval(i.macro_f1_present)),
            ("Unparsed", s.unparsed_rate, interval(i.unparsed_rate)),
        ):
            st.caption(f"{name}  \n{percent(value)}" + (f" ({around})" if around else ""))
        st.caption(f"Never predicted  \n{len(never_predicted(scored.confusion))} of {s.labels_present}")
    found = findings_for(page.store, scored)[:FINDINGS_SHOWN]
    st.caption("\n".join(f"{at}. {escape_markdown(finding.sentence)}" for at, finding in enumerate(found, start=1)))


def _verdict_chart(scored: ScoredRun, found: tuple[Reference, ...], theme: charts.Theme) -> alt.LayerChart:
    here = [one for one in found if one.kind != "published"]
    best = sorted((one for one in here if one.kind == "baseline here"), key=lambda one: -one.accuracy)[:1]
    return charts.verdict_chart([one for one in here if one.kind != "baseline here"] + best, theme)


def _mean_confidence_words(scored: ScoredRun) -> str:
    found = probabilities_of(scored)
    return "" if found is None else mean_confidence_words(found)


def _few_predicted_against_true(scored: ScoredRun, theme: charts.Theme) -> alt.LayerChart:
    return charts.predicted_against_true(scored.per_class, scored.labels, theme, rows=LABELS_SHOWN)


def _scores_chart(scored: ScoredRun, theme: charts.Theme) -> alt.LayerChart:
    return charts.scores_chart(scored.scores, scored.intervals, scored.per_class, scored.labels, theme)


def _small_matrix(scored: ScoredRun, theme: charts.Theme) -> alt.Chart:
    return charts.small_matrix(scored.confusion, scored.labels, theme)


def _predicted_against_true(scored: ScoredRun, theme: charts.Theme) -> alt.LayerChart:
    return charts.predicted_against_true(scored.per_class, scored.labels, theme)
