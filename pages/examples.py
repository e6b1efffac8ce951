"""The examples behind the numbers: one table for all links, its filter in the URL, and beside it one example opened."""

import streamlit as st

from evalcore.analysis import Filter, outcome_words
from pages.parts.explore import filter_bar
from pages.parts.explore.example_table import HEIGHT, columns_for, example_list, opened_or_hint
from pages.parts.explore.export import export_buttons
from pages.parts.shell import session, url
from pages.parts.shell.beside import beside
from pages.parts.shell.cached.examples import selected
from pages.parts.shell.frame import frame, scored_run_or_stop
from pages.parts.shell.share import share_link

page = frame("Examples")
heading = st.container(horizontal=True, vertical_alignment="center")
heading.title("Examples", anchor=False, width="content")
scored = scored_run_or_stop(page)
view = session.view_state()
table = view.examples_of(page.title)


def follow(query: url.Query) -> None:
    """Open what a URL names."""
    view.filter = Filter.from_query(query, scored.labels, filter_bar.finding_kinds(page, scored, query))
    view.example_order = url.order_of(query)
    table.open(url.example_of(query))


page.follow(follow)
asked = filter_bar.known_part(page, scored, view.filter)
order = filter_bar.order_of(scored)
passed = selected(page.store, scored, asked, order=order, count_all=True)

with heading:
    filter_bar.order_box(scored, passed)
link = heading.container(width="content", horizontal_alignment="right")
filter_bar.not_known(scored, view.filter)
filter_bar.link_line(page, scored, asked)
filter_bar.filter_bar(scored, asked, passed)
if len(passed.rows):
    left, right = beside(height=HEIGHT)
    with left:
        st.caption(
            f"**{len(passed.rows):,}** of {len(scored.answers):,} examples: {outcome_words(scored, passed.rows)}"
        )
        with example_list(page, scored, passed.rows, table, columns_for(order)):
            export_buttons(page.store, scored)
    with right:
        opened_or_hint(page, scored, passed.rows, table)
else:
    st.caption(f"**0** of {len(scored.answers):,} examples")
    st.info("No example passes these filters. Take one of them away.")
url.write(page.title, url.query_of(scored, asked, url.order_query(order) | url.example_query(table.opened)))
share_link(link)
