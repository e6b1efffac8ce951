"""Costs of one action taken for another, as a small grid: a third way to type the table of costs."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalcore.deciding.cost_table import (
    ANY,
    COST_COLUMNS,
    COSTS_TABLE,
    NO_LABEL,
    WRONG_ACTION,
    CostsAsked,
    cost_table,
)
from evalcore.deciding.typed_rows import columns_of, label_code, read_rows

MOST_ACTIONS = 12
"""Of a grid that can be looked over."""

_ANY = -1
"""The place of `*`."""

Edits = Mapping[tuple[int, int], str]
"""New costs by row and column; an empty one takes the row out of the table."""


@dataclass(frozen=True)
class CostGrid:
    """The costs of actions.

    Attributes:
        needed: the actions, one a row. taken: the same, one a column, and `(unparsed)`.
        cells: as typed: of taking the column's action where the row's was needed. What no row of the table names has
            the cost that a row with `*` says, else that of a wrong action; the right action's cell is empty.
        overruled: how many rows of the table name a label and not its action; these win over the cells.
    """

    needed: tuple[str, ...]
    taken: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    overruled: int


def cost_grid(labels: Sequence[str], asked: CostsAsked) -> CostGrid | None:
    """The grid of a table; None where no actions are typed, or too many for one.

    Raises:
        DataError: if one of the tables cannot be read.
    """
    names = cost_table(labels, CostsAsked(actions=asked.actions)).action_names
    if not asked.actions.strip() or len(names) > MOST_ACTIONS:
        return None
    taken = (*names, NO_LABEL)
    rows = read_rows(asked.costs, COST_COLUMNS, COSTS_TABLE) if asked.costs.strip() else []
    places = [(_place(row["true"], names), _place(row["predicted"], taken)) for row in rows]
    known = dict(zip(places, (row["cost"] for row in rows), strict=True))

    def cell(at: int, column: int) -> str:
        if at == column:
            return ""
        # The order in which the more specific row wins, as `cost_table` says.
        pairs = ((at, column), (at, _ANY), (_ANY, column), (_ANY, _ANY))
        return next((known[pair] for pair in pairs if pair in known), f"{WRONG_ACTION:g}")

    cells = tuple(tuple(cell(at, column) for column in range(len(taken))) for at in range(len(names)))
    return CostGrid(names, taken, cells, sum(None in pair for pair in places))


def with_costs(grid: CostGrid, text: str, edits: Edits) -> str:
    """The table of costs after cells of its grid were typed over; every other row stays as it is.

    Args:
        text: the table that the grid was made of.
        edits: those of the right action's own cells are passed over.

    Raises:
        DataError: if the table cannot be read.
    """
    columns = list(dict.fromkeys([*(columns_of(text) if text.strip() else ()), *COST_COLUMNS]))
    rows = [dict(row.values) for row in read_rows(text, columns, COSTS_TABLE)] if text.strip() else []
    places = [(_place(row["true"], grid.needed), _place(row["predicted"], grid.taken)) for row in rows]
    for pair, cost in edits.items():
        at, column = pair
        if at == column:
            continue
        if pair not in places:
            places.append(pair)
            rows.append(dict.fromkeys(columns, "") | {"true": grid.needed[at], "predicted": grid.taken[column]})
        rows[places.index(pair)]["cost"] = cost.strip()
    changed = {pair for pair, cost in edits.items() if not cost.strip()}
    kept = [row for row, pair in zip(rows, places, strict=True) if pair not in changed]
    if not kept:
        return ""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(kept)
    return stream.getvalue()


def _place(name: str, names: Sequence[str]) -> int | None:
    """Where a name stands among the actions, or `_ANY`; None for a label that is no action."""
    if name == ANY:
        return _ANY
    return label_code(name, {each: at for at, each in enumerate(names)})
