"""Runs as rows: the run, the examples of its sample, and the keys of its completions.

A sample's name is the hash of its examples, and rows that differ from what a run was made of are written anew: SQLite
does not notice a flipped bit inside a value.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from evalcore.store.completion_rows import marks
from evalcore.store.label_reference import LabelReference
from evalcore.store.run_record import RUN_COLUMNS, RunRecord, row_of
from evalcore.store.usage import Usage
from evalcore.tasks import Example

Rows = Sequence[Sequence[Any]]

_COLUMNS = ", ".join(RUN_COLUMNS)
_REWRITTEN = ("spec_key", "spec", "labels", "label_order", "prompt", "identity", "sample_id")
"""What is written again when a run is there already: it may be damaged, and its spec is the newest that means this run
(one with `n` above the size of the split, say)."""


def insert_run(db: sqlite3.Connection, record: RunRecord, examples: Sequence[Example], keys: Sequence[bytes]) -> None:
    """Insert a run with its sample, and note that its spec means this run now, inside a transaction of the caller's.

    Of a run that is there already, the totals stay, and what is damaged is mended.
    """
    _mend_usage(db, record.run_id)
    sample = [(record.sample_id, at, e.text, e.label) for at, e in enumerate(examples)]
    _keep_rows(db, "sample_items", "sample_id", "sample_id, position, text, label", sample)
    db.execute(
        f"INSERT INTO runs ({_COLUMNS}, spec_key) VALUES ({marks(len(RUN_COLUMNS) + 1)}) ON CONFLICT (run_id)"
        f" DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _REWRITTEN)},"
        " facts = CASE WHEN json_valid(runs.facts) THEN runs.facts ELSE excluded.facts END,"
        " label_reference = CASE WHEN runs.label_reference = '' THEN excluded.label_reference"
        " ELSE runs.label_reference END",
        (*row_of(record), record.spec.key),
    )
    items = [(record.run_id, at, key) for at, key in enumerate(keys)]
    if _keep_rows(db, "run_items", "run_id", "run_id, position, key", items):
        # Other training examples in a prompt: the same run with other completions, and other prompts of the texts
        # without content. Another `finished` tells those who keep its scores.
        reference = record.label_reference.to_json() if record.label_reference else ""
        db.execute(
            "UPDATE runs SET finished = ?, label_reference = ? WHERE run_id = ?",
            (record.finished, reference, record.run_id),
        )
    # With more examples asked for than there are, it is the run of all of them as well.
    specs = {record.spec.key, replace(record.spec, n=record.n).key}
    db.executemany(
        "INSERT OR REPLACE INTO resolutions (run_id, spec_key, resolved) VALUES (?, ?, ?)",
        [(record.run_id, spec_key, record.created) for spec_key in specs],
    )


def _mend_usage(db: sqlite3.Connection, run_id: str) -> None:
    """Take out what a run asked of a server, if it is damaged: it cannot be known any more."""
    for (text,) in db.execute("SELECT usage FROM runs WHERE run_id = ? AND usage <> ''", (run_id,)).fetchall():
        try:
            Usage.from_json(text)
        except (ValueError, TypeError, AttributeError):
            db.execute("UPDATE runs SET usage = '' WHERE run_id = ?", (run_id,))


def _keep_rows(
    db: sqlite3.Connection, table: str, named: str, columns: str, rows: Sequence[tuple[str | int | bytes, ...]]
) -> bool:
    """Make the rows of one sample or one run these: written if they are not there, or differ.

    Returns:
        whether they were written.
    """
    stored = db.execute(f"SELECT {columns} FROM {table} WHERE {named} = ? ORDER BY position", (rows[0][0],)).fetchall()
    if stored == rows:
        return False
    db.execute(f"DELETE FROM {table} WHERE {named} = ?", (rows[0][0],))
    db.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks(len(rows[0]))})", rows)
    return True


def add_batch(
    db: sqlite3.Connection, run_id: str, *, predicted: int, seconds: float, usage: Usage | None = None
) -> None:
    """Add a batch to a run's totals, inside a transaction of the caller's."""
    db.execute(
        "UPDATE runs SET seconds = seconds + ?, predicted = predicted + ? WHERE run_id = ?",
        (seconds, predicted, run_id),
    )
    if usage is not None:
        row = db.execute("SELECT usage FROM runs WHERE run_id = ?", (run_id,)).fetchone()
        before = Usage.from_json(row[0]) if row and row[0] else Usage()  # a run can be deleted while it is predicted
        db.execute("UPDATE runs SET usage = ? WHERE run_id = ?", ((before + usage).to_json(), run_id))


def add_load(
    db: sqlite3.Connection,
    run_id: str,
    *,
    load_seconds: float,
    metadata: Mapping[str, str],
    label_reference: LabelReference | None = None,
) -> None:
    """Add the loading of the model to a run's totals, and what was learnt to its metadata and of its labels."""
    row = db.execute("SELECT facts FROM runs WHERE run_id = ?", (run_id,)).fetchone()
    if row is not None:  # a run can be deleted while it is predicted
        db.execute(
            "UPDATE runs SET load_seconds = load_seconds + ?, facts = ? WHERE run_id = ?",
            (load_seconds, json.dumps({**json.loads(row[0]), **metadata}), run_id),
        )
    if label_reference is not None:
        # A run that was finished without it is finished anew, which tells those who keep its scores.
        db.execute(
            "UPDATE runs SET finished = CASE WHEN label_reference = '' THEN NULL ELSE finished END,"
            " label_reference = ? WHERE run_id = ?",
            (label_reference.to_json(), run_id),
        )


