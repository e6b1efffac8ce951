"""Two runs, compared: the verdict, the examples behind it, every score. The URL holds what is open."""

import streamlit as st

from evalcore.errors import BlindspotError
from evalcore.store import BASELINES
from pages.parts.compare import (
    costs_of_pair,
    headline,
    labels_compared,
    matrices_compared,
    metrics_compared,
    what_changed,
)
from pages.parts.compare.export import comparison_downloads
from pages.parts.compare.pair import TABS, chosen_pair, write_url
from pages.parts.compare.pair_examples import door_examples
from pages.parts.compare.sample_size import alone, of_pair
from pages.parts.shell.cached.comparisons import comparison_of
from pages.parts.shell.frame import frame
from pages.parts.shell.links import link_to_overview
from pages.parts.shell.markdown import message_markdown
from pages.parts.shell.session import view_state
from pages.parts.shell.share import share_link
from pages.parts.shell.tabs import tabs

page = frame("Compare", picks_run=False)
head = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
head.title("Compare", anchor=False, width="content")
pair = chosen_pair(page, head)
if pair is None:
    st.info(
        "It takes two stored runs. Run another model or prompt on the overview: the baselines "
        f"{' and '.join(BASELINES)} are run along with every model.",
        icon=":material/compare_arrows:",
    )
    link_to_overview()
    alone(page)
    st.stop()
a, b = pair
try:
    comparison = None if a.run_id == b.run_id else comparison_of(page.store, a, b, page.scoring)
    problem = "A and B are the same run. Choose another one as A or as B."
except BlindspotError as error:
    comparison, problem = None, str(error)
if comparison is None:
    st.warning(message_markdown(problem), icon=":material/block:")
    write_url(page)
    alone(page)
    st.stop()

headline.say_verdict(comparison)
costs_of_pair.say_costs(page, comparison)
with headline.doors(comparison):
    comparison_downloads(comparison)
drawn = {
    "Examples": door_examples,
    "Metrics": metrics_compared.metrics,
    "Labels": labels_compared.labels,
    "Matrices": matrices_compared.matrices,
    "Sample size": of_pair,
    "What changed": what_changed.what_changed,
}
for name, tab in tabs(TABS, view_state().compared, "compare_tab").items():
    if tab.open:
        with tab:
            drawn[name](page, comparison)
write_url(page, comparison)
share_link(head)
