"""The pane beside a figure: the examples of what was picked in it, and one of them opened."""

from __future__ import annotations

import streamlit as st

from evalcore.analysis import Filter, ScoredRun
from evalcore.wording import counted
from pages.parts.confidence import shown
from pages.parts.explore.example_table import in_pane
from pages.parts.shell.cached.examples import selected
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import BACK, link_to
from pages.parts.shell.markdown import escape_markdown


def examples(page: Frame, scored: ScoredRun, title: str, said: str, back: str, columns: tuple[str, ...]) -> None:
    """Draw what is picked.

    Args:
        title, said: what it is, and a line on it, which may be empty; neither is Markdown.
        back: where the button leads that lets it go.
        columns: those in which the examples differ; see `example_table.in_pane`.
    """
    asked = shown.opened(scored)
    passed = selected(page.store, scored, asked)
    st.button(back, icon=BACK, type="tertiary", key="confidence_back", on_click=shown.pick, args=(page, Filter()))
    st.subheader(escape_markdown(title), anchor=False)
    if said:
        st.caption(escape_markdown(said))
    in_pane(page, scored, passed.rows, shown.table_of(page), columns)
    if len(passed.rows):
        link_to(scored, f"{counted(len(passed.rows), 'example')} with all filters", asked=asked)
