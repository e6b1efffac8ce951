"""All questions at once: what one of them is told besides the run, or the two of them."""

from evalcore.deciding import DecisionAsked, compared_review, decide, review
from tests.tools.runs import scored

GOLD = ["a", "b", "c"] * 8


def test_other_runs_agree_with_one_run_and_with_each_of_two(store):
    answers = GOLD[:12] + ["a"] * 12, GOLD[:18] + ["b"] * 6, GOLD
    a, b, third = (scored(store, GOLD, list(each), labels=["a", "b", "c"]) for each in answers)
    asked = DecisionAsked.of_fields({"agreeing": third.record.run_id})
    one = decide(store, a, asked=asked, only=["review"])["review"]
    assert one.signal == "agreement"
    assert one.as_json() == review(a, None, asked.review, [third]).as_json()
    both = decide(store, a, b, asked, only=["review"])["review"]
    assert (both.a.signal, both.b.signal) == ("agreement", "agreement")
    assert both.as_json() == compared_review(a, None, b, None, asked.review, [third]).as_json()


def test_a_run_that_is_to_agree_and_is_not_there_is_named(store):
    a, b = (scored(store, GOLD, [letter] * 24, labels=["a", "b", "c"]) for letter in "ab")
    for beside in (None, b):
        found = decide(store, a, beside, DecisionAsked.of_fields({"agreeing": "nobody"}), only=["review"])
        assert "nobody" in found.questions[0].why_not
