"""Bring your own: examples to run a model on, and finished predictions to score."""

import streamlit as st

from pages.parts.data import own_data, own_predictions, shown
from pages.parts.shell import url
from pages.parts.shell.frame import frame
from pages.parts.shell.session import view_state
from pages.parts.shell.share import share_link
from pages.parts.shell.tabs import tabs

page = frame("Data", picks_run=False, scores=False)
view = view_state().data
page.follow(lambda query: shown.follow(page, query))
heading = st.container(horizontal=True, vertical_alignment="center")
heading.title("Data", anchor=False, width="content")
if not view.tab:
    with heading:
        own_data.what_is_open(page)
link = heading.container(width="content")
drawn = {"Your examples": own_data.own_data, "Finished predictions": own_predictions.own_predictions}
for name, tab in tabs(shown.TABS, view, "data_tab").items():
    if tab.open:
        with tab:
            drawn[name](page)
url.write(page.title, shown.query())
share_link(link)
