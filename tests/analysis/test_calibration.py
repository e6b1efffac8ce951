"""What a run's probabilities are worth, from imported files, against scikit-learn; and the sentences on it."""

import csv
import io
import json
import math

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score, top_k_accuracy_score

from evalcore.analysis import (
    CALIBRATION_KEYS,
    calibration,
    calibration_words,
    compare,
    compared_calibration,
    label_probabilities,
    metric_interval_words,
    score_run,
)
from evalcore.metrics import PROBABILITY_METRICS, scaled
from evalcore.output import report_as_json, report_as_text
from tests.tools.runs import import_bytes, scored

LABELS = [f"label {at}" for at in range(8)]


def drawn(seed, n=400, temperature=1.0):
    """Probabilities said at a temperature, and true labels drawn from those at 1."""
    rng = np.random.default_rng(seed)
    scores = 2 * rng.standard_normal((n, len(LABELS)))
    shares = np.exp(scaled(scores, 1.0))
    true = (shares.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1).clip(max=len(LABELS) - 1)
    return np.exp(scaled(scores, temperature)), true


def imported(store, shares, true, answers=None, columns=None):
    """A run of these probabilities; what is NaN is missing."""
    answers = shares.argmax(axis=1) if answers is None else answers
    header = columns or [f"probability:{label}" for label in LABELS]
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow(["text", "label", "prediction", *header])
    for at, (code, answer, row) in enumerate(zip(true, answers, shares, strict=True)):
        given = ["" if math.isnan(share) else repr(float(share)) for share in row]
        rows.writerow([f"text {at}", LABELS[code], LABELS[answer] if answer >= 0 else "", *given])
    record = import_bytes("answers.csv", file.getvalue().encode(), store)
    return score_run(store, record.run_id)


@pytest.fixture
def incomplete(store):
    """A run with missing probabilities, unparsed answers, answers that are not the most probable label, zeros."""
    rng = np.random.default_rng(0)
    shares, true = drawn(1)
    answers = shares.argmax(axis=1)
    answers[:40] = rng.integers(0, len(LABELS), 40)
    answers[40:60] = -1
    shares[50:90, 2] = np.nan  # one label is missing
    shares[80:120] = np.nan  # all are
    some = np.arange(120, 160)
    shares[some, (true[some] + 1) % len(LABELS)] = 0.0
    shares[some] /= shares[some].sum(axis=1, keepdims=True)
    return imported(store, shares, true, answers)


def test_the_scores_are_those_of_scikit_learn_where_values_are_missing(incomplete):
    probabilities = label_probabilities(incomplete)
    found = calibration(probabilities)
    complete = np.flatnonzero(~np.isnan(probabilities.logprobs).any(axis=1))
    shares, true = probabilities.of_rows(complete), incomplete.y_true[complete]
    codes = range(len(LABELS))
    assert found.n_complete == len(complete) == 400 - 70
    expected = brier_score_loss(true, shares, labels=codes, scale_by_half=False)
    assert found.brier.value == pytest.approx(expected, abs=1e-9)
    assert found.log_loss.value == pytest.approx(log_loss(true, shares, labels=codes), abs=1e-9)
    for k in (1, 3, 5):
        expected = top_k_accuracy_score(true, shares, k=k, labels=codes)
        assert found.top[k].value == pytest.approx(expected, abs=1e-9)
        assert found.top[k].interval[0] < expected < found.top[k].interval[1]
    frequencies = np.tile(np.bincount(true, minlength=len(LABELS)) / len(true), (len(true), 1))
    expected = brier_score_loss(true, frequencies, labels=codes, scale_by_half=False)
    assert found.brier.reference == pytest.approx(expected, abs=1e-9)
    assert found.log_loss.reference == pytest.approx(log_loss(true, frequencies, labels=codes), abs=1e-9)
    for score in (found.brier, found.log_loss):
        assert score.interval[0] < score.value < score.interval[1]
    sure, right = probabilities.confidence[probabilities.known], probabilities.right[probabilities.known]
    assert found.auroc == pytest.approx(roc_auc_score(right, sure), abs=1e-9)
    assert found.n_confident == len(sure) < 400
    assert found.unparsed == 20
    assert found.over_confidence == pytest.approx(sure.mean() - right.mean(), abs=1e-12)
    assert any(sentence.startswith("Left out:") and "20 unparsed" in sentence for sentence in calibration_words(found))


