"""Columns of probabilities in a file of predictions -> log-probabilities of the labels, checked, as one array.

A column `probability:LABEL` or `logprob:LABEL` is of a label; so are `prob_LABEL` and the like where one of them names
a label that the file has. In JSON lines they may stand in an object `probabilities` or `label_logprobs`. A column
`confidence` is the probability of the predicted label. An empty cell is a probability that is not known, and never 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from evalcore.errors import DataError, quoted
from evalcore.parse import normal_form
from evalcore.tasks.data_file import NumberBlock

CONFIDENCE = "confidence"
PROBABILITY_OF = "probability:"
"""What the columns of labels begin with in files that this program writes."""

OBJECTS = ("probabilities", "probs", "label_logprobs")
"""Objects of JSON lines with a number for each label."""

SUM_TOLERANCE = 0.02
"""By which the probabilities of a row may sum to more than 1: they may be rounded."""
_ROUNDING = 1e-6
_NAMED = re.compile(
    r"\s*(?P<kind>probabilities|probability|probs|proba|prob|p|(?:label_)?log_?prob(?:abilit(?:ies|y)|s)?|log_?p)"
    r"\s*(?P<mark>[:_])\s*(?P<label>.+)",
    re.IGNORECASE | re.DOTALL,
)


class HasNumbers(Protocol):
    """What columns of numbers are read from: a data file, or what a format has read itself."""

    def numbers(self, columns: Sequence[str], keys: Sequence[str] = ()) -> Iterator[NumberBlock]:
        """The numbers of these columns, block by block; `keys` are objects of JSON lines that hold some of them."""
        ...


@dataclass(frozen=True)
class LabelColumn:
    """A column of numbers that belongs to a label.

    Attributes:
        label: as the file spells it.
        kind: what the column's name begins with.
        is_certain: whether the name can mean nothing else; `p_value` may, and `p:value` may not.
    """

    column: str
    label: str
    kind: str
    is_certain: bool

    @property
    def is_log(self) -> bool:
        """Whether its numbers are logarithms."""
        return "log" in self.kind


def possible_label_columns(columns: Sequence[str]) -> list[LabelColumn]:
    """The columns whose names look like those of labels' probabilities."""
    found = [(column, _NAMED.fullmatch(column)) for column in columns]
    return [
        LabelColumn(column, named["label"].strip(), named["kind"].casefold(), named["mark"] == ":")
        for column, named in found
        if named
    ]


def label_columns(
    possible: Sequence[LabelColumn], label_of_form: Mapping[str, str], *, listed: bool, name: str
) -> list[LabelColumn]:
    """Those of the columns that are of labels, with the labels as the task spells them.

    Args:
        label_of_form: the labels that are known, by their normal form.
        listed: whether these are all; otherwise a column may bring another label.
        name: the file's, for messages.

    Raises:
        DataError: if one is of no label, two are of the same, or some are logarithms and others are not.
    """
    families = {one.kind for one in possible if one.is_certain or normal_form(one.label) in label_of_form}
    chosen = [one for one in possible if one.is_certain or one.kind in families]
    if len({one.is_log for one in chosen}) > 1:
        raise DataError(
            "it has columns of probabilities and of log-probabilities, such as"
            f" {quoted(next(one.column for one in chosen if not one.is_log))} and"
            f" {quoted(next(one.column for one in chosen if one.is_log))}.",
            where=name,
            do="Keep one kind: they say the same.",
        )
    of_form: dict[str, LabelColumn] = {}
    for one in chosen:
        form = normal_form(one.label)
        if not form or (listed and form not in label_of_form):
            why = "is of a label that the label list does not have" if form else "names no label"
            raise DataError(f"the column {quoted(one.column)} {why}.", where=name, do="Rename it or take it out.")
        if form in of_form:
            raise DataError(
                f"the columns {quoted(of_form[form].column)} and {quoted(one.column)} are of the same label.",
                where=name,
                do="Take one of them out.",
            )
        of_form[form] = LabelColumn(one.column, label_of_form.get(form, one.label), one.kind, one.is_certain)
    return list(of_form.values())


def fill_from_columns(
    logprobs: NDArray[np.float32],
    file: HasNumbers,
    columns: Sequence[LabelColumn],
    labels: Sequence[str],
    place: Callable[[int], str],
) -> None:
    """Read the probabilities of labels, check them, and write their logarithms.

    Args:
        logprobs: shape (n_rows, n_labels), NaN throughout; its columns are those of `labels`.
        place: the place of a row, for messages.

    Raises:
        DataError: for what cannot be a probability, or the probabilities of a row.
    """
    at = [labels.index(one.label) for one in columns]
    for block in file.numbers([one.column for one in columns], OBJECTS):
        check = _check_logarithms if columns[0].is_log else _check_shares
        values = check(block.values, columns, _from(block.first, place))
        logprobs[block.first : block.first + len(values), at] = values


