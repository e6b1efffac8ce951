"""An Excel workbook -> rows of text. Imports pandas, which is slow, so this module is imported only for a workbook.

A workbook of a few thousand bytes can unfold into gigabytes: by its compression, by one cell far below and to the
right of all others, and by one long text that many cells share. All three are counted before the library reads it, and
what it reads are the very bytes that were counted. Old workbooks (.xls) and others (.ods, .xlsb) cannot be counted so,
and are refused with a word on how to save them.

A cell is text as the file holds it. What a person sees of a date depends on the country and the format of the cell, so
that a date is refused where it is wanted.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any
from xml.parsers import expat

import pandas

from evalcore.errors import DataError, first_line, listed, quoted
from evalcore.tasks import table
from evalcore.tasks.table import Choose, Header, PassOver, Table, check_text, chosen_columns

MAX_UNPACKED_BYTES = 128 * 2**20
"""Of all parts of a workbook together."""
MAX_SHEET_CELLS = 1_000_000
"""In the rectangles from A1 to the last cell of each sheet: a cell takes about a hundred bytes, empty or not."""
MAX_PARTS = 2_000
EXACT_DIGITS = 15
"""Of a number, as Excel keeps it."""

_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def parse_excel(
    name: str, content: bytes | Path, choose: Choose, sheet: str = "", pass_over: PassOver | None = None
) -> Table:
    """One sheet of a workbook, whose first row that is not empty is the header.

    Args:
        sheet: its name; the first sheet that holds something when empty.
        pass_over: see `table.PassOver`.

    Raises:
        DataError: if it is no workbook, too large once unfolded, or a wanted cell holds a date or a number of more than
            15 digits.
    """
    _, names, rest = rows_of(name, content, sheet)
    chosen = chosen_columns(Header(name, names), choose)
    wanted = [names.index(column) for column in chosen]
    rows: list[list[str | None]] = []
    lines: list[int] = []
    for number, row in rest:
        if len(rows) >= table.MAX_ROWS:
            raise table.too_many_rows(name)
        place = f"{name}, row {number}"
        try:
            rows.append([_text(row[at], column, place) for at, column in zip(wanted, chosen, strict=True)])
        except DataError as error:
            if pass_over is None:
                raise
            pass_over(number, error)
            continue
        lines.append(number)
    if not rows:
        raise table.no_rows(name)
    return Table(name, chosen, rows, lines)


def rows_of(name: str, content: bytes | Path, sheet: str = "") -> tuple[str, list[str], list[tuple[int, list[Any]]]]:
    """The sheet's name, the names of the columns, and the rows that are not empty with their numbers.

    An empty cell is an empty string.

    Args:
        sheet: its name; the first sheet that holds something when empty.

    Raises:
        DataError: if it is no workbook, too large once unfolded, or a name is no text.
    """
    if isinstance(content, Path):
        raise table.too_many_bytes(name)
    title, cells = _sheet(name, sheets(name, content), sheet)
    filled = ((at, row) for at, row in enumerate(cells, start=1) if any(cell != "" for cell in row))
    header_row, header = next(filled, (1, []))
    named = [_text(cell, "of the header", f"{name}, row {header_row}") for cell in header]
    rest = list(filled)
    # Columns at the right without a name and without a value are left over from formatting.
    width = max((at for _, row in [(0, named), *rest] for at, cell in enumerate(row, start=1) if cell != ""), default=0)
    return title, named[:width], rest


def sheets(name: str, content: bytes) -> dict[str, list[list[Any]]]:
    """The cells of each sheet, from A1 on, by the sheets' names in order; an empty cell is an empty string.

    Raises:
        DataError: if it is no workbook, or too large once unfolded.
    """
    try:
        repacked = _repacked(name, content)
        _check_size(name, repacked)
        frames = pandas.read_excel(
            repacked, sheet_name=None, header=None, dtype=object, engine="calamine", na_filter=False
        )
        return {str(title): frame.to_numpy(dtype=object).tolist() for title, frame in frames.items()}
    except DataError:
        raise
    except Exception as error:  # the reader has errors of its own kind, and pandas raises what it comes across
        raise DataError(
            f"not a readable workbook ({first_line(error):.200}).", where=name, do="Save it as .xlsx anew, or as CSV."
        ) from error


def _sheet(name: str, found: dict[str, list[list[Any]]], wanted: str) -> tuple[str, list[list[Any]]]:
    """The sheet that is wanted, or the first that holds something, with its name."""
    if wanted:
        if wanted not in found:
            raise DataError(
                f"there is no sheet {quoted(wanted)}.", where=name, do=f"Its sheets are: {listed(list(found))}."
            )
        return wanted, found[wanted]
    filled = (one for one in found.items() if any(cell != "" for row in one[1] for cell in row))
    return next(filled, ("", []))


def _text(cell: Any, column: str, where: str) -> str:
    """A cell as a person reads it in a cell without a format.

    Raises:
        DataError: if that depends on the format.
    """
    if isinstance(cell, str):
        check_text(cell, column, where)
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float) and abs(cell) < 10**EXACT_DIGITS:
        return f"{cell:.{EXACT_DIGITS}g}"
    is_long = isinstance(cell, int | float)
    what = (
        f"a number of more than {EXACT_DIGITS} digits" if is_long else "a date or a time, which is shown in many ways"
    )
    raise DataError(
        f"column {quoted(column)} holds {what}.",
        where=where,
        do="Format the column as text in the workbook, and type the values as they are meant.",
    )


def _repacked(name: str, content: bytes) -> io.BytesIO:
    """The workbook without compression: no part is larger than its directory says, and all together are bounded.

    Pictures and the like are left out.

    Raises:
        DataError: if it is too large once unfolded.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = [part for part in packed.infolist() if part.filename.lower().endswith((".xml", ".rels"))]
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
            raise _too_large(name)
        unpacked = io.BytesIO()
        with zipfile.ZipFile(unpacked, "w") as stored:
            for part in parts:
                stored.writestr(part.filename, packed.read(part))  # reads no more than the directory says
    unpacked.seek(0)
    return unpacked


