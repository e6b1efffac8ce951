"""What is said of several runs, in the words and with the rounding of everything else."""

import numpy as np
import pytest

from evalcore.analysis.label_order import OrderEffect
from evalcore.analysis.side_by_side_words import order_effect_words, pair_verdict_words, pair_words, spread_words
from evalcore.analysis.sweep import gather
from tests.tools.runs import scored

GOLD = list("ab") * 20


@pytest.fixture
def sweep(store):
    answers = (GOLD, ["b", *GOLD[1:]], ["a"] * 40)
    return gather([scored(store, GOLD, each, labels="ab") for each in answers])


def test_the_lowest_and_the_highest_accuracy_are_named(sweep):
    assert spread_words(sweep, ["x", "y", "z"]) == (
        "Accuracy: lowest 50.0 % (z), median 97.5 %, highest 100.0 % (x); max − min 50.0 points"
    )


def test_a_pair_is_said_with_its_interval_and_both_tests(sweep):
    pair = next(pair for pair in sweep.pairs if (pair.a, pair.b) == (0, 1))
    assert pair_verdict_words(pair) == "cannot be told apart"
    assert pair_words(pair).startswith("B − A −2.5 points (−12.9 to 6.5) at N = 40; exact McNemar p = 1, corrected")


def test_an_effect_without_a_width_has_no_interval():
    nothing = np.zeros((2, 3))
    said = order_effect_words(OrderEffect(0.0, (0.0, 0.0), 2, 1, nothing, nothing))
    assert "changes by 0.00 (95 % interval not estimable)" in said
    assert said.endswith("2 orders, 1 label.")
