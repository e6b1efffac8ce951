"""Each bin and bar of confidence opens just its answers."""

import numpy as np
import pytest

from evalcore.analysis import (
    bin_filters,
    calibration,
    confidence_counts,
    label_probabilities,
    score_run,
    select,
)
from tests.tools.probabilities import over_confident, stored_with_logprobs


@pytest.fixture
def probabilities(store):
    return label_probabilities(score_run(store, over_confident(store, 12, 333).run_id))


def test_the_filter_of_each_bin_selects_its_answers_and_each_answer_is_in_one(probabilities):
    found = calibration(probabilities)
    opened = [
        select(probabilities.scored, asked, probabilities=probabilities).rows for asked in bin_filters(found.bins)
    ]
    assert [len(rows) for rows in opened] == found.bins.count.tolist()
    assert [int(probabilities.right[rows].sum()) for rows in opened] == found.bins.right.tolist()
    assert sorted(np.concatenate(opened).tolist()) == list(range(333))


def test_the_filter_of_each_bar_selects_what_it_counts(probabilities):
    counts = confidence_counts(probabilities)
    for outcome, of_parts in (("right", counts.right), ("wrong", counts.wrong)):
        for part, count in enumerate(of_parts.tolist()):
            asked = counts.filter_of(part, outcome)
            assert len(select(probabilities.scored, asked, probabilities=probabilities).rows) == count
    assert counts.right.sum() + counts.wrong.sum() == 333


def test_confidences_at_the_border_of_two_parts_and_of_just_1_are_counted_where_they_open(store):
    shares = np.array([[0.5, 0.5], [1.0, 0.0], [0.8, 0.2], [0.3, 0.7]])
    with np.errstate(divide="ignore"):
        record = stored_with_logprobs(store, ["a", "b"], [0, 0, 1, 1], np.log(shares))
    found = label_probabilities(score_run(store, record.run_id))
    counts = confidence_counts(found, parts=4)
    assert (counts.right.tolist(), counts.wrong.tolist()) == ([0, 0, 2, 1], [0, 0, 0, 1])
    for part in range(4):
        for outcome, of_parts in (("right", counts.right), ("wrong", counts.wrong)):
            rows = select(found.scored, counts.filter_of(part, outcome), probabilities=found).rows
            assert len(rows) == of_parts[part]
    assert counts.right.sum() + counts.wrong.sum() == 4
