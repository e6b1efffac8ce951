"""The paired bootstrap against the plain loop with scikit-learn inside, and by how often it covers."""

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    cohen_kappa_score,
    f1_score,
    precision_score,
    recall_score,
)

from evalcore.coverage import coverage, speed
from evalcore.metrics import confusion_counts, scores
from evalcore.resampling import RESAMPLED, _drawn, _statistics, paired_bootstrap


def two_runs(n=300, n_labels=8, seed=0, unparsed=0.05):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, n_labels, n)
    runs = []
    for share in (0.6, 0.7):
        answers = np.where(rng.random(n) < share, true, rng.integers(0, n_labels, n))
        runs.append(np.where(rng.random(n) < unparsed, -1, answers))
    return true, *runs


def test_each_statistic_is_that_of_the_scores():
    true, a, _ = two_runs()
    confusion = confusion_counts(true, a, 10)  # two labels do not occur
    tp, support = np.diag(confusion)[:, None], confusion.sum(axis=1)[:, None]
    predicted = confusion[:, :-1].sum(axis=0)[:, None]
    totals, _ = _statistics(*(part.astype(float) for part in (tp, support, predicted)), len(true))
    of = scores(confusion)
    for name, value in zip(RESAMPLED, totals[:, 0], strict=True):
        assert value == pytest.approx(getattr(of, name)), name


def sklearn_scores(true, answers, n_labels):
    answers = np.where(answers == -1, n_labels, answers)
    of, every = np.unique(true), range(n_labels)
    options = {"zero_division": 0}
    parsed = answers < n_labels
    return {
        "accuracy": accuracy_score(true, answers),
        "macro_f1_present": f1_score(true, answers, labels=of, average="macro", **options),
        "macro_precision_present": precision_score(true, answers, labels=of, average="macro", **options),
        "balanced_accuracy": recall_score(true, answers, labels=of, average="macro", **options),
        "weighted_f1": f1_score(true, answers, labels=every, average="weighted", **options),
        "kappa": cohen_kappa_score(true, answers),
        "unparsed_rate": 1 - parsed.mean(),
    }


@pytest.fixture(scope="module")
def loop():
    true, a, b = two_runs()
    rng = np.random.default_rng(11)
    drawn, f1s = [], []
    for _ in range(400):
        rows = rng.integers(0, len(true), len(true))
        of_a, of_b = (sklearn_scores(true[rows], answers[rows], 8) for answers in (a, b))
        drawn.append([of_b[name] - of_a[name] for name in of_a])
        pair = [f1_score(true[rows], x[rows], labels=range(8), average=None, zero_division=0) for x in (a, b)]
        f1s.append(pair[1] - pair[0])
    return list(of_a), np.quantile(drawn, [0.025, 0.975], axis=0).T, np.quantile(f1s, [0.025, 0.975], axis=0).T


def test_differences_are_those_of_the_plain_resampling_loop(loop):
    names, expected, _ = loop
    ours = paired_bootstrap(*two_runs(), 8, resamples=4000, seed=1)
    for name, bounds in zip(names, expected, strict=True):
        # The loop's own Monte-Carlo error at 400 resamples is about a seventh of the interval's width.
        assert ours.difference[name] == pytest.approx(bounds, abs=0.16 * (bounds[1] - bounds[0])), name


def test_each_labels_difference_is_that_of_the_loop(loop):
    ours = paired_bootstrap(*two_runs(), 9, resamples=4000, seed=1)
    np.testing.assert_allclose(ours.f1_difference[:8], loop[2], atol=0.05)
    assert np.isnan(ours.f1_difference[8]).all()


@pytest.mark.parametrize("copies", [1, 40])
def test_a_resample_is_a_multinomial_whichever_way_it_is_drawn(copies):
    """One example a cell is drawn by example, forty a cell as a multinomial: the counts have the same moments."""
    often = np.array([1, 2, 3]) * copies
    cell_of = np.repeat(np.arange(3), often)
    n = len(cell_of)
    drawn = np.concatenate(list(_drawn(np.random.default_rng(0), cell_of, often, 40_000)), axis=1)
    assert (drawn.sum(axis=0) == n).all()
    shares = often / n
    np.testing.assert_allclose(drawn.mean(axis=1), often, rtol=0.02)
    np.testing.assert_allclose(drawn.var(axis=1), n * shares * (1 - shares), rtol=0.04)


def test_a_run_against_itself_differs_by_nothing():
    true, a, _ = two_runs()
    ours = paired_bootstrap(true, a, a, 8)
    assert all(bounds == (0.0, 0.0) for bounds in ours.difference.values())
    assert ours.f1_a[0, 0] < ours.f1_a[0, 1]


def test_the_same_seed_gives_the_same_interval():
    first, again, other = (paired_bootstrap(*two_runs(), 8, seed=seed) for seed in (3, 3, 4))
    assert first.difference == again.difference != other.difference


def test_no_examples_no_interval():
    nothing = np.zeros(0, dtype=np.int64)
    assert np.isnan(paired_bootstrap(nothing, nothing, nothing, 3).difference["accuracy"]).all()


def test_the_intervals_cover_between_93_and_97_of_100():
    """A thousand data sets each for Wilson, Tango, bootstrap macro-F1 and its paired difference."""
    found = coverage(datasets=1000, seed=0, resamples=400)
    assert {c.interval.partition(",")[0] for c in found} == {"Wilson", "Tango", "bootstrap", "paired bootstrap"}
    for covered in found:
        assert 0.93 <= covered.share <= 0.97, covered


def test_the_speed_comparison_compares_the_same_number():
    found = speed(n=300, n_labels=10, resamples=300)
    width = found.loop[1] - found.loop[0]
    assert found.ours == pytest.approx(found.loop, abs=0.25 * width)
