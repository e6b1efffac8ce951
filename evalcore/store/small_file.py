"""Small files beside the database, which a person may read and edit."""

from __future__ import annotations

import os
from pathlib import Path


def replace_file(path: Path, text: str) -> None:
    """Write a file in one step, readable by this user alone: all of it, or nothing.

    Raises:
        OSError, ValueError: if it cannot be written. The file is then as it was.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(text.encode())
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, path)
    except (OSError, ValueError):
        part.unlink(missing_ok=True)
        raise