def fill_from_confidence(
    logprobs: NDArray[np.float32],
    file: HasNumbers,
    column: str,
    predicted: NDArray[np.intp],
    place: Callable[[int], str],
) -> None:
    """Read one column with the probability of the predicted label; that of all others stays unknown.

    Args:
        logprobs: as for `fill_from_columns`.
        predicted: code of the label that is predicted in each row; -1 where none is, whose confidence says nothing.

    Raises:
        DataError: for what cannot be a probability.
    """
    of_column = [LabelColumn(column, "", "confidence", True)]
    for block in file.numbers([column]):
        values = _check_shares(block.values, of_column, _from(block.first, place), may_be_0=True)
        rows = np.arange(len(values))[predicted[block.first : block.first + len(values)] >= 0]
        logprobs[block.first + rows, predicted[block.first + rows]] = values[rows, 0]


def _from(first: int, place: Callable[[int], str]) -> Callable[[int], str]:
    """The places of the rows of a block, whose first row is this one."""
    return lambda row: place(first + row)


def _check_shares(
    shares: NDArray[np.float64], columns: Sequence[LabelColumn], place: Callable[[int], str], *, may_be_0: bool = False
) -> NDArray[np.float64]:
    """The logarithms of probabilities.

    Raises:
        DataError: if one is below 0 or above 1, or those of a row sum to more than 1, or all of a row are 0.
    """
    with np.errstate(invalid="ignore"):
        _refuse(
            (shares < 0) | (shares > 1 + _ROUNDING),
            shares,
            columns,
            place,
            "which is no probability",
            "Write probabilities from 0 to 1 (95 % is 0.95), or rename the column.",
        )
        known = ~np.isnan(shares)
        sums = np.where(known, shares, 0).sum(axis=1)
    _refuse_sums(sums, place)
    nothing = known.any(axis=1) & (sums == 0)
    if nothing.any() and not may_be_0:
        raise DataError(
            "all probabilities of the row are 0.",
            where=place(int(nothing.argmax())),
            do="Leave them empty where they are not known.",
        )
    with np.errstate(divide="ignore"):
        logarithms: NDArray[np.float64] = np.log(np.minimum(shares, 1))
    return logarithms


def _check_logarithms(
    logprobs: NDArray[np.float64], columns: Sequence[LabelColumn], place: Callable[[int], str]
) -> NDArray[np.float64]:
    """Log-probabilities as they are.

    Raises:
        DataError: if one is above 0, or the probabilities of a row sum to more than 1, or all of a row are 0.
    """
    with np.errstate(invalid="ignore"):
        _refuse(
            logprobs > _ROUNDING,
            logprobs,
            columns,
            place,
            "which is above 0, as no logarithm of a probability is",
            "Take the log-softmax of scores.",
        )
        sums = np.where(np.isnan(logprobs), 0, np.exp(logprobs)).sum(axis=1)
        nothing = (logprobs == -np.inf).any(axis=1) & ~np.isfinite(logprobs).any(axis=1)
    _refuse_sums(sums, place)
    if nothing.any():
        raise DataError(
            "all log-probabilities of the row are minus infinity.",
            where=place(int(nothing.argmax())),
            do="Leave them empty where they are not known.",
        )
    limited: NDArray[np.float64] = np.minimum(logprobs, 0)
    return limited


def _refuse(
    odd: NDArray[np.bool_],
    values: NDArray[np.float64],
    columns: Sequence[LabelColumn],
    place: Callable[[int], str],
    why: str,
    do: str,
) -> None:
    """Raise a DataError for the first odd value, if there is one."""
    rows = odd.any(axis=1)
    if rows.any():
        row = int(rows.argmax())
        at = int(odd[row].argmax())
        raise DataError(
            f"column {quoted(columns[at].column)} holds {values[row, at]:.6g}, {why}.", where=place(row), do=do
        )


def _refuse_sums(sums: NDArray[np.float64], place: Callable[[int], str]) -> None:
    """Raise a DataError for the first row whose probabilities sum to more than 1, if there is one."""
    odd = sums > 1 + SUM_TOLERANCE
    if odd.any():
        row = int(odd.argmax())
        raise DataError(
            f"the probabilities of the row sum to {sums[row]:.4g}.",
            where=place(row),
            do="They may sum to 1 at most: divide each by their sum, or take the softmax of scores.",
        )
