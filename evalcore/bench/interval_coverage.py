"""How often the intervals hold the true value: a simulation at the sizes that users have (`interval-coverage`).

Each shape is a population of known scores. Data sets are drawn from it, two runs answer each of them (B gives A's
answer to 60 % of the examples), and for every interval that is shown anywhere it is counted how often it holds the
true value.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from itertools import product
from multiprocessing import get_context
from typing import Any, Literal, TypeVar, get_args

import numpy as np

from evalcore.metrics import (
    UNPARSED,
    Counts,
    Design,
    Floats,
    Interval,
    confusion_counts,
    paired_intervals,
    score_intervals,
    tango_interval,
    wilson,
)

S = TypeVar("S")
F = TypeVar("F")

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


def coverage(
    datasets: int = 1000, seed: int = 0, *, shapes: Sequence[Shape] = SHAPES, processes: int | None = None
) -> list[Covered]:
    """Simulate every shape, and count how often each interval holds the true value.

    Args:
        datasets: of each shape.
        processes: by default one for each processor.
    """
    found = of_each_shape(partial(_simulated, datasets=datasets, seed=seed), shapes, processes)
    return [covered for of_shape in found for covered in of_shape]


def of_each_shape(
    simulate: Callable[[S], F], shapes: Sequence[S], processes: int | None, *, chunksize: int = 1
) -> list[F]:
    """What `simulate` finds of each shape, in order.

    Args:
        simulate: a function of a module, for it is handed to other processes.
        processes: how many; by default one for each processor. With 1 it is all done in this one.
        chunksize: shapes that one process is given at once.
    """
    processes = processes or os.cpu_count() or 1
    if processes == 1:
        return [simulate(shape) for shape in shapes]
    with _one_thread_each(), ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return list(pool.map(simulate, shapes, chunksize=chunksize))


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes that start in it do linear algebra with one thread: with more they mostly wait for each other."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _simulated(shape: Shape, *, datasets: int, seed: int) -> list[Covered]:
    rng = np.random.default_rng([seed, SHAPES.index(shape) if shape in SHAPES else len(SHAPES)])
    own_a, own_b = (answer_chances(shape, accuracy) for accuracy in (shape.accuracy, shape.accuracy + _BETTER_BY))
    chance_a, chance_b = own_a, _COPIED * own_a + (1 - _COPIED) * own_b
    held: dict[str, list[int]] = defaultdict(lambda: [0, 0])

    def count(name: str, bounds: Interval | Floats, truth: float | Floats) -> None:
        low, high = np.asarray(bounds).T
        shown = ~np.isnan(low)
        held[name][0] += int(((low <= truth) & (truth <= high) & shown).sum())
        held[name][1] += int(shown.sum())

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
    return [Covered(name, shape, tried, of / tried) for name, (of, tried) in held.items() if tried]


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
    rows = list(dict.fromkeys((c.shape.n_labels, c.shape.n, c.shape.design) for c in found))
    shares: dict[tuple[Any, ...], list[float]] = defaultdict(list)
    for c in found:
        shares[c.interval, c.shape.n_labels, c.shape.n, c.shape.design].append(100 * c.share)
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
        lines += ["", f"{title:28}" + "".join(f"{head:>19}" for head in heads)]
        for n_labels, n, design in rows:
            cells = [shares[name, n_labels, n, design] for name in group]
            lines.append(
                f"{n_labels:4} labels {n:5} {design:11}"
                + "".join(f"{f'{min(cell):.1f} – {max(cell):.1f}' if cell else '–':>19}" for cell in cells)
            )
    outside = [covered for covered in found if not covered.passes]
    worst = min(found, key=lambda covered: covered.share)
    lines += [
        "",
        f"{len(found) - len(outside)} of {len(found)} are between {100 * GATE[0]:.0f} and {100 * GATE[1]:.0f} %"
        f" (of {' and of '.join(sorted(CONSERVATIVE))}: {100 * GATE[0]:.0f} % or more)",
        f"the lowest: {100 * worst.share:.1f} %, {_said(worst)}",
    ]
    return "\n".join([*lines, *(f"outside: {100 * c.share:.1f} %, {_said(c)}" for c in outside[:20])])


def _said(covered: Covered) -> str:
    s = covered.shape
    return (
        f"{covered.interval}, {s.n_labels} labels, {s.n} examples, {s.design}, accuracy {s.accuracy}, "
        f"errors: {s.errors}"
    )
