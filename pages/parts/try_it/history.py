"""What was asked in this session: a click asks it again, from memory."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from evalcore.running.live import LiveRequest
from evalcore.store import last_part
from evalcore.wording import UNDEFINED, percent
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT, clickable_table
from pages.parts.shell.frame import Frame
from pages.parts.shell.session import view_state
from pages.parts.try_it.answer import confidence_of

KEPT = 50
HEIGHT = 180
"""Pixels, from which on it scrolls."""
SHOWN_CHARS = 200


def note(page: Frame, request: LiveRequest) -> None:
    """Remember what was answered, the newest last."""
    view = view_state().try_it
    entry = (page.record.run_id if page.record else None, view.tried, request.to_json())
    if entry not in view.history:
        view.history = [*view.history, entry][-KEPT:]
        view.noted += 1


def table(page: Frame) -> None:
    """Draw what was asked, the newest first; a click asks it again."""
    view = view_state().try_it
    rows = []
    entries = [(about, tried, key) for about, tried, key in reversed(view.history) if key in view.answers]
    for _, tried, key in entries:
        answer, request = view.answers[key], LiveRequest.from_json(key)
        confidence = confidence_of(answer)
        rows.append(
            {
                "text": tried.text[:SHOWN_CHARS],
                "label": answer.label or "no label",
                "confidence": UNDEFINED if confidence is None else percent(confidence),
                "model": last_part(request.spec.model),
                "prompt": request.spec.prompt if request.spec.kind.reads_prompt else UNDEFINED,
            }
        )

    def choose(row: int | None) -> None:
        if row is None:
            return
        about, tried, _ = entries[row]
        record = page.listing.find(about)
        if record is not None:
            view_state().open_run(record)
            view.about = about
        view.tried, view.confirmed = tried, True

    st.markdown("**Asked in this session**")
    c = st.column_config
    clickable_table(
        pd.DataFrame(rows),
        f"try_history_{view.noted}",
        HEIGHT,
        {
            "label": c.TextColumn(width=190),
            "confidence": c.TextColumn(width=90),
            "model": c.TextColumn(width=150),
            "prompt": c.TextColumn(width=110),
        },
        on_click=choose,
        row_height=COMPACT_ROW_HEIGHT,
        alt="What was asked in this session; choose a row to ask it again",
    )
