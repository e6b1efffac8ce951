"""The lines of a text file, in time and memory that are linear in its size for any content, and CSV -> rows of text."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from evalcore.errors import DataError, quoted
from evalcore.tasks import table
from evalcore.tasks.table import Choose, Header, PassOver, Table, chosen_columns

MAX_LINES = 10_000_000
MAX_LINE_CHARS = 4 * table.MAX_FIELD_CHARS
MAX_SEPARATORS = 1_000_000
"""In one row: each may separate two values, and a value of one character takes a hundred bytes of memory."""
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
"""What may separate the values of a CSV file, and its name."""

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_PIECE = 2**20


@dataclass(frozen=True)
class TextFile:
    """The bytes of a text file, checked to be text.

    Attributes:
        content: the bytes, or where they are: a file that is too large for memory is read in pieces.
        start: where the text starts, after a byte order mark.
    """

    name: str
    content: bytes | Path
    encoding: str
    start: int

    def lines(self, newline: str, separators: str = "") -> Lines:
        """Its lines, each with its end.

        Args:
            newline: as `open` takes it: `""` for lines that end in LF, CR or both, `"\\n"` for LF only.
        """
        stream = _opened(self.content)
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
            self.stream.close()
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


def _opened(content: bytes | Path) -> BinaryIO:
    return content.open("rb") if isinstance(content, Path) else io.BytesIO(content)


def text_file(name: str, content: bytes | Path) -> TextFile:
    """Detect the encoding, and check that all of it is text.

    Raises:
        DataError: with the line, if it is neither UTF-8 nor marked as UTF-16, or holds a NUL.
    """
    with _opened(content) as stream:
        start = stream.read(4)
        mark, encoding = next(((mark, codec) for mark, codec in _MARKS if start.startswith(mark)), (b"", "utf-8"))
        stream.seek(len(mark))
        decoder = codecs.getincrementaldecoder(encoding)()
        line, is_empty, ended = 1, not mark, False
        while not ended:
            piece = stream.read(_PIECE)
            ended = len(piece) < _PIECE
            is_empty = is_empty and (not piece or piece.isspace())
            try:
                text = decoder.decode(piece, final=ended)
            except UnicodeDecodeError as error:
                line += error.object[: error.start].decode(encoding).count("\n")
                raise DataError(
                    f"not valid {encoding[:6].upper().rstrip('-')} text{_in_windows(error)}.",
                    where=f"{name}, line {line}",
                    do="Save the file as UTF-8 (in Excel: “CSV UTF-8”), or as .xlsx.",
                ) from None
            if "\0" in text:
                line += text.count("\n", 0, text.index("\0"))
                raise DataError("holds a NUL character, which no text has.", where=f"{name}, line {line}")
            line += text.count("\n")
    if is_empty:
        raise DataError("the file is empty.", where=name)
    return TextFile(name, content, encoding, len(mark))


def _in_windows(error: UnicodeDecodeError) -> str:
    """The byte that is not UTF-8, as Windows of western Europe would read it.

    It is not read so: in which of dozens of such encodings a file was saved cannot be told from its bytes for certain.
    """
    if error.encoding != "utf-8":
        return ""
    byte = error.object[error.start : error.start + 1]
    read = byte.decode("cp1252", errors="replace")
    return f" (the byte {byte[0]:#04x} would be {quoted(read)} in Windows-1252)" if read.isprintable() else ""


def parse_csv(file: TextFile, delimiter: str, choose: Choose, pass_over: PassOver | None = None) -> Table:
    """A CSV file with a header.

    Args:
        pass_over: see `table.PassOver`.

    Raises:
        DataError: if it is not valid or a row is not as long as the header.
    """
    records = csv_records(file, delimiter, pass_over)
    _, header = next(records, (1, []))
    chosen = chosen_columns(Header(file.name, header), choose)
    wanted = [header.index(column) for column in chosen]
    rows: list[list[str | None]] = []
    starts: list[int] = []
    chars = 0
    for start, fields in records:
        if len(rows) >= table.MAX_ROWS:
            raise table.too_many_rows(file.name)
        row: list[str | None] = [fields[at] for at in wanted]
        chars += sum(map(len, filter(None, row)))
        if chars > table.MAX_BYTES:
            raise table.too_many_bytes(file.name)
        rows.append(row)
        starts.append(start)
    if not rows:
        raise table.no_rows(file.name)
    return Table(file.name, chosen, rows, starts)


def csv_records(file: TextFile, delimiter: str, pass_over: PassOver | None = None) -> Iterator[tuple[int, list[str]]]:
    """The header and then the rows of a CSV file, each with the line on which it starts.

    Args:
        pass_over: see `table.PassOver`; what is no CSV any more is passed over to the end.

    Raises:
        DataError: if it is not valid or a row is not as long as the header.
    """
    csv.field_size_limit(table.MAX_FIELD_CHARS)
    # Line breaks inside quoted fields stay as they are; a lone CR also ends a row.
    lines = file.lines(newline="", separators=delimiter)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    columns = 0
    line = 1
    try:
        for fields in reader:
            start, line = line, lines.number + 1
            lines.held = 0
            if not fields:
                continue
            if not columns:
                columns = len(fields)
                if delimiter == "\t":
                    _check_tabs(file.name, fields)
            elif len(fields) != columns:
                ragged = DataError(
                    f"{len(fields):,} fields where the header has {columns:,}.",
                    where=f"{file.name}, line {start}",
                    do="Put a field that contains a separator in double quotes.",
                )
                if pass_over is None:
                    raise ragged
                pass_over(start, ragged)
                continue
            yield start, fields
    except csv.Error as error:
        invalid = DataError(
            f"not valid CSV ({error}).",
            where=f"{file.name}, line {line}",
            do='Check for a quote that is opened and never closed; write a quote inside a field as "".',
        )
        if pass_over is None:
            raise invalid from None
        pass_over(line, invalid)


def _check_tabs(name: str, header: list[str]) -> None:
    """Refuse a .tsv file of one column whose header holds another separator: it is probably separated by that."""
    found = next((mark for mark in SEPARATORS if mark in header[0]), None)
    if len(header) == 1 and found:
        raise DataError(
            f"has one column only, {quoted(header[0])}: it looks separated by {SEPARATORS[found]}.",
            where=f"{name}, line 1",
            do="Save it with tabs, or name it .csv.",
        )
