"""What a Parquet file says of its pages: how much there is to unfold, before anything is unfolded.

The library's own classes for these end the process where a file contradicts itself, and the summary at the end of the
file may say anything. What is believed here is the header of each page, by which the library allocates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, overload

from evalcore.errors import DataError
from evalcore.tasks import table

MAX_FOOTER_BYTES = 4 * 2**20
"""Of the description of columns and groups of rows, which takes 30 to 200 times as much memory once it is read."""
MAX_VALUES = 5_000_000
"""In the columns that are read, those inside of lists included: each takes a hundred bytes, for a moment."""
MAX_PAGE_BYTES = 100 * 2**20
"""The library holds a page up to four times while it reads it."""
MAX_STEPS = 5_000_000
"""In reading the description and the headers of pages: a second each million."""
_PART = 2**16


class FileBytes:
    """The bytes of a file that is too large for memory, as if they were there: a part of them is read at a time."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("rb")
        self._size = path.stat().st_size
        self._start, self._part = 0, b""

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> bytes: ...
    def __getitem__(self, at: int | slice) -> int | bytes:
        if isinstance(at, slice):
            start, stop, _ = at.indices(self._size)
            self._stream.seek(start)
            return self._stream.read(stop - start)
        if not self._start <= at < self._start + len(self._part):
            if not 0 <= at < self._size:
                raise IndexError(at)
            self._start, self._part = at, self[at : at + _PART]
        return self._part[at - self._start]


Bytes = bytes | FileBytes


def check_footer(name: str, content: Bytes) -> int:
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
    """The length of the list of columns: field 2 behind field 1, the version. 0 where it is missing."""
    try:
        reader.at = start
        version, _, columns = reader.byte(), reader.signed(), reader.byte()
        return reader.length()[0] - 1 if (version, columns) == (0x15, 0x19) else 0  # the first is the root
    except (IndexError, ValueError):
        return 0  # the library will say what is wrong with it


@dataclass(frozen=True)
class Leaf:
    """A column as Parquet has it: one of the file's columns, or a part of one that is nested.

    Attributes:
        column: the file's column that it belongs to.
        width: bytes of a value of kind FIXED_LEN_BYTE_ARRAY.
    """

    index: int
    column: str
    path: str
    kind: str
    width: int


def owners(content: Bytes, footer: int, columns: Sequence[str]) -> list[str]:
    """The column that each leaf belongs to: their paths do not say it, where a name holds a dot.

    Raises:
        ValueError, LookupError: if the description contradicts itself.
    """
    reader = _Thrift("", content)
    reader.at = footer
    elements = iter(reader.struct(_SCHEMA)[2][1:])
    found = []
    for column in columns:
        left = 1
        while left > 0:
            element: dict[int, int] = next(elements, {})
            left += element.get(5, 0) - 1
            if 1 in element and not element.get(5, 0):
                found.append(column)
    return found


_DICTIONARY_ENCODINGS = {2, 8}
_PLAIN, _SHARED_PREFIXES = 0, 7


@dataclass
class Load:
    """What it takes to read a leaf.

    Attributes:
        values: how many there are, those inside of lists and the missing ones included.
        size: bytes of its pages, once nothing is compressed.
        widest: bytes of the largest page: no value is longer.
        encodings: of its pages.
    """

    leaf: Leaf
    values: int = 0
    size: int = 0
    widest: int = 0
    encodings: set[int] = field(default_factory=set)

    @property
    def unfolds(self) -> bool:
        """Whether its values can take more room than its pages."""
        return self.leaf.kind == "BYTE_ARRAY" and not self.encodings.isdisjoint(
            {_SHARED_PREFIXES, *_DICTIONARY_ENCODINGS}
        )

    @property
    def is_dictionary(self) -> bool:
        """Whether it is read as one. The library can do that where a part of the pages is plain, too, but then copies
        it again and again: it is worth it only inside of lists, which cannot be read in pieces."""
        most = _DICTIONARY_ENCODINGS if self.leaf.path == self.leaf.column else {_PLAIN, *_DICTIONARY_ENCODINGS}
        return self.leaf.kind == "BYTE_ARRAY" and self.encodings <= most


def loads_of(
    name: str, content: Bytes, footer: int, leaves: Sequence[Leaf], *, most_numbers: int | None = None
) -> list[Load]:
    """Add up what the headers of all pages say.

    Args:
        most_numbers: if all leaves are numbers, which are read in blocks, how many there may be.

    Raises:
        DataError: if it is more than may be read.
        ValueError: if it is not there.
    """
    reader = _Thrift(name, content)
    reader.at = footer
    loads = [Load(leaf) for leaf in leaves]
    size = values = 0
    most_values = most_numbers or MAX_VALUES
    most_bytes = 16 * most_numbers if most_numbers else table.MAX_BYTES
    try:
        for group in reader.struct(_FILE)[4]:
            for load in loads:
                for page in _pages(reader, group[1][load.leaf.index][3]):
                    load.values += page.values
                    load.size += page.size
                    load.widest = max(load.widest, page.size)
                    load.encodings |= {page.encoding} if page.values else set()
                    values += page.values
                    size += max(page.size, page.values * load.leaf.width)
                    if page.size > MAX_PAGE_BYTES:
                        raise DataError(
                            f"holds a page of more than {MAX_PAGE_BYTES / 2**20:.0f} MB.",
                            where=name,
                            do="Save it with smaller pages, or as CSV.",
                        )
                    if size > most_bytes:
                        raise table.too_many_bytes(name, most_bytes)
                    if values > most_values:
                        raise DataError(f"holds more than {most_values:,} values.", where=name, do="Take a part of it.")
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
_SCHEMA: dict[int, Any] = {2: [{1: _I32, 5: _I32}]}  # columns and their parts: the type of values, or how many parts
_PAGE: dict[int, Any] = {1: _I32, 2: _I32, 3: _I32, 5: {1: _I32, 2: _I32}, 8: {1: _I32, 4: _I32}}
_DATA_HEADERS = {0: 5, 3: 8}
"""The field that describes the data, by the kind of page: either version has the values first, then the encoding."""


class _Thrift:
    """Reads Thrift's compact protocol, as far as it is asked to."""

    def __init__(self, name: str, data: Bytes) -> None:
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