def finish(db: sqlite3.Connection, run_id: str) -> None:
    """Note when a run was complete, once."""
    db.execute("UPDATE runs SET finished = ? WHERE run_id = ? AND finished IS NULL", (time.time(), run_id))


def write_run(db: sqlite3.Connection, record: RunRecord) -> None:
    """Write all that a run's record says, whether it is there already or not; not its examples and keys."""
    columns = (*RUN_COLUMNS, "spec_key")
    db.execute(
        f"INSERT INTO runs ({', '.join(columns)}) VALUES ({marks(len(columns))}) ON CONFLICT (run_id)"
        f" DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in columns)}",
        (*row_of(record), record.spec.key),
    )


def resolutions_of(db: sqlite3.Connection, run_id: str) -> dict[str, float]:
    """When each spec was last resolved to a run, by the spec's key."""
    return dict(db.execute("SELECT spec_key, resolved FROM resolutions WHERE run_id = ? ORDER BY 1", (run_id,)))


def note_resolutions(db: sqlite3.Connection, run_id: str, resolutions: Mapping[str, float]) -> None:
    """Note when specs were resolved to a run; a later time that is noted already stays."""
    db.executemany(
        "INSERT INTO resolutions (run_id, spec_key, resolved) VALUES (?, ?, ?) ON CONFLICT (run_id, spec_key)"
        " DO UPDATE SET resolved = excluded.resolved WHERE excluded.resolved > resolutions.resolved",
        [(run_id, spec_key, resolved) for spec_key, resolved in resolutions.items()],
    )


def all_runs(db: sqlite3.Connection) -> Rows:
    """Rows of all runs, the newest first."""
    return db.execute(f"SELECT {_COLUMNS} FROM runs ORDER BY created DESC, run_id").fetchall()


def one_run(db: sqlite3.Connection, run_id: str) -> Rows:
    """The row of a run; none if there is no such run."""
    return db.execute(f"SELECT {_COLUMNS} FROM runs WHERE run_id = ?", (run_id,)).fetchall()


def runs_of_spec(db: sqlite3.Connection, spec_key: str) -> Rows:
    """Rows of the runs that a spec was ever resolved to, the last one first."""
    return db.execute(
        f"SELECT {_COLUMNS} FROM runs LEFT JOIN"
        " (SELECT run_id AS resolved_to, max(resolved) AS resolved FROM resolutions WHERE spec_key = ?"
        " GROUP BY run_id) ON resolved_to = run_id WHERE spec_key = ? OR resolved IS NOT NULL"
        " ORDER BY coalesce(resolved, created) DESC",
        (spec_key, spec_key),
    ).fetchall()


def finished_on_sample(db: sqlite3.Connection, sample_id: str) -> Rows:
    """Rows of the finished runs on a sample, the one that was asked for last first."""
    return db.execute(
        f"SELECT {_COLUMNS} FROM runs WHERE sample_id = ? AND finished IS NOT NULL ORDER BY coalesce("
        "(SELECT max(resolved) FROM resolutions r WHERE r.run_id = runs.run_id), created) DESC",
        (sample_id,),
    ).fetchall()


def with_label_reference(db: sqlite3.Connection, record: RunRecord, key: bytes) -> Rows:
    """Rows of the runs by the same model on the same list of labels that know what these are as answers.

    Args:
        key: of a completion that they must hold. It covers the prompt as it was sent, training examples included.
    """
    columns = dict(zip(RUN_COLUMNS, row_of(record), strict=True))
    return db.execute(
        f"SELECT {_COLUMNS} FROM runs WHERE identity = ? AND label_order = ? AND label_reference <> ''"
        " AND EXISTS (SELECT 1 FROM run_items i WHERE i.run_id = runs.run_id AND i.key = ?)",
        (columns["identity"], columns["label_order"], key),
    ).fetchall()


def first_items(db: sqlite3.Connection, run_id: str, n: int) -> tuple[list[Example], list[bytes]]:
    """The first `n` examples of a run, and the keys of their completions."""
    rows = db.execute(
        "SELECT s.text, s.label, i.key FROM runs r JOIN run_items i ON i.run_id = r.run_id JOIN sample_items s"
        " ON s.sample_id = r.sample_id AND s.position = i.position WHERE r.run_id = ?"
        " ORDER BY i.position LIMIT ?",
        (run_id, n),
    ).fetchall()
    return [Example(text, label) for text, label, _ in rows], [key for *_, key in rows]


def item_at(db: sqlite3.Connection, run_id: str, sample_id: str, position: int) -> tuple[Example, bytes] | None:
    """A run's example at a position of its sample, and the key of its completion; None if there is none."""
    row = db.execute(
        "SELECT s.text, s.label, i.key FROM run_items i JOIN sample_items s ON s.sample_id = ?"
        " AND s.position = i.position WHERE i.run_id = ? AND i.position = ?",
        (sample_id, run_id, position),
    ).fetchone()
    return (Example(row[0], row[1]), row[2]) if row else None


def position_of(db: sqlite3.Connection, sample_id: str, text: str) -> int | None:
    """The first position of a text in a sample; None if it is not there."""
    row = db.execute(
        "SELECT position FROM sample_items WHERE sample_id = ? AND text = ? ORDER BY position LIMIT 1",
        (sample_id, text),
    ).fetchone()
    return int(row[0]) if row else None
