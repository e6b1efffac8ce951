"""Each label by itself: scores with intervals and supports, what it is confused with, and its examples."""

import streamlit as st

from pages.parts.explore import classes
from pages.parts.shell import session, url
from pages.parts.shell.frame import frame, scored_run_or_stop

page = frame("Per class")
st.title("Per class")
scored = scored_run_or_stop(page)
view = session.view_state()
table = view.examples_of(page.title)
if page.arrived is not None:
    view.classes = classes.view_of_query(page.arrived, scored.labels)
    table.open(url.example_of(page.arrived))

classes.controls(scored)
classes.tables(scored)
label = classes.chosen(scored)
if label is None:
    st.caption("Click a label, or choose it below, to see its confusions both ways and its examples.")
classes.choice(scored)
if label is not None:
    classes.one_class(page, scored, label, table)
classes.chart(page, scored)
more = classes.query_of_view(scored) | url.example_query(table.opened if label is not None else None)
url.write(page.title, url.query_of(scored, more=more))
