"""How often the truly best of several runs is among those not told apart from the best: a simulation.

Each shape is a population and several runs with known accuracies and costs. Each run gives the first one's answer to
most examples, and answers the others on its own. Data sets are drawn from it, and it is counted in how many of them

- every run that is truly the best (all of them, where they are equal) is among those not told apart from the best, and
- the intervals of the differences to the best hold all true differences at once.

Both are to happen in at least 95 % of the data sets. They are guarantees for all pairs at once, and most often happen
in more. Costs are skewed on purpose: rare mistakes are dear, and half of the runs make fewer of these and more of the
cheap ones, at the same expected cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any, Literal, get_args

import numpy as np

from evalcore.bench import interval_coverage
from evalcore.bench.coverage_report import Row, ending, row_of, rows_of, table
from evalcore.bench.interval_coverage import answer_chances, answered, drawn
from evalcore.bench.simulation import Simulation, generator
from evalcore.metrics import Counts, Design, Floats
from evalcore.metrics.decisions.best_of import BestOf, least_cost, most_right
from evalcore.metrics.decisions.cost import cost_of_examples, dearest_cost

Population = Literal["equal", "apart"]
Score = Literal["accuracy", "cost"]
LEAST = 0.95
"""Share of the data sets in which both must happen."""
ERRORS_ALLOWED = 3
"""Standard errors by which a simulated share may be below that: there are hundreds of shares."""
ACCURACY, APART = 0.8, 0.06
"""Of the best run of its own, and how much lower the worst run's is where they are apart."""
_COPIED = 0.6
_DEAR, _DEAR_LABELS = 20.0, 0.1
"""Cost of a dear mistake, of which all others cost 1, and share of the labels that have them."""


@dataclass(frozen=True)
class Shape:
    """What is simulated: by which score runs are compared, numbers of labels, examples and runs, whether all runs are
    equal by that score or apart, and how examples are drawn."""

    score: Score
    n_labels: int
    n: int
    n_runs: int
    population: Population
    design: Design


@dataclass(frozen=True)
class BestKept:
    """How often both happened at one shape.

    Attributes:
        tried: number of data sets.
        kept: share of them in which all that are truly the best were in the band.
        held: share in which all intervals against the best held at once.
        band: mean number of runs in the band.
    """

    shape: Shape
    tried: int
    kept: float
    held: float
    band: float

    @property
    def passes(self) -> bool:
        """Whether both shares are 95 % or more, but for the simulation's own error."""
        least = LEAST - ERRORS_ALLOWED * (LEAST * (1 - LEAST) / self.tried) ** 0.5
        return min(self.kept, self.held) >= least

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self.shape), "tried": self.tried, "kept": self.kept, "held": self.held, "band": self.band}


SHAPES: tuple[Shape, ...] = tuple(
    Shape(*values)
    for values in product(
        get_args(Score), (24, 77, 150), (400, 1000, 3080), (2, 5, 20), get_args(Population), get_args(Design)
    )
)


def costs_of(n_labels: int) -> Floats:
    """Shape (n_labels, n_labels + 1): 1 for every mistake, but for the dear ones: the answer that is the third label
    after one of the first labels."""
    matrix = np.ones((n_labels, n_labels + 1))
    np.fill_diagonal(matrix, 0)
    dear = np.arange(_dear_labels(n_labels))
    matrix[dear, (dear + 3) % n_labels] = _DEAR
    return matrix


def chances_of(shape: Shape) -> Floats:
    """How probable each run's answers to each label are, shape (n_runs, n_labels, n_labels + 1).

    Where costs are compared, every other run makes half of the dear mistakes and, at the same expected cost, more of
    the cheap ones.
    """
    sample = _sample(shape)
    lower = np.linspace(0, APART, shape.n_runs) if shape.population == "apart" else np.zeros(shape.n_runs)
    own = np.stack([answer_chances(sample, ACCURACY - by) for by in lower])
    if shape.score == "cost":
        own[1::2] = [_with_cheap_mistakes(chance) for chance in own[1::2]]
    chances: Floats = _COPIED * own[0] + (1 - _COPIED) * own
    return chances


def _with_cheap_mistakes(chance: Floats) -> Floats:
    n_labels = len(chance)
    changed = chance.copy()
    dear = np.arange(_dear_labels(n_labels))
    halves = changed[dear, (dear + 3) % n_labels] / 2
    changed[dear, (dear + 3) % n_labels] -= halves
    changed[dear, dear] += halves
    others = np.arange(len(dear), n_labels)
    more = _DEAR * halves.sum() / len(others)
    changed[others, others] -= more
    changed[others, (others + 1) % n_labels] += more
    return changed


