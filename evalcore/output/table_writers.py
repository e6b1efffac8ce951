"""A table -> CSV, CSV for spreadsheets, JSON lines or Parquet, piece by piece.

JSON lines and Parquet are lossless: a value comes back as it was, with its type, and None as null. In CSV a value that
is None is an empty field, a flag is `true` or `false`, and a list is written as JSON. A number has as many digits as
give the same number back.
"""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from evalcore.output.tables import Column, Kind, ResultTable, Value

Files = Mapping[str, Iterable[bytes]]
"""The pieces of each file, by its path in a folder; a piece is made when the one before is written."""

_CONTROLS = ("\t", "\r", "\n")
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\u2212")
"""Also after invisible characters, and as full-width characters: spreadsheets read `＝` as `=`."""


def as_csv(table: ResultTable) -> Iterator[bytes]:
    """UTF-8, every field quoted: reading it back gives the same strings."""
    return _csv(table, lambda text: text)


def for_spreadsheets(table: ResultTable) -> Iterator[bytes]:
    """The same for Excel and other spreadsheets: a text that they would execute as a formula gets a leading apostrophe.

    It begins with a byte order mark, by which they recognise UTF-8. Not lossless.
    """
    yield "\ufeff".encode()
    yield from _csv(table, _no_formula)


def as_json_lines(table: ResultTable) -> Iterator[bytes]:
    """One JSON object a row, in ASCII; null where a value is None."""
    plain = [(at, column) for at, column in enumerate(table.columns) if not column.inside]
    inside: dict[str, list[tuple[int, Column]]] = {}
    for at, column in enumerate(table.columns):
        if column.inside:
            inside.setdefault(column.inside, []).append((at, column))
    for block in table.blocks():
        lines = []
        for row in block:
            written: dict[str, Any] = {column.name: row[at] for at, column in plain}
            for name, columns in inside.items():
                written[name] = {column.key: row[at] for at, column in columns if row[at] is not None}
            lines.append(json.dumps(written, ensure_ascii=True, allow_nan=False) + "\n")
        yield "".join(lines).encode()


def as_parquet(table: ResultTable) -> Iterator[bytes]:
    """A Parquet file with the types of the columns, a row group for some rows."""
    import pyarrow as pa
    from pyarrow import parquet

    types = {
        "text": pa.string(), "integer": pa.int64(), "number": pa.float64(), "flag": pa.bool_(),
        "texts": pa.list_(pa.string()), "integers": pa.list_(pa.int64()),
    }  # fmt: skip
    schema = pa.schema([(column.name, types[column.kind]) for column in table.columns])
    written = _Pieces()
    with parquet.ParquetWriter(written, schema, compression="zstd") as writer:
        for rows in _larger(table):
            columns = zip(*rows, strict=True)
            arrays = [pa.array(list(values), field.type) for values, field in zip(columns, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            yield written.taken()
    yield written.taken()


WRITERS: Mapping[str, tuple[str, Callable[[ResultTable], Iterator[bytes]]]] = {
    "csv": (".csv", as_csv),
    "spreadsheets": ("-for-spreadsheets.csv", for_spreadsheets),
    "jsonl": (".jsonl", as_json_lines),
    "parquet": (".parquet", as_parquet),
}
"""Each way to write a table: what its file's name ends with, and the function that makes its pieces."""


def _csv(table: ResultTable, safe: Callable[[str], str]) -> Iterator[bytes]:
    """Pieces of a CSV file.

    Args:
        safe: changes a text as the reader of the file needs it.
    """
    # All fields are quoted: a lone carriage return, for example, would otherwise end the row.
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow([safe(column.name) for column in table.columns])
    kinds = [column.kind for column in table.columns]
    for block in table.blocks():
        for row in block:
            fields = [_field(value, kind) for value, kind in zip(row, kinds, strict=True)]
            writer.writerow(
                [safe(field) if kind == "text" else field for field, kind in zip(fields, kinds, strict=True)]
            )
        yield stream.getvalue().encode()
        stream.seek(0)
        stream.truncate()
    yield stream.getvalue().encode()  # the names of the columns, of a table without rows


def _field(value: Value, kind: Kind) -> str:
    if value is None:
        return ""
    if kind in ("texts", "integers"):
        return json.dumps(value, ensure_ascii=False)
    if kind == "flag":
        return "true" if value else "false"
    if kind == "number":
        return repr(float(value)).removesuffix(".0")  # type: ignore[arg-type]
    return str(value)


def _no_formula(text: str) -> str:
    seen = next((character for character in text if unicodedata.category(character)[0] not in "ZC"), "")
    runs = text.startswith(_CONTROLS) or unicodedata.normalize("NFKC", seen).startswith(_STARTS_A_FORMULA)
    return f"'{text}" if runs else text


_ROWS_IN_A_GROUP = 50_000
"""Rows of a Parquet file that are held at once: small groups make a large file, and slow to read."""


def _larger(table: ResultTable) -> Iterator[list[tuple[Value, ...]]]:
    """The rows of a table in larger blocks, none of them empty."""
    held: list[tuple[Value, ...]] = []
    most = max(1, _ROWS_IN_A_GROUP // max(1, len(table.columns) // 10))
    for block in table.blocks():
        held += block
        if len(held) >= most:
            yield held
            held = []
    if held:
        yield held


class _Pieces:
    """What a writer of files writes to: it knows how far it is, and gives away what it has been given."""

    closed = False

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._at = 0

    def write(self, content: bytes) -> int:
        self._held.append(bytes(content))
        self._at += len(content)
        return len(content)

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        """Nothing is kept back."""

    def close(self) -> None:
        """There is nothing to close."""

    def taken(self) -> bytes:
        """What was written since this was last called."""
        taken = b"".join(self._held)
        self._held.clear()
        return taken
