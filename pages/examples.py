"""The examples behind the numbers: one table for all doors, its filter in the URL, one example opened."""

import streamlit as st

from evalcore.analysis import Filter
from pages.parts.explore.example_table import examples, open_example, opened
from pages.parts.explore.export import export_buttons
from pages.parts.explore.filter_bar import are_there, door_line, filter_bar, filter_of_widgets, set_widgets
from pages.parts.shell import links, session
from pages.parts.shell.frame import frame

NAME = "examples"

page = frame("Examples")
heading = st.container(horizontal=True, vertical_alignment="bottom")
heading.title("Examples")
scored = links.reading_or_stop(page)
with heading:
    export_buttons(page.store, scored)
asks = links.arrived(NAME)
if asks is not None or not are_there():
    # A door was opened, or the back button pressed: the widgets follow.
    asks = asks if asks is not None else st.query_params.to_dict()
    kinds = [finding.kind for finding in session.findings_for(page.store, scored)] if asks.get("finding") else []
    set_widgets(Filter.from_query(asks, scored.labels, kinds))
    number = asks.get("example", "")
    open_example(NAME, int(number) - 1 if len(number) < 10 and number.isascii() and number.isdigit() else None)
asked = filter_of_widgets(scored)
passed = session.selected(page.store, scored, asked, count_mentions=True)
finding = None
if asked.finding:
    finding = next((f for f in session.findings_for(page.store, scored) if f.kind == asked.finding), None)

door_line(scored, asked, finding)
filter_bar(scored, passed)
st.caption(
    f"**{len(passed.rows):,}** of {len(scored.answers):,} examples · {scored.scoring} scoring: "
    + session.outcome_words(scored, passed.rows)
)
examples(page, scored, passed.rows, NAME)
position = opened(NAME)
more = {} if position is None else {"example": str(position + 1)}
links.leave(NAME, links.query(scored, asked, **more))
