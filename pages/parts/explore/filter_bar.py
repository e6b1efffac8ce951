"""The widgets of a filter, with live counts. The filter itself is `ViewState.filter`, and is in the URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from evalcore.analysis import (
    BANDS,
    EXAMPLE_ORDERS,
    LENGTHS,
    MENTIONS,
    OUTCOME_GROUPS,
    OUTCOMES,
    Between,
    Filter,
    ScoredRun,
    Selected,
    between_words,
    why_no_probabilities,
    why_not_all_labels,
)
from evalcore.metrics import Counts, most_confused
from evalcore.parse import MATCHES
from evalcore.wording import counted
from pages.parts.explore.example import MATCH_WORDS
from pages.parts.shell import url
from pages.parts.shell.cached.findings import findings_for
from pages.parts.shell.cached.scored import probabilities_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown
from pages.parts.shell.outcomes import signed
from pages.parts.shell.session import view_state

HOW_SURE = ("confidence", "margin", "entropy", "true_rank", "runner_up")
MORE = ("matches", "mentions", "length", *HOW_SURE)
"""Fields behind "More filters", so that the examples are few presses of Tab away."""
WIDGETS = ("outcomes", "true", "predicted", "text", *MORE)
"""Fields of a filter that have a widget; the others are asked for by links alone."""
HOW_SURE_TITLES = {
    "confidence": "Confidence",
    "margin": "Margin",
    "entropy": "Entropy",
    "true_rank": "Rank of the true label",
}
HOW_SURE_MEANING = (
    "Confidence: the probability of the predicted label. Runner-up: the most probable label beside it. Margin: how "
    "much less probable that is. Entropy: 0 bits is sure of one label, 1 as unsure as between two equally likely ones."
)
ORDER_WIDTH = 280
LABEL_WIDTH, SEARCH_WIDTH = 140, 100
"""Pixels: with them all stands in one row of 860."""


def known_part(page: Frame, scored: ScoredRun, asked: Filter) -> Filter:
    """A filter without what this run does not have: labels and findings of a run that was looked at before."""
    query = asked.to_query()
    known = Filter.from_query(query, scored.labels, finding_kinds(page, scored, query))
    return known.without_unknown(probabilities_of(scored)) if known.needs_probabilities else known


def not_known(scored: ScoredRun, asked: Filter) -> None:
    """Say so where a filter has conditions on probabilities that the run does not have."""
    if not asked.needs_probabilities:
        return
    probabilities = probabilities_of(scored)
    if asked.without_unknown(probabilities) != asked:
        why = why_no_probabilities(scored) if probabilities is None else why_not_all_labels(probabilities)
        st.caption(escape_markdown(f"A filter on how sure the model is was left out. {why}"))


def order_of(scored: ScoredRun) -> str:
    """The order of the examples that is asked for, if this run can have it; empty for that of the sample."""
    order = view_state().example_order
    return order if order in EXAMPLE_ORDERS and not why_no_probabilities(scored) else ""


def order_box(scored: ScoredRun, passed: Selected) -> None:
    """Draw the choice of an order, of a run with probabilities."""
    if why_no_probabilities(scored):
        return
    # Of a run that is too large to be counted unasked nothing is counted here.
    known = [order for order, (name, _) in EXAMPLE_ORDERS.items() if name in passed.counts] or [*EXAMPLE_ORDERS]

    def choose() -> None:
        view_state().example_order = st.session_state["example_order"]

    st.session_state["example_order"] = order_of(scored)
    st.selectbox("Order of the examples", ["", *known], key="example_order", on_change=choose, width=ORDER_WIDTH,
                 label_visibility="collapsed",
                 format_func=lambda order: f"Order: {order} first" if order else "Order: data set")  # fmt: skip


def finding_kinds(page: Frame, scored: ScoredRun, query: url.Query) -> list[str]:
    """The kinds of finding that a run has; empty where none is asked for, since it takes time."""
    return [f.kind for f in findings_for(page.store, scored)] if query.get("finding") else []


def link_line(page: Frame, scored: ScoredRun, asked: Filter) -> None:
    """What the link through which one came asks for beside the widgets, and the way to take that away."""
    said = []
    if asked.finding:
        said += [f.sentence for f in findings_for(page.store, scored) if f.kind == asked.finding]
    if asked.group:
        said.append(f"Examples for which this holds: {OUTCOME_GROUPS[asked.group]}.")
    if asked.true_outside:
        said.append(f"True label: {_outside(scored, asked.true_outside)}.")
    if asked.predicted_outside:
        said.append(f"Predicted: {_outside(scored, asked.predicted_outside)}.")
    if not said:
        return

    def take_away() -> None:
        view_state().filter = Filter(**{name: getattr(asked, name) for name in WIDGETS})

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":material/filter_alt: {escape_markdown(' '.join(said))}", width="content")
        st.button("Take this away: all examples", icon=":material/close:", type="tertiary", on_click=take_away)


def filter_bar(scored: ScoredRun, asked: Filter, passed: Selected) -> None:
    """Draw the widgets. Each choice says how many examples it would leave."""
    counts = passed.counts
    for name in WIDGETS:
        value = getattr(asked, name)
        st.session_state[f"filter_{name}"] = list(value) if isinstance(value, tuple) else str(value or "")

    def changed() -> None:
        view_state().filter = replace(asked, **{name: _value(name) for name in WIDGETS})

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.pills("Outcome", OUTCOMES, selection_mode="multi", key="filter_outcomes", on_change=changed,
                 label_visibility="collapsed",
                 format_func=lambda name: f"{signed(name)} {counts['outcomes'][OUTCOMES.index(name)]:,}")  # fmt: skip
        for name, title in (("true", "True"), ("predicted", "Predicted")):
            st.selectbox(f"{title} label", ["", *_labels_by_count(scored, counts[name])], key=f"filter_{name}",
                         label_visibility="collapsed", on_change=changed, width=LABEL_WIDTH,
                         format_func=_with_counts(scored, title, counts[name], passed.wrong[name]))  # fmt: skip
        st.text_input("Text or completion contains", key="filter_text", icon=":material/search:", on_change=changed,
                      label_visibility="collapsed", placeholder="search", width=SEARCH_WIDTH)  # fmt: skip
        used = sum(bool(getattr(asked, name)) for name in MORE)
        with st.popover(f"More filters ({used})" if used else "More filters"):
            _more(scored, asked, counts, changed)


def _more(scored: ScoredRun, asked: Filter, counts: Mapping[str, Counts], changed: Callable[[], None]) -> None:
    """What is asked for less often; explanations stand below the fields."""
    st.pills("How the completion matched a label", MATCHES, selection_mode="multi", key="filter_matches",
             on_change=changed,
             format_func=lambda name: f"{name} {counts['matches'][MATCHES.index(name)]:,}")  # fmt: skip
    st.caption(" ".join(f"{name.capitalize()}: {MATCH_WORDS[name]}." for name in MATCHES))
    if why_no_probabilities(scored):
        _of_text(asked, counts, changed)
    else:
        left, right = st.columns(2, gap="medium")
        with left:
            _of_text(asked, counts, changed)
            _runner_up(scored, counts, changed)
        with right:
            _how_sure(asked, counts, changed)
        st.caption(HOW_SURE_MEANING)
    st.caption("The number on a choice is how many examples it would leave. Nothing chosen shows all.")


def _of_text(asked: Filter, counts: Mapping[str, Counts], changed: Callable[[], None]) -> None:
    """What the text itself is like."""
    st.selectbox("The text names a label, as whole words", ["", *MENTIONS], key="filter_mentions", on_change=changed,
                 format_func=lambda at: _mentions_words(counts.get("mentions"), at))  # fmt: skip
    st.selectbox("Length of the text", ["", *_lengths(counts["length"], asked.length)], key="filter_length",
                 on_change=changed, format_func=lambda at: _range(at, counts["length"]))  # fmt: skip


def _how_sure(asked: Filter, counts: Mapping[str, Counts], changed: Callable[[], None]) -> None:
    """What the probabilities say of the answer; what the run does not have is greyed."""
    for name, title in HOW_SURE_TITLES.items():
        choices = _bands(name, counts.get(name), getattr(asked, name))
        st.selectbox(title, ["", *choices], key=f"filter_{name}", on_change=changed,
                     disabled=_is_unknown(name, counts), format_func=_band_words(name, choices))  # fmt: skip


def _runner_up(scored: ScoredRun, counts: Mapping[str, Counts], changed: Callable[[], None]) -> None:
    runner_up = counts.get("runner_up")
    shown = scored.labels if runner_up is None else _labels_by_count(scored, runner_up)
    st.selectbox("Runner-up", ["", *shown], key="filter_runner_up", on_change=changed,
                 disabled=_is_unknown("runner_up", counts),
                 format_func=lambda label: _runner_up_words(scored, runner_up, label))  # fmt: skip


def _is_unknown(name: str, counts: Mapping[str, Counts]) -> bool:
    """Whether a run does not have this; of one that is too large to be counted unasked it is not known."""
    return name not in counts and any(other in counts for other in HOW_SURE)


def _bands(name: str, counts: Counts | None, chosen: Between | None) -> dict[str, int | None]:
    """Ranges to choose from, each with how many examples it would leave if that is counted; empty ones are left out.

    A range that a link asks for is one of them.
    """
    found = {
        str(band): None if counts is None else int(counts[at])
        for at, band in enumerate(BANDS[name])
        if counts is None or counts[at] or band == chosen
    }
    return found if chosen is None or str(chosen) in found else {str(chosen): None, **found}


def _band_words(name: str, counts: Mapping[str, int | None]) -> Callable[[str], str]:
    def shown(text: str) -> str:
        between = Between.of_text(text)
        if between is None:
            return "any"
        count = counts.get(text)
        return between_words(name, between) + ("" if count is None else f" · {count:,}")

    return shown


def _runner_up_words(scored: ScoredRun, counts: Counts | None, label: str) -> str:
    if not label:
        return "any"
    return label if counts is None else f"{label} · {counts[scored.labels.index(label)]:,}"


def _value(name: str) -> Any:
    value = st.session_state[f"filter_{name}"]
    if name in BANDS:
        return Between.of_text(value or "")
    return tuple(value) if name in ("outcomes", "matches") else value or ""


def _mentions_words(counts: Counts | None, name: str) -> str:
    if not name:
        return "any"
    return name if counts is None else f"{name} · {counts[MENTIONS.index(name)]:,}"


def _labels_by_count(scored: ScoredRun, counts: Counts) -> list[str]:
    """Labels in the task's order; those that would leave nothing last."""
    return [scored.labels[code] for code in sorted(range(len(counts)), key=lambda code: counts[code] == 0)]


def _with_counts(scored: ScoredRun, title: str, counts: Counts, wrong: Counts) -> Callable[[str], str]:
    code_of = {label: code for code, label in enumerate(scored.labels)}

    def shown(label: str) -> str:
        if not label:
            return f"{title}: any"
        code = code_of.get(label)
        if code is None:
            return f"{title}: {label}"
        missed = f", {wrong[code]:,} wrong or unparsed" if wrong[code] else ""
        return f"{title}: {label} · {counts[code]:,}{missed}"

    return shown


def _lengths(counts: Counts, chosen: str) -> list[str]:
    return [str(at) for at in range(len(LENGTHS)) if counts[at] or str(at) == chosen]


def _range(at: str, counts: Counts) -> str:
    if not at:
        return "any"
    low, high = LENGTHS[int(at)]
    words = f"{low:,} to {high:,} characters" if high < 10**9 else f"over {low - 1:,} characters"
    return f"{words} · {counts[int(at)]:,}"


def _outside(scored: ScoredRun, block: int) -> str:
    kept = len(most_confused(scored.confusion, block))
    return f"one of {counted(len(scored.labels) - kept, 'label')} outside the {kept} most confused"
