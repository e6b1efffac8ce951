"""Numbers in words, the same everywhere: percent, points, intervals, p-values, counts.

Every figure that a person reads is rounded here, by one rule. What is undefined is never `nan`, and an interval without
a width is never shown as one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

NOT_AVAILABLE = "n/a"
"""Stands for an undefined figure in a text."""
UNDEFINED = "–"
"""Stands for it in the cell of a table."""
NOT_ESTIMABLE = "not estimable"
"""Stands for an interval that these examples do not allow."""
MINUS = "\u2212"
_MOST_DECIMALS = 6


def percent(share: float, undefined: str = NOT_AVAILABLE) -> str:
    """A share in percent, with one decimal.

    Example:
        >>> percent(0.913), percent(float("nan"))
        ('91.3 %', 'n/a')

    Args:
        share: in [0, 1], or NaN.
        undefined: what stands for NaN.
    """
    return f"{100 * share:.1f} %" if share == share else undefined


def in_percent(share: float) -> float:
    """A share in percent as a number with the decimal that `percent` shows, for tables that sort by it.

    A browser rounds by another rule (25.25 to 25.3); of a number that is rounded already it shows what is there.

    Example:
        >>> in_percent(0.2525), percent(0.2525)
        (25.2, '25.2 %')
    """
    return round(100 * share, 1)


def figure(value: float, decimals: int = 3, *, signed: bool = False, undefined: str = NOT_AVAILABLE) -> str:
    """A plain number.

    Example:
        >>> figure(0.6424), figure(12.34, 1), figure(-0.02, 2, signed=True), figure(float("nan")), figure(float("inf"))
        ('0.642', '12.3', '−0.02', 'n/a', '∞')

    Args:
        signed: whether a number above 0 gets a plus.
        undefined: what stands for NaN.
    """
    if value != value:
        return undefined
    if abs(value) == float("inf"):
        return f"{MINUS if value < 0 else '+' if signed else ''}∞"
    rounded = round(value, decimals)
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return f"{sign}{abs(rounded):,.{decimals}f}"


def interval(
    bounds: Iterable[float],
    *,
    scale: float = 100,
    decimals: int = 1,
    signed: bool = False,
    undefined: str = NOT_ESTIMABLE,
) -> str:
    """An interval, in percent or points.

    Example:
        >>> interval((0.6188, 0.7119)), interval((-0.002, 0.054), signed=True), interval((0.99996, 1))
        ('61.9 to 71.2', '−0.2 to +5.4', '99.996 to 100.000')
        >>> interval((0.5, 0.5)), interval((float("nan"), float("nan")))
        ('not estimable', 'not estimable')

    Args:
        bounds: lower and upper; shares where `scale` is 100.
        decimals: more are shown where the two bounds would look alike.
        signed: whether a bound above 0 gets a plus.
        undefined: what stands for an interval that is NaN, or has no width.
    """
    low, high = (scale * float(bound) for bound in bounds)
    if not low < high:
        return undefined
    for places in range(decimals, _MOST_DECIMALS + 1):
        if round(low, places) != round(high, places):
            return f"{figure(low, places, signed=signed)} to {figure(high, places, signed=signed)}"
    return undefined


def counted(n: int, noun: str, plural: str = "") -> str:
    """A count and what is counted.

    Example:
        >>> counted(1, "example"), counted(3080, "example"), counted(2, "wrong answer with it", "wrong answers with it")
        ('1 example', '3,080 examples', '2 wrong answers with it')

    Args:
        noun: of one; its plural is `plural`, or the noun with an s.
    """
    return f"{n:,} {noun if n == 1 else plural or f'{noun}s'}"


def ordinal(number: int) -> str:
    """A place in an order.

    Example:
        >>> ordinal(1), ordinal(2), ordinal(11), ordinal(1003)
        ('1st', '2nd', '11th', '1,003rd')
    """
    last = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{last}"


def sized(size_bytes: float) -> str:
    """A size: `0.4 KB`, `1.4 MB`, `2.0 GB`, in steps of 1,000."""
    size = size_bytes / 1000
    for unit in ("KB", "MB"):
        if size < 999.95:  # what would be rounded to 1000.0 is 1.0 of the next
            return f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def rough(number: float) -> str:
    """A number of which only the size is of interest, to three digits.

    Example:
        >>> rough(57_894), rough(1_317), rough(12.4), rough(0)
        ('57,900', '1,320', '12', '0')
    """
    digits = max(0, len(str(int(abs(number)))) - 3)
    return f"{round(number, -digits):,.0f}"


def three_digits(number: float) -> str:
    """A number to three digits that say something, however small it is.

    Example:
        >>> three_digits(0.01234), three_digits(2.7), three_digits(154_321), three_digits(0)
        ('0.0123', '2.70', '154,000', '0')
    """
    if not number:
        return "0"
    size = math.floor(math.log10(abs(number)))
    return f"{round(number, 2 - size):,.{min(9, max(0, 2 - size))}f}"


def lasting(seconds: float) -> str:
    """A time that something lasts, roughly.

    Example:
        >>> lasting(0.01), lasting(0.25), lasting(40), lasting(300), lasting(10_800)
        ('less than 0.1 s', '0.2 s', '40 s', '5 minutes', '3 hours')
    """
    if seconds < 0.1:
        return "less than 0.1 s"
    if seconds < 120:
        return f"{figure(seconds, 1 if seconds < 10 else 0)} s"
    return f"{figure(seconds / 60, 0)} minutes" if seconds < 7200 else f"{figure(seconds / 3600, 0)} hours"


def money(amount: float, currency: str) -> str:
    """A sum of money, to the cent; below one, unless it is whole cents, with three digits that say something.

    Example:
        >>> money(12.3456, "USD"), money(0.0042, "USD"), money(0.5, "EUR"), money(0, "EUR")
        ('USD 12.35', 'USD 0.00420', 'EUR 0.50', 'EUR 0.00')
    """
    whole_cents = amount == round(amount, 2)
    decimals = 2 if amount >= 1 or amount <= 0 or whole_cents else min(9, 2 - math.floor(math.log10(amount)))
    return f"{currency} {amount:,.{decimals}f}"


def points(difference: float) -> str:
    """A difference of shares in percentage points, of which a very small one is 0.

    Example:
        >>> points(0.025), points(-0.003), points(0.0001)
        ('+2.5', '−0.3', '±0')
    """
    return "±0" if abs(difference) < 5e-4 else signed(difference)


def signed(difference: float) -> str:
    """A difference of shares in percentage points, with its sign: `+2.5`."""
    return figure(100 * difference, 1, signed=True)


def p_value(p: float) -> str:
    """A p-value as papers write it: `p = .099`, `p < .001`, `p = 1`."""
    if p < 0.001:
        return "p < .001"
    return f"p = {p:.3f}".replace("0.", ".", 1) if p < 1 else "p = 1"
