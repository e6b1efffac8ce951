"""SQLite under `cache/`: completions by key, and the runs that they belong to.

One database file, no side files: a rollback journal and `synchronous=FULL`, one transaction a batch. (WAL mode
can corrupt a database in the SQLite versions that Python 3.11 carries.) Each completion has its own checksum and a
sample's name is the hash of its examples, since SQLite does not notice a flipped byte inside a value. Every
operation opens its own connection, so that a `Store` can be shared by threads.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from evalcore.completion import Completion
from evalcore.errors import StoreError
from evalcore.prompt import Prompt
from evalcore.runspec import RunSpec
from evalcore.task import Example

OWN_CACHE = Path(__file__).parent.parent / "cache"
DEFAULT_CACHE = Path(os.environ.get("BLINDSPOT_CACHE") or OWN_CACHE)
FILE_NAME = "blindspot.db"
BUSY_TIMEOUT_S = 60.0
_CHUNK = 500
"""Keys per SELECT; SQLite's own limit on parameters is at least 999."""


@dataclass(frozen=True)
class RunRecord:
    """A run as it is stored, without its examples.

    Attributes:
        run_id: short name, a hash of what decides the run.
        spec: what was asked for.
        task_name, origin: the task, and where it was read from.
        labels: all labels, in the task's order.
        label_order: in the order in which the prompt lists them.
        prompt: the variant in full.
        identity: what else decided the completions.
        sample_id: two runs with the same one looked at the same examples.
        n: number of examples; `split_size` of them are in the split it was sampled from.
        created, finished: seconds since 1970; `finished` is None while examples are missing.
        seconds: time spent predicting, over all attempts; `load_seconds` of loading the model.
        predicted: completions that attempts of this run computed.
        facts: versions, device, and other things that are shown but decide nothing.
    """

    run_id: str
    spec: RunSpec
    task_name: str
    origin: str
    labels: tuple[str, ...]
    label_order: tuple[str, ...]
    prompt: Prompt
    identity: dict[str, str | int]
    sample_id: str
    n: int
    split_size: int
    created: float
    finished: float | None = None
    seconds: float = 0.0
    load_seconds: float = 0.0
    predicted: int = 0
    facts: dict[str, str] | None = None


