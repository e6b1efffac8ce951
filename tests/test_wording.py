"""Numbers in words."""

import math

import pytest

from evalcore.wording import counted, figure, p_value, percent, points, signed


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
