"""Annotations, pinning and deletion of stored runs, and the disk space that they take."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from evalcore.errors import BlindspotError, StoreError, shortened
from evalcore.store.database import Store
from evalcore.store.jobs import ASKED_FOR, Job, Jobs
from evalcore.store.run_record import RunRecord
from evalcore.store.spec import RunSpec
from evalcore.tasks import LIST_CHANGED, shown_name
from evalcore.wording import percent

NAME_LENGTH = 60
NOTE_LENGTH = 2000
SHORT_TITLE = 25
"""Characters of a title to choose a run by: so many a select box in the sidebar shows."""


@dataclass(frozen=True)
class RunAnnotation:
    """A run's name and note, as a person wrote them.

    Attributes:
        pinned: whether it is the baseline of its task; one run of a task is.
    """

    name: str = ""
    note: str = ""
    pinned: bool = False


@dataclass(frozen=True)
class Deleted:
    """What a deletion removed and what it left.

    Attributes:
        completions: number of completions that no other run needs, deleted.
        kept: number of completions that another run shares; they stay.
    """

    completions: int
    kept: int


class RunCatalog:
    """The runs in a store with their annotations. Every method is one short transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def annotations(self) -> dict[str, RunAnnotation]:
        """The annotations by run id; runs without one are left out."""
        with self._store.connect() as db:
            rows = db.execute("SELECT run_id, name, note, pinned FROM run_marks").fetchall()
        return {run_id: RunAnnotation(name, note, bool(pinned)) for run_id, name, note, pinned in rows}

    def write(self, run_id: str, *, name: str, note: str) -> None:
        """Set a run's name and note; empty texts remove them. A note that merging has made long may stay so.

        Raises:
            StoreError: if there is no such run, or the texts are too long.
        """
        name, note = " ".join(name.split()), note.strip()
        before = self.annotations().get(run_id, RunAnnotation()).note
        if len(name) > NAME_LENGTH or len(note) > max(NOTE_LENGTH, len(before)):
            raise StoreError(
                f"the name has {len(name)} characters, the note {len(note)}.",
                do=f"A name takes {NAME_LENGTH}, a note {NOTE_LENGTH}.",
            )
        self._store.run(run_id)
        with self._store.connect(write=True) as db:
            db.execute(
                "INSERT INTO run_marks (run_id, name, note) VALUES (?, ?, ?)"
                " ON CONFLICT (run_id) DO UPDATE SET name = excluded.name, note = excluded.note",
                (run_id, name, note),
            )

    def pin(self, run_id: str, pinned: bool = True) -> None:
        """Make a run the baseline of its task, in place of the one before; with `pinned` false, no longer.

        Raises:
            StoreError: if there is no such run.
        """
        record = self._store.run(run_id)
        with self._store.connect(write=True) as db:
            if pinned:
                db.execute(
                    "UPDATE run_marks SET pinned = 0 WHERE run_id IN (SELECT run_id FROM runs WHERE task_name = ?)",
                    (record.task_name,),
                )
            db.execute(
                "INSERT INTO run_marks (run_id, pinned) VALUES (?, ?)"
                " ON CONFLICT (run_id) DO UPDATE SET pinned = excluded.pinned",
                (run_id, pinned),
            )

    def pinned_for(self, task_name: str) -> str | None:
        """The pinned baseline of a task; None if there is none."""
        with self._store.connect() as db:
            row = db.execute(
                "SELECT m.run_id FROM run_marks m JOIN runs r ON r.run_id = m.run_id"
                " WHERE m.pinned AND r.task_name = ?",
                (task_name,),
            ).fetchone()
        return str(row[0]) if row else None

    def at_work(self, run_id: str) -> bool:
        """Whether a job that waits or runs is for this run."""
        asked = self._store.run(run_id).spec.to_json()
        return any(
            run_id == job.run_id or asked == job.payload for job in Jobs(self._store).active(("run", "baseline"))
        )

    def delete(self, run_id: str) -> Deleted:
        """Delete a run, its annotation, and those of its completions and examples that no other run needs.

        Raises:
            StoreError: if there is no such run, or a job is at work on it.
        """
        record = self._store.run(run_id)
        if self.at_work(run_id):
            raise StoreError("this run is being predicted.", where=run_id, do="Stop it first.")
        with self._store.connect(write=True) as db:
            own = "SELECT key FROM run_items WHERE run_id = ?"
            shared = f"{own} INTERSECT SELECT key FROM run_items WHERE run_id <> ?"
            (kept,) = db.execute(
                f"SELECT count(*) FROM completions WHERE key IN ({shared})", (run_id, run_id)
            ).fetchone()
            deleted = db.execute(
                f"DELETE FROM completions WHERE key IN ({own}) AND key NOT IN ({shared})", (run_id, run_id, run_id)
            ).rowcount
            db.execute("DELETE FROM runs WHERE run_id = ?", (run_id,))  # its items and its annotation go with it
            db.execute(
                "DELETE FROM sample_items WHERE sample_id = ?"
                " AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.sample_id = ?)",
                (record.sample_id, record.sample_id),
            )
        # SQLite gives space back to the disk only in a VACUUM. Without one the run is deleted all the same.
        if not Jobs(self._store).active((*ASKED_FOR, "baseline")):
            with suppress(StoreError), self._store.connect() as db:
                db.execute("VACUUM")
        return Deleted(int(deleted), int(kept))

    def disk_used(self) -> int:
        """Size of the database in bytes."""
        return self._store.path.stat().st_size

    def sizes(self) -> dict[str, int]:
        """Bytes of each run's completions by run id, including those that it shares with other runs."""
        with self._store.connect() as db:
            rows = db.execute(
                "SELECT i.run_id,"
                " sum(length(CAST(c.text AS BLOB)) + length(c.token_ids) + length(c.label_logprobs) + 72)"
                " FROM run_items i JOIN completions c ON c.key = i.key GROUP BY i.run_id"
            ).fetchall()
        return {run_id: int(size) for run_id, size in rows}


