"""Whether the intervals of costs hold: a simulation (`coverage --only costs`), like `interval_coverage`.

Two kinds of populations. Of answers alone: how probable each answer to each label is is known, and run B takes over a
part of A's answers, as in `interval_coverage`. Of answers with probabilities: the probabilities of many texts are
drawn once, and a run says them too sure of itself; a person answers below a threshold that one half of each data set
chooses, and the answers of least expected cost are taken at temperatures fitted on the other half, as the page does.

Prices are the same for all mistakes, or ten and a hundred times as high for a few: for all mistakes on a few labels,
or for one confusion of every fourth label; or they are spread widely (log-normal), so that the dearest are very rare.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import product
from typing import Any, get_args

import numpy as np

from evalcore.bench import interval_coverage
from evalcore.bench.coverage_report import between, ending, row_of, rows_of, spread, table
from evalcore.bench.interval_coverage import GATE, answer_chances, answered, drawn
from evalcore.bench.simulated_texts import drawn_rows
from evalcore.bench.simulation import Held, Simulation, generator
from evalcore.metrics import Counts, Design, Floats, fit_temperature, scaled, stratified_halves
from evalcore.metrics.decisions.cheapest import below, cheapest_answers, cheapest_threshold, cost_of_answers
from evalcore.metrics.decisions.cost import (
    cost_difference,
    cost_of_examples,
    dearest_cost,
    mean_cost,
    ratio_of_costs,
    right_share_interval,
)

PRICES = ("all alike", "few labels 10", "few labels 100", "few pairs 10", "few pairs 100", "log-normal")
ACCURACIES = (0.6, 0.9)
SHOWN_FROM = 0.5
"""An interval is judged by itself where at least this share of the data sets has one. Where most have none, those that
have one are not as the others: there it must not happen too often that one is shown and wrong."""
ERRORS_ALLOWED = 3
"""Standard errors by which a simulated share may be off, in the case just said."""
REVIEW_COST = 0.5
_COPIED, _BETTER_BY = 0.6, 0.05
_TEXTS = 20_000
"""Of a population with probabilities."""
_SHARPNESS, _TOO_SURE = 4.0, 0.6
_TEMPERATURES = np.geomspace(0.5, 5.0, 25)
"""At which the true cost of answers is computed; between them it is interpolated."""


@dataclass(frozen=True)
class Shape:
    """What is simulated: numbers of labels and examples, how these are drawn, what mistakes cost (one of `PRICES`), and
    the accuracy of run A; 0 for a population with probabilities."""

    n_labels: int
    n: int
    design: Design
    prices: str
    accuracy: float


@dataclass(frozen=True)
class Covered:
    """How often one interval held the truth at one shape.

    Attributes:
        interval: its name.
        tried: number of data sets; shown: in how many there was an interval; held: how many of these held the truth.
    """

    interval: str
    shape: Shape
    tried: int
    shown: int
    held: int

    @property
    def share(self) -> float:
        """Of the intervals shown, those that held the truth."""
        return self.held / self.shown

    @property
    def is_judged(self) -> bool:
        """Whether most data sets have one."""
        return self.shown >= SHOWN_FROM * self.tried

    @property
    def passes(self) -> bool:
        """Whether it holds as often as it says."""
        if self.is_judged:
            return GATE[0] <= self.share <= GATE[1]
        most = 1 - 0.95
        return (self.shown - self.held) / self.tried <= most + ERRORS_ALLOWED * (most * 0.95 / self.tried) ** 0.5

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"interval": self.interval, **asdict(self.shape), "tried": self.tried, "shown": self.shown,
                "share": self.share}  # fmt: skip


SHAPES: tuple[Shape, ...] = tuple(
    Shape(*values)
    for values in (
        *product((24, 77, 150), (400, 1000, 3080), get_args(Design), PRICES, ACCURACIES),
        *product((24, 77, 150), (400, 1000, 3080), get_args(Design), PRICES[:2], (0.0,)),
    )
)


def cost_matrix(n_labels: int, prices: str) -> Floats:
    """What each answer to each label costs, shape (n_labels, n_labels + 1).

    Args:
        prices: one of `PRICES`.
    """
    matrix = np.ones((n_labels, n_labels + 1))
    if prices == "log-normal":
        matrix = np.exp(np.random.default_rng(1).normal(0, 1.2, matrix.shape))
    elif prices.startswith("few labels"):
        matrix[: max(1, n_labels // 12)] = float(prices.split()[-1])
    elif prices.startswith("few pairs"):
        few = np.arange(0, n_labels, 4)
        matrix[few, (few + 1) % n_labels] = float(prices.split()[-1])
    matrix[np.arange(n_labels), np.arange(n_labels)] = 0
    return matrix


def _simulated(shape: Shape, *, datasets: int, seed: int) -> list[Covered]:
    rng = generator(seed, shape, SHAPES)
    counted = Held()
    (_answers if shape.accuracy else _cheaper_ways)(shape, datasets, rng, counted)
    return [Covered(name, shape, datasets, shown, held) for name, (held, shown) in counted.of.items() if shown]


coverage = Simulation(_simulated, SHAPES)
"""How often each interval holds the true value, at every shape."""


def _answers(shape: Shape, datasets: int, rng: np.random.Generator, counted: Held) -> None:
    sample = interval_coverage.Shape(shape.n_labels, shape.n, shape.accuracy, shape.design, "neighbours")
    own_a, own_b = answer_chances(sample, shape.accuracy), answer_chances(sample, shape.accuracy + _BETTER_BY)
    chance_a, chance_b = own_a, _COPIED * own_a + (1 - _COPIED) * own_b
    matrix = cost_matrix(shape.n_labels, shape.prices)
    of_a, of_b = (float((chance * matrix).sum(axis=1).mean()) for chance in (chance_a, chance_b))
    # Pairs of labels lead to one action.
    actions = np.arange(shape.n_labels) // 2
    right_action = float(
        np.where(actions[:, None] == actions[None, :], chance_a[:, :-1], 0).sum(axis=1).mean()
    )  # fmt: skip
    for _ in range(datasets):
        true = drawn(sample, rng)
        a, b = answered(own_a, true, rng), answered(own_b, true, rng)
        b = np.where(rng.random(shape.n) < _COPIED, a, b)
        cost_a, cost_b = (cost_of_examples(true, each, matrix) for each in (a, b))
        dearest = dearest_cost(true, matrix)
        counted.count("cost", mean_cost(cost_a, true, shape.design, dearest).interval, of_a)
        difference = cost_difference(cost_a, cost_b, true, shape.design, dearest)
        counted.count("difference", difference.interval, of_b - of_a)
        ratio = ratio_of_costs(cost_a, cost_b, true, shape.design, dearest)
        counted.count("ratio", ratio.interval, of_b / of_a)
        if shape.prices == PRICES[0]:
            right = ((a >= 0) & (actions[a] == actions[true])).astype(float)
            counted.count("right action", right_share_interval(right, true, shape.design), right_action)


@dataclass(frozen=True)
class _Population:
    """Texts in the order of their labels.

    Attributes:
        true: shape (n_texts,). starts: shape (n_labels + 1,), where each label's texts begin.
        log_shares: shape (n_texts, n_labels), as the run says them.
        own: shape (n_texts,), the run's answers. confidence: shape (n_texts,).
    """

    true: Counts
    starts: Counts
    log_shares: Floats
    own: Counts
    confidence: Floats

    def mean(self, values: Floats, design: Design) -> float:
        """Of a value of each text: what a sample of this kind estimates."""
        if design == "random":
            return float(values.mean())
        return float((np.bincount(self.true, values) / np.bincount(self.true)).mean())


@lru_cache(maxsize=1)
def _population(n_labels: int) -> _Population:
    rng = np.random.default_rng(n_labels)
    scores = rng.standard_normal((_TEXTS, n_labels)) * _SHARPNESS
    chance = np.exp(scaled(scores, 1.0))
    true = (chance.cumsum(axis=1) < rng.random((_TEXTS, 1))).sum(axis=1).clip(max=n_labels - 1)
    order = np.argsort(true, kind="stable")
    log_shares = scaled(scores[order], _TOO_SURE)
    starts = np.searchsorted(true[order], np.arange(n_labels + 1))
    return _Population(
        true[order], starts, log_shares, log_shares.argmax(axis=1), np.exp(log_shares.max(axis=1))
    )  # fmt: skip


@lru_cache(maxsize=2)
def _cost_at_temperatures(n_labels: int, prices: str, design: Design) -> Floats:
    """What the answers of least expected cost truly cost at each of `_TEMPERATURES`, less the run's own."""
    of, matrix = _population(n_labels), cost_matrix(n_labels, prices)
    own = cost_of_examples(of.true, of.own, matrix)
    costs = []
    for temperature in _TEMPERATURES:
        shares = np.exp(scaled(of.log_shares, float(temperature)))
        answers = cheapest_answers(shares, matrix, of.own, REVIEW_COST)
        costs.append(of.mean(cost_of_answers(of.true, answers, matrix, REVIEW_COST) - own, design))
    return np.array(costs)


