"""Each label by itself: scores with intervals and supports, and beside them what one is confused with, by example."""

import streamlit as st

from pages.parts.explore import classes
from pages.parts.shell import session, url
from pages.parts.shell.beside import beside
from pages.parts.shell.frame import frame, scored_run_or_stop
from pages.parts.shell.share import share_link

page = frame("Per class")
heading = st.container(horizontal=True, vertical_alignment="center")
heading.title("Per class", anchor=False, width="content")
scored = scored_run_or_stop(page)
view = session.view_state()
table = view.examples_of(page.title)


def follow(query: url.Query) -> None:
    """Open what a URL names."""
    view.classes = classes.view_of_query(query, scored.labels)
    table.open(url.example_of(query))


page.follow(follow)

classes.controls(scored, heading)
link = heading.container(width="content")
left, right = beside(height=classes.HEIGHT)
with left:
    classes.table(page, scored)
    classes.overall(scored)
label = classes.chosen(scored)
with right:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        classes.choice(scored)
        classes.explanations()
    if label is None:
        classes.chart(page, scored)
    else:
        classes.one_class(page, scored, label, table)
more = classes.query_of_view(scored) | url.example_query(table.opened if label is not None else None)
url.write(page.title, url.query_of(scored, more=more))
share_link(link)
