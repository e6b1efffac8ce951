"""Whether the intervals of the question “Label list” hold: a simulation, like `interval_coverage`.

Each shape is a population of known confusions. Data sets are drawn from it and answered; labels are merged, dropped and
grouped, merges are picked on one half of the examples and measured on the other; and for every interval that is shown
it is counted how often it holds the true value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from evalcore.bench.coverage_report import between, ending, row_of, rows_of, spread, table
from evalcore.bench.interval_coverage import Covered, Shape, answered, drawn
from evalcore.bench.simulation import Held, Simulation, generator
from evalcore.metrics import Counts, Design, Floats, Interval, confusion_counts, score_intervals
from evalcore.metrics.decisions.hierarchical import hierarchical_scores, inside_groups, level_accuracy
from evalcore.metrics.decisions.merging import (
    greedy_path,
    groups_after,
    made_right,
    merged_counts,
    picking_halves,
    ranked_pairs,
)
from evalcore.metrics.decisions.merging_intervals import LEAST_PICKED, share_interval

GATE = (0.93, 0.97)
"""A 95 % interval must hold the true value in this share of the data sets, at every shape where it is shown."""
ERRORS_ALLOWED = 3
"""Standard errors of the simulation by which a share may be outside."""
COLUMNS = 5
"""Of the table."""
PAIRS, STEPS, GROUP = 10, 5, 5
"""Pairs of labels that are looked at, steps of the path, labels of a group."""
_EASE = (-1.0, 0.6, 0.2, -0.4, 1.0, -0.6, 0.2)
"""Of one label after the other: how much easier it is than the mean, as a share of what is possible."""
_CONFUSED_WITH = ((0.7, 0.1, 0.1), (0.4, 0.3, 0.1), (0.2, 0.2, 0.2), (0.5, 0.2, 0.2), (0.1, 0.1, 0.5))
"""Of one label after the other: shares of its wrong answers that are one of the next three labels. Of the rest, one
part in ten is unparsed, and the others are any label."""

SHAPES: tuple[Shape, ...] = tuple(
    Shape(n_labels, n, accuracy, design, "neighbours")
    for n_labels, n, accuracy, design in product((24, 77, 150), (400, 1000, 3080), (0.6, 0.9), get_args(Design))
)


def answer_chances(n_labels: int, accuracy: float) -> Floats:
    """How probable each answer to each label is, shape (n_labels, n_labels + 1); the last column is unparsed. Labels
    are not alike, so that there is something to suggest."""
    ease = np.resize(_EASE, n_labels)
    right = accuracy + (ease - ease.mean()) * min(accuracy, 1 - accuracy) * 0.8
    chance = np.zeros((n_labels, n_labels + 1))
    for label in range(n_labels):
        near = np.array(_CONFUSED_WITH[label % len(_CONFUSED_WITH)])
        rest = 1 - near.sum()
        chance[label, :-1] = 0.9 * rest / (n_labels - 1)
        chance[label, -1] = 0.1 * rest
        chance[label, (label + 1 + np.arange(3)) % n_labels] += near
        chance[label] *= 1 - right[label]
        chance[label, label] = right[label]
    return chance


def _simulated(shape: Shape, *, datasets: int, seed: int) -> list[Covered]:
    rng = generator(seed, shape, SHAPES)
    chance = answer_chances(shape.n_labels, shape.accuracy)
    held = Held()

    def count(name: str, bounds: Interval, truth: float) -> None:
        if bounds[0] == bounds[0]:
            held.count(name, bounds, truth)

    codes = np.arange(shape.n_labels)
    nodes = codes // GROUP
    lists = {
        "a third merged": _merging(codes, 3, shape.n_labels // 3),
        "all in threes": _merging(codes, 3, shape.n_labels),
        "two dropped": np.where(codes >= shape.n_labels - 2, -1, codes),
    }
    truths = {name: _OfList.of(chance, merge) for name, merge in lists.items()}
    members = np.hstack([np.eye(shape.n_labels), nodes[:, None] == np.unique(nodes)]).astype(bool)
    of_hierarchy = _true_hierarchical(chance, members)
    of_groups, wrong = chance.diagonal().mean() + _gain(chance, nodes), chance[:, :-1].sum() - chance.trace()
    of_inside = _gain(chance, nodes) * len(codes) / wrong
    for at in range(datasets):
        true = drawn(shape, rng)
        answer = answered(chance, true, rng)
        confusion = confusion_counts(true, answer, shape.n_labels)
        support = confusion.sum(axis=1)
        for first in range(PAIRS):
            merge = np.where(codes == first + 1, first, codes)
            count(
                "gain of a pair",
                share_interval(made_right(confusion, merge), support, shape.design),
                _gain(chance, merge),
            )
        for name, merge in lists.items():
            new = score_intervals(merged_counts(confusion, merge), shape.design)
            count("accuracy", new.accuracy, truths[name].accuracy)
            count("macro-F1", new.macro_f1_present, truths[name].macro_f1(support > 0))
            if name != "two dropped":
                gain = share_interval(made_right(confusion, merge), support, shape.design)
                count("gain of many groups", gain, _gain(chance, merge))
        picked, measured = (
            confusion_counts(true[half], answer[half], shape.n_labels)
            for half in picking_halves(true, shape.design, at)
        )
        support = measured.sum(axis=1)
        for first, second in zip(*ranked_pairs(picked, PAIRS), strict=True):
            if picked[first, second] + picked[second, first] >= LEAST_PICKED:
                merge = np.where(codes == second, first, codes)
                gain = share_interval(made_right(measured, merge), support, shape.design)
                count("suggested merge", gain, _gain(chance, merge))
        path = greedy_path(picked, STEPS)
        if sum(step.count for step in path) >= LEAST_PICKED:
            merge = groups_after(path, shape.n_labels)
            count(
                "suggested path",
                share_interval(made_right(measured, merge), support, shape.design),
                _gain(chance, merge),
            )
        of_sets = hierarchical_scores(confusion, members, shape.design)
        for name, truth in of_hierarchy.items():
            count(f"hierarchical {name}", getattr(of_sets, f"{name}_interval"), truth)
        count("accuracy of groups", level_accuracy(confusion, nodes, shape.design)[1], of_groups)
        count("mistakes inside", inside_groups(confusion, nodes, shape.design).interval, of_inside)
    return [Covered(name, shape, tried, of / tried) for name, (of, tried) in held.of.items()]


coverage = Simulation(_simulated, SHAPES)
"""How often each interval holds the true value, at every shape."""


def _merging(codes: Counts, size: int, until: int) -> Counts:
    """Codes of the list in which the first labels, up to one, are merged in groups of this size."""
    merged: Counts = np.unique(np.where(codes < until, codes // size * size, codes), return_inverse=True)[1]
    return merged


def _gain(chance: Floats, codes: Counts) -> float:
    """The share of all texts that a merge makes right."""
    inside = (codes[:, None] == codes[None, :]) & ~np.eye(len(codes), dtype=bool)
    return float((chance[:, :-1] * inside).sum() / len(codes))


@dataclass(frozen=True)
class _OfList:
    """The population's scores under another list.

    Attributes:
        member: shape (n_labels, n_new), 1 where a label is one of a new one.
        f1: of each new label; shape (n_new,).
        accuracy: over all texts that count.
    """

    member: Floats
    f1: Floats
    accuracy: float

    @classmethod
    def of(cls, chance: Floats, codes: Counts) -> _OfList:
        member = (codes[:, None] == np.arange(codes.max() + 1)).astype(float)
        counts = member.T @ chance[:, :-1] @ member
        right = counts.diagonal()
        f1 = 2 * right / (member.sum(axis=0) + counts.sum(axis=0))
        return cls(member, f1, float(right.sum() / (codes >= 0).sum()))

    def macro_f1(self, present: NDArray[np.bool_]) -> float:
        """Over the new labels that are in the sample."""
        return float(self.f1[present @ self.member > 0].mean())


def _true_hierarchical(chance: Floats, members: Any) -> dict[str, float]:
    sets = members.astype(float)
    sizes = sets.sum(axis=1)
    shared = float((chance[:, :-1] * (sets @ sets.T)).sum())
    of_true, of_answer = float(sizes.sum()), float((chance[:, :-1] @ sizes).sum())
    return {"precision": shared / of_answer, "recall": shared / of_true, "f1": 2 * shared / (of_true + of_answer)}


def passes(covered: Covered, datasets: int) -> bool:
    """Whether a share is within the gate, but for the simulation's own error: that of as many tries as there are data
    sets, since intervals of one data set hold or miss together."""
    tried = min(covered.tried, datasets)
    low, high = (bound + sign * ERRORS_ALLOWED * (bound * (1 - bound) / tried) ** 0.5
                 for bound, sign in zip(GATE, (-1, 1), strict=True))  # fmt: skip
    return low <= covered.share <= high


def as_text(found: Sequence[Covered]) -> str:
    """A table for a terminal: the lowest and the highest share, over accuracies and kinds of errors."""
    names = list(dict.fromkeys(covered.interval for covered in found))
    shares: dict[tuple[Any, ...], list[float]] = defaultdict(list)
    for c in found:
        shares[c.interval, *row_of(c.shape)].append(100 * c.share)
    datasets = max(c.tried for c in found if c.interval == "accuracy of groups")
    lines = [
        f"How often a 95 % interval holds the truth, in percent of {datasets} simulated data sets a shape:",
        "the lowest and the highest over accuracies; – where it is not shown",
    ]
    for start in range(0, len(names), COLUMNS):
        some = names[start : start + COLUMNS]
        cells = {row: [spread(shares[name, *row]) for name in some] for row in rows_of(found)}
        lines += ["", *table("", some, cells, 24)]
    outside = [covered for covered in found if not passes(covered, datasets)]
    inside = between(len(found) - len(outside), len(found), GATE)
    lines += ending(
        [f"{inside}, within {ERRORS_ALLOWED} standard errors of the simulation"],
        outside,
        lambda c: f"{100 * c.share:.1f} %, {c.interval}, {c.shape}",
        most=40,
    )
    return "\n".join(lines)
