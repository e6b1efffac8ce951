"""Each label by itself: scores with intervals and supports, what it is confused with, and its examples."""

import streamlit as st

from pages.parts.explore import classes
from pages.parts.explore.example_table import open_example, opened
from pages.parts.shell import links
from pages.parts.shell.frame import frame

NAME = "per_class"

page = frame("Per class")
st.title("Per class")
scored = links.reading_or_stop(page)
asks = links.arrived(NAME)
if asks is not None or not classes.are_there():
    asks = asks if asks is not None else st.query_params.to_dict()
    classes.set_widgets(scored, asks)
    number = asks.get("example", "")
    open_example(NAME, int(number) - 1 if len(number) < 10 and number.isascii() and number.isdigit() else None)

table = classes.controls(scored)
classes.tables(scored, table)
label = classes.chosen(scored)
if label is None:
    st.caption("Click a label, or choose it below, to see its confusions both ways and its examples.")
classes.choice(scored)
if label is not None:
    classes.one_class(page, scored, label, NAME)
classes.chart(page, table)
position = opened(NAME) if label is not None else None
more = {} if position is None else {"example": str(position + 1)}
links.leave(NAME, links.query(scored, **classes.as_query(), **more))
