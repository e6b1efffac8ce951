"""The examples behind the numbers: one table for all doors, its filter in the URL, one example opened."""

import streamlit as st

from evalcore.analysis.filters import Filter
from pages.parts.explore.example_table import examples, open_example, opened
from pages.parts.explore.export import export_buttons
from pages.parts.explore.filter_bar import are_there, door_line, filter_bar, filter_of_widgets, set_widgets
from pages.parts.shell import links as doors
from pages.parts.shell import session as state
from pages.parts.shell.frame import frame

NAME = "examples"

page = frame("Examples")
heading = st.container(horizontal=True, vertical_alignment="bottom")
heading.title("Examples")
reading = doors.reading_or_stop(page)
with heading:
    export_buttons(page.store, reading)
asks = doors.arrived(NAME)
if asks is not None or not are_there():
    # A door was opened, or the back button pressed: the widgets follow.
    asks = asks if asks is not None else st.query_params.to_dict()
    kinds = [finding.kind for finding in state.findings_for(page.store, reading)] if asks.get("finding") else []
    set_widgets(Filter.from_query(asks, reading.labels, kinds))
    number = asks.get("example", "")
    open_example(NAME, int(number) - 1 if len(number) < 10 and number.isascii() and number.isdigit() else None)
asked = filter_of_widgets(reading)
passed = state.selected(page.store, reading, asked, count_mentions=True)
finding = None
if asked.finding:
    finding = next((f for f in state.findings_for(page.store, reading) if f.kind == asked.finding), None)

door_line(reading, asked, finding)
filter_bar(reading, passed)
st.caption(
    f"**{len(passed.rows):,}** of {len(reading.answers):,} examples · {reading.scoring} scoring: "
    + state.outcome_words(reading, passed.rows)
)
examples(page, reading, passed.rows, NAME)
position = opened(NAME)
more = {} if position is None else {"example": str(position + 1)}
doors.leave(NAME, doors.query(reading, asked, **more))
