"""Every run: sort, filter, name, note, pin, delete; and what is at work."""

import streamlit as st

from evalcore.store.catalog import Mark, Shelf
from pages.parts.run import queue
from pages.parts.runs import catalog as shelves
from pages.parts.shell.frame import frame

page = frame("Runs")
st.title("Runs")
if said := st.session_state.pop("deleted", ""):
    st.success(said)
queue.at_work(page.store)
queue.ended_badly(page.store)
shelf = Shelf(page.store)
marks = shelf.marks()
if not page.store.runs():
    st.info("No run is stored yet. Start one on the overview.", icon=":material/inventory_2:")
    st.page_link("app.py", label="To the overview", icon=":material/arrow_forward:")
    st.stop()
st.caption(f"{len(page.store.runs())} runs use {shelves.sized(shelf.disk_used())} on disk.")
records = shelves.filtered(page, marks)
if not records:
    st.info("No run passes these filters.")
    st.stop()
chosen = shelves.table(page, records, marks)
if chosen is not None:
    shelves.one(page, chosen, marks.get(chosen.run_id, Mark()))
