"""The next examples go where they take most of the variance away: held against every way to distribute them."""

from itertools import product

import numpy as np
import pytest

from evalcore.metrics.decisions.next_examples import examples_to_halve, examples_to_halve_in_all, next_examples


def variance(weights, support):
    return sum(w / n for w, n in zip(weights, support, strict=True) if w)


@pytest.mark.parametrize("seed", range(10))
def test_no_other_way_to_distribute_them_leaves_less_variance(seed):
    """Red with examples in proportion to the shares."""
    rng = np.random.default_rng(seed)
    weights, support = rng.random(4) ** 3, rng.integers(1, 6, 4).astype(float)
    found = next_examples(weights, support, 6)
    assert found.sum() == 6
    best = min(variance(weights, support + np.array(more)) for more in product(range(7), repeat=4) if sum(more) == 6)
    assert variance(weights, support + found) == pytest.approx(best)


def test_a_label_without_examples_comes_first_and_one_without_weight_never():
    found = next_examples(np.array([0.5, 0.1, 0.0, 0.2]), np.array([10.0, 0.0, 0.0, 0.0]), 2)
    assert found.tolist() == [0, 1, 0, 1]
    assert next_examples(np.array([0.5, 0.1, 0.0, 0.2]), np.array([10.0, 0.0, 0.0, 0.0]), 1).tolist() == [0, 0, 0, 1]
    assert next_examples(np.zeros(3), np.ones(3), 5).tolist() == [0, 0, 0]
    assert next_examples(np.array([0.5, 0.5]), np.array([10.0, 10.0]), 0).tolist() == [0, 0]


def test_equal_labels_share_them_and_many_are_distributed_at_once():
    assert next_examples(np.ones(4), np.full(4, 7.0), 10).tolist() == [3, 3, 2, 2]
    many = next_examples(np.random.default_rng(0).random(150), np.ones(150), 100_000)
    assert many.sum() == 100_000


def test_the_number_that_halves_the_interval_is_the_smallest_one():
    weights, support = np.array([0.9, 0.05, 0.02]), np.array([5.0, 30.0, 40.0])
    more = examples_to_halve(weights / support, support, 0)
    before = variance(weights, support)
    assert variance(weights, support + np.array([more, 0, 0])) <= before / 4
    assert variance(weights, support + np.array([more - 1, 0, 0])) > before / 4


def test_one_label_alone_cannot_halve_it_if_the_others_are_a_quarter():
    weights, support = np.array([0.5, 0.5, 0.5]), np.array([10.0, 12.0, 15.0])
    assert examples_to_halve(weights / support, support, 0) is None
    more = examples_to_halve_in_all(weights, support)
    before = variance(weights, support)
    assert variance(weights, support + next_examples(weights, support, more)) <= before / 4
    assert variance(weights, support + next_examples(weights, support, more - 1)) > before / 4


def test_what_is_fixed_cannot_be_taken_away():
    weights, support = np.array([0.9, 0.05]), np.array([5.0, 30.0])
    assert examples_to_halve(weights / support, support, 0, fixed=0.1) is None
    assert examples_to_halve_in_all(weights, support, fixed=0.1) is None
    assert examples_to_halve(weights / support, support, 0, fixed=0.01) > examples_to_halve(
        weights / support, support, 0
    )
