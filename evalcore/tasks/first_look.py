"""All columns of a file as some of its rows show them, whatever is wrong with others: what a guess is made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from evalcore.errors import DataError, quoted
from evalcore.tasks.columns import ColumnProfile, profile
from evalcore.tasks.content_kind import format_of
from evalcore.tasks.data_file import DataFile
from evalcore.tasks.json_lines import json_records, json_text
from evalcore.tasks.separator import separator_of
from evalcore.tasks.table import Header
from evalcore.tasks.text_file import SEPARATORS, csv_records, text_file

ROWS_LOOKED_AT = 5_000
"""At least, where there are as many, and less than twice as many."""
MOST_COLUMNS = 200
"""That are looked at: the first ones."""

Row = Mapping[str, str | None]


@dataclass(frozen=True)
class FirstLook:
    """Some rows of a file.

    Attributes:
        format: what it was read as: "CSV, separated by semicolons".
        columns: names, in order; at most `MOST_COLUMNS`.
        spread: rows from all over the file, by column; a value may be missing. Of a Parquet file the first ones.
    """

    format: str
    columns: list[str]
    spread: list[Row]

    def profiles(self) -> list[ColumnProfile]:
        """What each column holds."""
        return [profile(name, [row.get(name) for row in self.spread]) for name in self.columns]


def first_look(file: DataFile) -> FirstLook:
    """Look at a file; rows that cannot be read are passed over, and columns that cannot be read are empty.

    Raises:
        DataError: if nothing of it can be read.
    """
    found = format_of(file.name, file.content)
    if found == "parquet":
        return _of_parquet(file)
    if found == "excel":
        from evalcore.tasks.excel_file import rows_of

        sheet, names, cells = rows_of(file.name, file.content, file.sheet)
        names = names[:MOST_COLUMNS]
        rows = ({name: str(cell) for name, cell in zip(names, row, strict=False)} for _, row in cells)
        return FirstLook(f"Excel, sheet {quoted(sheet)}", names, _spread(rows))
    text = text_file(file.name, file.content)
    if found == "jsonl":
        columns: dict[str, None] = {}
        spread = _spread(_json_rows(json_records(text, pass_over=_nothing), columns))
        return FirstLook("JSON lines", list(columns), spread)
    separator = "\t" if found == "tsv" else separator_of(text)
    records = csv_records(text, separator, _nothing)
    _, header = next(records, (1, []))
    names = header[:MOST_COLUMNS]
    rows = (dict(zip(names, fields, strict=False)) for _, fields in records)
    return FirstLook(f"CSV, separated by {SEPARATORS[separator]}", names, _spread(rows))


def _nothing(line: int, error: DataError) -> None:
    """Pass over a row."""


def _json_rows(records: Iterator[tuple[int, Mapping[str, object]]], columns: dict[str, None]) -> Iterator[Row]:
    """The records as text; the names of all columns are added to `columns`."""
    for _, record in records:
        for key in record:
            if len(columns) < MOST_COLUMNS:
                columns.setdefault(key)
        yield {key: json_text(value) for key, value in record.items() if key in columns}


def _of_parquet(file: DataFile) -> FirstLook:
    from evalcore.tasks.parquet_file import parse_parquet

    names: list[str] = []

    def choose(header: Header) -> list[str]:
        names.extend(header.columns[:MOST_COLUMNS])
        return names[:1]

    values: dict[str, list[str | None]] = {}
    parse_parquet(file.name, file.content, choose, 1)
    for name in names:
        try:
            table = parse_parquet(file.name, file.content, lambda header, name=name: [name], ROWS_LOOKED_AT)  # type: ignore[misc]
            values[name] = [row[0] for row in table.rows]
        except DataError:  # of a type that is no text: nobody may want it
            values[name] = []
    n = max(map(len, values.values()), default=0)
    rows: list[Row] = [{name: of[at] for name, of in values.items() if at < len(of)} for at in range(n)]
    return FirstLook("Parquet", names, rows)


def _spread(rows: Iterable[Row]) -> list[Row]:
    """Rows from all over a file of unknown length: of too many, every other one goes."""
    kept: list[Row] = []
    step = 1
    for at, row in enumerate(rows):
        if at % step == 0:
            kept.append(row)
            if len(kept) == 2 * ROWS_LOOKED_AT:
                del kept[1::2]
                step *= 2
    return kept
