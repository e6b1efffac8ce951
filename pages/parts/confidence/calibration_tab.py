"""Whether answers are right as often as their confidence says: the diagram, and beside it the bins or their examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from evalcore import charts
from evalcore.analysis import Between, Calibration, Filter, LabelProbabilities, ScoredRun
from evalcore.charts import Theme
from evalcore.wording import counted, figure, in_percent, interval
from pages.parts.confidence import headline, opened, shown
from pages.parts.shell.beside import beside
from pages.parts.shell.cached import calibration_of, once, probabilities_of
from pages.parts.shell.clickable_figure import Item, clickable_figure
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT, clickable_table, height_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown, percent
from pages.parts.shell.session import FigureState, view_state

DIAGRAM_HEIGHT, HISTOGRAM_HEIGHT = 270, 120
HEIGHT = 410
"""Pixels: of both figures with the gap between them, and of the pane."""
PARTS = 10
"""Equal parts of the confidence in the lower figure."""
OUTCOMES = ("right", "wrong")


def tab(page: Frame, scored: ScoredRun, probabilities: LabelProbabilities) -> None:
    """Draw the tab."""
    headline.cards(scored, probabilities)
    if not calibration_of(scored).n_confident:
        st.caption("No answer of this run has a confidence.")
        return
    left, right = beside(height=HEIGHT)
    with left:
        _diagram(page, scored)
        _histogram(page, scored)
    with right:
        asked = shown.opened()
        if asked.confidence is None:
            _bins(page, scored)
            _temperature(scored)
        else:
            opened.examples(page, scored, _title(asked), _said(scored, asked), "All bins", ("text", "outcome", "predicted"))


def _diagram(page: Frame, scored: ScoredRun) -> None:
    filters = once(scored, _bin_filters)
    asked = shown.opened()

    def click(item: Item | None) -> None:
        shown.pick(page, Filter() if item is None else filters[int(item["bin"])])

    picked = {"bin": filters.index(asked)} if asked in filters else None
    name = "reliability"
    clickable_figure(
        lambda item: once(scored, _reliability_diagram, page.theme, None if item is None else item["bin"]),
        f"{name}_{scored.record.run_id}_{scored.scoring}",
        view_state().confidence.figures.setdefault(name, FigureState()),
        picked,
        click,
        "Share right of each bin of confidence, against the mean confidence in it; the table of bins has the same",
    )
