"""The tables of an answer as they are read: figures in words, the two bounds of an interval in one column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from evalcore.deciding import Rows
from evalcore.wording import NOT_ESTIMABLE, UNDEFINED, figure, in_percent, interval, percent

Figure = Literal["share", "points", "number"]

FIGURES: dict[str, Figure] = {}
"""What the fractional numbers of a column are, by its name: a share in [0, 1], a difference of shares, or another number.
Bounds are what they are bounds of."""

_LOW, _HIGH = "_low", "_high"


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


def read_table(rows: Rows, most: int) -> ReadTable:
    """The first rows of a table as they are read."""
    names = list(rows[0]) if rows else []
    shown = rows[:most]
    columns, cells = [], []
    for name in names:
        stem = name.removesuffix(_LOW)
        if name.endswith(_HIGH) and f"{name.removesuffix(_HIGH)}{_LOW}" in names:
            continue
        if name.endswith(_LOW) and f"{stem}{_HIGH}" in names:
            beside = names.index(name) > 0 and names[names.index(name) - 1] == stem
            columns.append(ReadColumn("95 %" if beside else f"{_title(stem)}, 95 %", is_number=True))
            cells.append([_between(row[name], row[f"{stem}{_HIGH}"], figure_of(name)) for row in shown])
        else:
            values = [row[name] for row in shown]
            columns.append(ReadColumn(_title(name), is_number=any(map(_is_number, values))))
            cells.append([_cell(value, figure_of(name)) for value in values])
    return ReadTable(tuple(columns), tuple(zip(*cells, strict=True)), len(rows))


def figure_of(name: str) -> Figure:
    """What the fractional numbers of a column are."""
    return FIGURES.get(name.removesuffix(_LOW).removesuffix(_HIGH), "number")


def _cell(value: Any, kind: Figure) -> ReadCell:
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
        return ReadCell(_plain(value), value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ReadCell(", ".join(map(str, value)), None, is_data=True)
    return ReadCell(str(value), str(value).casefold(), is_data=True)


def _between(low: float | None, high: float | None, kind: Figure) -> ReadCell:
    if low is None or high is None or not low < high:
        return ReadCell(NOT_ESTIMABLE, None)
    if kind == "number":
        decimals = 0 if max(abs(low), abs(high)) >= 1000 else 2
        return ReadCell(interval((low, high), scale=1, decimals=decimals), low)
    return ReadCell(interval((low, high), signed=kind == "points"), low)


def _plain(value: float) -> str:
    """A number to the digits that say something: thousands whole, others with two decimals, small ones with four."""
    size = abs(value)
    decimals = 0 if size >= 1000 else 2 if size >= 1 or size <= 0 else 4
    text = f"{value:,.{decimals}f}"
    return figure(value, decimals) if size < 1000 else text


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _title(name: str) -> str:
    return name.replace("_", " ")
