"""How often label sets hold the true label: a simulation at the sizes that users have.

Each shape is a population in which every label's probability is known for many texts, so that the share of its texts
that thresholds cover is known exactly. Data sets are drawn from it and halved as the page does; one half calibrates
the thresholds, and the other half measures them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any, Literal, get_args

import numpy as np

from evalcore.bench.coverage_report import ending
from evalcore.bench.simulation import Simulation
from evalcore.metrics import (
    GROUPINGS,
    Counts,
    Floats,
    Grouping,
    coverage_range,
    fewest_examples,
    group_labels,
    set_thresholds,
    stratified_halves,
    wilson_interval,
)

Population = Literal["even", "rare are hard"]
"""All labels equally frequent and each with its share of the data set; or the hardest label a tenth as frequent as the
easiest, and texts drawn at random."""

TARGETS = (0.8, 0.9, 0.95)
_TEXTS_A_LABEL = 2000
_NOISE = 1.5
_HARDEST, _EASIEST = 1.0, 7.0
"""How much higher the true label's logit is than the others' on average, for the hardest and the easiest label."""
_RARER = 10
_ERRORS = 4
"""Standard errors by which a mean may fall below what is promised before it counts as broken: there are hundreds."""
_INTERVAL = 0.95


@dataclass(frozen=True)
class Shape:
    """What is simulated.

    Attributes:
        n: number of examples; half of them calibrate.
    """

    n_labels: int
    n: int
    population: Population


@dataclass(frozen=True)
class SetCoverage:
    """How often the true label was in the set, over all data sets of one shape. Without the most probable label that
    is put into empty sets, which only adds to it.

    Attributes:
        coverage: of further texts, the mean; error: the standard error of it.
        promised: coverage of what the guarantee is about, the mean: all texts, the hardest group of labels, or the
            label for which it is lowest; promised_error: the standard error of it.
        lowest_label: mean coverage of the label for which it is lowest: for thresholds that are shared, no promise.
        in_range: share of the data sets whose coverage is within `coverage_range`; NaN unless all labels share one
            threshold.
        in_interval: share of the data sets for which Wilson's interval of the half that measures holds the coverage of
            further texts with the same shares of labels. (The labels' own shares are another matter where few examples
            decide which label is a rare one: labels that happen to be rare in a data set get lower thresholds.)
        everywhere: share of the labels that are in every set, for lack of examples.
    """

    shape: Shape
    target: float
    grouping: Grouping
    datasets: int
    coverage: float
    error: float
    promised: float
    promised_error: float
    lowest_label: float
    in_range: float
    in_interval: float
    everywhere: float

    @property
    def passes(self) -> bool:
        """Whether everything that is said of the sets holds."""
        lowest = _INTERVAL - _ERRORS * float(np.sqrt(_INTERVAL * (1 - _INTERVAL) / self.datasets))
        return (
            self.coverage >= self.target - _ERRORS * self.error
            and self.promised >= self.target - _ERRORS * self.promised_error
            and not self.in_range < lowest
            and self.in_interval >= lowest
        )

    def as_json(self) -> dict[str, Any]:
        """Plain data; NaN where there is no range."""
        own = {name: value for name, value in vars(self).items() if name != "shape"}
        return {**asdict(self.shape), **own, "passes": self.passes}


SHAPES: tuple[Shape, ...] = tuple(
    Shape(*values) for values in product((24, 77, 150), (400, 1000, 3080), get_args(Population))
)


def _simulated(shape: Shape, *, datasets: int, seed: int) -> list[SetCoverage]:
    rng = np.random.default_rng([seed, shape.n_labels, shape.n, get_args(Population).index(shape.population)])
    texts = _texts(shape.n_labels, rng)
    frequency = np.geomspace(1 / _RARER, 1, shape.n_labels) if shape.population == "rare are hard" else None
    weights = np.full(shape.n_labels, 1 / shape.n_labels) if frequency is None else frequency / frequency.sum()
    cells = list(product(TARGETS, GROUPINGS))
    overall, promised, within = (np.full((len(cells), datasets), np.nan) for _ in range(3))
    of_labels = np.zeros((len(cells), datasets, shape.n_labels))
    in_range, everywhere = np.full((len(cells), datasets), np.nan), np.zeros(len(cells))
    for data_set in range(datasets):
        y_true = _drawn(shape, weights, rng)
        true = texts[y_true, rng.integers(_TEXTS_A_LABEL, size=shape.n)]
        calibrating, measuring = stratified_halves(y_true, seed=data_set)
        for cell, (target, grouping) in enumerate(cells):
            own, codes = true[calibrating], y_true[calibrating]
            grouped = group_labels(own, codes, shape.n_labels, grouping, target, seed=data_set)
            used, n_groups = grouped.calibrates, int(grouped.group.max()) + 1
            by_group = set_thresholds(own[used], grouped.group[codes[used]], target, n_groups)
            threshold = by_group[grouped.group]
            covered = _covered(texts, threshold)
            overall[cell, data_set] = weights @ covered
            of_labels[cell, data_set] = covered
            hardest = grouped.group == 0
            promised[cell, data_set] = np.average(covered[hardest], weights=weights[hardest])
            held = true[measuring] >= threshold[y_true[measuring]]
            low, high = wilson_interval(int(held.sum()), len(held))
            within[cell, data_set] = low <= covered[y_true[measuring]].mean() <= high
            n = np.bincount(grouped.group[codes[used]], minlength=n_groups)
            everywhere[cell] += (n[grouped.group] < fewest_examples(target)).mean() / datasets
            if grouping == "all":
                low, high = coverage_range(len(calibrating), target)
                in_range[cell, data_set] = low <= overall[cell, data_set] <= high
    found = []
    for cell, (target, grouping) in enumerate(cells):
        lowest = int(of_labels[cell].mean(axis=0).argmin())
        part = of_labels[cell, :, lowest] if grouping == "each" else promised[cell]
        found.append(
            SetCoverage(
                shape,
                target,
                grouping,
                datasets,
                coverage=float(overall[cell].mean()),
                error=_standard_error(overall[cell]),
                promised=float(part.mean()),
                promised_error=_standard_error(part),
                lowest_label=float(of_labels[cell, :, lowest].mean()),
                in_range=float(in_range[cell].mean()),
                in_interval=float(within[cell].mean()),
                everywhere=float(everywhere[cell]),
            )
        )
    return found


coverage = Simulation(_simulated, SHAPES)
"""How often the true label is in the set, at every shape."""


def _texts(n_labels: int, rng: np.random.Generator) -> Floats:
    """The true label's probability for each text, ascending, shape (n_labels, _TEXTS_A_LABEL)."""
    found = np.empty((n_labels, _TEXTS_A_LABEL))
    for label, higher in enumerate(np.linspace(_HARDEST, _EASIEST, n_labels)):
        logits = _NOISE * rng.standard_normal((_TEXTS_A_LABEL, n_labels), dtype=np.float32)
        logits[:, 0] += higher
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        found[label] = np.sort(shares[:, 0] / shares.sum(axis=1))
    return found


