"""Numbers in words."""

import math

import pytest

from evalcore.wording import counted, figure, in_percent, interval, p_value, percent, points, signed


@pytest.mark.parametrize(
    ("said", "expected"),
    [(percent(0.2525), "25.2 %"), (percent(1.0), "100.0 %"), (percent(math.nan), "n/a"), (percent(math.nan, "–"), "–"),
     (figure(0.64249), "0.642"), (figure(12.345, 1), "12.3"), (figure(math.nan), "n/a"),
     (counted(1, "example"), "1 example"), (counted(0, "label"), "0 labels"),
     (points(0.405), "+40.5"), (points(-0.02), "−2.0"), (points(0.0004), "±0"), (signed(0.0), "0.0"),
     (p_value(0.0409), "p = .041"), (p_value(0.0009), "p < .001"), (p_value(1.0), "p = 1")],
)  # fmt: skip
def test_a_number_reads_as_papers_write_it(said, expected):
    assert said == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [(interval((0.619, 0.712)), "61.9 to 71.2"), (interval((-0.019, 0.2), signed=True), "−1.9 to +20.0"),
     (interval((-0.019, 0.2)), "−1.9 to 20.0"), (interval((0.1, 0.25), scale=1, decimals=3), "0.100 to 0.250"),
     (interval((0.9999, 1.0)), "99.99 to 100.00"), (interval((0.0, 0.0004)), "0.00 to 0.04")],
)  # fmt: skip
def test_an_interval_shows_its_width(said, expected):
    assert said == expected


@pytest.mark.parametrize("bounds", [(0.5, 0.5), (math.nan, math.nan), (0.2, math.nan), (0.3, 0.2), (0.1, 0.1 + 1e-12)])
def test_an_interval_without_a_width_is_none(bounds):
    assert interval(bounds) == "not estimable"
    assert interval(bounds, undefined="") == ""


def test_a_number_for_a_table_has_the_digits_of_the_text():
    for right in range(2001):
        assert percent(right / 2000) == f"{in_percent(right / 2000):.1f} %"


def test_minus_is_no_hyphen_and_zero_has_no_sign():
    assert (figure(-0.25, 2), figure(-0.001, 2), signed(-0.0001), figure(12345.6, 1)) == (
        "−0.25",
        "0.00",
        "0.0",
        "12,345.6",
    )


def test_counts_agree_with_their_nouns_and_are_grouped():
    assert [counted(n, "run is", "runs are") for n in (0, 1, 2)] == ["0 runs are", "1 run is", "2 runs are"]
    assert counted(1240, "example") == "1,240 examples"
