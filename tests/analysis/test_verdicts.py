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
    said = verdict(compared(store, 20, 10, 200, 400))
    assert said.sentence == (
        "A and B cannot be told apart: +2.5 points (−0.2 to 5.4) at N = 400 · exact McNemar p = .099"
    )
    assert said.note == "This comparison could see a difference of 4.0 points or more."


def test_a_clear_difference_is_said_in_one_line(store):
    said = verdict(compared(store, 200, 38, 63, 400))
    assert said.sentence == "B is better: +40.5 points (33.9 to 46.7) at N = 400 · exact McNemar p < .001"
    assert said.note == ""


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
    assert verdict(both).note.startswith("It is close: the interval alone leaves out 0.")


def test_a_run_against_itself_is_the_same(store):
    said = verdict(compared(store, 0, 0, 60, 100))
    assert said.kind == "same"
    assert said.sentence.startswith("A and B give the same answers: ±0 points (")
    assert said.note.startswith("This comparison could see") or said.note.startswith("So few")


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
