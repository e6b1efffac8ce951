"""From a score to a decision: four questions and their answers, and all runs on one task."""

import streamlit as st

from pages.parts.decide import costs_tab, frontier_tab, label_list_tab, review_tab, shown, traffic_tab
from pages.parts.shell import session, url
from pages.parts.shell.frame import frame, scored_run_or_stop
from pages.parts.shell.share import share_link
from pages.parts.shell.tabs import tabs

page = frame("Decide")
heading = st.container(horizontal=True, vertical_alignment="center")
heading.title("Decide", anchor=False, width="content")
tools, link = heading.container(width="content"), heading.container(width="content")
scored = scored_run_or_stop(page)
if page.arrived is not None:
    shown.follow(page, page.arrived)
with tools:
    other = shown.other_run(page, scored)
drawn = {
    "Review": review_tab.tab,
    "Costs": costs_tab.tab,
    "Traffic": traffic_tab.tab,
    "Label list": label_list_tab.tab,
    "Frontier": frontier_tab.tab,
}
for name, tab in tabs(shown.TABS, session.view_state().decide, "decide_tab").items():
    if tab.open:
        with tab:
            drawn[name](page, scored, other)
url.write(page.title, shown.query(page, scored))
share_link(link)
