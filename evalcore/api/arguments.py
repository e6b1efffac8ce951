"""What the public functions are given, checked: a cache folder, a task, a name among those that there are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from evalcore.errors import SpecError

if TYPE_CHECKING:
    from evalcore.store import Store
    from evalcore.tasks import TaskSource


def store_in(cache: str | Path | None) -> Store:
    """The cache folder that was named, or the one that there is without a name."""
    from evalcore.store import DEFAULT_CACHE, Store

    return Store(Path(cache) if cache is not None else DEFAULT_CACHE)


def source_of(task: str | Path | TaskSource, columns: dict[str, str]) -> TaskSource:
    """A task as it was named, with the other fields of a `TaskSource` that were given.

    Raises:
        SpecError: if it is no name, or there is no such field.
    """
    from evalcore.tasks import TaskSource

    if isinstance(task, TaskSource):
        return task
    if not isinstance(task, str | Path):
        raise SpecError(
            f"`task` is a {type(task).__name__}, not the name of a task.",
            do="Give what `load_task` was given: a name, a file or a folder.",
        )
    unknown = sorted(columns.keys() - TaskSource.__dataclass_fields__.keys())
    if unknown:
        raise SpecError(
            f"a task has no {unknown[0]!r}.", do=f"Choose among {', '.join(TaskSource.__dataclass_fields__)}."
        )
    return TaskSource(str(task), **columns)


def choose(what: str, given: str, among: Iterable[str]) -> None:
    """Refuse a name that is none of those that there are."""
    choices = list(among)
    if given not in choices:
        raise SpecError(f"there is no {what} {given!r}.", do=f"Choose one of {', '.join(map(repr, choices))}.")
