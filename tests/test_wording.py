"""Numbers in words."""

import math

import pytest

from evalcore.wording import counted, figure, p_value, percent, points, signed


def test_what_is_undefined_is_said_so():
    assert percent(math.nan) == figure(math.nan) == "n/a"
    assert percent(math.nan, undefined="–") == "–"


def test_percent_has_one_decimal():
    assert [percent(share) for share in (0, 0.0004, 0.9126, 1)] == ["0.0 %", "0.0 %", "91.3 %", "100.0 %"]


@pytest.mark.parametrize(("difference", "said"), [(0.025, "+2.5"), (-0.003, "−0.3"), (0.0004, "±0"), (-0.0004, "±0")])
def test_points_have_a_sign_that_is_no_hyphen(difference, said):
    assert points(difference) == said


def test_a_bound_of_an_interval_has_a_sign_only_if_it_is_not_0():
    assert [signed(bound) for bound in (0.0201, 0.0, -0.0201)] == ["+2.0", "0.0", "−2.0"]


def test_small_ps_are_bounded():
    assert [p_value(p) for p in (0.5, 0.0991, 0.00001, 1.0)] == ["p = .500", "p = .099", "p < .001", "p = 1"]


def test_one_is_singular():
    assert [counted(n, "example") for n in (0, 1, 2)] == ["0 examples", "1 example", "2 examples"]
