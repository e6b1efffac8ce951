"""How fast the intervals are, compared with a loop that calls scikit-learn: `python -m evalcore bench-scores`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from evalcore.metrics import Counts, Interval, paired_intervals

_T = TypeVar("_T")


@dataclass(frozen=True)
class Speed:
    """Times of two ways to compute an interval of the difference of two runs' macro-F1.

    Attributes:
        n: number of examples.
        n_labels: number of labels.
        resamples: number of resamples of the loop.
        ours_s: seconds for the intervals of all scores, the median of five.
        loop_s: seconds for all resamples, of macro-F1 only.
        ours: the interval in closed form.
        loop: the interval from the resamples.
    """

    n: int
    n_labels: int
    resamples: int
    ours_s: float
    loop_s: float
    ours: Interval
    loop: Interval


def speed(*, n: int = 3080, n_labels: int = 77, resamples: int = 2000, accuracy: float = 0.75) -> Speed:
    """Time the closed form against a loop that resamples and calls scikit-learn's f1_score on integer labels."""
    rng = np.random.default_rng(0)
    true = np.arange(n, dtype=np.int64) % n_labels

    def answers(seed: int) -> Counts:
        own = np.random.default_rng(seed)
        return np.where(own.random(n) < accuracy, true, own.integers(0, n_labels, n))

    a, b = answers(1), answers(2)
    timed = [_timed(lambda: paired_intervals(true, a, b, n_labels, "random")) for _ in range(6)][
        1:
    ]  # the first warms up
    ours_s, ours = float(np.median([seconds for seconds, _ in timed])), timed[0][1]
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


def speed_as_text(found: Speed) -> str:
    """The figures for a terminal."""
    return (
        f"difference of macro-F1, {found.n} examples, {found.n_labels} labels; {found.resamples} resamples\n"
        f"  closed form          {found.ours_s:8.4f} s  interval {found.ours[0]:+.4f} to {found.ours[1]:+.4f}"
        " (and seven more scores, and each label's F1)\n"
        f"  loop, scikit-learn   {found.loop_s:8.3f} s  interval {found.loop[0]:+.4f} to {found.loop[1]:+.4f}"
        " (macro-F1 alone)\n"
        f"  {found.loop_s / found.ours_s:.0f} times faster"
    )
