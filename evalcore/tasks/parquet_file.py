"""Parquet -> rows of text. Imports pyarrow, which is slow, so this module itself is imported only for a Parquet file.

A thousand bytes of Parquet can hold gigabytes: pages are compressed, and a value in a dictionary is stored once for all
rows that share it. The size of the pages is checked before they are read; shared values stay shared in memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.compute
import pyarrow.parquet
from numpy.typing import NDArray
from pyarrow import types

from evalcore.errors import DataError, first_line, quoted, shortened
from evalcore.tasks import table
from evalcore.tasks.parquet_pages import Bytes, FileBytes, Leaf, Load, check_footer, loads_of, owners
from evalcore.tasks.table import Choose, Header, Table, chosen_columns, flaw

_MAX_VALUE_BYTES = 4 * table.MAX_FIELD_CHARS
_ROWS_AT_ONCE = 16_384
_BYTES_AT_ONCE = 64 * 2**20
_NUMBERS_AT_ONCE = 2_000_000

_ERRORS = (
    pyarrow.ArrowException, ArithmeticError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""Raised by the library for a damaged file, and for a value without a Python type."""


def parse_parquet(name: str, content: bytes | Path, choose: Choose, most_rows: int | None = None) -> Table:
    """A Parquet file. The integers of a class label, as the `datasets` library writes it, are its names.

    Args:
        most_rows: about as many are read, and not the rest; all when None.

    Raises:
        DataError: if it is not valid or too large once unfolded, or a value that is wanted cannot become text.
    """
    held, buffer = _opened(content)
    footer = check_footer(name, held)
    try:
        file = pyarrow.parquet.ParquetFile(buffer, thrift_container_size_limit=table.MAX_COLUMNS + 1)
        if file.metadata.num_rows > table.MAX_ROWS:
            raise table.too_many_rows(name)
        schema = file.schema_arrow
        chosen = chosen_columns(Header(name, list(schema.names)), choose)
        leaves = _leaves(file.metadata, owners(held, footer, schema.names), set(chosen))
        loads = loads_of(name, held, footer, leaves)
        codes = _class_label_names(schema.metadata or {})
        rows: list[list[str | None]] = []
        for batch in _batches(name, buffer, file.metadata, chosen, loads):
            if len(rows) + len(batch) > table.MAX_ROWS:
                raise table.too_many_rows(name)
            texts = [_texts(batch.column(column), codes.get(column), column, name, len(rows) + 1) for column in chosen]
            rows += map(list, zip(*texts, strict=True))
            if most_rows is not None and len(rows) >= most_rows:
                break
    except _ERRORS as error:
        raise DataError(f"not a readable Parquet file ({first_line(error)}).", where=name) from None
    if not rows:
        raise table.no_rows(name)
    return Table(name, chosen, rows, list(range(1, len(rows) + 1)))


