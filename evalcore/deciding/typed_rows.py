"""Tables that a person typed, pasted or read from a CSV file: rows by named columns, and all that is wrong at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from evalcore.errors import DataError, listed, quoted
from evalcore.wording import counted

_SHOWN = 6
"""Problems that a message names; the others are counted."""
_LONGEST_FIELD = 10_000
MOST_ROWS = 100_000


@dataclass(frozen=True)
class TypedRow:
    """One row.

    Attributes:
        line: its line in the text, from 1.
        values: by the names of the columns, without spaces around them.
    """

    line: int
    values: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values[column]


def read_rows(text: str, columns: Sequence[str], where: str) -> list[TypedRow]:
    """The rows of a table; empty lines are passed over.

    Args:
        text: CSV with a row of column names, in any order; separated by commas, semicolons or tabs, whichever the
            first line has.
        columns: the names that it must have; others are passed over.
        where: what it is called, for messages.

    Raises:
        DataError: if a column is missing or twice there, or a row has not as many fields as the first.
    """
    text = text.removeprefix("\ufeff")
    separator = _separator(text)
    if not separator:
        raise DataError(
            "there is nothing in it.", where=where, do=f"Its first line names the columns: {_names(columns)}."
        )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[TypedRow] = []
    header: list[str] | None = None
    problems: list[str] = []
    line = 0
    try:
        for fields in reader:
            start, line = line + 1, reader.line_num
            cells = [cell.strip() for cell in fields]
            if not any(cells):
                continue
            if header is None:
                header = _header(cells, columns, where)
            elif len(cells) != len(header):
                problems.append(f"line {start} has {counted(len(cells), 'field')} instead of {len(header)}")
            elif max(map(len, cells)) > _LONGEST_FIELD:
                problems.append(f"line {start} has a field of more than {_LONGEST_FIELD:,} characters")
            else:
                named = dict(zip(header, cells, strict=True))
                rows.append(TypedRow(start, {column: named[column] for column in columns}))
            if len(rows) > MOST_ROWS:
                raise DataError(f"it has more than {MOST_ROWS:,} rows.", where=where, do="Take a part of it.")
    except csv.Error as error:
        raise DataError(f"line {line + 1} is not CSV ({error}).", where=where, do="Save it as CSV again.") from error
    refuse(problems, where)
    return rows


def columns_of(text: str) -> list[str]:
    """The names that the first line of a table gives to its columns, each once; none where it is not CSV."""
    text = text.removeprefix("\ufeff").lstrip()
    try:
        first = next(csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text) or ",", strict=True), [])
    except csv.Error:
        return []
    return list(dict.fromkeys(name for cell in first if (name := cell.strip().lower())))


def refuse(problems: Sequence[str], where: str, do: str = "Mend these rows; nothing else was changed.") -> None:
    """Say everything that is wrong, if there is anything.

    Args:
        problems: each names its line or its label, as a part of a sentence.

    Raises:
        DataError: if there are any.
    """
    if problems:
        more = f"; and {len(problems) - _SHOWN:,} more" if len(problems) > _SHOWN else ""
        raise DataError(f"{'; '.join(problems[:_SHOWN])}{more}.", where=where, do=do)


def label_code(name: str, codes: dict[str, int]) -> int | None:
    """The code of a label, as it is written or else without regard to case and to spaces around it; None if there is no
    such label."""
    if name in codes:
        return codes[name]
    alike = [code for label, code in codes.items() if label.strip().casefold() == name.casefold()]
    return alike[0] if len(alike) == 1 else None


def _header(cells: list[str], columns: Sequence[str], where: str) -> list[str]:
    names = [cell.lower() for cell in cells]
    missing = [column for column in columns if column not in names]
    twice = [column for column in columns if names.count(column) > 1]
    if missing or twice:
        what = f"has no column {listed(missing)}" if missing else f"has the column {listed(twice)} twice"
        found = ", ".join(map(quoted, cells[:8]))
        do = f"Its first line must name the columns {_names(columns)}; it has {found}."
        raise DataError(f"it {what}.", where=where, do=do)
    return names


def _separator(text: str) -> str:
    """What stands between the fields: what the first line that is not blank has most of; empty if all are blank."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=first.count) if first else ""


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f"`{column}`" for column in columns)
