"""Data files -> rows of text, exactly as written. The one place that reads CSV, JSONL and Parquet.

Nothing is guessed about values: `NA`, `001` and `True` are text. What cannot be read exactly is refused
with the line it stands on. (pandas would read a row with one field too many as an index, without a word.)
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalcore.errors import DataError

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
MAX_ROWS = 1_000_000
MAX_FIELD_CHARS = 10_000_000
"""Above the csv module's own 131,072: a long text is data, not an error."""


@dataclass(frozen=True)
class Table:
    """A data file as text.

    Attributes:
        name: the file's name, for messages.
        columns: column names in order, distinct.
        rows: one list per row, as long as `columns`; None where a JSON or Parquet value is missing.
        lines: where each row starts in the file (line number; row number for Parquet), for messages.
    """

    name: str
    columns: list[str]
    rows: list[list[str | None]]
    lines: list[int]

    def column(self, name: str) -> list[str]:
        """All values of one column.

        Raises:
            DataError: if the column is missing or a value is.
        """
        if name not in self.columns:
            raise DataError(
                f"there is no column {name!r}.",
                where=self.name,
                do=f"Its columns are: {', '.join(map(repr, self.columns))}.",
            )
        at = self.columns.index(name)
        values = []
        for row, line in zip(self.rows, self.lines, strict=True):
            value = row[at]
            if value is None:
                raise DataError(f"column {name!r} has no value.", where=f"{self.name}, line {line}")
            values.append(value)
        return values


def read_table(path: Path) -> Table:
    """Read a CSV, TSV, JSONL or Parquet file.

    Raises:
        DataError: if it is missing, of another kind, not UTF-8 or UTF-16, ragged, or too large.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"the file cannot be read ({error.strerror}).", where=str(path), do="Check the path.") from None
    return parse_table(path.name, content)


def parse_table(name: str, content: bytes) -> Table:
    """The same for content in memory (an upload); `name` only decides the format and stands in messages."""
    suffix = Path(name).suffix.lower()
    if suffix == ".parquet":
        return _parse_parquet(name, content)
    if suffix in (".jsonl", ".ndjson"):
        return _parse_jsonl(name, _decode(name, content))
    if suffix in (".csv", ".tsv"):
        return _parse_csv(name, _decode(name, content), delimiter="\t" if suffix == ".tsv" else ",")
    raise DataError("is not a kind of file that can be read here.", where=name, do=f"Use one of {', '.join(SUFFIXES)}.")


def read_label_list(path: Path) -> list[str]:
    """Labels in order, from a JSON array of strings or a text file with one label a line."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"the label list cannot be read ({error.strerror}).", where=str(path)) from None
    text = _decode(path.name, content)
    if path.suffix.lower() != ".json":
        return [line for line in text.splitlines() if line.strip()]
    try:
        labels = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"not valid JSON: {error.msg}.", where=f"{path.name}, line {error.lineno}") from None
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise DataError("a label list must be a JSON array of strings.", where=path.name)
    return labels


def _decode(name: str, content: bytes) -> str:
    if not content.strip():
        raise DataError("the file is empty.", where=name)
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"not valid {encoding.removesuffix('-sig').upper()} text.",
            where=f"{name}, line {line}",
            do="Save the file as UTF-8.",
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DataError("holds a NUL character, which no text has.", where=f"{name}, line {line}")
    return text


def _parse_csv(name: str, text: str, delimiter: str) -> Table:
    csv.field_size_limit(MAX_FIELD_CHARS)
    # newline="" keeps line breaks inside quoted fields as they are; a lone CR also ends a row.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str | None]] = []
    lines: list[int] = []
    columns: list[str] | None = None
    line = 1
    try:
        for fields in reader:
            starts, line = line, reader.line_num + 1
            if not fields:
                continue
            if columns is None:
                columns = _checked_columns(name, fields)
                continue
            if len(fields) != len(columns):
                raise DataError(
                    f"{len(fields)} fields where the header has {len(columns)}.",
                    where=f"{name}, line {starts}",
                    do="Put a field that contains a separator in double quotes.",
                )
            _check_room(name, rows)
            rows.append(list(fields))
            lines.append(starts)
    except csv.Error as error:
        raise DataError(
            f"not valid CSV ({error}).",
            where=f"{name}, line {line}",
            do='Check for a quote that is opened and never closed; write a quote inside a field as "".',
        ) from None
    return _table(name, columns, rows, lines)


def _parse_jsonl(name: str, text: str) -> Table:
    rows: list[list[str | None]] = []
    lines: list[int] = []
    columns: list[str] = []
    for line, record in _json_records(name, text):
        _check_room(name, rows)
        new = [key for key in record if key not in columns]
        if new:
            columns += new
            for row in rows:
                row += [None] * len(new)
        rows.append([_as_text(record.get(column)) for column in columns])
        lines.append(line)
    return _table(name, columns, rows, lines)


def _json_records(name: str, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    # Not splitlines(): it also breaks at U+2028 and friends, which may stand inside a JSON string.
    for line, content in enumerate(text.split("\n"), start=1):
        if not content.strip():
            continue
        try:
            record = json.loads(content)
        except (json.JSONDecodeError, RecursionError) as error:
            raise DataError(f"not valid JSON ({error}).", where=f"{name}, line {line}") from None
        if not isinstance(record, dict):
            raise DataError("each line must be a JSON object.", where=f"{name}, line {line}")
        for value in record.values():
            if isinstance(value, str) and not value.isascii() and _has_lone_surrogate(value):
                raise DataError("holds half of a surrogate pair.", where=f"{name}, line {line}")
        yield line, record


def _parse_parquet(name: str, content: bytes) -> Table:
    import pyarrow
    import pyarrow.parquet

    try:
        arrow = pyarrow.parquet.read_table(pyarrow.BufferReader(content))
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"not a readable Parquet file ({str(error).splitlines()[0]}).", where=name) from None
    if arrow.num_rows > MAX_ROWS:
        raise _too_large(name)
    columns = _checked_columns(name, list(arrow.column_names))
    names_of_codes = _class_label_names(arrow.schema.metadata or {})
    values = []
    for column in columns:
        column_values = arrow.column(column).to_pylist()
        names = names_of_codes.get(column)
        values.append([_as_text(names[v] if names and isinstance(v, int) else v) for v in column_values])
    rows = [list(row) for row in zip(*values, strict=True)]
    return _table(name, columns, rows, list(range(1, len(rows) + 1)))


def _class_label_names(metadata: dict[bytes, bytes]) -> dict[str, list[str]]:
    """The names behind integer labels, as the `datasets` library writes them into a Parquet file."""
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}")).get("info", {}).get("features", {})
    except (json.JSONDecodeError, AttributeError):
        return {}
    return {
        column: feature["names"]
        for column, feature in features.items()
        if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and "names" in feature
    }


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def _has_lone_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _checked_columns(name: str, columns: Sequence[str]) -> list[str]:
    doubled = {column for column in columns if list(columns).count(column) > 1}
    if doubled:
        raise DataError(f"column {sorted(doubled)[0]!r} stands there twice.", where=f"{name}, line 1")
    return list(columns)


def _check_room(name: str, rows: Sequence[object]) -> None:
    if len(rows) >= MAX_ROWS:
        raise _too_large(name)


def _too_large(name: str) -> DataError:
    return DataError(f"has more than {MAX_ROWS:,} rows.", where=name, do="Take a part of it.")


def _table(name: str, columns: list[str] | None, rows: list[list[str | None]], lines: list[int]) -> Table:
    if not columns or not rows:
        raise DataError("holds no rows.", where=name)
    return Table(name, columns, rows, lines)
