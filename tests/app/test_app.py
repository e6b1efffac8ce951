"""The pages in Streamlit's own test runner: states that are hard to reach in a browser."""

import json
from dataclasses import asdict, replace

import pytest
from streamlit.testing.v1 import AppTest

from evalcore.running.run import execute
from evalcore.store.database import Store
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import TaskSource
from pages.parts.shell.frame import describe, distinct_names
from pages.parts.shell.markdown import escape_markdown
from tests.conftest import ROOT
from tests.tools.generated import imported
from tests.tools.processes import PATIENCE_S

PAGES = ("app.py", "pages/per_class.py", "pages/confusions.py", "pages/examples.py", "pages/prompts.py")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    from evalcore.running import prompt_preview
    from pages.parts.run import progress
    from pages.parts.run import prompt_preview as preview_widget
    from pages.parts.shell import frame, session

    store = Store(tmp_path / "cache")
    monkeypatch.setattr(session, "open_store", lambda: store)
    for module in (frame, progress):
        monkeypatch.setattr(module, "ensure_worker", lambda store: None)
    shown = prompt_preview.Preview("the chat text", 3, True, True)
    monkeypatch.setattr(preview_widget, "_ask", lambda store, payload: ("done", json.dumps(asdict(shown))))
    return store


def run(page, **query):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE_S)
    if page != "app.py":
        app.switch_page(page)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


@pytest.mark.parametrize("page", ["pages/per_class.py", "pages/confusions.py", "pages/examples.py"])
def test_a_page_that_needs_a_run_says_where_to_start_one(page):
    assert ["overview" in info.value for info in run(page).info] == [True]


def test_with_nothing_stored_the_overview_offers_a_run_and_the_prompts_are_shown():
    assert run("app.py").selectbox(key="bar_model").value == "demo"
    assert [button.label for button in run("pages/prompts.py").button] == ["Use it on the overview"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("run_id", ["../../etc/passwd", "0" * 12, "'; drop table runs"])
def test_every_page_survives_a_run_that_does_not_exist(page, run_id):
    app = run(page, run=run_id)
    assert any("not stored here" in warning.value for warning in app.warning)


def test_the_first_start_queues_the_demo_once(own_cache):
    from evalcore.store.jobs import Jobs

    run("app.py")
    run("app.py")
    assert [job.spec.model for job in Jobs(own_cache).recent()] == ["demo"]


def test_a_run_is_chosen_by_the_url_and_its_spec_fills_the_bar(own_cache, colours):
    spec = RunSpec(TaskSource(str(colours)), "majority", n=13, sample="random", seed=4)
    record = execute(spec, own_cache).record
    app = run("app.py", run=record.run_id)
    assert app.selectbox(key="bar_model").value == "majority"
    assert app.selectbox(key="bar_sample").value == "random"
    assert app.number_input(key="bar_n").value == 13
    assert [metric.label for metric in app.metric][:2] == ["Accuracy", "Macro-F1, present"]


def test_two_sessions_do_not_see_each_others_choice(own_cache, colours):
    ids = [execute(RunSpec(TaskSource(str(colours)), "majority", n=n), own_cache).record.run_id for n in (10, 20)]
    first, second = (run("app.py", run=run_id) for run_id in ids)
    for _ in range(3):
        first.run()
        second.run()
        assert first.number_input(key="bar_n").value == 10
        assert second.number_input(key="bar_n").value == 20


def test_a_task_that_cannot_be_read_does_not_break_the_page(own_cache):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE_S)
    app.session_state["spec"] = RunSpec(TaskSource("/no/such/file.csv"))
    app.run()
    assert not app.exception
    next(button for button in app.button if button.label == "Run").click().run()
    assert not app.exception
    assert not app.error  # the worker says it; here nobody works


@pytest.mark.parametrize(
    "text", ["a_b*c*", "![x](http://y)", "<b>", "$a$ $b$", ":red[x]", "`c`", "1. x", "# x", "a\nb"]
)
def test_plain_escapes_whatever_markdown_knows(text):
    escaped = escape_markdown(text)
    assert escaped.replace("\\", "") == " ".join(text.split())
    for at, character in enumerate(escaped):
        if not character.isalnum() and character not in " \\":
            assert escaped[at - 1] == "\\"


def test_runs_that_read_alike_have_different_names(own_cache, colours):
    spec = RunSpec(TaskSource(str(colours)), "majority", n=10)
    records = [execute(replace(spec, seed=seed), own_cache).record for seed in (0, 1)]
    assert describe(records[0]) == describe(records[1])
    assert len(set(distinct_names(records).values())) == 2


def test_the_examples_page_of_many_rows_says_nothing_on_the_terminal(own_cache, monkeypatch, caplog):
    from streamlit.elements.lib import policies

    record = imported(own_cache, 24, 500)
    monkeypatch.setattr(policies, "_shown_default_value_warning", False)
    app = run("pages/examples.py", run=record.run_id)
    app.session_state["examples_opened"] = 399
    app.session_state["examples_rows"] = None
    app.run()
    assert not app.exception
    assert app.session_state["examples_page"] == 2
    app.button(key="examples_next").click().run()  # the 401st is on the third page
    assert (app.session_state["examples_opened"], app.session_state["examples_page"]) == (400, 3)
    assert [message.getMessage() for message in caplog.records if "default value" in message.getMessage()] == []
