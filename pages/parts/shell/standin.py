"""Until the charts are there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from evalcore.charts import Theme, reference_lines


def verdict_chart(found: Sequence[Any], theme: Theme) -> alt.LayerChart:
    """Stand-in."""
    return reference_lines(found, theme).properties(height=90)


def running_chart(history: Sequence[tuple[int, float, float, float]], total: int, theme: Theme) -> alt.LayerChart:
    """Stand-in."""
    frame = pd.DataFrame(history, columns=["n", "a", "low", "high"])
    base = alt.Chart(frame)
    x = alt.X("n:Q", scale=alt.Scale(domain=[0, total]))
    band = base.mark_area(opacity=0.3).encode(x=x, y="low:Q", y2="high:Q")
    return alt.layer(band, base.mark_line().encode(x=x, y="a:Q")).properties(height=110)
