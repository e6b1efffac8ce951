"""How often a run that is worse by just the margin is said not to be worse: a simulation, like `interval_coverage`.

Each shape is a population in which run B's accuracy is lower than A's by exactly the margin, and the two disagree at a
known rate: B takes over A's answer to some of the examples, and answers the others with a lower accuracy of its own.
Data sets are drawn from it, and for each metric it is counted in how many "not worse" would be said at a margin that is
just the true difference: with 95 % confidence, that may be 5 in 100. Accuracy is tested exactly, each other metric by a
bound of its 95 % interval.

How often two equally good runs are shown not to be worse, with as many examples as a check says would do, is
simulated as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any, get_args

import numpy as np

from evalcore.bench import interval_coverage
from evalcore.bench.coverage_report import ending, row_of, rows_of, spread, table
from evalcore.bench.interval_coverage import METRIC_WORDS, answer_chances, answered, drawn, true_scores
from evalcore.bench.simulation import Simulation, generator
from evalcore.metrics import Design, paired_intervals
from evalcore.metrics.noninferiority import critical_value, examples_to_show
from evalcore.metrics.paired import score_statistic

MARGIN = 0.02
MOST = 0.05
"""Share of the data sets in which "not worse" may be said of a run that is worse by the margin."""
ERRORS_ALLOWED = 3
"""Standard errors by which a simulated share may be above that: there are hundreds of shares."""
ACCURACY = 0.6
RATES = (0.05, 0.1, 0.2, 0.4)
POWER_DATASETS = 4000
_BISECTIONS = 60


@dataclass(frozen=True)
class Shape:
    """What is simulated: numbers of labels and examples, the share of examples that only one of the two runs gets
    right, and how examples are drawn."""

    n_labels: int
    n: int
    rate: float
    design: Design


@dataclass(frozen=True)
class WronglyShown:
    """How often one metric was said not to be worse, by what it is worse by.

    Attributes:
        tried: number of data sets that have an interval of it.
        share: share of them in which that was said.
    """

    metric: str
    shape: Shape
    tried: int
    share: float

    @property
    def passes(self) -> bool:
        """Whether the share is 5 % or less, but for the simulation's own error."""
        return self.share <= MOST + ERRORS_ALLOWED * (MOST * (1 - MOST) / self.tried) ** 0.5

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"metric": self.metric, **asdict(self.shape), "tried": self.tried, "share": self.share}


@dataclass(frozen=True)
class Enough:
    """How often N examples show that one of two equally good runs is not worse.

    Attributes:
        needed: what a check says would do.
        share: share of the data sets of this size that showed it.
    """

    rate: float
    needed: int
    share: float

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


SHAPES: tuple[Shape, ...] = tuple(
    Shape(*values) for values in product((24, 77, 150), (400, 1000, 3080), RATES, get_args(Design))
)


def coverage(
    datasets: int = 1000, seed: int = 0, *, shapes: Sequence[Shape] = SHAPES, processes: int | None = None
) -> tuple[list[WronglyShown], list[Enough]]:
    """Simulate every shape, and every rate with as many examples as it takes.

    Args:
        datasets: of each shape.
        processes: by default one for each processor.
    """
    found = Simulation(_simulated, SHAPES)(datasets, seed, shapes=shapes, processes=processes)
    return found, [_enough(rate, seed) for rate in dict.fromkeys(shape.rate for shape in shapes)]


def own_share(rate: float) -> tuple[float, float]:
    """The share of examples that B answers on its own, and its accuracy there, so that its accuracy is lower by the
    margin and the two disagree at this rate."""
    low, high = MARGIN / ACCURACY, 1.0
    for _ in range(_BISECTIONS):
        own = (low + high) / 2
        accuracy = ACCURACY - MARGIN / own
        disagree = own * (ACCURACY + accuracy - 2 * ACCURACY * accuracy)
        low, high = (own, high) if disagree < rate else (low, own)
    return own, accuracy


