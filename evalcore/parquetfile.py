"""Parquet -> rows of text, within bounds that are known before anything is unfolded.

A thousand bytes of Parquet can hold gigabytes: pages are compressed, and a dictionary's values stand once for all rows
that share them. So what is read is bounded by what the header of each page says, by which the library allocates (the
summary at the end of the file may say anything), and dictionaries are read as such: a value that is shared stays one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalcore import table
from evalcore.errors import DataError, quoted
from evalcore.table import Choose, Header, Table, check_text, chosen_columns

MAX_FOOTER_BYTES = 4 * 2**20
"""Of the description of columns and groups of rows, which takes 30 to 200 times as much memory once it is read."""
MAX_VALUES = 5_000_000
"""In the columns that are read, those inside of lists included: each takes a hundred bytes, for a moment."""
MAX_STEPS = 5_000_000
"""In reading the description and the headers of pages: a second each million."""

_MAX_VALUE_BYTES = 4 * table.MAX_FIELD_CHARS
_ROWS_AT_ONCE = 16_384
_BYTES_AT_ONCE = 64 * 2**20
"""Where values cannot be read as shared."""


def parse_parquet(name: str, content: bytes, choose: Choose) -> Table:
    """A Parquet file. The integers of a class label, as the `datasets` library writes it, are its names.

    Raises:
        DataError: if it is not valid or too large once unfolded, or a value that is wanted cannot become text.
    """
    import pyarrow

    footer = _check_footer(name, content)
    try:
        chosen, batches = _open(name, content, footer, choose)
        rows: list[list[str | None]] = []
        unfolded = 0
        for batch, names_of_codes in batches:
            arrays = [batch.column(column) for column in chosen]
            unfolded += sum(map(_unfolded_bytes, arrays))
            if unfolded > table.MAX_BYTES:
                raise table.too_many_bytes(name)
            if len(rows) + len(batch) > table.MAX_ROWS:
                raise table.too_many_rows(name)
            texts = [
                _texts(array, names_of_codes.get(column), column, name, len(rows) + 1)
                for column, array in zip(chosen, arrays, strict=True)
            ]
            rows += map(list, zip(*texts, strict=True))
    except (pyarrow.ArrowException, *_PYTHON_ERRORS) as error:
        raise DataError(f"not a readable Parquet file ({_first_line(error)}).", where=name) from None
    if not rows:
        raise table.no_rows(name)
    return Table(name, chosen, rows, list(range(1, len(rows) + 1)))


_PYTHON_ERRORS = (ArithmeticError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError)
"""What the library raises beside its own, for what is wrong with a file and for values that Python has no type for."""


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _open(
    name: str, content: bytes, footer: int, choose: Choose
) -> tuple[list[str], Iterator[tuple[Any, dict[str, list[str]]]]]:
    """The columns that are wanted, and the file's rows in batches of a bounded size, with the names of its codes."""
    import pyarrow
    import pyarrow.parquet

    buffer = pyarrow.BufferReader(content)
    file = pyarrow.parquet.ParquetFile(buffer, thrift_container_size_limit=table.MAX_COLUMNS + 1)
    if file.metadata.num_rows > table.MAX_ROWS:
        raise table.too_many_rows(name)
    schema = file.schema_arrow
    chosen = chosen_columns(Header(name, list(schema.names)), choose)
    names_of_codes = _class_label_names(schema.metadata or {})
    leaves = _leaves(file.metadata, set(chosen))
    loads = _loads(name, _Thrift(name, content), footer, leaves)
    shared = [load.leaf.path for load in loads if load.can_be_shared]
    file = pyarrow.parquet.ParquetFile(buffer, metadata=file.metadata, read_dictionary=shared)
    # The library keeps some types as they are, whatever it was asked for.
    all_shared = sum(_dictionaries(file.schema_arrow.field(column).type) for column in chosen) >= len(shared)
    loose = [load for load in loads if load.unfolds and not (all_shared and load.can_be_shared)]
    widest = max([load.widest for load in loose], default=0)
    if any(load.leaf.path not in chosen and load.widest * load.values > table.MAX_BYTES for load in loose):
        raise table.too_many_bytes(name)  # a list: one row may hold any number of values
    rows_at_once = max(1, min(_ROWS_AT_ONCE, _BYTES_AT_ONCE // max(1, widest)))
    batches = file.iter_batches(rows_at_once, columns=chosen, use_threads=False)
    return chosen, ((batch, names_of_codes) for batch in batches)


def _check_footer(name: str, content: bytes) -> int:
    """Bound the description of the file before it is read. Returns where it starts."""
    length = int.from_bytes(content[-8:-4], "little")
    start = len(content) - 8 - length
    if content[-4:] != b"PAR1" or start < 0:
        raise DataError("not a readable Parquet file (its end is missing).", where=name)
    if length > MAX_FOOTER_BYTES:
        raise DataError(
            f"the description of its columns takes more than {MAX_FOOTER_BYTES / 2**20:.0f} MB.",
            where=name,
            do="Save it with fewer columns, or in fewer groups of rows.",
        )
    if _described_columns(_Thrift(name, content), start) > table.MAX_COLUMNS:
        raise table.too_many_columns(name)
    return start


def _described_columns(reader: _Thrift, start: int) -> int:
    """The length of the list of columns: field 2 behind field 1, the version. 0 where it does not stand there."""
    try:
        reader.at = start
        version, _, columns = reader.byte(), reader.signed(), reader.byte()
        return reader.length()[0] - 1 if (version, columns) == (0x15, 0x19) else 0  # the first is the root
    except (IndexError, ValueError):
        return 0  # the library will say what is wrong with it


@dataclass(frozen=True)
class _Leaf:
    """A column as Parquet has it: one of the file's columns, or a part of one that is nested."""

    index: int
    path: str
    kind: str
    width: int
    """Bytes of a value of kind FIXED_LEN_BYTE_ARRAY."""


def _leaves(metadata: Any, chosen: set[str]) -> list[_Leaf]:
    """Whatever the library reads for these columns: each path that begins with the name of one."""
    found = []
    for index in range(metadata.num_columns):
        column = metadata.schema.column(index)
        parts = column.path.split(".")
        if any(".".join(parts[:end]) in chosen for end in range(1, len(parts) + 1)):
            width = column.length if column.physical_type == "FIXED_LEN_BYTE_ARRAY" else 0
            found.append(_Leaf(index, column.path, column.physical_type, width))
    return found


_DICTIONARY_ENCODINGS = {2, 8}
_SHARED_PREFIXES = 7
_READ_AS_DICTIONARY = {0, *_DICTIONARY_ENCODINGS}
"""Encodings of the pages that the library can read as a dictionary: the plain ones as well."""


@dataclass
class _Load:
    """What it takes to read a leaf.

    Attributes:
        values: how many there are, those inside of lists and the missing ones included.
        widest: bytes of the largest page: no value is longer.
        encodings: of its pages.
    """

    leaf: _Leaf
    values: int = 0
    widest: int = 0
    encodings: set[int] = field(default_factory=set)

    @property
    def unfolds(self) -> bool:
        """Whether its values can take more room than its pages."""
        return self.leaf.kind == "BYTE_ARRAY" and not self.encodings.isdisjoint(
            {_SHARED_PREFIXES, *_DICTIONARY_ENCODINGS}
        )

    @property
    def can_be_shared(self) -> bool:
        """Whether it can be read as a dictionary."""
        return self.unfolds and self.encodings <= _READ_AS_DICTIONARY


def _loads(name: str, reader: _Thrift, footer: int, leaves: Sequence[_Leaf]) -> list[_Load]:
    """Add up what the headers of all pages say.

    Raises:
        DataError: if it is more than may be read.
        ValueError: if it is not there.
    """
    reader.at = footer
    loads = [_Load(leaf) for leaf in leaves]
    size = values = 0
    try:
        for group in reader.struct(_FILE)[4]:
            for load in loads:
                for page in _pages(reader, group[1][load.leaf.index][3]):
                    load.values += page.values
                    load.widest = max(load.widest, page.size)
                    load.encodings |= {page.encoding} if page.values else set()
                    values += page.values
                    size += max(page.size, page.values * load.leaf.width)
                    if size > table.MAX_BYTES:
                        raise table.too_many_bytes(name)
                    if values > MAX_VALUES:
                        raise DataError(f"holds more than {MAX_VALUES:,} values.", where=name, do="Take a part of it.")
    except LookupError:
        raise ValueError("its description is not readable") from None
    return loads


@dataclass(frozen=True)
class _Page:
    """What the header of a page says: bytes once it is unfolded, values (0 in a dictionary), their encoding."""

    size: int
    values: int
    encoding: int


def _pages(reader: _Thrift, chunk: dict[int, Any]) -> Iterator[_Page]:
    """The pages of a part of a column, found as the library finds them.

    Raises:
        ValueError, LookupError: if there is none where one should be.
    """
    start, dictionary = chunk[9], chunk.get(11, 0)
    reader.at = dictionary if 0 < dictionary < start else start
    end = min(reader.at + chunk[7], len(reader.data))
    left = chunk[5]
    while reader.at < end and left > 0:
        header = reader.struct(_PAGE)
        if header[2] < 0 or header[3] < 0:
            raise ValueError("a page of less than no bytes")
        data = header.get(_DATA_HEADERS.get(header[1], 0), {})
        values = data.get(1, 0)
        yield _Page(header[2], values, data.get(2, data.get(4, 0)))
        reader.at += header[3]
        left -= values


# Of parquet.thrift, what is needed here: fields by their number, each a kind of integer, a structure or a list of such.
_I32, _I64, _STRUCT, _LIST = 5, 6, 12, 9
_CHUNK = {5: _I64, 7: _I64, 9: _I64, 11: _I64}  # values, bytes, where the data starts, where the dictionary does
_FILE: dict[int, Any] = {4: [{1: [{3: _CHUNK}]}]}  # groups of rows, of parts of columns
_PAGE: dict[int, Any] = {1: _I32, 2: _I32, 3: _I32, 5: {1: _I32, 2: _I32}, 8: {1: _I32, 4: _I32}}
_DATA_HEADERS = {0: 5, 3: 8}
"""The field that describes the data, by the kind of page: either version has the values first, then the encoding."""


class _Thrift:
    """Reads Thrift's compact protocol, as far as it is asked to.

    Not by way of the library: its own classes for these end the process where a file contradicts itself.
    """

    def __init__(self, name: str, data: bytes) -> None:
        self.name, self.data = name, data
        self.at = self.steps = 0

    def struct(self, wanted: dict[int, Any]) -> dict[int, Any]:
        """The wanted fields of a structure, where they are of the kind that they should be."""
        fields: dict[int, Any] = {}
        number = 0
        while head := self.byte():
            delta, kind = head >> 4, head & 15
            number = number + delta if delta else self.signed()
            form = wanted.get(number)
            if form == kind:
                fields[number] = self.signed()
            elif isinstance(form, dict) and kind == _STRUCT:
                fields[number] = self.struct(form)
            elif isinstance(form, list) and kind == _LIST:
                fields[number] = [self.struct(form[0]) for _ in range(self.length()[0])]
            else:
                self.skip(kind)
        return fields

    def skip(self, kind: int, in_list: bool = False) -> None:
        """Pass over a value."""
        if kind in (1, 2):  # true and false
            self.at += in_list
        elif kind in (3, 7):
            self.at += 1 if kind == 3 else 8
        elif kind in (4, _I32, _I64):
            self.integer()
        elif kind == 8:
            length = self.integer()
            self.at += length
        elif kind in (_LIST, 10):
            length, of = self.length()
            for _ in range(length):
                self.step()
                self.skip(of, in_list=True)
        elif kind == _STRUCT:
            self.struct({})
        else:
            raise ValueError("its description is not readable")

    def length(self) -> tuple[int, int]:
        """How many values a list has, and their kind."""
        head = self.byte()
        return (head >> 4 if head >> 4 < 15 else self.integer()), head & 15

    def signed(self) -> int:
        """An integer."""
        value = self.integer()
        return (value >> 1) ^ -(value & 1)

    def integer(self) -> int:
        """An integer that is not negative, seven bits a byte."""
        value = 0
        for shift in range(0, 70, 7):
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise ValueError("a number of more than 64 bits")

    def byte(self) -> int:
        """The next byte."""
        self.step()
        self.at += 1
        return self.data[self.at - 1]

    def step(self) -> None:
        """Count what was read, which is bounded."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise DataError(
                "its columns are cut into too many pieces.",
                where=self.name,
                do="Save it with larger pages and in fewer groups of rows.",
            )


def _dictionaries(kind: Any) -> int:
    """How many dictionaries a type holds."""
    import pyarrow.types as types

    if types.is_dictionary(kind):
        return 1
    return sum(_dictionaries(kind.field(at).type) for at in range(kind.num_fields))


def _unfolded_bytes(array: Any) -> int:
    """Bytes of an array once every value stands by itself: what is shared counts as often as it is used."""
    import pyarrow.compute
    import pyarrow.types as types

    kind = array.type
    if types.is_dictionary(kind):
        lengths = pyarrow.compute.binary_length(array.dictionary)
        return pyarrow.compute.sum(lengths.take(array.indices)).as_py() or 0
    if types.is_struct(kind):
        return sum(map(_unfolded_bytes, array.flatten()))
    if kind.num_fields:
        return _unfolded_bytes(array.flatten())
    return int(array.nbytes)


def _texts(array: Any, names: list[str] | None, column: str, file: str, first_row: int) -> list[str | None]:
    """The values of one column as text; `first_row` is the number of the first, for messages."""
    import pyarrow
    import pyarrow.types as types

    def text(value: Any, row: int) -> str | None:
        where = f"{file}, row {first_row + row:,}"
        try:
            made = _text(value, names)
        except (pyarrow.ArrowException, *_PYTHON_ERRORS) as error:
            raise DataError(f"column {quoted(column)} cannot be read: {_first_line(error)}.", where=where) from None
        if made is not None:
            check_text(made, column, where)
        return made

    if not types.is_dictionary(array.type):
        return [text(value, row) for row, value in enumerate(array)]
    known: dict[int | None, str | None] = {None: None}
    texts = []
    for row, index in enumerate(array.indices.to_pylist()):
        if index not in known:
            known[index] = text(array.dictionary[index], row)
        texts.append(known[index])
    return texts


def _text(value: Any, names: list[str] | None) -> str | None:
    """A Parquet value as text; the code of a class label as its name."""
    import pyarrow

    held = value.as_buffer() if isinstance(value, pyarrow.BinaryScalar) else None
    if held is not None and held.size > _MAX_VALUE_BYTES:
        raise ValueError(f"a value of more than {_MAX_VALUE_BYTES:,} bytes")
    plain = _plain(value.as_py(), value.type)
    if names is not None and isinstance(plain, int):
        if not 0 <= plain < len(names):  # -1 says that there is none: never the last name
            raise ValueError(f"{plain} is the code of no label")
        plain = names[plain]
    if plain is None or isinstance(plain, str):
        return plain
    if isinstance(plain, bool | int | float | list | dict):
        return json.dumps(plain, ensure_ascii=False, default=str)
    return str(plain)  # dates, decimals


def _plain(value: Any, kind: Any) -> Any:
    """A value with bytes as text, and with a short float as the shortest number that reads back as it."""
    import numpy as np
    import pyarrow.types as types

    if value is None:
        return None
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise ValueError("bytes that are no UTF-8 text") from None
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
