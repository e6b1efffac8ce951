"""The widgets of a filter, with live counts. The filter itself is kept in the session and in the URL."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from evalcore.analysis import LENGTHS, MENTIONS, OUTCOME_GROUPS, OUTCOMES, Filter, Finding, ScoredRun, Selected
from evalcore.metrics import Counts, most_confused
from evalcore.parse import MATCHES
from pages.parts.shell.markdown import escape_markdown

WIDGETS = ("outcomes", "true", "predicted", "matches", "text", "mentions", "length")


def set_widgets(asked: Filter) -> None:
    """Make the widgets show a filter."""
    st.session_state["door"] = replace(asked, **{name: getattr(Filter(), name) for name in WIDGETS})
    for name in WIDGETS:
        value = getattr(asked, name)
        st.session_state[f"filter_{name}"] = list(value) if isinstance(value, tuple) else value


def filter_of_widgets(scored: ScoredRun) -> Filter:
    """The filter that the widgets and the door show."""
    values = {name: st.session_state.get(f"filter_{name}") or "" for name in WIDGETS}
    for name in ("true", "predicted"):
        if values[name] not in scored.labels:  # of a run that was looked at before
            values[name] = ""
    for name in ("outcomes", "matches"):
        values[name] = tuple(values[name])
    return replace(st.session_state.get("door", Filter()), **values)


def are_there() -> bool:
    """Whether the widgets' values have survived since the last run of the script."""
    return "filter_text" in st.session_state


def door_line(scored: ScoredRun, asked: Filter, finding: Finding | None) -> None:
    """What the door through which one came asks for, and the way to close it."""
    said = []
    if finding is not None:
        said.append(finding.sentence)
    if asked.group:
        said.append(f"Examples for which this holds: {OUTCOME_GROUPS[asked.group]}.")
    if asked.true_outside:
        said.append(f"True label: {_outside(scored, asked.true_outside)}.")
    if asked.predicted_outside:
        said.append(f"Answered with {_outside(scored, asked.predicted_outside)}.")
    if not said:
        return

    def close() -> None:
        st.session_state["door"] = Filter()

    with st.container(gap="xsmall"):
        st.info(escape_markdown(" ".join(said)), icon=":material/filter_alt:")
        st.button("Take this away: all examples", icon=":material/close:", type="tertiary", on_click=close)


def filter_bar(scored: ScoredRun, passed: Selected) -> None:
    """Draw the widgets. Each choice says how many examples it would leave."""
    counts = passed.counts
    for name in WIDGETS:  # their labels change with the counts: without this a widget would forget its value
        st.session_state[f"filter_{name}"] = st.session_state[f"filter_{name}"]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.pills("Outcome", OUTCOMES, selection_mode="multi", key="filter_outcomes",
                 format_func=lambda name: f"{name} {counts['outcomes'][OUTCOMES.index(name)]:,}",
                 help="None chosen shows all. The numbers are what each choice would leave.")  # fmt: skip
        st.pills("How the completion matched", MATCHES, selection_mode="multi", key="filter_matches",
                 format_func=lambda name: f"{name} {counts['matches'][MATCHES.index(name)]:,}",
                 help="Exact: the label itself. Normalized: but for case, spaces, punctuation. Extracted: one label "
                 "inside a longer answer. Ambiguous: several. None: no label.")  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for name, title in (("true", "True label"), ("predicted", "Answered")):
            st.selectbox(title, ["", *_labels_by_count(scored, counts[name])], key=f"filter_{name}", width=232,
                         format_func=_with_counts(scored, counts[name], passed.wrong[name]))  # fmt: skip
        st.text_input("Text or completion contains", key="filter_text", width=190, icon=":material/search:")
        st.selectbox("Text mentions", ["", *MENTIONS], key="filter_mentions", width=150,
                     format_func=lambda name: _mentions_words(counts.get("mentions"), name),
                     help="Whether the text itself names a label as whole words: bait for a model.")  # fmt: skip
        st.selectbox("Text length", ["", *_lengths(counts["length"])], key="filter_length", width=150,
                     format_func=lambda at: _range(at, counts["length"]))  # fmt: skip


def _mentions_words(counts: Counts | None, name: str) -> str:
    if not name:
        return "whatever"
    return name if counts is None else f"{name} · {counts[MENTIONS.index(name)]:,}"


def _labels_by_count(scored: ScoredRun, counts: Counts) -> list[str]:
    """Labels in the task's order; those that would leave nothing last."""
    return [scored.labels[code] for code in sorted(range(len(counts)), key=lambda code: counts[code] == 0)]


def _with_counts(scored: ScoredRun, counts: Counts, wrong: Counts):  # type: ignore[no-untyped-def]
    code_of = {label: code for code, label in enumerate(scored.labels)}

    def shown(label: str) -> str:
        if not label:
            return "any label"
        code = code_of.get(label)
        if code is None:
            return label
        return f"{label} · {counts[code]:,}" + (f", {wrong[code]:,} not right" if wrong[code] else "")

    return shown


def _lengths(counts: Counts) -> list[str]:
    chosen = st.session_state.get("filter_length")
    return [str(at) for at in range(len(LENGTHS)) if counts[at] or str(at) == chosen]


def _range(at: str, counts: Counts) -> str:
    if not at:
        return "any"
    low, high = LENGTHS[int(at)]
    words = f"{low:,} to {high:,} characters" if high < 10**9 else f"over {low - 1:,} characters"
    return f"{words} · {counts[int(at)]:,}"


def _outside(scored: ScoredRun, block: int) -> str:
    kept = len(most_confused(scored.confusion, block))
    return f"one of the {len(scored.labels) - kept} labels outside the {kept} most confused"
