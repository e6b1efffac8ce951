"""The colours of all charts: two runs, four outcomes, two themes, and the palette of the matrices.

The outcomes of a theme can be told apart without colour vision: see `tests/charts/test_theme.py`, which simulates it.
`.streamlit/config.toml` has the same colours for words in Markdown (`:green[right]`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

RUN_A, RUN_B = "#2f6fde", "#e07b1a"
MAGMA = ("#000004", "#1c1044", "#4f127b", "#812581", "#b5367a", "#e55064", "#fb8761", "#fec287", "#fcfdbf")
"""The palette of the matrices, from dark to light."""


@dataclass(frozen=True)
class Theme:
    """The colours of one theme.

    Attributes:
        background: of the page.
        text: of letters; pale_text: of letters that matter less, such as rows with few examples; faint: of thin lines.
        right, wrong, unparsed, absent: fills of the outcomes; `text_of` has the colours of their names.
        wrong_pale: of a wrong part with an outline in `wrong`, a cue besides the colour.
        right_text, wrong_text: of letters, where the fill has too little contrast.
        zero: of a cell whose value is 0; diagonal: of a cell that is off the colour scale, as right answers are.
        neutral: of a cell in which two runs do not differ.
        highlighted: the border of a selected cell.
        magma_reversed: whether the palette goes from light to dark, as on a light page.
    """

    background: str
    text: str
    pale_text: str
    faint: str
    right: str
    wrong: str
    wrong_pale: str
    unparsed: str
    absent: str
    right_text: str
    wrong_text: str
    zero: str
    diagonal: str
    neutral: str
    highlighted: str
    magma_reversed: bool

    @property
    def magma(self) -> list[str]:
        """The palette from the smallest value to the largest."""
        return list(reversed(MAGMA)) if self.magma_reversed else list(MAGMA)

    @property
    def scale(self) -> list[str]:
        """The part of the palette that can be told from `zero`, so that the smallest value is seen as well."""
        return self.magma[1:] if self.magma_reversed else self.magma[2:]

    def text_of(self, outcome: str) -> str:
        """The colour of the letters that name an outcome: `right`, `wrong`, `unparsed` or `absent`."""
        texts = {"right": self.right_text, "wrong": self.wrong_text, "unparsed": self.unparsed, "absent": self.absent}
        return texts[outcome]


LIGHT = Theme(
    background="#ffffff",
    text="#131a2a",
    pale_text="#636e84",
    faint="#c9d1de",
    right="#169c83",
    wrong="#a22f0c",
    wrong_pale="#ebd1ca",
    unparsed="#43298a",
    absent="#4f596b",
    right_text="#0b7562",
    wrong_text="#a22f0c",
    zero="#fdfbf0",
    diagonal="#c3cad6",
    neutral="#f2f2f2",
    highlighted="#0084ff",
    magma_reversed=True,
)
DARK = Theme(
    background="#0d1320",
    text="#e6ebf5",
    pale_text="#8591a7",
    faint="#38445c",
    right="#4fdcb8",
    wrong="#c84a28",
    wrong_pale="#452422",
    unparsed="#b39df2",
    absent="#8792a6",
    right_text="#4fdcb8",
    wrong_text="#ec7a54",
    zero="#000004",
    diagonal="#465066",
    neutral="#20293c",
    highlighted="#20d9ff",
    magma_reversed=False,
)


def blended(colours: Sequence[str], share: float) -> str:
    """The colour at a place between the first and the last of several that follow each other at equal distances.

    Example:
        >>> blended(["#000000", "#ffffff"], 0.5)
        '#808080'

    Args:
        colours: as `#rrggbb`, two or more; share: in [0, 1].
    """
    at = share * (len(colours) - 1)
    before = min(int(at), len(colours) - 2)
    start, end = _channels(colours[before]), _channels(colours[before + 1])
    mixed = (round(low + (at - before) * (high - low)) for low, high in zip(start, end, strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def is_light(colour: str) -> bool:
    """Whether black letters have more contrast on a colour than white ones.

    Source: relative luminance and contrast ratio of WCAG 2.2.
    """
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in (value / 255 for value in _channels(colour))
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return (luminance + 0.05) ** 2 > 0.05 * 1.05


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue
