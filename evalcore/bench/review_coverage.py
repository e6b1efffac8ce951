"""Whether the question “Review” keeps its word: a simulation (`coverage --only review`), like `interval_coverage`.

Each shape has a population of texts with known labels. A model answers them, and four signals say how sure each answer
is, one of which (the agreement of three other runs) has four values only. Data sets are drawn, and of each it is
counted whether the intervals hold the truth of the whole population, and whether a promise that was verified is kept:
whether of all answers of the population above the threshold the target share is right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from evalcore.bench.coverage_report import ending, row_of, rows_of
from evalcore.bench.review_population import RUN_B, SIGNALS, Population, curve_of, population_of
from evalcore.bench.simulated_texts import MODELS, Shape, drawn_rows
from evalcore.bench.simulation import Held, Simulation
from evalcore.metrics import Counts, Design, Interval, holm, stratified_halves, tango_interval
from evalcore.metrics.decisions.promise import (
    chance_of_as_many,
    checked,
    group_steps,
    predicted_often,
)
from evalcore.metrics.decisions.selective import aurc, aurc_difference_interval, aurc_interval, aurc_values

GATE = (0.93, 0.97)
"""A 95 % interval must hold the truth in this share of the data sets, but for the simulation's own error."""
KEPT = 0.95
"""A promise must be kept in this share of the data sets, likewise."""
ERRORS_ALLOWED = 3
"""Standard errors of the simulation: there are hundreds of shares."""
TARGETS = (0.8, 0.9, 0.95, 0.99)
ONE, EACH = "one threshold", "each label"
SIMULATED = (MODELS[0], MODELS[2], MODELS[3])
"""A weak model, a good one and a very good one."""


_SIZES = (400, 1000, 3080)
SHAPES: tuple[Shape, ...] = tuple(
    Shape(n_labels, n, design, model)
    for n_labels, model, n, design in product((24, 77, 150), SIMULATED, _SIZES, get_args(Design))
)
_SHAPES_OF_A_POPULATION = len(_SIZES) * len(get_args(Design))


@dataclass(frozen=True)
class Found:
    """How often something held at one shape.

    Attributes:
        what: an interval, or a promise.
        promise: whether it is one, of which only too few are bad.
        tried: data sets; shown: in how many of them there was an interval, or a promise was verified.
        share: of the intervals that were shown, those that held the truth; of a promise, the data sets in which it was
            not both verified and wrong.
    """

    what: str
    promise: bool
    shape: Shape
    tried: int
    shown: int
    share: float

    @property
    def passes(self) -> bool:
        """Whether the share is as it must be."""
        if self.promise:
            return self.share >= KEPT - ERRORS_ALLOWED * (KEPT * (1 - KEPT) / self.tried) ** 0.5
        # Intervals of one data set, at several targets, are not independent of each other.
        error = ERRORS_ALLOWED * (0.95 * 0.05 / max(min(self.shown, self.tried), 1)) ** 0.5
        return min(GATE[0], 0.95 - error) <= self.share <= max(GATE[1], 0.95 + error)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


class _Counted:
    """How often each thing was shown, and was as it must be."""

    def __init__(self) -> None:
        self.intervals = Held()
        self.promises: dict[str, list[tuple[bool, bool]]] = defaultdict(list)

    def interval(self, name: str, bounds: Interval, truth: float) -> None:
        if bounds[0] == bounds[0]:
            self.intervals.count(name, bounds, truth)

    def found(self, shape: Shape, datasets: int) -> list[Found]:
        intervals = [
            Found(name, False, shape, datasets, shown, held / shown)
            for name, (held, shown) in self.intervals.of.items()
        ]
        promises = []
        for name, each in self.promises.items():
            verified, wrong = np.array(each).T
            promises.append(Found(name, True, shape, len(each), int(verified.sum()), 1 - float(wrong.mean())))
        return intervals + promises


