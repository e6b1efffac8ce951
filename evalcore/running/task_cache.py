"""What is read from the files of a task, kept until one of them changes: a page asks for it at every rerun.

Whether a file has changed is told by its size, times and inode (`file_stamp`), without reading it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from evalcore.errors import BlindspotError, DataError
from evalcore.predictors import baseline
from evalcore.store import Identity, Store, file_stamp
from evalcore.store import sample_id as hash_of_sample
from evalcore.tasks import (
    LabelMerge,
    Messages,
    Prompt,
    Renderer,
    Sample,
    Task,
    TaskSource,
    changed_task,
    draw_sample,
    load_task,
    task_files,
)

_MAX_CACHED = 512
"""Results of each function."""
_TASK_KEPT_UP_TO = 100_000
"""Examples of a task that stays in memory, so that another N or prompt needs no reading. One such task is kept."""

T = TypeVar("T")

_last_task: dict[tuple[TaskSource, str], Task] = {}


def read_task(source: TaskSource, store: Store) -> Task:
    """The task, read again only if one of its files has changed; of a task of the hub, whose revision is fixed, never.

    Args:
        store: of the cache folder that holds uploads.

    Raises:
        DataError: if it cannot be read.
    """
    return _task(source, store.folder, _stamp(source, store.folder))


def cached_by_files(make: Callable[..., T]) -> Callable[..., T]:
    """Keep what is made of a task, or the error that this ended in, until one of the task's files changes.

    Args:
        make: takes a task, and whatever else decides the result.

    Returns:
        The same function, which takes a TaskSource in the task's place, and the store whose folder holds uploads.
    """

    @lru_cache(maxsize=_MAX_CACHED)
    def kept(source: TaskSource, cache: Path, stamp: str, *more: Hashable) -> tuple[T] | BlindspotError:
        try:
            return (make(_task(source, cache, stamp), *more),)
        except BlindspotError as error:
            return error

    def looked_up(source: TaskSource, store: Store, *more: Hashable) -> T:
        made = kept(source, store.folder, _stamp(source, store.folder), *more)
        if isinstance(made, BlindspotError):
            raise made.with_traceback(None)
        return made[0]

    return looked_up


@cached_by_files
def size(task: Task) -> int:
    """Number of test examples."""
    return len(task.test)


@dataclass(frozen=True)
class TaskSummary:
    """What a task holds.

    Attributes:
        columns: of the test file, the one of the text and the one of the label; empty if unknown.
        test, train, labels: how many there are.
    """

    columns: tuple[str, str]
    test: int
    train: int
    labels: int


@cached_by_files
def summary(task: Task) -> TaskSummary:
    """What the task holds, in numbers."""
    return TaskSummary(task.columns, len(task.test), len(task.train), len(task.labels))


@cached_by_files
def labels(task: Task) -> tuple[str, ...]:
    """The task's labels, in its order."""
    return task.labels


@cached_by_files
def first_sampled_texts(task: Task, n: int) -> tuple[str, ...]:
    """The first texts of a stratified sample."""
    return tuple(example.text for example in draw_sample(task, n, "stratified"))


@cached_by_files
def sample_id(task: Task, n: int, sample: Sample, seed: int) -> str:
    """The hash of a sample, as a run's record has it."""
    return hash_of_sample(task.labels, draw_sample(task, n, sample, seed))


@cached_by_files
def first_messages(task: Task, prompt: Prompt, sample: Sample, seed: int) -> Messages:
    """The chat messages of a sample's first example."""
    return Renderer(task, prompt).messages(draw_sample(task, 1, sample, seed)[0].text)


@cached_by_files
def baseline_identity(task: Task, name: str) -> Identity:
    """The identity of a baseline that is fitted on the task."""
    return baseline.identity(name, task)


def _stamp(source: TaskSource, cache: Path) -> str:
    files = task_files(source, cache)
    try:
        # An upload's name is part of it: the ending decides how the bytes are read.
        each = files.all if files else []
        return " ".join(f"{file.name}:{file.path.resolve()}:{file_stamp(file.path)}" if file else "-" for file in each)
    except OSError as error:
        raise DataError(f"the file cannot be read ({error.strerror}).", where=source.name) from error


def _task(source: TaskSource, cache: Path, stamp: str) -> Task:
    if source.merge:  # from the task with its own list: a page shows runs with both
        return changed_task(_task(replace(source, merge=""), cache, stamp), LabelMerge.from_text(source.merge))
    task = _last_task.get((source, stamp))
    if task is None:
        task = load_task(source, cache)
        _last_task.clear()
        if len(task.test) + len(task.train) <= _TASK_KEPT_UP_TO:
            _last_task[source, stamp] = task
    return task
