"""Tabs the open one of which stands in the session and in the URL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import streamlit as st

from pages.parts.shell.url import Query, name_in_url

if TYPE_CHECKING:
    from streamlit.elements.lib.mutable_tab_container import TabContainer


class HasTabs(Protocol):
    """What a page with tabs keeps in the session.

    Attributes:
        tab: the one that is open; empty for the first.
    """

    tab: str


def tabs(names: Sequence[str], view: HasTabs, key: str) -> dict[str, TabContainer]:
    """Draw the tabs; by their names, so that the page draws into the one that is open.

    Args:
        names: of which the first is open where `view` names none.
        view: its `tab` is the open one; empty for the first.
        key: of the widget.
    """
    st.session_state[key] = view.tab or names[0]

    def switch() -> None:
        opened = st.session_state[key]
        view.tab = "" if opened == names[0] else opened

    return dict(zip(names, st.tabs(names, key=key, on_change=switch), strict=True))


def query_of_tab(tab: str) -> Query:
    """What a URL has to say to open a tab; nothing for the first."""
    return {"tab": name_in_url(tab)} if tab else {}


def tab_of_query(query: Query, names: Sequence[str]) -> str:
    """The inverse; empty for the first tab and for what is none."""
    return next((name for name in names[1:] if name_in_url(name) == query.get("tab")), "")
