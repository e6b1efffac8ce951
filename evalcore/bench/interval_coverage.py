"""How often the intervals hold the true value: a simulation at the sizes that users have (`interval-coverage`).

Each shape is a population of known scores. Data sets are drawn from it, two runs answer each of them (B gives A's
answer to 60 % of the examples), and for every interval that is shown anywhere it is counted how often it holds the
true value.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any, Literal, get_args

import numpy as np

from evalcore.bench.coverage_report import between, ending, row_of, rows_of, spread, table
from evalcore.bench.simulation import Held, Simulation, generator
from evalcore.metrics import (
    UNPARSED,
    Counts,
    Design,
    Floats,
    confusion_counts,
    paired_intervals,
    score_intervals,
    tango_interval,
    wilson,
)

Errors = Literal["spread", "neighbours", "favourites"]
"""How wrong answers are distributed: over all labels, over the next three labels, or over the same three for all."""

GATE = (0.92, 0.98)
"""A 95 % interval must hold the true value in this share of the data sets, at every shape."""

CONSERVATIVE = frozenset({"difference of each label's F1", "difference of unparsed"})
"""Intervals that are conservative if few examples differ: only the lower bound of the gate applies to them."""

_COPIED = 0.6
_BETTER_BY = 0.05
_UNPARSED = 0.02
"""Of the wrong answers."""
_NEIGHBOURS = (0.5, 0.3, 0.2)


@dataclass(frozen=True)
class Shape:
    """What is simulated.

    Attributes:
        n_labels: number of labels, all equally frequent.
        n: number of examples.
        accuracy: of run A, for each label; that of run B is higher by 0.05.
        design: how examples are drawn.
        errors: how wrong answers are distributed.
    """

    n_labels: int
    n: int
    accuracy: float
    design: Design
    errors: Errors


@dataclass(frozen=True)
class Covered:
    """How often one interval held the true value at one shape.

    Attributes:
        interval: its name.
        shape: what was simulated.
        tried: number of intervals.
        share: share of them that held the true value.
    """

    interval: str
    shape: Shape
    tried: int
    share: float

    @property
    def passes(self) -> bool:
        """Whether the share is within the gate."""
        return GATE[0] <= self.share <= (1 if self.interval in CONSERVATIVE else GATE[1])

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"interval": self.interval, **asdict(self.shape), "tried": self.tried, "share": self.share}


SHAPES: tuple[Shape, ...] = tuple(
    Shape(*values)
    for values in product((24, 77, 150), (400, 1000, 3080), (0.25, 0.6, 0.9), get_args(Design), get_args(Errors))
)


def _simulated(shape: Shape, *, datasets: int, seed: int) -> list[Covered]:
    rng = generator(seed, shape, SHAPES)
    own_a, own_b = (answer_chances(shape, accuracy) for accuracy in (shape.accuracy, shape.accuracy + _BETTER_BY))
    chance_a, chance_b = own_a, _COPIED * own_a + (1 - _COPIED) * own_b
    held = Held()
    count = held.count
    discordant, of_accuracy = [], []
    for _ in range(datasets):
        true = drawn(shape, rng)
        a, b = answered(own_a, true, rng), answered(own_b, true, rng)
        b = np.where(rng.random(shape.n) < _COPIED, a, b)
        present = np.bincount(true, minlength=shape.n_labels) > 0
        of_a, of_b = true_scores(chance_a, present), true_scores(chance_b, present)
        confusion = confusion_counts(true, a, shape.n_labels)
        single = score_intervals(confusion, shape.design)
        for name in ("macro_f1_present", "weighted_f1", "balanced_accuracy", "micro_f1"):
            count(METRIC_WORDS[name], getattr(single, name), of_a[name])
        count("each label's F1", single.f1[present], of_a["f1"][present])
        right = int(np.trace(confusion[:, :-1]))
        count("accuracy", np.stack(wilson(right, shape.n)), of_a["accuracy"])
        paired = paired_intervals(true, a, b, shape.n_labels, shape.design)
        for name, words in METRIC_WORDS.items():
            count(f"difference of {words}", paired.difference[name], of_b[name] - of_a[name])
        count("difference of each label's F1", paired.f1_difference[present], (of_b["f1"] - of_a["f1"])[present])
        discordant.append((((b == true) & (a != true)).sum(), ((a == true) & (b != true)).sum()))
        of_accuracy.append(of_b["accuracy"] - of_a["accuracy"])
    fixed, broken = np.array(discordant).T
    bounds = np.stack(
        tango_interval(fixed, broken, np.full(datasets, shape.n)), axis=1
    )  # at once: each takes many steps
    count("difference of accuracy", bounds, np.array(of_accuracy))
    return [Covered(name, shape, tried, of / tried) for name, (of, tried) in held.of.items() if tried]


coverage = Simulation(_simulated, SHAPES)
"""How often each interval holds the true value, at every shape."""


METRIC_WORDS = {
    "macro_f1_present": "macro-F1",
    "weighted_f1": "weighted F1",
    "balanced_accuracy": "balanced accuracy",
    "micro_f1": "micro-F1",
    "micro_precision": "micro precision",
    "mcc": "MCC",
    "kappa": "kappa",
    "unparsed_rate": "unparsed",
}


def answer_chances(shape: Shape, accuracy: float) -> Floats:
    """How probable each answer to each label is, shape (n_labels, n_labels + 1); the last column is unparsed."""
    n_labels = shape.n_labels
    chance = np.zeros((n_labels, n_labels + 1))
    for label in range(n_labels):
        wrong = np.zeros(n_labels)
        if shape.errors == "spread":
            wrong[:] = 1
        else:
            first = label + 1 if shape.errors == "neighbours" else n_labels // 2
            wrong[(first + np.arange(len(_NEIGHBOURS))) % n_labels] = _NEIGHBOURS
        wrong[label] = 0
        chance[label, :-1] = (1 - accuracy) * (1 - _UNPARSED) * wrong / wrong.sum()
        chance[label, -1] = (1 - accuracy) * _UNPARSED
        chance[label, label] = accuracy
    return chance


def drawn(shape: Shape, rng: np.random.Generator) -> Counts:
    """True labels; in a stratified sample each has its share, to within one example."""
    if shape.design == "random":
        return rng.integers(0, shape.n_labels, shape.n)
    each, more = divmod(shape.n, shape.n_labels)
    return np.concatenate([np.repeat(np.arange(shape.n_labels), each), rng.permutation(shape.n_labels)[:more]])


def answered(chance: Floats, true: Counts, rng: np.random.Generator) -> Counts:
    n_labels = len(chance)
    ladder = (chance.cumsum(axis=1) + np.arange(n_labels)[:, None]).ravel()  # all rows in one sorted array
    at = np.searchsorted(ladder, true + rng.random(len(true)), side="right")
    column = np.clip(at - true * (n_labels + 1), 0, n_labels)
    return np.where(column == n_labels, UNPARSED, column)


def true_scores(chance: Floats, present: Any) -> dict[str, Any]:
    """The population's scores; macro means are over the labels that are present in the sample."""
    n_labels = len(chance)
    recall, predicted = np.diag(chance), chance[:, :-1].sum(axis=0)  # of one example of each label
    parsed, accuracy = predicted.sum() / n_labels, recall.mean()
    f1 = 2 * recall / (1 + predicted)
    by_chance = predicted.sum() / n_labels**2
    squares = (predicted @ predicted) / n_labels**2 + (1 - parsed) ** 2
    return {
        "f1": f1,
        "accuracy": accuracy,
        "macro_f1_present": f1[present].mean(),
        "weighted_f1": f1[present].mean(),
        "balanced_accuracy": recall[present].mean(),
        "micro_f1": 2 * accuracy / (1 + parsed),
        "micro_precision": accuracy / parsed,
        "mcc": (accuracy - by_chance) / np.sqrt((1 - 1 / n_labels) * (1 - squares)),
        "kappa": (accuracy - by_chance) / (1 - by_chance),
        "unparsed_rate": 1 - parsed,
    }


