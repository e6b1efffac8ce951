"""`compare A B --costs FILE --actions FILE`: the finding in words, as JSON, as Markdown and in the report."""

import json

import pytest

from evalcore.analysis import compare
from evalcore.deciding import CostsAsked, compared_costs
from evalcore.output.html import comparison_report
from evalcore.output.markdown import said
from evalcore.store.database import Store
from tests.tools.command_line import evalcore
from tests.tools.decisions import COSTS_OF_TIED, DEAR, tied_runs
from tests.tools.html_report import Report

ACTIONS = 'label,action\nrate_up,rates\nrate_down,rates\n"card, lost",cards\n'


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The cache, both runs, what is asked, and the words of the command."""
    folder = tmp_path_factory.mktemp("costs")
    a, b = tied_runs(Store(folder / "cache"))
    for name, text in (("costs", COSTS_OF_TIED), ("actions", ACTIONS)):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    words = ["compare", a.record.run_id, b.record.run_id, "--costs", folder / "costs.csv"]
    words += ["--actions", folder / "actions.csv", "--unit", "EUR"]
    return folder, a, b, CostsAsked(ACTIONS, COSTS_OF_TIED, unit="EUR"), words


@pytest.fixture(scope="module")
def found(made):
    _, a, b, asked, _ = made
    return compared_costs(a, None, b, None, asked)


def test_the_finding_stands_below_the_verdict_and_the_rest_at_the_end(made, found):
    folder, *_, words = made
    lines = evalcore(*words, cache=folder / "cache").stdout.splitlines()
    assert lines[1].startswith("A and B cannot be told apart")
    assert found.finding
    assert lines[3:5] == list(found.sentences[:2])
    assert [line.strip() for line in lines[-len(found.sentences) + 2 :]] == list(found.sentences[2:])
    assert not any("cost" in line for line in evalcore(*words[:3], cache=folder / "cache").stdout.splitlines())


def test_json_has_the_answer_and_markdown_the_finding(made, found):
    folder, a, *_, words = made
    data = json.loads(evalcore(*words, "--json", cache=folder / "cache").stdout)
    assert data["costs"] == json.loads(json.dumps({**found.as_json(), "sentences": found.sentences}))
    assert data["verdict"] == "undecided"
    assert "costs" not in json.loads(evalcore(*words[:3], "--json", cache=folder / "cache").stdout)
    markdown = evalcore(*words, "--markdown", "-", cache=folder / "cache").stdout
    assert f"\n**{said(found.sentences[0], a.labels)}** {said(found.sentences[1], a.labels)}\n" in markdown
    assert "mistakes cost" not in evalcore(*words[:3], "--markdown", "-", cache=folder / "cache").stdout


def test_the_report_says_it_first_opens_its_examples_and_names_the_command(made, found):
    folder, a, b, asked, words = made
    path = folder / "report.html"
    evalcore(*words, "--html", path, cache=folder / "cache")
    content = path.read_bytes()
    assert content == comparison_report(compare(a, b), costs=asked)
    report = Report(content)
    for sentence in found.sentences:
        assert sentence in report.words
    assert report.words.index(found.finding) < report.words.index("What became of each example")
    assert f"compare {a.record.run_id} {b.record.run_id} --actions actions.csv --costs costs.csv --unit EUR" in (
        report.words
    )
    true, predicted = (a.labels.index(label) for label in DEAR)
    without = Report(comparison_report(compare(a, b)))
    opened = f"true={true}&b={predicted}"
    assert report.opens.count(opened) == without.opens.count(opened) + 1
    assert f"true={true}&a={predicted}" not in report.opens
    assert 'href="#question-costs"' in content.decode()
    assert 'id="question-costs"' in content.decode()
    assert "mistakes cost" not in without.words
    assert set(report.data["decisions"]["questions"]) - set(without.data["decisions"]["questions"]) == {"costs"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--unit", "EUR"], "--unit is that of the costs"),
        (["--costs", "bad.csv"], "line 2: there is no label or action 'nobody'"),
        (["--costs", "none.csv"], "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_said(made, words, said, monkeypatch):
    folder, a, b, *_ = made
    monkeypatch.chdir(folder)
    (folder / "bad.csv").write_text("true,predicted,cost\nnobody,*,3\n")
    runs = [a.record.run_id, b.record.run_id]
    done = evalcore("compare", *runs, *words, cache=folder / "cache", check=False)
    assert done.returncode == 1
    assert said in done.stderr


def test_costs_are_of_two_runs(made):
    folder, a, *_, words = made
    done = evalcore("compare", a.record.run_id, *words[1:], cache=folder / "cache", check=False)
    assert done.returncode == 1
    assert "Name two runs" in done.stderr
