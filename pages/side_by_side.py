"""Two to ten runs on the same examples: prompt variants, models or decodings. The URL holds them."""

import streamlit as st

from evalcore.analysis import FEWEST_RUNS
from evalcore.errors import BlindspotError
from evalcore.store import distinguishing_titles
from pages.parts.compare import swept, variants
from pages.parts.shell import cached
from pages.parts.shell.frame import frame
from pages.parts.shell.markdown import escape_markdown

page = frame("Side by side", picks_run=False)
st.title("Side by side")
variants.launcher(page)
records = variants.chosen_runs(page)
if len(records) < FEWEST_RUNS:
    st.info("Run several prompts on one sample above, or choose at least two stored runs.", icon=":material/view_week:")
    st.stop()
try:
    sweep = cached.sweep_of(page.store, records, page.scoring)
except BlindspotError as error:
    st.warning(escape_markdown(str(error)), icon=":material/block:")
    st.stop()
names = distinguishing_titles([scored.record for scored in sweep.scored_runs])
fewer = [scored for scored in sweep.scored_runs if len(scored.y_true) != sweep.n]
if fewer:
    st.caption(
        f"{sweep.n} examples are shared by all of them. Scores in the first table are of each run's own examples; "
        "pairs are compared on what the two share."
    )
swept.overview(page, sweep, names)
st.subheader("Which can be told apart")
swept.pairs(sweep, names)
st.subheader("Example by example")
swept.each_example(sweep, names)
st.subheader("Does the order of the label list matter?")
swept.order(page, sweep)
