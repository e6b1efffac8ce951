"""A range of a filter in words."""

from __future__ import annotations

import math

from evalcore.analysis.answer_probabilities import ordinal
from evalcore.analysis.filters import Between
from evalcore.wording import figure


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
    between_units = unit if name == "confidence" else ""
    return f"{_short(scale * low)}{between_units} to {_short(scale * high)}{unit}"


def _short(value: float) -> str:
    """With as few of two decimals as it has."""
    words = figure(value, 2)
    return words.rstrip("0").rstrip(".") if "." in words else words
