"""What all simulations share: counting intervals, random numbers of a shape, and the table that is printed."""

import numpy as np
import pytest

from evalcore.bench.coverage_report import ending, spread, table
from evalcore.bench.simulation import Held, Simulation, generator

SHAPES = ("small", "large")


@pytest.mark.parametrize("seed", range(5))
def test_intervals_are_counted_as_a_loop_counts_them(seed):
    rng = np.random.default_rng(seed)
    held = Held()
    expected = {"one": [0, 0], "many": [0, 0]}

    def by_hand(name, low, high, truth):
        expected[name][1] += not np.isnan(low)
        expected[name][0] += bool(low <= truth <= high)

    for _ in range(50):
        low, high, truth = [*np.sort(rng.random((2, 4)), axis=0).tolist(), rng.random(4)]
        low[3] = high[3] = np.nan
        held.count("one", (low[0], high[0]), truth[0])
        held.count("many", np.stack([low, high], axis=1), truth)
        by_hand("one", low[0], high[0], truth[0])
        for at in range(4):
            by_hand("many", low[at], high[at], truth[at])
    assert {name: [*counts] for name, counts in held.of.items()} == expected
    assert 0 < held.of["many"][0] < held.of["many"][1] == 150


def test_a_shape_has_its_own_random_numbers_whichever_others_are_simulated():
    def simulate(shape, *, datasets, seed):
        return [(shape, *generator(seed, shape, SHAPES).random(datasets))] * 2

    every = Simulation(simulate, SHAPES)
    small, _, large, _ = every(3, processes=1)
    assert [small[0], large[0]] == [*SHAPES]
    assert every(3, shapes=["large"], processes=1) == [large, large]
    assert small[1:] != large[1:]
    assert every(3, 1, processes=1)[0] != small


def test_what_is_printed_is_a_line_for_each_row_and_names_what_is_outside():
    rows = {(24, 400, "random"): [spread([95.04, 90.0]), spread([])], (150, 3080, "stratified"): ["a", "b"]}
    head, first, last = table("title", ["one", "two"], rows, 16)
    assert first == "  24 labels   400 random          90.0 – 95.0               –"
    assert head.split() == ["title", "one", "two"]
    assert len(first) == len(last)
    assert ending(["sum"], [1, 2, 3], str, "below", most=2) == ["", "sum", "below: 1", "below: 2"]
