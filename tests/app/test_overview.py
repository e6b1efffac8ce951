"""The overview in Streamlit's own test runner: choosing, what stands in the URL, a run at work, links and counts."""

import pytest

from evalcore.running.run import execute
from evalcore.store.jobs import Jobs
from evalcore.store.spec import RunSpec, checked
from evalcore.tasks.task import TaskSource
from tests.app.clicking import change
from tests.tools.generated import imported
from tests.tools.runs import stored


@pytest.fixture
def majority(page_store, colours):
    """A small run that is stored."""
    return execute(RunSpec(TaskSource(str(colours)), "majority", n=8), page_store).record


def said(app):
    shown = (*app.caption, *app.markdown, *app.info, *app.warning, *app.error)
    return " ".join(element.value for element in shown).replace("\\", "")


def links(app):
    return [link.proto.label.replace("\\", "") for link in app.get("page_link") if link.proto.page != "app.py"]


def one(parameter):
    return parameter[0] if isinstance(parameter, list) else parameter


def button(app, key):
    return next((one for one in app.button if one.key == key), None)


def test_a_run_is_said_in_one_line_and_the_form_is_folded(open_page, majority):
    app = open_page("app.py", run=majority.run_id)
    assert not [box for box in app.selectbox if box.key == "bar_model"]
    assert "**majority** · " in said(app)
    assert "8 examples, stratified" in said(app)
    assert button(app, "run").label == "Verify again"
    assert "Up to date" in said(app)
    change(app)
    assert app.selectbox(key="bar_model").value == "majority"
    app.button(key="change").click().run()
    assert not [box for box in app.selectbox if box.key == "bar_model"]


def test_the_form_is_open_while_nothing_is_run_and_says_how_much_there_is_to_do(open_page, page_store, colours):
    app = open_page("app.py", task=str(colours), model="majority", n="8")
    assert app.selectbox(key="bar_model").value == "majority"
    assert app.number_input(key="bar_n").value == 8
    assert button(app, "change") is None
    assert button(app, "run").label == "Run"
    assert "Up to 8 new predictions needed" in said(app)


def test_a_link_fills_the_form_and_starts_nothing(open_page, page_store, colours):
    for query in ({"model": "majority"}, {"task": str(colours)}, {"model": "demo"}, {"n": "400"}):
        app = open_page("app.py", **query)
        app.run()
        assert Jobs(page_store).recent() == []
    assert app.session_state["view"].spec == RunSpec()


def test_what_is_chosen_stands_in_the_url_before_it_is_run(open_page, page_store, majority):
    app = change(open_page("app.py", run=majority.run_id))
    app.number_input(key="bar_n").set_value(9).run()
    assert one(app.query_params["n"]) == "9"
    assert one(app.query_params["model"]) == "majority"
    assert "run" not in app.query_params
    again = open_page("app.py", **{name: one(value) for name, value in app.query_params.items()})
    assert again.session_state["view"].spec == app.session_state["view"].spec


def test_the_form_stays_open_when_what_is_chosen_is_stored(open_page, page_store, colours):
    spec = RunSpec(TaskSource(str(colours)), "majority", n=8)
    execute(spec, page_store)
    app = open_page("app.py", task=str(colours), model="majority", n="9")
    app.number_input(key="bar_n").set_value(8).run()
    assert app.number_input(key="bar_n").value == 8
    assert app.metric[0].label == "Accuracy"


def test_what_cannot_be_run_says_why_and_has_no_button_to_press(open_page, page_store, tmp_path):
    app = open_page("app.py", task=str(tmp_path / "no such file.csv"), model="majority")
    assert button(app, "run").disabled
    shown = [element.value.replace("\\", "") for element in (*app.warning, *app.info)]
    assert ["no such file.csv" in text for text in shown] == [True]  # once


def test_what_is_understood_of_a_choice_is_said_when_it_is_chosen(open_page, colours):
    app = open_page("app.py", task=str(colours), model="majority")
    assert "Task: text = text, label = label, " in said(app)
    assert not button(app, "run").disabled


def test_pressing_run_folds_the_form_and_keeps_the_result_before(open_page, page_store, majority):
    app = change(open_page("app.py", run=majority.run_id))
    app.number_input(key="bar_n").set_value(9).run()
    assert "The result before" in said(app)
    button(app, "run").click().run()
    assert Jobs(page_store).active()[0].spec == checked(RunSpec(majority.spec.task, "majority", n=9))
    assert not [box for box in app.selectbox if box.key == "bar_model"]
    assert "The result before" in said(app)
    assert one(app.query_params["n"]) == "9"  # a reload finds the job again


def test_a_job_that_goes_on_with_the_run_looked_at_does_not_repeat_what_it_has(open_page, page_store, colours):
    record = execute(RunSpec(TaskSource(str(colours)), "majority", n=8), page_store).record
    with page_store.connect(write=True) as db:
        db.execute("UPDATE runs SET finished = NULL")
    app = open_page("app.py", run=record.run_id)
    jobs = Jobs(page_store)
    job = jobs.enqueue("run", record.spec.to_json())
    jobs.claim(1)
    jobs.report(job, phase="predicting", run_id=record.run_id, done=0, cached=0, total=8, predicting=True)
    app.run()
    assert "The result before" not in said(app)


def test_a_count_of_none_has_no_link(open_page, page_store):
    record = stored(page_store, list("aabb"), list("aabb"), labels="ab")
    app = open_page("app.py", run=record.run_id)
    named = links(app)
    assert not [label for label in named if label.startswith("0 ") or "these" in label]
    assert not [label for label in named if "wrong or unparsed" in label or "never predicted" in label]
    assert said(app).split().count("none") >= 3


def test_links_are_named_for_what_they_open(open_page, page_store):
    record = stored(page_store, list("aabbcc"), list("aaab?a"), labels="abcd")
    named = links(open_page("app.py", run=record.run_id))
    for label in ("3 wrong or unparsed", "1 unparsed answer", "1 label never predicted", "1 label absent"):
        assert label in named, named


def test_macro_f1_over_all_labels_is_said_where_labels_are_absent(open_page, page_store):
    record = stored(page_store, list("aabb"), list("aabb"), labels="abcd")
    assert "all labels: 50.0 %, at most 50.0 %" in said(open_page("app.py", run=record.run_id))


def test_an_import_offers_to_run_a_model(open_page, page_store):
    app = open_page("app.py", run=imported(page_store, 5, 40).run_id)
    assert "Imported predictions · " in said(app)
    app.button(key="change").click().run()
    assert app.selectbox(key="bar_model").value == RunSpec().model
    assert app.session_state["view"].run_id is None


def test_there_is_one_title_and_it_says_what_the_app_is(open_page, majority):
    (title,) = open_page("app.py", run=majority.run_id).title
    assert title.value == "Blindspot :small[What one accuracy number hides]"
