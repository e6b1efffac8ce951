"""Data files -> rows of text, exactly as written. The one place that reads CSV, JSONL and Parquet.

Nothing is guessed about values: `NA`, `001` and `True` are text. What cannot be read exactly is refused
with the line it stands on. (pandas would read a row with one field too many as an index, without a word.)
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalcore.errors import DataError

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
MAX_ROWS = 1_000_000
MAX_FIELD_CHARS = 10_000_000
"""Above the csv module's own 131,072: a long text is data, not an error."""
MAX_BYTES = 256 * 2**20
_PARQUET_ROWS_AT_ONCE = 256
"""A few MB of Parquet can unfold to any size: it is unfolded piece by piece, and counted."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")


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
    return parse_table(path.name, _read(path))


def typed_path(name: str) -> Path | None:
    """The file or folder that a person names; None if there is none, or the name cannot be one."""
    try:
        path = Path(name).expanduser()
        return path if path.exists() else None
    except (OSError, RuntimeError, ValueError):  # too long; a home folder that nobody has; half a surrogate pair
        return None


def parse_table(name: str, content: bytes) -> Table:
    """The same for content in memory (an upload); `name` only decides the format and stands in messages."""
    name = _shown(name)
    if len(content) > MAX_BYTES:
        raise _too_many_bytes(name)
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
    text = _decode(path.name, _read(path))
    if path.suffix.lower() != ".json":
        # Not splitlines(): it also breaks at U+2028 and friends, which may stand inside a label.
        return [line for line in re.split(r"\r\n?|\n", text) if line.strip()]
    try:
        labels = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"not valid JSON: {error.msg}.", where=f"{path.name}, line {error.lineno}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"not valid JSON ({error}).", where=path.name) from None
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise DataError("a label list must be a JSON array of strings.", where=path.name)
    for label in labels:
        _check_text(label, path.name)
    return labels


def _read(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise DataError("this is not a plain file.", where=str(path))
        if path.stat().st_size > MAX_BYTES:
            raise _too_many_bytes(path.name)
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"the file cannot be read ({error.strerror}).", where=str(path), do="Check the path.") from None
    except (ValueError, RuntimeError):  # a NUL in the path
        raise DataError("this is not a path.", where=repr(str(path))) from None


def _shown(name: str) -> str:
    """A file's name as messages show it: the last part of it, without control characters, not longer than a line."""
    last = re.split(r"[/\\]", name)[-1]
    whole = "".join(character if character.isprintable() else "\ufffd" for character in last)
    return whole if len(whole) <= 80 else f"{whole[:40]}…{whole[-39:]}"


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
    # Line breaks inside quoted fields stay as they are; a lone CR also ends a row.
    reader = csv.reader((found.group() for found in _LINE.finditer(text)), delimiter=delimiter, strict=True)
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
        rows.append([record.get(column) for column in columns])
        lines.append(line)
    return _table(name, columns, rows, lines)


def _json_records(name: str, text: str) -> Iterator[tuple[int, dict[str, str | None]]]:
    # Not splitlines(): it also breaks at U+2028 and friends, which may stand inside a JSON string.
    for line, found in enumerate(re.finditer(r"[^\n]*\n|[^\n]+", text), start=1):
        content = found.group()
        if not content.strip():
            continue
        where = f"{name}, line {line}"
        try:
            # Numbers stay as they are written: 1e5 is not 100000.0, and 001 would be no JSON.
            record = json.loads(
                content, parse_int=_Written, parse_float=_Written, parse_constant=_Written, object_pairs_hook=_Object
            )
        except (ValueError, RecursionError) as error:
            raise DataError(f"not valid JSON ({error}).", where=where) from None
        if not isinstance(record, _Object):
            raise DataError("each line must be a JSON object.", where=where)
        texts = {key: _json_text(value) for key, value in record.items()}
        for part in (*texts, *texts.values()):
            if part is not None:
                _check_text(part, where)
        yield line, texts


class _Written(str):
    """A number as it stands in the file."""


