"""Scores over all labels against scikit-learn, a worked example, and invariances."""

import math

import numpy as np
import pytest
from scipy.stats import entropy
from sklearn import metrics as sk

from evalcore.metrics.classification import UNPARSED, absent, confusion_counts, confusion_pairs, per_class
from evalcore.metrics.overall import cohen_kappa, effective_labels, scores
from tests.metrics.test_classification import drawn


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


def test_kappa_of_many_tables_at_once_is_that_of_each():
    same, chance, n = np.array([3.0, 4.0, 0.0]), np.array([8.0, 16.0, 0.0]), np.array([4.0, 4.0, 0.0])
    assert cohen_kappa(same, chance, n).tolist() == pytest.approx([0.5, math.nan, math.nan], nan_ok=True)


def test_effective_labels_are_the_exponential_of_the_entropy():
    counts = np.array([5, 0, 3, 1])
    assert effective_labels(counts) == pytest.approx(np.exp(entropy(counts)))
    assert math.isnan(effective_labels(np.zeros(3, dtype=np.int64)))
