"""Which label is predicted for which: the heat map, and beside it the worst confusions or what a click picked."""

import streamlit as st

from evalcore.analysis import Filter
from pages.parts.explore import confusion_list, matrix_view
from pages.parts.shell import session, url
from pages.parts.shell.beside import beside
from pages.parts.shell.frame import frame, scored_run_or_stop
from pages.parts.shell.share import share_link

page = frame("Confusions")
heading = st.container(horizontal=True, vertical_alignment="center")
heading.title("Confusions", anchor=False, width="content")
scored = scored_run_or_stop(page)
view = session.view_state()
table = view.examples_of(page.title)


def follow(query: url.Query) -> None:
    """Open what a URL names."""
    view.picked.pick(Filter.from_query(query, scored.labels).without_group())
    table.open(url.example_of(query))


page.follow(follow)

controls = matrix_view.controls(scored, heading)
link = heading.container(width="content")
left, right = beside()
with left:
    matrix_view.matrix(scored, page.theme, controls)
picked = matrix_view.picked(scored)
with right:
    if picked == Filter():
        confusion_list.lists(scored)
    else:
        confusion_list.cell(page, scored, picked, table)
opened = None if picked == Filter() else table.opened
url.write(page.title, url.query_of(scored, picked, url.example_query(opened)))
share_link(link)
