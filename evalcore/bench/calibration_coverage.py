"""How often the intervals of probabilities' scores hold the truth: a simulation (`coverage`), like `interval_coverage`.

Each shape has a population whose true probabilities are known. Of every text they are a softmax over the labels of its
topic, of which there are two, an easy one and a hard one; the true label is drawn from them. Run A says these
probabilities at a temperature: at 1 it is perfectly calibrated. Run B says them with noise and at temperature 1. Data
sets are drawn from the population, and for every interval that is shown anywhere it is counted how often it holds the
score of the whole population.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from itertools import product
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from evalcore.bench.coverage_report import between, ending, row_of, rows_of, spread, table
from evalcore.bench.interval_coverage import GATE
from evalcore.bench.simulated_texts import MODELS, Model, Shape, drawn_rows, softmax, texts_of
from evalcore.bench.simulation import of_each_shape
from evalcore.metrics import (
    Counts,
    Design,
    Floats,
    Interval,
    auroc,
    auroc_difference_interval,
    auroc_interval,
    confidence_bins,
    ece_if_calibrated,
    ece_interval,
    expected_calibration_error,
    mean_interval,
    over_confidence,
)

CONSERVATIVE = frozenset({"ECE"})
"""Its lower bound is 0 near perfect calibration, and then only that can miss: the gate's upper bound does not apply."""

_POPULATION = 100_000
_NOISE_OF_B = 0.5
"""Standard deviation of what is added to B's scores, relative to their own."""
_BIAS_DATASETS = 50
"""Data sets of which the ECE of a perfectly calibrated model is simulated: each takes a thousand samples itself."""


_SIZES = (100, 400, 1000, 3080)
SHAPES: tuple[Shape, ...] = tuple(
    Shape(n_labels, n, design, model)
    for n_labels, model, n, design in product((24, 77, 150), MODELS, _SIZES, get_args(Design))
)
_SHAPES_OF_A_POPULATION = len(_SIZES) * len(get_args(Design))


@dataclass(frozen=True)
class Covered:
    """How often one interval held the truth at one shape.

    Attributes:
        interval: its name.
        tried: number of data sets; estimable: in how many of them there was an interval.
        share: of the intervals, those that held the truth.
    """

    interval: str
    shape: Shape
    tried: int
    estimable: int
    share: float

    @property
    def passes(self) -> bool:
        """Whether the share is within the gate."""
        s = self.shape
        # With fewer than two examples of a label, a stratified sample is taken as a random one: more varied.
        wide = self.interval in CONSERVATIVE or (s.design == "stratified" and s.n < 2 * s.n_labels)
        return GATE[0] <= self.share <= (1 if wide else GATE[1])

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Bias:
    """The ECE of a model at one shape, all means over data sets; of a calibrated one the last two should agree.

    Attributes:
        truth: of the whole population.
        shown: in the data sets.
        if_calibrated: what `ece_if_calibrated` says.
    """

    shape: Shape
    truth: float
    shown: float
    if_calibrated: float

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


@dataclass(frozen=True)
class _Run:
    """A run on the population, arrays of shape (n,): confidence, whether it is right, Brier score and log loss."""

    confidence: Floats
    right: NDArray[np.bool_]
    brier: Floats
    log_loss: Floats

    def at(self, rows: NDArray[np.intp]) -> _Run:
        return _Run(self.confidence[rows], self.right[rows], self.brier[rows], self.log_loss[rows])

    @property
    def over(self) -> Floats:
        return self.confidence - self.right


@dataclass(frozen=True)
class _Population:
    """Both runs on all texts, sorted by true label; label i has the rows from starts[i] to starts[i + 1]."""

    true: Counts
    starts: Counts
    a: _Run
    b: _Run


def coverage(
    datasets: int = 1000, seed: int = 0, *, shapes: Sequence[Shape] = SHAPES, processes: int | None = None
) -> tuple[list[Covered], list[Bias]]:
    """Simulate every shape, and count how often each interval holds the score of the population.

    Args:
        datasets: of each shape.
        processes: by default one for each processor.
    """
    simulate = partial(_simulated, datasets=datasets, seed=seed)
    # Shapes of one population are beside each other: a process draws it once for all of them.
    found = of_each_shape(simulate, shapes, processes, chunksize=_SHAPES_OF_A_POPULATION)
    return [covered for each, _ in found for covered in each], [bias for _, bias in found]