def parquet_numbers(
    name: str, content: bytes | Path, columns: Sequence[str], most_numbers: int
) -> Iterator[NDArray[np.float64]]:
    """Columns of numbers, some rows at a time: shape (n_rows, n_columns), NaN where one is missing.

    Raises:
        DataError: if a column is not of numbers, or there are more than `most_numbers`.
    """
    held, buffer = _opened(content)
    footer = check_footer(name, held)
    try:
        file = pyarrow.parquet.ParquetFile(buffer, thrift_container_size_limit=table.MAX_COLUMNS + 1, pre_buffer=False)
        schema = file.schema_arrow
        for column in columns:
            kind = schema.field(column).type
            if not (types.is_floating(kind) or types.is_integer(kind) or types.is_decimal(kind) or types.is_null(kind)):
                raise DataError(
                    f"column {quoted(column)} is of type {shortened(str(kind), 60)}, which is no number.",
                    where=name,
                    do="Save it as a column of floating-point numbers.",
                )
        leaves = _leaves(file.metadata, owners(held, footer, schema.names), set(columns))
        loads_of(name, held, footer, leaves, most_numbers=most_numbers)
        rows_at_once = max(1, _NUMBERS_AT_ONCE // max(1, len(columns)))
        for batch in file.iter_batches(rows_at_once, columns=list(columns), use_threads=False):
            # The library gives the columns in the file's order.
            parts = [batch.column(column).cast(pyarrow.float64(), safe=False) for column in columns]
            yield np.column_stack([part.to_numpy(zero_copy_only=False) for part in parts])
    except _ERRORS as error:
        raise DataError(f"not a readable Parquet file ({first_line(error)}).", where=name) from None


def _opened(content: bytes | Path) -> tuple[Bytes, Any]:
    """The bytes for our own reader, and the same for the library."""
    if isinstance(content, Path):
        return FileBytes(content), pyarrow.OSFile(str(content))
    return content, pyarrow.BufferReader(content)


def _batches(name: str, buffer: Any, metadata: Any, chosen: list[str], loads: Sequence[Load]) -> Iterator[Any]:
    """The rows of the wanted columns, in batches of a bounded size."""
    unfolding = {load.leaf.column for load in loads if load.unfolds}
    shared = [load.leaf.path for load in loads if load.is_dictionary and load.leaf.column in unfolding]
    file = pyarrow.parquet.ParquetFile(buffer, metadata=metadata, read_dictionary=shared)
    rows_at_once = _rows_at_once(name, loads, {column: file.schema_arrow.field(column).type for column in unfolding})
    unfolded = 0
    for group in range(metadata.num_row_groups):  # the library does not merge the dictionaries of several groups
        for batch in file.iter_batches(rows_at_once, [group], chosen, use_threads=False):
            unfolded += sum(map(_unfolded_bytes, batch.columns))
            if unfolded > table.MAX_BYTES:
                raise table.too_many_bytes(name)
            yield batch


def _leaves(metadata: Any, owner_of: Sequence[str], chosen: set[str]) -> list[Leaf]:
    """All leaves that the library reads for these columns: each path that begins with the name of one.

    Raises:
        ValueError: if the library and our own reader find different numbers of columns.
    """
    if len(owner_of) != metadata.num_columns:
        raise ValueError("its description contradicts itself")
    found = []
    for index, owner in enumerate(owner_of):
        column = metadata.schema.column(index)
        parts = column.path.split(".")
        if any(".".join(parts[:end]) in chosen for end in range(1, len(parts) + 1)):
            kind = column.physical_type
            width = column.length if kind == "FIXED_LEN_BYTE_ARRAY" else 0
            found.append(Leaf(index, owner, column.path, kind, width))
    return found


def _rows_at_once(name: str, loads: Sequence[Load], unfolding: dict[str, Any]) -> int:
    """Rows in a batch: fewer where values are not kept shared, since each may then be as long as its page.

    Args:
        unfolding: types of the columns that hold more than their pages, by name.
    """
    longest = 1
    for column, kind in unfolding.items():
        texts = [load for load in loads if load.leaf.column == column and load.leaf.kind == "BYTE_ARRAY"]
        if _dictionaries(kind) == len(texts):
            continue
        longest = max(longest, *(load.widest for load in texts))
        if kind.num_fields and any(load.widest * load.values > table.MAX_BYTES for load in texts):
            raise DataError(  # one row may hold any number of values
                f"column {quoted(column)} holds lists whose size is not known before they are read.",
                where=name,
                do="Save it in the default encoding, or as JSON lines.",
            )
    mean = max((load.size // max(1, load.values) for load in loads), default=0)
    return max(1, min(_ROWS_AT_ONCE, _BYTES_AT_ONCE // max(longest, mean, 1)))


def _dictionaries(kind: Any) -> int:
    """The number of dictionaries in a type."""
    if types.is_dictionary(kind):
        return 1
    return sum(_dictionaries(kind.field(at).type) for at in range(kind.num_fields))


def _unfolded_bytes(array: Any) -> int:
    """Bytes of an array if no value were shared: a shared value counts as often as it is used."""
    kind = array.type
    if types.is_dictionary(kind):
        lengths = pyarrow.compute.binary_length(array.dictionary)
        return pyarrow.compute.sum(lengths.take(array.indices)).as_py() or 0
    if types.is_struct(kind):
        return sum(map(_unfolded_bytes, array.flatten()))
    if types.is_map(kind):
        start, end = array.offsets[0].as_py(), array.offsets[-1].as_py()
        return sum(_unfolded_bytes(part.slice(start, end - start)) for part in (array.keys, array.items))
    if kind.num_fields:
        return _unfolded_bytes(array.flatten())
    return int(array.nbytes)


def _texts(array: Any, names: list[str] | None, column: str, file: str, first_row: int) -> list[str | None]:
    """The values of one column as text; `first_row` is the number of the first, for messages."""

    def text(value: Any, row: int) -> str | None:
        try:
            return _text(value, names)
        except _Flaw as error:
            what = str(error)
        except _ERRORS as error:
            kind = shortened(str(array.type), 60)
            what = f"holds a value of type {kind} that cannot become text ({first_line(error)})"
        raise DataError(f"column {quoted(column)} {what}.", where=f"{file}, row {first_row + row}")

    if not types.is_dictionary(array.type):
        return [text(value, row) for row, value in enumerate(array)]
    known: dict[int | None, str | None] = {None: None}
    texts = []
    for row, index in enumerate(array.indices.to_pylist()):
        if index not in known:
            known[index] = text(array.dictionary[index], row)
        texts.append(known[index])
    return texts


class _Flaw(ValueError):
    """Why a value cannot become text, as the rest of a sentence."""


def _text(value: Any, names: list[str] | None) -> str | None:
    """A Parquet value as text; the code of a class label as its name.

    Raises:
        _Flaw, or an error of the library: if it cannot become text.
    """
    held = value.as_buffer() if isinstance(value, pyarrow.BinaryScalar) else None
    if held is not None and held.size > _MAX_VALUE_BYTES:
        raise _Flaw(f"holds more than {table.MAX_FIELD_CHARS:,} characters")
    plain = _plain(value.as_py(), value.type)
    if names is not None and isinstance(plain, int):
        if not 0 <= plain < len(names):  # -1 means no label; as an index it would be the last one
            raise _Flaw(f"holds {plain}, which is the code of no label")
        plain = names[plain]
    if plain is None:
        return None
    if isinstance(plain, bool | int | float | list | dict):
        plain = json.dumps(plain, ensure_ascii=False, default=str)
    text = str(plain)  # dates, decimals
    if found := flaw(text):
        raise _Flaw(found)
    return text


def _plain(value: Any, kind: Any) -> Any:
    """A value with bytes as text, and with a short float as the shortest number that reads back as it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise _Flaw("holds bytes that are no UTF-8 text") from None
    if types.is_float16(kind) or types.is_float32(kind):
        # 0.1 in 32 bits is 0.10000000149011612 in 64.
        return float(str((np.float16 if types.is_float16(kind) else np.float32)(value)))
    if types.is_dictionary(kind):
        return _plain(value, kind.value_type)
    if types.is_map(kind):
        return [(_plain(key, kind.key_type), _plain(item, kind.item_type)) for key, item in value]
    if types.is_struct(kind):
        return {field.name: _plain(value[field.name], field.type) for field in kind}
    if kind.num_fields and isinstance(value, list):
        return [_plain(item, kind.value_type) for item in value]
    return value


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
