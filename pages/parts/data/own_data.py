"""A file of examples: uploaded, looked at, and run."""

from __future__ import annotations

import streamlit as st

from pages.parts.shell.frame import Frame


def own_data(page: Frame) -> None:
    """Draw what brings a file of examples in."""
    st.info("Choose a file on the overview.")
