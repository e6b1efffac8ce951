"""Columns of numbers in a data file, read in blocks: a million rows of 150 columns are never in memory as text.

What is no number is refused with its row and column. An empty cell, null and NaN are missing numbers.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalcore.errors import DataError, quoted
from evalcore.tasks import table
from evalcore.tasks.content_kind import Format, format_of
from evalcore.tasks.json_lines import json_records
from evalcore.tasks.separator import separator_of
from evalcore.tasks.text_file import csv_records, text_file

MAX_NUMBERS = 200_000_000
"""In the columns that are read: a million rows of 150 labels, and some more."""
_NUMBERS_AT_ONCE = 500_000
_MISSING = ("", "nan", "na", "null", "none")
"""How files write a number that is not there."""

Place = tuple[int, Sequence[Any]]


@dataclass(frozen=True)
class NumberBlock:
    """Some rows of columns of numbers.

    Attributes:
        first: index of the first row, from 0.
        values: shape (n_rows, n_columns); NaN where a number is missing.
    """

    first: int
    values: NDArray[np.float64]


def nested_columns(name: str, content: bytes | Path, keys: Sequence[str]) -> list[str]:
    """The columns that JSON lines hold inside of an object: `{"scores": {"a": 0.9}}` has the column `scores:a`.

    Args:
        keys: names of the objects, such as `scores`. A list of `{"label": "a", "score": 0.9}` counts as one.

    Raises:
        DataError: if something else stands there.
    """
    if not keys or format_of(name, content) != "jsonl":
        return []
    found: dict[str, None] = {}
    for line, record in json_records(text_file(name, content), _DECODER):
        for key in keys:
            if record.get(key) is not None:
                where = f"{name}, line {line}"
                found.update((f"{key}:{label}", None) for label in _by_label(record[key], key, where))
        if len(found) > table.MAX_COLUMNS:
            raise table.too_many_columns(name)
    return list(found)


def number_blocks(
    name: str, content: bytes | Path, columns: Sequence[str], keys: Sequence[str], sheet: str = ""
) -> Iterator[NumberBlock]:
    """The numbers of some columns, block by block.

    Args:
        name: the file's; decides the format and is used in messages.
        columns: names as in the header, or as `nested_columns` gives them for these `keys`.
        sheet: of a workbook; the first one that holds something when empty.

    Raises:
        DataError: if one of them is no number, or there are too many.
    """
    found = format_of(name, content)
    if found == "parquet":
        from evalcore.tasks.parquet_file import parquet_numbers

        blocks: Iterable[NDArray[np.float64]] = parquet_numbers(name, content, columns, MAX_NUMBERS)
    elif found == "excel":
        from evalcore.tasks.excel_file import parse_excel

        cells = parse_excel(name, content, lambda header: columns, sheet)
        blocks = _parsed(name, zip(cells.lines, cells.rows, strict=True), columns)
    elif found == "jsonl":
        blocks = _parsed(name, _json_cells(name, content, columns, keys), columns)
    else:
        blocks = _parsed(name, _csv_cells(name, content, columns, found), columns)
    first = 0
    for values in blocks:
        yield NumberBlock(first, values)
        first += len(values)
        if first * len(columns) > MAX_NUMBERS:
            raise DataError(f"holds more than {MAX_NUMBERS:,} numbers.", where=name, do="Take a part of it.")


def _csv_cells(name: str, content: bytes | Path, columns: Sequence[str], found: Format) -> Iterator[Place]:
    text = text_file(name, content)
    records = csv_records(text, "\t" if found == "tsv" else separator_of(text))
    _, header = next(records, (1, []))
    at = [header.index(column) for column in columns]
    # itemgetter of one index gives a value, not a tuple of one.
    of_row: Callable[[list[str]], Sequence[str]] = itemgetter(*at) if len(at) > 1 else lambda row: (row[at[0]],)
    for line, fields in records:
        yield line, of_row(fields)


def _json_cells(name: str, content: bytes | Path, columns: Sequence[str], keys: Sequence[str]) -> Iterator[Place]:
    nested = {key: f"{key}:" for key in keys}
    for line, record in json_records(text_file(name, content), _DECODER):
        for key, prefix in nested.items():
            if record.get(key) is not None:
                inner = _by_label(record[key], key, f"{name}, line {line}")
                record.update((prefix + label, value) for label, value in inner.items())
        yield line, [record.get(column) for column in columns]


def _by_label(value: Any, key: str, where: str) -> Mapping[str, Any]:
    """An object of numbers by label, or the same as a list of objects with a label and a score."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and all(isinstance(one, dict) and {"label", "score"} <= one.keys() for one in value):
        labels = [str(one["label"]) for one in value]
        if len(set(labels)) == len(labels):
            return {label: one["score"] for label, one in zip(labels, value, strict=True)}
        raise DataError(f"a label stands twice in {quoted(key)}.", where=where)
    raise DataError(
        f"{quoted(key)} is no object with a number for each label.",
        where=where,
        do=f'Write it as {{"{key}": {{"first label": 0.9, "second label": 0.1}}}}.',
    )


_DECODER = json.JSONDecoder(parse_int=float)
"""An integer of any length becomes a number, if need be an infinite one."""


def _parsed(name: str, rows: Iterator[Place], columns: Sequence[str]) -> Iterator[NDArray[np.float64]]:
    """Rows of cells as numbers."""
    while some := list(itertools.islice(rows, max(1, _NUMBERS_AT_ONCE // max(1, len(columns))))):
        yield np.array([_numbers(cells, columns, f"{name}, line {line}") for line, cells in some], dtype=np.float64)


def _numbers(cells: Sequence[Any], columns: Sequence[str], where: str) -> list[float]:
    try:
        if bool not in map(type, cells):  # float(True) is 1
            return list(map(float, cells))
    except (TypeError, ValueError):
        pass
    return [_number(cell, column, where) for cell, column in zip(cells, columns, strict=True)]


def _number(cell: Any, column: str, where: str) -> float:
    """A cell as a number; NaN if it is empty.

    Raises:
        DataError: if it is neither.
    """
    if cell is None or (isinstance(cell, str) and cell.strip().casefold() in _MISSING):
        return math.nan
    try:
        if type(cell) in (str, float):
            return float(cell)
    except ValueError:
        pass
    written = cell if isinstance(cell, str) else json.dumps(cell)
    raise DataError(
        f"column {quoted(column)} holds {quoted(written)}, which is no number.",
        where=where,
        do="Write it with a decimal point, leave it empty where it is not known, or rename the column.",
    )
