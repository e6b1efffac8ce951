"""Sets of labels, drawn: how many have which size, and how often each label's sets hold it.

Each figure can be clicked (see `picking`).
"""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from evalcore.charts.figure_style import HAS_WIDTH, right_and_wrong, styled
from evalcore.charts.label_names import named_rows, shortened
from evalcore.charts.picking import Item, pale_unless_picked, picking
from evalcore.charts.theme import RUN_A, Theme
from evalcore.wording import interval, percent

_ROW_HEIGHT = 17
_NAMES, _NAME_CHARS = 170, 26
_AROUND_ROWS = 44
_ROOM_ABOVE = 1.08
"""Above the highest bar, for its number."""
HOLDS, LACKS = "true label in the set", "not in the set"


def set_size_chart(
    names: Sequence[str],
    held: Sequence[int],
    missed: Sequence[int],
    theme: Theme,
    height: int,
    picked: Item | None = None,
) -> alt.LayerChart:
    """How many sets have which size: those that hold the true label below, those that lack it above.

    Args:
        names: of the sizes, `1`, `2`, `6–10`; all different.
        held, missed: sets of each size.
        height: in pixels.
        picked: what is picked at first, such as `{"bin": 3}`.
    """
    n = np.add(held, missed)
    total = max(1, int(n.sum()))
    shared = {
        "bin": np.arange(len(names)),
        "size": list(names),
        "texts": [f"{count:,}" for count in n],
        "share": [percent(count / total) for count in n],
        "in_set": [percent(right / count) if count else "–" for right, count in zip(held, n, strict=True)],
    }
    parts = pd.concat(
        pd.DataFrame({**shared, "part": part, "bottom": bottom, "top": np.add(bottom, counts)})
        for part, counts, bottom in ((HOLDS, held, np.zeros(len(n), dtype=int)), (LACKS, missed, held))
    )
    parts = parts[parts["bottom"] < parts["top"]]
    fill, stroke = right_and_wrong("part", (HOLDS, LACKS), theme)
    selection = picking(["bin"], picked)
    x = alt.X(
        "bin:O",
        title="labels in the set",
        scale=alt.Scale(domain=[*range(len(names))]),
        axis=alt.Axis(labelExpr=f"{list(names)}[datum.value]", labelAngle=0, labelOverlap=False, ticks=False),
    )
    bars = (
        alt.Chart(parts)
        .mark_bar(strokeWidth=1.5, cursor="pointer")
        .encode(
            x=x,
            y=alt.Y(
                "bottom:Q",
                title="texts",
                scale=alt.Scale(domain=[0, _ROOM_ABOVE * max(1, int(n.max(initial=0)))], nice=False),
                axis=alt.Axis(tickCount=4, tickMinStep=1, format=",d"),
            ),
            y2="top:Q",
            fill=fill,
            stroke=stroke,
            opacity=pale_unless_picked(selection),
            tooltip=[
                alt.Tooltip("size:N", title="Labels in the set"),
                alt.Tooltip("texts:N", title="Texts"),
                alt.Tooltip("share:N", title="Of all texts"),
                alt.Tooltip("in_set:N", title="True label in the set"),
            ],
        )
        .add_params(selection)
    )
    above = pd.DataFrame({**shared, "top": n})
    words = (
        alt.Chart(above[above["top"] > 0])
        .mark_text(dy=-7, fontSize=12, color=theme.text)
        .encode(x=x, y="top:Q", text="share:N")
    )
    return styled(alt.layer(bars, words), theme, height)


def set_coverage_chart(table: pd.DataFrame, target: float, theme: Theme, picked: Item | None = None) -> alt.LayerChart:
    """How often the sets of each label's texts hold it, with its interval, against the target, in the table's order.

    A label whose interval reaches the target has a hollow mark: there the difference may be chance.

    Args:
        table: columns `code`, `label`, `examples`, and in [0, 1] `coverage`, `low`, `high`; of labels with examples.
        picked: what is picked at first, such as `{"code": 3}`.
    """
    reaches = (table["low"] <= target) & (target <= table["high"])
    frame = pd.DataFrame(
        {
            "rank": np.arange(len(table)),
            "code": table["code"].to_numpy(),
            "label": table["label"].to_numpy(),
            "value": table["coverage"].to_numpy(),
            "low": table["low"].to_numpy(),
            "high": table["high"].to_numpy(),
            "texts": [f"{count:,}" for count in table["examples"]],
            "filling": np.where(reaches, 0.0, 1.0),
        }
    )
    frame["shown"] = [percent(value) for value in frame["value"]]
    frame["interval"] = [interval(bounds) for bounds in zip(frame["low"], frame["high"], strict=True)]
    y = named_rows([shortened(label, _NAME_CHARS) for label in frame["label"]], _NAMES)
    x = alt.X(
        "value:Q",
        scale=alt.Scale(domain=[0, 1]),
        title="true label in the set, 95 % interval",
        axis=alt.Axis(format="%", orient="top", tickCount=5),
    )
    selection = picking(["code"], picked, nearest=True)
    base = alt.Chart(frame)
    spans = (
        base.transform_filter(HAS_WIDTH)
        .mark_rule(strokeWidth=4, color=RUN_A, opacity=0.3)
        .encode(y=y, x="low:Q", x2="high:Q")
    )
    points = (
        base.mark_point(fill=RUN_A, stroke=RUN_A, strokeWidth=1.5, cursor="pointer")
        .encode(
            y=y,
            x=x,
            fillOpacity=alt.FillOpacity("filling:Q", scale=None, legend=None),
            opacity=pale_unless_picked(selection),
            size=alt.condition(selection, alt.value(80), alt.value(50)),
            tooltip=[
                alt.Tooltip("label:N", title="True label"),
                alt.Tooltip("shown:N", title="In the set"),
                alt.Tooltip("interval:N", title="95 % interval"),
                alt.Tooltip("texts:N", title="Texts"),
            ],
        )
        .add_params(selection)
    )
    at_target = (
        alt.Chart(pd.DataFrame({"value": [target]}))
        .mark_rule(strokeDash=[4, 4], color=theme.text, opacity=0.6)
        .encode(x="value:Q")
    )
    return styled(alt.layer(at_target, spans, points), theme, _AROUND_ROWS + _ROW_HEIGHT * len(frame))
