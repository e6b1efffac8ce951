"""What is wrong with a person's data, as a table to take away."""

from __future__ import annotations

from collections.abc import Sequence

from evalcore.output.tables import Kind, ResultTable, Row, table
from evalcore.tasks.audit import Problem

COLUMNS: tuple[tuple[str, Kind], ...] = (
    ("weight", "text"),
    ("problem", "text"),
    ("cure", "text"),
    ("rows", "integer"),
    ("first lines", "text"),
)


def problems_table(name: str, problems: Sequence[Problem]) -> ResultTable:
    """A row for each problem; its first lines, and how many rows it is about.

    Args:
        name: of the table.
    """

    def rows() -> list[Row]:
        return [
            ("must be mended" if problem.blocks else "to know", problem.sentence, problem.cure, problem.count,
             ", ".join(map(str, problem.rows)))
            for problem in problems
        ]  # fmt: skip

    return table(name, COLUMNS, rows)
