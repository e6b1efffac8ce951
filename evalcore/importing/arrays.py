"""Arrays, series and frames of a program -> a run. Their values are classes: none is ever taken for another.

A class is a string, a whole number or a truth value. Whole floats stand for the whole numbers that pandas made them of
where a value is missing. Nothing of pandas is imported: any frame whose columns can be named will do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalcore.errors import DataError, SpecError, quoted
from evalcore.importing.label_columns import CONFIDENCE, PROBABILITY_OF
from evalcore.importing.own_table import answers_are, choose_columns
from evalcore.importing.predictions import import_readings
from evalcore.importing.reading import Asked, Reading, Role
from evalcore.parse import LabelParser, collisions, normal_form
from evalcore.store.database import Store
from evalcore.store.run_record import RunRecord
from evalcore.tasks import LabelList
from evalcore.tasks.data_file import Header, NumberBlock, Table
from evalcore.tasks.table import MAX_ROWS, flaw, no_rows, too_many_rows
from evalcore.wording import counted

NAME = "predictions"
"""What such a run is called where it is given no name."""
_NAMES: dict[Role, str] = {"text": "texts", "label": "y_true", "answer": "y_pred"}


def import_arrays(
    store: Store,
    y_true: Iterable[Any],
    y_pred: Iterable[Any] | None,
    *,
    labels: Iterable[Any] | None = None,
    texts: Iterable[Any] | None = None,
    probabilities: Any = None,
    confidence: Iterable[Any] | None = None,
    name: str = NAME,
) -> RunRecord:
    """Store the predictions of two arrays as a finished run.

    Args:
        y_true: the true labels, shape (n,).
        y_pred: the predicted ones, shape (n,); None, NaN and the empty string are unparsed. Without it the most
            probable label is the prediction.
        labels: all labels, in order; without them those that occur. With them, a prediction that names none of them is
            unparsed.
        texts: of the examples, shape (n,).
        probabilities: of the labels: an array of shape (n, n_labels) in the order of `labels`, or a frame with a column
            for each label.
        confidence: the probability of each prediction, shape (n,), where those of the other labels are not known.
        name: as the run is called.

    Raises:
        SpecError: if the arguments do not fit together.
        DataError: if a value cannot be what it is given as, or two labels cannot be told apart.
    """
    if y_pred is None and probabilities is None:
        raise SpecError("there are no predictions.", do="Give y_pred, or the probabilities of the labels.")
    if probabilities is not None and confidence is not None:
        raise SpecError("probabilities and confidence are both given.", do="Give one: the first contain the second.")
    listed = None if labels is None else _classes(labels, "labels")
    columns: dict[Role, list[str]] = {"label": _classes(y_true, "y_true")}
    if y_pred is not None:
        columns["answer"] = _classes(y_pred, "y_pred", missing="")
    if texts is not None:
        columns["text"] = _classes(texts, "texts", missing="")
    numbers = {} if probabilities is None else _of_each_label(probabilities, listed)
    if confidence is not None:
        numbers[CONFIDENCE] = _numbers(confidence, CONFIDENCE)
    return _import(store, columns, {role: _NAMES[role] for role in columns}, numbers, listed, name)


def import_frame(store: Store, frame: Any, *, labels: Iterable[Any] | None = None, name: str = NAME) -> RunRecord:
    """Store the predictions in a frame as a finished run.

    Its columns are found by their names, as those of a file are: `label`, `prediction` or `completion`, perhaps `text`,
    and perhaps `probability:LABEL` for each label, or `confidence`.

    Raises:
        DataError: as `import_arrays` does, and if a column is missing.
    """
    by_name = {str(column): column for column in frame.columns}
    roles = choose_columns(Header(name, [*by_name]), Asked())
    columns = {
        role: _classes(frame[by_name[column]], column, missing=None if role == "label" else "")
        for role, column in roles.items()
    }
    numbers = {column: frame[by_name[column]] for column in by_name if column not in roles.values()}
    return _import(store, columns, roles, numbers, None if labels is None else _classes(labels, "labels"), name)


def _import(
    store: Store,
    columns: Mapping[Role, list[str]],
    names: Mapping[Role, str],
    numbers: Mapping[str, Any],
    labels: list[str] | None,
    name: str,
) -> RunRecord:
    """Check columns against each other, and store them.

    Args:
        columns: one value a row.
        names: what these are called, by the same roles.
        numbers: one number a row: `probability:LABEL` for each label, or `confidence`; perhaps others.
        labels: in order, where they are given.
    """
    n = len(columns["label"])
    for values_name, values in (*((names[role], columns[role]) for role in columns), *numbers.items()):
        if len(values) != n:
            raise SpecError(
                f"{quoted(values_name)} has {counted(len(values), 'value')}, for {counted(n, 'true label')}.",
                do="Give one for each example, in the same order.",
            )
    if not n:
        raise no_rows(name)
    if n > MAX_ROWS:
        raise too_many_rows(name)
    _refuse_doubtful(labels if labels is not None else columns["label"], name)
    rows: list[list[str | None]] = [list(row) for row in zip(*columns.values(), strict=True)]
    reading = Reading(
        "arrays",
        _Rows(name, [names[role] for role in columns], rows, [*range(n)]),
        names,
        answers_are(names),
        found=names,
        numbers=(_Columns(numbers), [*numbers]) if numbers else None,
    )
    (record,) = import_readings(
        [(reading, name)], store, labels=None if labels is None else LabelList(name, labels, [])
    )
    return record


class _Rows(Table):
    """A table whose rows have indices, as a program counts them."""

    def place(self, position: int) -> str:
        """As `Table.place`."""
        return f"{self.name}[{position}]"


@dataclass(frozen=True)
class _Columns:
    """Columns of numbers by their names, read when they are asked for."""

    columns: Mapping[str, Any]

    def numbers(self, columns: Sequence[str], keys: Sequence[str] = ()) -> Iterator[NumberBlock]:
        """The columns in one block."""
        yield NumberBlock(0, np.column_stack([_numbers(self.columns[column], column) for column in columns]))


def _refuse_doubtful(labels: Sequence[str], name: str) -> None:
    """Refuse labels that reading an answer could take for another.

    In a file of answers that a model wrote, `Top up` and `top_up` are one label. Classes of a program that differ are
    two, and would silently become one.

    Raises:
        DataError: if there are two that read the same, or one that is not read as itself.
    """
    distinct = list(dict.fromkeys(labels))
    if clashes := collisions(distinct):
        first, second = clashes[0]
        raise DataError(
            f"the labels {quoted(first)} and {quoted(second)} read the same once case, spacing and punctuation are "
            "folded.",
            where=name,
            do="Rename one of them in all arrays.",
        )
    parser = LabelParser(distinct)
    for label in distinct:
        if normal_form(label) and parser.parse(label).label != label:
            raise DataError(f"an answer that is the label {quoted(label)} is not read so.", where=name, do="Rename it.")


def _of_each_label(probabilities: Any, labels: list[str] | None) -> dict[str, Any]:
    """Columns of probabilities by the names that they have in a file.

    Args:
        probabilities: an array of shape (n, n_labels), or a frame with a column for each label.
    """
    if hasattr(probabilities, "columns"):
        names = _classes(list(probabilities.columns), "the columns of probabilities")
        return {
            f"{PROBABILITY_OF}{name}": probabilities[column]
            for name, column in zip(names, probabilities.columns, strict=True)
        }
    values = np.asarray(probabilities)
    if labels is None:
        raise SpecError(
            "an array of probabilities does not say which column is of which label.",
            do="Give labels= in the order of its columns, such as `labels=model.classes_`; or a frame.",
        )
    if values.ndim != 2 or values.shape[1] != len(labels):
        raise SpecError(
            f"the probabilities are of shape {values.shape}.",
            do=f"Their shape must be (n, {len(labels)}), as labels are.",
        )
    return {f"{PROBABILITY_OF}{label}": values[:, at] for at, label in enumerate(labels)}


def _numbers(values: Any, name: str) -> NDArray[np.float64]:
    """A column of numbers; NaN where one is missing.

    Raises:
        DataError: if they are no numbers.
    """
    try:
        found = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        found = np.empty((0, 0))
    if found.ndim != 1:
        raise DataError(f"{quoted(name)} is no column of numbers.", do="Give one number for each example.")
    return found


def _classes(values: Any, name: str, *, missing: str | None = None) -> list[str]:
    """The values as text, one way for each of the same class.

    Args:
        name: of the values, for messages.
        missing: what stands for None, NaN and the empty string; where it is None, none may be missing.

    Raises:
        DataError: if a value is missing, or is none that a class can be.
    """
    if isinstance(values, str | bytes) or not isinstance(values, Iterable) or getattr(values, "ndim", 1) != 1:
        raise SpecError(f"{name} is no list of values.", do="Give a list, an array with one dimension or a series.")
    plain = values.tolist() if hasattr(values, "tolist") else list(values)
    known: dict[tuple[type, Any], str] = {}
    found = []
    for at, value in enumerate(plain):
        try:
            key = (type(value), value)
            text = known.get(key)
            if text is None:
                text = known[key] = _class_name(value, f"{name}[{at}]")
        except TypeError:  # it cannot be a key: a list, or pandas' NA
            text = _class_name(value, f"{name}[{at}]")
        if not text:
            if missing is None:
                raise DataError("there is no value.", where=f"{name}[{at}]", do="Leave such examples out.")
            text = missing
        found.append(text)
    return found


def _class_name(value: Any, where: str) -> str:
    """A value as text; empty if it is missing."""
    if isinstance(value, str):
        if why := flaw(value):
            raise DataError(f"this text {why}.", where=where)
        return value
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return ""
    if isinstance(value, int | np.integer | np.bool_):
        return str(value)
    if isinstance(value, float | np.floating):
        return "" if math.isnan(value) else str(int(value)) if float(value).is_integer() else repr(float(value))
    raise DataError(f"a {type(value).__name__} is no label or text.", where=where, do="Give strings or whole numbers.")
