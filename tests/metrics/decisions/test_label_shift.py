"""Scores under another mix of labels are those of scikit-learn with weights; their parts are sums over labels."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from evalcore.metrics import confusion_counts, score_intervals
from evalcore.metrics.decisions.label_rates import LabelRates
from evalcore.metrics.decisions.label_shift import LEAST_WORTH, accuracy_difference_under, accuracy_under
from evalcore.metrics.decisions.quantification import adjusted_counts
from evalcore.metrics.decisions.shifted_f1 import MOST_CURVED, macro_f1_under, mean_of_one_below


def random_case(seed, n_labels=6, n=200, absent=()):
    """True labels, answers (-1 is unparsed) and a mix, in which a label may have no share."""
    rng = np.random.default_rng(seed)
    present = [label for label in range(n_labels) if label not in absent]
    true = rng.choice(present, n, p=rng.dirichlet(np.ones(len(present))))
    answer = np.where(rng.random(n) < 0.6, true, rng.integers(-1, n_labels, n))
    shares = rng.dirichlet(np.ones(n_labels))
    shares[seed % n_labels] = 0
    return true, answer, shares / shares.sum()


def weights_of(true, shares):
    """Of each example, so that each label has its share of the whole."""
    return np.array([shares[label] / (true == label).sum() for label in true])


@pytest.mark.parametrize("seed", range(12))
def test_the_scores_are_those_of_weighted_examples(seed):
    """Red with the mix of the sample, or an F1 whose wrong answers keep their own weight."""
    true, answer, shares = random_case(seed, absent=(4,) if seed % 2 else ())
    rates = LabelRates.of(confusion_counts(true, answer, 6))
    weights = weights_of(true, shares)
    assert accuracy_under(rates, shares).estimate == pytest.approx(accuracy_score(true, answer, sample_weight=weights))
    counted = [label for label in range(6) if shares[label] > 0 and (true == label).any()]
    macro = f1_score(true, answer, labels=counted, average="macro", sample_weight=weights, zero_division=0)
    assert macro_f1_under(rates, shares).estimate == pytest.approx(macro)


@pytest.mark.parametrize("seed", range(6))
def test_the_variance_is_the_sum_over_labels(seed):
    true, answer, shares = random_case(seed)
    rates = LabelRates.of(confusion_counts(true, answer, 6))
    found = accuracy_under(rates, shares)
    expected = []
    total = sum(shares[label] for label in range(6) if (true == label).any())
    for label in range(6):
        n = int((true == label).sum())
        expected.append((shares[label] / total) ** 2 * rates.recall.variance[label] / n if n else 0.0)
    assert found.of_labels == pytest.approx(expected)
    assert found.variance == pytest.approx(sum(expected))
    assert found.worth == pytest.approx(
        1 / sum((shares[k] / total) ** 2 / (true == k).sum() for k in range(6) if (true == k).any())
    )


def test_on_an_even_mix_of_an_even_sample_it_is_the_plain_accuracy():
    true = np.repeat(np.arange(5), 40)
    answer = np.where(np.arange(200) % 5 == 0, (true + 1) % 5, true)
    confusion = confusion_counts(true, answer, 5)
    rates, even = LabelRates.of(confusion), np.full(5, 0.2)
    plain = score_intervals(confusion, "stratified")
    assert accuracy_under(rates, even).estimate == pytest.approx(0.8)
    assert accuracy_under(rates, even).interval == pytest.approx(plain.balanced_accuracy)
    assert macro_f1_under(rates, even).interval == pytest.approx(plain.macro_f1_present, abs=0.01)


def test_an_interval_contains_its_estimate_and_lies_within_bounds():
    for seed in range(30):
        true, answer, shares = random_case(seed, n_labels=4, n=400)
        rates = LabelRates.of(confusion_counts(true, answer, 4))
        for score in (accuracy_under(rates, shares), macro_f1_under(rates, shares)):
            low, high = score.interval
            assert np.isnan(low) or 0 <= low <= score.estimate <= high <= 1


def test_few_examples_of_a_large_label_have_no_interval():
    """200 examples, but half of the traffic is a label with 8 of them: worth 32."""
    true = np.concatenate([np.zeros(8, int), np.repeat(np.arange(1, 5), 48)])
    rates = LabelRates.of(confusion_counts(true, true, 5))
    found = accuracy_under(rates, np.array([0.5, 0.125, 0.125, 0.125, 0.125]))
    assert found.estimate == 1
    assert found.worth < LEAST_WORTH
    assert np.isnan(found.interval).all()
    assert not np.isnan(accuracy_under(rates, np.full(5, 0.2)).interval).any()


def test_all_right_and_all_unparsed_have_an_interval_with_a_width():
    true = np.repeat(np.arange(3), 50)
    for answer, estimate in ((true, 1.0), (np.full(150, -1), 0.0)):
        rates = LabelRates.of(confusion_counts(true, answer, 3))
        for score in (accuracy_under(rates, np.full(3, 1 / 3)), macro_f1_under(rates, np.full(3, 1 / 3))):
            assert score.estimate == estimate
            assert score.interval[0] < score.interval[1]
            assert score.interval[0] <= estimate <= score.interval[1]


def test_a_mix_of_labels_without_examples_says_nothing():
    rates = LabelRates.of(confusion_counts(np.zeros(9, int), np.zeros(9, int), 3))
    nowhere = np.array([0.0, 0.5, 0.5])
    assert rates.covered(nowhere) == 0
    for score in (accuracy_under(rates, nowhere), macro_f1_under(rates, nowhere)):
        assert np.isnan(score.estimate)
        assert np.isnan(score.interval).all()


def test_rare_labels_beside_a_heavy_one_have_no_macro_f1():
    """One wrong answer of the heavy label weighs more than a rare label itself."""
    rng = np.random.default_rng(0)
    true = np.repeat(np.arange(20), 20)
    answer = np.where(rng.random(400) < 0.7, true, rng.integers(0, 20, 400))
    shares = np.full(20, 0.1 / 19)
    shares[:1] = 0.9
    heavy = macro_f1_under(LabelRates.of(confusion_counts(true, answer, 20)), shares)
    assert heavy.curved > MOST_CURVED
    assert np.isnan(heavy.interval).all()


def test_the_mean_of_one_over_a_denominator_is_that_of_drawn_samples():
    """Red with the first two moments in the place of the integral: they are 30 % off here."""
    rng = np.random.default_rng(1)
    shares, n, recall = np.array([0.9, 0.07, 0.03]), np.array([6.0, 8.0, 5.0]), np.array([0.6, 0.8, 0.7])
    wrong = np.array([[0.0, 0.3, 0.1], [0.1, 0.0, 0.1], [0.2, 0.1, 0.0]])
    found = mean_of_one_below(shares, n, recall, wrong)
    for label in range(3):
        right = rng.binomial(n[label] - 1, recall[label], 400_000)
        others = sum(shares[k] / n[k] * rng.poisson(n[k] * wrong[k, label], 400_000) for k in range(3))
        below = shares[label] * (1 + (1 + right) / n[label]) + others
        assert found[label] == pytest.approx((1 / below).mean(), rel=0.01), label


@pytest.mark.parametrize("seed", range(8))
def test_a_difference_is_that_of_the_two_accuracies(seed):
    true, a, shares = random_case(seed, n=400)
    b = np.where(np.random.default_rng(seed + 50).random(400) < 0.5, a, true)
    found = accuracy_difference_under(true, a, b, 6, shares)
    of_a, of_b = (accuracy_under(LabelRates.of(confusion_counts(true, y, 6)), shares).estimate for y in (a, b))
    assert found.estimate == pytest.approx(of_b - of_a)
    turned = accuracy_difference_under(true, b, a, 6, shares)
    assert turned.estimate == pytest.approx(-found.estimate)
    if found.worth >= LEAST_WORTH:
        assert found.interval[0] <= found.estimate <= found.interval[1]
        assert turned.interval == pytest.approx((-found.interval[1], -found.interval[0]))


def test_equal_answers_do_not_differ_surely():
    true = np.repeat(np.arange(4), 30)
    found = accuracy_difference_under(true, true, true, 4, np.full(4, 0.25))
    assert found.estimate == 0
    assert found.interval[0] < 0 < found.interval[1]


def test_the_uncertainty_of_an_estimated_mix_is_part_of_the_interval():
    """Fewer texts that the mix is estimated from make it wider; the labels' recalls differ, so that the mix matters."""
    rng = np.random.default_rng(3)
    true = np.repeat(np.arange(4), 200)
    recall = np.array([0.95, 0.9, 0.5, 0.4])
    answer = np.where(rng.random(800) < recall[true], true, (true + 1) % 4)
    rates = LabelRates.of(confusion_counts(true, answer, 4))
    widths = []
    for n in (100, 1000, 1_000_000):
        mix = adjusted_counts(rates.smoothed, rates.support, n * np.array([0.4, 0.3, 0.2, 0.1, 0.0]))
        found = accuracy_under(rates, mix.shares, mix)
        widths.append(found.interval[1] - found.interval[0])
        assert (found.of_mix > 0.001 * found.variance) == (n < 1_000_000)
    assert widths[0] > 1.5 * widths[1] > 1.5 * widths[2]
