"""The link to just what a page shows, to copy and send."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


def share_link(place: DeltaGenerator) -> None:
    """Draw the button; opened, it shows the page's address with a button that copies it.

    Must be called when the page has written its URL, so at its end; `place` may be a container further up.
    """
    # Without the query: Streamlit leaves it out, and the browser's own is a step behind what this run has written.
    address = st.context.url or ""
    query = urlencode(st.query_params.to_dict())
    with place.popover("Copy link", icon=":material/link:"):
        st.caption("Opens just what is shown here, for all who can reach this server.")
        st.code(f"{address}?{query}" if query else address, language=None, wrap_lines=True)
