"""Data files -> rows of text, exactly as written. The one place that reads CSV, JSONL, Parquet and Excel.

Values are never interpreted: `NA`, `001` and `True` are text. What cannot be read exactly is refused with its line.
(pandas would silently read a row with one field too many as an index.) Only the columns that the caller wants are
converted, so that unusual values in other columns do no harm.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from evalcore.errors import DataError
from evalcore.tasks import table
from evalcore.tasks.content_kind import SUFFIXES, format_of
from evalcore.tasks.json_lines import parse_json, parse_json_lines
from evalcore.tasks.numbers import NumberBlock, nested_columns, number_blocks
from evalcore.tasks.separator import separator_of
from evalcore.tasks.table import Choose, Header, PassOver, Table, check_text, every_column
from evalcore.tasks.text_file import parse_csv, text_file

__all__ = [
    "SUFFIXES", "DataFile", "Header", "LabelList", "NamedFile", "NumberBlock", "Table", "data_in_memory",
    "open_data_file", "parse_label_list", "parse_lines", "parse_table", "read_label_list", "read_lines", "read_table",
    "typed_path",
]  # fmt: skip

MAX_LABEL_LIST_BYTES = 16 * 2**20
MAX_BYTES_IN_PIECES = 8 * 2**30
"""Of a file with columns of numbers, which is read in pieces: JSON lines of a million rows of 150 labels."""

_RECENT_S = 2.0
_PAUSE_S = 0.1
_PAUSE_INSIDE_A_ROW_S = 1.0


@dataclass(frozen=True)
class NamedFile:
    """A file on the disk, and what messages call it.

    Attributes:
        name: of an upload, what the person's file was called; its ending decides the format.
        digest: the SHA-256 that its bytes must have, in hexadecimal; empty if they may be any.
        sheet: of a workbook; the first one that holds something when empty.
    """

    path: Path
    name: str
    digest: str = ""
    sheet: str = ""

    def read(self) -> DataFile:
        """Its content.

        Raises:
            DataError: if it cannot be read, or its bytes are others than they were.
        """
        content = _read(self.path)
        if self.digest and hashlib.sha256(content).hexdigest() != self.digest:
            raise DataError(
                "the bytes on the disk are not those that were uploaded.", where=self.name, do="Upload it again."
            )
        return data_in_memory(self.name, content, self.sheet)


@dataclass(frozen=True)
class LabelList:
    """Labels in order, with their places in the file.

    Attributes:
        name: the file's name, for messages.
        labels: as they are written there.
        places: of each label, for messages: its line, or its number in a JSON array; empty if there is no list.
    """

    name: str
    labels: list[str]
    places: list[str]

    def where(self, at: int) -> str:
        """The place of the label at index `at`, for messages."""
        return f"{self.name}, {self.places[at]}" if self.places else self.name


def read_table(path: Path, choose: Choose = every_column) -> Table:
    """Read a CSV, TSV, JSONL, Parquet or Excel file.

    Args:
        choose: called with the names of all columns; returns those to be read.

    Raises:
        DataError: if it is missing, of another kind, not UTF-8 or UTF-16, ragged, too large or being written.
    """
    return parse_table(path.name, _read(path), choose)


@dataclass(frozen=True)
class DataFile:
    """A data file of texts and numbers: the texts are read first, and then the numbers in blocks.

    Attributes:
        name: as messages show it; its ending decides the format.
        content: the bytes, or the file if it is too large for memory.
        sheet: of a workbook; the first one that holds something when empty.
    """

    name: str
    content: bytes | Path
    sheet: str = ""

    def table(self, choose: Choose = every_column) -> Table:
        """The columns of texts that `choose` wants; raises DataError as `read_table` does."""
        return _table(self, choose, None)

    def readable(self, choose: Choose, pass_over: PassOver) -> Table:
        """The same without the rows that cannot be read, where they can be told from the others (not in Parquet).

        Args:
            pass_over: told of each of them.

        Raises:
            DataError: if none can be read, or the columns cannot.
        """
        return _table(self, choose, pass_over)

    def nested_columns(self, keys: Sequence[str]) -> list[str]:
        """Names of the numbers inside of objects of JSON lines: see `numbers.nested_columns`."""
        return nested_columns(self.name, self.content, keys)

    def numbers(self, columns: Sequence[str], keys: Sequence[str] = ()) -> Iterator[NumberBlock]:
        """The numbers of these columns: see `numbers.number_blocks`."""
        return number_blocks(self.name, self.content, columns, keys, self.sheet)


def data_in_memory(name: str, content: bytes, sheet: str = "") -> DataFile:
    """The data file of an upload.

    Args:
        sheet: of a workbook; the first one that holds something when empty.

    Raises:
        DataError: if it is too large.
    """
    name = _shown(name)
    if len(content) > table.MAX_BYTES:
        raise table.too_many_bytes(name)
    return DataFile(name, content, sheet)


@contextmanager
def open_data_file(path: Path) -> Iterator[DataFile]:
    """A file that may be larger than `read_table` takes, because most of it is numbers.

    Raises:
        DataError: as `read_table` does; at the end, if the file was written meanwhile.
    """
    if not _is_large(path):
        yield DataFile(_shown(path.name), _read(path))
        return
    before = _state_or_none(path)
    if before is None:
        raise _being_written(path)
    if before[0] > MAX_BYTES_IN_PIECES:
        raise table.too_many_bytes(path.name, MAX_BYTES_IN_PIECES)
    if abs(time.time() - before[1] / 1e9) < _RECENT_S:
        time.sleep(_PAUSE_INSIDE_A_ROW_S)
    try:
        yield DataFile(_shown(path.name), path)
    finally:  # of a file that is being written any error may come
        if _state_or_none(path) != before:
            raise _being_written(path)


def _is_large(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size > table.MAX_BYTES
    except (OSError, ValueError):
        return False  # `_read` says why it cannot be read


def _being_written(path: Path) -> DataError:
    return DataError("the file is being written.", where=str(path), do="Try again when it is complete.")


def typed_path(name: str) -> Path | None:
    """The file or folder of a name that a user typed; None if it does not exist or is no possible path."""
    try:
        path = Path(name).expanduser()
        return path if path.exists() else None
    except (OSError, RuntimeError, ValueError):  # too long; an unknown home folder; half a surrogate pair
        return None


def parse_table(name: str, content: bytes, choose: Choose = every_column) -> Table:
    """The same for content in memory (an upload); `name` decides the format and is used in messages."""
    return data_in_memory(name, content).table(choose)


def _table(file: DataFile, choose: Choose, pass_over: PassOver | None) -> Table:
    name, content = file.name, file.content
    found = format_of(name, content)
    if found == "parquet":
        from evalcore.tasks.parquet_file import parse_parquet

        return parse_parquet(name, content, choose)
    if found == "excel":
        from evalcore.tasks.excel_file import parse_excel

        return parse_excel(name, content, choose, file.sheet, pass_over)
    text = text_file(name, content)
    if found == "jsonl":
        return parse_json_lines(text, choose, pass_over)
    return parse_csv(text, "\t" if found == "tsv" else separator_of(text), choose, pass_over)


def read_label_list(path: Path) -> LabelList:
    """Labels in order, from a JSON array of strings or a text file with one label a line.

    Raises:
        DataError: if it is missing, is no such array, or is too large.
    """
    return parse_label_list(path.name, _read(path))


def parse_label_list(name: str, content: bytes) -> LabelList:
    """The same for content in memory; `name` decides the format and is used in messages."""
    name = _shown(name)
    if len(content) > MAX_LABEL_LIST_BYTES:
        raise DataError(f"a label list of more than {MAX_LABEL_LIST_BYTES / 2**20:.0f} MB.", where=name)
    # Not splitlines(), which also breaks at U+2028 and others that a label may contain.
    lines = text_file(name, content).lines(newline="")
    if not name.lower().endswith(".json"):
        labels = {number: line.rstrip("\r\n") for number, line in enumerate(lines, start=1) if line.strip()}
        return LabelList(name, list(labels.values()), [f"line {number}" for number in labels])
    array = parse_json("".join(lines), name)
    if not isinstance(array, list) or not all(type(label) is str for label in array):
        raise DataError("a label list must be a JSON array of strings.", where=name)
    places = [f"label {number}" for number in range(1, len(array) + 1)]
    for label, place in zip(array, places, strict=True):
        check_text(label, "label", f"{name}, {place}")
    return LabelList(name, array, places)


def read_lines(path: Path) -> list[str]:
    """The lines of a text file that are not blank, without their ends.

    Raises:
        DataError: if it is missing, not UTF-8 or UTF-16, too large or being written.
    """
    return parse_lines(path.name, _read(path))


def parse_lines(name: str, content: bytes) -> list[str]:
    """The same for content in memory; `name` is used in messages."""
    name = _shown(name)
    if len(content) > table.MAX_BYTES:
        raise table.too_many_bytes(name)
    lines = [line.rstrip("\r\n") for line in text_file(name, content).lines(newline="") if line.strip()]
    if not lines:
        raise table.no_rows(name)
    return lines


def _read(path: Path) -> bytes:
    """All of a file, read at a time when it is not being written."""
    try:
        if path.exists() and not path.is_file():
            raise DataError("this is not a plain file.", where=str(path))
        before = _state(path)
        if before[0] > table.MAX_BYTES:
            raise table.too_many_bytes(path.name)
        content = path.read_bytes()
        # A program that writes a long file pauses between its parts, so a file that has just changed is checked again.
        if abs(time.time() - before[1] / 1e9) < _RECENT_S:
            time.sleep(_PAUSE_S if _ends_with_a_row(path.suffix.lower(), content) else _PAUSE_INSIDE_A_ROW_S)
        if _state(path) != before or len(content) != before[0]:
            raise _being_written(path)
        return content
    except OSError as error:
        raise DataError(f"the file cannot be read ({error.strerror}).", where=str(path), do="Check the path.") from None
    except (ValueError, RuntimeError):  # a NUL in the path
        raise DataError("this is not a path.", where=repr(str(path))) from None


def _state(path: Path) -> tuple[int, int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


def _state_or_none(path: Path) -> tuple[int, int, int] | None:
    try:
        return _state(path)
    except OSError:
        return None


def _ends_with_a_row(suffix: str, content: bytes) -> bool:
    """Whether the last row is known to be complete. A CSV file may end without a line break, but rarely does."""
    end = content[-80:].rstrip(b"\0")  # the zeros of UTF-16
    if suffix in (".jsonl", ".ndjson", ".json"):
        return end.rstrip().endswith((b"}", b"]"))
    return suffix in (".parquet", ".xlsx", ".xlsm") or end.endswith((b"\n", b"\r"))


def _shown(name: str) -> str:
    """A file's name as messages show it: its last part, without control characters, at most 80 characters."""
    last = re.split(r"[/\\]", name)[-1]
    whole = "".join(character if character.isprintable() else "\ufffd" for character in last)
    return whole if len(whole) <= 80 else f"{whole[:40]}…{whole[-39:]}"