def test_each_labels_confidence_is_that_of_a_plain_loop(incomplete):
    probabilities = label_probabilities(incomplete)
    found = calibration(probabilities).labels
    p, y_true, y_pred = probabilities, incomplete.y_true, incomplete.y_pred
    for label in range(len(LABELS)):
        rows = [at for at in range(400) if y_pred[at] == label and not math.isnan(p.confidence[at])]
        assert found.predicted[label] == len(rows)
        assert found.mean_confidence[label] == pytest.approx(np.mean([p.confidence[at] for at in rows]))
        assert found.precision[label] == pytest.approx(np.mean([y_true[at] == label for at in rows]))
        rows = [at for at in range(400) if y_true[at] == label and not math.isnan(p.true_probability[at])]
        assert found.support[label] == len(rows)
        assert found.mean_true_probability[label] == pytest.approx(np.mean([p.true_probability[at] for at in rows]))
        assert found.recall[label] == pytest.approx(np.mean([y_pred[at] == label for at in rows]))
    for share, bounds in ((found.precision, found.precision_interval), (found.recall, found.recall_interval)):
        assert ((bounds[:, 0] < share) & (share < bounds[:, 1])).all()


@pytest.mark.parametrize(
    ("temperature", "says"), [(0.4, "over-confident"), (2.5, "under-confident"), (1, "as sure as")]
)
def test_over_and_under_confidence_are_said_and_undone_by_the_temperature(store, temperature, says):
    found = calibration(label_probabilities(imported(store, *drawn(2, 600, temperature))))
    words = calibration_words(found)
    assert says in words[0]
    assert found.temperature.value * temperature == pytest.approx(1, abs=0.15)
    scaling = found.temperature
    assert not set(scaling.fitted_on) & set(scaling.shown_on)
    assert len(scaling.fitted_on) == len(scaling.shown_on) == 300
    assert scaling.before.accuracy == scaling.after.accuracy
    least, most = found.ece_if_calibrated.interval
    low, high = found.over_confidence_interval
    if temperature == 1:
        assert least < found.ece < most
        assert low < 0 < high
        assert found.ece_interval[0] == 0
        assert "may be chance" in words[1]
    else:
        assert found.ece > most
        assert found.ece_interval[0] > 0
        assert "more than chance" in words[1]
        assert scaling.after.ece < scaling.before.ece / 2
        assert scaling.after.log_loss < scaling.before.log_loss
        assert scaling.after.brier < scaling.before.brier
    assert "a perfectly calibrated model would show" in words[1]


def test_a_true_label_of_probability_0_makes_the_log_loss_infinite_and_says_so(store):
    shares, true = drawn(3, 200)
    shares[np.arange(3), true[:3]] = 0.0
    shares /= shares.sum(axis=1, keepdims=True)
    run = imported(store, shares, true)
    found = calibration(label_probabilities(run))
    assert found.log_loss.value == math.inf
    assert math.isnan(found.log_loss.interval[0])
    assert found.infinite == 3
    assert found.log_loss_of_others == pytest.approx(-np.log(shares[np.arange(3, 200), true[3:]]).mean(), abs=1e-5)
    words = " ".join(calibration_words(found))
    assert "3 answers gave their true label the probability 0" in words
    assert "nan" not in words
    assert report_as_json(run, [])["log_loss"] is None


