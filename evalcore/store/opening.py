"""The steps of opening a database: check it, bring it to the current format, or set it aside if it is damaged."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from evalcore.errors import StoreError
from evalcore.store import migrations
from evalcore.store.sqlite_errors import Damage, cause_of

LARGEST_MEMORY_COPY = 256 * 2**20
"""Bytes of a database of an older format that is converted in memory where it cannot be written."""


def supported_format(db: sqlite3.Connection, path: Path) -> int:
    """The format of a database; 0 for an empty one.

    Raises:
        StoreError: if a newer version of this program wrote it.
        Damage: if there is no such format.
    """
    found, known = migrations.format_of(db), migrations.current_format()
    if found < 0:
        raise Damage(f"its format is {found}")
    if found > known:
        raise StoreError(
            f"the cache has format {found}, newer than this program's {known}.",
            where=str(path),
            do="Update Blindspot, or choose another cache folder.",
        )
    return found


def check(db: sqlite3.Connection, path: Path) -> None:
    """Look for damage once, at opening: SQLite would notice most of it only when the page is read.

    Raises:
        sqlite3.DatabaseError: which says what is damaged.
    """
    if path.stat().st_size < _size_bytes(db):
        raise Damage("the file is truncated")
    lacking = migrations.lacking(db)
    if lacking:
        raise Damage(f"{lacking} is missing")
    verdict = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise Damage(f"malformed: {str(verdict).splitlines()[-1]}")


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring a database to the current format, inside a transaction of the caller's that a failure rolls back.

    Raises:
        StoreError: if a migration fails, or a newer version of this program wrote the database.
        sqlite3.Error: if the disk is full, say.
    """
    found = supported_format(db, path)  # another process may have migrated it meanwhile
    if found == migrations.current_format():
        return
    try:
        migrations.migrate(db)
    except (sqlite3.Error, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        if cause_of(error):  # a full disk, a lock, damage: said as such
            raise
        raise StoreError(
            f"the cache could not be brought from format {found} to {migrations.current_format()} ({error}).",
            where=str(path),
            do="It was left as it was. Use the version that wrote it, or choose another cache folder.",
        ) from error


def refuse_large_copy(db: sqlite3.Connection, path: Path) -> None:
    """Refuse to convert a large database of an older format in memory.

    Raises:
        StoreError: if it is larger than `LARGEST_MEMORY_COPY`.
    """
    size = _size_bytes(db)
    if size > LARGEST_MEMORY_COPY:
        raise StoreError(
            f"the cache has an older format and cannot be written; its {size:,} bytes are too many to convert in"
            f" memory ({LARGEST_MEMORY_COPY:,} at most).",
            where=str(path),
            do="Make the folder writable once, or choose a copy of it with --cache or BLINDSPOT_CACHE.",
        )


def set_aside(damaged: Path) -> Path:
    """Rename a damaged database, never over an older one.

    Returns:
        its new path.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S")
    names = (f"{damaged.name}.corrupt-{stamp}{suffix}" for suffix in ("", *(f"-{n}" for n in range(1, 1000))))
    aside = next(path for path in map(damaged.with_name, names) if not path.exists())
    return damaged.rename(aside)


def _size_bytes(db: sqlite3.Connection) -> int:
    pages, page_size = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages) * int(page_size)
