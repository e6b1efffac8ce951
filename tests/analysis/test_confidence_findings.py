"""Findings about probabilities: each on a run that has it, and on one that has not."""

import inspect
from dataclasses import replace

import numpy as np
import pytest

from evalcore.analysis import calibration, find, label_probabilities, probabilities_at
from evalcore.analysis.findings import CONFIDENCE_FINDERS, confidence
from evalcore.metrics import mcnemar_p, wilson_interval
from evalcore.output import findings_of, report_as_json
from evalcore.store import LabelReference
from tests.tools.probabilities import with_probabilities
from tests.tools.runs import scored as without_probabilities

LABELS = ["a", "b", "c", "d"]


def run_of(store, n=200, *, confidence=0.9, right=0.6, near=0.0, by_confidence=0.0, seed=0):
    """Answers of a mean confidence, so many of which are right.

    Args:
        near: share of the mistakes with the true label second; otherwise it is last.
        by_confidence: how much more confident a right answer is.
    """
    rng = np.random.default_rng(seed)
    is_right = np.arange(n) < right * n
    sure = np.clip(confidence + rng.uniform(-0.05, 0.05, size=n) + by_confidence * (is_right - right), 0.3, 0.99)
    rest = 1 - sure
    shares = np.stack([sure, 0.6 * rest, 0.3 * rest, 0.1 * rest], axis=1)
    mistakes = np.flatnonzero(~is_right)
    gold = np.zeros(n, dtype=int)
    gold[mistakes] = 3
    gold[mistakes[: round(near * len(mistakes))]] = 1
    turned = rng.integers(0, 4, size=n)  # each label is as frequent as any other
    shares = np.stack([np.roll(row, by) for row, by in zip(shares, turned, strict=True)])
    labels = [LABELS[code] for code in (gold + turned) % 4]
    return with_probabilities(store, LABELS, labels, shares, name=f"{seed}.csv")


def found_in(scored):
    probabilities = label_probabilities(scored)
    assert probabilities is not None
    sure = probabilities, calibration(probabilities)
    return {finding.kind: finding for finder in CONFIDENCE_FINDERS for finding in finder(*sure)}


def test_over_confidence_is_found_with_its_figures_and_its_confident_mistakes(store):
    scored = run_of(store, confidence=0.92, right=0.6)
    found = found_in(scored)["over_confident"]
    p = label_probabilities(scored)
    mistakes = [row for row in range(200) if scored.y_pred[row] != scored.y_true[row] and p.confidence[row] >= 0.9]
    assert found.positions == tuple(mistakes)
    assert found.opens == f"{len(mistakes)} confident mistakes"
    assert found.figures["mean_confidence"] == pytest.approx(p.confidence.mean())
    assert found.figures["accuracy"] == pytest.approx(0.6)
    assert "and is right 60.0 % of the time" in found.sentence
    sure = p.confidence >= 0.9
    assert f"Of {sure.sum()} answers with a confidence of 90.0 % or more" in found.meaning
    assert f"{100 * p.right[sure].mean():.1f} % are right" in found.meaning


def test_under_confidence_is_found_and_a_calibrated_run_is_neither(store):
    under = found_in(run_of(store, confidence=0.42, right=0.9, seed=1))
    assert "over_confident" not in under
    assert under["under_confident"].opens.endswith("unsure right answers")
    assert len(under["under_confident"].positions) > 100
    neither = found_in(run_of(store, confidence=0.7, right=0.7, seed=2))
    assert not {"over_confident", "under_confident"} & set(neither)


def test_confidence_that_does_not_rank_is_found_only_where_its_interval_reaches_chance(store):
    blind = found_in(run_of(store, seed=3))["confidence_does_not_rank"]
    assert blind.figures["auroc_low"] <= 0.5 <= blind.figures["auroc_high"]
    assert "better than chance" in blind.sentence
    assert blind.opens == f"{len(blind.positions)} wrong answers as sure as half of the right ones"
    upside_down = found_in(run_of(store, by_confidence=-0.05, confidence=0.7, seed=4))["confidence_does_not_rank"]
    assert upside_down.sentence.startswith("Wrong answers have a higher confidence")
    assert "confidence_does_not_rank" not in found_in(run_of(store, by_confidence=0.05, confidence=0.7, seed=5))
    few = found_in(run_of(store, n=12, right=0.9, seed=6))
    assert "confidence_does_not_rank" not in few, "one mistake has no interval"