def test_one_column_of_confidence_gives_what_needs_no_other_label(store):
    shares, true = drawn(4, 200)
    answers = shares.argmax(axis=1)
    run = imported(store, shares.max(axis=1)[:, None], true, answers, ["confidence"])
    found = calibration(label_probabilities(run))
    assert (found.n_confident, found.n_complete) == (200, 0)
    assert found.auroc == pytest.approx(roc_auc_score(answers == true, shares.max(axis=1)), abs=1e-6)
    assert found.temperature is None
    assert "too few" in found.why_no_temperature
    data = report_as_json(run, [])
    assert data["ece"] == pytest.approx(found.ece)
    assert [data[name] for name in ("brier", "brier_reference", "log_loss", "top_3", "temperature")] == [None] * 5
    text = report_as_text(run, []) + " ".join(calibration_words(found))
    assert "nan" not in text
    assert "Brier score, log loss and top-k, which need the probability of every label" in text


def test_a_report_holds_the_keys_with_probabilities_and_without(store, incomplete):
    data = report_as_json(incomplete, [])
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert all(data[name] is not None for name in CALIBRATION_KEYS)
    assert data["ece_interval"][0] <= data["ece"] <= data["ece_interval"][1]
    text = report_as_text(incomplete, [])
    assert "AUROC" in text
    plain = scored(store, ["a", "b"] * 20, ["a"] * 40)
    data = report_as_json(plain, [])
    assert [data[name] for name in CALIBRATION_KEYS] == [None] * len(CALIBRATION_KEYS)
    assert "AUROC" not in report_as_text(plain, [])


def test_very_few_answers_have_figures_and_no_interval(store):
    shares, true = drawn(5, 12)
    found = calibration(label_probabilities(imported(store, shares, true)))
    intervals = [found.ece_interval, found.over_confidence_interval, found.brier.interval, found.auroc_interval]
    assert all(math.isnan(low) for low, _ in intervals)
    assert len(found.bins) == 1
    words = calibration_words(found)
    assert words[0].startswith("Too few answers to tell")
    assert "not estimable: only " in words[2]
    assert "nan" not in " ".join(words)


def test_two_runs_differ_by_the_difference_of_their_scores(store):
    shares, true = drawn(6, 500)
    noisy = np.exp(scaled(np.log(shares) + np.random.default_rng(7).normal(size=shares.shape), 0.5))
    runs = [imported(store, each, true) for each in (shares, noisy)]
    of_a, of_b = (label_probabilities(run) for run in runs)
    comparison = compare(*runs)
    found = compared_calibration(comparison, of_a, of_b)
    assert (found.n, found.n_confident, found.n_complete, found.notes) == (500, 500, 500, [])
    assert [row.name for row in found.rows] == [metric.name for metric in PROBABILITY_METRICS]
    alone_a, alone_b = calibration(of_a), calibration(of_b)
    for row in found.rows:
        for value, alone in ((row.a, alone_a), (row.b, alone_b)):
            assert value == pytest.approx(alone.as_json()[row.name], abs=1e-12)
        if row.name == "ece":
            assert metric_interval_words(row) == "none known"
            continue
        assert row.interval[0] < row.difference < row.interval[1]
    rows = {row.name: row for row in found.rows}
    assert (rows["brier"].better, rows["brier"].clear) == ("A", True)
    assert (rows["log_loss"].better, rows["log_loss"].clear) == ("A", True)
    assert rows["over_confidence"].interval[0] > 0
    backwards = compared_calibration(compare(*reversed(runs)), of_b, of_a)
    for row, back in zip(found.rows, backwards.rows, strict=True):
        if row.name != "ece":
            assert back.interval == pytest.approx((-row.interval[1], -row.interval[0]), abs=1e-9)


def test_examples_that_one_run_knows_nothing_of_are_left_out_of_both(store):
    shares, true = drawn(8, 300)
    holes = shares.copy()
    holes[:50] = np.nan
    runs = [imported(store, each, true, shares.argmax(axis=1)) for each in (shares, holes)]
    of_a, of_b = (label_probabilities(run) for run in runs)
    found = compared_calibration(compare(*runs), of_a, of_b)
    assert (found.n, found.n_confident, found.n_complete) == (300, 250, 250)
    assert "Left out: 50 examples" in found.notes[0]
    for row in found.rows:
        assert row.a == pytest.approx(row.b)
