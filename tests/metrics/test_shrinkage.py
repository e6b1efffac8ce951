"""Rates of labels with few examples, shrunk towards the mean of all labels."""

import numpy as np

from evalcore.metrics.shrinkage import Recall, chance_of_none, shrunk_rates


def test_a_recall_is_shrunk_towards_the_mean_as_far_as_the_labels_are_alike():
    support = np.full(200, 5.0)
    draws = np.random.default_rng(4)
    alike = Recall.of(draws.binomial(5, 0.6, 200).astype(float), support)
    assert alike.mean.std() < 0.05
    right = np.where(np.arange(200) < 100, 5.0, 0.0)
    apart = Recall.of(right, support)
    assert apart.mean[:100].min() > 0.95
    assert apart.mean[100:].max() < 0.05


def test_a_rate_is_shrunk_towards_the_mean_as_far_as_the_labels_are_alike():
    exposure = np.full(300, 4.0)
    draws = np.random.default_rng(5)
    shape, rate = shrunk_rates(draws.poisson(2.0, 300).astype(float), exposure)
    assert (shape / rate).std() < 0.1
    shape, rate = shrunk_rates(np.where(np.arange(300) < 150, 40.0, 0.0), exposure)
    assert (shape / rate)[:150].min() > 9
    assert (shape / rate)[150:].max() < 0.5


def test_the_chance_of_a_count_of_0_is_that_of_a_poisson_count_where_all_labels_are_alike():
    counts = np.random.default_rng(6).poisson(1.5, 5000).astype(float)
    assert abs(chance_of_none(counts).mean() - np.exp(-1.5)) < 0.02
    assert (chance_of_none(np.zeros(4)) == 1).all()
