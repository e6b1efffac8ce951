"""One connection to the database file, for one operation.

A rollback journal and `synchronous=FULL`, so that a commit survives a crash and no file is left beside the database.
(WAL mode can corrupt a database in the SQLite versions that Python 3.11 carries.)
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evalcore.errors import StoreError
from evalcore.store import sqlite_errors
from evalcore.store.sqlite_errors import Damage, store_error


@contextmanager
def connection_to(
    path: Path, *, address: str = "", write: bool = False, foreign_keys: bool = True
) -> Iterator[sqlite3.Connection]:
    """A connection that is closed at the end.

    Args:
        path: the database file, created for this user alone if it is missing; errors name it.
        address: URI of what is to be opened in its place: the same file for reading only, or a database in memory.
        write: begin a transaction, and commit it at the end; an exception rolls it back.
        foreign_keys: whether deleting a row deletes the rows that refer to it.

    Raises:
        StoreError: for every error of SQLite's.
    """
    try:
        connection = _open(path, address)
    except OSError as error:
        raise StoreError(f"the cache cannot be opened ({error.strerror}).", where=str(path)) from error
    except sqlite3.Error as error:
        raise store_error(error, path) from error
    # A flipped bit can make a text no UTF-8: its row counts as damaged, and the rows beside it are read.
    connection.text_factory = _as_text
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        if write:
            connection.execute("BEGIN IMMEDIATE")
        yield connection
        if write:
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise store_error(error, path) from error
    except UnicodeDecodeError:  # SQLite's message quotes bytes of a damaged file
        damage = Damage("malformed")
        raise store_error(damage, path) from damage
    finally:
        connection.close()  # rolls back what was not committed


def _open(path: Path, address: str) -> sqlite3.Connection:
    timeout = sqlite_errors.BUSY_TIMEOUT_S
    if address:
        return sqlite3.connect(address, uri=True, timeout=timeout, isolation_level=None)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    return sqlite3.connect(path, timeout=timeout, isolation_level=None)


def _as_text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
