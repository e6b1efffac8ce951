"""A file as the formats look at it: a JSON document, JSON lines, a table, or an archive; its records, and their fields.

Time and memory are bounded for any content: a document is read only as far as a limit on its bytes and its values.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from evalcore.errors import DataError
from evalcore.importing.reading import ROLES, Asked, NoField, Reading, RecordTable, Role, column_names
from evalcore.tasks import DataFile
from evalcore.tasks.data_file import Header, Table
from evalcore.tasks.json_lines import is_json_object, json_records, parse_json
from evalcore.tasks.table import MAX_BYTES, MAX_FIELD_CHARS, MAX_ROWS, check_text, too_many_bytes, too_many_rows
from evalcore.tasks.text_file import csv_records, text_file

MAX_DOCUMENT_BYTES = 64 * 2**20
"""Of a JSON document, which is in memory as a whole. JSON lines have no such limit."""
MAX_DOCUMENT_VALUES = 5_000_000
MAX_FIELDS = 200
"""Of a record, that are offered as columns."""
_MAX_FIELD_DEPTH = 6
_RECORDS_LOOKED_AT = 100
_NOTHING: tuple[object, ...] = (None, "", {}, [])

Kind = Literal["document", "lines", "table", "archive"]
Record = Mapping[str, Any]


class Written(str):
    """A number of JSON, as it is written: 1e5 stays 1e5."""

    __slots__ = ()


_DECODER = json.JSONDecoder(parse_int=Written, parse_float=Written, parse_constant=Written)


class Source:
    """A file that formats look at; what one of them has read is not read again for the next.

    Attributes:
        file: the file.
        kind: by its name's ending and how it begins.
    """

    def __init__(self, file: DataFile) -> None:
        self.file = file
        self.name = file.name
        self.kind: Kind = self._kind()

    def _kind(self) -> Kind:
        ending = Path(self.name).suffix.lower()
        start = _start(self.file.content)
        if ending == ".eval" or (start.startswith(b"PK") and ending not in (".xlsx", ".xlsm", ".ods")):
            return "archive"
        if ending in (".jsonl", ".ndjson"):
            return "lines"
        return ("lines" if _has_lines(start) else "document") if ending == ".json" else "table"

    @cached_property
    def document(self) -> Any:
        """The whole of a JSON document; None for a file of another kind.

        Raises:
            DataError: if it is no JSON, or too large.
        """
        if self.kind != "document":
            return None
        if _size(self.file.content) > MAX_DOCUMENT_BYTES:
            raise too_many_bytes(self.name, MAX_DOCUMENT_BYTES)
        file = text_file(self.name, self.file.content)
        text = bytes_of(self.file)[file.start :].decode(file.encoding)
        if sum(map(text.count, ",[{")) > MAX_DOCUMENT_VALUES:
            raise DataError(
                f"holds more than {MAX_DOCUMENT_VALUES:,} values.", where=self.name, do="Write it as JSON lines."
            )
        return parse_json(text, self.name, _DECODER)

    @cached_property
    def columns(self) -> list[str]:
        """The header of a CSV file as it stands there, names that stand there twice included; empty for others."""
        if Path(self.name).suffix.lower() != ".csv":
            return []
        try:
            return next(csv_records(text_file(self.name, self.file.content), ","), (1, []))[1]
        except DataError:
            return []

    @cached_property
    def first(self) -> Record:
        """The first record; an empty one if there is none that can be read. Errors come when all is read.

        Of tables it is that of a CSV file, in which alone other tools write them.
        """
        try:
            if self.kind == "table":
                rows = csv_records(text_file(self.name, self.file.content), ",") if self.columns else iter(())
                next(rows, None)
                return dict(zip(self.columns, next(rows, (2, []))[1], strict=False))
            return next((record for _, record in self.records()), {})
        except DataError:
            return {}

    def records(self) -> Iterator[tuple[int, Record]]:
        """The number of each record, or of its line, and the record: an object of JSON lines or of a JSON array, or
        the row of a table. Numbers are `Written`.

        Raises:
            DataError: if it cannot be read.
        """
        if self.kind == "lines":
            yield from json_records(text_file(self.name, self.file.content), _DECODER)
        elif self.kind == "document":
            array = self.document if isinstance(self.document, list) else [self.document]
            for number, record in enumerate(array, start=1):
                if not isinstance(record, dict):
                    raise DataError(
                        "no JSON object, which each record of a list must be.", where=f"{self.name}, record {number:,}"
                    )
                yield number, record
        elif self.kind == "table":
            table = self.file.table()
            for line, row in zip(table.lines, table.rows, strict=True):
                yield line, dict(zip(table.columns, row, strict=True))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str | None]], lines: Sequence[int]) -> Table:
        """A table of what a format read from here, checked.

        Raises:
            DataError: if it is empty or too large, or holds what is no text.
        """
        if not rows:
            raise DataError("holds no predictions.", where=self.name)
        if len(rows) > MAX_ROWS:
            raise too_many_rows(self.name)
        made = Table if self.kind in ("lines", "table") else RecordTable
        table = made(self.name, list(columns), [list(row) for row in rows], list(lines))
        for position, row in enumerate(table.rows):
            for column, value in zip(columns, row, strict=True):
                if value is not None:
                    check_text(value, column, table.place(position))
        return table

    @cached_property
    def members(self) -> dict[str, int]:
        """Names of an archive's files, and how many bytes each says that it holds; none if it is no archive."""
        try:
            with zipfile.ZipFile(opened(self.file)) as archive:
                return {one.filename: one.file_size for one in archive.infolist()}
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            return {}


