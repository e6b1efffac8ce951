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
import threading
import time
import uuid
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from filelock import FileLock

from evalcore.errors import StoreError
from evalcore.paths import OWN_CACHE
from evalcore.store.completion import Completion, Stop
from evalcore.store.model_kind import ModelKind, kind_named
from evalcore.store.spec import RunSpec
from evalcore.tasks import Example, Prompt

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
        identity: what else decided the completions: "predictor" (the name of the model's kind) and, by kind,
            "model" (fingerprint of its files, or its name on a server), "url", "train" (hash of the train split),
            "content" (hash of imported answers), "device", "dtype", "decoding", "engine", "max_new_tokens",
            "batch_size", "choices" (hash of the answers to choose from), "version".
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
    metadata: dict[str, str] | None = None

    @property
    def kind(self) -> ModelKind:
        """What its model can do: by its identity or, should that name no kind, by the model's name."""
        return kind_named(self.identity.get("predictor")) or self.spec.kind


class Store:
    """The cache folder.

    Args:
        folder: created, for this user alone, if it is missing.

    Attributes:
        notice: what a person should know, for example that a damaged database was set aside. Empty if nothing.
        read_only: the folder cannot be written: what is stored can be looked at, and nothing can be added. A run
            whose completions are all stored is kept in memory, for as long as this object lives.

    Raises:
        StoreError: if the folder or the database cannot be used, or a newer program wrote it.
    """

    def __init__(self, folder: Path = DEFAULT_CACHE) -> None:
        self.folder = Path(folder)
        self.path = self.folder / FILE_NAME
        self.notice = ""
        self._beside: _Beside | None = None
        self._keeping = threading.Lock()
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
        if write and self.read_only:
            raise _not_writable(self.path)
        try:
            if self.read_only:
                address = f"{self.path.resolve().as_uri()}?mode=ro"
                connection = sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
            else:
                if not self.path.exists():
                    os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
                connection = sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        except OSError as error:
            raise StoreError(f"the cache cannot be opened ({error.strerror}).", where=str(self.path)) from error
        except sqlite3.Error as error:
            raise _store_error(error, self.path) from error
        # A flipped bit can make a text no UTF-8; its row must count as damaged, and not stop those beside it.
        connection.text_factory = _as_text
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            if self._beside is not None:
                self._beside.attach_to(connection)
            if write:
                connection.execute("BEGIN IMMEDIATE")
            yield connection
            if write:
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise _store_error(error, self.path) from error
        except UnicodeDecodeError:  # a complaint of SQLite's that quotes bytes of a damaged file
            damage = _Damage("malformed")
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
        if self.read_only and 0 < version < len(MIGRATIONS):
            self._beside = _Beside()  # it has the tables that an older format lacks
            return
        with self.connect(write=True) as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]  # another process may have been first
            if version > len(MIGRATIONS):
                raise StoreError(
                    f"the cache has format {version}, newer than this program's {len(MIGRATIONS)}.",
                    where=str(self.path),
                    do="Update Blindspot, or choose another cache folder.",
                )
            _bring_up_to_date(db, version)

    def _check(self, db: sqlite3.Connection, version: int) -> None:
        """Look for damage once, at opening: SQLite would notice most of it only when the page is read.

        Raises:
            sqlite3.DatabaseError: which says what is damaged.
        """
        pages, page_size = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        if self.path.stat().st_size < pages * page_size:
            raise _Damage("the file is truncated")
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        lacking = set(re.findall(r"CREATE TABLE (\w+)", "".join(MIGRATIONS[:version]))) - tables
        if lacking:
            raise _Damage(f"the table {min(lacking)} is missing")
        verdict = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise _Damage(f"malformed: {str(verdict).splitlines()[-1]}")

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
                annotations = ",".join("?" * len(chunk))
                for key, checksum, *columns in db.execute(
                    f"SELECT key, checksum, {_COMPLETION_COLUMNS} FROM completions WHERE key IN ({annotations})",
                    chunk,
                ):
                    if checksum == _checksum(key, columns):
                        found[key] = _completion(columns)
        return found

    def put_completions(self, rows: Sequence[tuple[bytes, Completion]]) -> None:
        """Keep completions: all of them or, when the process dies on the way, none.

        Raises:
            StoreError: if one of them would come back as another.
        """
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
        """Keep what a run consists of before its first prediction, and that these words stood for it just now.

        What is there already stays. In a folder that cannot be written the run, of which no prediction may be missing,
        is kept in memory.
        """
        if self.read_only:
            with self._keeping:
                beside = self._beside.copy() if self._beside else _Beside()
                with beside.connection as db:
                    insert_run(db, replace(record, finished=record.finished or record.created), examples, keys)
                self._beside = beside
            return
        with self.connect(write=True) as db:
            insert_run(db, record, examples, keys)

    def note_load(self, run_id: str, *, load_seconds: float, metadata: Mapping[str, str]) -> None:
        """Add what loading the model took to the run's totals, and what was learnt to the run's facts."""
        with self.connect(write=True) as db:
            row = db.execute("SELECT facts FROM runs WHERE run_id = ?", (run_id,)).fetchone()
            if row is not None:  # a run can be deleted while it is worked on
                db.execute(
                    "UPDATE runs SET load_seconds = load_seconds + ?, facts = ? WHERE run_id = ?",
                    (load_seconds, json.dumps({**json.loads(row[0]), **metadata}), run_id),
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

    def runs_for(self, spec: RunSpec) -> list[RunRecord]:
        """Every run that these words have stood for, the one that they stood for last first.

        The same words mean another run once a prompt, a data file, a model's files or a branch of the hub is another;
        `evalcore.running.standing` says which of these they stand for now.
        """
        with self.connect() as db:
            rows = db.execute(
                f"SELECT {_RUN_COLUMNS} FROM runs LEFT JOIN"
                " (SELECT run_id AS resolved_to, max(resolved) AS resolved FROM resolutions WHERE spec_key = ?"
                " GROUP BY run_id) ON resolved_to = run_id WHERE spec_key = ? OR resolved IS NOT NULL"
                " ORDER BY coalesce(resolved, created) DESC",
                (spec.key, spec.key),
            ).fetchall()
        return self._readable(rows)

    def first_items(self, run_id: str, n: int) -> tuple[list[Example], list[bytes]]:
        """The first `n` examples of a run, and the keys of their completions."""
        with self.connect() as db:
            rows = db.execute(
                "SELECT s.text, s.label, i.key FROM runs r JOIN run_items i ON i.run_id = r.run_id JOIN sample_items s"
                " ON s.sample_id = r.sample_id AND s.position = i.position WHERE r.run_id = ?"
                " ORDER BY i.position LIMIT ?",
                (run_id, n),
            ).fetchall()
        return [Example(text, label) for text, label, _ in rows], [key for *_, key in rows]

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
        """Finished runs on just these examples, the one that was last asked for first."""
        with self.connect() as db:
            rows = db.execute(
                f"SELECT {_RUN_COLUMNS} FROM runs WHERE sample_id = ? AND finished IS NOT NULL ORDER BY coalesce("
                "(SELECT max(resolved) FROM resolutions r WHERE r.run_id = runs.run_id), created) DESC",
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

    def custom_prompts(self) -> dict[str, Prompt]:
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


class _Beside:
    """A database in memory: what a folder that cannot be written has no room for. It is never changed, but copied."""

    def __init__(self) -> None:
        self._address = f"file:{uuid.uuid4().hex}?mode=memory&cache=shared"
        # The last reader may be of another thread than the one that made it.
        self.connection = sqlite3.connect(self._address, uri=True, check_same_thread=False)
        _bring_up_to_date(self.connection, 0)

    def copy(self) -> _Beside:
        """The same once more."""
        other = _Beside()
        self.connection.backup(other.connection)
        return other

    def attach_to(self, connection: sqlite3.Connection) -> None:
        """Make a connection read runs from both, those of the folder first."""
        there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("ATTACH ? AS beside", (self._address,))
        for table, named in {"runs": "run_id", "run_items": "run_id", "sample_items": "sample_id"}.items():
            connection.execute(
                f"CREATE TEMP VIEW {table} AS SELECT * FROM main.{table} UNION ALL SELECT * FROM beside.{table} b"
                f" WHERE NOT EXISTS (SELECT 1 FROM main.{table} m WHERE m.{named} = b.{named})"
            )
        if "resolutions" in there:
            connection.execute(
                "CREATE TEMP VIEW resolutions AS SELECT * FROM main.resolutions UNION SELECT * FROM beside.resolutions"
            )


def _bring_up_to_date(db: sqlite3.Connection, version: int) -> None:
    for number, migration in enumerate(MIGRATIONS[version:], start=version + 1):
        for statement in migration.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {number}")


def file_stamp(file: Path) -> str:
    """Size, times and inode of a file: while these are the same, it need not be read again.

    Raises:
        OSError: if it is not there.
    """
    # The change time cannot be set by a program, so that a file put back with its old date is noticed.
    stat = file.stat()
    return f"{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ctime_ns}:{stat.st_ino}"


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
    if _keep_rows(db, "run_items", "run_id", "run_id, position, key", items):
        # Other training examples in a prompt: the same run, with other answers. Who keeps a reading of it sees it end
        # anew.
        db.execute("UPDATE runs SET finished = ? WHERE run_id = ?", (record.finished, record.run_id))
    # Asked for with more examples than there are, it is the run of all of them as well.
    words = {record.spec.key, replace(record.spec, n=record.n).key}
    db.executemany(
        "INSERT OR REPLACE INTO resolutions (run_id, spec_key, resolved) VALUES (?, ?, ?)",
        [(record.run_id, spec_key, record.created) for spec_key in words],
    )


def _keep_rows(
    db: sqlite3.Connection, table: str, named: str, columns: str, rows: Sequence[tuple[str | int | bytes, ...]]
) -> bool:
    """Make the rows of one sample or one run these: written if they are not there, or not as they were.

    Returns:
        whether they were written.
    """
    stored = db.execute(f"SELECT {columns} FROM {table} WHERE {named} = ? ORDER BY position", (rows[0][0],)).fetchall()
    if stored == rows:
        return False
    db.execute(f"DELETE FROM {table} WHERE {named} = ?", (rows[0][0],))
    db.executemany(f"INSERT INTO {table} ({columns}) VALUES ({','.join('?' * len(rows[0]))})", rows)
    return True


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


def _completion_row(completion: Completion) -> list[str | int | float | bytes]:
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
        json.dumps(r.metadata or {}),
    )  # fmt: skip


def _record(row: Sequence[Any]) -> RunRecord:
    (run_id, spec, task_name, origin, labels, label_order, prompt, identity, sample_id, n, split_size,
     created, finished, seconds, load_seconds, predicted, metadata) = row  # fmt: skip
    try:
        "".join(value for value in row if isinstance(value, str)).encode()
        n, split_size, created = int(n), int(split_size), float(created)
        return RunRecord(
            run_id, RunSpec.from_json(spec), task_name, origin, tuple(json.loads(labels)),
            tuple(json.loads(label_order)), Prompt(*json.loads(prompt)), json.loads(identity), sample_id, n,
            split_size, created, finished, seconds, load_seconds, predicted, json.loads(metadata),
        )  # fmt: skip
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(
            f"this run is damaged in the cache ({error}).",
            where=f"run {run_id}",
            do="Run it again: its completions are kept apart, and no model is called.",
        ) from None


def _as_text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


class _Damage(sqlite3.DatabaseError):
    """What was found out here, rather than by SQLite, to be broken."""


def _is_damage(error: StoreError) -> bool:
    """Whether the file is broken, and not merely locked, full or out of reach."""
    cause = error.__cause__
    return isinstance(cause, _Damage) or _code(cause) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _code(error: BaseException | None) -> int:
    """SQLite's result code, without what it adds in higher bits; -1 where the error is none of SQLite's."""
    code: int = getattr(error, "sqlite_errorcode", -1)
    return code & 0xFF if code >= 0 else code


_NOT_WRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)


