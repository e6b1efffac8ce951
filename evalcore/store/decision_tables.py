"""Tables that a person typed on the Decide page, kept beside the database so that a link to them stays short.

Each is a file named after the SHA-256 of its text: equal tables are one file, and a file whose text is not that of its
name is none. Where the folder cannot be written they are kept in memory, for as long as this object lives.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from contextlib import suppress
from pathlib import Path

from evalcore.store.database import Store
from evalcore.store.small_file import replace_file

FOLDER = "tables"
MOST_TABLES = 500
MOST_BYTES = 50 * 2**20
"""Of all of them together; the ones that were not used for longest give way."""

_ABANDONED_S = 60
"""Age of a file that is still being written, from which on nobody is."""
_NAME_LENGTH = 32
_NAME = re.compile(f"[0-9a-f]{{{_NAME_LENGTH}}}")


class DecisionTables:
    """The typed tables of a cache folder.

    Args:
        store: of that folder.
    """

    def __init__(self, store: Store) -> None:
        self._folder = store.folder / FOLDER
        self._store = store
        self._in_memory: dict[str, str] = {}

    def save(self, text: str) -> str:
        """Keep a table.

        Returns:
            its name, made of hexadecimal digits; the same for the same text.
        """
        name = _name_of(text)
        if self.read(name) is None and not self._write(name, text):
            self._in_memory[name] = text
        return name

    def read(self, name: str) -> str | None:
        """A table; None if there is none of this name, which may come from anybody."""
        if not _NAME.fullmatch(name):
            return None
        if name in self._in_memory:
            return self._in_memory[name]
        path = self._folder / name
        try:
            if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
                return None
            text = path.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError):
            return None
        if _name_of(text) != name:
            return None
        with suppress(OSError):
            os.utime(path)  # those that were not used for longest give way first
        return text

    def is_lasting(self, name: str) -> bool:
        """Whether a table is there still when the server is started again."""
        return name not in self._in_memory

    def _write(self, name: str, text: str) -> bool:
        """Write a table's file, and remove those for which there is no more room; False if it cannot be written."""
        if self._store.read_only:
            return False
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            replace_file(self._folder / name, text)
            self._make_room()
        except (OSError, ValueError):
            return False
        return True

    def _make_room(self) -> None:
        found: list[tuple[float, int, Path]] = []
        for path in self._folder.iterdir():
            with suppress(OSError):  # another process may remove one meanwhile
                if _NAME.fullmatch(path.name):
                    found.append((path.stat().st_mtime, path.stat().st_size, path))
                elif path.suffix == ".part" and path.stat().st_mtime < time.time() - _ABANDONED_S:
                    path.unlink()  # of a process that died while it wrote
        found.sort(key=lambda one: one[0], reverse=True)
        together = 0
        for place, (_, size, path) in enumerate(found):
            together += size
            if place >= MOST_TABLES or together > MOST_BYTES:
                path.unlink(missing_ok=True)


def _name_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_NAME_LENGTH]
