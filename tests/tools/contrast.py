"""How far apart two colours are, as WCAG 2 measures it."""

from __future__ import annotations

Rgb = tuple[float, float, float]


def contrast(one: Rgb, other: Rgb) -> float:
    """From 1 (the same) to 21 (black and white). Source: WCAG 2.2, "contrast ratio".

    Args:
        one, other: red, green and blue from 0 to 255.
    """
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def over(colour: Rgb, ground: Rgb, share: float) -> Rgb:
    """A colour that covers a ground in part."""
    red, green, blue = (share * top + (1 - share) * below for top, below in zip(colour, ground, strict=True))
    return red, green, blue


def _luminance(colour: Rgb) -> float:
    linear = [
        level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4
        for level in (channel / 255 for channel in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
