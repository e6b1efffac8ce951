"""The grid of costs: what its cells show is what the table says of actions, and typing over one changes one row."""

import random

import numpy as np
import pytest

from evalcore.deciding import ANY, NO_LABEL, CostsAsked, cost_grid, cost_table, with_costs
from evalcore.deciding.cost_grid import MOST_ACTIONS

LABELS = ("card, lost", "card_found", 'pin "x"', "rate", "refund")
ACTIONS = (
    'label,action\n"card, lost","cards, all"\ncard_found,"cards, all"\n"pin ""x""",security\nrate,money\nrefund,money\n'
)
NAMES = ("cards, all", "security", "money")


def grid_of(costs):
    return cost_grid(LABELS, CostsAsked(ACTIONS, costs))


def written(rows):
    quote = '"{}"'.format
    return "true,predicted,cost\n" + "".join(f"{quote(a)},{quote(b)},{cost}\n" for a, b, cost in rows)


def blocks(costs):
    """What a table says of each action for another one, read off its matrix; the members of an action are alike."""
    table = cost_table(LABELS, CostsAsked(ACTIONS, costs))
    found = {}
    for at in range(len(NAMES)):
        for column in range(len(NAMES) + 1):
            columns = np.flatnonzero(table.actions == column) if column < len(NAMES) else [len(LABELS)]
            block = table.matrix[np.ix_(np.flatnonzero(table.actions == at), columns)]
            if at != column:
                (found[at, column],) = set(block.ravel().tolist())
    return found


@pytest.mark.parametrize("seed", range(20))
def test_the_cells_are_what_the_table_says_and_so_are_they_after_one_is_typed_over(seed):
    chance = random.Random(seed)
    pairs = [(a, b) for a in (*NAMES, ANY) for b in (*NAMES, NO_LABEL, ANY)]
    costs = written((a, b, chance.randrange(1, 99)) for a, b in chance.sample(pairs, chance.randrange(1, 9)))
    grid = grid_of(costs)
    assert (grid.needed, grid.taken, grid.overruled) == (NAMES, (*NAMES, NO_LABEL), 0)
    said = blocks(costs)
    assert all(float(grid.cells[at][column]) == cost for (at, column), cost in said.items())
    assert [grid.cells[at][at] for at in range(3)] == [""] * 3
    at, column = chance.choice([*said])
    changed = with_costs(grid, costs, {(at, column): "1234.5", (1, 1): "0.125"})
    assert "0.125" not in changed
    assert blocks(changed) == said | {(at, column): 1234.5}
    without = with_costs(grid, changed, {(at, column): " "})
    assert blocks(without)[at, column] == blocks(costs_without(costs, at, column))[at, column]


def costs_without(costs, at, column):
    name = f'"{NAMES[at]}","{(*NAMES, NO_LABEL)[column]}",'
    return "".join(line for line in costs.splitlines(keepends=True) if not line.startswith(name))


def test_rows_that_name_labels_stay_untouched_and_are_counted():
    costs = 'true,note,predicted,cost\n"card, lost",dear,refund,90\nCards, all,x,money,3\n'.replace(
        "Cards, all", '"CARDS, ALL"'
    )
    costs += "card_found,,refund,91\nmoney,,*,4\n"
    grid = grid_of(costs)
    assert grid.overruled == 2
    assert grid.cells[0] == ("", "1", "3", "1")
    assert grid.cells[2] == ("4", "4", "", "4")
    changed = with_costs(grid, costs, {(0, 2): "5", (1, 3): "6"})
    assert changed == costs.replace(",x,money,3", ",x,money,5") + "security,,(unparsed),6\n"


def test_an_empty_table_is_begun_and_ends_empty():
    grid = grid_of("")
    assert {cell for row in grid.cells for cell in row} == {"", "1"}
    begun = with_costs(grid, "", {(1, 0): "3"})
    assert begun == 'true,predicted,cost\nsecurity,"cards, all",3\n'
    assert with_costs(grid_of(begun), begun, {(1, 0): ""}) == ""


def test_there_is_no_grid_without_actions_or_of_many():
    assert cost_grid(LABELS, CostsAsked()) is None
    many = [f"label {code}" for code in range(MOST_ACTIONS + 1)]
    assert cost_grid(many, CostsAsked("label,action\nlabel 0,a\n")) is None
    assert cost_grid(many, CostsAsked("label,action\nlabel 0,a\nlabel 1,a\n")) is not None
