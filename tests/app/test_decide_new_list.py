"""The run with a new label list, offered in the tab Label list: what it asks for, why it cannot be, and its verdict."""

import re

import pytest
from scipy.stats import binomtest

from evalcore.analysis import score_run
from evalcore.deciding import spec_with_new_list, verdict
from evalcore.running import execute
from evalcore.running.own_data import is_of_the_demo
from evalcore.store import Jobs, RunSpec
from evalcore.tasks import LabelMerge, TaskSource
from pages.parts.decide import new_list
from tests.app.clicking import click_row, opened
from tests.tools.generated import imported, labels_of

DECIDE = "pages/decide.py"
WARM = LabelMerge.of({"red": ["red", "green"]})


@pytest.fixture
def old(page_store, colours):
    return score_run(page_store, execute(RunSpec(TaskSource(str(colours)), "majority", n=30), page_store).record.run_id)


def tab(scored, merge=WARM, **query):
    text = merge if isinstance(merge, str) else merge.to_text()
    return opened(DECIDE, run=scored.record.run_id, tab="label-list", merge=text, **query)


def said(app):
    words = [element.value for kind in ("markdown", "caption", "warning", "error", "info") for element in app.get(kind)]
    return re.sub(r"\\(.)", r"\1", "\n".join(words))


def has_button(app):
    return [button for button in app.button if button.key == "run_new_list"]


def test_without_a_change_nothing_is_offered(old):
    app = tab(old, "")
    assert not has_button(app)
    assert "Asked with the new list" not in [element.value for element in app.subheader]


def test_one_click_asks_for_just_that_run_and_its_verdict_is_shown(page_store, old):
    app = tab(old)
    assert "up to 30 new predictions" in said(app)
    app.button(key="run_new_list").click().run()
    assert not app.exception
    (job,) = Jobs(page_store).active(("run",))
    assert job.spec == spec_with_new_list(old, WARM)
    assert not has_button(app)  # its progress is in the button's place
    assert any(button.key == f"stop_job_{job.job_id}" for button in app.button)

    Jobs(page_store).claim(1)
    new = score_run(page_store, execute(job.spec, page_store).record.run_id)
    Jobs(page_store).finish(job.job_id, "done", "")
    app.run()
    found = verdict(old, new, WARM)
    answers = [
        (WARM.new_of_old.get(a.predicted, a.predicted), b.predicted, b.example.label)
        for a, b in zip(old.answers, new.answers, strict=True)
    ]
    fixed = sum(before != true == now for before, now, true in answers)
    broken = sum(before == true != now for before, now, true in answers)
    assert fixed > broken > 0
    assert (found.counts.fixed, found.counts.broken) == (fixed, broken)
    assert found.p == pytest.approx(binomtest(fixed, fixed + broken).pvalue)
    assert found.sentences[0] in said(app).replace("*", "")
    for sentence in found.sentences:
        assert sentence.partition(": ")[2] in said(app)


@pytest.fixture
def both(page_store, old):
    new = score_run(page_store, execute(spec_with_new_list(old, WARM), page_store).record.run_id)
    return verdict(old, new, WARM)


def test_the_examples_of_each_group_are_opened_and_stand_in_the_url(old, both):
    app = tab(old)
    for door in ("both_wrong", "broken", "fixed"):
        app.segmented_control(key="new_list_door").set_value(door).run()
        assert not app.exception
        rows = both.rows_of(door)
        assert len(rows)
        expected = both.examples(rows)
        table = next(frame.value for frame in app.dataframe if "new_list_" in frame.proto.id)
        assert table["text"].tolist() == [row["text"] for row in expected]
        assert ("old list, merged" in table, "new list" in table) == (door != "broken", door != "fixed")
        click_row(app, "new_list_", len(rows) - 1)
        number = expected[-1]["position"] + 1
        assert app.query_params["anew"] == f"{door}-{number}"
        assert expected[-1]["text"] in [code.value for code in app.code]
        again = tab(old, anew=f"{door}-{number}")
        assert expected[-1]["text"] in [code.value for code in again.code]
        assert again.segmented_control(key="new_list_door").value == door


