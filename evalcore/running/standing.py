"""Which stored run a spec stands for now: told without a model, without a network, and with little reading.

The same words mean another run once a prompt is edited, a data file or a model's files are written, or a branch of the
hub moves; and they mean the old run again when that is put back. So a run is not found by its words alone. What decides
it is looked at again: its sample, its prompt, and as much of its model as can be known here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

from evalcore.errors import BlindspotError, DataError
from evalcore.predictors import baseline, bytes_to_read, endpoint, folder_fingerprint, model_folder
from evalcore.running.run import baseline_specs, find_prompt
from evalcore.store import (
    BASELINES,
    Identity,
    RunRecord,
    RunSpec,
    Store,
    completion_keys,
    file_stamp,
    run_id,
    sample_id,
)
from evalcore.tasks import Messages, Prompt, Renderer, Sample, Task, TaskSource, draw_sample, load_task, task_files

BANKING77_TEST_ROWS = 3080
READ_AT_MOST = 256 * 2**20
"""Bytes of a model's changed files that are read here; whether larger ones say the same is seen when they are run."""

_KEPT = 512
_TASK_KEPT_UP_TO = 100_000
"""Examples of a task that stays in memory, for another N or prompt to be looked at without reading its files again."""

T = TypeVar("T")


@dataclass(frozen=True)
class Standing:
    """What a spec stands for.

    Attributes:
        record: the stored run of what is there now. Where something cannot be looked at, of what was there last.
        last: the run that the same words stood for when they were last run.
        changed: where there is no record, what is another than in `last`: "the prompt", "the data", ...
        unread: why something could not be looked at, a sentence; empty if all was.
        sure: whether all that decides was looked at, but for this machine.
    """

    record: RunRecord | None = None
    last: RunRecord | None = None
    changed: tuple[str, ...] = ()
    unread: str = ""
    sure: bool = True


def stands_for(spec: RunSpec, store: Store) -> Standing:
    """The stored run that a spec stands for now.

    In a folder that cannot be written, the first part of a stored run is a run as well: nobody could ask for it.
    """
    candidates = store.runs_for(spec)
    if not candidates:
        part = _part_of_a_larger(spec, store) if store.read_only else None
        return Standing(part, part, unread="" if part else _why_unreadable(spec.task))
    now = _look(spec, store)
    record = next((record for record in candidates if not now.differences(record, store)), None)
    if record is None and store.read_only:
        record = _part_of_a_larger(spec, store)
    changed = () if record else now.differences(candidates[0], store)
    return Standing(record, candidates[0], changed, now.unread, now.sure)


def changed_since(record: RunRecord, store: Store) -> tuple[str, ...]:
    """What is another now than it was in a run that was asked for in these words."""
    return _look(record.spec, store).differences(record, store)


def split_size(source: TaskSource) -> int | None:
    """Number of test examples; None if the task cannot be read. Never asks the hub."""
    try:
        return BANKING77_TEST_ROWS if task_files(source) is None else _size(source)
    except BlindspotError:
        return BANKING77_TEST_ROWS if source.name == "banking77" else None


def _why_unreadable(source: TaskSource) -> str:
    try:
        if task_files(source) is not None:
            _size(source)
    except BlindspotError as error:
        return str(error)
    return ""


def first_text(source: TaskSource) -> str:
    """The text that a run of this task asks for first; empty for a task of the hub.

    Raises:
        DataError: if the task cannot be read.
    """
    return "" if task_files(source) is None else _first_text(source)


@dataclass(frozen=True)
class _Now:
    """What decides a run, as it is now; None where it cannot be known here.

    Attributes:
        first: the messages of the first example, where a prompt holds training examples: a run's id leaves them out.
        model: that part of the identity which needs neither the model nor the network.
    """

    prompt: str | None
    sample: str | None
    first: Messages | None
    model: Identity
    unread: str
    sure: bool

    def differences(self, record: RunRecord, store: Store) -> tuple[str, ...]:
        """What is another than it was in a run, in words."""
        found = []
        if self.prompt not in (None, record.prompt.fingerprint):
            found.append("the prompt")
        elif self.first and completion_keys(record.identity, [self.first])[0] != _first_key(record, store):
            found.append("the training examples")
        if self.sample not in (None, record.sample_id):
            found.append("the data")
        if any(record.identity.get(name) != value for name, value in self.model.items()):
            found.append("the training examples" if record.spec.model in BASELINES else "the model")
        return tuple(dict.fromkeys(found))


def _first_key(record: RunRecord, store: Store) -> bytes | None:
    _, keys = store.first_items(record.run_id, 1)
    return keys[0] if keys else None


