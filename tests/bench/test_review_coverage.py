"""The simulation of the question “Review”, with few data sets: promises are kept, and a broken rule would be seen."""

from dataclasses import replace

import numpy as np
import pytest

from evalcore.bench import review_coverage, review_population
from evalcore.bench.review_coverage import SIMULATED, Found, Shape, as_text, coverage


@pytest.fixture(scope="module")
def found():
    patch = pytest.MonkeyPatch()
    patch.setattr(review_population, "_POPULATION", 20_000)
    review_population.population_of.cache_clear()
    review_population.curve_of.cache_clear()
    shapes = [Shape(24, 400, design, SIMULATED[2]) for design in ("random", "stratified")]
    yield coverage(60, shapes=shapes, processes=1)
    patch.undo()
    review_population.population_of.cache_clear()
    review_population.curve_of.cache_clear()


def test_intervals_hold_and_promises_are_kept(found):
    assert [one for one in found if not one.passes] == []
    names = {one.what for one in found}
    for expected in ("AURC of agreement", "AURC, entropy - confidence", "AURC, run B - run A", "share right, estimated",
                     "share to a person, promised", "answered, run B - run A"):  # fmt: skip
        assert expected in names
    easy = next(one for one in found if one.what == "one threshold, confidence, 80 %")
    assert easy.promise
    assert easy.shown > 50
    assert easy.share >= 0.95


def test_a_promise_that_is_verified_on_the_half_that_chose_it_is_broken_too_often(monkeypatch):
    monkeypatch.setattr(review_population, "_POPULATION", 20_000)
    review_population.population_of.cache_clear()
    review_population.curve_of.cache_clear()

    def same_half_twice(true):
        half = np.arange(len(true))[::2]
        return half, half

    monkeypatch.setattr(review_coverage, "stratified_halves", same_half_twice)
    broken = coverage(60, shapes=[Shape(24, 3080, "random", SIMULATED[1])], processes=1)
    monkeypatch.undo()
    review_population.population_of.cache_clear()
    review_population.curve_of.cache_clear()
    assert any(one.shown == one.tried and one.promise for one in broken)
    honest = [one for one in broken if one.promise and one.what.startswith("one threshold")]
    assert min(one.share for one in honest) < 1


def test_what_is_too_low_or_too_high_does_not_pass_and_is_named(found):
    promise = next(one for one in found if one.promise)
    interval = next(one for one in found if not one.promise)
    assert not replace(promise, tried=1000, share=0.92).passes
    assert replace(promise, tried=1000, share=1.0).passes
    assert not replace(interval, tried=1000, shown=1000, share=0.92).passes
    assert not replace(interval, tried=1000, shown=1000, share=0.98).passes
    low = replace(interval, tried=1000, shown=1000, share=0.5)
    text = as_text([*found, low])
    assert f"outside: 50.0 %, {interval.what}" in text
    assert "the promise that is broken most often" in text
    assert isinstance(low, Found)
    assert low.as_json()["shape"]["n_labels"] == 24
