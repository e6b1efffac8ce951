"""A run that is worse by the margin is said not to be worse in 5 % of data sets at most, in any metric."""

import numpy as np
import pytest

from evalcore.bench import noninferiority_coverage
from evalcore.bench.interval_coverage import METRIC_WORDS
from evalcore.bench.noninferiority_coverage import ACCURACY, MARGIN, Enough, Shape, as_text, coverage, own_share
from evalcore.cli import simulate

SHAPES = (Shape(24, 400, 0.05, "random"), Shape(77, 400, 0.2, "stratified"), Shape(150, 400, 0.05, "random"))
DATASETS = 120


@pytest.fixture(scope="module")
def simulated():
    return coverage(DATASETS, shapes=SHAPES, processes=1)


def test_it_is_seldom_said_of_a_run_that_is_worse_by_the_margin(simulated):
    """Red with the lower bound of a 50 % interval, or a test of another margin."""
    found, _ = simulated
    assert {one.metric for one in found} == {"accuracy", *METRIC_WORDS.values()}
    for one in found:
        assert one.passes, one  # three standard errors above 5 % of 120 data sets are 11 %
    assert np.mean([one.share for one in found if one.metric == "accuracy"]) > 0.01  # the margin is where it counts


def test_the_population_is_what_it_says():
    for rate in (0.05, 0.1, 0.2, 0.4):
        own, accuracy = own_share(rate)
        assert own * (ACCURACY - accuracy) == pytest.approx(MARGIN)
        assert own * (ACCURACY * (1 - accuracy) + accuracy * (1 - ACCURACY)) == pytest.approx(rate)
        assert 0 < accuracy < ACCURACY


def test_as_many_examples_as_it_takes_show_it(simulated):
    _, enough = simulated
    assert [one.rate for one in enough] == [0.05, 0.2]
    for one in enough:
        assert one.share == pytest.approx(0.8, abs=0.03), one


def test_the_table_names_the_worst(simulated, monkeypatch):
    found, enough = simulated
    text = as_text(found, enough)
    worst = max(found, key=lambda one: one.share)
    assert f"the highest: {100 * worst.share:.1f} %, {worst.metric}, " in text
    assert f"{len(found)} of {len(found)} are 5 % or less" in text
    assert "disagreeing in   20 %:  3,1" in text
    monkeypatch.setattr(noninferiority_coverage, "coverage", lambda datasets: (found, [Enough(0.1, 1600, 0.81)]))
    data, said = simulate.SIMULATIONS["checks"](DATASETS)
    assert "disagreeing in   10 %:  1,600 examples, 81.0 %" in said
    assert len(data["wrongly_shown"]) == len(found)