def opened(file: DataFile) -> Any:
    """The file's bytes as a stream, or its path: what `zipfile` takes."""
    return io.BytesIO(file.content) if isinstance(file.content, bytes) else file.content


def bytes_of(file: DataFile) -> bytes:
    """All bytes of a file."""
    return file.content if isinstance(file.content, bytes) else file.content.read_bytes()


def _size(content: bytes | Path) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _start(content: bytes | Path) -> bytes:
    if isinstance(content, bytes):
        return content[: 2**16]
    with content.open("rb") as stream:
        return stream.read(2**16)


def _has_lines(start: bytes) -> bool:
    """Whether a file that is named .json has a JSON object on each line, by the first of them."""
    line, newline, rest = start.lstrip(b"\xef\xbb\xbf").lstrip().partition(b"\n")
    if not newline or not rest.strip().startswith(b"{") or not line.startswith(b"{"):
        return False
    return is_json_object(line)


def at(record: Any, path: str) -> Any:
    """The value of a field by its path, such as `doc.text` or `results.0.output`; None if it is not there.

    A key that holds a dot is found as it is, and JSON that stands in a text, as in a cell of a table, is opened.
    """
    while path:
        record = _unfolded(record)
        if isinstance(record, Mapping):
            if path in record:
                return record[path]
            key = max((k for k in record if path.startswith(f"{k}.")), key=len, default=None)
            if key is None:
                return None
            record, path = record[key], path[len(key) + 1 :]
        elif isinstance(record, list):
            number, _, path = path.partition(".")
            if not number.isdigit() or len(number) > 6 or int(number) >= len(record):
                return None
            record = record[int(number)]
        else:
            return None
    return record


def _unfolded(value: Any) -> Any:
    """A value, or what the JSON in it says."""
    if type(value) is str and value.startswith(("{", "[")) and len(value) <= MAX_FIELD_CHARS:
        try:
            return parse_json(value, "", _DECODER)
        except DataError:
            return value
    return value


