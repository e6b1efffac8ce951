"""The sentence that a comparison comes to."""

import pytest
from scipy.stats import binomtest

from evalcore.analysis.comparison import compare
from evalcore.analysis.verdicts import shared_note, verdict, verdict_as_json
from tests.tools.runs import scored


def compared(store, fixed, broken, both, n):
    gold = ["yes", "no"] * (n // 2)
    right_a = [fixed <= i < fixed + broken + both for i in range(n)]
    right_b = [i < fixed or fixed + broken <= i < fixed + broken + both for i in range(n)]
    other = {"yes": "no", "no": "yes"}
    answers = [
        [label if ok else other[label] for label, ok in zip(gold, right, strict=True)] for right in (right_a, right_b)
    ]
    return compare(*(scored(store, gold, each) for each in answers))


def test_a_difference_within_chance_says_what_could_have_been_seen(store):
    sentence = verdict(compared(store, 20, 10, 200, 400)).sentence
    assert sentence == (
        "B +2.5 points, 95 % interval −0.2 to +5.4; 20 fixed, 10 broken; exact McNemar p = .099: "
        "not distinguishable at N = 400 (this comparison could see 4.0 points or more)."
    )


@pytest.mark.parametrize(("fixed", "broken", "kind"), [(40, 10, "better"), (10, 40, "worse"), (12, 10, "undecided")])
def test_the_kind_follows_the_exact_test(store, fixed, broken, kind):
    said = verdict(compared(store, fixed, broken, 100, 200))
    assert said.kind == kind
    assert (binomtest(fixed, fixed + broken).pvalue < 0.05) == (kind != "undecided")
    assert f"B is {kind}" in said.sentence or kind == "undecided"


def test_an_interval_that_leaves_out_nothing_by_a_hair_is_said_to_be_near(store):
    both = compared(store, 2, 9, 100, 200)
    assert both.p > 0.05
    assert both.interval[1] < 0
    assert "though near" in verdict(both).sentence


def test_a_run_against_itself_is_the_same(store):
    said = verdict(compared(store, 0, 0, 60, 100))
    assert said.kind == "same"
    assert "answer alike" in said.sentence


def test_what_is_not_shared_is_said(store):
    assert shared_note(compared(store, 1, 1, 10, 20)) == ""
    a = scored(store, ["a", "b", "a"], ["a", "b", "a"], texts=["x", "y", "z"])
    b = scored(store, ["a", "b"], ["a", "a"], texts=["x", "y"])
    assert shared_note(compare(a, b)).startswith("2 examples are shared by A (3) and B (2)")


def test_the_json_has_every_figure_of_the_sentence(store):
    data = verdict_as_json(compared(store, 20, 10, 200, 400))
    assert (data["shared"], data["fixed"], data["broken"], data["verdict"]) == (400, 20, 10, "undecided")
    assert data["delta"] == pytest.approx(0.025)
    assert data["mcnemar_p"] == pytest.approx(binomtest(20, 30).pvalue)
    assert data["mde"] == pytest.approx(0.0398, abs=5e-4)
    assert data["interval"] == pytest.approx([-0.0020, 0.0541], abs=5e-4)
