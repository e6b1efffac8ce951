"""Temperature scaling against scipy's search, and the halves of a sample."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from evalcore.metrics.temperature import fit_temperature, scaled, stratified_halves


def drawn(seed, temperature, n=2000, n_labels=12):
    """Log-probabilities at a temperature, and labels drawn from those at 1."""
    rng = np.random.default_rng(seed)
    scores = 3 * rng.standard_normal((n, n_labels))
    shares = np.exp(log_softmax(scores, axis=1))
    true = (shares.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1).clip(max=n_labels - 1)
    return log_softmax(scores / temperature, axis=1), true


def loss(log_shares, true, temperature):
    return -log_softmax(log_shares / temperature, axis=1)[np.arange(len(true)), true].mean()


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
def test_the_temperature_is_that_of_scipys_search_and_undoes_the_models(temperature):
    log_shares, true = drawn(0, temperature)
    found = fit_temperature(log_shares, true)
    expected = minimize_scalar(lambda t: loss(log_shares, true, t), bounds=(0.02, 50), method="bounded",
                               options={"xatol": 1e-9}).x  # fmt: skip
    assert found == pytest.approx(expected, rel=1e-5)
    assert found * temperature == pytest.approx(1, abs=0.08)


def test_scaled_probabilities_are_the_softmax():
    log_shares, _ = drawn(1, 1.0, n=50)
    np.testing.assert_allclose(scaled(log_shares, 1.7), log_softmax(log_shares / 1.7, axis=1), atol=1e-12)


def test_labels_of_probability_0_stay_at_0_and_a_true_one_of_0_is_left_out():
    log_shares, true = drawn(2, 0.5)
    log_shares[np.arange(2000), (true + 1) % 12] = -np.inf
    without = fit_temperature(log_shares[5:], true[5:])
    log_shares[np.arange(5), true[:5]] = -np.inf
    assert fit_temperature(log_shares, true) == pytest.approx(without, rel=1e-9)
    after = scaled(log_shares, without)
    assert (np.isneginf(after) == np.isneginf(log_shares)).all()
    np.testing.assert_allclose(np.exp(after).sum(axis=1), 1)


@pytest.mark.parametrize("kind", ["all right", "all wrong", "none"])
def test_where_no_temperature_is_best_it_is_nan(kind):
    log_shares, _ = drawn(3, 1.0, n=0 if kind == "none" else 60)
    true = log_shares.argmin(axis=1) if kind == "all wrong" else log_shares.argmax(axis=1)
    assert math.isnan(fit_temperature(log_shares, true))


def test_the_loss_is_lower_than_at_any_other_temperature_where_probabilities_are_extreme():
    rng = np.random.default_rng(4)
    log_shares = log_softmax(2000 * rng.standard_normal((300, 4)), axis=1)
    true = np.where(rng.random(300) < 0.7, log_shares.argmax(axis=1), rng.integers(0, 4, 300))
    found = fit_temperature(log_shares / 200, true)
    for other in (0.9 * found, 1.1 * found):
        assert loss(log_shares / 200, true, found) < loss(log_shares / 200, true, other)


def test_halves_hold_every_example_once_and_half_of_each_label():
    true = np.random.default_rng(5).integers(0, 9, 101)
    first, second = stratified_halves(true, seed=1)
    assert sorted([*first, *second]) == list(range(101))
    assert abs(len(first) - len(second)) <= 1
    counts = [np.bincount(true[half], minlength=9) for half in (first, second)]
    assert np.abs(counts[0] - counts[1]).max() <= 1
    assert (stratified_halves(true, seed=2)[0] != first).any()
