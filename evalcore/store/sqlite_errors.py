"""SQLite's errors as sentences for people, told apart by result codes: its own wording is the same for many causes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from evalcore.errors import StoreError

BUSY_TIMEOUT_S = 60.0
"""How long an operation waits for another process's lock."""

_NOT_WRITABLE = {"SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH"}
_BUSY = {"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL"}
_DAMAGED = {"SQLITE_CORRUPT", "SQLITE_NOTADB"}
_PRIMARY = {getattr(sqlite3, name): name for name in (*_NOT_WRITABLE, *_BUSY, *_DAMAGED, "SQLITE_FULL", "SQLITE_IOERR")}
"""The codes that have a sentence of their own."""


class Damage(sqlite3.DatabaseError):
    """Damage that was found by this program rather than by SQLite."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    sqlite_errorname = "SQLITE_CORRUPT"


def cause_of(error: BaseException | None) -> str:
    """The name of SQLite's primary result code; empty for other errors, and for codes that say nothing of the file."""
    # The higher bits tell variants of one cause apart, SQLITE_IOERR_WRITE of SQLITE_IOERR, say.
    return _PRIMARY.get(getattr(error, "sqlite_errorcode", -1) & 0xFF, "")


def is_damage(error: StoreError) -> bool:
    """Whether the file is damaged, and not merely locked, full or out of reach."""
    return cause_of(error.__cause__) in _DAMAGED


def store_error(error: sqlite3.Error, path: Path) -> StoreError:
    """What a person is told of an error of SQLite's."""
    cause = cause_of(error)
    if cause in _NOT_WRITABLE:
        return not_writable(path)
    if cause == "SQLITE_FULL":
        return StoreError(
            "the disk is full.", where=str(path), do="Free some space and run again: what was stored is kept."
        )
    if cause in _BUSY:
        return StoreError(
            f"another process kept the cache locked for {BUSY_TIMEOUT_S:.0f} s.", where=str(path), do="Try again."
        )
    if cause == "SQLITE_IOERR":
        return _not_read_or_written(error, path)
    if cause in _DAMAGED:
        return StoreError(
            f"the cache cannot be read ({error}).", where=str(path), do="Move the file away to begin a new cache."
        )
    return StoreError(f"the cache refused ({error}).", where=str(path), do="Run it again: what was stored is kept.")


def not_writable(path: Path) -> StoreError:
    """The error of writing to a cache that is read-only."""
    return StoreError(
        "the cache cannot be written.", where=str(path), do="Check the folder's permissions, or choose another."
    )


def _not_read_or_written(error: sqlite3.Error, path: Path) -> StoreError:
    """The system refused to read or write. SQLite does not tell why; a limit on the size of files is one reason."""
    name, limit = getattr(error, "sqlite_errorname", ""), _file_size_limit()
    if limit is not None and name not in ("SQLITE_IOERR_READ", "SQLITE_IOERR_SHORT_READ"):
        return StoreError(
            f"the cache cannot be written ({name or error}): no file may grow beyond {limit:,} bytes here.",
            where=str(path),
            do="Raise that limit (ulimit -f), or check the disk, and run again: what was stored is kept.",
        )
    return StoreError(
        f"the system could not read or write the cache ({name or error}).",
        where=str(path),
        do="Check the disk, and run again: what was stored is kept.",
    )


def _file_size_limit() -> int | None:
    """The largest file that this process may write, in bytes; None where there is no limit."""
    try:
        import resource
    except ImportError:  # not on this system
        return None
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return None if limit == resource.RLIM_INFINITY else limit
