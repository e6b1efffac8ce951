"""Confusion counts -> a matrix as it is drawn: order, most confused block, ranked rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from evalcore.metrics.classification import Confusion, Counts, Floats
from evalcore.metrics.intervals import wilson

Order = Literal["data set", "alphabet", "errors", "clustered"]
Value = Literal["count", "by true label", "by predicted label"]
Direction = Literal["one-way", "two-way", "too few to tell"]
MATRIX_ORDERS: tuple[Order, ...] = get_args(Order)
VALUES: tuple[Value, ...] = get_args(Value)

BLOCK_FROM = 30
"""With more labels the matrix at first shows the most confused ones only."""
BLOCK_SIZE = 20
TWO_WAY = 1 / 3
"""A confusion is two-way if the smaller of its two shares is at least this part of the larger one."""
LEAST_FOR_A_DIRECTION = 4
_OPTIMAL_UP_TO = 300
"""Up to so many labels the order of the leaves is optimised; with more it would take seconds."""


@dataclass(frozen=True)
class MatrixView:
    """A confusion matrix as it is drawn: rows are true labels, columns answers.

    Attributes:
        codes: label codes of the rows, in order; the columns are the same.
        folded: codes of the labels that share one last row and column, "other"; empty if none.
        counts: shape (n_rows, n_rows), or (n_rows, n_rows + 1) with the unparsed column last.
        unparsed: whether there is an unparsed column.
        diagonal: whether right answers are counted; without them the "other" cell counts confusions only.
        support, predicted: shape (n_rows,): examples of each row, and answers of each column, hidden ones included.
    """

    codes: NDArray[np.intp]
    folded: NDArray[np.intp]
    counts: Counts
    unparsed: bool
    diagonal: bool
    support: Counts
    predicted: Counts

    def values(self, value: Value) -> Floats:
        """Each cell's value, of the shape of `counts`: the count, or its share in [0, 1] of the row or the column.

        Shares are 0 where the row or column is empty.
        """
        if value == "count":
            return self.counts.astype(float)
        if value == "by true label":
            return _shares(self.counts, self.support[:, None])
        below = self.predicted
        if self.unparsed:
            below = np.append(below, max(1, int(self.counts[:, -1].sum())))
        return _shares(self.counts, below[None, :])

    def is_other(self, row: int) -> bool:
        """Whether a row (or column) is that of the folded labels."""
        return row == len(self.codes)


@dataclass(frozen=True)
class RankedLabel:
    """A label ranked by the wrong answers in its row or in its column.

    Attributes:
        label: its code.
        count: wrong answers, unparsed ones not counted.
        share: of the row's examples or the column's answers.
        labels: how many other labels are involved.
        top: code of the one with most of them.
    """

    label: int
    count: int
    share: float
    labels: int
    top: int


def off_diagonal(confusion: Counts) -> Counts:
    """The confusions of two labels: shape (n_labels, n_labels), the diagonal 0, without the unparsed column."""
    counts = confusion[:, : len(confusion)].copy()
    np.fill_diagonal(counts, 0)
    return counts


def most_confused(confusion: Counts, k: int) -> NDArray[np.intp]:
    """Codes of the k labels with most confusions in row and column together, in ascending order."""
    errors = off_diagonal(confusion)
    mass = errors.sum(axis=0) + errors.sum(axis=1)
    return np.sort(np.argsort(-mass, kind="stable")[:k])


def ordered(confusion: Counts, labels: Sequence[str], order: Order) -> NDArray[np.intp]:
    """All label codes in the order of a rule, shape (n_labels,); `errors` puts the most confused first."""
    n = len(labels)
    if order == "alphabet":
        return np.array(sorted(range(n), key=lambda code: (labels[code].casefold(), labels[code])), dtype=np.intp)
    errors = off_diagonal(confusion)
    if order == "errors":
        return np.argsort(-(errors.sum(axis=0) + errors.sum(axis=1)), kind="stable")
    if order == "clustered":
        return _clustered(errors)
    return np.arange(n)


def view(
    confusion: Counts, labels: Sequence[str], *, order: Order, block: int = 0, unparsed: bool, diagonal: bool
) -> MatrixView:
    """The matrix as it is to be drawn.

    Args:
        confusion: shape (n_labels, n_labels + 1).
        block: how many labels, the most confused, have a row of their own; the rest are folded. 0 is all.
        unparsed: whether to add the unparsed column; diagonal: whether to count right answers.
    """
    n = len(labels)
    codes = ordered(confusion, labels, order)
    folded = np.empty(0, dtype=np.intp)
    if 0 < block < n:
        kept = most_confused(confusion, block)
        codes, folded = codes[np.isin(codes, kept)], np.setdiff1d(np.arange(n), kept)
    counts = confusion[:, :n] if diagonal else off_diagonal(confusion)
    groups = [np.array([code]) for code in codes] + ([folded] if len(folded) else [])
    member = np.zeros((len(groups), n), dtype=np.int64)
    for at, group in enumerate(groups):
        member[at, group] = 1
    shown = member @ counts @ member.T
    if unparsed:
        shown = np.hstack([shown, (member @ confusion[:, n])[:, None]])
    support, predicted = member @ confusion.sum(axis=1), member @ confusion[:, :n].sum(axis=0)
    return MatrixView(codes, folded, shown, unparsed, diagonal, support, predicted)


def absorbing(confusion: Counts) -> list[RankedLabel]:
    """Labels by how often they are a wrong answer, the most frequent first."""
    errors = off_diagonal(confusion)
    return _ranked(errors.T, confusion[:, : len(confusion)].sum(axis=0))


def leaking(confusion: Counts) -> list[RankedLabel]:
    """Labels by how many of their examples get a wrong label, the most frequent first."""
    return _ranked(off_diagonal(confusion), confusion.sum(axis=1))


def direction(pair: Confusion, confusion: Counts) -> Direction:
    """Whether two labels are confused in one direction or in both, by the shares of their examples.

    One-way is a bias of the model; two-way means that the labels overlap. It is one-way only if the 95 % intervals of
    the two shares do not overlap.
    """
    support = confusion.sum(axis=1)
    n, n_back = int(support[pair.true]), int(support[pair.predicted])
    if not n_back or pair.count + pair.reverse < LEAST_FOR_A_DIRECTION:
        return "too few to tell"
    there, back = pair.count / n, pair.reverse / n_back
    if min(there, back) >= TWO_WAY * max(there, back):
        return "two-way"
    low, high = wilson([pair.count, pair.reverse], [n, n_back])
    return "one-way" if low[0] > high[1] or low[1] > high[0] else "too few to tell"


def _ranked(errors: Counts, whole: Counts) -> list[RankedLabel]:
    totals = errors.sum(axis=1)
    return [
        RankedLabel(
            int(code),
            int(totals[code]),
            float(totals[code] / whole[code]),
            int((errors[code] > 0).sum()),
            int(errors[code].argmax()),
        )
        for code in np.argsort(-totals, kind="stable")
        if totals[code]
    ]


def _clustered(errors: Counts) -> NDArray[np.intp]:
    """Labels that are confused with each other next to each other: average linkage on a distance that decreases with
    their confusions; labels without confusions at the end, in the task's order."""
    from scipy.cluster.hierarchy import leaves_list, linkage

    both = (errors + errors.T).astype(float)
    confused = np.flatnonzero(both.sum(axis=1))
    rest = np.setdiff1d(np.arange(len(errors)), confused)
    if len(confused) < 3:
        return np.concatenate([confused, rest])
    among = both[np.ix_(confused, confused)]
    # Like a cosine: 1 for two labels whose confusions are all with each other, independent of their frequency.
    mass = np.sqrt(np.outer(among.sum(axis=1), among.sum(axis=1)))
    distance = 1 - np.clip(among / mass, 0, 1)
    upper = distance[np.triu_indices(len(confused), k=1)]
    tree = linkage(upper, method="average", optimal_ordering=len(confused) <= _OPTIMAL_UP_TO)
    return np.concatenate([confused[leaves_list(tree)], rest])


def _shares(counts: Counts, below: Counts) -> Floats:
    return np.divide(counts, below, out=np.zeros(counts.shape), where=below > 0)