def _drawn(shape: Shape, weights: Floats, rng: np.random.Generator) -> Counts:
    """True labels of a data set."""
    if shape.population == "rare are hard":
        return rng.choice(shape.n_labels, shape.n, p=weights)
    each, more = divmod(shape.n, shape.n_labels)
    return np.concatenate([np.repeat(np.arange(shape.n_labels), each), rng.permutation(shape.n_labels)[:more]])


def _standard_error(values: Floats) -> float:
    """Of the mean."""
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def _covered(texts: Floats, threshold: Floats) -> Floats:
    """The share of each label's texts that reach its threshold, shape (n_labels,)."""
    steps = np.arange(len(texts))  # all labels in one ascending array
    below = np.searchsorted((texts + steps[:, None]).ravel(), threshold + steps) - steps * texts.shape[1]
    covered: Floats = 1 - below / texts.shape[1]
    return covered


def as_text(found: Sequence[SetCoverage]) -> str:
    """A table for a terminal."""
    lines = [
        "How often the set of a further text holds its true label, in percent: the mean of"
        f" {found[0].datasets} simulated data sets a shape, half of each calibrating.",
        "In brackets the part of the texts that is promised as much: the hardest group of similar labels, or the label"
        " for which it is lowest",
    ]
    heads = {"all": "one threshold", "similar": "similar labels", "each": "each label"}
    for population in dict.fromkeys(each.shape.population for each in found):
        here = [each for each in found if each.shape.population == population]
        columns = [(target, grouping) for target in dict.fromkeys(e.target for e in here) for grouping in heads]
        lines += ["", f"{population:24}" + "".join(f"{f'{100 * t:.0f} %, {heads[g]}':>23}" for t, g in columns)]
        for shape in dict.fromkeys(each.shape for each in here):
            cells = [next(e for e in here if (e.shape, e.target, e.grouping) == (shape, *c)) for c in columns]
            lines.append(f"{shape.n_labels:6} labels {shape.n:6}    " + "".join(f"{_cell(e):>23}" for e in cells))
    ranges = [each.in_range for each in found if each.in_range == each.in_range]
    intervals = [each.in_interval for each in found]
    broken = [each for each in found if not each.passes]
    shared = [each for each in found if each.grouping == "all"]
    worst = min(shared, key=lambda each: each.lowest_label - each.target)
    said = [
        f"{len(found) - len(broken)} of {len(found)} hold: no mean is more than {_ERRORS} standard errors below the"
        " target, and ranges and intervals hold",
        f"range of the coverage of one calibration: holds it in {100 * min(ranges):.1f} to {100 * max(ranges):.1f} %",
        f"95 % interval of the other half: holds it in {100 * min(intervals):.1f} to {100 * max(intervals):.1f} %",
        f"not promised: with one threshold for all, a label has as little as {100 * worst.lowest_label:.1f} % where"
        f" {100 * worst.target:.0f} % is the target",
    ]
    return "\n".join([*lines, *ending(said, broken, lambda each: str(each.as_json()), "broken")])


def _cell(found: SetCoverage) -> str:
    part = "" if found.grouping == "all" else f" ({100 * found.promised:.1f})"
    return f"{100 * found.coverage:.1f}{part}{'' if found.passes else ' !'}"
