"""A bundle -> a temporary database of the store's own format, checked: nothing of it is believed before its last line.

The database is a file without a name, which is gone with its connection, so that a process that is killed leaves
nothing behind. Whoever wrote a bundle can say in it what they like: `bundle_lines` checks each line in itself, and here
is made sure that the parts belong together.
"""

from __future__ import annotations

import base64
import itertools
import json
import math
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any, BinaryIO

from evalcore.errors import BlindspotError, DataError, StoreError, first_line
from evalcore.store import completion_rows, migrations, run_rows
from evalcore.store.bundle import MAX_BYTES, Row, refuse_another_id
from evalcore.store.bundle_lines import COPY_AGAIN, LARGEST, Lines
from evalcore.store.completion import Completion
from evalcore.store.label_reference import LabelReference
from evalcore.store.run_record import RunRecord, record_of
from evalcore.store.spec import RunSpec, SampleHash, checked, from_fields
from evalcore.store.usage import Usage
from evalcore.tasks import Prompt, custom_prompt
from evalcore.tasks.prompt import MAX_SHOTS


@contextmanager
def unpacked(stream: BinaryIO, name: str, *, max_bytes: int = MAX_BYTES) -> Iterator[sqlite3.Connection]:
    """The database that a bundle holds, for as long as the context lasts.

    Args:
        stream: read once, from where it stands to its end.
        name: of the file, for messages.
        max_bytes: of all lines together.

    Raises:
        DataError: if it is no bundle, is damaged, cut short or too large, a newer version wrote it, or its parts do not
            belong together.
        StoreError: if there is no room for the temporary database.
    """
    db = sqlite3.connect("", isolation_level=None)
    try:
        try:
            db.execute("PRAGMA journal_mode = OFF")
            db.execute("PRAGMA synchronous = OFF")
            db.execute("BEGIN")
            migrations.migrate(db)
            _fill(db, Lines(stream, name, max_bytes))
            _check(db, name)
            db.execute("COMMIT")
        except sqlite3.IntegrityError:
            raise DataError("one of its rows is there twice.", where=name, do=COPY_AGAIN) from None
        except sqlite3.Error as error:
            raise StoreError(
                f"the bundle cannot be unpacked into a temporary file ({error}).",
                where=name,
                do="Free some disk space, or name another folder in TMPDIR. Nothing of it was stored.",
            ) from error
        yield db
    finally:
        db.close()


def _fill(db: sqlite3.Connection, lines: Lines) -> None:
    """Insert all rows; whether they belong together is seen when all are there."""
    for kind, rows in itertools.groupby(lines.rows(), key=lambda row: row["kind"]):
        try:
            _INSERT[kind](db, rows)
        except DataError:
            raise
        except BlindspotError as error:
            raise lines.wrong_row(error) from None
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise lines.wrong_row(f"a line of the kind {kind!r} cannot be read ({first_line(error)})") from None
    if lines.counts["completion"] != db.execute("SELECT count(*) FROM completions").fetchone()[0]:
        raise sqlite3.IntegrityError


def _insert_runs(db: sqlite3.Connection, rows: Iterable[Row]) -> None:
    for row in rows:
        if db.execute("SELECT 1 FROM runs WHERE run_id = ?", (row["run_id"],)).fetchone():
            raise sqlite3.IntegrityError
        run_rows.write_run(db, _record(row))
        run_rows.note_resolutions(db, row["run_id"], row["resolutions"])
        mark = row["annotation"]
        db.execute(
            "INSERT INTO run_marks (run_id, name, note, pinned) VALUES (?, ?, ?, ?)",
            (row["run_id"], mark["name"], mark["note"], mark["pinned"]),
        )


def _insert_prompts(db: sqlite3.Connection, rows: Iterable[Row]) -> None:
    prompts = (custom_prompt(row["name"], row["system"], row["user"]) for row in rows)
    db.executemany(
        "INSERT INTO prompts (name, system, user, changed) VALUES (?, ?, ?, 0)",
        ((one.name, one.system, one.user) for one in prompts),
    )


def _insert_examples(db: sqlite3.Connection, rows: Iterable[Row]) -> None:
    db.executemany(
        "INSERT INTO sample_items (sample_id, position, text, label) VALUES (:sample_id, :position, :text, :label)",
        rows,
    )


def _insert_items(db: sqlite3.Connection, rows: Iterable[Row]) -> None:
    db.executemany(
        "INSERT INTO run_items (run_id, position, key) VALUES (?, ?, ?)",
        ((row["run_id"], row["position"], bytes.fromhex(row["key"])) for row in rows),
    )


def _insert_completions(db: sqlite3.Connection, rows: Iterable[Row]) -> None:
    completion_rows.insert_completions(db, ((bytes.fromhex(row["key"]), _completion(row)) for row in rows))


