"""Intervals against scipy, against the plain resampling loop, and by how often they cover."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import f1_score

from evalcore.intervals import bootstrap, mcnemar_p, wilson
from evalcore.metrics import UNPARSED, confusion_counts, scores


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_wilson_is_that_of_scipy(confidence):
    rng = np.random.default_rng(0)
    n = rng.integers(1, 500, 100)
    k = (rng.random(100) * (n + 1)).astype(int)
    k[:2], n[:2] = (0, 7), (5, 7)  # nothing right, everything right
    low, high = wilson(k, n, confidence)
    for i in range(100):
        expected = binomtest(int(k[i]), int(n[i])).proportion_ci(confidence, method="wilson")
        assert (low[i], high[i]) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_of_nothing_is_unknown():
    low, high = wilson([0], [0])
    assert math.isnan(low[0])
    assert math.isnan(high[0])


def test_mcnemar_is_that_of_scipy_on_200_tables():
    rng = np.random.default_rng(1)
    for _ in range(200):
        a, b = (int(value) for value in rng.integers(0, 60, 2))
        expected = binomtest(a, a + b, 0.5).pvalue if a + b else 1.0
        assert mcnemar_p(a, b) == pytest.approx(expected, rel=1e-9)
    assert 0 <= mcnemar_p(3000, 2500) < 1e-10  # counts whose powers of two no float holds


def run_of(n, n_labels, accuracy, unparsed, seed):
    rng = np.random.default_rng(seed)
    true = rng.choice(n_labels, n, p=rng.dirichlet(np.full(n_labels, 3.0)))
    predicted = np.where(rng.random(n) < accuracy, true, rng.integers(0, n_labels, n))
    return true, np.where(rng.random(n) < unparsed, UNPARSED, predicted)


def test_the_bootstrap_is_the_plain_resampling_loop():
    true, predicted = run_of(300, 12, 0.7, 0.05, 3)
    ours = bootstrap(confusion_counts(true, predicted, 12), resamples=4000, seed=1)
    rng = np.random.default_rng(2)
    drawn = {"macro_f1_present": [], "micro_f1": [], "weighted_f1": [], "balanced_accuracy": []}
    for _ in range(1500):
        rows = rng.integers(0, len(true), len(true))
        t, p = true[rows], np.where(predicted[rows] == UNPARSED, 12, predicted[rows])
        of = np.unique(t)
        drawn["macro_f1_present"].append(f1_score(t, p, labels=of, average="macro", zero_division=0))
        drawn["micro_f1"].append(f1_score(t, p, labels=range(12), average="micro", zero_division=0))
        drawn["weighted_f1"].append(f1_score(t, p, labels=range(12), average="weighted", zero_division=0))
        recalls = [(p[t == label] == label).mean() for label in of]
        drawn["balanced_accuracy"].append(np.mean(recalls))
    for name, values in drawn.items():
        expected = np.quantile(values, [0.025, 0.975])
        # The loop's own Monte-Carlo error at 1,500 resamples is about a tenth of the interval's width.
        assert getattr(ours, name) == pytest.approx(expected, abs=0.12 * (expected[1] - expected[0])), name


def test_each_labels_f1_is_resampled_too():
    true, predicted = run_of(300, 5, 0.7, 0.0, 4)
    ours = bootstrap(confusion_counts(true, predicted, 6), resamples=4000, seed=1)  # the sixth does not occur
    rng = np.random.default_rng(2)
    drawn = []
    for _ in range(1500):
        rows = rng.integers(0, len(true), len(true))
        drawn.append(f1_score(true[rows], predicted[rows], labels=range(5), average=None, zero_division=0))
    expected = np.quantile(drawn, [0.025, 0.975], axis=0).T
    np.testing.assert_allclose(ours.f1[:5], expected, atol=0.02)
    assert np.isnan(ours.f1[5]).all()


def test_the_interval_over_all_labels_stays_below_the_ceiling():
    true, predicted = run_of(400, 10, 0.9, 0.0, 5)
    confusion = confusion_counts(true, predicted, 77)
    ours, point = bootstrap(confusion), scores(confusion)
    assert ours.macro_f1_all[0] < point.macro_f1_all < ours.macro_f1_all[1] <= point.macro_f1_ceiling


def test_the_same_seed_gives_the_same_interval():
    confusion = confusion_counts(*run_of(200, 8, 0.6, 0.1, 6), 8)
    assert bootstrap(confusion, seed=7).macro_f1_present == bootstrap(confusion, seed=7).macro_f1_present
    assert bootstrap(confusion, seed=7).macro_f1_present != bootstrap(confusion, seed=8).macro_f1_present


def test_no_examples_no_interval():
    nothing = bootstrap(np.zeros((3, 4), dtype=np.int64))
    assert all(math.isnan(bound) for bound in nothing.macro_f1_present)


@pytest.mark.parametrize(("share", "n"), [(0.5, 40), (0.9, 60), (0.97, 100)])
def test_wilson_covers_as_often_as_it_says(share, n):
    rng = np.random.default_rng(8)
    low, high = wilson(rng.binomial(n, share, 4000), np.full(4000, n))
    assert 0.925 < ((low <= share) & (share <= high)).mean() < 0.975


def test_the_bootstrap_of_macro_f1_covers_about_as_often_as_it_says():
    """300 samples of 400 from one population of known macro-F1; the percentile bootstrap is a little narrow."""
    rng = np.random.default_rng(9)
    n_labels, n = 8, 400
    cells = rng.dirichlet(np.full(n_labels * (n_labels + 1), 0.08)).reshape(n_labels, n_labels + 1)
    cells[np.arange(n_labels), np.arange(n_labels)] += 0.15
    cells /= cells.sum()
    truth = 2 * np.diag(cells) / (cells.sum(axis=1) + cells[:, :-1].sum(axis=0))
    covered = 0
    for seed in range(300):
        sample = rng.multinomial(n, cells.ravel()).reshape(cells.shape)
        low, high = bootstrap(sample, resamples=400, seed=seed).macro_f1_present
        covered += low <= truth.mean() <= high
    assert 0.90 <= covered / 300 <= 0.98
