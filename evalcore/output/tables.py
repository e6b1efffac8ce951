"""A result as a table: named columns of one kind each, and rows. All files of tables are written from these."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "integer", "number", "flag", "texts", "integers"]
"""What the values of a column are; `texts` and `integers` are lists."""

Value = str | int | float | bool | Sequence[str] | Sequence[int] | None
Row = tuple[Value, ...]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: distinct in its table.
        kind: of all its values that are not None.
        inside: in JSON lines the value stands in an object of this name, under `key`; a value that is None is left out
            there. Empty: it stands beside the others.
        key: the value's name in that object.
    """

    name: str
    kind: Kind
    inside: str = ""
    key: str = ""


@dataclass(frozen=True)
class ResultTable:
    """A table whose rows are made when they are asked for: one of a million rows takes little memory.

    Attributes:
        name: what is in it, as the stem of a file's name.
        columns: in order.
        pieces: makes the rows, some at a time. A number that is undefined or not known may be NaN.
    """

    name: str
    columns: tuple[Column, ...]
    pieces: Callable[[], Iterable[Sequence[Row]]]

    def blocks(self) -> Iterator[list[Row]]:
        """The rows, some at a time; what is undefined, not known or infinite is None, whatever is written of it."""
        for piece in self.pieces():
            yield [tuple(_known(value) for value in row) for row in piece]

    def rows(self) -> list[Row]:
        """All rows."""
        return [row for block in self.blocks() for row in block]


def table(name: str, columns: Sequence[tuple[str, Kind]], rows: Callable[[], Sequence[Row]]) -> ResultTable:
    """A table that is small enough to make all rows at once.

    Args:
        columns: the name and the kind of each.
    """
    return ResultTable(name, tuple(Column(*column) for column in columns), lambda: [rows()])


def _known(value: Value) -> Value:
    return None if isinstance(value, float) and not math.isfinite(value) else value
