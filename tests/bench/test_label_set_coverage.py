"""The simulation of label sets holds at a small size, and notices thresholds that promise too much."""

import json

import numpy as np
import pytest

from evalcore.bench import label_set_coverage
from evalcore.bench.label_set_coverage import Shape, as_text, coverage
from evalcore.metrics import set_thresholds

SHAPES = (Shape(24, 400, "rare are hard"), Shape(24, 1000, "even"))


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(label_set_coverage, "_TEXTS_A_LABEL", 400)


def test_what_is_promised_holds_and_what_is_not_is_shown_as_such():
    found = coverage(40, shapes=SHAPES, processes=1)
    assert len(found) == 2 * 3 * 3
    assert all(one.passes for one in found), as_text(found)
    for one in found:
        assert one.coverage >= one.target - 4 * one.error
        if one.grouping == "all":
            assert one.lowest_label < one.target - 0.1  # no label by itself is promised anything
        if one.grouping == "each":
            assert one.promised == one.lowest_label
    assert "18 of 18 hold" in as_text(found)
    json.dumps([one.as_json() for one in found])


def test_thresholds_that_promise_too_much_are_noticed(monkeypatch):
    def careless(true_probability, group, wanted, n_groups):
        return set_thresholds(true_probability, group, wanted - 0.03, n_groups)

    monkeypatch.setattr(label_set_coverage, "set_thresholds", careless)
    found = coverage(40, shapes=SHAPES[1:], processes=1)
    assert not any(one.passes for one in found if one.grouping == "all")
    assert "broken" in as_text(found)


def test_what_thresholds_cover_is_counted_as_a_plain_loop_counts_it():
    texts = np.sort(np.random.default_rng(0).random((5, 40)), axis=1)
    threshold = np.array([0.2, 0.5, 0.0, 1.0, texts[4, 7]])
    covered = label_set_coverage._covered(texts, threshold)
    np.testing.assert_allclose(covered, (texts >= threshold[:, None]).mean(axis=1))
