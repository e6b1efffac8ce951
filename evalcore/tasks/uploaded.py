"""Files that were uploaded in the app: where they lie in the cache folder, and how a task names one.

An upload is two files in `CACHE/uploads`: its bytes, named by their SHA-256, and beside it a small JSON file with what
a person called it. A name from outside is never part of a path. `evalcore.store.uploads` writes them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from evalcore.errors import DataError, quoted

UPLOADS_FOLDER = "uploads"
NOTE_ENDING = ".json"
SHEET_MARK = "#"
"""Between the name of a workbook and that of its sheet."""

_PREFIX = "upload:"
_DIGITS_IN_A_NAME = 16
_REFERENCE = re.compile(rf"{_PREFIX}([0-9a-f]{{{_DIGITS_IN_A_NAME}}})")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Upload:
    """An uploaded file.

    Attributes:
        digest: SHA-256 of its bytes, in hexadecimal.
        name: what the person's file was called when it was last uploaded; decides its format.
        size: in bytes.
        added: when it was first uploaded, in seconds since 1970.
        other_names: what a file of the same bytes was called before.
    """

    digest: str
    name: str
    size: int
    added: float
    other_names: tuple[str, ...] = ()

    @property
    def task_name(self) -> str:
        """How a task names it: `upload:` and the first digits of its digest."""
        return f"{_PREFIX}{self.digest[:_DIGITS_IN_A_NAME]}"

    @property
    def origin(self) -> str:
        """Where its examples come from, as a run's record says it."""
        return f"{self.name}, uploaded, SHA-256 {self.digest}"


def is_upload(name: str) -> bool:
    """Whether this is how a task names an upload, be it there or not."""
    return name.startswith(_PREFIX)


def uploads_in(cache: Path) -> list[Upload]:
    """All uploads of a cache folder, the newest first; one whose note or bytes are missing is left out."""
    folder = cache / UPLOADS_FOLDER
    try:
        notes = [path for path in folder.iterdir() if path.name.endswith(NOTE_ENDING)]
    except OSError:  # there is none yet
        return []
    found = [upload for note in notes if (upload := _read_note(note))]
    return sorted(found, key=lambda upload: (-upload.added, upload.digest))


def find_upload(name: str, cache: Path | None) -> tuple[Upload, Path]:
    """An upload and the file with its bytes.

    Args:
        name: `upload:` and sixteen digits.
        cache: the cache folder.

    Raises:
        DataError: if it is not there.
    """
    matched = _REFERENCE.fullmatch(name)
    if matched is None:
        raise DataError(
            "this names no upload.", where=quoted(name), do=f"Write {_PREFIX} and the {_DIGITS_IN_A_NAME} digits."
        )
    if cache is None:
        raise DataError("an upload is found in a cache folder, and none was given.", where=name, do="Give `cache`.")
    folder = cache / UPLOADS_FOLDER
    for upload in filter(None, map(_read_note, folder.glob(f"{matched[1]}*{NOTE_ENDING}"))):
        return upload, folder / upload.digest
    raise DataError(
        "this upload is not in the cache folder: it was deleted, or belongs to another one.",
        where=name,
        do="Upload the same file again on the page Data: it then has the same name. Runs on it keep their examples.",
    )


def _read_note(note: Path) -> Upload | None:
    """What a note says; None if it is none, or its bytes are not there."""
    digest = note.name.removesuffix(NOTE_ENDING)
    try:
        if not _DIGEST.fullmatch(digest):
            return None
        said = json.loads(note.read_text(encoding="utf-8"))
        size = note.with_name(digest).stat().st_size
        others = tuple(str(other) for other in said["other_names"])
        return Upload(digest, str(said["name"]), size, float(said["added"]), others)
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return None
