"""Confusion counts under another label list: labels merged or dropped, which merges gain most, and what each gains.

A merge makes right every answer that confused two labels of one group. On which merges gain most, a sample says too
much: the best of thousands of pairs is best by luck, too. Merges are therefore picked on one half of the examples
(`picking_halves`) and measured on the other, whose counts know nothing of the choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalcore.metrics.classification import Counts, Floats
from evalcore.metrics.f1_model import Design
from evalcore.metrics.matrix import off_diagonal
from evalcore.metrics.temperature import stratified_halves

Groups = NDArray[np.intp]
"""Shape (n_labels,): the number of each label's group; labels of one group are merged."""


def merged_counts(confusion: Counts, codes: Counts) -> Counts:
    """The same answers, counted under another list.

    Args:
        confusion: shape (n_labels, n_labels + 1).
        codes: shape (n_labels,), the new code of each label in [0, n_new); -1 where it is dropped. Examples of a
            dropped label count no more; an answer that names one is outside the list, and counts as unparsed.

    Returns:
        Shape (n_new, n_new + 1).
    """
    n_new = int(codes.max(initial=-1)) + 1
    kept = codes >= 0
    rows = np.zeros((n_new, confusion.shape[1]), dtype=np.int64)
    np.add.at(rows, codes[kept], confusion[kept])
    merged = np.zeros((n_new + 1, n_new), dtype=np.int64)
    np.add.at(merged, np.append(np.where(kept, codes, n_new), n_new), rows.T)
    return np.ascontiguousarray(merged.T)


def two_way(confusion: Counts) -> Counts:
    """How often two labels are confused, in both directions together; shape (n_labels, n_labels), the diagonal 0."""
    wrong = off_diagonal(confusion)
    return wrong + wrong.T


def two_way_rates(confusion: Counts) -> Floats:
    """The same as a share of the examples of both labels; 0 where both are absent."""
    support = confusion.sum(axis=1)
    both = support[:, None] + support[None, :]
    rates: Floats = two_way(confusion) / np.maximum(both, 1)
    return rates


def made_right(confusion: Counts, codes: Counts) -> Counts:
    """How many examples of each label a merge makes right; shape (n_labels,).

    Args:
        codes: as in `merged_counts`.
    """
    inside = (codes[:, None] == codes[None, :]) & (codes >= 0)[:, None]
    made: Counts = (off_diagonal(confusion) * inside).sum(axis=1)
    return made


def picking_halves(true: Counts, design: Design, seed: int = 0) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The rows on which merges are picked, and those on which they are measured: two halves at random, ascending.

    Args:
        true: shape (n,), label codes.
        design: a stratified sample is split label by label, so that each half is one.
    """
    if design == "stratified":
        return stratified_halves(true, seed)
    order = np.random.default_rng(seed).permutation(len(true))
    middle = (len(true) + 1) // 2
    return np.sort(order[:middle]), np.sort(order[middle:])


def ranked_pairs(confusion: Counts, most: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The pairs of labels whose merge gains most, the first of them first; then by the rate, then in the task's order.

    Returns:
        Codes of the first and of the second label, the first being the smaller; shape (n_pairs,), at most `most`. Pairs
        that are never confused are left out.
    """
    first, second = np.triu_indices(len(confusion), k=1)
    counts, rates = two_way(confusion)[first, second], two_way_rates(confusion)[first, second]
    order = np.lexsort((-rates, -counts))[:most]
    order = order[counts[order] > 0]
    return first[order], second[order]


@dataclass(frozen=True)
class Joined:
    """One step of a path or of a tree: two groups become one.

    Attributes:
        first, second: the codes of the labels of each of the two, ascending.
        rate: the mean two-way rate of their pairs, in [0, 1].
        count: confusions of a label of one with a label of the other, among the examples that it was picked on.
    """

    first: tuple[int, ...]
    second: tuple[int, ...]
    rate: float
    count: int

    @property
    def codes(self) -> tuple[int, ...]:
        """The labels of both, ascending."""
        return tuple(sorted((*self.first, *self.second)))


def greedy_path(confusion: Counts, most: int = 0) -> list[Joined]:
    """Join two groups at a time, those whose merge makes most answers right, until two groups are left or none gains.

    Of equal ones those with the higher count for each example go first, then in the task's order.

    Args:
        confusion: shape (n_labels, n_labels + 1).
        most: steps after which it ends; 0 for no limit.
    """
    between = two_way(confusion).astype(float)
    rates = two_way_rates(confusion)
    support = confusion.sum(axis=1).astype(float)
    members: dict[int, tuple[int, ...]] = {code: (code,) for code in range(len(confusion))}
    path: list[Joined] = []
    while len(members) > 2 and len(path) != (most or None):
        # The second criterion is below 1, so that it only decides between equal counts.
        worth = between + between / (2 * np.maximum(support[:, None] + support[None, :], between + 1))
        first, second = divmod(int(worth.argmax()), len(worth))
        if between[first, second] == 0:
            break
        first, second = sorted((first, second))
        pairs = rates[np.ix_(members[first], members[second])]
        path.append(Joined(members[first], members[second], float(pairs.mean()), int(between[first, second])))
        members[first] = tuple(sorted((*members[first], *members.pop(second))))
        between[first] += between[second]
        between[:, first] += between[:, second]
        between[first, first] = 0
        between[second] = between[:, second] = 0
        support[first] += support[second]
        support[second] = 0
    return path


def confusion_tree(confusion: Counts) -> list[Joined]:
    """Labels that are confused, joined from the most confused pair on: average linkage, the distance of two labels
    being 1 less their two-way rate. Groups with no confusion between them are not joined.

    Source: scipy.cluster.hierarchy.linkage(method="average").
    """
    from scipy.cluster.hierarchy import linkage

    n_labels = len(confusion)
    if n_labels < 2:
        return []
    rates, counts = two_way_rates(confusion), two_way(confusion)
    members: dict[int, tuple[int, ...]] = {code: (code,) for code in range(n_labels)}
    tree: list[Joined] = []
    steps = linkage((1 - rates)[np.triu_indices(n_labels, k=1)], method="average")
    for at, (first, second, _, _) in enumerate(steps.tolist()):
        one, other = sorted((members.pop(int(first)), members.pop(int(second))))
        between = np.ix_(one, other)
        count = int(counts[between].sum())
        members[n_labels + at] = tuple(sorted((*one, *other)))
        if count:
            tree.append(Joined(one, other, float(rates[between].mean()), count))
    return tree


def groups_after(steps: list[Joined], n_labels: int) -> Groups:
    """Which labels are together after some steps: the code of the first label of each label's group."""
    groups = np.arange(n_labels)
    for step in steps:
        groups[list(step.codes)] = step.codes[0]
    return groups
