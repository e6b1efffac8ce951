import json

import pytest

from evalcore.errors import DataError
from evalcore.importing import import_file
from evalcore.scoring import read


def test_completions_are_parsed_like_a_models(tmp_path, store):
    path = tmp_path / "a.jsonl"
    rows = [("hi", "a", "a"), ("ho", "a", "Label: b"), ("hu", "b", "a or b"), ("he", "b", "")]
    path.write_text("\n".join(json.dumps({"text": t, "label": g, "completion": c}) for t, g, c in rows))
    reading = read(store, import_file(path, store).run_id)
    assert [a.parsed.match for a in reading.answers] == ["exact", "extracted", "ambiguous", "none"]
    assert (reading.scores.correct, reading.scores.wrong, reading.scores.unparsed) == (1, 1, 2)
    assert [a.example.text for a in reading.answers] == ["hi", "ho", "hu", "he"]


def test_a_predicted_label_that_never_occurs_is_absent_from_the_sample(tmp_path, store):
    path = tmp_path / "a.csv"
    path.write_text("label,prediction\nx,x\nx,z\ny,\n")
    reading = read(store, import_file(path, store).run_id)
    assert reading.labels == ("x", "y", "z")
    assert (reading.scores.labels_present, reading.scores.unparsed) == (2, 1)


def test_a_label_list_decides_what_counts_as_a_label(tmp_path, store):
    (tmp_path / "labels.txt").write_text("x\ny\nw\n")
    path = tmp_path / "a.csv"
    path.write_text("label,prediction\nx,x\nx,z\n")
    reading = read(store, import_file(path, store, labels=tmp_path / "labels.txt").run_id)
    assert reading.labels == ("x", "y", "w")
    assert reading.scores.unparsed == 1


def test_the_same_file_is_the_same_run_and_another_content_another(tmp_path, store):
    path = tmp_path / "a.csv"
    path.write_text("label,prediction\nx,x\ny,x\n")
    first = import_file(path, store)
    assert import_file(path, store).run_id == first.run_id
    path.write_text("label,prediction\nx,x\ny,y\n")
    assert import_file(path, store).run_id != first.run_id
    assert len(store.runs()) == 2


@pytest.mark.parametrize("header", ["label,answer", "text,prediction"])
def test_a_file_without_its_columns_is_refused(tmp_path, store, header):
    path = tmp_path / "a.csv"
    path.write_text(f"{header}\nx,y\n")
    with pytest.raises(DataError, match="column"):
        import_file(path, store)
    assert store.runs() == []


@pytest.mark.parametrize(
    "header", ["label,completion,prediction", "prediction,label,Completion", "label,prediction,Prediction "]
)
def test_two_columns_of_answers_are_refused_with_both_names(tmp_path, store, header):
    path = tmp_path / "a.csv"
    path.write_text(f"{header}\nx,y,z\n")
    with pytest.raises(DataError, match="more than one column holds answers") as caught:
        import_file(path, store)
    named = [column for column in header.split(",") if column != "label"]
    assert all(repr(column) in str(caught.value) for column in named)
    assert store.runs() == []


def test_only_the_columns_of_an_import_are_read(tmp_path, store):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "hi", "label": "a", "completion": "a", "odd": "\\ud800", "content": "\\u0000"}\n')
    reading = read(store, import_file(path, store).run_id)
    assert [answer.example.text for answer in reading.answers] == ["hi"]
