"""The pages in Streamlit's own test runner: states that are hard to reach in a browser."""

import json
from dataclasses import asdict

import pytest
from streamlit.testing.v1 import AppTest

from evalcore.running.run import execute
from evalcore.store.spec import RunSpec
from evalcore.tasks.task import TaskSource
from pages.parts.shell.markdown import escape_markdown
from pages.parts.shell.session import ViewState
from tests.app.clicking import change
from tests.app.clicking import opened as run
from tests.conftest import ROOT
from tests.tools.generated import imported
from tests.tools.processes import PATIENCE_S

WHAT_TO_DO = {  # the overview starts the demo by itself
    "app.py": "Stop",
    "pages/per_class.py": "start one on the overview",
    "pages/confusions.py": "start one on the overview",
    "pages/confidence.py": "start one on the overview",
    "pages/decide.py": "start one on the overview",
    "pages/examples.py": "start one on the overview",
    "pages/try_it.py": "Type a text and press Enter.",
    "pages/prompts.py": "A built-in prompt stays as it is.",
}
PAGES = tuple(WHAT_TO_DO)


@pytest.fixture(autouse=True)
def own_cache(page_store, monkeypatch):
    from evalcore.running import prompt_preview
    from pages.parts.run import prompt_preview as preview_widget

    shown = prompt_preview.Preview("the chat text", 3, True, True)
    monkeypatch.setattr(preview_widget, "_ask", lambda store, payload: ("done", json.dumps(asdict(shown))))
    return page_store


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_what_to_do_when_nothing_is_stored(page):
    app = run(page)
    said = " ".join([*(element.value for element in (*app.info, *app.caption)), *(one.label for one in app.button)])
    assert WHAT_TO_DO[page] in said


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
    app = change(run("app.py", run=record.run_id))
    assert app.selectbox(key="bar_model").value == "majority"
    assert app.selectbox(key="bar_sample").value == "random"
    assert app.number_input(key="bar_n").value == 13
    assert [metric.label for metric in app.metric][:2] == ["Accuracy", "Macro-F1"]


def test_two_sessions_do_not_see_each_others_choice(own_cache, colours):
    ids = [execute(RunSpec(TaskSource(str(colours)), "majority", n=n), own_cache).record.run_id for n in (10, 20)]
    first, second = (change(run("app.py", run=run_id)) for run_id in ids)
    for _ in range(3):
        first.run()
        second.run()
        assert first.number_input(key="bar_n").value == 10
        assert second.number_input(key="bar_n").value == 20


def test_a_task_that_cannot_be_read_does_not_break_the_page(own_cache):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE_S)
    app.session_state["view"] = ViewState(spec=RunSpec(TaskSource("/no/such/file.csv")))
    app.run()
    assert not app.exception
    assert app.button(key="run").disabled
    assert "/no/such/file.csv" in app.warning[0].value.replace("\\", "")


@pytest.mark.parametrize(
    "text", ["a_b*c*", "![x](http://y)", "<b>", "$a$ $b$", ":red[x]", "`c`", "1. x", "# x", "a\nb"]
)
def test_plain_escapes_whatever_markdown_knows(text):
    escaped = escape_markdown(text)
    assert escaped.replace("\\", "") == " ".join(text.split())
    for at, character in enumerate(escaped):
        if not character.isalnum() and character not in " \\":
            assert escaped[at - 1] == "\\"


def test_the_examples_page_of_many_rows_says_nothing_on_the_terminal(own_cache, monkeypatch, caplog):
    from streamlit.elements.lib import policies

    record = imported(own_cache, 24, 500)
    monkeypatch.setattr(policies, "_shown_default_value_warning", False)
    app = run("pages/examples.py", run=record.run_id, example="400")
    table = app.session_state["view"].tables["Examples"]
    assert (table.opened, table.page) == (399, 2)
    app.button(key="examples_next").click().run()  # the 401st is on the third page
    assert not app.exception
    assert (table.opened, table.page) == (400, 3)
    assert [message.getMessage() for message in caplog.records if "default value" in message.getMessage()] == []


def test_the_prompts_page_shows_a_prompt_also_of_a_model_that_reads_none(own_cache, colours):
    record = execute(RunSpec(TaskSource(str(colours)), "majority", n=8), own_cache).record
    app = run("pages/prompts.py", run=record.run_id)
    assert [error.value for error in app.error] == []
    assert app.selectbox(key="edited_prompt").value == RunSpec().prompt
    assert app.code[-1].value == "the chat text"
