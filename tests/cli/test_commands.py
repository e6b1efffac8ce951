"""The command line on the bundled demo."""

import json

import pytest

from tests.conftest import BANKING77, needs_banking77
from tests.tools.command_line import evalcore
from tests.tools.processes import finished


@pytest.fixture(scope="module")
def cache(demo_cache):
    return demo_cache


@pytest.fixture(scope="module")
def demo(demo_reports):
    return demo_reports["demo"]


def finding(report, kind):
    return next((f for f in report["findings"] if f["kind"] == kind), None)


def test_the_demo_model_is_useful_but_imperfect(demo):
    assert 0.65 <= demo["accuracy"] < 0.97
    assert (demo["labels_total"], demo["labels_present"], demo["n"]) == (24, 24, 400)
    assert demo["predicted_now"] > 390
    assert demo["unparsed"] <= 4


def test_the_early_model_collapses_as_the_article_describes(demo, demo_reports):
    early = demo_reports["demo-early"]
    collapse = finding(early, "collapse")
    assert collapse is not None
    assert early["findings"].index(collapse) < 3
    assert finding(early, "never_predicted") is not None
    assert early["accuracy"] - early["macro_f1_present"] > 0.05
    assert early["accuracy"] > 0.2
    assert early["effective_labels"] < 0.6 * demo["effective_labels"]


def test_a_stored_run_is_reported_without_a_model(cache, demo):
    again = json.loads(evalcore("report", demo["run_id"], "--json", cache=cache).stdout)
    for name in ("accuracy", "macro_f1_all", "per_class", "confusion_pairs", "findings"):
        assert again[name] == demo[name]
    strict = json.loads(evalcore("report", demo["run_id"], "--json", "--scoring", "strict", cache=cache).stdout)
    assert strict["accuracy"] <= demo["accuracy"]
    assert demo["run_id"] in evalcore("runs", cache=cache).stdout
    assert "What this run hides" in evalcore("report", demo["run_id"], cache=cache).stdout


def test_finished_predictions_are_imported_and_scored(cache, tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("label,prediction\na,a\na,b\nb,b\n")
    report = json.loads(evalcore("import", path, "--json", cache=cache).stdout)
    assert report["accuracy"] == pytest.approx(2 / 3)


def test_prompts_are_listed_shown_kept_and_removed(cache):
    assert "few-shot" in evalcore("prompt", cache=cache).stdout
    shown = evalcore("prompt", "article", "--text", "hello there", cache=cache).stdout
    assert shown.startswith("<|im_start|>system")
    assert "hello there<|im_end|>" in shown
    kept = evalcore("prompt", "mine", "--system", "One of {labels}.", "--text", "hi", "--json", cache=cache)
    assert "One of bill_too_high" in json.loads(kept.stdout)["text"]
    assert "mine" in evalcore("prompt", cache=cache).stdout
    evalcore("prompt", "mine", "--remove", cache=cache)
    assert "mine" not in evalcore("prompt", cache=cache).stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "--task", "/no/such"], "no such task"),
        (["run", "--model", "/no/such/model"], "no such model"),
        (["run", "--prompt", "nothing"], "no prompt"),
        (["run", "--n", "0"], "at least 1"),
        (["report", "nothing"], "no such run"),
        (["import", "/no/such.csv"], "cannot be read"),
    ],
)
def test_what_a_person_can_mend_is_said_in_one_line(cache, arguments, says):
    done = evalcore(*arguments, cache=cache, check=False)
    assert done.returncode == 1
    assert says in done.stderr
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1


@needs_banking77
def test_the_articles_trap_is_caught_on_banking77(cache):
    task = ["run", "--task", BANKING77, "--model", "tfidf", "--n", 400, "--json"]
    first = json.loads(evalcore(*task, "--sample", "first", cache=cache).stdout)
    assert first["labels_present"] == 10
    assert first["macro_f1_ceiling"] == pytest.approx(0.1299, abs=5e-5)
    assert first["accuracy"] == pytest.approx(0.91, abs=0.02)
    assert first["macro_f1_all"] == pytest.approx(0.12, abs=0.01)
    trap = finding(first, "sample_misses_labels")
    assert first["findings"][0] == trap
    assert "13.0 %" in trap["sentence"]
    stratified = json.loads(evalcore(*task, "--sample", "stratified", cache=cache).stdout)
    assert stratified["accuracy"] > 0.88
    assert stratified["macro_f1_all"] > 0.88
    assert finding(stratified, "sample_misses_labels") is None


def test_a_run_says_nothing_but_its_own_words(tmp_path):
    """torchao, where it is installed, warns at every start of its parts for devices that are not here."""
    done = finished("-m", "evalcore", "run", "--n", "4", "--no-baselines", "--cache", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
