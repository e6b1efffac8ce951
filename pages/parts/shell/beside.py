"""A picture and what a click in it opens, side by side, so that the click is answered in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

HEIGHT = 520
"""Pixels of both: below a title and two low rows of controls they end within a window of 720."""


def beside(picture: float = 3, detail: float = 2, height: int = HEIGHT) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Two places side by side: for a picture or a table, and for what is chosen in it.

    Args:
        picture, detail: how they share the width.
        height: of the second in pixels. What is longer scrolls in it, so that the page stays where it is.
    """
    left, right = st.columns([picture, detail], gap="medium")
    pane = right.container(height=height, border=False)
    # In a container within it: what stands in the pane itself is shrunk where it overflows, a text area to nothing.
    return left.container(gap="small"), pane.container(gap="xsmall")
