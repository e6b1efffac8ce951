"""What is said of two runs' costs beside a comparison's verdict: whether they agree, the figures, the examples."""

import numpy as np
import pytest

from evalcore.analysis import compare, verdict
from evalcore.deciding import CostsAsked, compared_costs
from evalcore.metrics import UNPARSED
from tests.tools.decisions import COSTS_OF_TIED, DEAR, LABELS, tied_runs
from tests.tools.runs import scored

ASKED = CostsAsked(costs=COSTS_OF_TIED, unit="EUR")


def price(true, predicted):
    if predicted == UNPARSED:
        return 2
    if (LABELS[true], LABELS[predicted]) == DEAR:
        return 20
    return int(true != predicted)


def test_the_examples_are_those_whose_answers_cost_something_else_the_largest_difference_first(store):
    a, b = tied_runs(store)
    found, pair = compared_costs(a, None, b, None, ASKED), compare(a, b)
    each = [
        (price(t, of_a), price(t, of_b))
        for t, of_a, of_b in zip(pair.y_true.tolist(), pair.y_a.tolist(), pair.y_b.tolist(), strict=True)
    ]
    differ = [at for at, (of_a, of_b) in enumerate(each) if of_a != of_b]
    assert found.rows.tolist() == sorted(differ, key=lambda at: (-abs(each[at][1] - each[at][0]), at))
    assert found.costs_of_rows.tolist() == [list(each[at]) for at in found.rows]
    assert 0 < len(differ) < pair.n


@pytest.mark.parametrize("same", [True, False])
def test_a_tie_by_accuracy_is_one_by_the_verdict_of_the_comparison(store, same):
    a, b = tied_runs(store, same=same)
    assert verdict(compare(a, b)).kind == ("same" if same else "undecided")
    assert compared_costs(a, None, b, None, ASKED).finding.startswith("The two cannot be told apart by accuracy, but B")


def test_it_is_no_difference_of_accuracy_where_just_the_score_test_sees_one(store):
    """Five examples fixed and none broken: Tango's interval leaves out 0, and the exact test does not."""
    gold = ["a", "b", "c", "d"] * 100
    a = ["d" if at < 200 and at % 4 == 0 else label for at, label in enumerate(gold)]
    b = ["b" if at < 180 and at % 4 == 0 else label for at, label in enumerate(gold)]
    runs = [scored(store, gold, answers, name=f"{at}.csv") for at, answers in enumerate((a, b))]
    pair = compare(*runs)
    assert pair.interval[0] > 0
    assert verdict(pair).kind == "undecided"
    found = compared_costs(runs[0], None, runs[1], None, CostsAsked(costs="true,predicted,cost\n*,*,1\na,b,9\n"))
    assert found.finding.startswith("The two cannot be told apart by accuracy, but B's mistakes cost 8.1 times")


def test_the_second_sentence_has_the_figures_and_a_reason_is_said_once(store):
    a, b = tied_runs(store)
    less = CostsAsked(costs=COSTS_OF_TIED.replace(",20\n", ",2\n"))
    said = compared_costs(a, None, b, None, less).sentences[1]
    assert said.count("95 % interval") == 3
    few = CostsAsked(costs="true,predicted,cost\n*,*,1\nrate_up,rate_down,500\nrate_down,rate_up,9000\n")
    first, second, *_ = compared_costs(a, None, b, None, few).sentences
    assert "too few dear mistakes" in first
    assert "too few" not in second
    assert second.count("interval not estimable") == 3


def test_whether_anything_was_said_of_costs():
    assert not CostsAsked(review_cost=2.0, unit="EUR", costs=" \n").has_tables
    assert CostsAsked(actions="label,action\n").has_tables
    assert np.all([CostsAsked(costs="x").has_tables])
