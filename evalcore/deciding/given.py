"""Files, or values of Python, that a person gives to decide with -> the texts that the questions are asked with."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral
from pathlib import Path
from typing import Any

from evalcore.deciding.asked import LONGEST_TEXT
from evalcore.deciding.decision_asked import TABLE_FIELDS, DecisionAsked
from evalcore.errors import DataError, SpecError, quoted, unreadable
from evalcore.tasks import LabelMerge, parse_merge

TABLE_COLUMNS = {
    "actions": ("label", "action"),
    "costs": ("true", "predicted", "cost"),
    "mix": ("label", "share"),
    "predicted_counts": ("label", "count"),
    "hierarchy": ("label", "group"),
}
"""The columns of a table that is given as a mapping or a series, by its field: the last one has the values. A mix of
whole numbers has counts."""


def read_table_file(path: Path) -> str:
    """The text of a file with a table.

    Raises:
        DataError: if there is no such file, it is too large or no UTF-8.
    """
    do = "Give a CSV file, saved as UTF-8."
    with unreadable(str(path), do):
        try:
            with path.open("rb") as file:
                content = file.read(4 * LONGEST_TEXT + 1)
        except OSError as error:
            raise DataError(f"the file cannot be read ({error.strerror or error}).", where=str(path), do=do) from error
        if len(content) > 4 * LONGEST_TEXT:
            raise DataError("the file is too large for such a table.", where=str(path), do=do)
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DataError(f"byte {error.start:,} is no UTF-8.", where=str(path), do=do) from error
    if len(text) > LONGEST_TEXT:
        raise DataError("the file is too large for such a table.", where=str(path), do=do)
    if not text.strip():
        raise DataError("there is nothing in it.", where=str(path), do=do)
    return text


def asked_in_python(given: Mapping[str, Any], labels: Sequence[str]) -> DecisionAsked:
    """What is asked, of Python's own values.

    Args:
        given: by the names of the fields of all questions. Of these, `target` may be a share, a table all that
            `table_text` takes, and `merge` all that `merge_text` takes.
        labels: of the run.

    Raises:
        DataError: if a file cannot be read.
        SpecError: if a field is unknown, or cannot be what it is given as.
    """
    asked: dict[str, Any] = dict(given)
    for name in asked.keys() & set(TABLE_FIELDS):
        asked[name] = table_text(name, asked[name])
    if "merge" in asked:
        asked["merge"] = merge_text(asked["merge"], labels)
    if isinstance(asked.get("target"), int | float):
        asked["target"] = percent_of(float(asked["target"]))
    return DecisionAsked.of_fields(asked)


def percent_of(target: float) -> float:
    """A target in percent, of a share up to 1 or of percent.

    Example:
        >>> percent_of(0.95), percent_of(95), percent_of(99.9)
        (95.0, 95, 99.9)
    """
    return round(100 * target, 9) if target <= 1 else target


def table_text(field: str, given: Any) -> str:
    """A table as CSV.

    Args:
        field: of what is asked; names the columns.
        given: a path; a frame, or a mapping of columns, as it is read from a file; or values by label: a mapping or a
            series, of costs by pairs (actual, predicted).

    Raises:
        DataError: if a file cannot be read.
        SpecError: if it is nothing of this kind.
    """
    if isinstance(given, str | Path):
        return read_table_file(Path(given))
    if hasattr(given, "columns"):
        return _csv([str(name) for name in given.columns], zip(*(given[name] for name in given.columns), strict=True))
    items = getattr(given, "items", None)
    if not callable(items):
        raise SpecError(
            f"{field} cannot be a {type(given).__name__}.", do="Give a file's path, a frame, or a mapping by label."
        )
    columns = TABLE_COLUMNS[field]
    rows = []
    for key, value in items():
        keys = tuple(key) if isinstance(key, tuple) else (key,)
        if len(keys) != len(columns) - 1:
            by = " and ".join(columns[:-1])
            raise SpecError(
                f"{field} is given by {by}, not by {quoted(repr(key))}.", do=f"Give {{({by}): value, ...}}."
            )
        rows.append((*keys, value))
    if field == "mix" and all(isinstance(value, Integral) for *_, value in rows):
        columns = ("label", "count")
    return _csv(columns, rows)


def merge_text(given: Mapping[str, Iterable[str]] | Sequence[str] | LabelMerge, labels: Sequence[str]) -> str:
    """A change of the label list.

    Args:
        given: the old labels of each new name; or as on the command line: `LABEL,LABEL=NEW`, `LABEL=` to drop one.

    Raises:
        SpecError: if it does not fit the labels.
    """
    if isinstance(given, Mapping):
        alone = [name for name, olds in given.items() if isinstance(olds, str)]
        if alone:
            raise SpecError(f"{quoted(alone[0])} is given one text.", do="Give a list of the labels that it takes in.")
        given = LabelMerge.of(given)
    if isinstance(given, LabelMerge):
        given.new_labels(labels)
        return given.to_text()
    return parse_merge([given] if isinstance(given, str) else given, labels).to_text()


def _csv(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return stream.getvalue()
