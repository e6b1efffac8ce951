"""A tree of confused labels: lying, label names at the left, two groups joined where their mean rate is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import numpy as np
import pandas as pd

from evalcore.charts.figure_style import styled
from evalcore.charts.label_names import EVERY_NAME, rank_axis, shortened
from evalcore.charts.picking import Item, pale_unless_picked, picking
from evalcore.charts.theme import RUN_A, Theme
from evalcore.metrics.decisions.merging import Joined
from evalcore.wording import counted, percent

_ROW_HEIGHT, _AROUND, _NAME_CHARS, _NAME_WIDTH = 17, 44, 30, 200
_TICKS = (1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001)
_NAMED = 6
"""Labels of a group that are said where the pointer is."""


@dataclass(frozen=True)
class _Place:
    """Where a label or a group is drawn: its row, and the rate at which it is joined."""

    row: float
    rate: float


def dendrogram(
    steps: Sequence[Joined], labels: Sequence[str], taken: int, theme: Theme, picked: Item | None = None
) -> alt.LayerChart:
    """The tree of the labels that are confused with any other.

    Args:
        steps: one or more, the most confused first.
        labels: all, by code.
        taken: how many steps are on this side of the cut; the others are drawn pale.
        picked: `{"step": number}` of the join that is picked at first.
    """
    codes = _leaves(steps)
    rates = [step.rate for step in steps]
    start, end = min(1.0, 1.5 * max(rates)), min(rates) / 1.3
    lines, joins = _lines(steps, codes, labels, taken, start, theme.pale_text)
    x = alt.X(
        "rate:Q",
        scale=alt.Scale(type="log", domain=[start, end], nice=False),
        title="confused with each other, of their examples (mean of all pairs)",
        axis=alt.Axis(
            values=[tick for tick in _TICKS if end <= tick <= start],
            labelExpr="{"
            + ",".join(f"'{tick}':'{percent(tick) if tick >= 0.001 else f'{100 * tick:g} %'}'" for tick in _TICKS)
            + "}[toString(datum.value)]",
            orient="top",
        ),
    )
    names = [shortened(labels[code], _NAME_CHARS) for code in codes]
    axis = rank_axis(names, values=list(range(len(codes))), labelLimit=_NAME_WIDTH, grid=False, **EVERY_NAME)
    y = alt.Y("row:Q", scale=alt.Scale(domain=[len(codes) - 0.5, -0.5], nice=False), title=None, axis=axis)
    colour = alt.Color("colour:N", scale=None)
    drawn = alt.Chart(lines).mark_rule(strokeWidth=1.6).encode(x=x, x2="rate2:Q", y=y, y2="row2:Q", color=colour)
    selection = picking(["step"], picked)
    points = (
        alt.Chart(joins)
        .mark_circle(size=70)
        .encode(
            x=x,
            y=y,
            color=colour,
            opacity=pale_unless_picked(selection),
            tooltip=[
                alt.Tooltip("of:N", title="Labels"),
                alt.Tooltip("shown:N", title="Mean rate"),
                alt.Tooltip("count:N", title="Between the two"),
            ],
        )
        .add_params(selection)
    )
    layers = [drawn, points]
    if 0 < taken < len(steps):
        cut = pd.DataFrame({"rate": [float(np.sqrt(rates[taken - 1] * rates[taken]))]})
        layers.insert(0, alt.Chart(cut).mark_rule(strokeDash=[4, 4], color=theme.text).encode(x=x))
    return styled(alt.layer(*layers), theme, _AROUND + _ROW_HEIGHT * len(codes))


def _leaves(steps: Sequence[Joined]) -> list[int]:
    """The codes of all labels in the tree, such that every group is together; the most confused ones first."""
    groups: dict[int, tuple[int, list[int]]] = {}  # by its first code: the number of its first step, and its labels
    for at, step in enumerate(steps):
        parts = sorted(groups.pop(codes[0], (at, list(codes))) for codes in (step.first, step.second))
        groups[step.codes[0]] = parts[0][0], parts[0][1] + parts[1][1]
    return [code for _, group in sorted(groups.values()) for code in group]


def _lines(
    steps: Sequence[Joined], codes: Sequence[int], labels: Sequence[str], taken: int, start: float, pale: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The lines, and the joins as points."""
    place: dict[tuple[int, ...], _Place] = {(code,): _Place(float(row), start) for row, code in enumerate(codes)}
    lines, joins = [], []
    for at, step in enumerate(steps):
        colour = RUN_A if at < taken else pale
        ends = [place[step.first], place[step.second]]
        lines += [(end.rate, step.rate, end.row, end.row, colour) for end in ends]
        lines.append((step.rate, step.rate, ends[0].row, ends[1].row, colour))
        middle = (ends[0].row + ends[1].row) / 2
        place[step.codes] = _Place(middle, step.rate)
        named = ", ".join(shortened(labels[code], _NAME_CHARS) for code in step.codes[:_NAMED])
        more = f" and {len(step.codes) - _NAMED:,} more" if len(step.codes) > _NAMED else ""
        joins.append(
            (at, step.rate, middle, colour, named + more, percent(step.rate), counted(step.count, "confusion"))
        )
    return (
        pd.DataFrame(lines, columns=["rate", "rate2", "row", "row2", "colour"]),
        pd.DataFrame(joins, columns=["step", "rate", "row", "colour", "of", "shown", "count"]),
    )
