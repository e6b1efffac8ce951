"""The intervals of costs hold in simulation, at a few shapes; all of them take hours."""

from dataclasses import replace

import numpy as np
import pytest

from evalcore.bench import costs_coverage
from evalcore.bench.costs_coverage import PRICES, Shape, as_text, cost_matrix, coverage
from evalcore.cli import simulate

DATASETS = 60
FEW = (
    Shape(24, 1000, "random", "few pairs 10", 0.6),
    Shape(24, 400, "stratified", "all alike", 0.6),
    Shape(24, 400, "random", "all alike", 0.0),
)


@pytest.fixture(scope="module")
def simulated():
    patch = pytest.MonkeyPatch()
    patch.setattr(costs_coverage, "_TEXTS", 5_000)
    patch.setattr(costs_coverage, "_TEMPERATURES", np.geomspace(0.5, 5.0, 5))
    costs_coverage._population.cache_clear()
    costs_coverage._cost_at_temperatures.cache_clear()
    yield coverage(DATASETS, shapes=FEW, processes=1)
    patch.undo()
    costs_coverage._population.cache_clear()
    costs_coverage._cost_at_temperatures.cache_clear()


def test_the_intervals_hold_the_truth(simulated):
    names = {one.interval for one in simulated}
    assert names == {"cost", "difference", "ratio", "right action", "cost with reviews", "saved by reviews",
                     "saved by cheapest"}  # fmt: skip
    for one in simulated:
        assert one.share >= 0.95 - 4 * (0.05 * 0.95 / one.shown) ** 0.5, one


def test_an_interval_that_is_too_narrow_is_seen(monkeypatch):
    honest = costs_coverage.mean_cost

    def narrow(*args):
        found = honest(*args)
        return replace(found, interval=tuple((bound + found.value) / 2 for bound in found.interval))

    monkeypatch.setattr(costs_coverage, "mean_cost", narrow)
    cost = next(one for one in coverage(DATASETS, shapes=FEW[:1], processes=1) if one.interval == "cost")
    assert cost.is_judged
    assert not cost.passes
    assert "outside:" in as_text([cost])


def test_each_kind_of_prices_is_what_it_says():
    for prices in PRICES:
        matrix = cost_matrix(24, prices)
        assert matrix.shape == (24, 25)
        assert (np.diagonal(matrix) == 0).all()
        assert (matrix[~np.eye(24, 25, dtype=bool)] > 0).all()
    assert (cost_matrix(24, "few labels 100") == 100).sum() == 2 * 24
    assert (cost_matrix(24, "few pairs 10") == 10).sum() == 6


def test_the_command_prints_and_passes_on_what_was_found(simulated, monkeypatch):
    monkeypatch.setattr(costs_coverage, "coverage", lambda datasets: simulated)
    data, text = simulate.SIMULATIONS["costs"](DATASETS)
    assert len(data) == len(simulated)
    assert all(0 <= one["share"] <= 1 for one in data)
    assert "Costs: how often a 95 % interval holds the truth" in text
