"""The effect of a label's place in the prompt's list."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from evalcore.charts.figure_style import styled
from evalcore.charts.theme import RUN_A, Theme
from evalcore.metrics import Floats


def label_order_chart(place: Floats, ratio: Floats, slope: float, theme: Theme) -> alt.LayerChart:
    """Each label in each order: its place in the list against how often it was predicted, less its own mean.

    Args:
        place, ratio: shape (n_orders, n_labels); the place in [0, 1], and predicted ÷ actual, centred.
        slope: of the line that is drawn.
    """
    frame = pd.DataFrame({"place": place.ravel(), "ratio": ratio.ravel()})
    ends = np.array([0.0, 1.0])
    line = pd.DataFrame({"place": ends, "ratio": slope * (ends - place.mean())})
    x = alt.X("place:Q", title="place in the prompt's list (0 first, 1 last)", scale=alt.Scale(domain=[0, 1]))
    y = alt.Y("ratio:Q", title="predicted ÷ actual, centred")
    points = alt.Chart(frame).mark_point(filled=True, size=36, opacity=0.45, color=RUN_A).encode(x=x, y=y)
    trend = alt.Chart(line).mark_line(color=theme.text, strokeWidth=2).encode(x=x, y=y)
    return styled(alt.layer(points, trend), theme, 300)
