"""The list of metrics, and the values of each."""

import math

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, cohen_kappa_score, f1_score, matthews_corrcoef, precision_score

from evalcore.metrics.classification import confusion_counts, never_predicted, per_class
from evalcore.metrics.overall import scores_of_classes
from evalcore.metrics.registry import METRICS, metric_values

RNG = np.random.default_rng(0)
Y_TRUE = RNG.integers(0, 6, 300)
Y_PRED = np.where(RNG.random(300) < 0.6, Y_TRUE, RNG.integers(0, 4, 300))  # labels 4 and 5 only where they are right


def values(y_true, y_pred, n_labels=7):
    confusion = confusion_counts(y_true, y_pred, n_labels)
    each = per_class(confusion)
    return metric_values(scores_of_classes(each), each), confusion


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accuracy", np.mean(Y_TRUE == Y_PRED)),
        ("macro_f1_present", f1_score(Y_TRUE, Y_PRED, average="macro")),
        ("macro_precision_present", precision_score(Y_TRUE, Y_PRED, average="macro")),
        ("balanced_accuracy", balanced_accuracy_score(Y_TRUE, Y_PRED)),
        ("weighted_f1", f1_score(Y_TRUE, Y_PRED, average="weighted")),
        ("weighted_precision", precision_score(Y_TRUE, Y_PRED, average="weighted")),
        ("mcc", matthews_corrcoef(Y_TRUE, Y_PRED)),
        ("kappa", cohen_kappa_score(Y_TRUE, Y_PRED)),
    ],
)
def test_a_metric_is_that_of_scikit_learn(name, value):
    assert values(Y_TRUE, Y_PRED)[0][name] == pytest.approx(value)


def test_labels_that_are_never_predicted_are_counted_and_absent_ones_are_not():
    found, confusion = values(np.array([0, 1, 2, 2]), np.array([0, 0, 1, -1]))
    assert found["never_predicted"] == len(never_predicted(confusion)) == 1


def test_each_metric_is_listed_once_and_has_a_number():
    names = [metric.name for metric in METRICS]
    assert len(set(names)) == len(names)
    found, _ = values(Y_TRUE, Y_PRED)
    assert list(found) == names
    assert not any(math.isnan(value) for value in found.values())
    assert all(0 <= found[metric.name] <= 1 for metric in METRICS if metric.is_share)
