"""Label sets of a run: against a plain loop over its answers, and in words."""

import sys
from itertools import pairwise

import numpy as np
import pytest

from evalcore.analysis import (
    coverage_words,
    halves_words,
    label_probabilities,
    label_sets,
    label_sets_at,
    promise_words,
    score_run,
    set_of,
    sets_by_label,
    size_bins,
    size_words,
    threshold_words,
    why_no_label_sets,
)
from evalcore.metrics import GROUPINGS
from tests.tools.probabilities import over_confident, stored_with_logprobs

LABELS = ["a", "b", "c"]


def probabilities_of(store, record):
    return label_probabilities(score_run(store, record.run_id))


@pytest.fixture
def found(store):
    return probabilities_of(store, over_confident(store, 12, 400))


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_the_sets_are_those_of_a_plain_loop(found, grouping):
    for sets in label_sets_at(found, (0.3, 0.8, 0.93), grouping):
        shares, scored = found.of_rows(np.arange(400)), found.scored
        for at, row in enumerate(sets.rows):
            reached = {code for code in range(12) if shares[row, code] >= sets.threshold[code]}
            assert sets.topped[at] == (not reached)
            within = reached or {int(shares[row].argmax())}
            assert sets.size[at] == len(within)
            assert sets.holds[at] == (int(scored.y_true[row]) in within)
            listed = set_of(found, sets, int(row))
            assert {label for label, _ in listed} == {scored.labels[code] for code in within}
            assert [share for _, share in listed] == sorted((float(shares[row, code]) for code in within), reverse=True)
        calibrating = np.setdiff1d(np.arange(400), sets.rows)
        assert len(calibrating) == len(sets.rows) == int(sets.calibrated_on.sum()) + sets.shaping
        # No text that the thresholds are shown on had a part in them.
        for group, count in enumerate(sets.calibrated_on):
            if not sets.shaping:
                assert count == np.isin(sets.group[scored.y_true[calibrating]], group).sum()


def test_no_set_is_empty_and_a_higher_target_only_adds_labels(found):
    sets = label_sets_at(found, (0.2, 0.7, 0.8, 0.9, 0.99))
    assert sets[0].topped.any()
    for less, more in pairwise(sets):
        assert less.size.min() >= 1
        assert (less.size <= more.size).all()
        assert (less.holds <= more.holds).all()
    np.testing.assert_array_equal(sets[3].size, label_sets(found, 0.9).size)


def test_large_runs_are_read_in_blocks_with_the_same_result(store, found, monkeypatch):
    whole = label_sets(found, 0.9)
    monkeypatch.setattr(sys.modules["evalcore.analysis.label_probabilities"], "_BLOCK_VALUES", 12 * 7)
    again = label_sets(found, 0.9)
    np.testing.assert_array_equal(again.size, whole.size)
    np.testing.assert_array_equal(again.holds, whole.holds)


def test_every_count_leads_to_its_texts(found):
    sets = label_sets(found, 0.9)
    bins = size_bins(sets)
    assert [each.name for each in bins[:6]] == ["1", "2", "3", "4", "5", "6–10"]
    assert bins[-1].high >= sets.size.max() > bins[-2].high
    for each in bins:
        within = (each.low <= sets.size) & (sets.size <= each.high)
        assert (within.sum(), sets.holds[within].sum()) == (each.n, each.held)
    assert sum(each.n for each in bins) == len(sets.rows) == 200
    table = sets_by_label(sets)
    assert table["label"].tolist() == list(found.scored.labels)
    for row in table.to_dict("records"):
        of_label = sets.y_true == found.scored.labels.index(row["label"])
        assert row["missed"] == (of_label & ~sets.holds).sum()
    assert table["examples"].sum() == 200
    assert table["missed"].sum() == (~sets.holds).sum()
    assert (table["low"] <= table["coverage"]).all()
    assert np.average(table["size"], weights=table["examples"]) == pytest.approx(sets.mean_size)


def test_sizes_of_many_labels_are_put_together(store):
    sets = label_sets(probabilities_of(store, over_confident(store, 150, 450)), 0.99)
    assert [each.name for each in size_bins(sets)][4:] == ["5", "6–10", "11–20", "21–50", "51–100", "101–150"]


