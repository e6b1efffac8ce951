"""`compare`, in words and as JSON, of two runs with probabilities: against scikit-learn, SciPy and a plain loop."""

import json
import math

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import log_loss, roc_auc_score

from evalcore.analysis import compare, compared_probabilities, verdict_as_json, why_not_compared
from evalcore.metrics import PROBABILITY_METRICS
from evalcore.output import comparison_as_text, no_nan
from tests.tools.probabilities import with_probabilities
from tests.tools.runs import scored as without_probabilities

LABELS = ["a", "b", "c", "d", "e", "f"]
N = 200
NAMES = {metric.name for metric in PROBABILITY_METRICS}
TEXTS = [f"text {row}" for row in range(N)]
GOLD = [LABELS[row % 6] for row in range(N)]
TRUE = np.arange(N) % 6


@pytest.fixture
def pair(store):
    """Two runs on one sample: of each, three answers are without probabilities."""
    rng = np.random.default_rng(8)
    shares = []
    for sharpness in (1.0, 3.0):
        logits = rng.normal(size=(N, 6)) + sharpness * (TRUE[:, None] == np.arange(6))
        shares.append(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))
    shares[0][:3], shares[1][50:53] = np.nan, np.nan
    a, b = (
        with_probabilities(store, LABELS, GOLD, each, texts=TEXTS, name=f"{at}.csv") for at, each in enumerate(shares)
    )
    return compare(a, b), shares


def test_the_differences_are_those_of_other_libraries_on_the_examples_of_which_both_are_known(pair):
    comparison, shares = pair
    data = no_nan(verdict_as_json(comparison, compared_probabilities(comparison)))
    metrics = json.loads(json.dumps(data))["metrics"]
    assert set(metrics) > NAMES
    kept = ~(np.isnan(shares[0]).any(axis=1) | np.isnan(shares[1]).any(axis=1))
    assert kept.sum() == N - 6
    true = TRUE[kept]
    values = {}
    for name, of_run in zip("ab", shares, strict=True):
        # As they are stored.
        p = np.exp(np.log(of_run[kept]).astype(np.float32).astype(float))
        p /= p.sum(axis=1, keepdims=True)
        right, sure = p.argmax(axis=1) == true, p.max(axis=1)
        brier = ((p - np.eye(6)[true]) ** 2).sum(axis=1)
        losses = np.array([-math.log(row[code]) for row, code in zip(p, true, strict=True)])
        values[name] = {"brier": brier, "log_loss": losses, "over_confidence": sure - right, "mean_confidence": sure}
        assert metrics["brier"][name] == pytest.approx(brier.mean(), rel=1e-6)
        assert metrics["log_loss"][name] == pytest.approx(log_loss(true, p, labels=range(6)), rel=1e-6)
        assert metrics["auroc"][name] == pytest.approx(roc_auc_score(right, sure), rel=1e-9)
        assert metrics["mean_confidence"][name] == pytest.approx(sure.mean(), rel=1e-6)
    for name in ("brier", "log_loss", "over_confidence", "mean_confidence"):
        differences = values["b"][name] - values["a"][name]
        expected = stats.t.interval(0.95, len(differences) - 1, differences.mean(), stats.sem(differences))
        assert metrics[name]["difference"] == pytest.approx(differences.mean(), rel=1e-6)
        assert metrics[name]["interval"] == pytest.approx(expected, abs=2e-3), name
    assert metrics["ece"]["interval"] == [None, None]


def test_the_text_names_them_and_what_is_left_out(pair):
    comparison, _ = pair
    text = comparison_as_text(comparison, compared_probabilities(comparison))
    assert all(f"\n  {metric.title} " in text for metric in PROBABILITY_METRICS)
    assert "Left out: 6 examples of which one run has no confidence." in text


def test_a_run_without_probabilities_gives_nulls_and_a_reason(store, pair):
    comparison, _ = pair
    assert why_not_compared(comparison) == ""
    plain = without_probabilities(store, GOLD, ["a"] * N, texts=TEXTS, labels=LABELS)
    for a, b, said in ((plain, comparison.b, "A"), (comparison.a, plain, "B"), (plain, plain, "A and B")):
        both = compare(a, b)
        assert compared_probabilities(both) is None
        assert why_not_compared(both).startswith(f"How sure the two are cannot be compared: {said} without")
        metrics = no_nan(verdict_as_json(both))["metrics"]
        for name in NAMES:
            assert metrics[name] == {"a": None, "b": None, "difference": None, "interval": [None, None]}
        assert "Brier" not in comparison_as_text(both)
