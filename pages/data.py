"""Bring your own: examples to run a model on, and finished predictions to score."""

import streamlit as st

from pages.parts.data import own_data, own_predictions
from pages.parts.shell.frame import frame

page = frame("Data", picks_run=False, scores=False)
st.title("Data", anchor=False)
data, predictions = st.tabs(["Your examples", "Finished predictions"], on_change="rerun")
with data:
    if data.open:
        own_data.own_data(page)
with predictions:
    if predictions.open:
        own_predictions.own_predictions(page)
