"""What a format finds in a file: a table of texts, true labels and answers, and where each of them was read from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evalcore.errors import DataError, listed
from evalcore.importing.label_columns import HasNumbers
from evalcore.tasks import LabelList
from evalcore.tasks.data_file import NumberBlock, Table
from evalcore.wording import counted

Role = Literal["text", "label", "answer"]
ROLES: tuple[Role, ...] = ("text", "label", "answer")
ROLE_WORDS: dict[Role, str] = {"text": "text", "label": "true label", "answer": "answer"}

MODEL, TASK, TOOL, DATE = "model", "task", "written by", "written"
"""Keys of what a file says of itself."""


@dataclass(frozen=True)
class Asked:
    """What a person chose, where a file leaves a doubt.

    Attributes:
        format: name of a format; empty to find it by the content.
        fields: the column or field of a role; without one the first that fits is taken.
        part: which of the results that the file holds beside each other; empty for the first.
        model: the model's name, in place of what the file says.
        labels: the label list, if there is one.
    """

    format: str = ""
    fields: Mapping[Role, str] = field(default_factory=dict)
    part: str = ""
    model: str = ""
    labels: LabelList | None = None


@dataclass(frozen=True)
class Reading:
    """What was read.

    Attributes:
        format: the format's title.
        table: its columns are `columns`.
        columns: of the table, by role. A role that is not there stands for no column: a file needs no texts and, with
            probabilities, no answers.
        answers_are: how answers are understood: a `completion` is parsed like a model's output, and a `prediction` is
            a label, by which the file can bring labels that are nobody's true label.
        found: in the words of the file: where each role was read from.
        fields: what else could be taken for each role, the likeliest first; those in doubt have several.
        in_doubt: roles for which several fields are likely.
        numbers: where probabilities are read from, and the names of its columns.
        parts: names of the results that the file holds beside each other, where there are several; `part` is this one.
        labels: all labels, where the file says which there are.
        listed: the label list that a person gave.
        about: what the file says of itself, by `MODEL` and the others.
        notes: what a person should know, a sentence each, such as what was left out.
    """

    format: str
    table: Table
    columns: Mapping[Role, str]
    answers_are: Literal["completion", "prediction"] = "completion"
    found: Mapping[Role, str] = field(default_factory=dict)
    fields: Mapping[Role, Sequence[str]] = field(default_factory=dict)
    in_doubt: frozenset[Role] = frozenset()
    numbers: tuple[HasNumbers, Sequence[str]] | None = None
    parts: Sequence[str] = ()
    part: str = ""
    labels: Sequence[str] = ()
    listed: LabelList | None = None
    about: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def sentence(self) -> str:
        """How it was read: `400 predictions, read as lm-evaluation-harness samples: text = doc.text, …`."""
        roles = ", ".join(f"{ROLE_WORDS[role]} = {self.found[role]}" for role in ROLES if role in self.found)
        number = f" ({self.parts.index(self.part) + 1} of {len(self.parts):,})" if len(self.parts) > 1 else ""
        part = f", {self.part}{number}" if number else ""
        return f"{counted(len(self.table.rows), 'prediction')}, read as {self.format}{part}: {roles}."


class NoField(DataError):
    """A file in which nothing looks like one of the roles; a person may know.

    Attributes:
        fields: all that could be chosen, by role.
    """

    def __init__(self, name: str, role: Role, fields: Mapping[Role, Sequence[str]]) -> None:
        names = fields.get(role, ())
        super().__init__(
            f"nothing in it looks like the {ROLE_WORDS[role]}.",
            where=name,
            do=f"Choose one with --{role}-column: there are {listed(names)}." if names else "It holds no values.",
        )
        self.role, self.fields = role, fields


class RecordTable(Table):
    """A table whose rows are the records of a JSON document, or of a log."""

    def place(self, position: int) -> str:
        """The record of the row at `position`, for messages."""
        return f"{self.name}, record {self.lines[position]:,}"


@dataclass(frozen=True)
class NumbersInMemory:
    """Columns of numbers that a format has read itself.

    Attributes:
        columns: their names.
        values: shape (n_rows, n_columns); NaN where a number is missing.
    """

    columns: Sequence[str]
    values: NDArray[np.float64]

    def numbers(self, columns: Sequence[str], keys: Sequence[str] = ()) -> Iterator[NumberBlock]:
        """These columns, in one block."""
        yield NumberBlock(0, self.values[:, [self.columns.index(column) for column in columns]])


def column_names(fields: Mapping[Role, str]) -> dict[Role, str]:
    """Names of a table's columns by role: the fields that they were read from, each once, though one may be taken for
    two roles."""
    if len(set(fields.values())) == len(fields):
        return dict(fields)
    return {role: f"{field} ({role})" for role, field in fields.items()}


def chosen_part(parts: Sequence[str], asked: Asked, name: str) -> str:
    """The part that was asked for, or the first.

    Raises:
        DataError: if there is none of that name.
    """
    if not asked.part:
        return parts[0]
    if asked.part not in parts:
        raise DataError(
            f"it holds no part {asked.part!r}.", where=name, do=f"Choose one with --part: it holds {listed(parts)}."
        )
    return asked.part


def left_out(count: int, what: str, why: str) -> list[str]:
    """The note that something was left out, if anything was: `3 results ended with an error: they are left out.`"""
    if not count:
        return []
    return [f"{counted(count, what)} {why}: {'it is' if count == 1 else 'they are'} left out."]
