"""One example opened: its text, the raw completion with the matched part marked, the prompt, tokens, timing,
and what other runs answered to the same text."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from evalcore.analysis import ScoredExample, ScoredRun, answer_probabilities, outcome_of
from evalcore.charts import probability_chart
from evalcore.store import run_title
from evalcore.wording import counted
from pages.parts.run.prompt_preview import exact_prompt
from pages.parts.shell.cached.examples import other_answers_to
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import link_to_try_it
from pages.parts.shell.markdown import escape_markdown, plain_lines
from pages.parts.shell.outcomes import coloured, signed

STOPS = {
    "eos": "the model ended it",
    "length": "cut at the token limit",
    "too_long": "too long for the model's context",
    "chosen": "the most probable of all labels",
    "given": "as given",
}
SHORT_TEXT, LONG_TEXT_HEIGHT = 140, 116
"""Characters up to which all of a text is shown; pixels of a longer one, which scrolls, so that the completion below
stays in sight."""
MATCH_WORDS = {
    "exact": "the label, character for character",
    "normalized": "the label but for case, spaces and punctuation",
    "extracted": "one label inside a longer answer",
    "ambiguous": "more than one label, or one that is also denied",
    "none": "no label, or only one that is denied",
}


def one_example(frame: Frame, scored: ScoredRun, answer: ScoredExample, name: str) -> None:
    """Draw one example.

    Args:
        name: of the page; part of the keys of widgets.
    """
    record, completion = scored.record, answer.completion
    text = answer.example.text
    st.code(text, language=None, wrap_lines=True, height="content" if len(text) <= SHORT_TEXT else LONG_TEXT_HEIGHT)
    st.caption("Raw completion, the matched part marked")
    marked_completion(completion.text, answer.parsed.span)
    predicted = f"**{escape_markdown(answer.predicted)}**" if answer.predicted else "no label"
    st.markdown(
        f"True label **{escape_markdown(answer.example.label)}**  \nPredicted {predicted} · {signed(answer.outcome)}"
    )
    _probabilities(frame, scored, answer, name)
    match = answer.parsed.match
    said = [f"Example {answer.position + 1:,}", f"{match}: {MATCH_WORDS[match]}", STOPS[completion.stop]]
    if completion.token_ids:
        said += [counted(completion.prompt_tokens, "prompt token")]
        said += [f"{counted(len(completion.token_ids), 'token')} generated"]
        said += [f"{completion.latency_ms:.1f} ms, its share of the batch"]
    st.caption(" · ".join(said))
    _other_runs(frame, scored, answer, name)
    with st.container(horizontal=True, vertical_alignment="center"):
        shows_prompt = st.toggle("Show the exact prompt as sent", key=f"{name}_render_prompt")
        link_to_try_it(record.run_id, text)
    if shows_prompt:
        exact_prompt(frame.store, record.spec.task, record.spec.model, record.prompt, answer.example.text)


def _probabilities(frame: Frame, scored: ScoredRun, answer: ScoredExample, name: str) -> None:
    """The most probable labels as bars, and how sure the answer is."""
    found = answer_probabilities(scored, answer)
    if found is None:
        return
    data, specification = probability_chart([(one.label, one.share, one.role) for one in found.top], frame.theme)
    # Without a label in what it says of itself: the browser would make the figure anew. Each bar says its own.
    st.vega_lite_chart(
        data, specification, key=f"{name}_probabilities", alt="The most probable labels, with their probabilities"
    )
    said = [*filter(None, [found.rest]), *found.sentences]
    st.caption("  \n".join(escape_markdown(sentence) for sentence in said))


def marked_completion(raw: str, span: tuple[int, int] | None) -> None:
    """Draw a completion as typed.

    Args:
        span: start and end of the part that names the label, which is marked; None for none.
    """
    if not raw:
        st.caption("(empty)")
    elif span is None:
        st.code(raw, language=None, wrap_lines=True)
    else:
        start, end = span
        marked = f":blue-background[{escape_markdown(raw[start:end])}]"
        with st.container(border=True):
            st.markdown(plain_lines(raw[:start]) + marked + plain_lines(raw[end:]))


def _other_runs(frame: Frame, scored: ScoredRun, answer: ScoredExample, name: str) -> None:
    others = other_answers_to(frame.store, scored, answer)
    if not others:
        return
    st.caption(f"What {'another run' if len(others) == 1 else f'{len(others)} other runs'} predicted for the same text")
    table = pd.DataFrame(
        {
            "run": [run_title(other.record) for other in others],
            "outcome": [signed(outcome_of(other.predicted, other.true)) for other in others],
            "predicted": [other.predicted or "" for other in others],
            "completion": [other.completion for other in others],
        }
    )
    st.dataframe(
        table.style.map(coloured(frame.theme), subset=["outcome"]),
        hide_index=True,
        row_height=COMPACT_ROW_HEIGHT,
        column_config={"run": st.column_config.TextColumn(width=120), "outcome": st.column_config.TextColumn(width=90)},
        key=f"{name}_others",
        alt="Other runs' predictions for the same text",
    )