def _dear_labels(n_labels: int) -> int:
    return max(1, round(_DEAR_LABELS * n_labels))


def _sample(shape: Shape) -> interval_coverage.Shape:
    return interval_coverage.Shape(shape.n_labels, shape.n, ACCURACY, shape.design, "neighbours")


def _simulated(shape: Shape, *, datasets: int, seed: int) -> list[BestKept]:
    rng = generator(seed, shape, SHAPES)
    sample, matrix, chances = _sample(shape), costs_of(shape.n_labels), chances_of(shape)
    own = (chances - _COPIED * chances[0]) / (1 - _COPIED)
    accuracy = np.array([np.diag(chance).mean() for chance in chances])
    cost = (chances * matrix).sum(axis=2).mean(axis=1)
    happened = []
    for _ in range(datasets):
        true = drawn(sample, rng)
        answers = _answers(own, true, rng)
        if shape.score == "accuracy":
            happened.append(_happened(most_right(answers == true), accuracy, accuracy))
        else:
            costs = np.stack([cost_of_examples(true, one, matrix) for one in answers])
            happened.append(_happened(least_cost(costs, dearest_cost(true, matrix)), cost, -cost))
    return [BestKept(shape, datasets, *np.mean(happened, axis=0).tolist())]


coverage = Simulation(_simulated, SHAPES)
"""How often both happen, at every shape."""


def _answers(own: Floats, true: Counts, rng: np.random.Generator) -> Counts:
    """Shape (n_runs, n): each run takes over the first one's answers to most examples."""
    first, *others = (answered(chance, true, rng) for chance in own)
    return np.stack([first, *(np.where(rng.random(len(true)) < _COPIED, first, one) for one in others)])


def _happened(found: BestOf, truth: Floats, goodness: Floats) -> tuple[bool, bool, int]:
    """Whether all that are truly the best are in the band, whether all intervals hold, and how many are in the band.

    Args:
        truth: true mean of each run; goodness: the same, or its opposite, so that more is better.
    """
    truly_best = goodness >= goodness.max() - 1e-9
    difference = truth - truth[found.best]
    shown = ~np.isnan(found.low)
    holds = (found.low <= difference + 1e-9) & (difference - 1e-9 <= found.high)
    return bool(found.together[truly_best].all()), bool(holds[shown].all()), int(found.together.sum())


def as_text(found: Sequence[BestKept]) -> str:
    """A table for a terminal: the lowest shares, over numbers of runs and populations."""
    scores = get_args(Score)
    lines = [
        f"How often the truly best run is not told apart from the best (kept), and all differences to it lie in their"
        f" intervals (held), in percent of {found[0].tried}",
        f"simulated data sets a shape (at least {100 * LEAST:.0f} is promised): the lowest, over 2 to 20 runs that are"
        f" equal, or up to {100 * APART * (1 - _COPIED):.1f} points apart",
        "",
    ]
    columns = [*product(scores, ("kept", "held"))]

    def lowest(row: Row, score: Score, what: str) -> str:
        of = (getattr(one, what) for one in found if row_of(one.shape) == row and one.shape.score == score)
        return f"{100 * min(of, default=1.0):.1f}"

    cells = {row: [lowest(row, score, what) for score, what in columns] for row in rows_of(found)}
    lines += table("", [", ".join(column) for column in columns], cells, 17)
    outside = [one for one in found if not one.passes]
    lines += ending(
        [
            f"{len(found) - len(outside)} of {len(found)} are {100 * LEAST:.0f} % or more in both, within"
            f" {ERRORS_ALLOWED} standard errors of the simulation"
        ],
        outside,
        lambda one: f"kept {100 * one.kept:.1f} %, held {100 * one.held:.1f} %, {one.shape}",
        "below",
    )
    lines += ["", "Runs in the band, on average, where they are apart:"]
    for score, n_runs in dict.fromkeys((one.shape.score, one.shape.n_runs) for one in found):
        of_size = [one for one in found if (one.shape.score, one.shape.n_runs) == (score, n_runs)]
        bands = [one.band for one in of_size if one.shape.population == "apart"]
        if bands:
            lines.append(f"  {np.mean(bands):4.1f} of {n_runs:2} by {score}")
    return "\n".join(lines)
