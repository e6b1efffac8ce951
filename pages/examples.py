"""The examples behind the numbers: filter, look at one, read its raw completion and its exact prompt."""

import pandas as pd
import streamlit as st

from pages.parts import state
from pages.parts.example import one_example
from pages.parts.frame import frame
from pages.parts.plain import plain

OUTCOMES = ("right", "wrong", "unparsed")
EVERY = "all labels"
TABLE_HEIGHT = 420

page = frame("Examples")
st.title("Examples")
if page.record is None:
    st.info("Choose a stored run in the sidebar, or start one on the overview.")
    st.stop()
st.query_params["run"] = st.session_state["url_run"] = page.record.run_id
reading = state.reading_of(page.store, page.record, page.scoring)
found = {finding.kind: finding for finding in state.findings_for(page.store, reading)}

# A door that was opened, a finding on the overview, say, is a filter of its own until it is closed.
if st.query_params.get("finding") in found:
    st.session_state["finding"] = st.query_params["finding"]
finding = found.get(st.session_state.get("finding", ""))
answers = list(reading.answers)
if finding is not None:
    positions = set(finding.positions)
    answers = [answer for answer in answers if answer.position in positions]
    sentence, close = st.columns([6, 1.3], vertical_alignment="center")
    sentence.info(plain(finding.sentence), icon=":material/filter_alt:")
    if close.button("All examples", icon=":material/close:", width="stretch"):
        st.session_state.pop("finding", None)
        st.query_params.pop("finding", None)
        st.rerun()
    st.query_params["finding"] = finding.kind

counts = {outcome: sum(answer.outcome == outcome for answer in answers) for outcome in OUTCOMES}
first, second, third, fourth = st.columns([2.6, 2, 2, 2], vertical_alignment="bottom")
outcomes = first.segmented_control(
    "Outcome",
    OUTCOMES,
    selection_mode="multi",
    format_func=lambda outcome: f"{outcome} {counts[outcome]}",
    key="outcomes",
    help="None chosen shows all.",
)
true = second.selectbox("True label", [EVERY, *reading.labels], key="true_label")
predicted = third.selectbox("Answered", [EVERY, *reading.labels], key="predicted_label")
searched = fourth.text_input("Text or completion contains", key="searched").casefold()

shown = [
    answer
    for answer in answers
    if (not outcomes or answer.outcome in outcomes)
    and true in (EVERY, answer.example.label)
    and predicted in (EVERY, answer.predicted)
    and (searched in answer.example.text.casefold() or searched in answer.completion.text.casefold())
]
st.caption(f"{len(shown)} of {len(reading.answers)} examples")
if not shown:
    st.info("No example passes these filters.")
    st.stop()
table = pd.DataFrame(
    {
        "text": [answer.example.text for answer in shown],
        "true label": [answer.example.label for answer in shown],
        "answered": [answer.predicted or "" for answer in shown],
        "outcome": [answer.outcome for answer in shown],
        "match": [answer.parsed.match for answer in shown],
        "completion": [answer.completion.text for answer in shown],
    }
)
selection = st.dataframe(
    table,
    hide_index=True,
    height=min(TABLE_HEIGHT, 36 * (len(shown) + 1)),
    on_select="rerun",
    selection_mode="single-cell",
    column_config={"text": st.column_config.TextColumn(width="large")},
    key=f"table_{page.record.run_id}",
)
cells = selection.selection.cells
if not cells or cells[0][0] >= len(shown):
    st.caption("Click a row to open the example: its raw completion and the exact prompt as sent.")
    st.stop()
one_example(page, reading, shown[cells[0][0]])
