"""Finished predictions of another tool: uploaded, looked at, and scored."""

from __future__ import annotations

import streamlit as st

from pages.parts.shell.frame import Frame


def own_predictions(page: Frame) -> None:
    """Draw what brings finished predictions in."""
    st.info("`python -m evalcore import FILE` reads finished predictions.")