class Store:
    """The cache folder.

    Args:
        folder: created, for this user alone, if it is missing.

    Attributes:
        notice: what a person should know, for example that a damaged database was set aside. Empty if nothing.
        read_only: the folder cannot be written: what is stored can be looked at, and nothing can be added.

    Raises:
        StoreError: if the folder or the database cannot be used, or a newer program wrote it.
    """

    def __init__(self, folder: Path = DEFAULT_CACHE) -> None:
        self.folder = Path(folder)
        self.path = self.folder / FILE_NAME
        self.notice = ""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"the cache folder cannot be used ({error.strerror}).",
                where=str(folder),
                do="Choose another with --cache or BLINDSPOT_CACHE.",
            ) from None
        if self.path.is_symlink() or (self.path.exists() and not self.path.is_file()):
            raise StoreError("this is not a plain file.", where=str(self.path), do="Move it away.")
        self.read_only = not os.access(self.folder, os.W_OK) or (
            self.path.exists() and not os.access(self.path, os.W_OK)
        )
        if self.read_only:
            self.notice = "The cache folder cannot be written: stored results are shown, and new ones cannot be kept."
        elif self.folder.resolve() == OWN_CACHE.resolve():
            self.folder.chmod(0o700)  # it came with the project, with whatever mode the checkout gave it
        try:
            self._migrate()
        except StoreError as error:
            if self.read_only or not _is_damage(error):
                raise
            self._begin_anew()

    @contextmanager
    def connect(self, *, write: bool = False) -> Iterator[sqlite3.Connection]:
        """A connection for one operation; with `write`, one transaction that is committed at the end.

        Raises:
            StoreError: for whatever SQLite has to complain about.
        """
        try:
            if self.read_only:
                address = f"{self.path.resolve().as_uri()}?mode=ro"
                connection = sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
            else:
                if not self.path.exists():
                    os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
                connection = sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"the cache cannot be opened ({error}).", where=str(self.path)) from error
        # A flipped bit can make a text no UTF-8; its row must count as damaged, and not stop those beside it.
        connection.text_factory = _as_text
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            if write:
                connection.execute("BEGIN IMMEDIATE")
            yield connection
            if write:
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise _store_error(error, self.path) from error
        except UnicodeDecodeError:  # a complaint of SQLite's that quotes bytes of a damaged file
            damage = sqlite3.DatabaseError("malformed")
            raise _store_error(damage, self.path) from damage
        finally:
            connection.close()  # rolls back what was not committed

    def _migrate(self) -> None:
        with self.connect() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if 0 < version <= len(MIGRATIONS):
                self._check(db, version)
        if version == len(MIGRATIONS):
            return
        with self.connect(write=True) as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]  # another process may have been first
            if version > len(MIGRATIONS):
                raise StoreError(
                    f"the cache has format {version}, newer than this program's {len(MIGRATIONS)}.",
                    where=str(self.path),
                    do="Update Blindspot, or choose another cache folder.",
                )
            for number, migration in enumerate(MIGRATIONS[version:], start=version + 1):
                for statement in migration.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {number}")

    def _check(self, db: sqlite3.Connection, version: int) -> None:
        """Look for damage once, at opening: SQLite would notice most of it only when the page is read.

        Raises:
            sqlite3.DatabaseError: which says what is damaged.
        """
        pages, page_size = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        if self.path.stat().st_size < pages * page_size:
            raise sqlite3.DatabaseError("the file is truncated")
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        lacking = set(re.findall(r"CREATE TABLE (\w+)", "".join(MIGRATIONS[:version]))) - tables
        if lacking:
            raise sqlite3.DatabaseError(f"the table {min(lacking)} is missing")
        verdict = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise sqlite3.DatabaseError(f"malformed: {str(verdict).splitlines()[-1]}")

    def _begin_anew(self) -> None:
        """Set a damaged database aside, never over an older one, and begin a new one."""
        with FileLock(self.folder / "open.lock", mode=0o600):
            try:
                self._migrate()  # another process may have done it while this one waited
                return
            except StoreError as error:
                if not _is_damage(error):
                    raise
            stamp = time.strftime("%Y%m%d-%H%M%S")
            names = (f"{FILE_NAME}.corrupt-{stamp}{suffix}" for suffix in ("", *(f"-{n}" for n in range(1, 1000))))
            aside = next(path for path in map(self.path.with_name, names) if not path.exists())
            self.path.rename(aside)
            self.notice = f"The cache was damaged and has been set aside as {aside.name}; a new one was begun."
            self._migrate()

    # -- completions ------------------------------------------------------------------------------

    def completions(self, keys: Sequence[bytes]) -> dict[bytes, Completion]:
        """Those of the completions that are stored and intact; a damaged row counts as missing."""
        found = {}
        with self.connect() as db:
            for start in range(0, len(keys), _CHUNK):
                chunk = keys[start : start + _CHUNK]
                marks = ",".join("?" * len(chunk))
                for key, checksum, *columns in db.execute(
                    f"SELECT key, checksum, {_COMPLETION_COLUMNS} FROM completions WHERE key IN ({marks})",
                    chunk,
                ):
                    if checksum == _checksum(key, columns):
                        found[key] = _completion(columns)
        return found

    def put_completions(self, rows: Sequence[tuple[bytes, Completion]]) -> None:
        """Keep completions: all of them or, when the process dies on the way, none."""
        with self.connect(write=True) as db:
            insert_completions(db, rows)

    def put_batch(self, run_id: str, rows: Sequence[tuple[bytes, Completion]], seconds: float) -> None:
        """Keep a run's batch and what it took, in one transaction: a run's totals are those of its completions."""
        with self.connect(write=True) as db:
            insert_completions(db, rows)
            db.execute(
                "UPDATE runs SET seconds = seconds + ?, predicted = predicted + ? WHERE run_id = ?",
                (seconds, len(rows), run_id),
            )

    # -- runs ---------------------------------------------------------------------------------------

    def start_run(self, record: RunRecord, examples: Sequence[Example], keys: Sequence[bytes]) -> None:
        """Keep what a run consists of before its first prediction; nothing changes if it is there already."""
        with self.connect(write=True) as db:
            insert_run(db, record, examples, keys)

    def note_load(self, run_id: str, *, load_seconds: float, facts: Mapping[str, str]) -> None:
        """Add what loading the model took to the run's totals, and what was learnt to the run's facts."""
        with self.connect(write=True) as db:
            row = db.execute("SELECT facts FROM runs WHERE run_id = ?", (run_id,)).fetchone()
            if row is not None:  # a run can be deleted while it is worked on
                db.execute(
                    "UPDATE runs SET load_seconds = load_seconds + ?, facts = ? WHERE run_id = ?",
                    (load_seconds, json.dumps({**json.loads(row[0]), **facts}), run_id),
                )

    def finish_run(self, run_id: str) -> None:
        """Mark a run as complete, once."""
        with self.connect(write=True) as db:
            db.execute("UPDATE runs SET finished = ? WHERE run_id = ? AND finished IS NULL", (time.time(), run_id))

    def runs(self) -> list[RunRecord]:
        """All runs, the newest first; one whose row is damaged is left out, and `notice` says so."""
        with self.connect() as db:
            rows = db.execute(f"SELECT {_RUN_COLUMNS} FROM runs ORDER BY created DESC, run_id").fetchall()
        return self._readable(rows)

    def _readable(self, rows: Sequence[Sequence[Any]]) -> list[RunRecord]:
        records = []
        for row in rows:
            try:
                records.append(_record(row))
            except StoreError as error:
                self.notice = str(error)
        return records

    def run(self, run_id: str) -> RunRecord:
        """One run.

        Raises:
            StoreError: if there is none of that name.
        """
        with self.connect() as db:
            row = db.execute(f"SELECT {_RUN_COLUMNS} FROM runs WHERE run_id = ?", (run_id,)).fetchone()
        if row is None:
            raise StoreError("there is no such run.", where=repr(run_id), do="`python -m evalcore runs` lists them.")
        return _record(row)

    def find_run(self, spec: RunSpec) -> RunRecord | None:
        """The newest run that was asked for in just these words."""
        with self.connect() as db:
            row = db.execute(
                f"SELECT {_RUN_COLUMNS} FROM runs WHERE spec_key = ? ORDER BY created DESC LIMIT 1",
                (spec.key,),
            ).fetchone()
        return next(iter(self._readable([row])), None) if row else None

    def count_done(self, run_id: str) -> int:
        """How many of the run's examples have a completion that is intact."""
        with self.connect() as db:
            rows = db.execute(
                f"SELECT i.key, c.checksum, {_COMPLETION_COLUMNS_OF_C} FROM run_items i"
                " JOIN completions c ON c.key = i.key WHERE i.run_id = ?",
                (run_id,),
            )
            return sum(checksum == _checksum(key, columns) for key, checksum, *columns in rows)

    def runs_on_sample(self, sample_id: str) -> list[RunRecord]:
        """Finished runs on just these examples, the newest first."""
        with self.connect() as db:
            rows = db.execute(
                f"SELECT {_RUN_COLUMNS} FROM runs WHERE sample_id = ? AND finished IS NOT NULL ORDER BY created DESC",
                (sample_id,),
            ).fetchall()
        return self._readable(rows)

    # -- a person's own prompts ----------------------------------------------------------------------

    def save_prompt(self, prompt: Prompt) -> None:
        """Keep a person's own prompt; one of the same name is replaced (runs keep the text they used)."""
        with self.connect(write=True) as db:
            db.execute(
                "INSERT INTO prompts (name, system, user, changed) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE"
                " SET system = excluded.system, user = excluded.user, changed = excluded.changed",
                (prompt.name, prompt.system, prompt.user, time.time()),
            )

    def delete_prompt(self, name: str) -> None:
        """Forget a person's own prompt. Runs that used it stay."""
        with self.connect(write=True) as db:
            db.execute("DELETE FROM prompts WHERE name = ?", (name,))

    def own_prompts(self) -> dict[str, Prompt]:
        """A person's own prompts by name."""
        with self.connect() as db:
            rows = db.execute("SELECT name, system, user FROM prompts ORDER BY name").fetchall()
        return {name: Prompt(name, system, user) for name, system, user in rows}

    # -- digests of large files, so that weights are hashed once ---------------------------------------

    def file_digest(self, path: str, stamp: str) -> str | None:
        """The digest noted for a file while its size, times and inode (`stamp`) were these."""
        with self.connect() as db:
            row = db.execute("SELECT digest FROM file_digests WHERE path = ? AND stamp = ?", (path, stamp)).fetchone()
        return row[0] if row else None

    def note_file_digest(self, path: str, stamp: str, digest: str) -> None:
        """Remember a file's digest."""
        with self.connect(write=True) as db:
            db.execute(
                "INSERT OR REPLACE INTO file_digests (path, stamp, digest) VALUES (?, ?, ?)",
                (path, stamp, digest),
            )


