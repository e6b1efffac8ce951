"""What is taken away of the Decide page: the figures of the page and of the command that stands beside them."""

import io
import json
import re
import shlex
import zipfile

import pytest
from streamlit.testing.v1 import AppTest

from evalcore.deciding import QUESTIONS, DecisionAsked, decide, query_of_asked
from evalcore.output import decision_as_json, decision_markdown
from evalcore.output.command import decide_command
from evalcore.paths import COMMAND
from pages.parts.decide import frontier_tab, take_away
from pages.parts.decide.shown import TABS
from pages.parts.shell.url import name_in_url
from tests.app.clicking import opened
from tests.tools.command_line import evalcore
from tests.tools.decisions import two_runs
from tests.tools.html_report import Report

ASKED = {
    "target": 80.0, "signal": "margin", "per_label": True, "unit": "EUR", "merge": '[["rate","rate_down","rate_up"]]',
    "costs": "true,predicted,cost\n*,*,3\n", "mix": "label,count\ntop|up,10\nrate_up,20\n", "more_examples": 30,
}  # fmt: skip


@pytest.fixture
def pair(page_store):
    return two_runs(page_store)


def decided(store, a, b, only=()):
    return decide(store, a, b, DecisionAsked.of_fields(ASKED), only=only)


@pytest.mark.parametrize("beside", [False, True])
def test_the_command_gives_the_same_answers(beside, page_store, pair, tmp_path, monkeypatch):
    a, b = pair
    decision = decided(page_store, a, b if beside else None)
    (tmp_path / "files").mkdir()
    with zipfile.ZipFile(io.BytesIO(take_away._tables(decision, "csv"))) as archive:
        archive.extractall(tmp_path / "files")
    monkeypatch.chdir(tmp_path / "files")
    words = shlex.split(decide_command(decision).removeprefix(COMMAND))
    printed = json.loads(evalcore(*words, "--json", cache=page_store.folder).stdout)
    assert printed == json.loads(json.dumps(decision_as_json(decision)))
    assert {path.name for path in (tmp_path / "files").iterdir()} >= {"costs.csv", "mix.csv", "decisions.csv"}


@pytest.mark.parametrize("only", [("review",), ("label_list", "costs")])
def test_the_command_names_the_questions_that_are_taken(only, page_store, pair):
    command = decide_command(decided(page_store, pair[0], None, only), only)
    names = [name.replace("_", "-") for name in QUESTIONS if name in only]
    assert command.endswith("--only " + " ".join(names))


def test_each_file_has_the_figures_of_the_answers(page_store, pair):
    decision = decided(page_store, *pair)
    assert json.loads(take_away._json(decision)) == json.loads(json.dumps(decision_as_json(decision)))
    frame = type("Page", (), {"store": page_store})()
    assert (
        Report(take_away._report(frame, decided(page_store, pair[0], None), "shown")).data["decisions"]["beside"]
        is None
    )
    assert decision_markdown(decision).startswith("- **A**: run ")


def drawer(store, run, beside, asked):
    from pages.parts.decide import take_away
    from pages.parts.shell.cached.stored import listing_of
    from pages.parts.shell.session import view_state

    view = view_state().decide
    view.review, view.costs, view.traffic = asked.review, asked.costs, asked.traffic
    view.label_list, view.frontier = asked.label_list, asked.frontier
    page = type("Page", (), {"store": store, "listing": listing_of(store)})()
    take_away._choice(page, run, beside)


def drawn(store, run, beside, asked):
    app = AppTest.from_function(
        drawer, kwargs={"store": store, "run": run, "beside": beside, "asked": asked}, default_timeout=60
    ).run()
    assert not app.exception
    return app


def test_the_drawer_offers_this_question_and_all_of_them(page_store, pair):
    a, b = pair
    app = drawn(page_store, a, b, DecisionAsked.of_fields(ASKED))
    labels = [button.proto.label for button in app.get("download_button")]
    assert labels == ["Report, HTML", "Report, Markdown", "All tables", "JSON"]
    assert app.code[0].value.endswith("--only review")
    app.radio(key="decide_scope").set_value("All questions").run()
    assert "--only" not in app.code[0].value
    assert f"--beside {b.record.run_id}" in app.code[0].value


def test_no_answer_is_made_again_while_the_drawer_is_open(page_store, pair, monkeypatch):
    made = []
    frontier_of = frontier_tab.frontier_of
    monkeypatch.setattr(frontier_tab, "frontier_of", lambda *asked: made.append(asked) or frontier_of(*asked))
    app = drawn(page_store, pair[0], None, DecisionAsked.of_fields(ASKED))
    app.radio(key="decide_scope").set_value("All questions").run()
    app.radio(key="decide_writer").set_value("parquet").run()
    assert len(made) == 1


def test_what_is_wrong_with_a_table_is_said_in_the_place_of_the_files(page_store, pair):
    app = drawn(page_store, pair[0], None, DecisionAsked.of_fields({"mix": "label,count\nnobody,3\n"}))
    app.radio(key="decide_scope").set_value("All questions").run()
    assert "nobody" in app.error[0].value
    assert not app.get("download_button")


def test_the_page_has_the_button_and_computes_nothing_for_it(page_store, pair, monkeypatch):
    made = []
    monkeypatch.setattr(take_away, "_choice", lambda *runs: made.append(runs))
    app = opened("pages/decide.py", run=pair[0].record.run_id)
    assert any(element.proto.popover.label == "Download" for element in app.get("popover"))
    assert made == []


@pytest.mark.parametrize(("tab", "name"), list(zip(TABS, QUESTIONS, strict=True)))
def test_the_page_says_what_is_taken_away(tab, name, page_store, pair):
    asked = DecisionAsked.of_fields(ASKED)
    query = {key: value for question in QUESTIONS for key, value in query_of_asked(asked.of(question)).items()}
    app = opened("pages/decide.py", run=pair[0].record.run_id, tab=name_in_url(tab), **query)
    sentence = decide(page_store, pair[0], None, asked, only=[name])[name].sentences[0]
    said = {re.sub(r"\\(.)", r"\1", element.value.replace("**", "")) for element in app.markdown}
    assert sentence in said, said
