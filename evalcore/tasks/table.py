"""A data file as a table of text, and the limits on its size."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evalcore.errors import DataError, listed, quoted

MAX_BYTES = 256 * 2**20
"""Of a file, and of its values after decompression."""
MAX_ROWS = 1_000_000
MAX_COLUMNS = 100_000
MAX_CELLS = 20_000_000
"""Of the columns that are read. In JSON lines a key in one row is a column that is missing in all others."""
MAX_FIELD_CHARS = 10_000_000
"""More than the csv module's default of 131,072, since a long text is no error."""

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Header:
    """The columns of a file.

    Attributes:
        name: the file's name, for messages.
        columns: column names in order, distinct.
    """

    name: str
    columns: list[str]

    def require(self, column: str) -> str:
        """`column`, if the file has it.

        Raises:
            DataError: if it is not.
        """
        if column not in self.columns:
            raise DataError(
                f"there is no column {quoted(column)}.", where=self.name, do=f"Its columns are: {listed(self.columns)}."
            )
        return column


Choose = Callable[[Header], Sequence[str]]
"""Returns, for the names of all columns, those that are wanted; the others are never converted."""


PassOver = Callable[[int, DataError], None]
"""Told the line and the error of a row that cannot be read, which is then passed over. Without one it is raised."""


@dataclass(frozen=True)
class Table(Header):
    """A data file as text.

    Attributes:
        columns: names of the columns that were read.
        rows: one list per row, as long as `columns`; None where a JSON or Parquet value is missing.
        lines: the line on which each row starts (the row number for Parquet and Excel), for messages.
    """

    rows: list[list[str | None]]
    lines: list[int]

    def column(self, name: str) -> list[str]:
        """All values of one column.

        Raises:
            DataError: if the column is missing or a value is.
        """
        at = self.columns.index(self.require(name))
        values = []
        for position, row in enumerate(self.rows):
            value = row[at]
            if value is None:
                raise DataError(f"column {quoted(name)} has no value.", where=self.place(position))
            values.append(value)
        return values

    def place(self, position: int) -> str:
        """The line or row of the row at `position`, for messages."""
        return f"{self.name}, {self.unit} {self.lines[position]}"

    @property
    def unit(self) -> str:
        """What a row is counted by: "line", or "row" in Parquet and Excel."""
        return "row" if self.name.lower().endswith((".parquet", ".xlsx", ".xlsm")) else "line"


def every_column(header: Header) -> Sequence[str]:
    """A `Choose` that wants all columns."""
    return header.columns


def chosen_columns(header: Header, choose: Choose) -> list[str]:
    """The columns that `choose` wants, each once.

    Raises:
        DataError: if the file has no columns, too many, or two of one name.
    """
    if not header.columns:
        raise no_rows(header.name)
    if len(header.columns) > MAX_COLUMNS:
        raise too_many_columns(header.name)
    doubled = [column for column, times in Counter(header.columns).items() if times > 1]
    if doubled:
        raise DataError(
            f"column {quoted(min(doubled))} stands there twice.",
            where=f"{header.name}, line 1",
            do="The first line must be the names of the columns: give each one of its own.",
        )
    return list(dict.fromkeys(choose(header)))


def flaw(text: str) -> str:
    """Why a value cannot be kept as text, as the rest of a sentence; empty if it can."""
    if len(text) > MAX_FIELD_CHARS:
        return f"holds more than {MAX_FIELD_CHARS:,} characters"
    if "\0" in text:
        return "holds a NUL character, which no text has"
    return "holds half of a surrogate pair" if not text.isascii() and _SURROGATE.search(text) else ""


def check_text(text: str, column: str, where: str) -> None:
    """Refuse a value that cannot be kept as text.

    Raises:
        DataError: if it has a flaw.
    """
    if found := flaw(text):
        raise DataError(f"column {quoted(column)} {found}.", where=where)


def no_rows(name: str) -> DataError:
    """The error of a file without rows."""
    return DataError("holds no rows.", where=name)


def too_many_rows(name: str) -> DataError:
    """The error of a file above MAX_ROWS."""
    return DataError(f"has more than {MAX_ROWS:,} rows.", where=name, do="Take a part of it.")


def too_many_columns(name: str) -> DataError:
    """The error of a file above MAX_COLUMNS."""
    return DataError(f"has more than {MAX_COLUMNS:,} columns.", where=name, do="Keep those that are needed.")


def too_many_cells(name: str) -> DataError:
    """The error of a file above MAX_CELLS."""
    return DataError(
        f"has more than {MAX_CELLS:,} values in its rows and columns.", where=name, do="Take a part of it."
    )


def too_many_bytes(name: str, most: int | None = None) -> DataError:
    """The error of a file that holds more than so many bytes, by default MAX_BYTES, itself or after decompression."""
    return DataError(f"holds more than {(most or MAX_BYTES) / 2**20:,.0f} MB.", where=name, do="Take a part of it.")
