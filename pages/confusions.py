"""Which label is taken for which: the heat map, the ranked confusions in words, and the examples of a cell."""

import streamlit as st

from evalcore.analysis import Filter
from evalcore.charts import NARROW_WIDTH
from pages.parts.explore import confusion_list, matrix_view
from pages.parts.explore.example_table import examples, open_example, opened
from pages.parts.shell import links, session
from pages.parts.shell.frame import frame
from pages.parts.shell.markdown import escape_markdown

NAME = "confusions"

page = frame("Confusions")
st.title("Confusions")
scored = links.reading_or_stop(page)
asks = links.arrived(NAME)
if asks is not None:
    matrix_view.pick(Filter.from_query(asks, scored.labels).without_group(), highlighted=True)
    number = asks.get("example", "")
    open_example(NAME, int(number) - 1 if len(number) < 10 and number.isascii() and number.isdigit() else None)

controls = matrix_view.controls(scored)
wide = matrix_view.is_wide(scored, controls)
if wide:
    left = st.container()
    beside = st.container(horizontal=True, gap="medium")
    right, below = beside.container(width=confusion_list.WIDTH), beside.container(width=confusion_list.TABLES_WIDTH)
else:
    beside = st.container(horizontal=True, gap="medium")
    left, right = beside.container(width=NARROW_WIDTH), beside.container(width=confusion_list.WIDTH)
    below = st.container()
with right:
    confusion_list.sentences(scored)
with below:
    confusion_list.tables(scored)
with left:
    matrix_view.matrix(scored, page.theme, controls)
matrix_view.pick_boxes(scored)

picked = matrix_view.picked(scored)
if picked == Filter():
    st.info("Click a cell, a confusion in the list, or choose a label above: its examples open here.")
else:
    passed = session.selected(page.store, scored, picked)
    st.markdown(f"**{escape_markdown(matrix_view.in_words(scored, picked, len(passed.rows)))}**")
    links.link_to(scored, "with all filters, on the examples page", asked=picked)
    examples(page, scored, passed.rows, NAME, height=320)
position = opened(NAME)
more = {} if position is None or picked == Filter() else {"example": str(position + 1)}
links.leave(NAME, links.query(scored, picked, **more))