_INSERT: dict[str, Callable[[sqlite3.Connection, Iterable[Row]], None]] = {
    "prompt": _insert_prompts,
    "run": _insert_runs,
    "example": _insert_examples,
    "item": _insert_items,
    "completion": _insert_completions,
}


def _completion(row: Row) -> Completion:
    return Completion(
        text=row["text"],
        token_ids=tuple(row["token_ids"]),
        prompt_tokens=row["prompt_tokens"],
        stop=row["stop"],
        latency_ms=math.nan if row["latency_ms"] is None else row["latency_ms"],
        label_logprobs=base64.b64decode(row["label_logprobs"], validate=True),
    )


def _record(row: Row) -> RunRecord:
    """The run that a line describes.

    Raises:
        StoreError: if it is not one, or a newer version wrote it.
        LookupError, TypeError, ValueError: likewise.
    """
    reference = row["label_reference"]
    record = RunRecord(
        **{one.name: row[one.name] for one in fields(RunRecord) if one.name not in _CONVERTED},
        spec=RunSpec.from_json(json.dumps(row["spec"])),
        labels=tuple(row["labels"]),
        label_order=tuple(row["label_order"]),
        prompt=from_fields(Prompt, row["prompt"], "its prompt"),
        label_reference=None if reference is None else LabelReference.from_json(json.dumps(reference)),
        usage=None if row["usage"] is None else Usage(**row["usage"]),
    )
    if not (_is_like(record.spec, RunSpec()) and _is_like(record.spec.task, RunSpec().task)):
        raise ValueError("a field of its spec is of another type")
    checked(record.spec)
    if not _is_prompt(record.prompt):
        raise ValueError("a field of its prompt is of another type")
    if sorted(record.label_order) != sorted(record.labels) or len(set(record.labels)) < len(record.labels):
        raise ValueError("its labels are not those that its prompt lists, or one is there twice")
    known = record.label_reference
    if known and (len(known.tokens) != len(record.labels) or min(known.tokens) < 1):
        raise ValueError("what it knows of its labels is not of its labels")
    refuse_another_id(record)
    return record


_CONVERTED = ("spec", "labels", "label_order", "prompt", "label_reference", "usage")


def _is_like(one: Any, usual: Any) -> bool:
    """Whether each field of a dataclass has the type that it has in another of its kind."""
    return all(type(getattr(one, field.name)) is type(getattr(usual, field.name)) for field in fields(usual))


def _is_prompt(prompt: Prompt) -> bool:
    seed = prompt.shuffle_seed
    return (
        all(type(text) is str for text in (prompt.name, prompt.system, prompt.user))
        and prompt.listing in ("comma", "numbered")
        and type(prompt.shots) is int
        and 0 <= prompt.shots <= MAX_SHOTS
        and (seed is None or (type(seed) is int and 0 <= seed <= LARGEST))
    )


def _check(db: sqlite3.Connection, name: str) -> None:
    """That the rows belong together: each run has its examples and keys, and nothing is there that no run needs.

    Raises:
        DataError: if they do not.
    """
    for what, query in {
        "examples": "SELECT 1 FROM sample_items WHERE sample_id NOT IN (SELECT sample_id FROM runs) LIMIT 1",
        "keys": "SELECT 1 FROM run_items WHERE run_id NOT IN (SELECT run_id FROM runs) LIMIT 1",
        "completions": "SELECT 1 FROM completions WHERE key NOT IN (SELECT key FROM run_items) LIMIT 1",
    }.items():
        if db.execute(query).fetchone():
            raise DataError(f"this bundle is damaged: it has {what} of no run in it.", where=name, do=COPY_AGAIN)
    sound: set[str] = set()
    for record in map(record_of, run_rows.all_runs(db)):
        count, last = db.execute(
            "SELECT count(*), max(position) FROM run_items WHERE run_id = ?", (record.run_id,)
        ).fetchone()
        if record.sample_id not in sound and _is_sound(db, record):
            sound.add(record.sample_id)
        if count != record.n or last != record.n - 1 or record.sample_id not in sound:
            raise DataError(
                "this bundle is damaged: the examples of a run are not those that it was made of.",
                where=f"{name}, run {record.run_id}",
                do=COPY_AGAIN,
            )


def _is_sound(db: sqlite3.Connection, record: RunRecord) -> bool:
    """Whether the examples of a run's sample are those that its name is the hash of."""
    sample, labels, count = SampleHash(record.labels), set(record.labels), 0
    rows = "SELECT position, text, label FROM sample_items WHERE sample_id = ? ORDER BY position"
    for position, text, label in db.execute(rows, (record.sample_id,)):
        if position != count or label not in labels:
            return False
        sample.add(text, label)
        count += 1
    return count == record.n and sample.hexdigest() == record.sample_id