def insert_run(db: sqlite3.Connection, record: RunRecord, examples: Sequence[Example], keys: Sequence[bytes]) -> None:
    """Insert a run with its sample, inside a transaction of the caller's. What is there and is damaged is mended."""
    sample = [(record.sample_id, at, e.text, e.label) for at, e in enumerate(examples)]
    _keep_rows(db, "sample_items", "sample_id", "sample_id, position, text, label", sample)
    db.execute(
        # The same run asked for in other words (`n` above the size of the split, say) is found by the newest.
        f"INSERT INTO runs ({_RUN_COLUMNS}, spec_key) VALUES ({','.join('?' * 18)})"
        " ON CONFLICT (run_id) DO UPDATE SET spec_key = excluded.spec_key, spec = excluded.spec,"
        " labels = excluded.labels, label_order = excluded.label_order, prompt = excluded.prompt,"
        " identity = excluded.identity, sample_id = excluded.sample_id,"
        " facts = CASE WHEN json_valid(runs.facts) THEN runs.facts ELSE excluded.facts END",
        (*_record_row(record), record.spec.key),
    )
    items = [(record.run_id, at, key) for at, key in enumerate(keys)]
    _keep_rows(db, "run_items", "run_id", "run_id, position, key", items)


def _keep_rows(
    db: sqlite3.Connection, table: str, named: str, columns: str, rows: Sequence[tuple[str | int | bytes, ...]]
) -> None:
    """Make the rows of one sample or one run these: written if they are not there, or not as they were."""
    stored = db.execute(f"SELECT {columns} FROM {table} WHERE {named} = ? ORDER BY position", (rows[0][0],)).fetchall()
    if stored == rows:
        return
    db.execute(f"DELETE FROM {table} WHERE {named} = ?", (rows[0][0],))
    db.executemany(f"INSERT INTO {table} ({columns}) VALUES ({','.join('?' * len(rows[0]))})", rows)


