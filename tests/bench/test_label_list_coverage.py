"""The intervals of the question “Label list” hold in simulation, and the simulated truth is the population's."""

import numpy as np
import pytest

from evalcore.bench import label_list_coverage
from evalcore.bench.interval_coverage import Covered, Shape
from evalcore.bench.label_list_coverage import answer_chances, as_text, coverage, passes
from evalcore.cli import simulate

SHAPES = (Shape(24, 1000, 0.6, "random", "neighbours"), Shape(24, 1000, 0.6, "stratified", "neighbours"))
DATASETS = 120


@pytest.fixture(scope="module")
def simulated():
    return coverage(DATASETS, shapes=SHAPES, processes=1)


def test_each_interval_that_is_shown_holds(simulated):
    assert {one.interval for one in simulated} == {
        "gain of a pair", "gain of many groups", "accuracy", "macro-F1", "suggested merge", "suggested path",
        "hierarchical precision", "hierarchical recall", "hierarchical f1", "accuracy of groups", "mistakes inside",
    }  # fmt: skip
    for one in simulated:
        assert passes(one, DATASETS), one


def test_the_population_is_what_it_says():
    for n_labels in (24, 77, 150):
        chance = answer_chances(n_labels, 0.6)
        np.testing.assert_allclose(chance.sum(axis=1), 1)
        assert chance.diagonal().mean() == pytest.approx(0.6)
        assert chance.min() > 0


def test_the_table_names_what_is_outside(simulated, monkeypatch):
    bad = Covered("macro-F1", SHAPES[0], DATASETS, 0.6)
    text = as_text([*simulated, bad])
    assert f"{len(simulated)} of {len(simulated) + 1} are between 93 and 97 %" in text
    assert "outside: 60.0 %, macro-F1" in text
    monkeypatch.setattr(label_list_coverage, "coverage", lambda datasets: simulated)
    data, said = simulate.SIMULATIONS["label-list"](DATASETS)
    assert len(data) == len(simulated)
    assert f"percent of {DATASETS} simulated data sets" in said