@pytest.mark.parametrize("anew", ["fixed-999999999", "both_wrong-0", "nonsense-1", "fixed", "fixed--1", "x" * 5000])
def test_whatever_a_url_names_is_no_error(old, both, anew):
    assert both.sentences[0] in said(tab(old, anew=anew)).replace("*", "")


def test_why_it_cannot_be_asked(page_store, old, colours):
    import_ = score_run(page_store, imported(page_store, 4, 30).run_id)
    app = tab(import_, LabelMerge.of({"x": labels_of(4)[:2]}))
    assert "It cannot be asked: these predictions were imported" in said(app)
    assert not has_button(app)
    colours.joinpath("test.csv").write_text("text,label\nred thing 0,red\ngreen thing 1,green\n")
    app = tab(old)
    assert "Since this run was made, something is not as it was: the data." in said(app)
    assert app.button(key="run_new_list").disabled


def test_a_demo_model_says_that_it_knows_its_own_labels(old, monkeypatch):
    assert [is_of_the_demo(RunSpec(model=model)) for model in ("demo", "demo-early", "tfidf", "some/model")] == [
        True, True, False, False,
    ]  # fmt: skip
    assert "by heart" not in said(tab(old))
    monkeypatch.setattr(new_list, "is_of_the_demo", lambda spec: True)
    assert "by heart" in said(tab(old))


def test_a_run_that_was_stopped_goes_on(page_store, old):
    spec = spec_with_new_list(old, WARM)
    jobs = Jobs(page_store)
    job = jobs.enqueue("run", spec.to_json())
    jobs.claim(1)
    jobs.finish(job, "failed", "it broke.")
    app = tab(old)
    assert "it broke." in said(app)
    assert not has_button(app)
    assert "Retry" in [button.label for button in app.button]


def test_a_long_list_is_turned_page_by_page(old, both, monkeypatch):
    monkeypatch.setattr(new_list, "ROWS_A_PAGE", 2)
    door = max(("fixed", "broken", "both_wrong"), key=lambda one: len(both.rows_of(one)))
    rows = both.examples(both.rows_of(door))
    assert len(rows) > 2
    app = tab(old, anew=f"{door}-{rows[2]['position'] + 1}")
    table = next(frame.value for frame in app.dataframe if "new_list_" in frame.proto.id)
    assert table["text"].tolist() == [row["text"] for row in rows[2:4]]
    assert rows[2]["text"] in [code.value for code in app.code]


@pytest.mark.parametrize("label", ["![](http://127.0.0.1:9/p.png)", "<script>alert(1)</script>", "$a$ **b** :red[x]"])
def test_an_odd_label_is_drawn_as_it_is(page_store, old, label):
    merge = LabelMerge.of({label: ["red", "green"]})
    new = execute(spec_with_new_list(old, merge), page_store).record
    form = opened("app.py", run=new.run_id)
    form.button(key="change").click().run()
    for page in (tab(old, merge), form):
        assert not page.exception
        drawn = [element.value for kind in ("markdown", "caption", "subheader") for element in page.get(kind)]
        assert label in said(page)
        assert not any(label in text for text in drawn)


def test_the_form_says_that_the_list_is_changed_and_takes_it_back(page_store, old):
    new = execute(spec_with_new_list(old, WARM), page_store).record
    app = opened("app.py", run=new.run_id)
    assert "label list changed" in said(app)
    app.button(key="change").click().run()
    assert "Label list changed: green, red become red" in said(app)
    assert "3 of 4 labels" in said(app)
    app.button(key="bar_own_list").click().run()
    assert not app.exception
    assert app.session_state["view"].spec.task == old.record.spec.task
    assert "label list changed" not in said(app).lower()
    assert "4 labels" in said(app)


def test_another_task_in_the_form_has_its_own_list(page_store, old, tmp_path):
    new = execute(spec_with_new_list(old, WARM), page_store).record
    app = opened("app.py", run=new.run_id)
    app.button(key="change").click().run()
    app.selectbox(key="bar_task_name").set_value("demo").run()
    assert app.session_state["view"].spec.task == TaskSource("demo")
    app.selectbox(key="bar_task_name").set_value(new.spec.task.name).run()
    assert app.session_state["view"].spec.task.merge == ""
