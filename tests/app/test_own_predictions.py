"""The tab for finished predictions: what is pasted is read, looked over and scored."""

import pytest

from tests.tools.browser import PAYLOADS

GOOD = "text,label,prediction\nhi,a,a\nho,b,a\n"


@pytest.fixture
def tab(open_page):
    def drawn(text=""):
        app = open_page("pages/data.py", tab="finished-predictions")
        if text:
            app.text_area(key="predictions_pasted").set_value(text).run()
            assert not app.exception, app.exception
        return app

    return drawn


def box(app, end):
    """The selectbox whose key ends so."""
    return next(one for one in app.selectbox if (one.key or "").endswith(end))


def button(app, label):
    return next(one for one in app.button if one.label == label)


def said(app):
    return " ".join(
        one.value.replace("\\", "") for kind in ("markdown", "error", "warning", "caption") for one in app.get(kind)
    )


def test_before_anything_is_brought_the_tab_says_what_can_be(tab):
    app = tab()
    assert "lm-evaluation-harness samples (.jsonl)" in said(app)
    assert [one.label for one in app.button if one.label == "Score"] == []


def test_pasted_rows_are_read_and_stored_only_when_score_is_pressed(tab, page_store):
    app = tab(GOOD)
    assert "2 predictions, read as a table of predictions: text = text, true label = label" in said(app)
    rows, labels = (frame.value for frame in app.dataframe[-2:])
    assert rows.to_dict("list") == {"True label": ["a", "b"], "Answer": ["a", "a"], "Text": ["hi", "ho"]}
    assert labels.to_dict("list") == {"Label": ["a", "b"], "True": [1, 1], "Answered": [2, 0]}
    assert page_store.runs() == []
    button(app, "Score").click().run()
    (run,) = page_store.runs()
    assert (run.n, run.origin) == (2, "pasted.csv")
    assert app.session_state["view"].run_id == run.run_id


def test_a_column_that_is_not_found_is_chosen_below_the_sentence(tab, page_store):
    app = tab("q,truth,guess\nhi,a,b\nho,b,b\n")
    assert "Choose it below" in said(app)
    assert "--label-column" not in said(app)
    assert button(app, "Score").disabled
    box(app, "_label").select("truth").run()
    assert button(app, "Score").disabled
    box(app, "_answer").select("guess").run()
    assert not button(app, "Score").disabled
    button(app, "Score").click().run()
    assert page_store.runs()[0].labels == ("a", "b")


def test_all_problems_are_in_sight_and_one_that_blocks_disables_the_button(tab):
    app = tab("text,label,prediction\nhi,,a\nho,b,\n")
    assert "1 row has no true label (line 2)" in said(app)
    assert "1 answer is empty (line 3)" in said(app)
    assert button(app, "Score").disabled


def test_the_model_is_named_as_a_person_names_it_and_labels_are_those_of_the_list(tab, page_store):
    app = tab(GOOD)
    next(one for one in app.text_input if one.key.endswith("_model")).set_value("our classifier").run()
    next(one for one in app.text_area if one.key.endswith("_labels")).set_value("b\na\nc\n").run()
    button(app, "Score").click().run()
    (run,) = page_store.runs()
    assert (run.spec.model, run.labels) == ("imported:our classifier", ("b", "a", "c"))


def test_another_part_of_a_file_is_another_reading(tab):
    from tests.importing.test_formats import PROMPTFOO

    app = tab((PROMPTFOO / "out.jsonl").read_text())
    assert "rules, prompt 1 (1 of 2)" in said(app)
    box(app, "_part").select("rules, prompt 2").run()
    assert "rules, prompt 2 (2 of 2)" in said(app)
    assert "1 result ended with an error and no output: it is left out" in said(app)


def test_hostile_values_are_shown_as_they_are(tab):
    rows = "".join(f'"{one}","{one}","{one}"\n' for one in PAYLOADS)
    app = tab(f"text,label,prediction\n{rows}")
    assert list(app.dataframe[-2].value["Text"]) == list(PAYLOADS)
    for name in PAYLOADS:
        app = tab(f'"{name}",q\nhi,a\n')
        for error in app.error:
            assert name not in error.value  # every mark of it is escaped


def test_in_a_folder_that_cannot_be_written_the_tab_says_so(tab, page_store, monkeypatch):
    monkeypatch.setattr(page_store, "read_only", True)
    assert "cannot be written" in " ".join(one.value for one in tab().info)
