"""Not worse by a margin: the exact test against all tables written out, and the sample size against a simulation."""

import numpy as np
import pytest
from scipy.stats import multinomial, norm

from evalcore.metrics.intervals import mcnemar_p
from evalcore.metrics.noninferiority import (
    critical_value,
    examples_to_show,
    not_worse_p,
    not_worse_power,
)
from evalcore.metrics.paired import score_statistic, tango_interval

Z = norm.ppf(0.95)


def tables(n):
    """Every number of gained and of lost examples."""
    gained, lost = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    possible = gained + lost <= n
    return gained[possible].astype(float), lost[possible].astype(float)


def probability(gained, lost, n, rate, difference):
    cells = [(rate + difference) / 2, (rate - difference) / 2, 1 - rate]
    return multinomial.pmf(np.stack([gained, lost, n - gained - lost], axis=1), n, cells)


@pytest.mark.parametrize(("gained", "lost", "n", "margin"), [(2, 1, 30, 0.1), (0, 0, 40, 0.05), (9, 4, 45, 0.2)])
def test_p_is_the_largest_probability_of_all_tables_that_speak_as_clearly(gained, lost, n, margin):
    """Red with the normal distribution, or with one rate of disagreement instead of the worst one."""
    of_gained, of_lost = tables(n)
    clear = score_statistic(of_gained, of_lost, float(n), -margin) >= score_statistic(
        np.array(float(gained)), np.array(float(lost)), float(n), -margin
    )
    rates = np.linspace(margin, 1, 400)
    expected = max(probability(of_gained, of_lost, n, rate, -margin)[clear].sum() for rate in rates)
    assert not_worse_p(gained, lost, n, margin) == pytest.approx(expected, abs=5e-4)
    assert (
        not_worse_p(gained, lost, n, margin)
        >= 1 - norm.cdf(score_statistic(np.array(float(gained)), np.array(float(lost)), float(n), -margin)) - 0.02
    )


@pytest.mark.parametrize(("n", "margin"), [(30, 0.03), (60, 0.02), (200, 0.02), (300, 0.02)])
def test_a_run_that_is_worse_by_the_margin_is_called_not_worse_in_one_of_twenty_at_most(n, margin):
    """Exactly, not by simulation. The normal distribution's critical value alone is red: 5.3 to 6.0 % of these."""
    of_gained, of_lost = tables(n)
    reached = score_statistic(of_gained, of_lost, float(n), -margin)
    shown = reached >= critical_value(n, margin)
    by_normal = 0.0
    for rate in (margin, *np.geomspace(1.01 * margin, 0.6, 30)):
        chance = probability(of_gained, of_lost, n, rate, -margin)
        assert chance[shown].sum() <= 0.0503
        by_normal = max(by_normal, chance[reached >= Z].sum())
    assert by_normal > 0.0503 or n == 200


def test_the_critical_value_and_p_say_the_same():
    n, margin = 150, 0.03
    found = set()
    for gained, lost in [(b, c) for b in range(0, 12, 2) for c in range(0, 12, 2)]:
        reached = float(score_statistic(np.array(float(gained)), np.array(float(lost)), float(n), -margin))
        if 2e-3 < abs(reached - critical_value(n, margin)) < 0.4:  # near it, where they could differ
            shown = not_worse_p(gained, lost, n, margin) <= 0.05
            assert shown == (reached >= critical_value(n, margin)), (gained, lost)
            found.add(shown)
    assert found == {True, False}


def test_of_many_examples_the_decision_is_that_of_tangos_interval():
    for gained, lost, n in [(300, 340, 19_000), (300, 660, 19_000), (5000, 5050, 50_000)]:
        low = float(tango_interval(gained, lost, n, 0.9)[0])
        for margin in (-low + 4e-4, -low - 4e-4):
            assert (not_worse_p(gained, lost, n, margin) <= 0.05) == (low > -margin)


def test_the_statistic_at_no_difference_is_mcnemars():
    statistic = score_statistic(np.array(15.0), np.array(5.0), 100.0, 0.0)
    assert statistic == pytest.approx((15 - 5) / np.sqrt(20))
    assert 2 * norm.sf(statistic) == pytest.approx(mcnemar_p(5, 15), abs=0.02)


@pytest.mark.parametrize(("n", "rate", "difference"), [(60, 0.2, 0.0), (80, 0.1, 0.05), (70, 0.3, -0.1)])
def test_power_is_the_sum_over_all_tables_that_show_it(n, rate, difference):
    of_gained, of_lost = tables(n)
    shown = score_statistic(of_gained, of_lost, float(n), -0.1) >= critical_value(n, 0.1)
    expected = probability(of_gained, of_lost, n, rate, difference)[shown].sum()
    assert not_worse_power(n, rate, 0.1, difference) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("margin", "rate"), [(0.05, 0.13), (0.1, 0.4), (0.02, 0.0), (0.1, 0.05)])
def test_as_many_examples_as_are_named_show_it_in_four_of_five_comparisons(margin, rate):
    """Drawn pair by pair and decided by p itself. Red with the power at another rate, or of a two-sided test."""
    needed = examples_to_show(margin, rate)
    rng = np.random.default_rng(0)
    pairs = rng.multinomial(needed, [rate / 2, rate / 2, 1 - rate], 2000)[:, :2]
    distinct, counts = np.unique(pairs, axis=0, return_counts=True)
    statistics = score_statistic(distinct[:, 0].astype(float), distinct[:, 1].astype(float), float(needed), -margin)
    share = counts[statistics >= critical_value(needed, margin)].sum() / 2000
    assert share >= 0.77
    assert not_worse_power(int(0.9 * needed), rate, margin) < 0.8


def test_the_number_of_examples_is_near_the_normal_approximation():
    """Of a paired difference with variance rate/n: (1.645 + 0.842)² rate / margin²."""
    for margin, rate in ((0.04, 0.2), (0.05, 0.4)):
        by_hand = (Z + norm.ppf(0.8)) ** 2 * rate / margin**2
        assert examples_to_show(margin, rate) == pytest.approx(by_hand, rel=0.05)


def test_more_than_a_million_examples_are_no_number():
    assert examples_to_show(0.0005, 0.5) is None