def insert_completions(db: sqlite3.Connection, rows: Sequence[tuple[bytes, Completion]]) -> None:
    """Insert completions inside a transaction of the caller's. A row that is there is replaced only if damaged
    ones can be meant: keys are content hashes, so an intact row already says the same."""
    values = []
    for key, completion in rows:
        columns = _completion_row(completion)
        values.append((key, _checksum(key, columns), *columns))
    db.executemany(
        f"INSERT OR REPLACE INTO completions (key, checksum, {_COMPLETION_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        values,
    )


_COMPLETION_COLUMNS = "text, token_ids, prompt_tokens, stop, latency_ms, label_logprobs"
_COMPLETION_COLUMNS_OF_C = ", ".join(f"c.{name}" for name in _COMPLETION_COLUMNS.split(", "))
_RUN_COLUMNS = (
    "run_id, spec, task_name, origin, labels, label_order, prompt, identity, sample_id, n, split_size,"
    " created, finished, seconds, load_seconds, predicted, facts"
)


def _completion_row(completion: Completion) -> list[str | int | float | bytes]:
    c, ids = completion, json.dumps(completion.token_ids, separators=(",", ":"))
    # SQLite keeps NaN as NULL, which would come back as something else.
    latency: str | float = c.latency_ms if c.latency_ms == c.latency_ms else "nan"
    return [c.text, ids, c.prompt_tokens, c.stop, latency, c.label_logprobs]


def _completion(columns: Sequence[Any]) -> Completion:
    text, ids, prompt_tokens, stop, latency_ms, logprobs = columns
    return Completion(text, tuple(json.loads(ids)), prompt_tokens, stop, float(latency_ms), logprobs)


def _checksum(key: bytes, columns: Sequence[object]) -> int:
    return zlib.crc32(repr(columns).encode("utf-8", "surrogatepass"), zlib.crc32(key))


def _record_row(r: RunRecord) -> tuple[object, ...]:
    p = r.prompt
    return (
        r.run_id, r.spec.to_json(), r.task_name, r.origin, json.dumps(r.labels), json.dumps(r.label_order),
        json.dumps([p.name, p.system, p.user, p.listing, p.shots, p.shuffle_seed]), json.dumps(r.identity),
        r.sample_id, r.n, r.split_size, r.created, r.finished, r.seconds, r.load_seconds, r.predicted,
        json.dumps(r.facts or {}),
    )  # fmt: skip