def run_title(record: RunRecord, annotation: RunAnnotation | None = None) -> str:
    """A run in one line: its own name if it has one, then model, prompt, settings that are not the default, task, N."""
    if annotation and annotation.name:
        return f"{annotation.name} · {run_title(record)}"
    parts = [model_name(record)]
    if record.kind.reads_prompt:
        parts.append(record.prompt.name)
    parts += _unusual_settings(record.spec)
    sample = "" if not record.kind.can_run else f" {record.spec.sample}"
    return " · ".join([*parts, *_task_of(record), f"{record.n}{sample}"])


def _task_of(record: RunRecord) -> list[str]:
    """The task's name; none where imported answers are called as their task is, by their file's name."""
    return [] if record.task_name == model_name(record) and not record.kind.can_run else [record.task_name]


def _unusual_settings(spec: RunSpec) -> list[str]:
    """Decoding, engine and number format, as far as they are not the default."""
    usual = RunSpec()
    settings = (
        (spec.decoding, usual.decoding),
        (spec.engine, usual.engine),
        (spec.dtype, usual.dtype),
        (spec.device, usual.device),
    )
    return [value.replace("-", " ") for value, default in settings if value != default]


def distinct_titles(
    records: Iterable[RunRecord],
    annotations: Mapping[str, RunAnnotation] | None = None,
    accuracies: Mapping[str, float] | None = None,
    *,
    on_same_examples: bool = False,
) -> dict[str, str]:
    """A short title of each run by its id, to choose it by: no two are equal, and a select box cuts none of them.

    It says the run's own name or the model, then what is not the default, then the accuracy. Runs whose titles are
    equal are told apart by the start of their ids: a select box is told by the browser which line was chosen, and two
    equal lines would be one run.

    Args:
        annotations, accuracies: by run id; runs may be missing in both. Accuracies are shares.
        on_same_examples: whether all of them are; then the task and the sample say nothing, and are left out.
    """
    known, noted = accuracies or {}, annotations or {}
    special = {
        record.run_id: _what_is_special(record, noted.get(record.run_id), with_sample=not on_same_examples)
        for record in records
    }
    ends = {run_id: f" · {percent(known[run_id])}" if run_id in known else "" for run_id in special}
    titles = {run_id: _fitting(special[run_id], end) for run_id, end in ends.items()}
    times = Counter(titles.values())
    for run_id in [run_id for run_id, title in titles.items() if times[title] > 1]:
        titles[run_id] = _fitting(special[run_id], f"{ends[run_id]} · {run_id[:6]}")
    return titles


