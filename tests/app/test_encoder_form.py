"""Classifiers in the form and on Try it: labels to confirm, a typed folder, what is greyed, what is asked."""

from dataclasses import replace

import pytest

from evalcore.analysis import changes
from evalcore.predictors.files import architecture
from evalcore.running import answering, understand
from evalcore.running.live_answer import LiveRequest
from evalcore.running.run import execute
from evalcore.store.database import Store
from evalcore.store.jobs import Jobs
from evalcore.store.spec import RunSpec, checked
from evalcore.tasks.task import TaskSource
from pages.parts.run.options import model_words, run_words
from pages.parts.try_it import question
from tests.conftest import COLOURS
from tests.tools.encoders import random_encoder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A classifier of four labels without names."""
    return random_encoder(tmp_path_factory.mktemp("encoder") / "four", "bert")


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    return random_encoder(tmp_path_factory.mktemp("named") / "four", "bert", id2label=dict(enumerate(COLOURS)))


def box(app):
    return next((one for one in app.checkbox if one.key == "bar_same_labels"), None)


def tables(app):
    return [list(table.value["task"]) for table in app.dataframe if "own" in table.value]


def test_labels_without_names_are_run_only_when_a_person_confirms_them_in_a_table(
    open_page, page_store, colours, folder
):
    app = open_page("app.py", task=str(colours), model=f"encoder:{folder}", n="8")
    labels = understand(RunSpec(TaskSource(str(colours)), f"encoder:{folder}"), page_store).labels_by_place
    assert tables(app) == [[label for _, label in labels]]
    assert not box(app).value
    assert app.button(key="run").disabled
    assert not app.warning  # the table says it
    box(app).check().run()
    assert not app.button(key="run").disabled
    assert app.session_state["view"].spec.labels_by == "id"
    app.button(key="run").click().run()
    assert Jobs(page_store).active(("run",))[0].spec.labels_by == "id"


def test_a_tick_that_is_taken_back_confirms_nothing(open_page, colours, folder):
    app = open_page("app.py", task=str(colours), model=f"encoder:{folder}", n="8", labels_by="id")
    assert box(app).value
    assert not app.button(key="run").disabled
    box(app).uncheck().run()
    assert app.button(key="run").disabled


def test_what_was_confirmed_is_of_one_model_and_one_task(open_page, colours, folder, named):
    """Red if a tick outlives the model that it was set for."""
    app = open_page("app.py", task=str(colours), model=f"encoder:{folder}", n="8")
    box(app).check().run()
    app.number_input(key="bar_n").set_value(9).run()
    assert app.session_state["view"].spec.labels_by == "id"
    app.selectbox(key="bar_model").set_value("majority").run()
    assert app.session_state["view"].spec.labels_by == "name"


def test_labels_with_names_need_no_table(open_page, colours, named):
    app = open_page("app.py", task=str(colours), model=f"encoder:{named}", n="8")
    assert (box(app), tables(app)) == (None, [])
    assert not app.button(key="run").disabled


def test_labels_that_cannot_be_the_same_have_no_table_but_a_reason(open_page, tmp_path, folder):
    path = tmp_path / "two.csv"
    path.write_text("text,label\na,x\nb,y\n", encoding="utf-8")
    app = open_page("app.py", task=str(path), model=f"encoder:{folder}", n="2")
    assert (box(app), tables(app)) == (None, [])
    assert "its 4 labels are not the task's 2" in app.warning[0].value.replace("\\", "")
    assert app.button(key="run").disabled


def test_a_typed_folder_of_a_classifier_gets_its_kind_before_it(open_page, colours, named, monkeypatch):
    """Red if the folder is taken for a model that writes."""
    app = open_page("app.py", task=str(colours), model="majority", n="8")
    monkeypatch.chdir(named.parent.parent)
    typed = f"{named.parent.name}/{named.name}"
    model = app.selectbox(key="bar_model")
    model.options.append(typed)  # the test runner has no other way to type
    model.set_value(typed).run()
    assert app.session_state["view"].spec.model == f"encoder:{typed}"
    assert app.selectbox(key="bar_prompt").disabled
    assert not app.button(key="run").disabled


def test_only_a_folder_of_a_classifier_gets_another_name(named, tmp_path):
    assert architecture.named_for_its_kind(str(named)) == f"encoder:{named}"
    for name in ("demo", "tfidf", f"encoder:{named}", "owner/name", "http://h:1/v1#m", str(tmp_path), "a\0b", ""):
        assert architecture.named_for_its_kind(name) == name


def test_the_picker_says_what_it_is(named, tmp_path):
    assert model_words(f"encoder:{named}").endswith("/four: encoder classifier")
    spec = checked(RunSpec(model=f"encoder:{named}", labels_by="id", dtype="bfloat16"))
    model, rest = run_words(spec, Store(tmp_path / "cache"))
    assert model.endswith("/four")
    assert "bfloat16" in rest
    assert "matched by their places" in rest
    assert "article" not in rest  # it reads no prompt


def test_its_run_has_probabilities_label_sets_and_no_ladder(open_page, page_store, colours, named):
    record = execute(RunSpec(TaskSource(str(colours)), f"encoder:{named}", n=40), page_store).record
    app = open_page("pages/confidence.py", run=record.run_id)
    assert not app.exception
    assert [tab.label for tab in app.tabs] == ["Calibration", "Labels", "Mistakes", "Label sets", "Ladder"]
    for tab in ("Label sets", "Ladder"):
        assert not open_page("pages/confidence.py", run=record.run_id, tab=tab).exception
    assert not open_page("app.py", run=record.run_id).exception


def test_it_can_be_tried(page_store, colours, named):
    """The label, every probability, the words and the neighbours; of a label list it has none."""
    spec = checked(RunSpec(TaskSource(str(colours)), f"encoder:{named}"))
    parts = ("answer", "words", "orders", "nearest")
    found = answering.answer(LiveRequest(spec, "a red thing to try", parts), page_store)
    assert found.label == max(found.probabilities, key=found.probabilities.get)
    assert set(found.probabilities) == set(COLOURS)
    assert abs(sum(found.probabilities.values()) - 1) < 1e-5
    assert len(found.words) == 5
    assert found.neighbours
    assert "This reads no label list: their order cannot matter." in found.notes
    long = answering.answer(LiveRequest(spec, "thing " * 600, ("answer",)), page_store)
    assert long.label is None
    assert any(note.startswith("The text has 602 tokens: that is more than the model can read") for note in long.notes)
    assert long.why_no_probabilities == "The text is too long for the model."


def test_what_was_confirmed_for_a_run_is_confirmed_where_it_is_tried(open_page, page_store, colours, folder):
    """Red if only the run's own page knows it: beside another model it would be refused."""
    task = TaskSource(str(colours))
    execute(RunSpec(task, f"encoder:{folder}", n=8, labels_by="id"), page_store)
    other = execute(RunSpec(task, "majority", n=8), page_store).record

    class Page:
        listing = type("Listing", (), {"records": page_store.runs()})

    asked = question._asking(Page, other.spec, f"encoder:{folder}", "")
    assert asked == checked(replace(RunSpec(task, f"encoder:{folder}", labels_by="id"), n=8))
    assert question._asking(Page, other.spec, f"encoder:{folder}x", "").labels_by == "name"


def test_two_classifiers_are_compared_rather_than_one_with_a_baseline_and_their_settings_are_told_apart(
    open_page, page_store, colours, named
):
    """Red if every model that reads no prompt is taken for a baseline."""
    task = TaskSource(str(colours))
    small, usual, _ = (
        execute(spec, page_store).record
        for spec in (
            RunSpec(task, f"encoder:{named}", n=8, batch_size=4),
            RunSpec(task, f"encoder:{named}", n=8),
            RunSpec(task, "majority", n=8),
        )
    )
    app = open_page("pages/compare.py", run=usual.run_id)
    assert not app.exception
    assert set(app.session_state["view"].compared.runs) == {small.run_id, usual.run_id}
    assert {change.what for change in changes(small, usual)} == {"batch size"}
