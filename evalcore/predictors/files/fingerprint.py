"""What a model folder's files say, as one digest: it decides the completions, and so it is a part of their key."""

from __future__ import annotations

import hashlib
from pathlib import Path

from evalcore.store import Store, file_stamp

WANTED_FILES = ("*.json", "*.safetensors", "*.jinja", "*.model", "*.txt")
"""The files that decide what a model says, and what is downloaded of a hub repository: never weights in pickle form,
never code."""


def folder_fingerprint(path: Path, store: Store) -> str:
    """SHA-256 over the names and contents of the files that decide what the model says.

    A file is read again only when its size, times or inode have changed.
    """
    total = hashlib.sha256()
    for file in _wanted(path):
        total.update(f"{file.name}\0{_file_digest(file, store)}\n".encode())
    return f"sha256:{total.hexdigest()}"


def bytes_to_read(path: Path, store: Store) -> int:
    """Bytes that `folder_fingerprint` would have to read: of files that are new or have changed."""
    unknown = (file for file in _wanted(path) if _known_digest(str(file.resolve()), file_stamp(file), store) is None)
    return sum(file.stat().st_size for file in unknown)


def _wanted(path: Path) -> list[Path]:
    return sorted(file for pattern in WANTED_FILES for file in path.glob(pattern))


def _file_digest(file: Path, store: Store) -> str:
    resolved, stamp = str(file.resolve()), file_stamp(file)
    known = _known_digest(resolved, stamp, store)
    if known is None:
        with file.open("rb") as stream:
            known = _digests[resolved, stamp] = hashlib.file_digest(stream, "sha256").hexdigest()
        if not store.read_only:
            store.note_file_digest(resolved, stamp, known)
    return known


_digests: dict[tuple[str, str], str] = {}
"""Digests that this process has made, by path and stamp: a store that cannot be written keeps none."""


def _known_digest(resolved: str, stamp: str, store: Store) -> str | None:
    return _digests.get((resolved, stamp)) or store.file_digest(resolved, stamp)
