"""Intervals of the differences of two runs' scores, against plain loops and exact counts."""

import math

import numpy as np
import pytest

from evalcore.metrics.classification import UNPARSED, confusion_counts, per_class
from evalcore.metrics.intervals_paired import (
    _JACKKNIFED,
    _MEANS,
    WITHHELD,
    WITHOUT_INTERVAL,
    _without_one,
    paired_intervals,
)
from evalcore.metrics.overall import scores
from evalcore.metrics.paired import tango_interval
from tests.metrics.test_f1_model import run_of

DESIGNS = ("stratified", "random")


def two_runs(n=600, n_labels=6, seed=1):
    rng = np.random.default_rng(seed)
    true, a = run_of(n, n_labels, 0.6, seed=seed)
    _, b = run_of(n, n_labels, 0.6, seed=seed + 100)
    b = np.where(rng.random(n) < 0.5, a, np.where(rng.random(n) < 0.7, true, b))
    return true, a, b


def test_totals_without_one_example_are_those_of_the_smaller_sample():
    true, a, _ = two_runs(80, 4)
    confusion = confusion_counts(true, a, 4)
    rows, columns = np.nonzero(confusion)
    without = _without_one(per_class(confusion), rows, columns)
    for at, (row, column) in enumerate(zip(rows, columns, strict=True)):
        less = confusion.copy()
        less[row, column] -= 1
        for name in _JACKKNIFED:
            assert getattr(without, name)[at] == pytest.approx(getattr(scores(less), name), rel=1e-12), name


@pytest.mark.parametrize("design", DESIGNS)
def test_differences_are_those_of_the_plain_resampling_loop(design):
    true, a, b = two_runs(1500)
    ours = paired_intervals(true, a, b, 6, design)
    rng = np.random.default_rng(2)
    drawn = {name: [] for name in (*_MEANS, *_JACKKNIFED)}
    for _ in range(600):
        rows = rng.integers(0, len(true), len(true))
        if design == "stratified":
            rows = np.concatenate([rng.choice(np.flatnonzero(true == k), (true == k).sum()) for k in range(6)])
        of_a, of_b = (scores(confusion_counts(true[rows], answer[rows], 6)) for answer in (a, b))
        for name, values in drawn.items():
            values.append(getattr(of_b, name) - getattr(of_a, name))
    for name, values in drawn.items():
        low, high = np.quantile(values, [0.025, 0.975])
        if design == "random" or name in _MEANS:
            assert ours.difference[name] == pytest.approx((low, high), abs=0.2 * (high - low)), name


@pytest.mark.parametrize("design", DESIGNS)
def test_each_contains_the_difference_in_the_sample(design):
    for seed in range(20):
        true, a, b = two_runs(120, 9, seed)
        ours = paired_intervals(true, a, b, 9, design)
        of_a, of_b = (scores(confusion_counts(true, answer, 9)) for answer in (a, b))
        for name in (*_MEANS, *_JACKKNIFED, "unparsed_rate"):
            low, high = ours.difference[name]
            assert low <= getattr(of_b, name) - getattr(of_a, name) <= high, name


@pytest.mark.parametrize("design", DESIGNS)
def test_two_runs_that_are_alike_have_an_interval_around_nothing(design):
    true, a, _ = two_runs()
    alike = paired_intervals(true, a, a, 6, design)
    for name in (*_MEANS, *_JACKKNIFED, "unparsed_rate"):
        low, high = alike.difference[name]
        assert low < 0 < high, name
        assert high - low < 0.05, name
    assert (alike.f1_difference[:, 0] < 0).all()
    assert (alike.f1_difference[:, 1] > 0).all()


def test_the_other_way_round_it_is_the_negative():
    true, a, b = two_runs()
    one, other = paired_intervals(true, a, b, 6, "random"), paired_intervals(true, b, a, 6, "random")
    for name in (*_MEANS, *_JACKKNIFED, "unparsed_rate"):
        low, high = one.difference[name]
        assert other.difference[name] == pytest.approx((-high, -low), abs=1e-9), name
    np.testing.assert_allclose(one.f1_difference, -other.f1_difference[:, ::-1], atol=1e-12)


def test_unparsed_is_a_difference_of_two_shares():
    true, a, b = two_runs()
    gained, lost = ((b == UNPARSED) & (a != UNPARSED)).sum(), ((a == UNPARSED) & (b != UNPARSED)).sum()
    expected = [float(bound) for bound in tango_interval(gained, lost, len(true))]
    assert paired_intervals(true, a, b, 6, "random").difference["unparsed_rate"] == pytest.approx(expected)


def test_what_has_no_interval_that_holds_has_none():
    true, a, b = two_runs()
    ours = paired_intervals(true, a, b, 6, "random")
    assert all(math.isnan(ours.difference[name][0]) for name in WITHOUT_INTERVAL)
    few = paired_intervals(true[:20], a[:20], b[:20], 6, "random")
    assert few.withheld.startswith(f"{WITHHELD}: interval not estimable at this n. 20 examples of 5 labels are too few")
    missing = {name for name, (low, _) in few.difference.items() if math.isnan(low)} - set(WITHOUT_INTERVAL)
    assert len(missing) == WITHHELD.count(",") + 2  # the sentence names each of them
    assert all(math.isnan(few.difference[name][0]) for name in (*_MEANS, *_JACKKNIFED))
    nothing = np.array([], dtype=np.int64)
    assert all(
        math.isnan(low) for low, _ in paired_intervals(nothing, nothing, nothing, 3, "random").difference.values()
    )


def test_the_difference_of_two_correlations_keeps_its_interval_beyond_one():
    """MCC and kappa are in [-1, 1], so their difference is in [-2, 2]: cut at 1 its lower bound lay above the upper."""
    true = np.array([0, 1] * 15)
    worst = paired_intervals(true, true, 1 - true, 2, "random").difference
    for name in ("mcc", "kappa"):
        low, high = worst[name]
        assert -2 <= low < high < -1


@pytest.mark.parametrize("n", [1, 3, 30, 60])
def test_no_interval_is_without_a_width(n):
    for n_labels in (1, 2, 5):
        true = np.arange(n) % n_labels
        answers = [true, (true + 1) % n_labels, np.full(n, UNPARSED), np.zeros(n, dtype=np.int64)]
        for a in answers:
            for b in answers:
                ours = paired_intervals(true, a, b, n_labels, "random")
                for name, (low, high) in ours.difference.items():
                    assert math.isnan(low) or low < high, name
                low, high = ours.f1_difference.T
                assert (np.isnan(low) | (low < high)).all()
