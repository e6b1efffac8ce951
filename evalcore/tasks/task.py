"""What is classified: a closed set of labels, and examples of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evalcore.errors import DataError, quoted
from evalcore.parse import collisions, normal_form
from evalcore.tasks.data_file import LabelList
from evalcore.wording import counted


@dataclass(frozen=True, slots=True)
class Example:
    """One text and its true label."""

    text: str
    label: str


@dataclass(frozen=True)
class TaskSource:
    """Where a task comes from, as a user names it.

    Attributes:
        name: `demo`, `banking77`, a data file, a folder with `test.*` and perhaps `train.*` and a label list, an upload
            (`upload:` and the first 16 digits of its SHA-256), or a data set of the hub
            (`hub:OWNER/NAME[:CONFIG][@REVISION][#SPLIT]`). A sheet of a workbook is named by `#SHEET` behind it.
        text_column, label_column: column names; guessed from common ones when empty.
        train: a data file or upload with training examples, or of a data set of the hub the name of a split; when
            empty, `train.*` beside the test file in a folder.
        labels: a file or upload with the label list; when empty, the labels that occur, in alphabetical order.
        merge: a change of the label list (`LabelMerge.to_text`): labels merged, renamed or dropped; empty for none.
    """

    name: str = "demo"
    text_column: str = ""
    label_column: str = ""
    train: str = ""
    labels: str = ""
    merge: str = ""


@dataclass(frozen=True)
class Task:
    """A closed set of labels and the examples to be given one of them.

    Attributes:
        name: as shown.
        labels: all labels a model may answer, in order; distinct also in their normal form.
        test: the examples a run samples from, in file order.
        train: examples that baselines are fitted on and few-shot prompts draw from; may be empty.
        origin: where it was read from, with its revision if it has one.
        columns: of the test file, the one that was taken for the text and the one for the label; empty if unknown.
        former: of a task whose label list was changed, the same examples with the labels that they had: samples are
            drawn by these, so that runs with either list are on the same texts. None if the list is its own.
    """

    name: str
    labels: tuple[str, ...]
    test: tuple[Example, ...]
    train: tuple[Example, ...]
    origin: str
    columns: tuple[str, str] = ("", "")
    former: Task | None = None


def make_task(
    name: str,
    test: Sequence[Example],
    train: Sequence[Example],
    labels: Sequence[str] | LabelList | None,
    origin: str,
) -> Task:
    """A task from its parts, checked.

    Args:
        name: as shown; origin: where it was read from.
        labels: in order; None takes those that occur, in alphabetical order.

    Raises:
        DataError: no labels, two labels with one normal form, or an example with an unlisted label.
    """
    occurring = {example.label for example in (*test, *train)}
    if labels is None:
        labels = in_usual_order(occurring)
    if not isinstance(labels, LabelList):
        labels = LabelList(name, list(labels), [])
    _check_labels(labels)
    unlisted = sorted(occurring - set(labels.labels))
    if unlisted:
        raise DataError(
            f"{counted(len(unlisted), 'label occurs', 'labels occur')} that the label list does not have, such as "
            f"{quoted(unlisted[0])}.",
            where=name,
            do="Add them to the label list." if labels.name == name else f"Add them to {labels.name}.",
        )
    return Task(name, tuple(labels.labels), tuple(test), tuple(train), origin)


def in_usual_order(labels: Iterable[str]) -> tuple[str, ...]:
    """The order of a label list that nobody gave: alphabetical, each label once."""
    return tuple(sorted(set(labels), key=lambda label: (label.casefold(), label)))


def _check_labels(labels: LabelList) -> None:
    if not labels.labels:
        raise DataError("there are no labels.", where=labels.name)
    for at, label in enumerate(labels.labels):
        if not normal_form(label):
            raise DataError(
                f"the label {quoted(label)} has no letter or digit to be recognised by.", where=labels.where(at)
            )
    clashes = collisions(labels.labels)
    if clashes:
        first, second = clashes[0]
        where = labels.where(labels.labels.index(second, labels.labels.index(first) + 1))
        if first == second:
            raise DataError(f"the label {quoted(first)} stands there twice.", where=where, do="Take one of them out.")
        raise DataError(
            f"the labels {quoted(first)} and {quoted(second)} read the same once case, spacing and punctuation are "
            "folded.",
            where=where,
            do="Rename one of them: an answer could not be told apart.",
        )
