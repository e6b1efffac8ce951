"""How it will do on other traffic."""

from __future__ import annotations

import streamlit as st

from evalcore.analysis import ScoredRun
from pages.parts.shell.frame import Frame


def tab(page: Frame, scored: ScoredRun, other: ScoredRun | None) -> None:
    """Draw the tab.

    Args:
        other: the run beside it; None if it is looked at alone.
    """
    st.caption("Traffic")