def _cheaper_ways(shape: Shape, datasets: int, rng: np.random.Generator, counted: Held) -> None:
    of, matrix, design = _population(shape.n_labels), cost_matrix(shape.n_labels, shape.prices), shape.design
    at_temperatures = _cost_at_temperatures(shape.n_labels, shape.prices, design)
    all_costs = cost_of_examples(of.true, of.own, matrix)
    for _ in range(datasets):
        rows = drawn_rows(of.starts, shape.n, design, rng)
        true, own, costs, sure = of.true[rows], of.own[rows], all_costs[rows], of.confidence[rows]
        first, second = stratified_halves(true, seed=int(rng.integers(2**31)))
        dearest = max(dearest_cost(true, matrix), REVIEW_COST)

        threshold = cheapest_threshold(sure[first], costs[first], REVIEW_COST)
        at_threshold = np.where(below(sure[second], threshold), REVIEW_COST, costs[second])
        truly = np.where(below(of.confidence, threshold), REVIEW_COST, all_costs)
        at_most = max(dearest - REVIEW_COST, REVIEW_COST)
        with_reviews = mean_cost(at_threshold, true[second], design, dearest)
        counted.count("cost with reviews", with_reviews.interval, of.mean(truly, design))
        saved = cost_difference(costs[second], at_threshold, true[second], design, at_most)
        counted.count("saved by reviews", saved.interval, of.mean(truly - all_costs, design))

        answers, changes = own.copy(), 0.0
        for half, other in ((first, second), (second, first)):
            temperature = fit_temperature(of.log_shares[rows[other]], true[other])
            temperature = 1.0 if np.isnan(temperature) else temperature
            shares = np.exp(scaled(of.log_shares[rows[half]], temperature))
            answers[half] = cheapest_answers(shares, matrix, own[half], REVIEW_COST)
            changes += len(half) * float(np.interp(temperature, _TEMPERATURES, at_temperatures))
        least = cost_of_answers(true, answers, matrix, REVIEW_COST)
        by_least = cost_difference(costs, least, true, design, dearest)
        counted.count("saved by cheapest", by_least.interval, changes / shape.n)


def as_text(found: Sequence[Covered]) -> str:
    """A table for a terminal: the lowest and the highest share, over prices and accuracies."""
    names = list(dict.fromkeys(one.interval for one in found))
    shares: dict[tuple[Any, ...], list[float]] = defaultdict(list)
    hidden: dict[tuple[Any, ...], int] = defaultdict(int)
    for one in found:
        key = one.interval, *row_of(one.shape)
        if one.is_judged:
            shares[key].append(100 * one.share)
        else:
            hidden[key] += 1
    datasets = max(one.tried for one in found)
    lines = [
        f"Costs: how often a 95 % interval holds the truth, in percent of {datasets} simulated data sets a shape:",
        "the lowest and the highest, over accuracies and over what mistakes cost",
        "(in brackets: of how many of these most data sets have no interval, for lack of dear mistakes)",
        "",
    ]

    def cell(key: tuple[Any, ...]) -> str:
        return f"{spread(shares[key])} ({hidden[key]})" if hidden[key] else spread(shares[key])

    lines += table("", names, {row: [cell((name, *row)) for name in names] for row in rows_of(found)}, 22)
    outside = [one for one in found if not one.passes]
    judged = [one for one in found if one.is_judged]
    others = [one for one in found if not one.is_judged]
    said = [
        f"{between(sum(one.passes for one in judged), len(judged), GATE)}; the lowest:"
        f" {_said(min(judged, key=lambda one: one.share))}",
        f"{sum(one.passes for one in others)} of {len(others)} that most data sets do not have are shown and wrong in"
        " 5 % of the data sets or fewer",
    ]
    return "\n".join([*lines, *ending(said, outside, _said)])


def _said(one: Covered) -> str:
    s = one.shape
    population = f"accuracy {s.accuracy}" if s.accuracy else "with probabilities"
    return (
        f"{100 * one.share:.1f} %, {one.interval}, {s.n_labels} labels, {s.n} examples, {s.design}, {s.prices},"
        f" {population}, shown in {one.shown} of {one.tried}"
    )
