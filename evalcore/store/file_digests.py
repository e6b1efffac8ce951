"""Digests of large files, noted with the files' sizes and times, so that weights are hashed once."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def file_stamp(file: Path) -> str:
    """Size, times and inode of a file: while these are the same, it need not be read again.

    Raises:
        OSError: if it is not there.
    """
    # The change time cannot be set by a program, so that a file put back with its old date is noticed.
    stat = file.stat()
    return f"{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ctime_ns}:{stat.st_ino}"


def find_digest(db: sqlite3.Connection, path: str, stamp: str) -> str | None:
    """The digest that was noted for a file with this stamp; None if there is none."""
    row = db.execute("SELECT digest FROM file_digests WHERE path = ? AND stamp = ?", (path, stamp)).fetchone()
    return row[0] if row else None


def note_digest(db: sqlite3.Connection, path: str, stamp: str, digest: str) -> None:
    """Note the digest of a file with this stamp."""
    db.execute("INSERT OR REPLACE INTO file_digests (path, stamp, digest) VALUES (?, ?, ?)", (path, stamp, digest))
