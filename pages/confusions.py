"""Which label is taken for which: the heat map, the ranked confusions in words, and the examples of a cell."""

import streamlit as st

from evalcore.analysis import Filter
from evalcore.charts import NARROW_WIDTH
from pages.parts.explore import confusion_list, matrix_view
from pages.parts.explore.example_table import examples
from pages.parts.shell import cached, session, url
from pages.parts.shell.frame import frame, scored_run_or_stop
from pages.parts.shell.links import link_to
from pages.parts.shell.markdown import escape_markdown

page = frame("Confusions")
st.title("Confusions")
scored = scored_run_or_stop(page)
view = session.view_state()
table = view.examples_of(page.title)
if page.arrived is not None:
    view.pick(Filter.from_query(page.arrived, scored.labels).without_group(), outline=True)
    table.open(url.example_of(page.arrived))

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
with left:
    matrix_view.matrix(scored, page.theme, controls)
with right:
    confusion_list.sentences(scored)
with below:
    confusion_list.tables(scored)
matrix_view.pick_boxes(scored)

picked = matrix_view.picked(scored)
if picked == Filter():
    st.info("Click a cell, a confusion in the list, or choose a label above: its examples open here.")
else:
    passed = cached.selected(page.store, scored, picked)
    st.markdown(f"**{escape_markdown(matrix_view.in_words(scored, picked, len(passed.rows)))}**")
    link_to(scored, "with all filters, on the examples page", asked=picked)
    examples(page, scored, passed.rows, table, height=320)
opened = None if picked == Filter() else table.opened
url.write(page.title, url.query_of(scored, picked, url.example_query(opened)))
