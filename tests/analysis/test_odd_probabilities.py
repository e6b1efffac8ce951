"""Runs whose probabilities are odd: certain, equal, of few labels, of no answer. What is said of them must hold."""

from dataclasses import replace

import numpy as np
import pytest

from evalcore.analysis import (
    calibration,
    calibration_words,
    compare,
    compared_probabilities,
    find,
    label_confidence,
    label_confidence_words,
    label_probabilities,
    label_sets,
    promise_words,
)
from evalcore.output import comparison_as_text
from tests.tools.probabilities import with_probabilities

LABELS = ["a", "b"]
GOLD = LABELS * 50


def certain(store):
    """Says `a` with certainty, and is right every second time."""
    return with_probabilities(store, LABELS, GOLD, [[1.0, 0.0]] * 100)


def words(scored):
    return " ".join(calibration_words(calibration(label_probabilities(scored))))


def test_certain_answers_have_a_sentence_for_each_score_and_no_interval_without_a_width(store):
    said = words(certain(store))
    assert "would show 0.0 % with 100 answers." in said
    assert "its interval is not estimable: all answers have the same confidence." in said
    assert "50 answers gave their true label the probability 0" in said


def test_a_log_loss_that_is_infinite_in_both_runs_is_not_compared(store):
    scored = certain(store)
    comparison = compare(scored, scored)
    text = comparison_as_text(comparison, compared_probabilities(comparison))
    (line,) = [line for line in text.splitlines() if line.startswith("  Log loss")]
    assert line.split()[2:4] == ["∞", "∞"]
    assert line.endswith("undefined: infinite in both")


def test_of_two_labels_the_true_one_is_always_second_which_is_not_worth_a_finding(store):
    scored = certain(store)
    p = label_probabilities(scored)
    kinds = {finding.kind for finding in find(scored, sure=(p, calibration(p)))}
    assert "over_confident" in kinds
    assert not kinds & {"near_misses_dominate", "true_label_not_second"}


@pytest.mark.parametrize(("equal", "says"), [(True, "cover 80.8 % or more."), (False, "cover 80.8 % to 96.7 %.")])
def test_equal_probabilities_may_cover_more_than_the_range_that_different_ones_have(store, equal, says):
    of_true = np.full(100, 0.9) if equal else np.linspace(0.85, 0.95, 100)
    rest = (1 - of_true) / 2
    scored = with_probabilities(store, ["a", "b", "c"], ["a"] * 100, np.stack([of_true, rest, rest], axis=1))
    sets = label_sets(label_probabilities(scored), 0.9)
    assert sets.tied == equal
    assert sets.topped.any() != equal
    assert says in promise_words(replace(sets, topped=np.zeros_like(sets.topped)))


def test_answers_that_name_no_label_have_no_calibration_error_at_any_temperature(store):
    first = np.where((np.arange(100) % 2 == 0) == (np.arange(100) % 10 < 7), 0.95, 0.05)
    shares = np.stack([first, 1 - first], axis=1)
    scored = with_probabilities(store, LABELS, GOLD, shares, answers=["neither"] * 100)
    said = words(scored)
    assert "on the other half log loss goes from" in said
    assert "n/a" not in said
    found = calibration(label_probabilities(scored))
    assert label_confidence_words(label_confidence(found.labels, LABELS, "predictions"), "predictions") == ""


def test_one_label_off_is_said_in_the_singular(store):
    # `a` is always found, although its probability is 0.5; `b` never is.
    scored = with_probabilities(store, LABELS, GOLD, [[0.5, 0.5]] * 100)
    table = label_confidence(calibration(label_probabilities(scored)).labels, LABELS, "examples")
    said = label_confidence_words(table, "examples")
    assert "1 is found more often than the probability of the true label says" in said
    assert "and 1 less often" in said
