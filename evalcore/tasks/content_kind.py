"""What a file is by its content, and whether its name says the same: the content is never read as something else.

A file whose name promises another format is refused with the right ending, rather than read by a guess: one rule for
all formats, and what a person sees in the file's name stays true of it.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evalcore.errors import DataError
from evalcore.tasks.json_lines import is_json_object

Format = Literal["csv", "tsv", "jsonl", "parquet", "excel"]

FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".xlsx": "excel",
    ".xlsm": "excel",
}
SUFFIXES = tuple(FORMATS)
"""Endings of the files that can be read, as names have them."""

_LOOKED_AT = 4096
"""Bytes at the beginning."""


@dataclass(frozen=True)
class _Kind:
    """A kind of content.

    Attributes:
        what: as the sentence says it.
        cure: what to do.
        format: how it is read; None if it is not.
    """

    what: str
    cure: str
    format: Format | None = None


_UNPACK = "Unpack it, and use the data file in it."
_EXPORT = "Save the table in it as CSV or .xlsx."
_PARQUET = _Kind("a Parquet file", "Let its name end in .parquet.", "parquet")
_EXCEL = _Kind("an Excel workbook", "Let its name end in .xlsx.", "excel")
_JSON_LINES = _Kind("JSON lines", "Let its name end in .jsonl.", "jsonl")
_JSON_ARRAY = _Kind("a JSON array", "Write each of its objects on a line of its own, and let the name end in .jsonl.")
_WEB_PAGE = _Kind("a web page", "Look at it in a browser: a page may have been saved in the file's place.")
_ZIP = _Kind("a zip archive", _UNPACK)
_DAMAGED_ZIP = _Kind("a damaged zip archive or workbook", "Save or download it anew.")
_PICKLE = _Kind("a Python pickle", "Save it as Parquet or CSV: a pickle may run code, and is never read.")

_MAGIC: tuple[tuple[bytes, _Kind], ...] = (
    (b"PAR1", _PARQUET),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _Kind(
        "a file of an old Office program, or a workbook with a password", "Save it as .xlsx without a password."
    )),
    (b"\x1f\x8b", _Kind("compressed with gzip", _UNPACK)),
    (b"BZh", _Kind("compressed with bzip2", _UNPACK)),
    (b"\xfd7zXZ\0", _Kind("compressed with xz", _UNPACK)),
    (b"\x28\xb5\x2f\xfd", _Kind("compressed with zstd", _UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", _Kind("a 7z archive", _UNPACK)),
    (b"Rar!\x1a\x07", _Kind("a RAR archive", _UNPACK)),
    (b"%PDF-", _Kind("a PDF document", _EXPORT)),
    (b"{\\rtf", _Kind("a text document (RTF)", _EXPORT)),
    (b"\x89PNG", _Kind("a picture (PNG)", _EXPORT)),
    (b"\xff\xd8\xff", _Kind("a picture (JPEG)", _EXPORT)),
    (b"SQLite format 3\0", _Kind("an SQLite database", _EXPORT)),
    (b"ARROW1", _Kind("an Arrow file", "Save it as Parquet.")),
    (b"\x89HDF", _Kind("an HDF5 file", "Save it as Parquet or CSV.")),
    (b"\x93NUMPY", _Kind("a NumPy array", "Save it as Parquet or CSV.")),
    *((bytes((0x80, protocol)), _PICKLE) for protocol in range(2, 6)),
)  # fmt: skip

_MARKUP = re.compile(rb"\s*<(!doctype\s+html|html|head|body|table|\?xml)\b", re.IGNORECASE)


def format_of(name: str, content: bytes | Path) -> Format:
    """How a file is read.

    Args:
        name: its ending says the format.
        content: the bytes, or the file if it is too large for memory.

    Raises:
        DataError: if the content is something else, or the ending is none of `SUFFIXES`.
    """
    suffix = Path(name).suffix.lower()
    promised = FORMATS.get(suffix)
    found = _kind_of(content)
    if found is not None and (promised is None or not _agree(promised, found)):
        ending = f", though its name ends in {suffix}" if suffix and found is not _DAMAGED_ZIP else ""
        raise DataError(f"this is {found.what}{ending}.", where=name, do=found.cure)
    if promised is None:
        raise DataError(
            "is not a kind of file that can be read here.", where=name, do=f"Use one of {', '.join(SUFFIXES)}."
        )
    if promised == "excel" and found is None:
        raise DataError("this is no Excel workbook.", where=name, do="Save it as .xlsx anew.")
    return promised


def _agree(promised: Format, found: _Kind) -> bool:
    # A JSON array in a .jsonl file has an error of its own, with its line.
    return promised == found.format or (promised == "jsonl" and found is _JSON_ARRAY)


def _kind_of(content: bytes | Path) -> _Kind | None:
    """What the content is without doubt; None if it may be a table of text."""
    if isinstance(content, Path):
        with content.open("rb") as stream:
            start = stream.read(_LOOKED_AT)
    else:
        start = content[:_LOOKED_AT]
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(content)
    for magic, kind in _MAGIC:
        if start.startswith(magic):
            return kind
    text = start.removeprefix(b"\xef\xbb\xbf")
    if _MARKUP.match(text):
        return _WEB_PAGE
    text = text.lstrip()
    if text.startswith(b"["):
        return _JSON_ARRAY if re.match(rb"\[\s*\{", text) else None
    return _JSON_LINES if text.startswith(b"{") and _begins_with_object(text) else None


def _begins_with_object(start: bytes) -> bool:
    """Whether the first line is a JSON object, or begins like one that is longer than what is looked at."""
    line, end, _ = start.partition(b"\n")
    if not end:
        return re.match(rb'\{\s*"[^"\\]*"\s*:', line) is not None
    return is_json_object(line)


def _zipped(content: bytes | Path) -> _Kind:
    """What a zip archive is, by the names in it."""
    try:
        with zipfile.ZipFile(content if isinstance(content, Path) else io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return _DAMAGED_ZIP
    if "xl/workbook.xml" in names:
        return _EXCEL
    if "xl/workbook.bin" in names:
        return _Kind("a binary Excel workbook (.xlsb)", "Save it as .xlsx.")
    if "content.xml" in names and "mimetype" in names:
        return _Kind("an OpenDocument file", "Save it as .xlsx.")
    if "word/document.xml" in names:
        return _Kind("a Word document", _EXPORT)
    return _ZIP