def _look(spec: RunSpec, store: Store) -> _Now:
    unread: list[str] = []

    def tried(look: Callable[[], T]) -> T | None:
        try:
            return look()
        except BlindspotError as error:
            unread.append(str(error))
            return None

    on_disk = tried(lambda: task_files(spec.task))
    prompt = tried(lambda: find_prompt(spec.prompt, store)) if spec.model not in BASELINES else None
    sample = tried(lambda: _sample(spec.task, spec.n, spec.sample, spec.seed)) if on_disk else None
    first = None
    if prompt is not None and prompt.shots and sample:
        first = tried(lambda: _first_messages(spec.task, prompt, spec.sample, spec.seed))
    model = tried(lambda: _model(spec, store, has_files=sample is not None))
    fingerprint = prompt.fingerprint if prompt else None
    return _Now(fingerprint, sample, first, model or {}, " ".join(unread), bool(model) and not unread)


def _model(spec: RunSpec, store: Store, *, has_files: bool) -> Identity:
    """Of the identity, what can be known: nothing of a model of the hub, whose branch may have moved."""
    if spec.model in BASELINES:
        return _baseline(spec.task, spec.model) if has_files else {}
    if endpoint.is_server(spec.model):
        return endpoint.identity(endpoint.parse_endpoint(spec.model), spec)
    folder = model_folder(spec.model)
    if folder is None:
        return {}
    try:
        if bytes_to_read(folder, store) <= READ_AT_MOST:
            return {"model": folder_fingerprint(folder, store)}
    except OSError as error:
        raise DataError(f"the model's files cannot be read ({error.strerror}).", where=spec.model) from error
    raise DataError(
        "the model's files have been written since they were last read.",
        where=spec.model,
        do="Whether they still say the same is seen when it is run.",
    )


def _part_of_a_larger(spec: RunSpec, store: Store) -> RunRecord | None:
    """The first N examples of a stored run with more of them, kept in memory; its baselines as well."""
    for larger in store.runs():
        if larger.n <= spec.n or replace(larger.spec, n=spec.n) != spec or changed_since(larger, store):
            continue
        examples, keys = store.first_items(larger.run_id, spec.n)
        if len(store.completions(keys)) < len(set(keys)):
            continue
        sample, now = sample_id(larger.labels, examples), time.time()
        part = replace(
            larger, run_id=run_id(sample, larger.identity, larger.prompt.fingerprint), spec=spec, sample_id=sample,
            n=len(examples), created=now, finished=now, seconds=0.0, load_seconds=0.0, predicted=0,
        )  # fmt: skip
        store.start_run(part, examples, keys)
        if spec.model not in BASELINES:
            for other in baseline_specs(spec):
                stands_for(other, store)
        return part
    return None


def _once_a_change(make: Callable[..., T]) -> Callable[..., T]:
    """Keep what is made of a task, or the error that it came to, until one of the task's files is another.

    Args:
        make: takes a task, and what else decides the result. What is returned takes a TaskSource in the task's place.
    """

    @lru_cache(maxsize=_KEPT)
    def kept(source: TaskSource, stamp: str, *more: Hashable) -> tuple[T] | BlindspotError:
        try:
            return (make(_task(source, stamp), *more),)
        except BlindspotError as error:
            return error

    def looked_up(source: TaskSource, *more: Hashable) -> T:
        made = kept(source, _stamp(source), *more)
        if isinstance(made, BlindspotError):
            raise made.with_traceback(None)
        return made[0]

    return looked_up


def _stamp(source: TaskSource) -> str:
    files = task_files(source)
    try:
        each = [files.test, files.train, files.labels] if files else []
        return " ".join(f"{file.resolve()}:{file_stamp(file)}" if file else "-" for file in each)
    except OSError as error:
        raise DataError(f"the file cannot be read ({error.strerror}).", where=source.name) from error


_last_task: dict[tuple[TaskSource, str], Task] = {}


def _task(source: TaskSource, stamp: str) -> Task:
    task = _last_task.get((source, stamp))
    if task is None:
        task = load_task(source)
        _last_task.clear()
        if len(task.test) + len(task.train) <= _TASK_KEPT_UP_TO:
            _last_task[source, stamp] = task
    return task


@_once_a_change
def _size(task: Task) -> int:
    return len(task.test)


@_once_a_change
def _first_text(task: Task) -> str:
    return draw_sample(task, 1, "stratified")[0].text


@_once_a_change
def _sample(task: Task, n: int, sample: Sample, seed: int) -> str:
    return sample_id(task.labels, draw_sample(task, n, sample, seed))


@_once_a_change
def _first_messages(task: Task, prompt: Prompt, sample: Sample, seed: int) -> Messages:
    return Renderer(task, prompt).messages(draw_sample(task, 1, sample, seed)[0].text)


@_once_a_change
def _baseline(task: Task, name: str) -> Identity:
    return baseline.identity(name, task)
