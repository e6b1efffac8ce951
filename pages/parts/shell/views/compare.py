"""What a session looks at on the Compare page."""

from __future__ import annotations

from dataclasses import dataclass, field

from evalcore.analysis import Filter
from evalcore.charts import MatrixKind
from pages.parts.shell.views.matrix_pick import MatrixPick
from pages.parts.shell.views.opened_examples import SharedExamples


@dataclass
class PairView:
    """What the Compare page shows.

    Attributes:
        runs: ids of A and B; None until there are two.
        tab: the tab that is open; empty for the first.
        door: the group of examples that is open: of `PAIR_GROUPS`, or `both_wrong`; empty: the most telling one.
        label: the label that is open among the labels; empty if none is.
        matrix: which of the matrices.
        picked: in that matrix.
        examples: those that the door, the label or the matrix leads to.
    """

    runs: tuple[str, str] | None = None
    tab: str = ""
    door: str = ""
    label: str = ""
    matrix: MatrixKind = "B − A"
    picked: MatrixPick = field(default_factory=MatrixPick)
    examples: SharedExamples = field(default_factory=SharedExamples)

    def open_door(self, door: str) -> None:
        """Show a group's examples, from its first one."""
        self.tab, self.door = "", door
        self.examples.open(None)

    def pick(self, cell: Filter) -> None:
        """Pick a cell, a row or a column of the matrix, and show its examples from the first one."""
        self.picked.pick(cell)
        self.examples.open(None)
