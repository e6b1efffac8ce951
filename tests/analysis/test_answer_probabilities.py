"""One answer's most probable labels and how sure it is, in words."""

import numpy as np
import pytest

from evalcore.analysis import answer_probabilities
from tests.tools.probabilities import with_probabilities
from tests.tools.runs import scored as without_probabilities

LABELS = [f"label_{at}" for at in range(8)]
ROWS = (
    ("label_7", [0.4, 0.3, 0.1, 0.08, 0.05, 0.04, 0.02, 0.01], "label_0"),
    ("label_1", [0.4, 0.3, 0.1, 0.08, 0.05, 0.04, 0.02, 0.01], "label_0"),
    ("label_0", [0.125] * 8, "label_0"),
    ("label_0", [0.4, 0.3, 0.1, 0.08, 0.05, 0.04, 0.02, 0.01], "who knows"),
    ("label_2", [0.4, 0.3, 0.1, 0.08, 0.05, 0.04, 0.02, 0.01], "label_6"),
    ("label_1", [0.9, *[np.nan] * 7], "label_0"),
    ("label_1", [np.nan] * 8, "label_0"),
)


@pytest.fixture
def found(store):
    gold, shares, answers = (list(column) for column in zip(*ROWS, strict=True))
    scored = with_probabilities(store, LABELS, gold, shares, answers)
    return [answer_probabilities(scored, answer) for answer in scored.answers]


def test_the_first_five_are_named_and_the_true_and_the_predicted_one_wherever_they_stand(found):
    by_row = [[(one.label, one.rank, one.role) for one in row.top] if row else None for row in found]
    five = [("label_0", 1, "predicted"), *((f"label_{at}", at + 1, "") for at in range(1, 5))]
    assert by_row[0] == [*five, ("label_7", 8, "true")]
    assert by_row[1] == [five[0], ("label_1", 2, "true"), *five[2:]]
    assert by_row[2][0] == ("label_0", 1, "right")
    assert by_row[3][0] == ("label_0", 1, "true")
    assert by_row[4][-1] == ("label_6", 7, "predicted")
    assert by_row[5] == [("label_0", 1, "predicted")]
    assert found[6] is None


def test_what_the_others_hold_and_how_sure_it_is_stand_in_words(found):
    assert [one.rest if one else "" for one in found[:4]] == [
        "and 2 more labels hold 6.0 %",
        "and 3 more labels hold 7.0 %",
        "and 3 more labels hold 37.5 %",
        "and 3 more labels hold 7.0 %",
    ]
    assert found[0].sentences == (
        "10.0 points ahead of the runner-up, label_1.",
        "Entropy 2.25 bits: as unsure as between 4.8 equally likely labels.",
        "The true label is the 8th most probable one.",
    )
    assert found[2].sentences[:2] == (
        "0.0 points ahead of the runner-up, label_1.",
        "Entropy 3.00 bits: as unsure as between 8.0 equally likely labels.",
    )
    assert found[3].sentences[-1] == "The true label is the most probable one."
    assert found[4].sentences[0] == "38.0 points behind the runner-up, label_0."
    assert found[5].sentences == ("Not known: the probability of 7 labels.",)


def test_a_run_without_probabilities_has_none(store):
    scored = without_probabilities(store, ["a", "b"], ["a", "a"])
    assert [answer_probabilities(scored, answer) for answer in scored.answers] == [None, None]
