"""Numbers in words, the same everywhere: percent, points, p-values, counts. What is undefined is never `nan`."""

from __future__ import annotations

NOT_AVAILABLE = "n/a"
MINUS = "\u2212"


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


def figure(value: float, decimals: int = 3) -> str:
    """A plain number: `0.642`; `n/a` for NaN."""
    return f"{value:.{decimals}f}" if value == value else NOT_AVAILABLE


def counted(n: int, noun: str, plural: str = "") -> str:
    """A count and what is counted.

    Example:
        >>> counted(1, "example"), counted(3080, "example"), counted(2, "wrong answer with it", "wrong answers with it")
        ('1 example', '3,080 examples', '2 wrong answers with it')

    Args:
        noun: of one; its plural is `plural`, or the noun with an s.
    """
    return f"{n:,} {noun if n == 1 else plural or f'{noun}s'}"


def points(difference: float) -> str:
    """A difference of shares in percentage points, of which a very small one is 0.

    Example:
        >>> points(0.025), points(-0.003), points(0.0001)
        ('+2.5', '−0.3', '±0')
    """
    return "±0" if abs(difference) < 5e-4 else signed(difference)


def signed(difference: float) -> str:
    """A difference of shares in percentage points, with its sign: `+2.5`."""
    value = round(100 * difference, 1)
    return f"{'+' if value > 0 else MINUS if value < 0 else ''}{abs(value):.1f}"


def p_value(p: float) -> str:
    """A p-value as papers write it: `p = .099`, `p < .001`, `p = 1`."""
    if p < 0.001:
        return "p < .001"
    return f"p = {p:.3f}".replace("0.", ".", 1) if p < 1 else "p = 1"
