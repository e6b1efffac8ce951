"""Thresholds of label sets: against MAPIE, crepes and TorchCP, a worked example, plain loops and their invariances."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalcore.metrics import (
    coverage_range,
    fewest_examples,
    group_labels,
    set_thresholds,
    stratified_halves,
)
from evalcore.metrics.label_sets import _quantiles, _similar

COVERAGES = (0.8, 0.9, 0.95)
ONE_GROUP, TWO_GROUPS, EACH = np.zeros(6, dtype=int), np.array([0, 0, 0, 1, 1, 1]), np.arange(6)

# What MAPIE 1.6.0 (SplitConformalClassifier, lac), crepes 0.9.1 (ConformalClassifier, Mondrian by the label that is
# tried, without smoothing) and TorchCP 1.2.1 (SplitPredictor and ClassConditionalPredictor, LAC) give for `case()`.
QUANTILES = {0.8: 0.7799451829020394, 0.9: 0.8830097938187108, 0.95: 0.9355702228464736}
QUANTILES_OF_LABELS = {
    0.8: (0.905048072338, 0.891276896000, 0.732383966446, 0.641214728355),
    0.9: (0.948320209980, 0.951649546623, 0.868858158588, 0.775233924389),
    0.95: (0.968701958656, 0.986381053925, 0.905167222023, 0.791937112808),
}
SETS_WITH_EACH_LABEL = {
    (0.8, "one"): (49, 57, 59, 89, 70, 97),
    (0.9, "one"): (86, 94, 97, 120, 112, 136),
    (0.95, "one"): (129, 131, 140, 148, 144, 177),
    (0.9, "two"): (120, 122, 129, 68, 47, 77),
    (0.95, "two"): (170, 182, 186, 82, 59, 90),
    (0.8, "each"): (99, 98, 44, 66, 37, 58),
    (0.9, "each"): (149, 160, 88, 88, 44, 68),
    (0.95, "each"): (183, 233, 108, 90, 59, 78),
}
GROUPS = {"one": ONE_GROUP, "two": TWO_GROUPS, "each": EACH}


def case():
    """600 answers with six labels, of which the first are the hardest: 300 to calibrate on, 300 further ones."""
    rng = np.random.default_rng(7)
    scores = rng.normal(size=(600, 6)) * 1.2
    true = rng.integers(0, 6, 600)
    scores[np.arange(600), true] += np.linspace(0.5, 4, 6)[true]
    shares = np.exp(scores)
    return shares / shares.sum(axis=1, keepdims=True), true


def calibrated(group, coverage):
    shares, true = case()
    of_true = shares[np.arange(300), true[:300]]
    return set_thresholds(of_true, group[true[:300]], coverage, int(group.max()) + 1)


@pytest.mark.parametrize("coverage", COVERAGES)
def test_one_threshold_equals_those_of_mapie_and_torchcp(coverage):
    assert 1 - calibrated(ONE_GROUP, coverage)[0] == pytest.approx(QUANTILES[coverage], abs=1e-12)


@pytest.mark.parametrize("coverage", COVERAGES)
def test_a_threshold_for_each_label_equals_torchcps(coverage):
    found = 1 - calibrated(EACH, coverage)
    assert found[:4] == pytest.approx(QUANTILES_OF_LABELS[coverage], abs=1e-7)  # kept there in single precision


@pytest.mark.parametrize(("coverage", "groups"), SETS_WITH_EACH_LABEL)
def test_the_sets_are_those_of_mapie_and_crepes(coverage, groups):
    group = GROUPS[groups]
    within = case()[0][300:] >= calibrated(group, coverage)[group]
    assert tuple(within.sum(axis=0)) == SETS_WITH_EACH_LABEL[coverage, groups]


def test_a_worked_example():
    # 9 examples at 80 %: k = ⌊0.2 · 10⌋ = 2, the second smallest probability; at 90 % the smallest; at 95 % none.
    of_true = np.array([0.9, 0.31, 0.8, 0.12, 0.5, 0.6, 0.7, 0.95, 0.4])
    group = np.zeros(9, dtype=int)
    assert [float(set_thresholds(of_true, group, c, 1)[0]) for c in COVERAGES] == [0.31, 0.12, 0.0]
    # A group without examples has every label in every set.
    assert set_thresholds(of_true, group, 0.8, 3).tolist() == [0.31, 0, 0]
    assert set_thresholds(of_true[:0], group[:0], 0.8, 2).tolist() == [0, 0]


@pytest.mark.parametrize("percent", range(50, 100))
def test_the_fewest_examples_are_those_with_which_one_may_be_left_out(percent):
    left_out = Fraction(100 - percent, 100)
    n = next(n for n in range(1, 1000) if left_out * (n + 1) >= 1)
    assert fewest_examples(percent / 100) == n
    ascending = np.linspace(0.1, 0.9, n)
    assert set_thresholds(ascending, np.zeros(n, dtype=int), percent / 100, 1)[0] == 0.1
    assert set_thresholds(ascending[1:], np.zeros(n - 1, dtype=int), percent / 100, 1)[0] == 0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.3, 0.3000001, 0.7, 1.0]), st.integers(0, 3)), max_size=80),
    st.integers(80, 98),
    st.randoms(use_true_random=False),
)
def test_more_coverage_never_raises_a_threshold_and_the_order_of_examples_does_not_matter(rows, percent, random):
    of_true, group = (np.array(column) for column in zip(*rows, strict=True)) if rows else (np.zeros(0), np.zeros(0))
    group = group.astype(int)
    found = set_thresholds(of_true, group, percent / 100, 4)
    assert (set_thresholds(of_true, group, (percent + 1) / 100, 4) <= found).all()
    order = [*range(len(rows))]
    random.shuffle(order)
    np.testing.assert_array_equal(set_thresholds(of_true[order], group[order], percent / 100, 4), found)
    # Ties included, the examples themselves are covered at least as often; each group without regard to the others.
    for one in range(4):
        own = of_true[group == one]
        assert not len(own) or (own >= found[one]).mean() >= percent / 100
        np.testing.assert_array_equal(set_thresholds(own, np.zeros(len(own), dtype=int), percent / 100, 1), found[one])


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(0, 600), st.sampled_from(COVERAGES), st.integers(0, 9))
def test_groups_are_a_partition_each_with_enough_examples(n_labels, n, coverage, seed):
    rng = np.random.default_rng([n_labels, n, seed])
    true = np.floor(n_labels * rng.random(n) ** 2).astype(int)
    of_true = rng.random(n)
    for grouping in ("all", "similar", "each"):
        found = group_labels(of_true, true, n_labels, grouping, coverage, seed)
        assert sorted(set(found.group.tolist())) == [*range(int(found.group.max()) + 1)]
        counts = np.bincount(found.group[true[found.calibrates]], minlength=int(found.group.max()) + 1)
        if grouping == "similar":
            assert len(counts) == 1 or counts.min() >= fewest_examples(coverage)
            assert found.rare.tolist() == (np.bincount(true, minlength=n_labels) < fewest_examples(coverage)).tolist()
        else:
            assert len(counts) == (1 if grouping == "all" else n_labels)
            assert found.calibrates.all()


def test_labels_that_are_alike_share_a_threshold_and_those_that_shaped_the_groups_calibrate_none():
    rng = np.random.default_rng(3)
    true = np.repeat(np.arange(60), 40)
    hard = np.arange(60) % 2 == 0
    of_true = np.where(hard[true], 0.3 * rng.random(2400), 0.6 + 0.4 * rng.random(2400))
    found = group_labels(of_true, true, 60, "similar", 0.9)
    assert not set(found.group[hard].tolist()) & set(found.group[~hard].tolist())
    assert found.group[hard].max() < found.group[~hard].min()  # the hardest first
    shaping = np.bincount(true[~found.calibrates], minlength=60)
    assert shaping.tolist() == [int(60 / 135 * 40)] * 60
    # Without the others' scores the groups are the same: only the shaping ones decide.
    other = np.where(found.calibrates, 0.5, of_true)
    np.testing.assert_array_equal(group_labels(other, true, 60, "similar", 0.9).group, found.group)


def test_rare_labels_are_a_group_of_their_own_and_join_the_hardest_where_they_are_too_few():
    rng = np.random.default_rng(4)
    rare = np.repeat(np.arange(40, 45), 3)
    common = np.repeat(np.arange(40), 60)
    true = np.concatenate([common, rare])
    of_true = rng.random(len(true)) * np.where(true % 2, 1, 0.2)
    found = group_labels(of_true, true, 45, "similar", 0.9)
    assert found.rare.tolist() == [False] * 40 + [True] * 5
    assert set(found.group[40:].tolist()) == {0}
    assert 0 not in found.group[:40]
    fewer = np.arange(len(true)) < len(true) - 10  # five examples of rare labels are left
    joined = group_labels(of_true[fewer], true[fewer], 45, "similar", 0.9)
    assert set(joined.group[40:].tolist()) == {0}
    assert {label % 2 for label in np.flatnonzero(joined.group[:40] == 0)} == {0}


def test_quantiles_of_labels_are_numpys():
    rng = np.random.default_rng(5)
    true = rng.integers(0, 9, 200)
    true[true == 4] = 5
    scores = rng.random(200)
    shares = (0.5, 0.7, 0.93)
    expected = [np.quantile(scores[true == label], shares) if label != 4 else [1.0] * 3 for label in range(9)]
    np.testing.assert_allclose(_quantiles(scores, true, 9, shares), expected, atol=1e-12)


def test_the_groups_are_about_as_close_as_those_of_scikit_learn():
    from sklearn.cluster import KMeans

    def spread(described, weights, group):
        total = 0.0
        for one in np.unique(group):
            own, weight = described[group == one], weights[group == one]
            total += float(weight @ ((own - np.average(own, axis=0, weights=weight)) ** 2).sum(axis=1))
        return total

    ratios = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        described = np.sort(rng.beta(*rng.uniform(0.5, 4, (2, 77, 1)), (77, 6)), axis=1)
        weights = np.sqrt(rng.integers(9, 60, 77))
        theirs = KMeans(4, n_init=3, random_state=0).fit(described, sample_weight=weights).labels_
        ours = _similar(described, weights, 4)
        assert (np.diff(np.bincount(ours, described.mean(axis=1)) / np.bincount(ours)) < 0).all()  # the hardest first
        ratios.append(spread(described, weights, ours) / spread(described, weights, theirs))
    assert np.mean(ratios) < 1.05
    assert max(ratios) < 1.3


@pytest.mark.parametrize(("n", "coverage"), [(9, 0.9), (200, 0.9), (1540, 0.95), (40, 0.8)])
def test_the_range_of_one_calibrations_coverage_is_that_of_a_beta_distribution(n, coverage):
    from scipy.stats import beta

    k = int(np.floor((1 - coverage) * (n + 1) + 1e-9))
    assert coverage_range(n, coverage) == pytest.approx(beta.ppf([0.025, 0.975], n + 1 - k, k))
    assert np.isnan(coverage_range(fewest_examples(coverage) - 1, coverage)).all()


def test_the_mean_and_the_range_of_the_coverage_hold_over_many_calibrations():
    # The true label's probability is uniform, so that a threshold t covers 1 - t of all further texts.
    rng = np.random.default_rng(6)
    covered = []
    for _ in range(2000):
        of_true = rng.random(100)
        calibrating, _ = stratified_halves(np.zeros(100, dtype=int), seed=int(rng.integers(2**31)))
        covered.append(1 - set_thresholds(of_true[calibrating], np.zeros(50, dtype=int), 0.9, 1)[0])
    low, high = coverage_range(50, 0.9)
    assert np.mean(covered) == pytest.approx(1 - 5 / 51, abs=0.004)
    assert np.mean([low <= share <= high for share in covered]) == pytest.approx(0.95, abs=0.02)
