"""The tables of an answer as they are read: figures in words, the two bounds of an interval in one column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from evalcore.deciding import Answer, FrontierAnswer, Rows
from evalcore.wording import (
    MINUS,
    NOT_ESTIMABLE,
    UNDEFINED,
    figure,
    in_percent,
    interval,
    p_value,
    percent,
    three_digits,
)

Figure = Literal["share", "points", "p", "area", "areas", "number"]

_BY_KIND: dict[Figure, tuple[str, ...]] = {
    "share": (
        "accuracy", "accuracy_a", "accuracy_b", "chance", "coverage", "interval", "lower", "macro_f1", "macro_f1_a",
        "macro_f1_b", "majority_share", "recall", "sample_share", "score", "share", "share_of_cost", "share_right",
        "traffic_share", "uncertainty",
    ),
    "points": (
        "adds", "difference", "difference_interval_of_all_pairs", "difference_to_best", "gain",
        "label_list_of_two_runs.macro_f1",
    ),
    "p": ("holm_p", "p"),
    "area": ("aurc",),
    "areas": tuple(f"review_signals{side}.difference" for side in ("", "_a", "_b")),
    "number": (
        "added", "changed_costs.difference", "cost", "cost_each", "effort_per_1000", "reverse_cost",
        "reverse_cost_each", "saved", "threshold",
        *(f"frontier_of_costs.{name}" for name in (
            "score", "interval", "difference_to_best", "difference_interval_of_all_pairs",
        )),
    ),
}  # fmt: skip
FIGURES: dict[str, Figure] = {name: kind for kind, names in _BY_KIND.items() for name in names}
"""What the fractional numbers of a column are, by its name, or by those of its table and itself: a share in [0, 1], a
difference of shares, a p-value, an area under a curve, a difference of such areas, or another number. Bounds have the
name of what they are bounds of; those that are just called `low` and `high` are of the column before them."""

_OURS = frozenset({"better", "effort_source", "level", "list", "setup", "signal", "why", "why_not"})
"""Columns whose words are ours, not data's."""
_BOUNDS = (("_low", "_high"), ("low", "high"))


@dataclass(frozen=True)
class ReadCell:
    """A cell.

    Attributes:
        text: what is read.
        sort: what the column is sorted by; None sorts last.
        is_data: whether the text comes from data and not from us.
    """

    text: str
    sort: float | str | None
    is_data: bool = False


@dataclass(frozen=True)
class ReadColumn:
    """A column: its head, and whether it holds numbers."""

    title: str
    is_number: bool


@dataclass(frozen=True)
class ReadTable:
    """A table.

    Attributes:
        rows: the first ones; each with one cell for each column.
        total: how many rows there are.
    """

    columns: tuple[ReadColumn, ...]
    rows: tuple[tuple[ReadCell, ...], ...]
    total: int


def read_table(name: str, rows: Rows, most: int) -> ReadTable:
    """The first rows of a table as they are read.

    Args:
        name: of the table, as the answer calls it.

    Returns:
        without the bounds of intervals that no row has.
    """
    names = list(rows[0]) if rows else []
    highs = {column: high for column in names if (high := _high_of(column, names))}
    shown = rows[:most]
    columns, cells = [], []
    for at, column in enumerate(names):
        if column in highs.values():
            continue
        kind = figure_of(name, column if _stem(column) or not at else names[at - 1])
        if column in highs:
            if all(row[column] is None for row in rows):
                continue
            stem = _stem(column)
            is_beside = not stem or (at > 0 and names[at - 1] == stem) or stem == "interval"
            columns.append(ReadColumn("95 %" if is_beside else f"{_title(stem)}, 95 %", is_number=True))
            cells.append([_between(row[column], row[highs[column]], kind) for row in shown])
        else:
            values = [row[column] for row in shown]
            columns.append(ReadColumn(_title(column), is_number=any(map(_is_number, values))))
            cells.append([_cell(value, kind, is_ours=column in _OURS) for value in values])
    return ReadTable(tuple(columns), tuple(zip(*cells, strict=True)), len(rows))


def read_tables(answer: Answer | None, most: int) -> dict[str, ReadTable]:
    """The tables of an answer that have rows, by their names."""
    tables = answer.tables() if answer else {}
    costs_in_it = isinstance(answer, FrontierAnswer) and answer.asked.score != "accuracy"
    return {
        name: read_table(f"{name}_of_costs" if costs_in_it else name, rows, most)
        for name, rows in tables.items()
        if rows
    }


def table_title(name: str) -> str:
    """What a table is called where it is read."""
    return name.replace("_", " ").replace("-", " ").capitalize()


def figure_of(table: str, column: str) -> Figure:
    """What the fractional numbers of a column are."""
    stem = _stem(column)
    return FIGURES.get(f"{table}.{stem}", FIGURES.get(stem, "number"))


def _high_of(column: str, names: Sequence[str]) -> str:
    """The column of the upper bounds, of one of the lower bounds; else empty."""
    for low, high in _BOUNDS:
        if column.endswith(low) and (other := f"{column.removesuffix(low)}{high}") in names:
            return other
    return ""


def _stem(column: str) -> str:
    """What a column holds the bounds of, or holds."""
    return next(
        (column.removesuffix(end) for pair in _BOUNDS for end in pair if column == end or column.endswith(f"_{end}")),
        column,
    ).removesuffix("_")


def _cell(value: Any, kind: Figure, *, is_ours: bool) -> ReadCell:
    if value is None or value != value:
        return ReadCell(UNDEFINED, None)
    if isinstance(value, bool):
        return ReadCell("yes" if value else "no", float(value))
    if isinstance(value, int):
        return ReadCell(f"{value:,}", float(value))
    if isinstance(value, float):
        if kind == "share":
            return ReadCell(percent(value), in_percent(value))
        if kind == "points":
            return ReadCell(figure(100 * value, 1, signed=True), round(100 * value, 1))
        if kind == "p":
            return ReadCell(p_value(value).removeprefix("p ").removeprefix("= "), value)
        if kind in ("area", "areas"):
            return ReadCell(figure(value, 4, signed=kind == "areas"), value)
        return ReadCell(_plain(value), value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ReadCell(", ".join(map(str, value)), None, is_data=True)
    return ReadCell(str(value), str(value).casefold(), is_data=bool(value) and not is_ours)


def _between(low: float | None, high: float | None, kind: Figure) -> ReadCell:
    if low is None or high is None or not low < high:
        return ReadCell(NOT_ESTIMABLE, None)
    if kind in ("area", "areas"):
        return ReadCell(interval((low, high), scale=1, decimals=4, signed=kind == "areas"), low)
    if kind == "number":
        return ReadCell(interval((low, high), scale=1, decimals=_decimals(max(abs(low), abs(high)))), low)
    return ReadCell(interval((low, high), signed=kind == "points"), low)


def _plain(value: float) -> str:
    """A number with as many digits as say something."""
    size = abs(value)
    if 0 < size < 0.1:
        return three_digits(value).replace("-", MINUS)
    return f"{value:,.{_decimals(size)}f}".replace("-", MINUS)


def _decimals(size: float) -> int:
    return 0 if size >= 1000 else 2 if size >= 1 else 3


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _title(name: str) -> str:
    return name.replace("_", " ")