class _Object(dict[str, Any]):
    """A JSON object in which no key stands twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        if len(self) < len(pairs):
            keys = [key for key, _ in pairs]
            raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} stands there twice")


def _json_text(value: Any) -> str | None:
    """A JSON value as text: strings and numbers as they are, the rest as JSON."""
    if value is None or isinstance(value, str):
        return None if value is None else str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k, ensure_ascii=False)}: {_nested(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_nested, value)) + "]"
    return json.dumps(value)


def _nested(value: Any) -> str:
    if isinstance(value, str) and not isinstance(value, _Written):
        return json.dumps(value, ensure_ascii=False)
    return _json_text(value) or "null"


def _check_text(text: str, where: str) -> None:
    if "\0" in text:
        raise DataError("holds a NUL character, which no text has.", where=where)
    if not text.isascii() and _has_lone_surrogate(text):
        raise DataError("holds half of a surrogate pair.", where=where)


def _parse_parquet(name: str, content: bytes) -> Table:
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(content))
        if file.metadata.num_rows > MAX_ROWS:
            raise _too_large(name)
        columns = _checked_columns(name, list(file.schema_arrow.names))
        names_of_codes = _class_label_names(file.schema_arrow.metadata or {})
        rows: list[list[str | None]] = []
        chars = 0
        for batch in file.iter_batches(batch_size=_PARQUET_ROWS_AT_ONCE):
            values = [batch.column(at).to_pylist() for at in range(len(columns))]
            for row in zip(*values, strict=True):
                where = f"{name}, row {len(rows) + 1}"
                texts = [_cell(v, names_of_codes.get(c), where) for c, v in zip(columns, row, strict=True)]
                chars += sum(len(text) for text in texts if text is not None)
                if chars > MAX_BYTES:
                    raise _too_many_bytes(name)
                _check_room(name, rows)
                rows.append(texts)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"not a readable Parquet file ({said}).", where=name) from None
    return _table(name, columns, rows, list(range(1, len(rows) + 1)))


def _cell(value: Any, names: list[str] | None, where: str) -> str | None:
    """A Parquet value as text; the code of a class label as its name."""
    if names is not None and isinstance(value, int):
        if not 0 <= value < len(names):  # -1 says that there is none: never the last name
            raise DataError(f"{value} is the code of no label.", where=where)
        value = names[value]
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError:
            raise DataError("holds bytes that are no UTF-8 text.", where=where) from None
    text = value if isinstance(value, str) or value is None else _plain_value(value)
    if text is not None:
        _check_text(text, where)
    return text


def _plain_value(value: Any) -> str:
    if isinstance(value, bool | int | float | list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)  # dates, decimals


def _class_label_names(metadata: dict[bytes, bytes]) -> dict[str, list[str]]:
    """The names behind integer labels, as the `datasets` library writes them into a Parquet file."""
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}")).get("info", {}).get("features", {})
        described = list(features.items())
    except (ValueError, AttributeError, RecursionError):
        return {}
    return {
        column: feature["names"]
        for column, feature in described
        if isinstance(feature, dict)
        and feature.get("_type") == "ClassLabel"
        and isinstance(feature.get("names"), list)
        and all(isinstance(name, str) for name in feature["names"])
    }


def _has_lone_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _checked_columns(name: str, columns: Sequence[str]) -> list[str]:
    doubled = [column for column, times in Counter(columns).items() if times > 1]
    if doubled:
        raise DataError(f"column {min(doubled)!r} stands there twice.", where=f"{name}, line 1")
    return list(columns)


def _check_room(name: str, rows: Sequence[object]) -> None:
    if len(rows) >= MAX_ROWS:
        raise _too_large(name)


def _too_large(name: str) -> DataError:
    return DataError(f"has more than {MAX_ROWS:,} rows.", where=name, do="Take a part of it.")


def _too_many_bytes(name: str) -> DataError:
    return DataError(f"holds more than {MAX_BYTES / 2**20:,.0f} MB.", where=name, do="Take a part of it.")


def _table(name: str, columns: list[str] | None, rows: list[list[str | None]], lines: list[int]) -> Table:
    if not columns or not rows:
        raise DataError("holds no rows.", where=name)
    return Table(name, columns, rows, lines)