def _fitting(parts: Sequence[str], end: str) -> str:
    """As many of the parts as there is room for before the end, the first two at least, and these cut if need be."""
    room, count = SHORT_TITLE - len(end), len(parts)
    while count > 2 and len(", ".join(parts[:count])) > room:
        count -= 1
    return shortened(", ".join(parts[:count]), room) + end


def _what_is_special(record: RunRecord, annotation: RunAnnotation | None, *, with_sample: bool = True) -> list[str]:
    """A run's own name, or its model and then what is not the default, what matters most first."""
    if annotation and annotation.name:
        return [annotation.name]
    usual = RunSpec()
    parts = [model_name(record)]
    if record.kind.reads_prompt and record.prompt.name != usual.prompt:
        parts.append(record.prompt.name)
    parts += _unusual_settings(record.spec)
    if not with_sample:
        return parts
    if record.task_name != usual.task.name:
        parts += _task_of(record)
    if record.n != usual.n:
        parts.append(str(record.n))
    if record.kind.can_run:
        parts += [record.spec.sample] if record.spec.sample != usual.sample else []
        parts += [f"seed {record.spec.seed}"] if record.spec.seed != usual.seed else []
    return parts


def distinguishing_titles(records: Sequence[RunRecord]) -> list[str]:
    """What tells a few runs apart, in their order: the prompt where the rest is equal; numbered where that is equal."""
    one_model = len({record.spec.model for record in records}) == 1
    one_decoding = len({(record.spec.decoding, record.spec.engine) for record in records}) == 1
    titles = []
    for record in records:
        parts = [] if one_model else [model_name(record)]
        if record.kind.reads_prompt:
            parts.append(record.prompt.name)
            if not one_decoding:
                parts.append(f"{record.spec.decoding}, {record.spec.engine}")
        titles.append(" · ".join(parts) or record.spec.model)
    return [title if titles.count(title) == 1 else f"{at}. {title}" for at, title in enumerate(titles, start=1)]


def spec_title(spec: RunSpec, cache: Path) -> str:
    """What a job predicts, in one line; the run does not exist yet.

    Args:
        cache: the cache folder, which knows what uploads were called.
    """
    parts = [last_part(spec.model)]
    if spec.kind.reads_prompt:
        parts.append(spec.prompt)
    task = last_part(shown_name(spec.task.name, cache)) + (f", {LIST_CHANGED}" if spec.task.merge else "")
    return " · ".join([*parts, task, f"{spec.n} {spec.sample}"])


def job_title(job: Job, cache: Path) -> str:
    """What a job predicts, in one line; of a job that a newer version asked for, as much as can be said.

    Args:
        cache: the cache folder that the job is of.
    """
    try:
        return spec_title(job.spec, cache)
    except (BlindspotError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError):
        return f"{_title_of(job.payload)}, asked for by a newer version"


def _title_of(payload: str) -> str:
    """The model, if it is where this version would look for it."""
    try:
        model = json.loads(payload)["model"]
    except (LookupError, TypeError, ValueError, RecursionError):
        model = None
    return last_part(model) if isinstance(model, str) and model else "a run"


def model_name(record: RunRecord) -> str:
    """The model in a title; of imported answers, what they are called."""
    model = record.spec.model
    return last_part(model if record.kind.can_run else record.kind.files_of(model))


def last_part(name: str) -> str:
    """The last part of a path or a hub id."""
    return name.rstrip("/").rpartition("/")[2]