def test_near_misses_dominate_or_do_not_or_cannot_be_told(store):
    run = run_of(store, near=0.75, seed=7)
    most = found_in(run)["near_misses_dominate"]
    low, high = wilson_interval(60, 80)
    assert (most.figures["near_misses"], most.figures["mistakes"]) == (60, 80)
    assert (most.figures["share_low"], most.figures["share_high"]) == (low, high)
    assert "from 60.0 % to at most 90.0 %" in most.meaning
    assert (len(most.positions), most.opens) == (60, "60 mistakes with the true label second")
    few = found_in(run_of(store, near=0.1, seed=8))
    assert few["true_label_not_second"].figures["in_first_five"] == 1.0
    undecided = found_in(run_of(store, near=0.5, seed=9))
    assert not {"near_misses_dominate", "true_label_not_second"} & set(undecided)
    too_few = found_in(run_of(store, n=20, right=0.6, near=1, seed=10))
    assert not {"near_misses_dominate", "true_label_not_second"} & set(too_few)


EIGHT = [f"label_{at}" for at in range(8)]


def favouring(store, prior, *, wrongly, decoding="choose"):
    """160 answers, the first so many of which are `label_0` or `label_1` wrongly; with a label reference, as a run has
    that chooses among labels."""
    codes = np.arange(160) % 8
    answered = np.where((np.arange(160) < wrongly) & (codes > 1), np.arange(160) % 2, codes)
    shares = np.full((160, 8), 0.02)
    shares[np.arange(160), answered] = 0.86
    scored = with_probabilities(store, EIGHT, [EIGHT[code] for code in codes], shares, name=f"{wrongly}.csv")
    reference = LabelReference((1,) * 8, {"N/A": tuple(np.log(prior))})
    spec = replace(scored.record.spec, decoding=decoding)
    return replace(scored, record=replace(scored.record, spec=spec, label_reference=reference))


def test_labels_that_an_empty_text_favours_are_found_where_they_are_predicted_too_often(store):
    prior = [0.5, 0.32, *[0.03] * 6]
    scored = favouring(store, prior, wrongly=60)
    found = found_in(scored)["favoured_without_a_text"]
    wrong = np.flatnonzero((scored.y_pred != scored.y_true) & (scored.y_pred < 2))
    assert found.labels == ("label_0", "label_1")
    assert "“label_0” and “label_1” with 50.0 % and 32.0 %" in found.sentence
    assert found.figures["share_of_answers"] == np.mean(scored.y_pred < 2)
    assert found.figures["share_of_examples"] == 0.25
    assert found.figures["mcnemar_p"] == mcnemar_p(len(wrong), 0)
    assert (found.positions, found.opens) == (tuple(wrong), f"{len(wrong)} wrong answers with these 2 labels")
    assert "favoured_without_a_text" not in found_in(favouring(store, prior, wrongly=4)), "within chance"
    assert "favoured_without_a_text" not in found_in(favouring(store, [0.125] * 8, wrongly=60)), "no favourites"
    calibrated = favouring(store, prior, wrongly=60, decoding="choose-calibrated")
    assert "favoured_without_a_text" not in found_in(calibrated), "it is taken out already"


def test_every_function_that_finds_something_in_probabilities_is_registered():
    defined = {
        function for function in vars(confidence).values()
        if inspect.isgeneratorfunction(function) and function.__module__ == confidence.__name__
    }  # fmt: skip
    assert defined == set(CONFIDENCE_FINDERS)


def test_a_run_without_probabilities_is_asked_nothing(store, monkeypatch):
    scored = without_probabilities(store, list("abc") * 5, list("abb") * 5)
    monkeypatch.setattr("evalcore.analysis.findings.CONFIDENCE_FINDERS", [lambda *sure: pytest.fail("asked")])
    assert findings_of(store, scored) == find(scored)


def test_findings_of_probabilities_stand_among_the_others_by_weight(store):
    scored = run_of(store, confidence=0.92, right=0.6, seed=11)
    found = findings_of(store, scored)
    assert "over_confident" in [finding.kind for finding in found]
    weights = [finding.weight for finding in found]
    assert weights == sorted(weights, reverse=True)
    kinds = [finding["kind"] for finding in report_as_json(scored, found)["findings"]]
    assert kinds == [finding.kind for finding in found]


def test_a_few_answers_say_the_same_as_the_whole_run(store):
    scored = run_of(store, n=50, seed=12)
    whole = label_probabilities(scored)
    assert whole is not None
    rows = np.array([41, 3, 17])
    shares, certainty = probabilities_at(scored, scored.answers.at(rows))
    np.testing.assert_array_equal(shares, whole.of_rows(rows))
    for name, values in vars(certainty).items():
        np.testing.assert_array_equal(values, getattr(whole, name)[rows], err_msg=name)
