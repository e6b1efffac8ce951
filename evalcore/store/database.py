"""The cache folder with its database file: opening it, and every operation on it.

Each operation opens its own connection, so that threads can share a `Store`. What it does to the tables is in the
modules `completion_rows`, `run_rows`, `custom_prompts` and `file_digests`, as functions on a connection.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from filelock import FileLock

from evalcore.errors import StoreError
from evalcore.paths import COMMAND, OWN_CACHE
from evalcore.store import completion_rows, custom_prompts, file_digests, migrations, opening, run_rows
from evalcore.store.completion import Completion
from evalcore.store.connection import connection_to
from evalcore.store.label_reference import LabelReference
from evalcore.store.memory_database import MemoryDatabase
from evalcore.store.run_record import RunRecord, record_of
from evalcore.store.spec import CHOOSING, RunSpec
from evalcore.store.sqlite_errors import is_damage, not_writable
from evalcore.store.usage import Usage
from evalcore.tasks import Example, Prompt

DEFAULT_CACHE = Path(os.environ.get("BLINDSPOT_CACHE") or OWN_CACHE)
FILE_NAME = "blindspot.db"


class Store:
    """The cache folder.

    Args:
        folder: created, for this user alone, if it is missing.

    Attributes:
        notice: what a person should know, for example that a damaged database was set aside. Empty if nothing.
        read_only: the folder cannot be written: what is stored can be looked at, and nothing can be added. A run
            whose completions are all stored is kept in memory, for as long as this object lives. A database of an
            older format is read as it was when it was opened.

    Raises:
        StoreError: if the folder or the database cannot be used, or a newer version of this program wrote it.
    """

    def __init__(self, folder: Path = DEFAULT_CACHE) -> None:
        self.folder = Path(folder)
        self.path = self.folder / FILE_NAME
        self.notice = ""
        self._converted: MemoryDatabase | None = None
        self._kept_runs: MemoryDatabase | None = None
        self._keeping = threading.Lock()
        self._prepare_folder()
        self.read_only = not os.access(self.folder, os.W_OK) or (
            self.path.exists() and not os.access(self.path, os.W_OK)
        )
        if self.read_only:
            self.notice = "The cache folder cannot be written: stored results are shown, and new ones cannot be kept."
        elif self.folder.resolve() == OWN_CACHE.resolve():
            self.folder.chmod(0o700)  # it came with the project, with whatever mode the checkout gave it
        try:
            self._open()
        except StoreError as error:
            if self.read_only or not is_damage(error):
                raise
            self._begin_anew()

    @contextmanager
    def connect(self, *, write: bool = False) -> Iterator[sqlite3.Connection]:
        """A connection for one operation; with `write`, one transaction that is committed at the end.

        Raises:
            StoreError: for every error of SQLite's.
        """
        if write and self.read_only:
            raise not_writable(self.path)
        address = ""
        if self.read_only:
            address = self._converted.address if self._converted else f"{self.path.resolve().as_uri()}?mode=ro"
        with connection_to(self.path, address=address, write=write) as db:
            if self._kept_runs is not None:
                self._kept_runs.attach_to(db)
            yield db

    # -- opening ------------------------------------------------------------------------------------

    def _prepare_folder(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"the cache folder cannot be used ({error.strerror}).",
                where=str(self.folder),
                do="Choose another with --cache or BLINDSPOT_CACHE.",
            ) from None
        if self.path.is_symlink() or (self.path.exists() and not self.path.is_file()):
            raise StoreError("this is not a plain file.", where=str(self.path), do="Move it away.")

    def _open(self) -> None:
        """Check the database, and bring it to the current format."""
        with self.connect() as db:
            db.execute("BEGIN")  # so that no other process migrates it meanwhile
            found = opening.supported_format(db, self.path)
            if found:
                opening.check(db, self.path)
            db.execute("COMMIT")
            if found < migrations.current_format() and self.read_only:
                opening.refuse_large_copy(db, self.path)
                self._converted = self._in_memory(db)
        if found < migrations.current_format() and not self.read_only:
            # A migration may drop a table, and with foreign keys on the rows that refer to it would go as well.
            with connection_to(self.path, write=True, foreign_keys=False) as db:
                opening.migrate(db, self.path)

    def _in_memory(self, source: sqlite3.Connection | None) -> MemoryDatabase:
        """A copy of a database, in the current format; with None, an empty one."""
        copy = MemoryDatabase(source)
        with copy.connection as db:
            opening.migrate(db, self.path)
        return copy

    def _begin_anew(self) -> None:
        """Set a damaged database aside, and begin a new one."""
        with FileLock(self.folder / "open.lock", mode=0o600):
            try:
                self._open()  # another process may have done it while this one waited
                return
            except StoreError as error:
                if not is_damage(error):
                    raise
            aside = opening.set_aside(self.path)
            self.notice = f"The cache was damaged and has been set aside as {aside.name}; a new one was begun."
            self._open()

    # -- completions ------------------------------------------------------------------------------

    def completions(self, keys: Sequence[bytes]) -> dict[bytes, Completion]:
        """Those of the completions that are stored and intact; a damaged row counts as missing."""
        with self.connect() as db:
            return completion_rows.completions(db, keys)

    def stored_keys(self, keys: Sequence[bytes]) -> set[bytes]:
        """Those of the keys whose completion is stored and intact; no text is kept in memory."""
        with self.connect() as db:
            return completion_rows.stored_keys(db, keys)

    def put_batch(
        self,
        run_id: str,
        rows: Sequence[tuple[bytes, Completion]],
        seconds: float,
        usage: Usage | None = None,
    ) -> None:
        """Store a run's batch and add it to the run's totals, in one transaction: all of it or nothing.

        Raises:
            StoreError: if a completion would come back as another.
        """
        with self.connect(write=True) as db:
            completion_rows.insert_completions(db, rows)
            run_rows.add_batch(db, run_id, predicted=len(rows), seconds=seconds, usage=usage)

    def put_run(
        self,
        record: RunRecord,
        examples: Sequence[Example],
        keys: Sequence[bytes],
        rows: Iterable[tuple[bytes, Completion]],
    ) -> None:
        """Store a run with all of its completions, in one transaction."""
        with self.connect(write=True) as db:
            run_rows.insert_run(db, record, examples, keys)
            completion_rows.insert_completions(db, rows)

    def count_done(self, run_id: str) -> int:
        """How many of the run's examples have a completion that is intact."""
        with self.connect() as db:
            return completion_rows.count_done(db, run_id)

    # -- runs ---------------------------------------------------------------------------------------

    def start_run(self, record: RunRecord, examples: Sequence[Example], keys: Sequence[bytes]) -> None:
        """Store what a run consists of before its first prediction, and that its spec means this run now.

        What is there already stays. In a folder that cannot be written the run, of which no prediction may be missing,
        is kept in memory. Of a run that chooses, what another run with its completions knows of the labels is taken
        over: where all of them are stored, no model will be asked.
        """
        if record.label_reference is None and record.spec.decoding in CHOOSING:
            record = replace(record, label_reference=self._known_label_reference(record, keys[0]))
        if self.read_only:
            with self._keeping:
                changed = self._in_memory(self._kept_runs.connection if self._kept_runs else None)
                with changed.connection as db:
                    run_rows.insert_run(db, replace(record, finished=record.finished or record.created), examples, keys)
                self._kept_runs = changed
            return
        with self.connect(write=True) as db:
            run_rows.insert_run(db, record, examples, keys)

    def _known_label_reference(self, record: RunRecord, key: bytes) -> LabelReference | None:
        with self.connect() as db:
            rows = run_rows.with_label_reference(db, record, key)
        same_prompt = (one for one in self._readable(rows) if one.prompt.fingerprint == record.prompt.fingerprint)
        return next((one.label_reference for one in same_prompt), None)

    def note_load(
        self,
        run_id: str,
        *,
        load_seconds: float,
        metadata: Mapping[str, str],
        label_reference: LabelReference | None = None,
    ) -> None:
        """Add the loading of the model to the run's totals, and what was learnt to its metadata and of its labels."""
        with self.connect(write=True) as db:
            run_rows.add_load(db, run_id, load_seconds=load_seconds, metadata=metadata, label_reference=label_reference)

    def finish_run(self, run_id: str) -> None:
        """Mark a run as complete, once."""
        with self.connect(write=True) as db:
            run_rows.finish(db, run_id)

    def runs(self) -> list[RunRecord]:
        """All runs, the newest first; one that cannot be read is left out, and `notice` says so."""
        with self.connect() as db:
            rows = run_rows.all_runs(db)
        return self._readable(rows)

    def run(self, run_id: str) -> RunRecord:
        """One run.

        Raises:
            StoreError: if there is none of that name, or it is damaged.
        """
        with self.connect() as db:
            rows = run_rows.one_run(db, run_id)
        if not rows:
            raise StoreError("there is no such run.", where=repr(run_id), do=f"`{COMMAND} runs` lists them.")
        return record_of(rows[0])

    def runs_for(self, spec: RunSpec) -> list[RunRecord]:
        """Every run that this spec was resolved to, the last one first.

        A spec means another run once a prompt, a data file, a model's files or a branch of the hub is another;
        `evalcore.running.current_run` says which of these runs it means now.
        """
        with self.connect() as db:
            rows = run_rows.runs_of_spec(db, spec.key)
        return self._readable(rows)

    def runs_on_sample(self, sample_id: str) -> list[RunRecord]:
        """Finished runs on just these examples, the one that was last asked for first."""
        with self.connect() as db:
            rows = run_rows.finished_on_sample(db, sample_id)
        return self._readable(rows)

    def _readable(self, rows: run_rows.Rows) -> list[RunRecord]:
        records = []
        for row in rows:
            try:
                records.append(record_of(row))
            except StoreError as error:
                self.notice = str(error)
        return records

    def first_items(self, run_id: str, n: int) -> tuple[list[Example], list[bytes]]:
        """The first `n` examples of a run, and the keys of their completions."""
        with self.connect() as db:
            return run_rows.first_items(db, run_id, n)

    def answer_at(self, record: RunRecord, position: int) -> tuple[Example, Completion] | None:
        """A run's example at a position of its sample, with its completion; None if there is none yet."""
        with self.connect() as db:
            item = run_rows.item_at(db, record.run_id, record.sample_id, position)
            if item is None:
                return None
            example, key = item
            completion = completion_rows.completions(db, [key]).get(key)
        return (example, completion) if completion else None

    def position_of(self, record: RunRecord, text: str) -> int | None:
        """The first position of a text in a run's sample; None if it is not there."""
        with self.connect() as db:
            return run_rows.position_of(db, record.sample_id, text)

    # -- custom prompts -------------------------------------------------------------------------------

    def save_prompt(self, prompt: Prompt) -> None:
        """Store a custom prompt; one of the same name is replaced (runs keep the text they used)."""
        with self.connect(write=True) as db:
            custom_prompts.save_prompt(db, prompt)

    def delete_prompt(self, name: str) -> None:
        """Delete a custom prompt. Runs that used it stay."""
        with self.connect(write=True) as db:
            custom_prompts.delete_prompt(db, name)

    def custom_prompts(self) -> dict[str, Prompt]:
        """Custom prompts by name."""
        with self.connect() as db:
            return custom_prompts.custom_prompts(db)

    # -- digests of files -----------------------------------------------------------------------------

    def file_digest(self, path: str, stamp: str) -> str | None:
        """The digest noted for a file while its `file_stamp` was this one; None if there is none."""
        with self.connect() as db:
            return file_digests.find_digest(db, path, stamp)

    def note_file_digest(self, path: str, stamp: str, digest: str) -> None:
        """Remember a file's digest."""
        with self.connect(write=True) as db:
            file_digests.note_digest(db, path, stamp, digest)
