"""Two to ten runs on the same examples: prompt variants, models or decodings. The URL holds what is open."""

import streamlit as st

from evalcore.analysis import FEWEST_RUNS
from evalcore.errors import BlindspotError
from evalcore.store import distinguishing_titles
from pages.parts.compare import swept, variants
from pages.parts.compare.export import sweep_downloads
from pages.parts.compare.several_runs import TABS, chosen_runs, write_url
from pages.parts.shell.cached.comparisons import sweep_of
from pages.parts.shell.frame import frame
from pages.parts.shell.markdown import message_markdown
from pages.parts.shell.session import view_state
from pages.parts.shell.share import share_link
from pages.parts.shell.tabs import tabs

page = frame("Side by side", picks_run=False)
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.title("Side by side", anchor=False, width="content")
    buttons = st.container(horizontal=True, width="content")
below = st.container()
variants.follow(page)
records = chosen_runs(page)
enough = len(records) >= FEWEST_RUNS
with below:
    variants.launcher(page, buttons, folded=enough)
variants.run_picker(page, [record.run_id for record in records])
if not enough:
    st.info("Run several prompts on one sample above, or choose at least two stored runs.", icon=":material/view_week:")
    write_url(page, records)
    st.stop()
try:
    sweep = sweep_of(page.store, records, page.scoring)
except BlindspotError as error:
    st.warning(message_markdown(str(error)), icon=":material/block:")
    write_url(page, records)
    st.stop()
names = distinguishing_titles([scored.record for scored in sweep.scored_runs])
swept.conclusion(sweep, names)
drawn = {"Runs": swept.runs, "Pairs": swept.pairs, "Examples": swept.examples, "Label order": swept.order}
for name, tab in tabs(TABS, view_state().side_by_side, "side_tab").items():
    if tab.open:
        with tab:
            drawn[name](page, sweep, names)
write_url(page, records)
share_link(buttons)
with buttons:
    sweep_downloads(sweep)
