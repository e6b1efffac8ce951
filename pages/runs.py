"""Every run: sort, filter, name, note, pin, delete; and what is at work."""

import streamlit as st

from evalcore.store import RunAnnotation, RunCatalog
from pages.parts.run import queue
from pages.parts.runs import runs_table
from pages.parts.shell.frame import frame

page = frame("Runs")
st.title("Runs")
if said := st.session_state.pop("deleted", ""):
    st.success(said)
queue.at_work(page.store)
queue.ended_badly(page.store)
catalog = RunCatalog(page.store)
annotations = catalog.annotations()
if not page.store.runs():
    st.info("No run is stored yet. Start one on the overview.", icon=":material/inventory_2:")
    st.page_link("app.py", label="To the overview", icon=":material/arrow_forward:")
    st.stop()
st.caption(f"{len(page.store.runs())} runs use {runs_table.sized(catalog.disk_used())} on disk.")
records = runs_table.filtered(page, annotations)
if not records:
    st.info("No run passes these filters.")
    st.stop()
chosen = runs_table.table(page, records, annotations)
if chosen is not None:
    runs_table.one(page, chosen, annotations.get(chosen.run_id, RunAnnotation()))
