"""What a session looks at on the Decide page."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Literal

from evalcore.deciding import CostsAsked, FrontierAsked, LabelListAsked, ReviewAsked, TrafficAsked
from pages.parts.shell.views.figure_state import FigureState

HowTyped = Literal["Rows", "Grid", "CSV"]


@dataclass
class TypedTable:
    """A table that a person types: what stands in the editor, which need not be what the page has taken from it.

    Attributes:
        taken: the text that the page computes with, as it was last seen here.
        typed: what stands in the editor: the same, unless that was refused.
        refused: why it was, a sentence; empty if it was taken.
        how: whether it is typed by rows, as a grid of costs, or as CSV.
        rows_of: the text that the table of rows, or the grid, was made of; its edits come on top.
        generation: part of the widgets' keys: with another one the browser makes the table of rows anew.
        files: how many files were given: part of that field's key, so that it is empty again after each.
    """

    taken: str = ""
    typed: str = ""
    refused: str = ""
    how: HowTyped = "Rows"
    rows_of: str = ""
    generation: int = 0
    files: int = 0

    def begin(self, text: str) -> None:
        """Show another text than what was typed here."""
        self.taken = self.typed = self.rows_of = text
        self.refused = ""
        self.generation += 1


@dataclass
class DecideView:
    """What the Decide page shows.

    Attributes:
        tab: the tab that is open; empty for the first.
        drawn_tab: the tab that was drawn last.
        beside: id of the run that it is compared with; empty if it is looked at alone.
        review, costs, traffic, label_list, frontier: what is asked.
        opens: which examples are open, by the tab, in the tab's own words.
        figures: by name.
        typed: the tables that are typed, by the name of the field.
        answered: what was asked when it could be answered last, by the question and the runs.
        said: what was done or could not be, a sentence, by the name of the field; shown until the next attempt.
    """

    tab: str = ""
    drawn_tab: str = ""
    beside: str = ""
    review: ReviewAsked = field(default_factory=ReviewAsked)
    costs: CostsAsked = field(default_factory=CostsAsked)
    traffic: TrafficAsked = field(default_factory=TrafficAsked)
    label_list: LabelListAsked = field(default_factory=LabelListAsked)
    frontier: FrontierAsked = field(default_factory=FrontierAsked)
    opens: dict[str, str] = field(default_factory=dict)
    figures: dict[str, FigureState] = field(default_factory=dict)
    typed: dict[str, TypedTable] = field(default_factory=dict)
    answered: dict[str, Hashable] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    @property
    def opened(self) -> str:
        """Which examples are open in the tab that is open; empty for the most telling ones."""
        return self.opens.get(self.tab, "")

    @opened.setter
    def opened(self, what: str) -> None:
        self.opens[self.tab] = what
