"""Every run: sort, filter, name, note, pin, delete; and what is at work."""

import streamlit as st

from evalcore.store import RunCatalog
from pages.parts.run import queue
from pages.parts.runs import runs_table
from pages.parts.shell import session
from pages.parts.shell.frame import frame
from pages.parts.shell.links import link_to_overview

page = frame("Runs", picks_run=False)
view = session.view_state()
st.title("Runs")
if view.deleted:
    st.success(view.deleted)
    view.deleted = ""
queue.at_work(page.store)
queue.ended_badly(page.store)
if not page.listing.records:
    st.info("No run is stored yet. Start one on the overview.", icon=":material/inventory_2:")
    link_to_overview()
    st.stop()
size = runs_table.sized(RunCatalog(page.store).disk_used())
st.caption(f"{len(page.listing.records)} runs use {size} on disk.")
records = runs_table.filtered(page)
if not records:
    st.info("No run passes these filters.")
    st.stop()
chosen = runs_table.table(page, records)
if chosen is not None:
    runs_table.one(page, chosen)
