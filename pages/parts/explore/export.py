"""A run as files to take away: one button that opens the choice."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from evalcore.analysis import ScoredRun
from evalcore.output import export
from evalcore.store import Store
from pages.parts.shell.cached import calibration_of, probabilities_of


def export_buttons(store: Store, scored: ScoredRun) -> None:
    """Draw the button. Each file is made when it is asked for, from the scored run that the page shows."""
    name = f"blindspot-{scored.record.run_id}"
    with st.popover("Download", icon=":material/download:"):
        st.caption(f"{len(scored.answers)} predictions, {scored.scoring} scoring")
        _button(
            "Predictions, CSV",
            lambda: export.predictions_csv(scored, probabilities_of(scored)),
            f"{name}.csv",
            "text/csv",
            "Every string as it is.",
        )
        _button(
            "Predictions, JSON lines",
            lambda: export.predictions_jsonl(scored, probabilities_of(scored)),
            f"{name}.jsonl",
            "application/x-ndjson",
            "With token ids and times.",
        )
        _button(
            "Predictions for spreadsheets",
            lambda: export.predictions_for_spreadsheets(scored, probabilities_of(scored)),
            f"{name}-for-spreadsheets.csv",
            "text/csv",
            "Cells that a spreadsheet would run as a formula begin with an apostrophe.",
        )
        _button("Run and report, JSON", lambda: _run_json(store, scored), f"{name}.json", "application/json", "")


def _run_json(store: Store, scored: ScoredRun) -> bytes:
    probabilities = probabilities_of(scored)
    sure = None if probabilities is None else (probabilities, calibration_of(scored))
    return export.run_json(store, scored, sure)


def _button(label: str, content: Callable[[], bytes], file_name: str, mime: str, explanation: str) -> None:
    st.download_button(
        label, content, file_name, mime, on_click="ignore", width="stretch", help=explanation or None, key=file_name
    )
