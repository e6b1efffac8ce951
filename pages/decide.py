"""From a score to a decision: four questions and their answers, and all runs on one task."""

import streamlit as st

from pages.parts.decide import costs_tab, frontier_tab, label_list_tab, review_tab, shown, take_away, traffic_tab
from pages.parts.decide.run_beside import run_beside
from pages.parts.shell import session, url
from pages.parts.shell.decide_url import are_lasting
from pages.parts.shell.frame import frame, scored_run_or_stop
from pages.parts.shell.markdown import escape_markdown
from pages.parts.shell.share import share_link
from pages.parts.shell.tabs import tabs

page = frame("Decide")
heading = st.container(horizontal=True, vertical_alignment="center")
heading.title("Decide", anchor=False, width="content")
scored = scored_run_or_stop(page)
view = session.view_state().decide
page.follow(lambda query: shown.follow(page, query))
shown.turn_to_tab(page)
# With a run beside it the row is full, and the box takes what is left.
tools = heading.container(horizontal=True, vertical_alignment="center", width="stretch" if view.beside else "content")
link = heading.container(width="content")
with tools:
    other, why_alone = run_beside(page, scored)
    take_away.popover(page, scored, other)
for said in filter(None, (why_alone, escape_markdown(view.said.get("link", "")))):
    st.warning(said)
drawn = {
    "Review": review_tab.tab,
    "Costs": costs_tab.tab,
    "Traffic": traffic_tab.tab,
    "Label list": label_list_tab.tab,
    "Frontier": frontier_tab.tab,
}
for name, tab in tabs(shown.TABS, view, "decide_tab").items():
    if tab.open:
        with tab:
            drawn[name](page, scored, other)
query = shown.query(page, scored)
url.write(page.title, query)
share_link(link)
if not are_lasting(page.store, query):
    st.caption(
        "A table that was typed cannot be kept in the cache folder: the link leads to it until this server stops."
    )
