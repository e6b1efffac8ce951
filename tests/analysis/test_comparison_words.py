from dataclasses import replace

import numpy as np
import pytest

from evalcore.analysis.comparison import compare
from evalcore.analysis.comparison_words import (
    better_words,
    label_note,
    labels_by_change,
    metric_interval_words,
    metric_words,
)
from tests.tools.runs import scored

NAN = float("nan")


@pytest.fixture
def compared(store):
    gold = list("aaaabbbbcc")
    return compare(
        scored(store, gold, list("aaabbbbbcc"), labels="abcd"), scored(store, gold, list("aaaaaaaaac"), labels="abcd")
    )


@pytest.fixture
def accuracy(compared):
    return next(row for row in compared.metrics if row.name == "accuracy")


def test_a_share_is_in_percent_and_its_difference_in_points(accuracy):
    assert metric_words(accuracy, 0.5) == "50.0 %"
    assert metric_words(accuracy, -0.031, signed=True) == "−3.1"
    assert metric_words(accuracy, 0.031, signed=True) == "+3.1"


def test_a_count_of_labels_has_no_decimals_and_other_numbers_have(compared):
    rows = {row.name: row for row in compared.metrics}
    assert metric_words(rows["never_predicted"], 3.0) == "3"
    assert metric_words(rows["effective_labels"], 3.14) == "3.1"
    assert metric_words(rows["mcc"], 0.12345) == "0.123"


def test_what_is_undefined_is_a_dash_and_what_cannot_be_estimated_is_said(accuracy):
    assert metric_words(accuracy, NAN) == "–"
    assert metric_interval_words(replace(accuracy, difference=NAN, interval=(NAN, NAN))) == "–"
    assert metric_interval_words(replace(accuracy, interval=(NAN, NAN))) == "not estimable"
    assert metric_interval_words(replace(accuracy, interval=(0.25, 0.25))) == "not estimable"


def test_a_metric_that_never_has_an_interval_says_that_none_is_known(compared):
    said = {row.name: metric_interval_words(row) for row in compared.metrics}
    assert said["never_predicted"] == said["effective_labels"] == said["macro_precision_present"] == "none known"
    assert " to " in said["accuracy"]


def test_a_difference_within_chance_is_said_to_be_so(accuracy):
    assert better_words(replace(accuracy, better="B", clear=False, interval=(-0.1, 0.3))) == "B, within chance"
    assert better_words(replace(accuracy, better="B", clear=True, interval=(0.1, 0.3))) == "B"
    assert better_words(replace(accuracy, better="B", interval=(NAN, NAN))) == "B, in this sample"
    assert better_words(replace(accuracy, better="")) == "equal"
    assert better_words(replace(accuracy, metric=replace(accuracy.metric, better=""))) == "not rated"


def test_labels_are_listed_by_their_change_and_absent_ones_last(compared):
    order = labels_by_change(compared.classes).tolist()
    change = np.abs(compared.classes.f1_b - compared.classes.f1_a)[order[:-1]]
    assert change.tolist() == sorted(change, reverse=True)
    assert order[-1] == compared.labels.index("d")


def test_absent_never_predicted_and_zero_recall_are_kept_apart(compared):
    notes = [label_note(compared.classes, code) for code in range(4)]
    assert notes == ["", "never predicted by B", "", "absent from the sample"]
