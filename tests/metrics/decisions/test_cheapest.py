"""The cheapest threshold and the answers of least expected cost, against brute force."""

import numpy as np
import pytest

from evalcore.metrics.decisions.cheapest import PERSON, below, cheapest_answers, cheapest_threshold, cost_of_answers


def spent_at(confidence, costs, review_cost, threshold):
    """In a loop."""
    total = 0.0
    for sure, cost in zip(confidence, costs, strict=True):
        reviewed = not sure >= threshold if threshold > -np.inf else False
        total += review_cost if reviewed else cost
    return total


@pytest.mark.parametrize("seed", range(20))
def test_no_threshold_is_cheaper_than_the_cheapest(seed):
    rng = np.random.default_rng(seed)
    confidence = rng.integers(0, 8, 60) / 8  # many are equal
    confidence[rng.random(60) < 0.1] = np.nan
    costs = np.where(rng.random(60) < confidence, 0.0, rng.integers(1, 9, 60))
    review_cost = float(rng.choice([0.3, 1, 3, 30]))
    found = cheapest_threshold(confidence, costs, review_cost)
    tried = [-np.inf, np.inf, *np.unique(confidence[~np.isnan(confidence)])]
    assert spent_at(confidence, costs, review_cost, found) == pytest.approx(
        min(spent_at(confidence, costs, review_cost, each) for each in tried)
    )
    reviewed = below(confidence, found)
    assert np.where(reviewed, review_cost, costs).sum() == pytest.approx(
        spent_at(confidence, costs, review_cost, found)
    )


def test_of_equally_cheap_thresholds_that_of_the_fewest_reviews_is_taken():
    assert cheapest_threshold(np.array([0.2, 0.5, 0.9]), np.array([1.0, 1.0, 0.0]), 1.0) == -np.inf
    assert cheapest_threshold(np.array([0.2, 0.5, 0.9]), np.array([4.0, 1.0, 0.0]), 1.0) == 0.5


def test_answers_of_one_confidence_are_reviewed_together():
    confidence, costs = np.array([0.5, 0.5, 0.9]), np.array([9.0, 0.0, 0.0])
    assert below(confidence, cheapest_threshold(confidence, costs, 1.0)).tolist() == [True, True, False]


def test_an_answer_without_confidence_is_below_every_threshold_but_none():
    confidence = np.array([np.nan, 0.1, 0.9])
    assert cheapest_threshold(confidence, np.array([5.0, 0.0, 0.0]), 1.0) == 0.1
    assert below(confidence, 0.1).tolist() == [True, False, False]
    assert below(confidence, -np.inf).tolist() == [False, False, False]
    assert below(confidence, np.inf).tolist() == [True, True, True]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("review_cost", [0.0, 1.5])
def test_no_answer_has_a_lower_expected_cost(seed, review_cost):
    rng = np.random.default_rng(seed)
    n, n_labels = 40, 5
    shares = rng.dirichlet(np.full(n_labels, 0.4), n)
    matrix = rng.integers(0, 6, (n_labels, n_labels + 1)).astype(float)
    own = np.where(rng.random(n) < 0.2, -1, shares.argmax(axis=1))
    found = cheapest_answers(shares, matrix, own, review_cost)
    for row in range(n):
        expected = [sum(shares[row, t] * matrix[t, j] for t in range(n_labels)) for j in range(n_labels)]
        unparsed = sum(shares[row, t] * matrix[t, -1] for t in range(n_labels))
        choices = expected + [review_cost] * (review_cost > 0) + [unparsed] * bool(own[row] == -1)
        of_found = {PERSON: review_cost, -1: unparsed}.get(found[row]) or expected[found[row]]
        assert of_found == pytest.approx(min(choices))
        assert found[row] != -1 or own[row] == -1


def test_the_models_own_answer_stays_where_no_other_is_cheaper():
    shares = np.array([[0.4, 0.3, 0.3]])
    indifferent = np.ones((3, 4))
    assert cheapest_answers(shares, indifferent, np.array([2]), 0.0).tolist() == [2]
    assert cheapest_answers(shares, indifferent, np.array([2]), 1.0).tolist() == [2]
    assert cheapest_answers(shares, indifferent, np.array([2]), 0.9).tolist() == [PERSON]


def test_with_equal_costs_the_most_probable_label_is_the_cheapest():
    shares = np.random.default_rng(3).dirichlet(np.ones(7), 50)
    unit = np.ones((7, 8))
    unit[np.arange(7), np.arange(7)] = 0
    assert (cheapest_answers(shares, unit, np.full(50, -1), 0.0) == shares.argmax(axis=1)).all()


def test_a_person_costs_the_review_and_any_other_answer_what_the_matrix_says():
    matrix = np.array([[0.0, 5, 2], [7, 0, 3]])
    costs = cost_of_answers(np.array([0, 0, 1, 1]), np.array([1, PERSON, -1, 0]), matrix, 0.5)
    assert costs.tolist() == [5, 0.5, 3, 7]