def as_text(value: Any) -> str | None:
    """A value of JSON as the text that a person would mean by it; None where there is none.

    A list of chat messages is what the user said last in it, and a message is its content; an object or a list with
    one value is that value. All else that is not text is JSON.
    """
    value = _unfolded(value)
    for _ in range(_MAX_FIELD_DEPTH):
        if isinstance(value, list) and value and all(isinstance(one, dict) and "role" in one for one in value):
            said = [one for one in value if one["role"] in ("user", "human")]
            value = (said or value)[-1]
        if isinstance(value, dict) and "role" in value and "content" in value:
            value = value["content"]
        elif isinstance(value, dict) and value.get("type") == "text" and "text" in value:  # a part of a message
            value = value["text"]
        elif isinstance(value, dict) and len(value) == 1:
            value = next(iter(value.values()))
        elif isinstance(value, list) and len(value) == 1:
            value = value[0]
        else:
            break
    if value is None or isinstance(value, str):
        return None if value is None else str(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def fields_of(record: Record) -> list[str]:
    """Paths of a record's values, at most MAX_FIELDS, in the order in which they stand there."""
    found: list[str] = []
    waiting: list[tuple[str, Any]] = [(key, value) for key, value in reversed(list(record.items())) if key]
    while waiting and len(found) < MAX_FIELDS:
        path, value = waiting.pop()
        inner = _unfolded(value)
        if isinstance(inner, dict) and inner and path.count(".") < _MAX_FIELD_DEPTH:
            waiting += [(f"{path}.{key}", one) for key, one in reversed(list(inner.items()))]
        elif value is not None:
            found.append(path)
    return found


def inside(records: Sequence[tuple[int, Record]], paths: Sequence[str], names: Sequence[str]) -> list[str]:
    """Fields that may be meant, by the documented order: for each path the ones of these names in the object that
    stands there, or the path itself where no object stands there but a value, or an object of one value.

    Only fields that are filled in one of the first records.
    """
    order: dict[str, tuple[int, int]] = {}
    for _, record in records[:_RECORDS_LOOKED_AT]:
        for rank, path in enumerate(paths):
            value = _unfolded(at(record, path))
            if isinstance(value, dict) and "role" not in value:
                filled = [key for key, one in value.items() if one not in _NOTHING]
                ranks = {re.sub(r"\W", "", name).casefold(): at for at, name in enumerate(names)}
                named = [(ranks.get(re.sub(r"\W", "", key).casefold(), -1), key) for key in filled]
                known = [one for one in named if one[0] >= 0] or (named if len(named) == 1 else [])
                for place, key in known:
                    order.setdefault(f"{path}.{key}", (rank, place))
            elif value not in _NOTHING:
                order.setdefault(path, (rank, 0))
    return sorted(order, key=lambda field: order[field])


def choose_fields(
    source: Source, asked: Asked, record: Record, likely: Mapping[Role, Sequence[str]], every: Sequence[str] = ()
) -> tuple[dict[Role, str], dict[Role, list[str]], frozenset[Role]]:
    """The field of each role: the one that was asked for, or the likeliest.

    Args:
        record: the first, which has the fields.
        likely: for each role the fields that may be meant, the likeliest first.
        every: what can be chosen besides; all fields of the record when empty.

    Returns:
        The field of each role, what else could be chosen for it, and the roles that are in doubt.

    Raises:
        DataError: if nothing is likely for a role, or what was asked for is not there.
    """
    every = every or fields_of(record)
    fields = {role: list(dict.fromkeys([*likely.get(role, ()), *every])) for role in ROLES}
    chosen: dict[Role, str] = {}
    for role in ROLES:
        wanted = asked.fields.get(role, "")
        if wanted and wanted not in fields[role] and at(record, wanted) is None:
            Header(source.name, fields[role]).require(wanted)
        if not wanted and not likely.get(role):
            if role == "text":
                continue
            raise NoField(source.name, role, fields)
        chosen[role] = wanted or likely[role][0]
    return chosen, fields, frozenset(role for role in ROLES if len(likely.get(role, ())) > 1)


def read_records(
    source: Source,
    title: str,
    records: Sequence[tuple[int, Record]],
    asked: Asked,
    likely: Mapping[Role, Sequence[str]],
    **more: Any,
) -> Reading:
    """The reading of records each of which has a field for each role.

    Args:
        records: with their numbers or lines.
        likely: as for `choose_fields`.
        more: further fields of the `Reading`.

    Raises:
        DataError: if there is no record, or one lacks its true label or its text.
    """
    first = records[0][1] if records else {}
    if not records:
        raise DataError("holds no predictions.", where=source.name)
    chosen, fields, in_doubt = choose_fields(source, asked, first, likely)
    in_doubt = frozenset(role for role in in_doubt if _differ(records, likely[role]))
    rows = [[as_text(at(record, path)) for path in chosen.values()] for _, record in records]
    if sum(len(value) for row in rows for value in row if value) > MAX_BYTES:
        raise too_many_bytes(source.name)
    columns = column_names(chosen)
    return Reading(
        title,
        source.table(list(columns.values()), rows, [number for number, _ in records]),
        columns=columns,
        found=chosen,
        fields=fields,
        in_doubt=in_doubt,
        **more,
    )


def _differ(records: Sequence[tuple[int, Record]], paths: Sequence[str]) -> bool:
    """Whether it matters which of some fields is taken."""
    return any(len({as_text(at(record, path)) for path in paths} - {None, ""}) > 1 for _, record in records)
