"""Which label is taken for which: the heat map, the ranked confusions in words, and the examples of a cell."""

import streamlit as st

from evalcore.analysis.filters import Filter
from evalcore.charts.heatmap import NARROW_WIDTH
from pages.parts.explore import confusion_list as confusionlist
from pages.parts.explore import matrix_view as matrixview
from pages.parts.explore.example_table import examples, open_example, opened
from pages.parts.shell import links as doors
from pages.parts.shell import session as state
from pages.parts.shell.frame import frame
from pages.parts.shell.markdown import plain

NAME = "confusions"

page = frame("Confusions")
st.title("Confusions")
reading = doors.reading_or_stop(page)
asks = doors.arrived(NAME)
if asks is not None:
    matrixview.pick(Filter.from_query(asks, reading.labels).without_group(), lit=True)
    number = asks.get("example", "")
    open_example(NAME, int(number) - 1 if len(number) < 10 and number.isascii() and number.isdigit() else None)

controls = matrixview.controls(reading)
wide = matrixview.is_wide(reading, controls)
if wide:
    left = st.container()
    beside = st.container(horizontal=True, gap="medium")
    right, below = beside.container(width=confusionlist.WIDTH), beside.container(width=confusionlist.TABLES_WIDTH)
else:
    beside = st.container(horizontal=True, gap="medium")
    left, right = beside.container(width=NARROW_WIDTH), beside.container(width=confusionlist.WIDTH)
    below = st.container()
with right:
    confusionlist.sentences(reading)
with below:
    confusionlist.tables(reading)
with left:
    matrixview.matrix(reading, page.ink, controls)
matrixview.pick_boxes(reading)

picked = matrixview.picked(reading)
if picked == Filter():
    st.info("Click a cell, a confusion in the list, or choose a label above: its examples open here.")
else:
    passed = state.selected(page.store, reading, picked)
    st.markdown(f"**{plain(matrixview.in_words(reading, picked, len(passed.rows)))}**")
    doors.door(reading, "with all filters, on the examples page", asked=picked)
    examples(page, reading, passed.rows, NAME, height=320)
position = opened(NAME)
more = {} if position is None or picked == Filter() else {"example": str(position + 1)}
doors.leave(NAME, doors.query(reading, picked, **more))