def coverage_as_text(found: list[Covered]) -> str:
    """A table for a terminal: the lowest and the highest share, over accuracies and kinds of errors."""
    names = list(dict.fromkeys(covered.interval for covered in found))
    shares: dict[tuple[Any, ...], list[float]] = defaultdict(list)
    for c in found:
        shares[c.interval, *row_of(c.shape)].append(100 * c.share)
    datasets = max(c.tried for c in found if not c.interval.endswith("label's F1"))
    lines = [
        f"How often a 95 % interval holds the truth, in percent of {datasets} simulated data sets a shape:",
        "the lowest and the highest, over accuracies and over where wrong answers go",
    ]
    for title, group in (
        ("one run", [name for name in names if not name.startswith("difference")]),
        ("difference of two runs", [name for name in names if name.startswith("difference")]),
    ):
        heads = [name.removeprefix("difference of ") for name in group]
        cells = {row: [spread(shares[name, *row]) for name in group] for row in rows_of(found)}
        lines += ["", *table(title, heads, cells, 19)]
    outside = [covered for covered in found if not covered.passes]
    worst = min(found, key=lambda covered: covered.share)
    inside = between(len(found) - len(outside), len(found), GATE)
    lines += ending(
        [
            f"{inside} (of {' and of '.join(sorted(CONSERVATIVE))}: {100 * GATE[0]:.0f} % or more)",
            f"the lowest: {_said(worst)}",
        ],
        outside,
        _said,
    )
    return "\n".join(lines)


def _said(covered: Covered) -> str:
    s = covered.shape
    return (
        f"{100 * covered.share:.1f} %, {covered.interval}, {s.n_labels} labels, {s.n} examples, {s.design},"
        f" accuracy {s.accuracy}, errors: {s.errors}"
    )