def _simulated(shape: Shape, *, datasets: int, seed: int) -> tuple[list[Covered], Bias]:
    population, design = _population(shape.n_labels, shape.model), shape.design
    rng = np.random.default_rng([seed, shape.n, shape.n_labels, MODELS.index(shape.model)])
    a, b = population.a, population.b
    ece = expected_calibration_error(confidence_bins(a.confidence, a.right))
    truths = {
        "ECE": ece,
        "over-confidence": float(a.over.mean()),
        "Brier score": float(a.brier.mean()),
        "log loss": float(a.log_loss.mean()),
        "AUROC": auroc(a.confidence, a.right),
    }
    of_b = {
        "over-confidence": float(b.over.mean()),
        "Brier score": float(b.brier.mean()),
        "log loss": float(b.log_loss.mean()),
        "AUROC": auroc(b.confidence, b.right),
    }
    truths |= {f"difference of {name}": value - truths[name] for name, value in of_b.items()}
    held: dict[str, list[bool]] = defaultdict(list)
    shown, if_calibrated = [], []
    for at in range(datasets):
        rows = drawn_rows(population.starts, shape.n, design, rng)
        true, x, y = population.true[rows], a.at(rows), b.at(rows)
        bins = confidence_bins(x.confidence, x.right)
        intervals: dict[str, Interval] = {
            "ECE": ece_interval(bins),
            "over-confidence": over_confidence(x.confidence, x.right, true, design)[1],
            "Brier score": mean_interval(x.brier, true, design),
            "log loss": mean_interval(x.log_loss, true, design),
            "AUROC": auroc_interval(x.confidence, x.right, true, design),
            "difference of over-confidence": mean_interval(y.over - x.over, true, design),
            "difference of Brier score": mean_interval(y.brier - x.brier, true, design),
            "difference of log loss": mean_interval(y.log_loss - x.log_loss, true, design),
            "difference of AUROC": auroc_difference_interval(
                (x.confidence, x.right), (y.confidence, y.right), true, design
            ),
        }
        for name, (low, high) in intervals.items():
            if not np.isnan(low):
                held[name].append(low <= truths[name] <= high)
        if at < _BIAS_DATASETS:
            shown.append(expected_calibration_error(bins))
            if_calibrated.append(ece_if_calibrated(x.confidence, seed=at).mean)
    found = [
        Covered(name, shape, datasets, len(each), float(np.mean(each))) for name, each in held.items()
    ]  # fmt: skip
    return found, Bias(shape, ece, float(np.mean(shown)), float(np.mean(if_calibrated)))


@lru_cache(maxsize=1)
def _population(n_labels: int, model: Model) -> _Population:
    rng = np.random.default_rng([n_labels, MODELS.index(model)])
    parts = []
    for texts in texts_of(n_labels, model, _POPULATION, rng):
        noise = rng.standard_normal(texts.scores.shape) * texts.sharpness * _NOISE_OF_B
        a, b = (
            _run(softmax(texts.scores / model.temperature), texts.true),
            _run(softmax(texts.scores + noise), texts.true),
        )
        parts.append((texts.first + texts.true, *a, *b))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    true, *values = (column[order] for column in columns)
    starts = np.searchsorted(true, np.arange(n_labels + 1))
    return _Population(true, starts, _Run(*values[:4]), _Run(*values[4:]))


def _run(shares: Floats, true: Counts) -> tuple[NDArray[Any], ...]:
    rows = np.arange(len(shares))
    of_true = shares[rows, true]
    brier = (shares**2).sum(axis=1) - 2 * of_true + 1
    return shares.max(axis=1), shares.argmax(axis=1) == true, brier, -np.log(np.maximum(of_true, 1e-300))


def coverage_as_text(covered: list[Covered], biases: list[Bias]) -> str:
    """A table for a terminal: the lowest and the highest share over models, and what ECE shows of calibrated ones."""
    names = sorted({one.interval for one in covered})  # the smallest samples have no interval of ECE
    shares: dict[tuple[Any, ...], list[float]] = defaultdict(list)
    for one in covered:
        shares[one.interval, *row_of(one.shape)].append(100 * one.share)
    lines = [
        "Scores of probabilities: how often a 95 % interval holds the truth,"
        f" in percent of {covered[0].tried} simulated data sets a shape:",
        "the lowest and the highest, over models that are calibrated, over-confident and under-confident",
    ]
    for title, group in (
        ("one run", [name for name in names if not name.startswith("difference")]),
        ("difference of two runs", [name for name in names if name.startswith("difference")]),
    ):
        cells = {row: [spread(shares[name, *row]) for name in group] for row in rows_of(biases)}
        lines += ["", *table(title, [name.removeprefix("difference of ") for name in group], cells, 19)]
    lines += ["", "ECE is biased upward, in percent:"]
    lines.append(f"{'random samples':45}{'of all':>8}{'shown':>8}{'if calibrated':>16}")
    for bias in biases:
        s = bias.shape
        if s.design == "random":
            figures = f"{100 * bias.truth:8.2f}{100 * bias.shown:8.2f}{100 * bias.if_calibrated:16.2f}"
            lines.append(f"{s.n_labels:4} labels {s.n:5}  {s.model.name:26}{figures}")
    outside = [one for one in covered if not one.passes]
    worst = min(covered, key=lambda one: one.share)
    said = [
        f"{between(len(covered) - len(outside), len(covered), GATE)} (of {' and of '.join(sorted(CONSERVATIVE))}, and"
        f" with fewer than two examples of a label: {100 * GATE[0]:.0f} % or more)",
        f"the lowest: {_said(worst)}",
    ]
    return "\n".join([*lines, *ending(said, outside, _said)])


def _said(one: Covered) -> str:
    s = one.shape
    shown = "" if one.estimable == one.tried else f", shown in {one.estimable} of {one.tried}"
    of = f"{s.n_labels} labels, {s.n} examples, {s.design}, {s.model.name}"
    return f"{100 * one.share:.1f} %, {one.interval}, {of}{shown}"
