"""Finished predictions of another tool: brought in, looked over, and scored; two of them are compared."""

from __future__ import annotations

import streamlit as st

from evalcore.errors import BlindspotError
from evalcore.importing import Reading, import_readings
from pages.parts.data import predictions_brought, predictions_read
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import message_markdown
from pages.parts.shell.session import view_state
from pages.parts.shell.views.compare import PairView


def own_predictions(page: Frame) -> None:
    """Draw the ways in, what was read of each file, and the button. Nothing is stored before it is pressed."""
    if page.store.read_only:
        st.info("The cache folder cannot be written, so that no predictions can be kept.", icon=":material/lock:")
        return
    brought = predictions_brought.brought()
    if not brought:
        predictions_brought.say_formats()
        return
    several = len(brought) > 1
    action = st.container()  # above what was read, in sight whatever its length
    readings = []
    for column, one, name in zip(st.columns(len(brought), gap="medium"), brought, ("A", "B"), strict=False):
        with column, st.container(gap="small"):
            readings.append(predictions_read.read(one, name if several else ""))
    ready = [reading for reading in readings if reading is not None]
    pressed = action.button(
        "Score and compare" if several else "Score",
        type="primary",
        icon=":material/compare_arrows:" if several else ":material/check:",
        disabled=len(ready) < len(brought),
    )
    if pressed:
        _score(page, [(reading, one.name) for reading, one in zip(ready, brought, strict=True)])


def _score(page: Frame, readings: list[tuple[Reading, str]]) -> None:
    """Store the runs, and look at the one or at the comparison of the two."""
    try:
        with st.spinner("Scoring …"):
            records = import_readings(readings, page.store)
    except BlindspotError as error:
        st.error(message_markdown(str(error)), icon=":material/error:")
        return
    view = view_state()
    first, last = records[0], records[-1]
    view.open_run(last)
    if first.run_id == last.run_id:
        st.switch_page("app.py", query_params={"run": last.run_id})
    view.compared = PairView(runs=(first.run_id, last.run_id))
    st.switch_page("pages/compare.py", query_params={"a": first.run_id, "b": last.run_id})
