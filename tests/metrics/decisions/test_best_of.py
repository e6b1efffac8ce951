"""Several classifiers against the best of them, held against plain loops."""

import math
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from evalcore.metrics import tango_interval
from evalcore.metrics.decisions.best_of import efficient, least_cost, level_of, most_right

SEEDS = range(12)


def holm_of(p):
    """Holm's adjusted p by its definition: of the tests that are left, the smallest p times their number."""
    left, adjusted, highest = dict(p), {}, 0.0
    while left:
        pair = min(left, key=left.get)
        highest = max(highest, min(1.0, left[pair] * len(left)))
        adjusted[pair] = highest
        del left[pair]
    return adjusted


def random_right(seed):
    rng = np.random.default_rng(seed)
    k, n = int(rng.integers(2, 9)), int(rng.integers(20, 200))
    hard = rng.random(n)
    return np.array([hard < 0.4 + 0.5 * rng.random() for _ in range(k)]) ^ (rng.random((k, n)) < 0.1)


@pytest.mark.parametrize("seed", SEEDS)
def test_accuracies_are_compared_by_exact_mcnemar_of_all_pairs_with_holm(seed):
    right = random_right(seed)
    k, n = right.shape
    found = most_right(right)
    best = max(range(k), key=lambda one: (right[one].sum(), -one))
    p = {}
    for a, b in combinations(range(k), 2):
        only_a, only_b = (right[a] & ~right[b]).sum(), (right[b] & ~right[a]).sum()
        p[a, b] = binomtest(int(only_a), int(only_a + only_b)).pvalue if only_a + only_b else 1.0
    adjusted = holm_of(p)
    assert found.best == best
    assert found.pairs == len(p)
    for one in range(k):
        assert found.mean[one] == pytest.approx(right[one].mean())
        assert found.difference[one] == pytest.approx(right[one].mean() - right[best].mean())
        expected = 1.0 if one == best else adjusted[min(one, best), max(one, best)]
        assert found.p[one] == pytest.approx(expected)
        assert found.together[one] == (expected >= 0.05)
        if one != best:
            gained, lost = (right[one] & ~right[best]).sum(), (right[best] & ~right[one]).sum()
            low, high = tango_interval(gained, lost, n, 1 - 0.05 / len(p))
            assert (found.low[one], found.high[one]) == (pytest.approx(float(low)), pytest.approx(float(high)))
    assert math.isnan(found.low[best])


@pytest.mark.parametrize("seed", SEEDS)
def test_costs_are_compared_by_a_score_test_with_two_mistakes_more(seed):
    rng = np.random.default_rng(seed)
    k, n = int(rng.integers(2, 7)), int(rng.integers(60, 300))
    costs = rng.choice([0.0, 1.0, 5.0], (k, n), p=[0.7, 0.25, 0.05])
    found = least_cost(costs, 5.0)
    p, statistic = {}, {}
    for a, b in combinations(range(k), 2):
        difference = costs[a] - costs[b]
        statistic[a, b] = difference.sum() / math.sqrt((difference**2).sum() + 2 * 5.0**2)
        p[a, b] = 2 * norm.sf(abs(statistic[a, b]))
    adjusted = holm_of(p)
    best = min(range(k), key=lambda one: costs[one].mean())
    assert found.best == best
    for one in range(k):
        if one != best:
            assert found.p[one] == pytest.approx(adjusted[min(one, best), max(one, best)])
            # At an end of the interval the statistic of that hypothesis is the critical value.
            for bound in (found.low[one], found.high[one]):
                centred = costs[one] - costs[best] - bound
                z = centred.sum() / math.sqrt((centred**2).sum() + 2 * 5.0**2)
                assert abs(z) == pytest.approx(norm.isf(level_of(k) / 2))


def test_with_costs_of_0_and_1_it_is_about_mcnemar():
    rng = np.random.default_rng(5)
    right = rng.random((2, 2000)) < [[0.8], [0.77]]
    exact, score = most_right(right), least_cost((~right).astype(float), 1.0)
    assert score.p[1] == pytest.approx(exact.p[1], rel=0.1)
    assert -score.difference[1] == pytest.approx(exact.difference[1])


def test_a_few_dear_mistakes_decide_nothing_seen_or_not():
    cheap, dear = np.zeros(1000), np.zeros(1000)
    dear[:3] = 100.0
    assert least_cost(np.stack([cheap, dear]), 100.0).together.all()
    often = np.zeros(1000)
    often[:60] = 1.0  # 60 cheap ones outweigh no dear one that has not been seen
    assert least_cost(np.stack([cheap, often]), 100.0).together.all()
    assert not least_cost(np.stack([cheap, often]), 1.0).together.all()


def test_one_alone_is_the_best_and_equal_ones_cannot_be_told_apart():
    one = most_right(np.array([[True, False, True]]))
    assert (one.best, one.pairs, one.together.tolist()) == (0, 0, [True])
    same = most_right(np.tile([True, False, True, True], (3, 1)))
    assert (same.best, same.p.tolist()) == (0, [1, 1, 1])
    assert (same.low[1] < 0 < same.high[1], same.difference[1]) == (True, 0)
    free = least_cost(np.zeros((2, 50)), 0.0)
    assert free.p.tolist() == [1, 1]


def test_too_few_examples_for_any_interval_of_costs_have_none():
    found = least_cost(np.array([[0.0, 1.0, 0.0], [1.0, 1.0, 0.0]]), 1.0)
    assert np.isnan(found.low).all()
    assert found.together.all()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_is_efficient_unless_another_one_beats_it(seed):
    rng = np.random.default_rng(seed)
    k = int(rng.integers(1, 12))
    score, effort = rng.integers(0, 5, k) / 4, rng.integers(0, 5, k).astype(float)
    effort[rng.random(k) < 0.2] = np.nan
    for one in range(k):
        beaten = any(
            score[other] >= score[one]
            and effort[other] <= effort[one]
            and (score[other] > score[one] or effort[other] < effort[one])
            for other in range(k)
        )
        assert efficient(score, effort)[one] == (not beaten and not math.isnan(effort[one]))


def test_sixty_runs_are_compared_at_once():
    rng = np.random.default_rng(0)
    found = most_right(rng.random((60, 3080)) < np.linspace(0.6, 0.9, 60)[:, None])
    assert found.pairs == 1770
    assert 1 < found.together.sum() < 30
