"""Tables as the templates draw them: cells that are ready to be read, and that know what they are sorted by."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from evalcore.metrics import Interval
from evalcore.wording import UNDEFINED, in_percent, interval, percent

Side = Literal["text", "number"]


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        text: what is shown.
        sort: what the column is sorted by; None sorts last in both directions.
        span: an interval in [0, 1], drawn as a line with a point at `at`; None without a picture.
        at: where the point stands.
        opens: which examples a click shows, as a query: `true=3&predicted=5`; empty if it shows none.
        tone: the class of its colour: `right`, `wrong`, `unparsed`, `muted`, or empty.
    """

    text: str
    sort: float | str | None = None
    span: Interval | None = None
    at: float = math.nan
    opens: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Column:
    """One column: its head, and whether it holds words or numbers."""

    title: str
    side: Side = "text"


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        key: its id in the file.
        caption: what it shows, for those who hear it.
        searched: what the field above it searches for; empty without a field.
        footer: a last row, which is not sorted.
    """

    key: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    searched: str = ""
    footer: Sequence[Cell] = ()


def words(text: str, *, sort: float | str | None = None, opens: str = "", tone: str = "") -> Cell:
    """A cell of words, sorted by them unless it says otherwise."""
    return Cell(text, text.casefold() if sort is None else sort, opens=opens, tone=tone)


def number(value: float, *, opens: str = "") -> Cell:
    """A count."""
    return Cell(f"{value:,}", float(value), opens=opens)


def share(value: float, bounds: Interval | None = None) -> Cell:
    """A share in percent, with a picture of its interval where there is one."""
    if math.isnan(value):
        return Cell(UNDEFINED, None, tone="muted")
    span = bounds if bounds is not None and bounds[0] < bounds[1] else None
    return Cell(percent(value), in_percent(value), span, value)


def between(bounds: Iterable[float], *, signed: bool = False) -> Cell:
    """An interval in percent or points; sorted by its lower bound."""
    low, high = (float(bound) for bound in bounds)
    known = low < high
    return Cell(interval((low, high), signed=signed, undefined=UNDEFINED), low if known else None, tone="muted")
