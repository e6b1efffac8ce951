"""Every run: sort, filter, name, note, pin, delete, take away, bring in; and what is at work."""

import streamlit as st

from evalcore.store import RunCatalog
from pages.parts.run import queue
from pages.parts.runs import moving, runs_table
from pages.parts.shell import session
from pages.parts.shell.beside import beside
from pages.parts.shell.frame import frame
from pages.parts.shell.links import link_to_overview

page = frame("Runs", picks_run=False)
view = session.view_state()
if view.deleted:
    st.toast(view.deleted, icon=":material/delete:")
    view.deleted = ""
moving.say_what_was_brought_in()
queue.at_work(page.store)
queue.ended_badly(page.store)
if not page.listing.records:
    st.title("Runs", anchor=False)
    st.info("No run is stored yet. Start one on the overview.", icon=":material/inventory_2:")
    with st.container(horizontal=True, vertical_alignment="center"):
        link_to_overview()
        moving.moving(page.store, [], {})
    st.stop()
sizes = RunCatalog(page.store).sizes()
records = runs_table.filtered(page, sizes)
if not records:
    st.info("No run passes these filters.")
    st.stop()
table, chosen = beside(2, 1)
with table:
    record = runs_table.table(page, records, sizes)
with chosen:
    runs_table.one(page, record, sizes)
