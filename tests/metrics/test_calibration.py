"""Bins, ECE and references against independent libraries, plain loops and simulated samples."""

import math

import calibration as kumar
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss

from evalcore.metrics.calibration import (
    BINS,
    brier_reference,
    confidence_bins,
    ece_if_calibrated,
    ece_interval,
    expected_calibration_error,
    log_loss_reference,
    over_confidence,
)
from evalcore.metrics.intervals import wilson


def answers(seed, n=1000, power=1.0):
    """Confidence, and right with a probability of confidence to this power: above 1 is over-confident."""
    rng = np.random.default_rng(seed)
    confidence = rng.random(n) ** 0.4
    return confidence, rng.random(n) < confidence**power


@pytest.mark.parametrize("n", [200, 400, 1000, 3080])
def test_ece_is_that_of_an_independent_library(n):
    """uncertainty-calibration, of Kumar, Liang and Ma 2019, with its equal-mass bins.

    Where the number of answers is no multiple of ten, the two put the odd ones into other bins.
    """
    for seed in range(10):
        confidence, right = answers(seed, n, power=2.0)
        answered = list(zip(confidence, right.astype(float), strict=True))
        theirs = kumar.utils.bin(answered, kumar.get_equal_bins(confidence, BINS))
        expected = kumar.utils.plugin_ce(theirs, power=1)
        assert expected_calibration_error(confidence_bins(confidence, right)) == pytest.approx(expected, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1, 2, 7, 40, 10**9]), st.integers(1, 500))
def test_bins_hold_each_answer_once_and_equal_confidences_together(seed, levels, n):
    confidence, right = answers(seed, n)
    confidence = np.round(confidence * levels) / levels
    bins = confidence_bins(confidence, right)
    assert 1 <= len(bins) <= max(1, min(BINS, n // 20))
    gaps = 0.0
    for at in range(len(bins)):
        inside = (bins.low[at] <= confidence) & (confidence <= bins.high[at])
        assert inside.sum() == bins.count[at]
        assert right[inside].sum() == bins.right[at]
        assert bins.mean_confidence[at] == pytest.approx(confidence[inside].mean())
        assert bins.share_right[at] == pytest.approx(right[inside].mean())
        expected = [float(bound) for bound in wilson(right[inside].sum(), inside.sum())]
        assert bins.interval[at].tolist() == pytest.approx(expected)
        gaps += abs(right[inside].sum() - confidence[inside].sum())
    assert (bins.high[:-1] < bins.low[1:]).all()
    assert bins.count.sum() == n
    assert expected_calibration_error(bins) == pytest.approx(gaps / n, abs=1e-12)
    if levels == 10**9:
        assert bins.count.max() - bins.count.min() <= 1


def test_a_calibrated_model_shows_the_ece_that_is_said_of_it():
    """Against samples of which each answer is right with its confidence as probability."""
    confidence, _ = answers(1, 400)
    rng = np.random.default_rng(2)
    shown = [expected_calibration_error(confidence_bins(confidence, rng.random(400) < confidence)) for _ in range(1000)]
    found = ece_if_calibrated(confidence)
    assert found.mean == pytest.approx(np.mean(shown), rel=0.03)
    assert found.interval == pytest.approx(tuple(np.quantile(shown, (0.025, 0.975))), rel=0.08)
    assert 0.02 < found.mean < 0.06


def test_the_interval_begins_at_0_for_a_calibrated_model_and_not_for_another():
    lows = []
    for seed in range(40):
        bins = confidence_bins(*answers(seed, 400))
        low, high = ece_interval(bins)
        assert low <= expected_calibration_error(bins) <= high
        lows.append(low)
    assert sum(low == 0 for low in lows) >= 35
    bins = confidence_bins(*answers(0, 400, power=3.0))
    low, high = ece_interval(bins)
    assert 0.1 < low < expected_calibration_error(bins) < high < 0.4


def test_over_confidence_has_its_sign_and_a_width_where_all_are_right():
    confidence, right = answers(3, 500, power=3.0)
    true = np.zeros(500, dtype=np.int64)
    gap, (low, high) = over_confidence(confidence, right, true, "random")
    assert gap == pytest.approx(confidence.mean() - right.mean())
    assert 0 < low < gap < high
    turned, (below, above) = over_confidence(1 - confidence, ~right, true, "random")
    assert (turned, below, above) == pytest.approx((-gap, -high, -low))
    gap, (low, high) = over_confidence(np.full(100, 0.99), np.ones(100, dtype=bool), true[:100], "random")
    assert gap == pytest.approx(-0.01)
    assert low == pytest.approx(-0.01)  # Wilson's upper bound of 100 of 100 is 1
    assert high == pytest.approx(0.99 - float(wilson(100, 100)[0]))


def test_references_are_the_scores_of_the_class_frequencies():
    true = np.random.default_rng(4).integers(0, 6, 300) % 5  # label 5 does not occur
    shares = np.tile(np.bincount(true, minlength=6) / 300, (300, 1))
    assert brier_reference(true, 6) == pytest.approx(
        brier_score_loss(true, shares, labels=range(6), scale_by_half=False), abs=1e-12
    )
    assert log_loss_reference(true, 6) == pytest.approx(log_loss(true, shares, labels=range(6)), abs=1e-9)
    assert math.isnan(brier_reference(true[:0], 6))
    assert math.isnan(log_loss_reference(true[:0], 6))


def test_no_answers_have_no_figures():
    none, false, true = np.array([]), np.array([], dtype=bool), np.array([], dtype=np.int64)
    bins = confidence_bins(none, false)
    assert len(bins) == 0
    figures = [expected_calibration_error(bins), *ece_interval(bins), ece_if_calibrated(none).mean]
    gap, interval = over_confidence(none, false, true, "random")
    assert all(map(math.isnan, [*figures, gap, *interval]))


def test_of_very_many_answers_fewer_samples_are_simulated():
    confidence, right = answers(5, 250_000)
    found = ece_if_calibrated(confidence)
    assert 0.0003 < found.interval[0] < found.mean < found.interval[1] < 0.004
    assert expected_calibration_error(confidence_bins(confidence, right)) < 0.004
