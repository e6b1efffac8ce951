"""Scores against scikit-learn, against a worked example, and against what must not change them."""

import math

import numpy as np
import pytest
from sklearn import metrics as sk

from evalcore.metrics.classification import (
    UNPARSED,
    absent,
    confusion_counts,
    confusion_pairs,
    encode,
    never_predicted,
    over_predicted,
    per_class,
    scores,
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


@pytest.mark.parametrize("seed", range(200))
def test_scores_are_those_of_scikit_learn(seed):
    true, predicted, n_labels = drawn(seed)
    ours = scores(confusion_counts(true, predicted, n_labels))
    labels, present = range(n_labels), np.unique(true)
    # To scikit-learn, an unparsed answer is one category more, which is never right.
    theirs = np.where(predicted == UNPARSED, n_labels, predicted)

    def both(kind, of):
        return sk.precision_recall_fscore_support(true, theirs, labels=of, average=kind, zero_division=0)[:3]

    expected = {
        "accuracy": sk.accuracy_score(true, theirs),
        "balanced_accuracy": sk.recall_score(true, theirs, labels=present, average="macro", zero_division=0),
        "mcc": sk.matthews_corrcoef(true, theirs),
    }
    for kind, of, suffix in (
        ("micro", labels, ""),
        ("weighted", labels, ""),
        ("macro", present, "_present"),
        ("macro", labels, "_all"),
    ):
        for name, value in zip(("precision", "recall", "f1"), both(kind, of), strict=True):
            expected[f"{kind}_{name}{suffix}"] = value
    for name, value in expected.items():
        assert getattr(ours, name) == pytest.approx(value, abs=1e-12), name
    if len(set(true.tolist()) | set(theirs.tolist())) > 1:
        assert ours.kappa == pytest.approx(sk.cohen_kappa_score(true, theirs), abs=1e-12)
    assert ours.correct + ours.wrong + ours.unparsed == ours.n == len(true)


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


def test_three_labels_worked_by_hand():
    # a: 4 examples, 3 right, 1 taken for b. b: 2 examples, 1 right, 1 unparsed. c does not occur, is answered once.
    #              a  b  c  unparsed
    confusion = np.array([[3, 1, 0, 0], [0, 1, 1, 1], [0, 0, 0, 0]])
    s = scores(confusion)
    assert s.n == 7
    assert (s.correct, s.wrong, s.unparsed) == (4, 2, 1)
    assert s.accuracy == pytest.approx(4 / 7)
    f1_a, f1_b = 2 * 3 / (4 + 3), 2 * 1 / (3 + 2)
    assert s.macro_f1_present == pytest.approx((f1_a + f1_b) / 2)
    assert s.macro_f1_all == pytest.approx((f1_a + f1_b) / 3)
    assert s.macro_f1_ceiling == pytest.approx(2 / 3)
    assert s.micro_precision == pytest.approx(4 / 6)
    assert s.micro_recall == pytest.approx(4 / 7)
    assert s.micro_f1 == pytest.approx(2 * 4 / (7 + 6))  # no longer the accuracy: one answer is no label
    assert s.weighted_f1 == pytest.approx((4 * f1_a + 3 * f1_b) / 7)
    assert s.balanced_accuracy == pytest.approx((3 / 4 + 1 / 3) / 2)
    entropy = -(3 / 6 * math.log(3 / 6) + 2 / 6 * math.log(2 / 6) + 1 / 6 * math.log(1 / 6))
    assert s.effective_labels == pytest.approx(math.exp(entropy))
    assert s.favourites == (0, 1)
    assert s.favourites_share == pytest.approx(5 / 6)
    assert absent(confusion).tolist() == [2]
    assert [(p.true, p.predicted, p.count, p.share, p.reverse) for p in confusion_pairs(confusion)] == [
        (1, 2, 1, 1 / 3, 0),
        (0, 1, 1, 1 / 4, 0),
    ]


def test_what_has_no_value_has_none():
    nobody = scores(np.zeros((3, 4), dtype=np.int64))
    assert nobody.n == 0
    for name in ("accuracy", "macro_f1_present", "macro_f1_all", "micro_f1", "mcc", "kappa", "effective_labels"):
        assert math.isnan(getattr(nobody, name)), name
    silent = scores(np.array([[0, 0, 3], [0, 0, 2]]))
    assert (silent.accuracy, silent.micro_precision, silent.micro_f1, silent.mcc) == (0, 0, 0, 0)
    assert silent.favourites == ()
    each = per_class(np.array([[0, 2, 0], [0, 0, 0]]))
    assert math.isnan(each.precision[0])  # never predicted
    assert math.isnan(each.recall[1])  # does not occur
    assert each.f1[0] == 0
    assert each.precision[1] == 0


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_examples_and_of_labels_changes_nothing(seed):
    true, predicted, n_labels = drawn(seed)
    before = scores(confusion_counts(true, predicted, n_labels))
    rng = np.random.default_rng(seed)
    shuffled, renamed = rng.permutation(len(true)), rng.permutation(n_labels)
    after = scores(
        confusion_counts(
            renamed[true[shuffled]],
            np.where(predicted[shuffled] == UNPARSED, UNPARSED, renamed[predicted[shuffled]]),
            n_labels,
        )
    )
    for name, value in vars(before).items():
        if name not in {"favourites", "favourites_share"}:  # codes; with a tie for the second place either may be it
            assert getattr(after, name) == pytest.approx(value, abs=1e-12, nan_ok=True), name


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


def test_codes():
    assert encode(["x", "y"], ["y", None, "x"]).tolist() == [1, UNPARSED, 0]
    with pytest.raises(ValueError, match="'z' is not one of the 2 labels"):
        encode(["x", "y"], ["z"])


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
        scores(np.zeros(shape, dtype=np.int64))


def test_negative_counts_are_refused():
    with pytest.raises(ValueError, match="negative"):
        scores(np.array([[1, -1, 0], [0, 0, 0]]))
