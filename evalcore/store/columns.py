"""A stored run as arrays: enough to count and filter a million rows without holding their texts.

Texts and raw completions stay in the store, and are fetched for the rows that are shown.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from evalcore.errors import StoreError
from evalcore.parse import MATCHES, LabelParser
from evalcore.store.completion import Completion, Stop
from evalcore.store.completion_rows import marks
from evalcore.store.database import Store
from evalcore.store.run_record import RunRecord
from evalcore.store.spec import SampleHash
from evalcore.tasks import Example

STOPS: tuple[Stop, ...] = get_args(Stop)

_BLOCK = 20_000
"""Rows read, or completions parsed, at a time."""
_PARSED_KEPT = 200_000
"""Distinct completion texts whose parse is remembered while a run is read."""
_POSITIONS_AT_ONCE = 500

KEY_BYTES = 32

Ints = NDArray[np.int32]
Codes = NDArray[np.int8]


@dataclass(frozen=True)
class Columns:
    """The completed rows of a run, each array of shape (n_completed,) in the order of the sample.

    Attributes:
        positions: index in the run's sample.
        y_true: label codes.
        named: code of the label that the completion names, however it matched; -1 if none or several.
        match: codes into `parse.MATCHES`; `stop`: codes into `STOPS`.
        has_label_scores: whether its completion has the log-probability of any label.
        chars: length of the text in characters.
        text_hash: equal for equal texts (and almost never for different ones), 0 for a blank one.
        key: codes into `keys`: rows with the same prompt share a completion.
        keys: shape (n_keys,), the completions' keys, 32 bytes each.
    """

    positions: Ints
    y_true: Ints
    named: Ints
    match: Codes
    stop: Codes
    has_label_scores: NDArray[np.bool_]
    chars: Ints
    text_hash: NDArray[np.int64]
    key: Ints
    keys: NDArray[np.void]

    def keys_of(self, rows: NDArray[np.intp]) -> list[bytes]:
        """The completions' keys of these rows."""
        return [bytes(key) for key in self.keys[self.key[rows]].tolist()]


def parser_of(record: RunRecord) -> LabelParser:
    """The parser for a run's completions."""
    return LabelParser(record.label_order, numbered=record.prompt.listing == "numbered")


def load_columns(store: Store, record: RunRecord) -> Columns:
    """Read a run block by block, and parse each distinct completion once.

    Raises:
        StoreError: if the examples are not those that the run was made of.
    """
    items, keys = _items(store, record)
    named, match, stop, has_label_scores = _parsed(store, record, keys)
    done = match[items["key"]] >= 0
    kept = {name: values[done] for name, values in items.items()}
    key = kept["key"]
    return Columns(
        positions=kept["position"],
        y_true=kept["y_true"],
        named=named[key],
        match=match[key],
        stop=stop[key],
        has_label_scores=has_label_scores[key],
        chars=kept["chars"],
        text_hash=kept["text_hash"],
        key=key,
        keys=np.frombuffer(b"".join(keys), dtype=f"V{KEY_BYTES}"),
    )


def stream_texts(store: Store, record: RunRecord) -> Iterator[tuple[int, str]]:
    """Position and text of every example, in order, read in blocks."""
    with store.connect() as db:
        cursor = db.execute(
            "SELECT position, text FROM sample_items WHERE sample_id = ? ORDER BY position", (record.sample_id,)
        )
        for block in _blocks(cursor):
            yield from block


def stream_completions(store: Store, keys: NDArray[np.void]) -> Iterator[tuple[int, Completion]]:
    """Code and completion of every key that has one, read in blocks; the code is the index into `keys`.

    Args:
        keys: shape (n_keys,), 32 bytes each, as in `Columns`.
    """
    for start in range(0, len(keys), _BLOCK):
        codes = {bytes(key): start + at for at, key in enumerate(keys[start : start + _BLOCK].tolist())}
        for key, completion in store.completions(list(codes)).items():
            yield codes[key], completion


