"""A task and a changed label list -> the task with the new list, on the same texts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from evalcore.errors import DataError
from evalcore.tasks.label_merge import LabelMerge
from evalcore.tasks.task import Example, Task
from evalcore.wording import counted

_SAID_CHARS, _DIGITS = 32, 4
"""Of the change in the task's name: characters of what it says, and digits that tell longer ones apart."""


def changed_task(task: Task, merge: LabelMerge) -> Task:
    """The task with another label list. Examples of labels that are dropped leave it, train examples too.

    Args:
        task: as it was read, with its own list.
        merge: what becomes of the labels; the task itself is returned if nothing does.

    Raises:
        SpecError: if its labels cannot be changed so.
        DataError: if no test example is left.
    """
    if not merge:
        return task
    labels = merge.new_labels(task.labels)
    dropped = set(merge.dropped)
    former = replace(
        task,
        test=tuple(example for example in task.test if example.label not in dropped),
        train=tuple(example for example in task.train if example.label not in dropped),
    )
    if not former.test:
        raise DataError("no example is left: all are of labels that are dropped.", where=task.name, do="Drop fewer.")
    return replace(
        former,
        name=f"{task.name}, {_what_changed(task.labels, labels, merge)}",
        labels=labels,
        test=_relabelled(former.test, merge),
        train=_relabelled(former.train, merge),
        former=former,
    )


def _relabelled(examples: Sequence[Example], merge: LabelMerge) -> tuple[Example, ...]:
    new_of_old = merge.new_of_old
    return tuple(
        Example(example.text, new_of_old[example.label]) if example.label in new_of_old else example
        for example in examples
    )


def _what_changed(labels: Sequence[str], new: Sequence[str], merge: LabelMerge) -> str:
    """`22 of 24 labels (a, b become c)`: another text for every change, and no longer than a title may be."""
    if len(new) < len(labels):
        said = f"{len(new):,} of {counted(len(labels), 'label')}"
    else:
        said = f"{counted(len(merge.new_of_old), 'label')} renamed"
    how = "; ".join(merge.words())
    if len(how) > _SAID_CHARS or how != " ".join(how.split()):
        digits = hashlib.sha256(merge.to_text().encode()).hexdigest()[:_DIGITS]
        how = f"{' '.join(how.split())[:_SAID_CHARS].strip()}…, {digits}"
    return f"{said} ({how})"
