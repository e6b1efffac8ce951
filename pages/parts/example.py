"""One example opened: its text, the raw completion with the matched part marked, the prompt, tokens, timing."""

from __future__ import annotations

import streamlit as st

from evalcore.scoring import Answer, Reading
from pages.parts.frame import Frame
from pages.parts.plain import plain
from pages.parts.preview import exact_prompt

STOPS = {
    "eos": "the model ended it",
    "length": "cut at the token limit",
    "too_long": "the prompt did not fit into the context",
    "given": "as given",
}


def one_example(frame: Frame, reading: Reading, answer: Answer) -> None:
    """Draw one example."""
    record, completion = reading.record, answer.completion
    st.subheader(f"Example {answer.position + 1} of {record.n}")
    text, raw = st.columns(2, gap="large")
    with text:
        st.caption("Text")
        st.code(answer.example.text, language=None, wrap_lines=True)
        st.markdown(f"True label **{plain(answer.example.label)}**")
    with raw:
        st.caption("Raw completion, the part that was matched in bold")
        _completion(answer)
        predicted = f"**{plain(answer.predicted)}**" if answer.predicted else "none"
        st.markdown(f"Answered {predicted} · {answer.outcome} · match: {answer.parsed.match}")
    facts = [STOPS[completion.stop]]
    if completion.token_ids:
        facts += [f"{completion.prompt_tokens} prompt tokens", f"{len(completion.token_ids)} tokens generated"]
        facts += [f"{completion.latency_ms:.1f} ms, its share of the batch"]
    st.caption(" · ".join(facts))
    with st.expander("The exact prompt as sent"):
        if st.toggle("Render it", key="render_prompt"):
            exact_prompt(frame.store, record.spec.task, record.spec.model, record.prompt, answer.example.text)


def _completion(answer: Answer) -> None:
    raw, span = answer.completion.text, answer.parsed.span
    if not raw:
        st.caption("(empty)")
    elif span is None:
        st.code(raw, language=None, wrap_lines=True)
    else:
        start, end = span
        st.markdown(f"{plain(raw[:start])} **{plain(raw[start:end])}** {plain(raw[end:])}".strip())
