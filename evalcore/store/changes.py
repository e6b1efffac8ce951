"""Whether a store was written to, told without a query."""

from __future__ import annotations

import uuid

from evalcore.store.database import Store
from evalcore.store.file_digests import file_stamp

_CHANGE_COUNTER = slice(24, 28)
"""Of the database header: SQLite increments it with every committed transaction (sqlite.org/fileformat2.html, 1.3.7).
Needed beside the file's times, which advance in steps of some milliseconds."""


def version_of(store: Store) -> str:
    """A text that is another one after every write to the store, by whatever process.

    Read it before the query whose result is to be kept: what is written in between then only makes the result be
    looked up once more. A folder that cannot be written keeps some runs in memory alone: its version is always new.
    """
    if store.read_only:
        return uuid.uuid4().hex
    try:
        return f"{store.path.resolve()}:{change_counter(store).hex()}:{file_stamp(store.path)}"
    except OSError:
        return uuid.uuid4().hex


def change_counter(store: Store) -> bytes:
    """Another value after every write to the store's file, in some microseconds: to be looked at again and again.

    Raises:
        OSError: if the file cannot be read.
    """
    with open(store.path, "rb", buffering=0) as file:
        return file.read(_CHANGE_COUNTER.stop)[_CHANGE_COUNTER]
