"""Completions as rows. Each has a checksum of its own, since SQLite does not notice a flipped bit inside a value."""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, get_args

from evalcore.errors import StoreError
from evalcore.store.completion import Completion, Stop

_KEYS_AT_ONCE = 500
"""Keys per SELECT; SQLite's own limit on parameters is at least 999."""
_COLUMNS = ("text", "token_ids", "prompt_tokens", "stop", "latency_ms", "label_logprobs")
_INSERT = f"INSERT OR REPLACE INTO completions (key, checksum, {', '.join(_COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"

_LARGEST_INT = 2**63 - 1
_SURROGATE = re.compile("[\ud800-\udfff]")
_COMES_BACK: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: type(value) is str and not _SURROGATE.search(value),
    "token_ids": lambda value: type(value) is tuple and all(type(token) is int for token in value),
    "prompt_tokens": lambda value: type(value) is int and 0 <= value <= _LARGEST_INT,
    "stop": lambda value: type(value) is str and value in get_args(Stop),
    "latency_ms": lambda value: type(value) is float or (type(value) is int and abs(value) <= _LARGEST_INT),
    "label_logprobs": lambda value: type(value) is bytes and len(value) % 4 == 0,
}
"""What each field must be to come back from SQLite as it was: `True` would be 1, and numpy's numbers bytes."""


StoredRow = tuple[Any, ...]
"""The checksum and the columns of a completion."""


def insert_completions(db: sqlite3.Connection, rows: Iterable[tuple[bytes, Completion]]) -> None:
    """Insert completions inside a transaction of the caller's.

    A row that is there is replaced: keys are content hashes, so an intact one says the same, a damaged one is mended.

    Raises:
        StoreError: if one of them would come back as another.
    """
    columns_of = ((key, _row_of(completion)) for key, completion in rows)
    db.executemany(_INSERT, ((key, _checksum(key, columns), *columns) for key, columns in columns_of))


def completions(db: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, Completion]:
    """Those of the completions that are stored and intact."""
    return {key: _completion_of(columns) for key, columns in _intact(db, keys)}


def stored_keys(db: sqlite3.Connection, keys: Sequence[bytes]) -> set[bytes]:
    """Those of the keys whose completion is stored and intact."""
    return {key for key, _ in _intact(db, keys)}


def stored_rows(db: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, StoredRow]:
    """The rows of these keys, damaged ones as well: to be copied or compared as they are."""
    return {key: (checksum, *columns) for key, checksum, columns in _stored(db, keys)}


def insert_rows(db: sqlite3.Connection, rows: Iterable[tuple[bytes, StoredRow]]) -> None:
    """Insert or replace rows of another database, inside a transaction of the caller's."""
    db.executemany(_INSERT, ((key, *row) for key, row in rows))


def completion_of(key: bytes, row: StoredRow) -> Completion | None:
    """The completion of a stored row; None if it is damaged."""
    checksum, *columns = row
    return _completion_of(columns) if checksum == _checksum(key, columns) else None


def count_done(db: sqlite3.Connection, run_id: str) -> int:
    """How many of a run's examples have a completion that is intact."""
    rows = db.execute(
        f"SELECT i.key, c.checksum, {', '.join(f'c.{name}' for name in _COLUMNS)} FROM run_items i"
        " JOIN completions c ON c.key = i.key WHERE i.run_id = ?",
        (run_id,),
    )
    return sum(checksum == _checksum(key, columns) for key, checksum, *columns in rows)


def _intact(db: sqlite3.Connection, keys: Sequence[bytes]) -> Iterator[tuple[bytes, list[Any]]]:
    """Key and columns of each stored row whose checksum is right."""
    for key, checksum, columns in _stored(db, keys):
        if checksum == _checksum(key, columns):
            yield key, columns


def _stored(db: sqlite3.Connection, keys: Sequence[bytes]) -> Iterator[tuple[bytes, int, list[Any]]]:
    """Key, checksum and columns of each stored row."""
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        chunk = keys[start : start + _KEYS_AT_ONCE]
        for key, checksum, *columns in db.execute(
            f"SELECT key, checksum, {', '.join(_COLUMNS)} FROM completions WHERE key IN ({marks(len(chunk))})", chunk
        ):
            yield key, checksum, columns


def marks(count: int) -> str:
    """The question marks of so many parameters."""
    return ",".join("?" * count)


def _row_of(completion: Completion) -> list[str | int | float | bytes]:
    c = completion
    odd = [name for name, comes_back in _COMES_BACK.items() if not comes_back(getattr(c, name))]
    if odd:
        value = getattr(c, odd[0])
        raise StoreError(
            f"a completion's {odd[0]} would not come back as it is ({type(value).__name__} {value!r:.60}).",
            do="Nothing of its batch was stored. This is a fault of what made it, not of the cache.",
        )
    ids = json.dumps(c.token_ids, separators=(",", ":"))
    # SQLite keeps NaN as NULL and -0.0 as 0, which would come back as something else.
    latency: str | float = float(c.latency_ms) + 0.0 if c.latency_ms == c.latency_ms else "nan"
    return [c.text, ids, c.prompt_tokens, c.stop, latency, c.label_logprobs]


def _completion_of(columns: Sequence[Any]) -> Completion:
    text, ids, prompt_tokens, stop, latency_ms, logprobs = columns
    return Completion(text, tuple(json.loads(ids)), prompt_tokens, stop, float(latency_ms), logprobs)


def _checksum(key: bytes, columns: Sequence[object]) -> int:
    return zlib.crc32(repr(columns).encode("utf-8", "surrogatepass"), zlib.crc32(key))
