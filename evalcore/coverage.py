"""How often the intervals hold the truth, and how fast the bootstrap is: simulations that print their figures.

`python -m evalcore coverage` and `python -m evalcore bench-scores`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from evalcore.intervals import Interval, bootstrap, wilson
from evalcore.metrics import Counts, Floats
from evalcore.paired import tango
from evalcore.resampling import paired_bootstrap

_PAIRED = ((0.05, 0.025, 400), (0.1, 0.1, 100), (0.3, 0.1, 400))
"""Shares fixed and broken, and N, of the simulated comparisons."""
_T = TypeVar("_T")


@dataclass(frozen=True)
class Covered:
    """How often an interval held the truth.

    Attributes:
        share: of the data sets; truth: the value that should be held; setup: what was simulated.
    """

    interval: str
    setup: str
    truth: float
    datasets: int
    share: float


@dataclass(frozen=True)
class Speed:
    """Two ways to the same resampled difference of macro-F1.

    Attributes:
        ours_s, loop_s: seconds for all the resamples.
    """

    n: int
    n_labels: int
    resamples: int
    ours_s: float
    loop_s: float
    ours: Interval
    loop: Interval


def coverage(datasets: int = 1000, seed: int = 0, resamples: int = 500) -> list[Covered]:
    """Simulate data sets of known truth, and count how often each interval holds it."""
    return [
        *(_wilson(share, n, datasets, seed) for share, n in ((0.5, 400), (0.9, 400), (0.7, 77))),
        *(_tango(fixed, broken, n, datasets, seed) for fixed, broken, n in _PAIRED),
        _macro_f1(datasets, seed, resamples),
        _paired_macro_f1(datasets, seed, resamples),
    ]


def _held(low: Floats, high: Floats, truth: float) -> float:
    return float(((low <= truth) & (truth <= high)).mean())


def _wilson(share: float, n: int, datasets: int, seed: int) -> Covered:
    low, high = wilson(np.random.default_rng(seed).binomial(n, share, datasets), np.full(datasets, n))
    return Covered("Wilson, accuracy", f"n = {n}", share, datasets, _held(low, high, share))


def _tango(fixed: float, broken: float, n: int, datasets: int, seed: int) -> Covered:
    truth = fixed - broken
    cells = np.random.default_rng(seed).multinomial(n, [fixed, broken, 1 - fixed - broken], datasets)
    low, high = tango(cells[:, 0], cells[:, 1], np.full(datasets, n))
    setup = f"n = {n}, {100 * fixed:.1f} % fixed, {100 * broken:.1f} % broken"
    return Covered("Tango, paired difference of accuracies", setup, truth, datasets, _held(low, high, truth))


def _macro_f1(datasets: int, seed: int, resamples: int) -> Covered:
    n_labels, n = 8, 400
    rng = np.random.default_rng(seed)
    cells = rng.dirichlet(np.full(n_labels * (n_labels + 1), 0.08)).reshape(n_labels, n_labels + 1)
    cells[np.arange(n_labels), np.arange(n_labels)] += 0.15
    cells /= cells.sum()
    truth = float(_f1(cells).mean())
    bounds = [
        bootstrap(rng.multinomial(n, cells.ravel()).reshape(cells.shape), resamples=resamples, seed=i).macro_f1_present
        for i in range(datasets)
    ]
    low, high = np.array(bounds).T
    return Covered("bootstrap, macro-F1", f"n = {n}, {n_labels} labels", truth, datasets, _held(low, high, truth))


def _paired_macro_f1(datasets: int, seed: int, resamples: int) -> Covered:
    n_labels, n = 6, 400
    rng = np.random.default_rng(seed + 1)
    joint = rng.dirichlet(np.full(n_labels**3, 0.05)).reshape(n_labels, n_labels, n_labels)
    each = np.arange(n_labels)
    joint[each, each, each] += 0.12
    joint /= joint.sum()
    truth = float(_f1(joint.sum(axis=1)).mean() - _f1(joint.sum(axis=2)).mean())
    bounds = []
    for i in range(datasets):
        true, a, b = np.unravel_index(rng.choice(joint.size, n, p=joint.ravel()), joint.shape)
        drawn = paired_bootstrap(true, a, b, n_labels, resamples=resamples, seed=i)
        bounds.append(drawn.difference["macro_f1_present"])
    low, high = np.array(bounds).T
    return Covered(
        "paired bootstrap, difference of macro-F1",
        f"n = {n}, {n_labels} labels",
        truth,
        datasets,
        _held(low, high, truth),
    )


def _f1(cells: Floats) -> Floats:
    """F1 of each label from shares; a last column beyond the labels counts unparsed."""
    n_labels = len(cells)
    f1: Floats = 2 * np.diag(cells) / (cells.sum(axis=1) + cells[:, :n_labels].sum(axis=0))
    return f1


def speed(*, n: int = 3080, n_labels: int = 77, resamples: int = 2000, accuracy: float = 0.75) -> Speed:
    """Time the paired bootstrap against a loop that resamples and calls scikit-learn's f1_score on integer labels."""
    rng = np.random.default_rng(0)
    true = np.arange(n, dtype=np.int64) % n_labels

    def answers(seed: int) -> Counts:
        own = np.random.default_rng(seed)
        return np.where(own.random(n) < accuracy, true, own.integers(0, n_labels, n))

    a, b = answers(1), answers(2)
    paired_bootstrap(true, a, b, n_labels, resamples=10)  # imports and first calls are not what is timed
    ours_s, ours = _timed(lambda: paired_bootstrap(true, a, b, n_labels, resamples=resamples))
    loop_s, drawn = _timed(lambda: _loop(rng, true, a, b, n_labels, resamples))
    low, high = np.quantile(drawn, [0.025, 0.975])
    interval = ours.difference["macro_f1_present"]
    return Speed(n, n_labels, resamples, ours_s, loop_s, interval, (float(low), float(high)))


def _loop(rng: np.random.Generator, true: Counts, a: Counts, b: Counts, n_labels: int, resamples: int) -> list[float]:
    from sklearn.metrics import f1_score

    labels = np.arange(n_labels)
    drawn = []
    for _ in range(resamples):
        rows = rng.integers(0, len(true), len(true))
        of_a, of_b = (
            f1_score(true[rows], answers[rows], labels=labels, average="macro", zero_division=0) for answers in (a, b)
        )
        drawn.append(float(of_b - of_a))
    return drawn


def _timed(work: Callable[[], _T]) -> tuple[float, _T]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def coverage_as_text(found: list[Covered]) -> str:
    """The figures for a terminal."""
    lines = [f"How often a 95 % interval holds the truth, over {found[0].datasets} simulated data sets"]
    lines += [f"  {100 * c.share:5.1f} %  {c.interval}; {c.setup}; truth {c.truth:.3f}" for c in found]
    return "\n".join(lines)


def speed_as_text(found: Speed) -> str:
    """The figures for a terminal."""
    return (
        f"difference of macro-F1, {found.n} examples, {found.n_labels} labels, {found.resamples} paired resamples\n"
        f"  here                 {found.ours_s:8.3f} s  interval {found.ours[0]:+.4f} to {found.ours[1]:+.4f}"
        " (and 12 more scores, and each label's F1)\n"
        f"  loop, scikit-learn   {found.loop_s:8.3f} s  interval {found.loop[0]:+.4f} to {found.loop[1]:+.4f}"
        " (macro-F1 alone)\n"
        f"  {found.loop_s / found.ours_s:.0f} times faster"
    )
