"""All that is wrong or odd about a file of examples, at once: each with its lines and its cure.

What blocks is what `load_task` refuses, by construction: the file is read as `load_task` reads it, and only if that
fails does a problem block. It is then read once more, passing over what cannot be read, so that all of it is listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from evalcore.errors import BlindspotError, DataError, unreadable
from evalcore.tasks import audit_checks as checks
from evalcore.tasks.audit_checks import Problem, Rows
from evalcore.tasks.columns import ColumnProfile
from evalcore.tasks.data_file import DataFile, LabelList
from evalcore.tasks.first_look import first_look
from evalcore.tasks.load import LabelledFile, labelled_file
from evalcore.tasks.task import TaskSource, make_task

__all__ = ["Audit", "Problem", "audit"]


@dataclass(frozen=True)
class Audit:
    """What a file holds and what is wrong with it. All names and texts come from data: escape them before drawing.

    Attributes:
        name: the file's.
        format: what it was read as: "CSV, separated by semicolons"; empty if it could not be read.
        n: number of its rows that can be read.
        columns: each of its columns, in order; at most 200.
        text_column, label_column: the chosen or found ones; empty if there is none.
        why_text, why_label: why these, in a few words: "by its name".
        labels: how often each label occurs, the most frequent first.
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
    labels: Mapping[str, int] = field(default_factory=dict)
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
    """Look at a file of examples, and list all of its problems. Raises no error for what the files hold.

    Args:
        text_column, label_column: column names; found by their names or values when empty.
        train: a file of training examples.
        labels: the label list; the labels that occur when None.
    """
    try:
        with unreadable(file.name, "Save it as CSV."):  # `load_task` refuses the same
            return _audit(file, TaskSource(file.name, text_column, label_column), train, labels)
    except BlindspotError as error:
        return Audit(file.name, problems=(_refused(error),))


def _audit(file: DataFile, source: TaskSource, train: DataFile | None, labels: LabelList | None) -> Audit:
    refusal = _refusal(file, source, train, labels)
    look = first_look(file)
    profiles = tuple(look.profiles())
    found = Audit(file.name, look.format, columns=profiles)
    passed: dict[int, DataError] = {}
    try:
        read = labelled_file(file, source, pass_over=passed.__setitem__)
    except DataError as error:  # no columns can be told, or no row be read
        problems = [*checks.unreadable_rows(passed), _refused(error)]
        return replace(found, n=len(look.spread), problems=tuple(problems))
    rows = _rows(read)
    problems = checks.unreadable_rows(passed)
    if headers := read.headers:
        problems.append(checks.repeated_header(rows, headers))
        rows = rows.without(headers)
    columns = read.columns
    kinds = {profile.name: profile.kind for profile in profiles}
    problems += checks.of_labels(rows, labels)
    problems += checks.of_texts(rows, is_label=columns.text == columns.label)
    problems += checks.of_size(rows)
    problems += checks.of_column_kind(columns.text, kinds.get(columns.text, "text"))
    if train is not None:
        problems += _of_train(rows, train, source, read)
    return replace(
        found,
        n=len(rows.texts),
        text_column=columns.text,
        label_column=columns.label,
        why_text=columns.why_text,
        why_label=columns.why_label,
        labels=dict(Counter(label for label in rows.labels if label and label.strip()).most_common()),
        problems=_in_order(problems, refusal),
    )


def _refusal(file: DataFile, source: TaskSource, train: DataFile | None, labels: LabelList | None) -> DataError | None:
    """What `load_task` would refuse the file with; None if it would not."""
    try:
        test = labelled_file(file, source)
        trained = labelled_file(train, source, test.columns).examples() if train else ()
        make_task(file.name, test.examples(), trained, labels, "")
    except DataError as error:
        return error
    return None


def _rows(read: LabelledFile) -> Rows:
    table = read.table
    texts = [row[0] for row in table.rows]
    labels = [row[-1] for row in table.rows]  # one column may be both
    return Rows(table.unit, table.lines, texts, labels)


def _of_train(rows: Rows, train: DataFile, source: TaskSource, read: LabelledFile) -> list[Problem]:
    try:
        examples = labelled_file(train, source, read.columns).examples()
    except DataError as error:
        return [_refused(error)]
    return checks.of_shared(rows, examples, train.name)


def _refused(error: BlindspotError) -> Problem:
    """An error that ended the reading, as a problem."""
    where = f"{error.where}: " if error.where else ""
    return Problem("refused", f"{where}{error.what}", error.do or "Correct it, and look again.", blocks=True)


def _in_order(problems: Sequence[Problem], refusal: DataError | None) -> tuple[Problem, ...]:
    """Those that block first: some exactly if `load_task` refuses the file."""
    if refusal is None:
        return tuple(replace(problem, blocks=False) for problem in problems)
    found = list(problems)
    if not any(problem.blocks for problem in found):
        found.append(_refused(refusal))
    return tuple(sorted(found, key=lambda problem: not problem.blocks))
