"""CSV and JSON lines -> rows of text. Time and memory are linear in the size of the file, for any content."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evalcore.errors import DataError, quoted
from evalcore.tasks import table
from evalcore.tasks.table import Choose, Header, Table, check_text, chosen_columns

MAX_LINES = 10_000_000
MAX_LINE_CHARS = 4 * table.MAX_FIELD_CHARS
MAX_SEPARATORS = 1_000_000
"""In one row: each may separate two values, and a value of one character takes a hundred bytes of memory."""
MAX_DEPTH = 500
"""Of JSON: the standard library's reader fails at a depth somewhat below 1,000, depending on the call stack."""

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_PIECE = 2**20
_BRACKET_OR_QUOTE = re.compile(r'\\.|["\[\]{}]', re.DOTALL)


@dataclass(frozen=True)
class TextFile:
    """The bytes of a text file, checked to be text.

    Attributes:
        start: where the text starts, after a byte order mark.
    """

    name: str
    content: bytes
    encoding: str
    start: int

    def lines(self, newline: str, separators: str = "") -> Lines:
        """Its lines, each with its end.

        Args:
            newline: as `open` takes it: `""` for lines that end in LF, CR or both, `"\\n"` for LF only.
        """
        stream = io.BytesIO(self.content)
        stream.seek(self.start)
        return Lines(self.name, io.TextIOWrapper(stream, self.encoding, newline=newline), separators)


class Lines:
    """The lines of a text file, one at a time, each of a bounded length.

    Attributes:
        number: of the line that was read last.
        held: separators since this was last set to 0; the reader of rows sets it after each row, which may have several
            lines.
    """

    def __init__(self, name: str, stream: io.TextIOWrapper, separators: str) -> None:
        self.name, self.stream, self.separators = name, stream, separators
        self.number = self.held = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.stream.readline(MAX_LINE_CHARS + 1)
        if not line:
            raise StopIteration
        self.number += 1
        for separator in self.separators:
            self.held += line.count(separator)
        if len(line) > MAX_LINE_CHARS or self.held > MAX_SEPARATORS or self.number > MAX_LINES:
            raise self._too_much(len(line))
        return line

    def _too_much(self, length: int) -> DataError:
        if self.number > MAX_LINES:
            return DataError(f"has more than {MAX_LINES:,} lines.", where=self.name, do="Take a part of it.")
        if length > MAX_LINE_CHARS:
            what = f"a line of more than {MAX_LINE_CHARS:,} characters."
        else:
            what = f"a row of more than {MAX_SEPARATORS:,} values."
        do = "Check for a quote that is opened and never closed."
        return DataError(what, where=f"{self.name}, line {self.number}", do=do)


def text_file(name: str, content: bytes) -> TextFile:
    """Detect the encoding, and check that all of it is text.

    Raises:
        DataError: with the line, if it is neither UTF-8 nor marked as UTF-16, or holds a NUL.
    """
    if not content or content.isspace():
        raise DataError("the file is empty.", where=name)
    mark, encoding = next(((mark, codec) for mark, codec in _MARKS if content.startswith(mark)), (b"", "utf-8"))
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    for at in range(len(mark), len(content), _PIECE):
        try:
            text = decoder.decode(content[at : at + _PIECE], final=at + _PIECE >= len(content))
        except UnicodeDecodeError as error:
            line += error.object[: error.start].decode(encoding).count("\n")
            raise DataError(
                f"not valid {encoding[:6].upper().rstrip('-')} text.",
                where=f"{name}, line {line}",
                do="Save the file as UTF-8.",
            ) from None
        if "\0" in text:
            line += text.count("\n", 0, text.index("\0"))
            raise DataError("holds a NUL character, which no text has.", where=f"{name}, line {line}")
        line += text.count("\n")
    return TextFile(name, content, encoding, len(mark))


def parse_csv(file: TextFile, delimiter: str, choose: Choose) -> Table:
    """A CSV file with a header.

    Raises:
        DataError: if it is not valid or a row is not as long as the header.
    """
    csv.field_size_limit(table.MAX_FIELD_CHARS)
    # Line breaks inside quoted fields stay as they are; a lone CR also ends a row.
    lines = file.lines(newline="", separators=delimiter)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    header: list[str] | None = None
    chosen: list[str] = []
    wanted: list[int] = []
    rows: list[list[str | None]] = []
    starts: list[int] = []
    line = 1
    try:
        for fields in reader:
            start, line = line, lines.number + 1
            lines.held = 0
            if not fields:
                continue
            if header is None:
                header = fields
                _check_separator(file.name, header, delimiter)
                chosen = chosen_columns(Header(file.name, header), choose)
                wanted = [header.index(column) for column in chosen]
                continue
            if len(fields) != len(header):
                raise DataError(
                    f"{len(fields):,} fields where the header has {len(header):,}.",
                    where=f"{file.name}, line {start}",
                    do="Put a field that contains a separator in double quotes.",
                )
            if len(rows) >= table.MAX_ROWS:
                raise table.too_many_rows(file.name)
            rows.append([fields[at] for at in wanted])
            starts.append(start)
    except csv.Error as error:
        raise DataError(
            f"not valid CSV ({error}).",
            where=f"{file.name}, line {line}",
            do='Check for a quote that is opened and never closed; write a quote inside a field as "".',
        ) from None
    if not rows:
        raise table.no_rows(file.name)
    return Table(file.name, chosen, rows, starts)


_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", ",": "commas", "|": "bars"}
_SAVE_AS = {",": "Save it with commas", "\t": "Save it with tabs"}


