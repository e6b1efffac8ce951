"""What a session keeps of a confusion matrix."""

from __future__ import annotations

from dataclasses import dataclass, field

from evalcore.analysis import Filter


@dataclass
class MatrixPick:
    """What is picked in a confusion matrix: a cell, a row or a column.

    Attributes:
        cell: what is picked; an empty filter if nothing is.
        outlined: what the drawing outlines. Not what was clicked in it: it outlines that itself, and a changed chart
            would lose its zoom.
        clicked: what was clicked in the drawing last, where it stays selected until it is clicked again.
        drawn: how often the drawing was made anew to lose its zoom.
    """

    cell: Filter = field(default_factory=Filter)
    outlined: Filter = field(default_factory=Filter)
    clicked: Filter = field(default_factory=Filter)
    drawn: int = 0

    def pick(self, cell: Filter) -> None:
        """Pick by something else than a click in the drawing."""
        self.cell = self.outlined = cell

    def click(self, cell: Filter | None) -> None:
        """Take a click in the drawing.

        Args:
            cell: None if the one that the drawing has selected was clicked again. That lets it go, unless something
                else has been picked since: then it is picked again.
        """
        if cell is not None:
            self.cell = self.clicked = cell
        else:
            self.pick(Filter() if self.cell == self.clicked else self.clicked)

    def draw_anew(self) -> None:
        """Make the drawing anew, without its zoom, and with what is picked outlined."""
        self.drawn += 1
        self.outlined = self.cell