def _simulated(shape: Shape, *, datasets: int, seed: int) -> list[Found]:
    population = population_of(shape.n_labels, shape.model)
    rng = np.random.default_rng([seed, shape.n, shape.n_labels, MODELS.index(shape.model)])
    truth = {name: aurc(population.certainty[name], population.right) for name in SIGNALS}
    of_b = aurc(population.certainty[RUN_B], population.right_b)
    counted = _Counted()
    for _ in range(datasets):
        rows = drawn_rows(population.starts, shape.n, shape.design, rng)
        true, right, right_b = population.true[rows], population.right[rows], population.right_b[rows]
        values = {name: aurc_values(population.certainty[name][rows], right) for name in SIGNALS}
        first = values[SIGNALS[0]], right
        for name in SIGNALS:
            counted.interval(f"AURC of {name}", aurc_interval(values[name], right, true, shape.design), truth[name])
        for name in SIGNALS[1:]:
            bounds = aurc_difference_interval(first, (values[name], right), true, shape.design)
            counted.interval(f"AURC, {name} - confidence", bounds, truth[name] - truth[SIGNALS[0]])
        b = aurc_values(population.certainty[RUN_B][rows], right_b), right_b
        bounds = aurc_difference_interval(first, b, true, shape.design)
        counted.interval("AURC, run B - run A", bounds, of_b - truth[SIGNALS[0]])
        _promises(counted, population, rows, shape)
    return counted.found(shape, datasets)


coverage = Simulation(_simulated, SHAPES, chunksize=_SHAPES_OF_A_POPULATION)
"""How often each interval holds the truth and each promise is kept, at every shape."""


def _promises(counted: _Counted, population: Population, rows: NDArray[np.intp], shape: Shape) -> None:
    """What is promised with one data set, and whether it is so."""
    choosing, checking = (rows[half] for half in stratified_halves(population.true[rows]))
    for signal, target in product((SIGNALS[0], SIGNALS[3]), TARGETS):
        _one_threshold(counted, population, choosing, checking, shape, signal, target)
    for target in TARGETS[:2]:
        _each_label(counted, population, choosing, checking, shape, target)


def _one_threshold(
    counted: _Counted, population: Population, choosing: Counts, checking: Counts, shape: Shape, signal: str,
    target: float,
) -> None:  # fmt: skip
    certainty, right = population.certainty[signal], population.right
    steps = group_steps(certainty[choosing], right[choosing], np.zeros(len(choosing), dtype=np.int64), 1)
    verified = wrong = False
    everywhere = curve_of(shape.n_labels, shape.model, signal)
    for kind, threshold in (("promised", steps.promising(target)[0]), ("estimated", steps.estimated(target)[0])):
        if np.isinf(threshold):
            continue
        automatic = certainty[checking] >= threshold
        shown = checked(automatic, right[checking], population.true[checking], shape.design)
        at = everywhere.at(float(threshold))
        if kind == "promised":
            verified = shown.keeps(target)
            wrong = verified and everywhere.accuracy[at] < target
        if signal == SIGNALS[0]:
            counted.interval(f"share to a person, {kind}", shown.person_interval, 1 - everywhere.coverage[at])
            if shown.answered:
                counted.interval(f"share right, {kind}", shown.accuracy_interval, float(everywhere.accuracy[at]))
            if kind == "promised" and target == TARGETS[1]:
                _of_two_runs(counted, population, checking, float(threshold))
    counted.promises[f"{ONE}, {signal}, {100 * target:.0f} %"].append((verified, wrong))


def _of_two_runs(counted: _Counted, population: Population, checking: Counts, threshold: float) -> None:
    """How much more run B answers automatically at the same threshold."""
    a, b = (population.certainty[name] >= threshold for name in (SIGNALS[0], RUN_B))
    only_a, only_b = (int(each[checking].sum()) for each in (a & ~b, b & ~a))
    low, high = tango_interval(only_b, only_a, len(checking))
    counted.interval("answered, run B - run A", (float(low), float(high)), float(b.mean() - a.mean()))


