"""Two runs side by side, with a verdict. The URL holds both."""

import streamlit as st

from evalcore.errors import BlindspotError
from evalcore.store import BASELINES
from pages.parts.compare import labels_compared, pair_examples, summary
from pages.parts.compare.pair import chosen_pair
from pages.parts.compare.sample_size import alone, how_much
from pages.parts.shell import cached
from pages.parts.shell.frame import frame
from pages.parts.shell.markdown import escape_markdown

page = frame("Compare", picks_run=False)
st.title("Compare")
pair = chosen_pair(page)
if pair is None:
    st.info(
        "It takes two stored runs. Run another model or prompt on the overview: the baselines "
        f"{' and '.join(BASELINES)} are run along with every model.",
        icon=":material/compare_arrows:",
    )
    st.page_link("app.py", label="To the overview", icon=":material/arrow_forward:")
    alone(page)
    st.stop()
a, b = pair
if a.run_id == b.run_id:
    st.info("A and B are the same run. Choose another one to hold against it.")
    alone(page)
    st.stop()
try:
    comparison = cached.comparison_of(page.store, a, b, page.scoring)
except BlindspotError as error:
    st.warning(escape_markdown(str(error)), icon=":material/block:")
    alone(page)
    st.stop()

summary.say_verdict(comparison)
summary.what_changed(comparison)
st.subheader("Example by example")
pair_examples.groups(page, comparison)
st.subheader("Every metric")
summary.metrics(comparison)
st.subheader("How alike the two are")
summary.agreement(comparison)
st.subheader("Label by label")
scores, matrices, confusions = st.tabs(["Scores", "Matrices", "Confusions"], key="label_views", on_change="rerun")
with scores:
    labels_compared.labels(comparison)
with matrices:
    if matrices.open:
        labels_compared.matrices(page, comparison)
with confusions:
    labels_compared.confusions(comparison)
st.subheader("How much is enough")
how_much(
    page,
    cached.scored_run_of(page.store, b, page.scoring),
    comparison.counts.discordant_rate,
    f"of the {comparison.n} examples that A and B share,",
)