def test_an_answer_without_all_probabilities_is_in_neither_half(store):
    rng = np.random.default_rng(0)
    logprobs = np.log(rng.dirichlet(np.ones(3), size=90))
    logprobs[::3, 1] = np.nan
    sets = label_sets(probabilities_of(store, stored_with_logprobs(store, LABELS, [0, 1, 2] * 30, logprobs)), 0.9)
    assert sets.left_out == 30
    assert len(sets.rows) == int(sets.calibrated_on.sum()) == 30
    assert not (sets.rows % 3 == 0).any()
    assert "30 answers without the probability of every label" in halves_words(sets)


def test_a_run_for_which_there_can_be_no_sets_says_why(store):
    codes = [0, 1, 2] * 4
    shares = np.log(np.full((12, 3), 1 / 3))
    assert "20 answers or more" in why_no_label_sets(
        probabilities_of(store, stored_with_logprobs(store, LABELS, codes, shares))
    )
    only = np.full((12, 3), np.nan)
    only[:, 0] = np.log(0.5)
    few = probabilities_of(store, stored_with_logprobs(store, LABELS, codes, only, answers=["a"] * 12))
    assert "probability of every label" in why_no_label_sets(few)


def test_a_found_run_has_no_reason_against_it(found):
    assert why_no_label_sets(found) == ""


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_one_label_and_probabilities_of_0_give_sets(store, grouping):
    one = label_sets(
        probabilities_of(store, stored_with_logprobs(store, ["a"], [0] * 40, np.zeros((40, 1)))), 0.9, grouping
    )
    assert (one.coverage, one.mean_size) == (1, 1)
    assert size_words(one) == "1 label for 100.0 % of the texts, 1.0 of 1 on average."
    with np.errstate(divide="ignore"):
        certain = np.log(np.eye(3)[[0] * 60])
    sets = label_sets(
        probabilities_of(store, stored_with_logprobs(store, LABELS, [0, 1, 2] * 20, certain)), 0.9, grouping
    )
    # Two thirds have a true label of probability 0: to hold it, a set must have every label that may be true.
    assert sets.coverage >= 0.9
    for words in (size_words, coverage_words, promise_words, halves_words, threshold_words):
        assert "nan" not in words(sets)


def test_what_is_promised_is_said_for_whom_it_is_promised(store):
    found = probabilities_of(store, over_confident(store, 6, 600))
    of_all, similar, each = (label_sets(found, 0.95, grouping) for grouping in GROUPINGS)
    assert "at least 95 % for all texts together; for the texts of one label it can be less" in promise_words(of_all)
    assert "With 300 examples to calibrate on, 95 of 100 calibrations cover 92.3 % to 97.2 %" in promise_words(of_all)
    assert "for the texts of each label" in promise_words(each)
    assert "calibrations cover" not in promise_words(each)
    assert "each group of similar labels" in promise_words(similar)
    lower = label_sets(found, 0.3)
    assert lower.topped.any()
    assert "or more" in promise_words(lower)
    assert "no label reaches it" in threshold_words(lower)


def test_labels_with_too_few_examples_are_in_every_set_and_named_as_such(store):
    found = probabilities_of(store, over_confident(store, 12, 120))
    sets = label_sets(found, 0.95, "each")
    assert sets.in_every_set.all()
    assert (sets.size == 12).all()
    assert threshold_words(sets) == (
        "12 labels with fewer than 19 examples to calibrate on: in every set, since 95 % cannot be promised otherwise."
    )
    similar = label_sets(found, 0.95, "similar")
    assert "too few examples of each label for groups" in threshold_words(similar)
    np.testing.assert_array_equal(similar.size, label_sets(found, 0.95).size)


def test_the_sentence_names_the_smallest_size_that_most_sets_do_not_exceed(found):
    sets = label_sets(found, 0.9)
    size = int(size_words(sets).split()[0])
    assert sets.share_up_to(size) >= 0.8 > sets.share_up_to(size - 1)
    assert f"{100 * sets.share_up_to(size):.1f} % of the texts, {sets.mean_size:.1f} of 12" in size_words(sets)
    assert f"{100 * sets.coverage:.1f} %" in coverage_words(sets)
