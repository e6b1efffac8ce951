"""Headlines and tables of two or several runs in words, and the groups of examples that pages open."""

import numpy as np
import pytest

from evalcore.analysis import BOTH_WRONG, compare
from evalcore.analysis.label_order import OrderEffect
from evalcore.analysis.side_by_side_words import (
    answer_words,
    changed_words,
    order_effect_words,
    pair_verdict_words,
    pair_words,
    spread_words,
)
from evalcore.analysis.sweep import gather
from evalcore.metrics.intervals import wilson
from tests.tools.runs import scored

GOLD = list("aabbcc")
RUNS = [list("aabbca"), list("abbbca"), [*"bbbab", "?"]]


@pytest.fixture
def sweep(store):
    return gather([scored(store, GOLD, answers, labels="abc") for answers in RUNS])


def test_the_lowest_the_median_and_the_highest_are_named_with_their_distance(sweep):
    assert spread_words(sweep, ["one", "two", "three"]) == (
        "Accuracy: lowest 16.7 % (three), median 66.7 %, highest 83.3 % (one); max − min 66.7 points"
    )


def test_a_pair_is_described_with_the_test_before_and_after_the_correction(sweep):
    pair = next(pair for pair in sweep.pairs if (pair.a, pair.b) == (0, 1))
    said = pair_words(pair)
    assert said.startswith("B − A −16.7 points (")
    assert said.endswith(") at N = 6; exact McNemar p = 1, corrected for all pairs p = 1")
    assert pair_verdict_words(pair) == "cannot be told apart"


def test_an_answer_is_a_sign_and_where_it_is_wrong_its_label():
    assert [answer_words("abc", 0, code) for code in (0, 2, -1)] == ["✓", "✗ c", "∅"]


def test_what_changed_between_two_runs_is_named(sweep):
    record = sweep.scored_runs[0].record
    assert changed_words(record, record) == "nothing that was chosen changed"


@pytest.mark.parametrize(
    ("slope", "bounds", "said"),
    [
        (0.5, (0.2, 0.8), "predicted more often"),
        (-0.5, (-0.8, -0.2), "by −0.50 (95 % interval −0.80 to −0.20): labels further down the list are predicted"),
        (0.1, (-0.2, 0.4), "no effect of the place"),
    ],
)  # fmt: skip
def test_the_effect_of_the_order_is_said_only_where_it_is_more_than_chance(slope, bounds, said):
    effect = OrderEffect(slope, bounds, 3, 24, np.zeros((3, 24)), np.zeros((3, 24)))
    assert said in order_effect_words(effect)
    assert order_effect_words(effect).endswith("3 orders, 24 labels.")


def test_both_wrong_holds_three_groups_and_a_predicted_label_the_examples_of_either_run(store):
    both = compare(*(scored(store, GOLD, answers, labels="abc") for answers in RUNS[1:]))
    parts = [list(both.rows_of(group)) for group in ("wrong_alike", "wrong_differently", "both_unparsed")]
    assert list(both.rows_of(BOTH_WRONG)) == sorted(row for part in parts for row in part) == [1, 5]
    assert len(both.rows_of(BOTH_WRONG)) == both.agreement.both_wrong
    assert list(both.rows_of("predicted:2")) == [4]
    assert list(both.rows_of("predicted:0:a")) == [0, 5]
    assert list(both.rows_of("predicted:0:b")) == [3]
    assert list(both.rows_of("predicted:-1")) == [5]
    for nothing in ("predicted:2:c", "predicted", "label:0:a", "cell:0", "both_right:a", "", "label:x"):
        assert not len(both.rows_of(nothing)), nothing


def test_each_accuracy_has_the_interval_of_the_shared_examples(store):
    both = compare(*(scored(store, GOLD, answers, labels="abc") for answers in RUNS[:2]))
    for (accuracy, bounds), right in zip(both.accuracies, (5, 4), strict=True):
        assert accuracy == right / 6
        assert bounds == tuple(float(bound) for bound in wilson(right, 6))


def test_an_effect_without_a_width_has_no_interval():
    nothing = np.zeros((2, 3))
    said = order_effect_words(OrderEffect(0.0, (0.0, 0.0), 2, 1, nothing, nothing))
    assert "changes by 0.00 (95 % interval not estimable)" in said
    assert said.endswith("2 orders, 1 label.")


def test_the_interval_of_a_difference_is_written_as_in_the_verdict(store):
    gold = list("ab") * 20
    answers = (gold, ["b", *gold[1:]])
    (pair,) = gather([scored(store, gold, each, labels="ab") for each in answers]).pairs
    assert pair_words(pair).startswith("B − A −2.5 points (−12.9 to 6.5) at N = 40; exact McNemar p = 1, corrected")
