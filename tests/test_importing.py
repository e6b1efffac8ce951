import json

import pytest

from evalcore.commands import comparison_as_text, sweep_as_text
from evalcore.comparison import compare
from evalcore.errors import DataError
from evalcore.importing import import_file
from evalcore.report import as_text, findings_of
from evalcore.scoring import read
from evalcore.sweep import gather


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


def test_another_spelling_of_a_label_is_that_label(tmp_path, store):
    path = tmp_path / "a.csv"
    path.write_text("label,prediction\ntop_up,Top up\ntop_up,top_up\nother,Top-Up\nother,Elsewhere\nother,elsewhere\n")
    run = import_file(path, store).run_id
    lenient = read(store, run)
    assert set(lenient.labels) == {"top_up", "other", "Elsewhere"}
    assert (lenient.scores.correct, lenient.scores.wrong, lenient.scores.unparsed) == (2, 3, 0)
    strict = read(store, run, "strict")
    assert (strict.scores.correct, strict.scores.unparsed) == (1, 3)


@pytest.mark.parametrize(
    "rows",
    ["x,x\n", "x,\n", "x,y\n", "x,x\nx,x\n", "x,\ny,\n"],
    ids=["one right", "one unparsed", "one wrong", "one label", "all unparsed"],
)
def test_undefined_figures_are_said_in_words(tmp_path, store, rows):
    path, other = tmp_path / "a.csv", tmp_path / "b.csv"
    path.write_text(f"label,prediction\n{rows}")
    other.write_text(f"label,completion\n{rows}")
    reading, second = (read(store, import_file(p, store).run_id) for p in (path, other))
    said = [as_text(reading, findings_of(store, reading))]
    if reading.labels == second.labels:
        said.append(comparison_as_text(compare(reading, second)))
        said.append(sweep_as_text(gather([reading, second])))
    for text in said:
        assert "nan" not in text
        assert "undefined are" not in text
        assert "0 answers that are labels" not in text