def _simulated(shape: Shape, *, datasets: int, seed: int) -> list[WronglyShown]:
    rng = generator(seed, shape, SHAPES)
    own, accuracy = own_share(shape.rate)
    sample = interval_coverage.Shape(shape.n_labels, shape.n, ACCURACY, shape.design, "neighbours")
    chance_a, own_b = answer_chances(sample, ACCURACY), answer_chances(sample, accuracy)
    chance_b = (1 - own) * chance_a + own * own_b
    shown: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    pairs = []
    for _ in range(datasets):
        true = drawn(sample, rng)
        a = answered(chance_a, true, rng)
        b = np.where(rng.random(shape.n) < own, answered(own_b, true, rng), a)
        present = np.bincount(true, minlength=shape.n_labels) > 0
        of_a, of_b = true_scores(chance_a, present), true_scores(chance_b, present)
        intervals = paired_intervals(true, a, b, shape.n_labels, shape.design).difference
        for name, words in METRIC_WORDS.items():
            low, high = intervals[name]
            truth = of_b[name] - of_a[name]
            if low == low:
                shown[words][0] += high < truth if name == "unparsed_rate" else low > truth
                shown[words][1] += 1
        pairs.append((((b == true) & (a != true)).sum(), ((a == true) & (b != true)).sum()))
    gained, lost = np.array(pairs, dtype=float).T
    reached = score_statistic(gained, lost, float(shape.n), -MARGIN) >= critical_value(shape.n, MARGIN)
    found = [WronglyShown("accuracy", shape, datasets, float(reached.mean()))]
    return found + [WronglyShown(words, shape, tried, said / tried) for words, (said, tried) in shown.items()]


def _enough(rate: float, seed: int) -> Enough:
    n = examples_to_show(MARGIN, rate)
    if n is None:
        raise ValueError(f"no number of examples shows a margin of {MARGIN} at a rate of {rate}")
    rng = np.random.default_rng([seed, n])
    gained, lost, _ = rng.multinomial(n, [rate / 2, rate / 2, 1 - rate], POWER_DATASETS).T.astype(float)
    reached = score_statistic(gained, lost, float(n), -MARGIN) >= critical_value(n, MARGIN)
    return Enough(rate, n, float(reached.mean()))


def as_text(found: Sequence[WronglyShown], enough: Sequence[Enough]) -> str:
    """A table for a terminal: the lowest and the highest share, over rates of disagreement."""
    metrics = list(dict.fromkeys(one.metric for one in found))
    shares: dict[tuple[Any, ...], list[float]] = defaultdict(list)
    for one in found:
        shares[*row_of(one.shape), one.metric].append(100 * one.share)
    cells = {row: [spread(shares[*row, metric]) for metric in metrics] for row in rows_of(found)}
    outside = [one for one in found if not one.passes]
    worst = max(found, key=lambda one: one.share)
    lines = [
        f"How often a run that is worse by just the margin is said not to be worse, in percent of {found[0].tried}"
        " simulated data sets a shape",
        f"(at most {100 * MOST:.0f} is promised): the lowest and the highest, over rates of disagreement from"
        f" {100 * min(RATES):.0f} to {100 * max(RATES):.0f} %",
        "",
        *table("", metrics, cells, 19),
        *ending(
            [
                f"{len(found) - len(outside)} of {len(found)} are {100 * MOST:.0f} % or less, within {ERRORS_ALLOWED}"
                " standard errors of the simulation",
                f"the highest: {_said(worst)}",
            ],
            outside,
            _said,
            "above",
        ),
        "",
        f"How often two equally good runs are shown to be within {100 * MARGIN:.0f} points, with as many examples as"
        " a check says would do:",
    ]
    lines += [
        f"  disagreeing in {100 * one.rate:4.0f} %: {one.needed:6,} examples, {100 * one.share:.1f} %" for one in enough
    ]
    return "\n".join(lines)


def _said(one: WronglyShown) -> str:
    return f"{100 * one.share:.1f} %, {one.metric}, {one.shape}"
