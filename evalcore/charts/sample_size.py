"""Precision against the number of examples."""

from __future__ import annotations

import altair as alt
import pandas as pd

from evalcore.charts.figure_style import styled
from evalcore.charts.theme import RUN_A, Theme
from evalcore.metrics import Growth
from evalcore.wording import figure


def sample_size_chart(grown: Growth, now: int, theme: Theme) -> alt.LayerChart:
    """Width of the accuracy's interval and smallest detectable difference against N, with a line at the present N."""
    wide = pd.DataFrame({"n": grown.n, "width": 100 * grown.width, "smallest": 100 * grown.smallest})
    titles = {"width": "width of the accuracy's 95 % interval", "smallest": "smallest difference one could see"}
    long = wide.melt(id_vars=["n"], value_vars=list(titles), var_name="what", value_name="points").dropna()
    long["shown"] = [figure(value, 1) for value in long["points"]]
    long["what"] = long["what"].map(titles)
    colour = alt.Color(
        "what:N",
        scale=alt.Scale(domain=list(titles.values()), range=[RUN_A, theme.text]),
        legend=alt.Legend(title=None, orient="top", labelLimit=320, columns=1),
    )
    x = alt.X("n:Q", scale=alt.Scale(type="log", nice=False), title="N, number of examples")
    tooltip = [
        alt.Tooltip("n:Q", title="N", format=",d"),
        alt.Tooltip("what:N", title="What"),
        alt.Tooltip("shown:N", title="Points"),
    ]
    lines = (
        alt.Chart(long)
        .mark_line(point=True, strokeWidth=2)
        .encode(x=x, y=alt.Y("points:Q", title="percentage points"), color=colour, tooltip=tooltip)
    )
    here = alt.Chart(pd.DataFrame({"n": [now], "said": [f"now, N = {now:,}"]}))
    rule = here.mark_rule(strokeDash=[4, 4], color=theme.text, opacity=0.5).encode(x=x)
    said = here.mark_text(align="left", dx=5, dy=8, color=theme.text, baseline="top").encode(
        x=x, y=alt.value(0), text="said:N"
    )
    return styled(alt.layer(lines, rule, said), theme, 260)
