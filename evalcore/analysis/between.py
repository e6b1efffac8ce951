"""A range of numbers, which a filter asks for: as a URL holds it, as a mask, and in words."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalcore.wording import figure, ordinal

Mask = NDArray[np.bool_]

_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?"
_BETWEEN = re.compile(rf"({_NUMBER})(?:(-)({_NUMBER})?)?")
_LONGEST_BETWEEN = 60
_DECIMALS, _MOST_DECIMALS = 2, 8
"""More are shown where both ends would look alike."""


@dataclass(frozen=True)
class Between:
    """A range of numbers: from `low` on and below `high`; just this number where the two are equal.

    A range that ends at the largest possible value, as `0.9-1` of a confidence, contains it. A range of whole numbers,
    such as ranks, contains both its ends.
    """

    low: float
    high: float = math.inf

    def __str__(self) -> str:
        """`0.9-1`; `0.9-` without an upper end, `0.9` where both ends are equal. Every digit that the numbers have."""
        if self.low == self.high:
            return _digits(self.low)
        return f"{_digits(self.low)}-{'' if math.isinf(self.high) else _digits(self.high)}"

    @classmethod
    def of_text(cls, text: str) -> Between | None:
        """The inverse of `str`; None if the text is no range."""
        found = _BETWEEN.fullmatch(text) if len(text) <= _LONGEST_BETWEEN else None
        if found is None:
            return None
        low = float(found[1])
        high = float(found[3]) if found[3] else math.inf if found[2] else low
        return cls(low, high) if low <= high and math.isfinite(low) else None

    def mask(self, values: NDArray[Any], *, largest: float = math.inf, whole: bool = False) -> Mask:
        """Which of some values lie in it; NaN never does.

        Args:
            largest: the largest value that there can be.
            whole: they are whole numbers.
        """
        if whole or self.low == self.high:
            return np.asarray((values >= self.low) & (values <= self.high))
        return np.asarray((values >= self.low) & ((values < self.high) | (self.high >= largest)))


def _digits(number: float) -> str:
    return repr(float(number)).removesuffix(".0")


def _bands(*edges: float) -> tuple[Between, ...]:
    return tuple(map(Between, edges[:-1], edges[1:]))


BANDS: dict[str, tuple[Between, ...]] = {
    "confidence": _bands(0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1),
    "margin": _bands(-1, 0, 0.05, 0.1, 0.25, 0.5, 0.9, 1),
    "entropy": _bands(0, 0.1, 0.5, 1, 2, 3, 4, math.inf),
    "true_rank": (Between(1, 1), Between(2, 2), Between(3, 3), Between(4, 5), Between(6, 10), Between(11)),
}
"""Ranges to choose from, by field of a filter. Each one begins where the one before it ends."""


def between_words(name: str, between: Between) -> str:
    """`75 % to 90 %`, `5 to 10 points`, `1 to 2 bits`, `2nd`, `4th to 5th`; without an upper end `11th or lower`.

    Args:
        name: the field of a filter.
    """
    low, high = between.low, between.high
    if name == "true_rank":
        first, last = (ordinal(int(end)) if math.isfinite(end) else "" for end in (low, high))
        return first if low == high else f"{first} to {last}" if last else f"{first} or lower"
    unit = {"confidence": " %", "margin": " points", "entropy": " bits"}[name]
    scale = 1 if name == "entropy" else 100
    if low == high:
        return f"{_short(scale * low)}{unit}"
    if math.isinf(high):
        return f"{_short(scale * low)}{unit} or more"
    for decimals in range(_DECIMALS, _MOST_DECIMALS + 1):
        first, last = _short(scale * low, decimals), _short(scale * high, decimals)
        if first != last:
            break
    return f"{first}{unit if name == 'confidence' else ''} to {last}{unit}"


def _short(value: float, decimals: int = _DECIMALS) -> str:
    """Without zeros at the end."""
    words = figure(value, decimals)
    return words.rstrip("0").rstrip(".") if "." in words else words
