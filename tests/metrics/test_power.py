"""What a comparison can see, against simulation and against the binomial written out."""

import math
import time

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from evalcore.metrics.intervals import mcnemar_p, wilson
from evalcore.metrics.power import examples_needed, growth, power, smallest_difference


def simulated_power(n, rate, difference, runs=4000, seed=0):
    shares = [(rate + difference) / 2, (rate - difference) / 2]
    cells = np.random.default_rng(seed).multinomial(n, [*shares, 1 - rate], runs)
    return np.mean([mcnemar_p(int(fixed), int(broken)) < 0.05 for fixed, broken, _ in cells])


@pytest.mark.parametrize(("n", "rate", "difference"), [(400, 0.075, 0.04), (100, 0.3, 0.12), (60, 0.1, 0.1)])
def test_power_is_what_a_simulation_of_the_exact_test_finds(n, rate, difference):
    assert power(n, rate, difference) == pytest.approx(simulated_power(n, rate, difference), abs=0.025)


def test_power_is_the_sum_over_the_number_of_discordant_pairs():
    n, rate, difference = 40, 0.3, 0.2
    expected = 0.0
    for pairs in range(n + 1):
        seen = [k for k in range(pairs + 1) if pairs and binomtest(k, pairs, 0.5).pvalue < 0.05]
        expected += binom.pmf(pairs, n, rate) * binom.pmf(seen, pairs, (1 + difference / rate) / 2).sum()
    assert power(n, rate, difference) == pytest.approx(expected, abs=1e-9)


def test_the_smallest_difference_is_seen_in_four_of_five_comparisons():
    for n, rate in ((400, 0.075), (3080, 0.2), (50, 0.4)):
        smallest = smallest_difference(n, rate)
        assert power(n, rate, smallest) == pytest.approx(0.8, abs=0.01)
        assert power(n, rate, 0.7 * smallest) < 0.8


def test_runs_that_never_differed_could_still_have_shown_a_difference():
    """Six pairs on one side are needed for p < .05, so about 9 of 400 examples are seen."""
    assert 0.015 < smallest_difference(400, 0.0) < 0.03


def test_five_examples_show_nothing():
    assert math.isnan(smallest_difference(5, 0.5))


def test_examples_needed_is_the_other_way_round():
    needed = examples_needed(0.04, 0.075)
    assert needed == pytest.approx(400, rel=0.06)
    assert smallest_difference(needed, 0.075) == pytest.approx(0.04, abs=0.001)
    assert examples_needed(1e-6, 0.5) is None


def test_examples_needed_are_known_up_to_a_million():
    needed = examples_needed(0.0018, 0.3)
    assert 524_288 < needed < 1_000_000
    assert power(needed, 0.3, 0.0018) == pytest.approx(0.8, abs=0.001)


def test_a_million_examples_take_seconds_at_most():
    started = time.perf_counter()
    growth(0.7, 0.3, 1_000_000)
    assert time.perf_counter() - started < 10


def test_growth_ends_at_the_whole_split_and_narrows():
    grown = growth(0.7, 0.2, 3080)
    assert grown.n[-1] == 3080
    low, high = wilson(0.7 * 3080, 3080)
    assert grown.width[-1] == pytest.approx(float(high - low))
    assert (np.diff(grown.width) < 0).all()
    assert (np.diff(grown.smallest) < 0).all()
    assert list(growth(0.5, 0.1, 7).n) == [7]
