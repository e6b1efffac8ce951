"""Promises against scipy's exact test and against loops over thresholds."""

import numpy as np
import pytest
from scipy.stats import beta, binom, binomtest

from evalcore.metrics import wilson_interval
from evalcore.metrics.decisions.promise import (
    CAUTIOUS,
    CONFIDENCE,
    answers_to_promise,
    checked,
    examples_to_promise,
    fewest_answers,
    group_steps,
    lower_bound,
    predicted_often,
    reaches,
)
from evalcore.metrics.decisions.selective import steps_of
from tests.metrics.decisions.test_selective import made


def clopper_pearson(right, n, confidence=0.95):
    """One-sided, by the quantile of scipy's beta distribution."""
    return beta.ppf(1 - confidence, right, n - right + 1) if right else 0.0


def test_the_bound_is_scipys_and_reaching_it_needs_no_bound():
    pairs = [(k, n) for n in (1, 2, 5, 30, 59, 200) for k in range(0, n + 1, max(1, n // 7))]
    k, n = np.array(pairs).T
    expected = [clopper_pearson(*pair) for pair in pairs]
    np.testing.assert_allclose(lower_bound(k, n), expected, atol=1e-9)
    exact = binomtest(180, 200, alternative="greater").proportion_ci(0.95, method="exact").low
    assert float(lower_bound(180, 200)) == pytest.approx(exact)
    for target in (0.5, 0.8, 0.95, 0.999):
        for confidence in (CONFIDENCE, CAUTIOUS):
            bounds = np.array([clopper_pearson(*pair, confidence) for pair in pairs])
            assert reaches(k, n, target, confidence).tolist() == (bounds >= target - 1e-12).tolist()


@pytest.mark.parametrize("target", [0.5, 0.8, 0.9, 0.95, 0.99, 0.999])
def test_the_fewest_answers_are_those_without_a_mistake(target):
    fewest = fewest_answers(target)
    assert clopper_pearson(fewest, fewest) >= target > clopper_pearson(fewest - 1, fewest - 1)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("ties", [None, 6])
def test_the_lowest_threshold_of_each_group_is_what_a_loop_finds(seed, ties):
    certainty, right = made(seed, 400, ties)
    right |= np.nan_to_num(certainty) > 0.5
    group = np.random.default_rng(seed).integers(0, 3, 400)
    group[group == 1] = 0  # a group without an answer
    found = group_steps(certainty, right, group, 3)
    for target in (0.7, 0.9):
        promising, estimated = found.promising(target), found.estimated(target)
        for code in range(3):
            values = sorted({v for v in certainty[group == code].tolist() if v == v})
            ways = {"cautious": [], "confident": [], "estimated": []}
            for value in values:
                hits = right[(group == code) & (certainty >= value)]
                k, n = int(hits.sum()), len(hits)
                ways["cautious"] += [value] if clopper_pearson(k, n, CAUTIOUS) >= target else []
                ways["confident"] += [value] if clopper_pearson(k, n) >= target else []
                ways["estimated"] += [value] if k / n >= target else []
            assert promising[code] == min(ways["cautious"] or ways["confident"], default=np.inf)
            assert estimated[code] == min(ways["estimated"], default=np.inf)


def test_what_is_checked_is_counted_with_its_intervals():
    rng = np.random.default_rng(0)
    automatic, right, true = rng.random(300) < 0.6, rng.random(300) < 0.9, rng.integers(0, 10, 300)
    shown = checked(automatic, right, true, "random")
    answered, both = int(automatic.sum()), int((automatic & right).sum())
    assert (shown.n, shown.answered, shown.right) == (300, answered, both)
    assert (shown.coverage, shown.accuracy) == (answered / 300, both / answered)
    assert shown.coverage_interval == pytest.approx(wilson_interval(answered, 300), abs=1e-4)
    assert shown.accuracy_interval == pytest.approx(wilson_interval(both, answered), abs=1e-4)
    assert shown.person_interval == pytest.approx(tuple(1 - b for b in reversed(shown.coverage_interval)))
    assert shown.lower == pytest.approx(clopper_pearson(both, answered))
    assert shown.keeps(shown.lower - 1e-6)
    assert not shown.keeps(shown.lower + 1e-6)


def test_nothing_answered_and_nothing_there():
    shown = checked(np.zeros(50, dtype=bool), np.ones(50, dtype=bool), np.zeros(50, dtype=int), "random")
    assert shown.coverage == 0
    assert shown.coverage_interval[1] > 0.05
    assert np.isnan(shown.accuracy)
    assert not shown.keeps(0.5)
    empty = np.array([], dtype=bool)
    assert np.isnan(checked(empty, empty, np.array([], dtype=int), "random").coverage)


def test_labels_as_strata_make_the_coverage_surer():
    true = np.repeat(np.arange(10), 40)
    automatic = np.random.default_rng(0).random(400) < np.linspace(0.05, 0.95, 10)[true]
    widths = []
    for design in ("random", "stratified"):
        low, high = checked(automatic, automatic, true, design).coverage_interval
        widths.append(high - low)
    assert widths[1] < 0.9 * widths[0]


@pytest.mark.parametrize(("target", "accuracy"), [(0.95, 0.98), (0.9, 0.95), (0.5, 0.9), (0.99, 0.999), (0.8, 0.83)])
def test_the_answers_that_a_promise_takes_are_the_first_with_the_power(target, accuracy):
    found = answers_to_promise(target, accuracy)
    powers = []
    for n in range(1, found + 1):
        fewest = int(binom.isf(0.05, n, target)) + 1
        powers.append(binom.sf(fewest - 1, n, accuracy) if fewest <= n else 0.0)
    assert powers[-1] >= 0.8 > max(powers[:-1])


def test_no_number_of_examples_makes_a_promise_that_does_not_hold():
    assert answers_to_promise(0.95, 0.95) is None
    assert answers_to_promise(0.95, 0.95 + 1e-7) is None
    right = np.arange(200) % 2 == 0
    assert examples_to_promise(steps_of(np.linspace(1, 0, 200), right), 0.9) is None
    assert examples_to_promise(steps_of(np.full(5, np.nan), right[:5]), 0.9) is None


def test_the_examples_that_it_takes_verify_a_known_threshold_about_eight_times_in_ten():
    rng = np.random.default_rng(0)

    def drawn(n):
        certainty = rng.random(n)
        return certainty, rng.random(n) < np.where(certainty > 0.5, 0.97, 0.6)

    needed = examples_to_promise(steps_of(*drawn(20_000)), 0.9)
    kept = 0
    for _ in range(200):
        certainty, right = drawn(needed)
        half = np.arange(needed) % 2 == 0
        automatic = certainty[~half] >= 0.5
        kept += checked(automatic, right[~half], np.zeros((~half).sum(), dtype=int), "random").keeps(0.9)
    assert 0.7 < kept / 200 < 0.95


def test_a_label_must_be_predicted_often_in_both_halves():
    fewest = fewest_answers(0.8)
    halves = np.repeat([0, 1, 2], [fewest, fewest, fewest - 1]), np.repeat([0, 1, 2], [fewest, fewest - 1, 50])
    assert predicted_often(halves, 4, 0.8).tolist() == [True, False, False, False]