def _check_separator(name: str, header: list[str], delimiter: str) -> None:
    """Refuse a file of one column whose header contains another separator: it is probably separated by that."""
    found = next((mark for mark in _OTHER_SEPARATORS if mark in header[0] and mark != delimiter), None)
    if len(header) == 1 and found:
        rename = {"\t": ", or name it .tsv", ",": ", or name it .csv"}.get(found, "")
        raise DataError(
            f"has one column only, {quoted(header[0])}: it looks separated by {_OTHER_SEPARATORS[found]}.",
            where=f"{name}, line 1",
            do=f"{_SAVE_AS[delimiter]}{rename}.",
        )


def parse_json_lines(file: TextFile, choose: Choose) -> Table:
    """A file with a JSON object on each line; a key that a line lacks is a missing value there.

    Raises:
        DataError: if a line is no JSON object, is nested too deeply, or has a key twice.
    """
    # Any line may have a new key. Usually the first has all of them; otherwise the file is read twice.
    likely = _likely_columns(file, choose)
    columns, rows, starts = _json_rows(file, likely)
    chosen = chosen_columns(Header(file.name, columns), choose)
    if chosen != likely:
        _, rows, starts = _json_rows(file, chosen)
    for row, line in zip(rows, starts, strict=True):
        for column, text in zip(chosen, row, strict=True):
            if text is not None:
                check_text(text, column, f"{file.name}, line {line}")
    return Table(file.name, chosen, rows, starts)


def _likely_columns(file: TextFile, choose: Choose) -> list[str]:
    try:
        return next((chosen_columns(Header(file.name, list(record)), choose) for _, record in _records(file)), [])
    except DataError:
        return []  # a later line may have the column; if not, the error is raised again when all is read


def _json_rows(file: TextFile, chosen: list[str]) -> tuple[list[str], list[list[str | None]], list[int]]:
    """The names of all columns, the values of the chosen ones, and the line of each row."""
    columns: dict[str, None] = {}
    rows: list[list[str | None]] = []
    starts: list[int] = []
    for line, record in _records(file):
        if len(rows) >= table.MAX_ROWS:
            raise table.too_many_rows(file.name)
        for key in record:
            if key not in columns:
                check_text(key, key, f"{file.name}, line {line}")
                columns[key] = None
        if len(columns) > table.MAX_COLUMNS:
            raise table.too_many_columns(file.name)
        if len(rows) * len(chosen) > table.MAX_CELLS:
            raise table.too_many_cells(file.name)
        rows.append([_json_text(record.get(column)) for column in chosen])
        starts.append(line)
    return list(columns), rows, starts


def _records(file: TextFile) -> Iterator[tuple[int, _Object]]:
    lines = file.lines(newline="\n", separators=",[{")
    for content in lines:
        lines.held = 0
        if content.isspace():
            continue
        where = f"{file.name}, line {lines.number}"
        record = parse_json(content, where)
        if not isinstance(record, _Object):
            raise DataError("each line must be a JSON object.", where=where)
        yield lines.number, record


class _Written(str):
    """JSON text that is kept as it is written: a number, a bracket, a comma."""

    __slots__ = ()


class _Object(dict[str, Any]):
    """A JSON object without duplicate keys."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        if len(self) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            raise ValueError(f"the key {quoted(next(key for key in counts if counts[key] > 1))} stands there twice")


_DECODER = json.JSONDecoder(
    # Numbers are kept as they are written: 1e5 does not become 100000.0.
    parse_int=_Written, parse_float=_Written, parse_constant=_Written, object_pairs_hook=_Object
)  # fmt: skip


def parse_json(text: str, where: str) -> Any:
    """JSON, with numbers as they are written and objects as `dict`.

    Raises:
        DataError: if it is not valid, is nested too deeply, or has a key twice.
    """
    if _is_deep(text):
        raise DataError(f"JSON that is nested more than {MAX_DEPTH} levels deep.", where=where, do="Flatten it.")
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise DataError(f"not valid JSON ({error.msg} at character {error.colno:,}).", where=where) from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"not valid JSON ({error}).", where=where) from None


def _is_deep(text: str) -> bool:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth, in_string = 0, False
    for found in _BRACKET_OR_QUOTE.finditer(text):
        token = found.group()
        if token == '"':
            in_string = not in_string
        elif not in_string:
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token, 0)
            if depth > MAX_DEPTH:
                return True
    return False


def _json_text(value: Any) -> str | None:
    """A JSON value as text: strings and numbers as they are, the rest as JSON."""
    if value is None or isinstance(value, str):
        return None if value is None else str(value)
    # Not recursive: the data may be nested more deeply than Python's call stack allows.
    parts: list[str] = []
    left = [value]
    while left:
        value = left.pop()
        if isinstance(value, _Written):
            parts.append(value)
        elif isinstance(value, dict | list):
            left += reversed(_opened(value))
        else:
            parts.append(json.dumps(value, ensure_ascii=False))
    return "".join(parts)


def _opened(value: dict[str, Any] | list[Any]) -> list[Any]:
    """An object or array as the sequence of its parts, brackets and commas included."""
    if isinstance(value, list):
        inner = [part for item in value for part in (_Written(", "), item)]
        return [_Written("["), *inner[1:], _Written("]")]
    inner = [
        part
        for key, item in value.items()
        for part in (_Written(", "), _Written(f"{json.dumps(key, ensure_ascii=False)}: "), item)
    ]
    return [_Written("{"), *inner[1:], _Written("}")]
