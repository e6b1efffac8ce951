"""A range of a filter in words."""

from __future__ import annotations

import math

from evalcore.analysis.answer_probabilities import ordinal
from evalcore.analysis.filters import Between
from evalcore.wording import figure

_DECIMALS, _MOST_DECIMALS = 2, 8
"""More are shown where both ends would look alike."""


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
