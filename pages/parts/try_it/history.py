"""What was asked in this session: a click asks it again, from memory."""

from __future__ import annotations

import streamlit as st

from evalcore.running.live import LiveAnswer, LiveRequest
from evalcore.store import last_part
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown, percent
from pages.parts.shell.session import view_state
from pages.parts.shell.views.try_it import Tried
from pages.parts.try_it.answer import confidence_of

KEPT = 50
HEIGHT = 180
"""Pixels, from which on it scrolls."""
SHOWN_CHARS = 80


def note(page: Frame, request: LiveRequest) -> None:
    """Remember what was answered, the newest last."""
    view = view_state().try_it
    entry = (page.record.run_id if page.record else None, view.tried, request.to_json())
    if entry not in view.history:
        view.history = [*view.history, entry][-KEPT:]
        view.noted += 1


def asked_before(page: Frame) -> None:
    """Draw what was asked, the newest first; a click shows it again."""
    view = view_state().try_it

    def choose(about: str | None, tried: Tried) -> None:
        record = page.listing.find(about)
        if record is not None:
            view_state().open_run(record)
            view.about = about
        view.tried, view.confirmed = tried, True

    # What was asked of a run that is deleted cannot be shown again: another run would answer.
    shown = [
        (at, about, tried, key)
        for at, (about, tried, key) in enumerate(view.history, start=view.noted - len(view.history))
        if key in view.answers and _is_there(page, about)
    ]
    if not shown:
        return
    st.markdown("**Asked in this session**")
    # Buttons and no table: rows are added at the top, and what is selected in a table would then be another one.
    with st.container(height=HEIGHT, border=False, gap=None):
        for at, about, tried, key in reversed(shown):
            st.button(
                _in_words(tried, view.answers[key], LiveRequest.from_json(key)), type="tertiary",
                key=f"try_history_{at}", icon=":material/history:", on_click=choose, args=(about, tried),
            )  # fmt: skip


def _is_there(page: Frame, about: str | None) -> bool:
    """Whether what a question was about can be looked at: its run, or no run at all."""
    return page.record is None if about is None else page.listing.find(about) is not None


def _in_words(tried: Tried, answer: LiveAnswer, request: LiveRequest) -> str:
    text = " ".join(tried.text.split())
    shown = text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"
    label = escape_markdown(answer.label) if answer.label else "no label"
    confidence = confidence_of(answer)
    sure = "" if confidence is None else f" {percent(confidence)}"
    beside = tried.beside_model or tried.beside_prompt
    whom = f"{last_part(request.spec.model)}{f' beside {last_part(beside)}' if beside else ''}"
    return f"{escape_markdown(shown)} → **{label}**{sure} · {escape_markdown(whom)}"
