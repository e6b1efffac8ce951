"""Rates of few examples are shrunk towards those of all labels: recalls, and where wrong answers go."""

import numpy as np
import pytest

from evalcore.metrics.decisions.label_rates import LabelRates


def counts(n_labels, n, wrong, rng):
    """Each label right in 70 %; the others go where `wrong` says."""
    confusion = np.zeros((n_labels, n_labels + 1), dtype=np.int64)
    for label in range(n_labels):
        chance = 0.3 * wrong(label) / wrong(label).sum()
        chance[label] = 0.7
        confusion[label] = rng.multinomial(n, chance)
    return confusion


def everywhere(n_labels):
    def wrong(label):
        chance = np.ones(n_labels + 1)
        chance[[label, n_labels]] = 0
        return chance

    return wrong


def to_the_next(n_labels):
    def wrong(label):
        chance = np.zeros(n_labels + 1)
        chance[(label + 1) % n_labels] = 1
        return chance

    return wrong


def test_rows_add_up_to_one_and_raw_rates_are_the_counted_ones():
    confusion = np.array([[3, 1, 0, 0], [0, 0, 0, 2], [0, 0, 0, 0]])
    rates = LabelRates.of(confusion)
    assert rates.smoothed.sum(axis=1) == pytest.approx(1)
    assert (rates.smoothed > 0).all()
    assert rates.rates.tolist() == [[0.75, 0.25, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
    assert rates.support.tolist() == [4, 2, 0]
    assert np.diagonal(rates.smoothed) == pytest.approx(rates.recall.mean)


@pytest.mark.parametrize("wrong", [everywhere, to_the_next])
def test_shrunk_rates_are_nearer_to_the_truth(wrong):
    """Whether wrong answers of all labels go everywhere, or each label's own to one label: red with one strength."""
    rng = np.random.default_rng(5)
    n_labels, raw, shrunk = 20, 0.0, 0.0
    truth = np.stack([0.3 * wrong(n_labels)(label) / wrong(n_labels)(label).sum() for label in range(n_labels)])
    truth[np.arange(n_labels), np.arange(n_labels)] = 0.7
    for _ in range(20):
        rates = LabelRates.of(counts(n_labels, 12, wrong(n_labels), rng))
        raw += float(((rates.rates - truth) ** 2).sum())
        shrunk += float(((rates.smoothed - truth) ** 2).sum())
    assert shrunk < 0.5 * raw


def test_a_mix_is_scaled_to_the_labels_that_have_examples():
    rates = LabelRates.of(np.array([[2, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 0]]))
    shares = np.array([0.3, 0.4, 0.3])
    assert rates.covered(shares) == pytest.approx(0.6)
    assert rates.within(shares) == pytest.approx([0.5, 0, 0.5])
    assert rates.covered(np.array([0.5, 0, 0.5])) == 1
