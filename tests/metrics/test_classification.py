"""Counts and the scores of each label, against scikit-learn and worked examples."""

import numpy as np
import pytest
from sklearn import metrics as sk

from evalcore.metrics.classification import (
    UNPARSED,
    confusion_counts,
    confusion_pairs,
    never_predicted,
    over_predicted,
    per_class,
    zero_recall,
)


def drawn(seed):
    """A run: some labels absent, some never predicted, some answers unparsed, as good or bad as the seed has it."""
    rng = np.random.default_rng(seed)
    n_labels, n = int(rng.integers(2, 40)), int(rng.integers(1, 300))
    weights = rng.dirichlet(np.full(n_labels, 0.5))
    true = rng.choice(n_labels, n, p=weights)
    predicted = np.where(rng.random(n) < rng.random(), true, rng.choice(n_labels, n, p=rng.permutation(weights)))
    predicted = np.where(rng.random(n) < rng.choice([0, 0.1, 0.9]), UNPARSED, predicted)
    return true.astype(np.int64), predicted.astype(np.int64), n_labels


@pytest.mark.parametrize("seed", range(200, 240))
def test_each_label_is_scored_as_scikit_learn_scores_it(seed):
    true, predicted, n_labels = drawn(seed)
    confusion = confusion_counts(true, predicted, n_labels)
    theirs = np.where(predicted == UNPARSED, n_labels, predicted)
    np.testing.assert_array_equal(
        confusion, sk.confusion_matrix(true, theirs, labels=range(n_labels + 1))[:n_labels], strict=False
    )
    each = per_class(confusion)
    precision, recall, f1, support = sk.precision_recall_fscore_support(
        true, theirs, labels=range(n_labels), zero_division=np.nan
    )
    np.testing.assert_allclose(each.precision, precision, atol=1e-12)
    np.testing.assert_allclose(each.recall, recall, atol=1e-12)
    np.testing.assert_array_equal(each.support, support)
    occurs = support > 0
    np.testing.assert_allclose(each.f1[occurs], np.nan_to_num(f1[occurs]), atol=1e-12)
    assert np.isnan(each.f1[~occurs]).all()


def test_labels_by_what_is_wrong_with_them():
    #                      a  b  c  d  unparsed
    confusion = np.array(
        [
            [1, 0, 0, 5, 0],
            [2, 0, 0, 2, 0],  # b: never predicted
            [0, 0, 0, 1, 0],  # c: predicted once, for d, never rightly
            [0, 0, 1, 3, 0],
        ]
    )
    assert never_predicted(confusion).tolist() == [1]
    assert zero_recall(confusion).tolist() == [2]
    assert over_predicted(confusion).tolist() == [3]  # 11 times for 4 examples; c once for one is no such thing


def test_pairs_are_ranked_by_count_then_by_share():
    confusion = np.array([[5, 3, 0, 0], [1, 0, 3, 0], [2, 0, 8, 0]])
    assert [(p.true, p.predicted, p.count) for p in confusion_pairs(confusion)] == [
        (1, 2, 3),
        (0, 1, 3),
        (2, 0, 2),
        (1, 0, 1),
    ]


@pytest.mark.parametrize(
    ("true", "predicted", "message"),
    [
        ([0], [0, 1], "shape"),
        ([2], [0], "outside 0"),
        ([-1], [0], "outside 0"),
        ([0], [2], "outside -1"),
        ([0], [-2], "outside -1"),
    ],
)
def test_codes_out_of_range_are_refused(true, predicted, message):
    with pytest.raises(ValueError, match=message):
        confusion_counts(np.array(true), np.array(predicted), 2)


@pytest.mark.parametrize("shape", [(2, 2), (3, 2), (4,)])
def test_a_matrix_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match="must be"):
        per_class(np.zeros(shape, dtype=np.int64))


def test_negative_counts_are_refused():
    with pytest.raises(ValueError, match="negative"):
        per_class(np.array([[1, -1, 0], [0, 0, 0]]))