def examples_at(store: Store, record: RunRecord, positions: Sequence[int]) -> dict[int, Example]:
    """The examples at these positions of the sample, by position; those that are not there are left out."""
    found = {}
    with store.connect() as db:
        for start in range(0, len(positions), _POSITIONS_AT_ONCE):
            chunk = positions[start : start + _POSITIONS_AT_ONCE]
            for position, text, label in db.execute(
                "SELECT position, text, label FROM sample_items"
                f" WHERE sample_id = ? AND position IN ({marks(len(chunk))})",
                (record.sample_id, *chunk),
            ):
                found[position] = Example(text, label)
    return found


def _items(store: Store, record: RunRecord) -> tuple[dict[str, NDArray[Any]], list[bytes]]:
    """All rows of the run, done or not; and the distinct keys, in the order in which they first occur.

    Raises:
        StoreError: if the examples are not those that the run was made of.
    """
    sample = SampleHash(record.labels)
    code_of = {label: code for code, label in enumerate(record.labels)}
    key_codes: dict[bytes, int] = {}
    types = {"position": np.int32, "y_true": np.int32, "chars": np.int32, "text_hash": np.int64, "key": np.int32}
    blocks: dict[str, list[NDArray[Any]]] = {name: [np.empty(0, dtype=type_)] for name, type_ in types.items()}
    with store.connect() as db:
        cursor = db.execute(
            "SELECT i.position, i.key, s.label, s.text FROM run_items i JOIN sample_items s"
            " ON s.sample_id = ? AND s.position = i.position WHERE i.run_id = ? ORDER BY i.position",
            (record.sample_id, record.run_id),
        )
        for rows in _blocks(cursor):
            for row in rows:
                sample.add(row[3], row[2])
            values = {
                "position": [row[0] for row in rows],
                "y_true": [code_of.get(row[2], -1) for row in rows],
                "chars": [len(row[3]) for row in rows],
                "text_hash": [hash(row[3]) if row[3].strip() else 0 for row in rows],
                "key": [key_codes.setdefault(_whole(row[1]), len(key_codes)) for row in rows],
            }
            for name, type_ in types.items():
                blocks[name].append(np.array(values[name], dtype=type_))
    if sample.hexdigest() != record.sample_id:
        raise StoreError(
            "the examples of this run are damaged in the cache.",
            where=f"run {record.run_id}",
            do="Run it again: that writes them anew, and no model is called.",
        )
    return {name: np.concatenate(parts) for name, parts in blocks.items()}, list(key_codes)


def _whole(key: bytes) -> bytes:
    """The key; in place of a damaged one, a key of the right length that no completion has."""
    return key if len(key) == KEY_BYTES else bytes(KEY_BYTES)


def _parsed(store: Store, record: RunRecord, keys: list[bytes]) -> tuple[Ints, Codes, Codes, NDArray[np.bool_]]:
    """Label code, match and stop of each key's completion, and whether it has log-probabilities of labels; the match
    is -1 where there is no completion yet."""
    parser = parser_of(record)
    code_of: dict[str | None, int] = {label: code for code, label in enumerate(record.labels)}
    code_of[None] = -1
    match_code = {match: code for code, match in enumerate(MATCHES)}
    stop_code = {stop: code for code, stop in enumerate(STOPS)}
    named = np.full(len(keys), -1, dtype=np.int32)
    match, stop = np.full(len(keys), -1, dtype=np.int8), np.zeros(len(keys), dtype=np.int8)
    has_label_scores = np.zeros(len(keys), dtype=bool)
    known: dict[str, tuple[int, int]] = {}
    for code, completion in stream_completions(store, np.frombuffer(b"".join(keys), dtype=f"V{KEY_BYTES}")):
        pair = known.get(completion.text)
        if pair is None:
            parsed = parser.parse(completion.text)
            pair = code_of[parsed.label], match_code[parsed.match]
            if len(known) < _PARSED_KEPT:
                known[completion.text] = pair
        named[code], match[code] = pair
        stop[code] = stop_code[completion.stop]
        has_label_scores[code] = bool(completion.label_logprobs)
    return named, match, stop, has_label_scores


def _blocks(cursor: sqlite3.Cursor) -> Iterator[list[Any]]:
    while rows := cursor.fetchmany(_BLOCK):
        yield rows