def _check_size(name: str, workbook: io.BytesIO) -> None:
    """Refuse a workbook whose cells would take too much memory.

    Raises:
        DataError: if they would.
    """
    cells = chars = 0
    lengths: list[int] = []
    shared: Counter[int] = Counter()
    with zipfile.ZipFile(workbook) as parts:
        for part in parts.namelist():
            found = _Part(parts.read(part), name)
            cells += found.last_row * found.last_column
            lengths += found.lengths
            shared += found.shared
    chars = sum(lengths[at] * times for at, times in shared.items() if at < len(lengths))
    workbook.seek(0)
    if cells > MAX_SHEET_CELLS or chars > table.MAX_BYTES:
        raise _too_large(name)


class _Part:
    """What an XML part of a workbook says of its size.

    Attributes:
        last_row, last_column: of its cells, from 1; 0 if it is no sheet.
        lengths: of the texts that cells may share, in order; none if it does not hold these.
        shared: how often its cells refer to each of those.
    """

    def __init__(self, content: bytes, name: str) -> None:
        self.last_row = self.last_column = 0
        self.lengths: list[int] = []
        self.shared: Counter[int] = Counter()
        self._name = name
        self._row = self._column = self._written = 0
        self._is_shared = False
        self._number: list[str] | None = None
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.Parse(content, True)

    def _refuse(self, *_: object) -> None:
        raise DataError("holds a document type, which no workbook has.", where=self._name, do="Save it as .xlsx anew.")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "c":
            place = _PLACE.fullmatch(attributes.get("r", ""))
            self._column = _column_number(place[1]) if place else self._column + 1
            self.last_column = max(self.last_column, self._column)
            self.last_row = max(self.last_row, int(place[2]) if place else self._row)
            self._is_shared = attributes.get("t") == "s"
        elif tag == "v":
            self._number = [] if self._is_shared else None
        elif tag == "row":
            given = attributes.get("r", "")
            self._row = int(given) if given.isdecimal() and len(given) < 9 else self._row + 1
            self._column = 0
        elif tag == "si":
            self._written = 0

    def _end(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "si":
            self.lengths.append(self._written)
        elif tag == "v" and self._number is not None:
            number = "".join(self._number).strip()
            self._number = None
            if number.isdecimal() and len(number) < 9:
                self.shared[int(number)] += 1

    def _characters(self, text: str) -> None:
        self._written += len(text)
        if self._number is not None:
            self._number.append(text)


def _column_number(letters: str) -> int:
    """A is 1, Z 26, AA 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _too_large(name: str) -> DataError:
    return DataError(
        f"unfolds into more than a workbook may hold here ({MAX_UNPACKED_BYTES / 2**20:.0f} MB and "
        f"{MAX_SHEET_CELLS:,} cells).",
        where=name,
        do="Save the sheet as CSV, and look for a cell far away from the others.",
    )
