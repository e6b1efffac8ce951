"""The widgets of a filter, with live counts. The filter itself is `ViewState.filter`, and is in the URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from evalcore.analysis import LENGTHS, MENTIONS, OUTCOME_GROUPS, OUTCOMES, Filter, ScoredRun, Selected
from evalcore.metrics import Counts, most_confused
from evalcore.parse import MATCHES
from evalcore.wording import counted
from pages.parts.explore.example import MATCH_WORDS
from pages.parts.shell import cached, url
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown
from pages.parts.shell.outcomes import signed
from pages.parts.shell.session import view_state

WIDGETS = ("outcomes", "true", "predicted", "matches", "text", "mentions", "length")
"""Fields of a filter that have a widget; the others are asked for by links alone."""
MORE = ("matches", "mentions", "length")
"""Those behind "More filters", so that the examples are few presses of Tab away."""
LABEL_WIDTH, SEARCH_WIDTH = 140, 100
"""Pixels: with them all stands in one row of 860."""


def known_part(page: Frame, scored: ScoredRun, asked: Filter) -> Filter:
    """A filter without what this run does not have: labels and findings of a run that was looked at before."""
    query = asked.to_query()
    return Filter.from_query(query, scored.labels, finding_kinds(page, scored, query))


def finding_kinds(page: Frame, scored: ScoredRun, query: url.Query) -> list[str]:
    """The kinds of finding that a run has; empty where none is asked for, since it takes time."""
    return [f.kind for f in cached.findings_for(page.store, scored)] if query.get("finding") else []


def link_line(page: Frame, scored: ScoredRun, asked: Filter) -> None:
    """What the link through which one came asks for beside the widgets, and the way to take that away."""
    said = []
    if asked.finding:
        said += [f.sentence for f in cached.findings_for(page.store, scored) if f.kind == asked.finding]
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
        st.session_state[f"filter_{name}"] = list(value) if isinstance(value, tuple) else value

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
            _more(asked, counts, changed)


def _more(asked: Filter, counts: Mapping[str, Counts], changed: Callable[[], None]) -> None:
    """What is asked for less often, each field above what its choices mean."""
    st.pills("How the completion matched a label", MATCHES, selection_mode="multi", key="filter_matches",
             on_change=changed,
             format_func=lambda name: f"{name} {counts['matches'][MATCHES.index(name)]:,}")  # fmt: skip
    st.caption(" ".join(f"{name.capitalize()}: {MATCH_WORDS[name]}." for name in MATCHES))
    st.selectbox("The text names a label", ["", *MENTIONS], key="filter_mentions", on_change=changed,
                 format_func=lambda at: _mentions_words(counts.get("mentions"), at))  # fmt: skip
    st.caption("As whole words, which may mislead a model.")
    st.selectbox("Length of the text", ["", *_lengths(counts["length"], asked.length)], key="filter_length",
                 on_change=changed, format_func=lambda at: _range(at, counts["length"]))  # fmt: skip
    st.caption("The number on a choice is how many examples it would leave. Nothing chosen shows all.")


def _value(name: str) -> Any:
    value = st.session_state[f"filter_{name}"]
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
