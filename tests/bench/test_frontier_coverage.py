"""The truly best of several runs is not told apart from the best in at least 95 % of simulated data sets."""

import numpy as np
import pytest

from evalcore.bench import frontier_coverage
from evalcore.bench.frontier_coverage import ACCURACY, BestKept, Shape, as_text, chances_of, costs_of, coverage
from evalcore.cli import simulate
from evalcore.metrics.decisions import best_of

SHAPES = (
    Shape("accuracy", 24, 400, 5, "equal", "random"),
    Shape("accuracy", 77, 1000, 2, "apart", "stratified"),
    Shape("cost", 24, 400, 5, "equal", "random"),
    Shape("cost", 77, 1000, 5, "apart", "stratified"),
)
DATASETS = 100


@pytest.fixture(scope="module")
def simulated():
    return coverage(DATASETS, shapes=SHAPES, processes=1)


def test_the_truly_best_is_kept_and_all_differences_lie_in_their_intervals(simulated):
    """Three standard errors below 95 % of 100 data sets are 88 %."""
    assert [one.shape for one in simulated] == list(SHAPES)
    for one in simulated:
        assert one.passes, one


def test_without_a_correction_for_all_pairs_it_would_not_hold(monkeypatch):
    monkeypatch.setattr(best_of, "holm", lambda p: p)
    monkeypatch.setattr(best_of, "level_of", lambda k: 0.05)
    (found,) = coverage(DATASETS, shapes=[Shape("accuracy", 24, 1000, 20, "equal", "random")], processes=1)
    assert found.kept < 0.9
    assert found.held < 0.9
    assert not found.passes


@pytest.mark.parametrize("n_labels", [24, 77, 150])
def test_runs_are_as_good_as_they_are_said_to_be(n_labels):
    for score in ("accuracy", "cost"):
        chances = chances_of(Shape(score, n_labels, 400, 4, "equal", "random"))
        np.testing.assert_allclose(chances.sum(axis=2), 1)
        assert chances.min() >= 0
        costs = (chances * costs_of(n_labels)).sum(axis=2).mean(axis=1)
        accuracies = np.array([np.diag(chance).mean() for chance in chances])
        if score == "accuracy":
            np.testing.assert_allclose(accuracies, ACCURACY)
        else:
            np.testing.assert_allclose(costs, costs[0])
            assert accuracies[1] < accuracies[0] - 0.01
    apart = chances_of(Shape("accuracy", n_labels, 400, 4, "apart", "random"))
    assert (np.diff([np.diag(chance).mean() for chance in apart]) < 0).all()


def test_the_text_shows_the_lowest_shares_and_which_are_too_low(simulated):
    shape = SHAPES[0]
    low = BestKept(shape, 1000, 0.9, 0.97, 3.2)
    assert not low.passes
    assert BestKept(shape, 1000, 0.95, 0.95, 3.2).passes
    text = as_text([*simulated, low])
    assert "4 of 5 are 95 % or more in both" in text
    assert "below: kept 90.0 %, held 97.0 %, Shape(score='accuracy', n_labels=24" in text


def test_it_is_a_simulation_of_the_command_line(monkeypatch, simulated):
    monkeypatch.setattr(frontier_coverage, "coverage", lambda datasets: simulated)
    data, text = simulate.SIMULATIONS["frontier"](3)
    assert [one["score"] for one in data] == ["accuracy", "accuracy", "cost", "cost"]
    assert text == as_text(simulated)
