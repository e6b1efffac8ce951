"""Two sets of answers to the same examples: which are fixed and broken, the interval of the difference, agreement.

Codes are as in `classification`: true labels in [0, n_labels), answers with -1 for unparsed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalcore.metrics.classification import UNPARSED, Counts, Floats
from evalcore.metrics.overall import cohen_kappa

PairGroup = Literal["fixed", "broken", "both_right", "wrong_alike", "wrong_differently", "both_unparsed"]
PAIR_GROUPS: tuple[PairGroup, ...] = get_args(PairGroup)
_BISECTIONS = 60


@dataclass(frozen=True)
class PairCounts:
    """How many examples are in each group; the six add up to `n`.

    Attributes:
        fixed: A is wrong or unparsed, B is right.
        broken: A is right, B is wrong or unparsed.
        wrong_alike: both give one and the same wrong label.
        wrong_differently: both are wrong, with different labels or just one of them unparsed.
        both_unparsed: neither names a label; kept apart from `wrong_alike`, since the two completions may differ.
    """

    n: int
    fixed: int
    broken: int
    both_right: int
    wrong_alike: int
    wrong_differently: int
    both_unparsed: int

    @property
    def discordant_rate(self) -> float:
        """Share of examples that just one of the two gets right; NaN without examples."""
        return (self.fixed + self.broken) / self.n if self.n else float("nan")

    @property
    def difference(self) -> float:
        """Accuracy of B minus accuracy of A; NaN without examples."""
        return (self.fixed - self.broken) / self.n if self.n else float("nan")


@dataclass(frozen=True)
class Agreement:
    """How alike two sets of answers are.

    Attributes:
        same: share of identical answers.
        kappa: Cohen's, with unparsed as a category; NaN where chance agreement is certain.
        both_wrong: examples that neither gets right.
        expected_both_wrong: how many that would be if the two erred independently of each other.
    """

    same: float
    kappa: float
    both_wrong: int
    expected_both_wrong: float


def group_codes(y_true: Counts, y_a: Counts, y_b: Counts) -> NDArray[np.int8]:
    """Each example's group, as a position in `PAIR_GROUPS`; shape (n,).

    Raises:
        ValueError: if the shapes differ.
    """
    if not y_true.shape == y_a.shape == y_b.shape:
        raise ValueError(f"shapes differ: y_true {y_true.shape}, y_a {y_a.shape}, y_b {y_b.shape}")
    right_a, right_b = y_a == y_true, y_b == y_true
    alike, named = y_a == y_b, y_a != UNPARSED
    groups: list[tuple[PairGroup, NDArray[np.bool_]]] = [
        ("fixed", ~right_a & right_b),
        ("broken", right_a & ~right_b),
        ("both_right", right_a & right_b),
        ("wrong_alike", alike & named),
        ("both_unparsed", alike),
    ]
    codes = [np.int8(PAIR_GROUPS.index(name)) for name, _ in groups]
    return np.select([mask for _, mask in groups], codes, np.int8(PAIR_GROUPS.index("wrong_differently")))


def pair_counts(groups: NDArray[np.int8]) -> PairCounts:
    """Count the groups.

    Args:
        groups: as `group_codes` returns them.
    """
    return PairCounts(len(groups), *(int(count) for count in np.bincount(groups, minlength=len(PAIR_GROUPS))))


def tango_interval(gained: ArrayLike, lost: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Tango's score interval for a paired difference of shares, (gained - lost) / n; NaN where n is 0.

    It inverts the score test whose statistic at difference 0 is McNemar's, stays inside [-1, 1], and keeps its
    level where few pairs disagree, where the usual standard error fails (with no such pair its width is 0).

    Example:
        >>> [round(float(bound), 3) for bound in tango_interval(15, 5, 100)]
        [0.013, 0.192]

    Args:
        gained, lost: pairs in which only the second, only the first is a success; of one shape with `n`.

    Returns:
        Lower and upper bounds, each of that shape.

    Source: Tango 1998, Statistics in Medicine 17, 891-908.
    """
    b, c, n = (np.asarray(values, dtype=float) for values in (gained, lost, n))
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        point = (b - c) / n
        low = _where_statistic_is(z, b, c, n, np.full_like(point, -1.0), point)
        high = _where_statistic_is(-z, b, c, n, point, np.full_like(point, 1.0))
    empty = n == 0
    return np.where(empty, np.nan, low), np.where(empty, np.nan, high)


def _where_statistic_is(target: float, b: Floats, c: Floats, n: Floats, low: Floats, high: Floats) -> Floats:
    """The difference at which the score statistic, which decreases in the difference, is `target`; by bisection."""
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        above = score_statistic(b, c, n, middle) > target
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return (low + high) / 2


def score_statistic(b: Floats, c: Floats, n: Floats | float, difference: Floats | float) -> Floats:
    """Tango's score statistic of a paired difference; at difference 0 its square is McNemar's.

    Args:
        b, c: pairs in which only the second, only the first is a success; of one shape with `n`, or one number of it.
        difference: under the hypothesis, in [-1, 1].

    Returns:
        Of that shape: about standard normal under the hypothesis; it grows with `b` and falls with `c`.
    """
    linear = -b - c + (2 * n - b + c) * difference
    constant = -c * difference * (1 - difference)
    lost = (np.sqrt(np.maximum(linear**2 - 8 * n * constant, 0)) - linear) / (4 * n)
    variance = n * (2 * lost + difference * (1 - difference))
    above = b - c - n * difference
    infinite = np.where(above == 0, 0.0, np.copysign(np.inf, above))
    return np.where(variance > 0, above / np.sqrt(np.where(variance > 0, variance, 1.0)), infinite)


def agreement(y_true: Counts, y_a: Counts, y_b: Counts) -> Agreement:
    """How alike the answers are, and how often both are wrong, against the number under independence.

    Args:
        y_true, y_a, y_b: shape (n,), codes; -1 is unparsed.

    Source: kappa is equal to sklearn.metrics.cohen_kappa_score(y_a, y_b).
    """
    n = len(y_true)
    if not n:
        nothing = float("nan")
        return Agreement(nothing, nothing, 0, nothing)
    same = int((y_a == y_b).sum())
    width = int(max(y_a.max(), y_b.max())) + 2
    often_a, often_b = (np.bincount(y + 1, minlength=width) for y in (y_a, y_b))
    wrong_a, wrong_b = y_a != y_true, y_b != y_true
    return Agreement(
        same=same / n,
        kappa=float(cohen_kappa(same, often_a @ often_b, n)),
        both_wrong=int((wrong_a & wrong_b).sum()),
        expected_both_wrong=float(wrong_a.mean() * wrong_b.mean() * n),
    )


def holm(p: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values: comparing each with a level keeps the family-wise error rate at that level.

    Args:
        p: p-values of the tests of one family.

    Returns:
        one for each, in the same order.

    Source: Holm 1979; equal to statsmodels' multipletests(p, method="holm").
    """
    order = sorted(range(len(p)), key=lambda i: p[i])
    adjusted = [0.0] * len(p)
    highest = 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(p) - rank) * p[i]))
        adjusted[i] = highest
    return adjusted