def _store_error(error: sqlite3.Error, path: Path) -> StoreError:
    """What SQLite has to complain about, by its result code: its words are the same for different things."""
    code, message = _code(error), str(error)
    if code in _NOT_WRITABLE:
        return _not_writable(path)
    if code == sqlite3.SQLITE_FULL:
        return StoreError(
            "the disk is full.", where=str(path), do="Free some space and run again: what was stored is kept."
        )
    if code in _BUSY:
        return StoreError(
            f"another process kept the cache locked for {BUSY_TIMEOUT_S:.0f} s.",
            where=str(path),
            do="Try again.",
        )
    if code == sqlite3.SQLITE_IOERR:
        return _not_read_or_written(error, path)
    if isinstance(error, _Damage) or code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreError(
            f"the cache cannot be read ({message}).",
            where=str(path),
            do="Move the file away to begin a new cache.",
        )
    return StoreError(f"the cache refused ({message}).", where=str(path), do="Run it again: what was stored is kept.")


def _not_writable(path: Path) -> StoreError:
    return StoreError(
        "the cache cannot be written.", where=str(path), do="Check the folder's permissions, or choose another."
    )


def _not_read_or_written(error: sqlite3.Error, path: Path) -> StoreError:
    """The system refused to read or write. SQLite does not tell why; a limit on the size of files is one reason."""
    name, limit = getattr(error, "sqlite_errorname", ""), _file_size_limit()
    if limit is not None and not name.endswith(("_READ", "_SHORT_READ")):
        return StoreError(
            f"the cache cannot be written ({name or error}): no file may grow beyond {limit:,} bytes here.",
            where=str(path),
            do="Raise that limit (ulimit -f), or check the disk, and run again: what was stored is kept.",
        )
    return StoreError(
        f"the system could not read or write the cache ({name or error}).",
        where=str(path),
        do="Check the disk, and run again: what was stored is kept.",
    )


def _file_size_limit() -> int | None:
    """The largest file that this process may write, in bytes; None where there is no limit."""
    try:
        import resource
    except ImportError:  # not on this system
        return None
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return None if limit == resource.RLIM_INFINITY else limit


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
    # 3: when which words stood for which run; the last reports of a job
    """
    CREATE TABLE resolutions (
        run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, spec_key TEXT NOT NULL, resolved REAL NOT NULL,
        PRIMARY KEY (run_id, spec_key)
    ) WITHOUT ROWID;
    CREATE TABLE job_reports (
        report_id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
        at REAL NOT NULL, done INTEGER NOT NULL
    );
    CREATE INDEX job_reports_by_job ON job_reports (job_id)
    """,
)
