"""Runs -> one file to copy to another machine: a bundle. docs/bundle.md describes each of its fields.

A bundle is a gzip file of JSON lines: a header, one row of a table on each line, and a last line with the numbers of
rows and the hash of all lines before. It is written in blocks, each read in a transaction of its own, so that a run
that is being predicted goes on meanwhile.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import sqlite3
import time
import zlib
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from evalcore.errors import StoreError
from evalcore.store import completion_rows, migrations, run_rows
from evalcore.store.catalog import RunAnnotation, RunCatalog
from evalcore.store.completion import Completion
from evalcore.store.database import Store
from evalcore.store.run_record import RunRecord
from evalcore.store.spec import SampleHash, run_id
from evalcore.wording import sized

FORMAT = "blindspot-bundle"
VERSION = 1
"""Raised when a reader of the version before could not read what is written."""
BUNDLE_ENDING = ".blindspot.gz"
MAX_LINE_BYTES = 16 * 2**20
"""Of one row. The objects that a reader makes of a line may take twenty times its length."""
MAX_BYTES = 8 * 2**30
"""Of all lines together: a million examples with the probabilities of 150 labels take 1.2 GB."""

KEY_BYTES = 32
_LEVEL = 3
"""Of the compression. Level 6 takes twice as long and saves a fiftieth: most of a large bundle is probabilities."""
_ROWS_AT_ONCE = 500
GZIP = 31
"""What zlib calls a window of 32 KB with the header and the checksum of gzip."""

_EXAMPLES = "SELECT position, text, label FROM sample_items WHERE sample_id = ? AND position > ? ORDER BY position"
_ITEMS = "SELECT run_id, position, key FROM bundled_items WHERE (run_id, position) > (?, ?) ORDER BY run_id, position"
_KEYS = "SELECT key FROM bundled_keys WHERE key > ? ORDER BY key"

Row = dict[str, Any]
"""A row of a table, as an object of JSON."""


def bundle_pieces(store: Store, run_ids: Sequence[str]) -> Iterator[bytes]:
    """The content of a bundle, piece by piece.

    Args:
        run_ids: the runs, finished or not.

    Raises:
        StoreError: if there is no such run, or it is damaged, or too large. What was yielded is no bundle then.
    """
    pack = zlib.compressobj(_LEVEL, zlib.DEFLATED, GZIP)
    hashed, counts, size = hashlib.sha256(), Counter[str](), 0
    for row in _rows(store, list(dict.fromkeys(run_ids))):
        line = _line(row)
        size += len(line)
        if len(line) > MAX_LINE_BYTES:
            raise StoreError(
                f"one {row['kind']} takes {sized(len(line))}, and a line of a bundle {sized(MAX_LINE_BYTES)} at most."
            )
        if size > MAX_BYTES:
            raise StoreError(f"a bundle holds {sized(MAX_BYTES)} at most.", do="Write fewer runs into one.")
        hashed.update(line)
        counts.update([row["kind"]] if "kind" in row else [])
        if piece := pack.compress(line):
            yield piece
    yield pack.compress(_line({"kind": "end", "counts": counts, "sha256": hashed.hexdigest()})) + pack.flush()


def damaged_runs(store: Store, records: Sequence[RunRecord]) -> dict[str, StoreError]:
    """What is wrong with those of the runs that cannot be put into a bundle, by run id."""
    found: dict[str, StoreError] = {}
    sound: set[str] = set()
    with store.connect() as db:
        for record in records:
            try:
                refuse_another_id(record)
                _refuse_missing_keys(db, record)
                if record.sample_id not in sound:
                    deque(_examples(db, record), maxlen=0)  # to its end, where its hash is compared
                sound.add(record.sample_id)
            except StoreError as error:
                found[record.run_id] = error
    return found


def is_bundle(path: Path) -> bool:
    """Whether a file is meant to be a bundle, by its content or its name. It may be damaged all the same."""
    if path.name.endswith(BUNDLE_ENDING):
        return True
    try:
        with path.open("rb") as file:
            return file.read(2) == b"\x1f\x8b"  # no other file that can be imported is a gzip file
    except (OSError, ValueError):
        return False  # who reads it says why it cannot be read


def refuse_another_id(record: RunRecord) -> None:
    """A run's id is a hash of what decided the run: one that is damaged, or made up, has another.

    Raises:
        StoreError: if it is not the run's.
    """
    if record.run_id != run_id(record.sample_id, record.identity, record.prompt.fingerprint):
        raise StoreError(
            "its name is not the hash of what it says of itself.",
            where=f"run {record.run_id}",
            do="It is damaged. Run it again: its completions are kept apart, and no model is called.",
        )


def _rows(store: Store, run_ids: Sequence[str]) -> Iterator[Row]:
    """The rows of a bundle but for the last, the header first."""
    records = [store.run(one) for one in run_ids]
    annotations, prompts = RunCatalog(store).annotations(), store.custom_prompts()
    yield {
        "format": FORMAT,
        "version": VERSION,
        "store_format": migrations.current_format(),
        "created": time.time(),
        "runs": len(records),
    }
    for name in sorted({record.spec.prompt for record in records} & prompts.keys()):
        yield {"kind": "prompt", "name": name, "system": prompts[name].system, "user": prompts[name].user}
    with store.connect() as db:
        for record in records:
            refuse_another_id(record)
            annotation = annotations.get(record.run_id, RunAnnotation())
            yield run_as_json(record, annotation, run_rows.resolutions_of(db, record.run_id))
        for record in {record.sample_id: record for record in records}.values():
            yield from _examples(db, record)
        _copy_items(db, records)
        for items in _blocks(db, _ITEMS, (), ("", -1)):
            for run, position, key in items:
                yield {"kind": "item", "run_id": run, "position": position, "key": key.hex()}
        for keys in _blocks(db, _KEYS, (), (b"",)):
            stored = completion_rows.completions(db, [key for (key,) in keys])
            for (key,) in keys:
                if key in stored:
                    yield _completion_as_json(key, stored[key])


def run_as_json(record: RunRecord, annotation: RunAnnotation, resolutions: dict[str, float]) -> Row:
    """A run's line.

    Args:
        resolutions: when each spec was last resolved to this run, by the spec's key.
    """
    reference = record.label_reference
    return {
        "kind": "run",
        **{one.name: getattr(record, one.name) for one in fields(RunRecord)},
        "spec": json.loads(record.spec.to_json()),
        "prompt": asdict(record.prompt),
        "label_reference": reference and json.loads(reference.to_json()),
        "usage": record.usage and asdict(record.usage),
        "annotation": asdict(annotation),
        "resolutions": resolutions,
    }


def _completion_as_json(key: bytes, completion: Completion) -> Row:
    return {
        "kind": "completion",
        "key": key.hex(),
        **{one.name: getattr(completion, one.name) for one in fields(Completion)},
        "latency_ms": completion.latency_ms if math.isfinite(completion.latency_ms) else None,
        "label_logprobs": base64.b64encode(completion.label_logprobs).decode("ascii"),
    }


def _examples(db: sqlite3.Connection, record: RunRecord) -> Iterator[Row]:
    """The examples of a run's sample.

    Raises:
        StoreError: if they are not those that the run was made of.
    """
    sample = SampleHash(record.labels)
    for rows in _blocks(db, _EXAMPLES, (record.sample_id,), (-1,)):
        for position, text, label in rows:
            sample.add(text, label)
            yield {"kind": "example", "sample_id": record.sample_id, "position": position, "text": text, "label": label}
    if sample.hexdigest() != record.sample_id:
        raise StoreError(
            "the examples of this run are damaged in the cache, or it was deleted.",
            where=f"run {record.run_id}",
            do="Run it again: that writes them anew, and no model is called.",
        )


def _copy_items(db: sqlite3.Connection, records: Sequence[RunRecord]) -> None:
    """Copy the keys of the runs to temporary tables of this connection, where no writer waits for their reader."""
    db.execute(
        "CREATE TEMP TABLE bundled_items (run_id TEXT, position INTEGER, key BLOB, PRIMARY KEY (run_id, position))"
        " WITHOUT ROWID"
    )
    db.execute("CREATE TEMP TABLE bundled_keys (key BLOB PRIMARY KEY) WITHOUT ROWID")
    for record in records:
        _refuse_missing_keys(db, record)
        db.execute(
            "INSERT INTO bundled_items SELECT run_id, position, key FROM run_items WHERE run_id = ?", (record.run_id,)
        )
    db.execute("INSERT OR IGNORE INTO bundled_keys SELECT key FROM bundled_items")


def _refuse_missing_keys(db: sqlite3.Connection, record: RunRecord) -> None:
    """Refuse a run that has not as many keys as examples.

    Raises:
        StoreError: if it has not.
    """
    whole = "SELECT count(*) FROM run_items WHERE run_id = ? AND length(key) = ?"
    count = db.execute(whole, (record.run_id, KEY_BYTES)).fetchone()[0]
    if count != record.n:
        raise StoreError(
            f"{count} of its {record.n} keys are there: it is damaged in the cache, or was deleted.",
            where=f"run {record.run_id}",
            do="Run it again: its completions are kept apart, and no model is called.",
        )


def _blocks(
    db: sqlite3.Connection, select: str, given: tuple[Any, ...], before: tuple[Any, ...]
) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a table in the order of its key, in blocks: between two of them nothing is locked.

    Args:
        select: a query whose first columns are the key. Its parameters are those `given`, and the key of the last row
            of the block before.
        before: what is less than every key.
    """
    last = before
    while rows := db.execute(f"{select} LIMIT {_ROWS_AT_ONCE}", (*given, *last)).fetchall():
        yield rows
        last = rows[-1][: len(before)]


def _line(row: Row) -> bytes:
    try:
        return (json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
    except UnicodeEncodeError:  # half a surrogate pair: in a path that is no UTF-8, say
        return (json.dumps(row, separators=(",", ":")) + "\n").encode()