def _record(row: Sequence[Any]) -> RunRecord:
    (run_id, spec, task_name, origin, labels, label_order, prompt, identity, sample_id, n, split_size,
     created, finished, seconds, load_seconds, predicted, facts) = row  # fmt: skip
    try:
        "".join(value for value in row if isinstance(value, str)).encode()
        n, split_size, created = int(n), int(split_size), float(created)
        return RunRecord(
            run_id, RunSpec.from_json(spec), task_name, origin, tuple(json.loads(labels)),
            tuple(json.loads(label_order)), Prompt(*json.loads(prompt)), json.loads(identity), sample_id, n,
            split_size, created, finished, seconds, load_seconds, predicted, json.loads(facts),
        )  # fmt: skip
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(
            f"this run is damaged in the cache ({error}).",
            where=f"run {run_id}",
            do="Run it again: its completions are kept apart, and no model is called.",
        ) from None


def _as_text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _is_damage(error: StoreError) -> bool:
    """Whether the file is broken, and not merely locked, full or out of reach."""
    cause = error.__cause__
    return isinstance(cause, sqlite3.DatabaseError) and not isinstance(cause, sqlite3.OperationalError)


def _store_error(error: sqlite3.Error, path: Path) -> StoreError:
    message = str(error)
    if "readonly" in message or "unable to open" in message:
        return StoreError(
            "the cache cannot be written.",
            where=str(path),
            do="Check the folder's permissions, or choose another.",
        )
    if "disk is full" in message or "full" in message:
        return StoreError(
            "the disk is full.", where=str(path), do="Free some space and run again: what was stored is kept."
        )
    if "locked" in message:
        return StoreError(
            f"another process kept the cache locked for {BUSY_TIMEOUT_S:.0f} s.",
            where=str(path),
            do="Try again.",
        )
    return StoreError(
        f"the cache cannot be read ({message}).",
        where=str(path),
        do="Move the file away to begin a new cache.",
    )


MIGRATIONS: tuple[str, ...] = (
    # 1: the first format
    """
    CREATE TABLE completions (
        key BLOB PRIMARY KEY, checksum INTEGER NOT NULL, text TEXT NOT NULL, token_ids TEXT NOT NULL,
        prompt_tokens INTEGER NOT NULL, stop TEXT NOT NULL, latency_ms REAL NOT NULL, label_logprobs BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE sample_items (
        sample_id TEXT NOT NULL, position INTEGER NOT NULL, text TEXT NOT NULL, label TEXT NOT NULL,
        PRIMARY KEY (sample_id, position)
    ) WITHOUT ROWID;
    CREATE TABLE runs (
        run_id TEXT PRIMARY KEY, spec_key TEXT NOT NULL, spec TEXT NOT NULL, task_name TEXT NOT NULL,
        origin TEXT NOT NULL, labels TEXT NOT NULL, label_order TEXT NOT NULL, prompt TEXT NOT NULL,
        identity TEXT NOT NULL, sample_id TEXT NOT NULL, n INTEGER NOT NULL, split_size INTEGER NOT NULL,
        created REAL NOT NULL, finished REAL, seconds REAL NOT NULL, load_seconds REAL NOT NULL,
        predicted INTEGER NOT NULL, facts TEXT NOT NULL
    );
    CREATE INDEX runs_by_spec ON runs (spec_key);
    CREATE INDEX runs_by_sample ON runs (sample_id);
    CREATE TABLE run_items (
        run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, position INTEGER NOT NULL, key BLOB NOT NULL,
        PRIMARY KEY (run_id, position)
    ) WITHOUT ROWID;
    CREATE TABLE prompts (name TEXT PRIMARY KEY, system TEXT NOT NULL, user TEXT NOT NULL, changed REAL NOT NULL);
    CREATE TABLE file_digests (path TEXT PRIMARY KEY, stamp TEXT NOT NULL, digest TEXT NOT NULL);
    CREATE TABLE jobs (
        job_id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, payload TEXT NOT NULL, state TEXT NOT NULL,
        phase TEXT NOT NULL DEFAULT '', run_id TEXT, done INTEGER NOT NULL DEFAULT 0,
        cached INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0, predicting_since REAL,
        result TEXT NOT NULL DEFAULT '', stop INTEGER NOT NULL DEFAULT 0, worker_pid INTEGER,
        created REAL NOT NULL, started REAL, finished REAL
    )
    """,
    # 2: what a person writes on a run
    """
    CREATE TABLE run_marks (
        run_id TEXT PRIMARY KEY REFERENCES runs ON DELETE CASCADE, name TEXT NOT NULL DEFAULT '',
        note TEXT NOT NULL DEFAULT '', pinned INTEGER NOT NULL DEFAULT 0
    )
    """,
)
