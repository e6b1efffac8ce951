"""What a session keeps of the examples that are listed: which one is open."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class ExampleTable:
    """One table of examples.

    Attributes:
        opened: position in the run's sample of the example that is open; None if none is.
        page: the page of rows that is shown, from 1.
        rows_of: which rows the table was last drawn of; None makes it turn to the opened example.
        generation: part of the widget's key: with another one the browser makes the table anew, with the opened
            example's row selected.
        first_selected: the widget's key, and the row that was selected when the table was made.
    """

    opened: int | None = None
    page: int = 1
    rows_of: tuple[str, int, int, int] | None = None
    generation: int = 0
    first_selected: tuple[str, int | None] = ("", None)

    def open(self, position: int | None) -> None:
        """Open an example, or close the one that is open."""
        if position != self.opened:
            self.opened, self.rows_of = position, None


@dataclass
class SharedExamples:
    """Examples of two or more runs, one of which is open; the first one where none was chosen.

    Attributes:
        opened: position in the first run's sample of the example that is open; None: the first of those shown.
        generation: part of the table's key: with another one the browser makes the table anew, with the opened
            example's row selected.
        first_selected: the table's key, and the row that was selected when the table was made.
    """

    opened: int | None = None
    generation: int = 0
    first_selected: tuple[str, int | None] = ("", None)

    def open(self, position: int | None) -> None:
        """Open an example by something else than a click in the table."""
        self.opened = position
        self.generation += 1
