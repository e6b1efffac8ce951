"""How far apart two colours are, as WCAG 2 measures it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Rgb = tuple[float, float, float]
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
"""What each channel of linear RGB adds to how bright a colour looks."""


def contrast(one: Rgb, other: Rgb) -> float:
    """From 1 (the same) to 21 (black and white). Source: WCAG 2.2, "contrast ratio".

    Args:
        one, other: red, green and blue from 0 to 255.
    """
    return contrast_of_light(linear(one), linear(other))


def contrast_of_light(one: Sequence[float], other: Sequence[float]) -> float:
    """The same of two colours in linear RGB, from 0 to 1."""
    low, high = sorted(float(np.dot(LUMINANCE, light)) for light in (one, other))
    return (high + 0.05) / (low + 0.05)


def linear(colour: Rgb) -> NDArray[np.float64]:
    """How much light of each channel a colour has, from 0 to 1.

    Args:
        colour: red, green and blue from 0 to 255, encoded as in sRGB.
    """
    encoded = np.array(colour) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def over(colour: Rgb, ground: Rgb, share: float) -> Rgb:
    """A colour that covers a ground in part."""
    red, green, blue = (share * top + (1 - share) * below for top, below in zip(colour, ground, strict=True))
    return red, green, blue
