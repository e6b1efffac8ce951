"""AUROC against scikit-learn, its variance against a plain double loop."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from evalcore.metrics.discrimination import (
    LEAST_OF_EACH,
    auroc,
    auroc_difference_interval,
    auroc_effects,
    auroc_interval,
    why_no_auroc_interval,
)

NO_LABELS = np.zeros(400, dtype=np.int64)


def answers(seed, n=400, levels=0):
    """Confidence and right; confidence has so many levels, or no equal values."""
    rng = np.random.default_rng(seed)
    confidence = rng.random(n)
    if levels:
        confidence = np.round(confidence * levels) / levels
    return confidence, rng.random(n) < 0.2 + 0.6 * confidence


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0, 1, 3, 20]), st.integers(2, 60))
def test_auroc_is_that_of_scikit_learn_with_ties(seed, levels, n):
    confidence, right = answers(seed, n, levels)
    right[:2] = True, False
    assert auroc(confidence, right) == pytest.approx(roc_auc_score(right, confidence), abs=1e-12)


@pytest.mark.parametrize("levels", [0, 5])
def test_the_effects_are_delongs(levels):
    confidence, right = answers(3, 60, levels)
    pairs = [[(x > y) + (x == y) / 2 for y in confidence[~right]] for x in confidence[right]]
    of_right, of_wrong = np.mean(pairs, axis=1), np.mean(pairs, axis=0)
    variance = of_right.var(ddof=1) / len(of_right) + of_wrong.var(ddof=1) / len(of_wrong)
    area, effects = auroc_effects(confidence, right)
    assert area == pytest.approx(np.mean(pairs), abs=1e-12)
    assert effects @ effects == pytest.approx(variance, rel=1e-12)


def test_the_paired_interval_is_delongs():
    """The variance of the difference from the 2 x 2 covariance of the two areas, where both have the same answers."""
    (confidence, right), noise = answers(4, 120), np.random.default_rng(5).normal(size=120) / 5
    other = confidence + noise
    parts = []
    for which in (right, ~right):
        components = [
            [np.mean([(x > y) + (x == y) / 2 for y in sure[~which]]) for x in sure[which]]
            for sure in (confidence, other)
        ]
        parts.append(np.cov(components) / which.sum())
    covariance = sum(parts)
    half = 1.959964 * np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    difference = auroc(other, right) - auroc(confidence, right)
    found = auroc_difference_interval((confidence, right), (other, right), NO_LABELS[:120], "random")
    assert found == pytest.approx((difference - half, difference + half), abs=1e-6)


def test_only_the_order_of_the_confidences_counts():
    confidence, right = answers(6)
    found = auroc_interval(confidence, right, NO_LABELS, "random")
    assert auroc_interval(confidence**3, right, NO_LABELS, "random") == pytest.approx(found)
    turned = auroc_interval(1 - confidence, right, NO_LABELS, "random")
    assert turned == pytest.approx((1 - found[1], 1 - found[0]))
    assert found[0] < auroc(confidence, right) < found[1] < 1


@pytest.mark.parametrize(
    ("right", "says"),
    [
        (np.ones(60, dtype=bool), "all answers are right"),
        (np.zeros(60, dtype=bool), "all answers are wrong"),
        (np.arange(60) == 7, "only 1 of the answers is right"),
        (np.arange(60) >= LEAST_OF_EACH - 1, "only 9 of the answers are wrong"),
        (np.arange(60) >= 30, "without an exception"),
        (np.arange(60) < 30, "without an exception"),
        (np.array([], dtype=bool), "no answer has a confidence"),
    ],
)
def test_what_is_not_estimable_says_why(right, says):
    confidence = np.arange(len(right)) / 60
    assert says in why_no_auroc_interval(confidence, right)
    true = np.zeros(len(right), dtype=np.int64)
    assert all(map(math.isnan, auroc_interval(confidence, right, true, "random")))
    assert math.isnan(auroc(confidence, right)) == (right.all() or not right.any())


def test_one_confidence_for_all_answers_is_chance_and_says_why_it_has_no_interval():
    confidence, right = np.full(60, 0.8), np.arange(60) % 3 > 0
    assert auroc(confidence, right) == 0.5
    assert why_no_auroc_interval(confidence, right) == "all answers have the same confidence"
    assert all(map(math.isnan, auroc_interval(confidence, right, np.zeros(60, dtype=np.int64), "random")))


def test_two_equal_runs_differ_by_0_and_have_no_interval():
    run = answers(8)
    assert all(map(math.isnan, auroc_difference_interval(run, run, NO_LABELS, "random")))
