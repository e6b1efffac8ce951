"""A store in memory, for predictions that a program holds: it is gone with the last scored run that reads it."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evalcore.store import opening
from evalcore.store.connection import connection_to
from evalcore.store.database import Store
from evalcore.store.memory_database import MemoryDatabase


class MemoryStore(Store):
    """Every operation of a `Store`, on a database in memory.

    Attributes:
        folder: for the unnamed files that large arrays are mapped from; nothing else is written there.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.gettempdir())
        self.path = Path("the memory")  # as errors name it
        self.notice = ""
        self.read_only = False
        self._kept_runs = None
        self._database = MemoryDatabase()
        with self._database.connection as db:
            opening.migrate(db, self.path)

    @contextmanager
    def connect(self, *, write: bool = False) -> Iterator[sqlite3.Connection]:
        """As of a `Store`; the connections share the database."""
        with connection_to(self.path, address=self._database.address, write=write) as db:
            yield db
