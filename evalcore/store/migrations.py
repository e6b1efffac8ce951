"""The formats of the database, each one a function that makes it from the format before.

A migration runs statement by statement inside one transaction (`executescript` would commit), and with foreign keys
off: dropping a table would otherwise delete the rows that refer to it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from functools import lru_cache

Migration = Callable[[sqlite3.Connection], None]
Schema = Mapping[str, frozenset[str]]
"""The names of the columns of each table."""


def m001_first_format(db: sqlite3.Connection) -> None:
    """Completions, samples, runs, prompts, digests of files, and the job queue."""
    db.execute("""
        CREATE TABLE completions (
            key BLOB PRIMARY KEY, checksum INTEGER NOT NULL, text TEXT NOT NULL, token_ids TEXT NOT NULL,
            prompt_tokens INTEGER NOT NULL, stop TEXT NOT NULL, latency_ms REAL NOT NULL,
            label_logprobs BLOB NOT NULL
        ) WITHOUT ROWID""")
    db.execute("""
        CREATE TABLE sample_items (
            sample_id TEXT NOT NULL, position INTEGER NOT NULL, text TEXT NOT NULL, label TEXT NOT NULL,
            PRIMARY KEY (sample_id, position)
        ) WITHOUT ROWID""")
    db.execute("""
        CREATE TABLE runs (
            run_id TEXT PRIMARY KEY, spec_key TEXT NOT NULL, spec TEXT NOT NULL, task_name TEXT NOT NULL,
            origin TEXT NOT NULL, labels TEXT NOT NULL, label_order TEXT NOT NULL, prompt TEXT NOT NULL,
            identity TEXT NOT NULL, sample_id TEXT NOT NULL, n INTEGER NOT NULL, split_size INTEGER NOT NULL,
            created REAL NOT NULL, finished REAL, seconds REAL NOT NULL, load_seconds REAL NOT NULL,
            predicted INTEGER NOT NULL, facts TEXT NOT NULL
        )""")
    db.execute("CREATE INDEX runs_by_spec ON runs (spec_key)")
    db.execute("CREATE INDEX runs_by_sample ON runs (sample_id)")
    db.execute("""
        CREATE TABLE run_items (
            run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, position INTEGER NOT NULL, key BLOB NOT NULL,
            PRIMARY KEY (run_id, position)
        ) WITHOUT ROWID""")
    db.execute("""
        CREATE TABLE prompts (
            name TEXT PRIMARY KEY, system TEXT NOT NULL, user TEXT NOT NULL, changed REAL NOT NULL
        )""")
    db.execute("CREATE TABLE file_digests (path TEXT PRIMARY KEY, stamp TEXT NOT NULL, digest TEXT NOT NULL)")
    db.execute("""
        CREATE TABLE jobs (
            job_id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, payload TEXT NOT NULL, state TEXT NOT NULL,
            phase TEXT NOT NULL DEFAULT '', run_id TEXT, done INTEGER NOT NULL DEFAULT 0,
            cached INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0, predicting_since REAL,
            result TEXT NOT NULL DEFAULT '', stop INTEGER NOT NULL DEFAULT 0, worker_pid INTEGER,
            created REAL NOT NULL, started REAL, finished REAL
        )""")


def m002_run_annotations(db: sqlite3.Connection) -> None:
    """A run's name and note, and whether it is pinned."""
    db.execute("""
        CREATE TABLE run_marks (
            run_id TEXT PRIMARY KEY REFERENCES runs ON DELETE CASCADE, name TEXT NOT NULL DEFAULT '',
            note TEXT NOT NULL DEFAULT '', pinned INTEGER NOT NULL DEFAULT 0
        )""")


def m003_resolutions_and_job_reports(db: sqlite3.Connection) -> None:
    """When each spec was last resolved to which run; the last progress reports of a job."""
    db.execute("""
        CREATE TABLE resolutions (
            run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, spec_key TEXT NOT NULL, resolved REAL NOT NULL,
            PRIMARY KEY (run_id, spec_key)
        ) WITHOUT ROWID""")
    db.execute("""
        CREATE TABLE job_reports (
            report_id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
            at REAL NOT NULL, done INTEGER NOT NULL
        )""")
    db.execute("CREATE INDEX job_reports_by_job ON job_reports (job_id)")


def m004_label_references(db: sqlite3.Connection) -> None:
    """A run's labels as answers: their lengths in tokens, and how probable each is after a text without content."""
    db.execute("ALTER TABLE runs ADD COLUMN label_reference TEXT NOT NULL DEFAULT ''")


def m005_usage_of_servers(db: sqlite3.Connection) -> None:
    """What a run asked of a server: requests and tokens."""
    db.execute("ALTER TABLE runs ADD COLUMN usage TEXT NOT NULL DEFAULT ''")


MIGRATIONS: tuple[Migration, ...] = (
    m001_first_format,
    m002_run_annotations,
    m003_resolutions_and_job_reports,
    m004_label_references,
    m005_usage_of_servers,
)
"""In order: the n-th makes format n. What stands here is never changed; another format is another function."""


def current_format() -> int:
    """The format that this version reads and writes."""
    return len(MIGRATIONS)


def format_of(db: sqlite3.Connection) -> int:
    """The format of a database; 0 for an empty one."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrate(db: sqlite3.Connection) -> None:
    """Bring a database up to the current format, inside a transaction of the caller's."""
    _apply(db, MIGRATIONS[format_of(db) :])
    db.execute(f"PRAGMA user_version = {current_format()}")


def lacking(db: sqlite3.Connection) -> str:
    """The first table or column that a database of its format must have and this one has not; empty if none is."""
    schema = _schema(db)
    for table, columns in _schema_after(MIGRATIONS[: format_of(db)]).items():
        if table not in schema:
            return f"the table {table}"
        if missing := columns - schema[table]:
            return f"the column {min(missing)} of the table {table}"
    return ""


@lru_cache(maxsize=8)
def _schema_after(migrations: tuple[Migration, ...]) -> Schema:
    """The schema of a new database after these migrations."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    try:
        _apply(db, migrations)
        return _schema(db)
    finally:
        db.close()


def _apply(db: sqlite3.Connection, migrations: tuple[Migration, ...]) -> None:
    for migration in migrations:
        migration(db)


def _schema(db: sqlite3.Connection) -> Schema:
    rows = db.execute(
        "SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
    ).fetchall()
    return {table: frozenset(column for name, column in rows if name == table) for table in dict(rows)}
