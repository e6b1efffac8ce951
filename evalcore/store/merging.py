"""The runs of another store -> this one: nothing twice, nothing lost, and each side's notes kept.

What both have is the same by its name, which is a hash of its content; only what people wrote can differ. Merging the
same store again changes nothing, and two stores that are merged into each other hold the same runs.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, BinaryIO

from evalcore.errors import DataError, StoreError, printable, shortened
from evalcore.store import completion_rows, run_rows
from evalcore.store.bundle import BUNDLE_ENDING, MAX_BYTES
from evalcore.store.bundle_reading import unpacked
from evalcore.store.completion import Completion
from evalcore.store.custom_prompts import custom_prompts, save_prompt
from evalcore.store.database import Store
from evalcore.store.run_record import RunRecord, record_of
from evalcore.store.sqlite_errors import not_writable
from evalcore.tasks import Prompt
from evalcore.wording import counted

_KEYS_AT_ONCE = 500
_NAME_CHARS = 80


@dataclass(frozen=True)
class Merged:
    """What a merge added, and what was there already.

    Attributes:
        runs, completions: how many are new.
        known_runs: how many were there already; `completed_runs` of these were unfinished and are complete now.
        differing: completions that are there with another answer, which was kept.
        other_prompts: runs that are there with other training examples in their prompts, which were kept.
        notes: runs whose name or note was added to; `prompts` that were added.
    """

    runs: int = 0
    completions: int = 0
    known_runs: int = 0
    completed_runs: int = 0
    differing: int = 0
    other_prompts: int = 0
    notes: int = 0
    prompts: int = 0

    def __add__(self, other: Merged) -> Merged:
        return Merged(*(one + two for one, two in zip(asdict(self).values(), asdict(other).values(), strict=True)))

    @property
    def sentence(self) -> str:
        """What a person is told of it."""
        new = [f"{counted(self.runs, 'new run')}, {counted(self.completions, 'new completion')}"]
        new += [counted(self.prompts, "new prompt")] if self.prompts else []
        said = [f"{', '.join(new)}." if self.runs or self.completions or self.prompts else "Nothing is new."]
        if self.known_runs:
            said.append(f"{counted(self.known_runs, 'run was', 'runs were')} here already.")
        if self.completed_runs:
            said.append(f"{counted(self.completed_runs, 'unfinished run is', 'unfinished runs are')} complete now.")
        if self.notes:
            said.append(f"Names or notes were added to {counted(self.notes, 'run')}.")
        if self.differing:
            said.append(
                f"{counted(self.differing, 'completion has', 'completions have')} another answer there than here,"
                " as rounding on another machine can give: the one here was kept."
            )
        if self.other_prompts:
            said.append(
                f"{counted(self.other_prompts, 'run was', 'runs were')} made there with other training examples in the"
                " prompt: the one here was kept, and a new run with those examples finds its completions."
            )
        return " ".join(said)


def import_bundle(store: Store, path: Path) -> Merged:
    """Merge the runs of a bundle into a store: all of them, or after an error none.

    Raises:
        DataError: if the file is no bundle, is damaged or cut short, or a newer version wrote it.
        StoreError: if the store cannot be written.
    """
    try:
        with path.open("rb") as stream:
            return merge_bundle(store, stream, path.name)
    except OSError as error:
        raise DataError(f"the file cannot be read ({error.strerror}).", where=str(path), do="Check the path.") from None
    except ValueError:  # a NUL in the path
        raise DataError("this is not a path.", where=repr(str(path))) from None


def merge_bundle(store: Store, stream: BinaryIO, name: str, *, max_bytes: int = MAX_BYTES) -> Merged:
    """The same for a file that is open.

    Args:
        name: as messages show it, and notes that come from it.
        max_bytes: of its lines together, unpacked.
    """
    if store.read_only:
        raise not_writable(store.path)
    name = shortened(printable(" ".join(name.split())), _NAME_CHARS)
    with unpacked(stream, name, max_bytes=max_bytes) as theirs, store.connect(write=True) as ours:
        return merge(theirs, ours, name.removesuffix(BUNDLE_ENDING))


def merge(theirs: sqlite3.Connection, ours: sqlite3.Connection, source: str) -> Merged:
    """Merge one database into another, inside a transaction of the caller's on the latter.

    Args:
        theirs: of this version's format, and sound. It is only read.
        source: what notes that come from it are said to be from.
    """
    merged = _completions(theirs, ours)
    for (sample,) in theirs.execute("SELECT DISTINCT sample_id FROM runs").fetchall():
        _keep_rows(theirs, ours, "sample_items", "sample_id", sample, ("position", "text", "label"))
    for row in run_rows.all_runs(theirs):
        merged += _run(theirs, ours, record_of(row), source)
    for name, prompt in custom_prompts(theirs).items():
        merged += _prompt(ours, name, prompt)
    return merged


def _completions(theirs: sqlite3.Connection, ours: sqlite3.Connection) -> Merged:
    new = differing = 0
    for keys in _blocks_of_keys(theirs):
        stored = completion_rows.stored_rows(ours, keys)
        written = []
        for key, row in completion_rows.stored_rows(theirs, keys).items():
            known = stored.get(key)
            if known == row:
                continue
            here = completion_rows.completion_of(key, known) if known else None
            there = completion_rows.completion_of(key, row)
            if here is None:  # or damaged
                new += 1
                written.append((key, row))
            elif there and _answer(here) != _answer(there):
                differing += 1
            elif there and there.label_logprobs and not here.label_logprobs:
                written.append((key, row))
        completion_rows.insert_rows(ours, written)
    return Merged(completions=new, differing=differing)


def _blocks_of_keys(db: sqlite3.Connection) -> Iterator[list[bytes]]:
    """All keys in order: in any other the database that is written to would jump to and fro on the disk."""
    cursor = db.execute("SELECT key FROM completions ORDER BY key")
    while rows := cursor.fetchmany(_KEYS_AT_ONCE):
        yield [key for (key,) in rows]


def _answer(completion: Completion) -> Any:
    """What is the same wherever it is computed; times are not, nor the last digits of probabilities."""
    return completion.text, completion.token_ids, completion.prompt_tokens, completion.stop


def _run(theirs: sqlite3.Connection, ours: sqlite3.Connection, record: RunRecord, source: str) -> Merged:
    """Merge one run, whose completions and examples are there."""
    known = _known(ours, record.run_id)
    if known is None:
        is_new = not run_rows.one_run(ours, record.run_id)
        run_rows.write_run(ours, record)
        _keep_rows(theirs, ours, "run_items", "run_id", record.run_id, ("position", "key"))
        _finish_if_complete(ours, record)
        merged = Merged(runs=1) if is_new else Merged(known_runs=1)
    elif _same_keys(theirs, ours, record):
        merged = _totals(ours, known, record)
    else:
        merged = Merged(known_runs=1, other_prompts=1)
    run_rows.note_resolutions(ours, record.run_id, run_rows.resolutions_of(theirs, record.run_id))
    added_to = _annotation(theirs, ours, record, source)
    return replace(merged, notes=int(added_to and not merged.runs))


def _known(db: sqlite3.Connection, run_id: str) -> RunRecord | None:
    """The run as it is stored; None if it is not, or if it is damaged."""
    rows = run_rows.one_run(db, run_id)
    try:
        return record_of(rows[0]) if rows else None
    except StoreError:
        return None


def _totals(ours: sqlite3.Connection, known: RunRecord, record: RunRecord) -> Merged:
    """Of a run that both have: the totals of the side that predicted more, and all that either knows of it."""
    better = max((known, record), key=lambda one: one.predicted)  # of equal ones the first
    kept = replace(
        known,
        seconds=better.seconds,
        load_seconds=better.load_seconds,
        predicted=better.predicted,
        usage=better.usage or known.usage,
        metadata={**record.metadata, **known.metadata},
        label_reference=known.label_reference or record.label_reference,
    )
    if kept != known:
        run_rows.write_run(ours, kept)
    return Merged(known_runs=1, completed_runs=int(_finish_if_complete(ours, kept)))


def _finish_if_complete(ours: sqlite3.Connection, record: RunRecord) -> bool:
    """Note that an unfinished run is complete, if it is: each side may have had a part of it."""
    complete = record.finished is None and completion_rows.count_done(ours, record.run_id) == record.n
    if complete:
        run_rows.finish(ours, record.run_id)
    return complete


def _same_keys(theirs: sqlite3.Connection, ours: sqlite3.Connection, record: RunRecord) -> bool:
    """Whether a run has the same completions on both sides.

    It has others where its prompt holds training examples, which its name does not cover, of another train split.
    """
    select = "SELECT position, key FROM run_items WHERE run_id = ? ORDER BY position"
    return _same(theirs, ours, select, record.run_id)


def _keep_rows(
    theirs: sqlite3.Connection,
    ours: sqlite3.Connection,
    table: str,
    named: str,
    name: str,
    columns: Sequence[str],
) -> None:
    """Make the rows of one sample or one run here what they are there; rows that are the same are not written."""
    select = f"SELECT {', '.join(columns)} FROM {table} WHERE {named} = ? ORDER BY position"
    if _same(theirs, ours, select, name):
        return
    ours.execute(f"DELETE FROM {table} WHERE {named} = ?", (name,))
    ours.executemany(
        f"INSERT INTO {table} ({named}, {', '.join(columns)}) VALUES ({completion_rows.marks(len(columns) + 1)})",
        ((name, *row) for row in theirs.execute(select, (name,))),
    )


def _same(theirs: sqlite3.Connection, ours: sqlite3.Connection, select: str, name: str) -> bool:
    return all(one == other for one, other in zip_longest(*(db.execute(select, (name,)) for db in (theirs, ours))))


def _annotation(theirs: sqlite3.Connection, ours: sqlite3.Connection, record: RunRecord, source: str) -> bool:
    """Merge a run's name, note and pin.

    Returns:
        whether the name or the note is another one now.
    """
    select = "SELECT name, note, pinned FROM run_marks WHERE run_id = ?"
    name, note, pinned = ours.execute(select, (record.run_id,)).fetchone() or ("", "", 0)
    their_name, their_note, is_pinned = theirs.execute(select, (record.run_id,)).fetchone() or ("", "", 0)
    is_pinned = pinned or (is_pinned and not _has_pinned(ours, record.task_name))
    kept = name or their_name, merged_note(name, note, their_name, their_note, source), int(is_pinned)
    if kept == (name, note, pinned):
        return False
    ours.execute(
        "INSERT INTO run_marks (run_id, name, note, pinned) VALUES (?, ?, ?, ?) ON CONFLICT (run_id) DO UPDATE"
        " SET name = excluded.name, note = excluded.note, pinned = excluded.pinned",
        (record.run_id, *kept),
    )
    return bool(kept[:2] != (name, note))


def _has_pinned(db: sqlite3.Connection, task_name: str) -> bool:
    """Whether a task has its baseline already: one run of a task is."""
    pinned = "SELECT 1 FROM run_marks m JOIN runs r ON r.run_id = m.run_id WHERE m.pinned AND r.task_name = ?"
    return db.execute(pinned, (task_name,)).fetchone() is not None


_FROM = re.compile(r"From .*:")


def merged_note(name: str, note: str, their_name: str, their_note: str, source: str) -> str:
    """A note with those lines of another that it lacks, and below whose they are; also the other's name, if it differs.

    Example:
        >>> print(merged_note("mine", "looks right", "theirs", "see row 7", "rig"))
        looks right
        <BLANKLINE>
        From rig:
        Named “theirs”.
        see row 7
        >>> merged_note("mine", "looks right", "mine", "looks right", "rig")
        'looks right'
    """
    here = {line.strip() for line in (*note.splitlines(), f"Named “{name}”.", "")}
    named = [f"Named “{their_name}”."] if name and their_name not in ("", name) else []
    lines: list[str] = []
    for line in reversed([*named, *their_note.splitlines()]):
        heads_nothing = _FROM.fullmatch(line) and (not lines or _FROM.fullmatch(lines[-1]))
        if line.strip() not in here and not heads_nothing:
            lines.append(line)
    if not lines:
        return note
    if not note and not named:
        return their_note
    return "\n".join([*([note, ""] if note else []), f"From {source}:", *reversed(lines)])


def _prompt(ours: sqlite3.Connection, name: str, prompt: Prompt) -> Merged:
    """Keep a custom prompt: where another one has its name, under the first free name of `NAME 2`, `NAME 3`, ..."""
    known = custom_prompts(ours)
    free, number = name, 1
    while free in known:
        if known[free].fingerprint == prompt.fingerprint:
            return Merged()
        number += 1
        free = f"{name[:50]} {number}"
    save_prompt(ours, replace(prompt, name=free))
    return Merged(prompts=1)
