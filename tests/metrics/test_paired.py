"""Paired counts, Tango's interval, agreement and Holm, against plain loops, scipy and scikit-learn."""

import math

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from evalcore.metrics.paired import PAIR_GROUPS, agreement, group_codes, holm, pair_counts, tango_interval


def answers(n=500, n_labels=6, seed=0):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, n_labels, n)
    both = [np.where(rng.random(n) < share, true, rng.integers(-1, n_labels, n)) for share in (0.5, 0.6)]
    return true, *both


def group_by_hand(true, a, b):
    if a != true and b == true:
        return "fixed"
    if a == true and b != true:
        return "broken"
    if a == true and b == true:
        return "both_right"
    if a == b == -1:
        return "both_unparsed"
    return "wrong_alike" if a == b else "wrong_differently"


def test_groups_are_those_of_a_plain_loop():
    true, a, b = answers()
    expected = [group_by_hand(*row) for row in zip(true, a, b, strict=True)]
    assert [PAIR_GROUPS[code] for code in group_codes(true, a, b)] == expected
    counts = pair_counts(group_codes(true, a, b))
    assert {name: getattr(counts, name) for name in PAIR_GROUPS} == {name: expected.count(name) for name in PAIR_GROUPS}
    assert counts.n == sum(getattr(counts, name) for name in PAIR_GROUPS)
    assert counts.difference == pytest.approx((b == true).mean() - (a == true).mean())


@pytest.mark.parametrize(
    ("a", "b", "group"),
    [(-1, -1, "both_unparsed"), (1, 1, "wrong_alike"), (-1, 1, "wrong_differently"), (1, -1, "wrong_differently")],
)
def test_what_both_left_unparsed_is_not_wrong_alike(a, b, group):
    assert PAIR_GROUPS[group_codes(np.array([2]), np.array([a]), np.array([b]))[0]] == group


def statistic(b, c, n, difference):
    """Tango's statistic with the nuisance found by maximising the likelihood on a fine grid."""
    least, most = max(0.0, -difference), (1 - difference) / 2
    q = np.linspace(least + 1e-12, most - 1e-12, 200_001)
    likelihood = c * np.log(q) + b * np.log(q + difference) + (n - b - c) * np.log1p(-2 * q - difference)
    q = q[np.argmax(likelihood)]
    return (b - c - n * difference) / math.sqrt(n * (2 * q + difference * (1 - difference)))


@pytest.mark.parametrize(("b", "c", "n"), [(20, 10, 400), (3, 9, 60), (40, 41, 300), (7, 1, 25)])
def test_tangos_bounds_are_where_the_score_statistic_is_the_normal_quantile(b, c, n):
    low, high = tango_interval(b, c, n)
    assert statistic(b, c, n, float(low)) == pytest.approx(1.959964, abs=2e-3)
    assert statistic(b, c, n, float(high)) == pytest.approx(-1.959964, abs=2e-3)


def test_tango_is_a_shape_of_its_own_and_mirrors():
    low, high = tango_interval([20, 10, 0], [10, 20, 0], [400, 400, 400])
    assert low[0] == pytest.approx(-high[1])
    assert high[0] == pytest.approx(-low[1])
    assert high[2] == pytest.approx(-low[2])
    assert high[2] > 0  # no discordant pair is no proof of no difference


def test_tango_of_nothing_is_unknown_and_of_everything_ends_at_one():
    assert math.isnan(tango_interval(0, 0, 0)[0])
    assert tango_interval(10, 0, 10)[1] == pytest.approx(1)
    assert tango_interval(0, 10, 10)[0] == pytest.approx(-1)


@pytest.mark.parametrize(("fixed", "broken", "n"), [(0.05, 0.025, 400), (0.1, 0.1, 100), (0.3, 0.1, 400)])
def test_tango_covers_as_often_as_it_says(fixed, broken, n):
    cells = np.random.default_rng(5).multinomial(n, [fixed, broken, 1 - fixed - broken], 1000)
    low, high = tango_interval(cells[:, 0], cells[:, 1], np.full(1000, n))
    held = ((low <= fixed - broken) & (fixed - broken <= high)).mean()
    assert 0.93 <= held <= 0.97


def test_agreement_is_that_of_scikit_learn():
    true, a, b = answers(seed=3)
    ours = agreement(true, a, b)
    assert ours.kappa == pytest.approx(cohen_kappa_score(a, b))
    assert ours.same == pytest.approx((a == b).mean())
    assert ours.both_wrong == sum(x != t and y != t for t, x, y in zip(true, a, b, strict=True))
    assert ours.expected_both_wrong == pytest.approx(len(true) * (a != true).mean() * (b != true).mean())


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
