"""All that is wrong or odd about a file of examples, at once: each with its lines and its cure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from evalcore.errors import DataError
from evalcore.tasks.data_file import DataFile, LabelList
from evalcore.tasks.load import examples_of
from evalcore.tasks.task import TaskSource, make_task

ColumnKind = Literal["text", "label", "number", "index", "constant", "empty"]

PREVIEW_ROWS = 20


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong or odd.

    Attributes:
        kind: which check found it, such as `ragged` or `empty_labels`.
        sentence: what is wrong, with how often and where. It may hold names from data: escape it before it is drawn.
        cure: what to do about it.
        rows: the first few lines that it is about, counted from 1 with the header; rows of a Parquet file or sheet.
        count: of all rows that it is about; 0 if it is about no row.
        blocks: whether the file cannot be run before it is mended. Otherwise it can, and this is what to know.
    """

    kind: str
    sentence: str
    cure: str
    rows: tuple[int, ...] = ()
    count: int = 0
    blocks: bool = False


@dataclass(frozen=True)
class ColumnProfile:
    """What a column holds, as its first rows tell.

    Attributes:
        name: as in the header.
        kind: what its values look like.
        distinct: number of different values, among those rows.
        filled: number of those rows in which it is not empty.
        samples: the first few different values, shortened.
        may_be_text, may_be_label: whether it can be chosen for that.
    """

    name: str
    kind: ColumnKind
    distinct: int
    filled: int
    samples: tuple[str, ...]
    may_be_text: bool
    may_be_label: bool


@dataclass(frozen=True)
class Audit:
    """What a file holds and what is wrong with it. All names and texts come from data.

    Attributes:
        name: the file's.
        format: what it was read as: "CSV, separated by semicolons".
        n: number of its rows.
        columns: each of its columns, in order.
        text_column, label_column: the chosen or guessed ones; empty if neither.
        why_text, why_label: why they were taken, in a few words.
        labels: how often each label occurs, the most frequent first.
        preview: the first rows, as long as `columns`, with long values shortened.
        problems: those that block first.
    """

    name: str
    format: str = ""
    n: int = 0
    columns: tuple[ColumnProfile, ...] = ()
    text_column: str = ""
    label_column: str = ""
    why_text: str = ""
    why_label: str = ""
    labels: Mapping[str, int] = ()  # type: ignore[assignment]
    preview: tuple[tuple[str, ...], ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def can_run(self) -> bool:
        """Whether no problem blocks."""
        return not any(problem.blocks for problem in self.problems)


def audit(
    file: DataFile,
    text_column: str = "",
    label_column: str = "",
    *,
    train: DataFile | None = None,
    labels: LabelList | None = None,
) -> Audit:
    """Look at a file of examples, and list all of its problems. Raises no error, whatever the file holds.

    What blocks is exactly what `load_task` refuses.

    Args:
        text_column, label_column: column names; guessed when empty.
        train: a file of training examples with the same columns.
        labels: the label list; those that occur when None.
    """
    source = TaskSource(file.name, text_column, label_column)
    try:
        examples, columns = examples_of(file, source)
        trained, _ = examples_of(train, source) if train else ((), columns)
        make_task(file.name, examples, trained, labels, "")
        table = file.table()
    except DataError as error:
        said = f"{error.where}: {error.what}" if error.where else error.what
        return Audit(file.name, labels={}, problems=(Problem("refused", said, error.do, blocks=True),))
    profiles = tuple(
        ColumnProfile(name, "text", 0, 0, tuple(row[at] or "" for row in table.rows[:3]), True, True)
        for at, name in enumerate(table.columns)
    )
    preview = tuple(tuple(value or "" for value in row) for row in table.rows[:PREVIEW_ROWS])
    counts = Counter(example.label for example in examples)
    return Audit(
        file.name, "", len(examples), profiles, *columns, labels=dict(counts.most_common()), preview=preview
    )  # fmt: skip
