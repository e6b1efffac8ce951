"""Risk and coverage against loops and against every order of ties; intervals against a bootstrap."""

from itertools import pairwise, permutations

import numpy as np
import pytest

from evalcore.metrics.decisions.selective import (
    LEAST_WRONG,
    aurc,
    aurc_difference_interval,
    aurc_interval,
    aurc_values,
    steps_of,
)


def made(seed, n, ties=None, unknown=0.1):
    """Certainties that tell right from wrong a little, some of them unknown, and whether each answer is right."""
    rng = np.random.default_rng(seed)
    certainty = rng.random(n)
    if ties:
        certainty = np.round(certainty * ties) / ties
    right = rng.random(n) < 0.4 + 0.5 * certainty
    certainty[rng.random(n) < unknown] = np.nan
    return certainty, right


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("ties", [None, 4])
def test_every_step_answers_all_that_is_as_sure_and_nothing_else(seed, ties):
    certainty, right = made(seed, 40, ties)
    steps = steps_of(certainty, right)
    values = sorted({value for value in certainty.tolist() if value == value}, reverse=True)
    assert steps.threshold.tolist() == values
    for at, value in enumerate(values):
        above = [i for i in range(40) if certainty[i] >= value]
        assert steps.answered[at] == len(above)
        assert steps.right[at] == sum(right[i] for i in above)
        assert steps.coverage[at] == len(above) / 40
        assert steps.at(value) == at
    assert steps.at(2.0) == -1
    assert steps.at(-1.0) == len(values) - 1


@pytest.mark.parametrize("seed", range(30))
def test_aurc_is_the_mean_over_all_orders_of_ties_with_the_unknown_ones_last(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 7))
    certainty = rng.choice([0.2, 0.5, 0.9, np.nan], n)
    right = rng.random(n) < 0.5
    key = [-np.inf if value != value else value for value in certainty]
    areas = []
    for order in permutations(range(n)):
        if all(key[a] >= key[b] for a, b in pairwise(order)):
            wrong = 0
            risks = []
            for rank, i in enumerate(order, start=1):
                wrong += not right[i]
                risks.append(wrong / rank)
            areas.append(np.mean(risks))
    assert aurc(certainty, right) == pytest.approx(np.mean(areas))


@pytest.mark.parametrize("ties", [None, 5])
def test_the_values_have_the_area_as_their_mean_and_the_bootstraps_spread(ties):
    certainty, right = made(3, 500, ties)
    values = aurc_values(certainty, right)
    assert values.mean() == pytest.approx(aurc(certainty, right))
    rng = np.random.default_rng(0)
    resampled = [aurc(certainty[rows], right[rows]) for rows in rng.integers(0, 500, (800, 500))]
    assert values.std() / np.sqrt(500) == pytest.approx(np.std(resampled), rel=0.1)


def test_the_interval_holds_the_area_and_is_narrower_where_the_labels_are_strata():
    rng = np.random.default_rng(1)
    true = np.repeat(np.arange(20), 50)
    right = rng.random(1000) < np.linspace(0.2, 1, 20)[true]
    certainty = rng.random(1000)
    values = aurc_values(certainty, right)
    random, stratified = (aurc_interval(values, right, true, design) for design in ("random", "stratified"))
    area = aurc(certainty, right)
    assert random[0] < stratified[0] < area < stratified[1] < random[1]


def test_few_wrong_answers_and_one_signal_twice_have_no_interval():
    certainty, right = made(2, 300)
    true = np.zeros(300, dtype=int)
    right[:] = True
    right[: LEAST_WRONG - 1] = False
    values = aurc_values(certainty, right)
    assert np.isnan(aurc_interval(values, right, true, "random")).all()
    assert np.isnan(aurc_difference_interval((values, right), (values[::-1], right), true, "random")).all()
    right[LEAST_WRONG - 1] = False
    values = aurc_values(certainty, right)
    assert aurc_interval(values, right, true, "random")[0] < values.mean()
    assert np.isnan(aurc_difference_interval((values, right), (values, right), true, "random")).all()


def test_the_difference_is_that_of_the_areas_of_two_runs():
    certainty, right = made(5, 800)
    other, other_right = made(6, 800)
    a, b = aurc_values(certainty, right), aurc_values(other, other_right)
    low, high = aurc_difference_interval((a, right), (b, other_right), np.zeros(800, dtype=int), "random")
    assert low < aurc(other, other_right) - aurc(certainty, right) < high
    back = aurc_difference_interval((b, other_right), (a, right), np.zeros(800, dtype=int), "random")
    assert back == pytest.approx((-high, -low))


def test_some_steps_are_spread_over_the_curve_and_keep_the_wanted_one():
    certainty, right = made(7, 1000, unknown=0)
    steps = steps_of(certainty, right)
    wanted = float(np.sort(certainty)[::-1][123])
    some = steps.some(20, fewest=10, also=wanted)
    assert 18 <= len(some) <= 22
    assert some.answered[0] == 10
    assert some.answered[-1] == 1000
    assert wanted in some.threshold
    at = steps.at(float(some.threshold[5]))
    assert (some.answered[5], some.right[5]) == (steps.answered[at], steps.right[at])


@pytest.mark.parametrize("n", [0, 1])
def test_no_answer_and_one_answer(n):
    certainty, right = np.full(n, np.nan), np.zeros(n, dtype=bool)
    assert len(steps_of(certainty, right)) == 0
    assert len(steps_of(certainty, right).some(10)) == 0
    assert np.isnan(aurc(certainty, right)) if n == 0 else aurc(certainty, right) == 1
