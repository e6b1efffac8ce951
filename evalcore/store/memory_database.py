"""Databases in memory, for a cache folder that cannot be written."""

from __future__ import annotations

import sqlite3
import uuid


class MemoryDatabase:
    """A database that connections of any thread can read.

    Once it is shared it is not changed: a changed copy takes its place, so that no reader is locked out.

    Args:
        source: what it is a copy of; None for an empty one.

    Attributes:
        address: the URI that opens it, for as long as this object lives.
        connection: the one that keeps it alive, for writing before it is shared.
    """

    def __init__(self, source: sqlite3.Connection | None = None) -> None:
        self.address = f"file:{uuid.uuid4().hex}?mode=memory&cache=shared"
        # The last reader may be of another thread than the one that made it.
        self.connection = sqlite3.connect(self.address, uri=True, check_same_thread=False)
        if source is not None:
            source.backup(self.connection)

    def attach_to(self, connection: sqlite3.Connection) -> None:
        """Let a connection read the runs of both databases; a run that both hold is that of the connection's own."""
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("ATTACH ? AS memory", (self.address,))
        for table, name in {"runs": "run_id", "run_items": "run_id", "sample_items": "sample_id"}.items():
            connection.execute(
                f"CREATE TEMP VIEW {table} AS SELECT * FROM main.{table} UNION ALL SELECT * FROM memory.{table} k"
                f" WHERE NOT EXISTS (SELECT 1 FROM main.{table} m WHERE m.{name} = k.{name})"
            )
        connection.execute(
            "CREATE TEMP VIEW resolutions AS SELECT * FROM main.resolutions UNION SELECT * FROM memory.resolutions"
        )
