"""The colours of all charts: one for each outcome and each run, two themes, and the palette of the matrices."""

from __future__ import annotations

from dataclasses import dataclass

RUN_A, RUN_B = "#2f6fde", "#e07b1a"
RIGHT, WRONG, UNPARSED, ABSENT = "#2a9d78", "#d9534f", "#8c6bb8", "#9aa5b5"
"""One colour for each outcome in all charts, readable on both themes."""
MAGMA = ("#000004", "#1c1044", "#4f127b", "#812581", "#b5367a", "#e55064", "#fb8761", "#fec287", "#fcfdbf")
"""The palette of the matrices, from dark to light."""


@dataclass(frozen=True)
class Theme:
    """The colours of one theme.

    Attributes:
        text: of letters; faint: of thin lines.
        zero: of a cell whose value is 0.
        neutral: of a cell in which two runs do not differ.
        highlighted: the border of a selected cell.
        magma_reversed: whether the palette goes from light to dark, as on a light page.
    """

    text: str
    faint: str
    zero: str
    neutral: str
    highlighted: str
    magma_reversed: bool

    @property
    def magma(self) -> list[str]:
        """The palette from the smallest value to the largest."""
        return list(reversed(MAGMA)) if self.magma_reversed else list(MAGMA)


LIGHT = Theme("#131a2a", "#c9d1de", "#fdfbf0", neutral="#f2f2f2", highlighted="#0084ff", magma_reversed=True)
DARK = Theme("#e6ebf5", "#38445c", "#000004", neutral="#20293c", highlighted="#20d9ff", magma_reversed=False)