def _each_label(
    counted: _Counted, population: Population, choosing: Counts, checking: Counts, shape: Shape, target: float
) -> None:
    certainty, right, predicted = population.certainty[SIGNALS[0]], population.right, population.predicted
    n_labels = shape.n_labels
    own = predicted_often((predicted[choosing], predicted[checking]), n_labels, target)
    group = np.where(own, np.arange(n_labels), n_labels)
    steps = group_steps(certainty[choosing], right[choosing], group[predicted[choosing]], n_labels + 1)
    thresholds = steps.promising(target)[group]
    everywhere = certainty >= thresholds[predicted]
    automatic = everywhere[checking]
    shown = checked(automatic, right[checking], population.true[checking], shape.design)
    verified = shown.keeps(target)
    wrong = verified and right[everywhere].mean() < target
    counted.promises[f"{EACH}, all together, {100 * target:.0f} %"].append((verified, bool(wrong)))
    tested = np.flatnonzero(own & np.isfinite(thresholds))
    of_labels = predicted[checking[automatic]]
    n = np.bincount(of_labels, minlength=n_labels)[tested]
    k = np.bincount(of_labels, right[checking[automatic]], minlength=n_labels)[tested]
    said = tested[np.array(holm(chance_of_as_many(k, n, target).tolist())) <= 1 - KEPT] if len(tested) else tested
    true_share = [right[everywhere & (predicted == label)].mean() for label in said]
    counted.promises[f"{EACH}, each of them, {100 * target:.0f} %"].append(
        (len(said) > 0, min(true_share, default=1.0) < target)
    )


def as_text(found: Sequence[Found]) -> str:
    """Tables for a terminal: intervals, and promises."""
    rows = rows_of(found)
    lines = [
        f"Review: how often a 95 % interval holds the truth, in percent of {found[0].tried} data sets a shape:",
        "the lowest and the highest, over a weak, a good and a very good model",
    ]
    lines += _table(found, rows, [one.what for one in found if not one.promise], _shares)
    lines += [
        "",
        "Of how many data sets a promise is not both verified and wrong, in percent: the lowest; at least"
        f" {100 * KEPT:.0f} is promised.",
        "In brackets, in how many it is verified: the lowest and the highest.",
    ]
    lines += _table(found, rows, [one.what for one in found if one.promise], _kept)
    outside = [one for one in found if not one.passes]
    intervals = [one for one in found if not one.promise]
    worst = min((one for one in found if one.promise), key=lambda one: one.share)
    inside = sum(one.passes for one in intervals)
    said = [
        f"{inside} of {len(intervals)} intervals hold the truth in {100 * GATE[0]:.0f} to {100 * GATE[1]:.0f} %, within"
        f" {ERRORS_ALLOWED} standard errors of the simulation",
        f"the promise that is broken most often: {_said(worst)}",
    ]
    return "\n".join([*lines, *ending(said, outside, _said)])


def _table(found: Sequence[Found], rows: Sequence[tuple[Any, ...]], names: Sequence[str], say: Any) -> list[str]:
    cells: dict[tuple[Any, ...], list[Found]] = defaultdict(list)
    for one in found:
        cells[one.what, *row_of(one.shape)].append(one)
    lines = []
    for name in dict.fromkeys(names):
        lines += ["", name]
        for n_labels in dict.fromkeys(row[0] for row in rows):
            shown = [
                f"{n:,} {design} {say(cells[name, n_labels, n, design])}" for of, n, design in rows if of == n_labels
            ]
            lines.append(f"{n_labels:4} labels  " + "   ".join(shown))
    return lines


def _shares(cell: Sequence[Found]) -> str:
    shares = [100 * one.share for one in cell]
    return f"{min(shares):.1f}–{max(shares):.1f}" if shares else "–"


def _kept(cell: Sequence[Found]) -> str:
    verified = [100 * one.shown / one.tried for one in cell]
    return f"{min(100 * one.share for one in cell):.1f} ({min(verified):.0f}–{max(verified):.0f})" if cell else "–"


def _said(one: Found) -> str:
    s = one.shape
    shown = "verified" if one.promise else "shown"
    of = f"{s.n_labels} labels, {s.n} examples, {s.design}, {s.model.name}"
    return f"{100 * one.share:.1f} %, {one.what}, {of}, {shown} in {one.shown} of {one.tried}"
