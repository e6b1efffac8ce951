"""A scored run as text and as JSON."""

import json
import math

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_recall_fscore_support

from evalcore.analysis.scored_run import score_run
from evalcore.output.report import findings_of, no_nan, report_as_json, report_as_text, why_undefined
from evalcore.running.run import execute
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import TaskSource
from tests.conftest import Toy
from tests.tools.runs import scored

LABELS = ["a", "b", "c", "never"]
GOLD = ["a"] * 20 + ["b"] * 15 + ["c"] * 5
ANSWERS = ["a"] * 15 + ["b"] * 5 + ["b"] * 10 + ["?"] * 5 + ["a"] * 5


@pytest.fixture
def run(store):
    return scored(store, GOLD, ANSWERS, labels=LABELS)


def test_the_figures_are_those_of_scikit_learn(run):
    report = report_as_json(run, [])
    present = ["a", "b", "c"]
    assert report["accuracy"] == pytest.approx(np.mean([g == a for g, a in zip(GOLD, ANSWERS, strict=True)]))
    assert report["macro_f1_present"] == pytest.approx(f1_score(GOLD, ANSWERS, labels=present, average="macro"))
    precision, recall, f1, support = precision_recall_fscore_support(GOLD, ANSWERS, labels=LABELS, zero_division=np.nan)
    for at, row in enumerate(report["per_class"][:3]):
        assert (row["label"], row["support"]) == (LABELS[at], support[at])
        for name, value in (("precision", precision[at]), ("recall", recall[at]), ("f1", f1[at])):
            assert row[name] == (None if math.isnan(value) else pytest.approx(value))


def test_absent_never_predicted_and_zero_recall_are_three_lists(run):
    report = report_as_json(run, [])
    assert (report["absent"], report["never_predicted"], report["zero_recall"]) == (["never"], ["c"], [])


def test_the_json_has_no_nan_and_survives_a_round_trip(run):
    report = report_as_json(run, [])
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert report["per_class"][3]["recall"] is None


def test_no_nan_leaves_everything_else_as_it_is():
    value = {"a": [1, 2.5, math.nan, {"b": math.inf}], "c": None, "d": True, "e": "nan"}
    assert no_nan(value) == {"a": [1, 2.5, None, {"b": None}], "c": None, "d": True, "e": "nan"}


def test_the_pairs_of_the_report_are_the_confusions_with_their_reverse(run):
    pairs = {(pair["true"], pair["predicted"]): pair for pair in report_as_json(run, [])["confusion_pairs"]}
    assert {key: pair["count"] for key, pair in pairs.items()} == {("a", "b"): 5, ("c", "a"): 5}
    assert pairs["a", "b"]["share"] == pytest.approx(5 / 20)
    assert pairs["a", "b"]["reverse"] == 0


def test_an_undefined_figure_is_said_in_words_and_once():
    assert why_undefined({"accuracy": 0.5}) == []
    said = why_undefined({"kappa": math.nan, "mcc": math.nan})
    assert said
    assert all("nan" not in line for line in said)


def test_the_text_names_the_run_its_sample_and_the_scoring(run):
    text = report_as_text(run, [])
    assert text.startswith(f"run {run.record.run_id}: ")
    assert "40 of 40 examples, 3 of 4 labels in the sample, lenient scoring" in text
    assert "62.5 %" in text


def test_a_run_of_nothing_yet_says_so(store, colours):
    spec = RunSpec(TaskSource(str(colours)), "tfidf", n=8)
    stopped = execute(spec, store, on_progress=lambda progress: not progress.run_id)
    text = report_as_text(score_run(store, stopped.record.run_id), [])
    assert text == f"run {stopped.record.run_id}: nothing is predicted yet."


def test_a_run_is_compared_with_the_baselines_of_its_own_sample_and_a_baseline_with_none(store, colours):
    source = TaskSource(str(colours))
    wrong = RunSpec(source, n=40)
    ours = execute(wrong, store, loader=lambda handle, on_phase: Toy(handle.identity, {})).record
    tfidf = execute(RunSpec(source, "tfidf", n=40), store).record
    execute(RunSpec(source, "majority", n=20), store)  # on another sample

    def compared_with(run_id):
        found = findings_of(store, score_run(store, run_id))
        return [finding.figures["baseline"] for finding in found if finding.kind == "baseline_does_as_well"]

    assert compared_with(ours.run_id) == ["tfidf"]
    assert compared_with(tfidf.run_id) == []
