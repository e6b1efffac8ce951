"""Our own columns under other names, chosen or guessed, pasted, and looked over before they are scored."""

import pytest

from evalcore.analysis import score_run
from evalcore.errors import DataError
from evalcore.importing import Asked, NoField, import_file, label_counts, pasted, problems_of, read_predictions
from evalcore.tasks.data_file import data_in_memory
from tests.tools.runs import import_bytes


def reading(text, name="a.csv", **asked):
    return read_predictions(data_in_memory(name, text.encode()), Asked(**asked))


def test_ids_of_runs_imported_before_other_formats_were_read_are_what_they_were(store):
    """Recorded with the version before: a file without texts, one with probabilities, one of completions."""
    assert import_bytes("a.csv", b"label,prediction\nx,x\nx,z\ny,\n", store).run_id == "c92157d2103c"
    assert (
        import_bytes("a.csv", b"text,label,prediction,p:a,p:b\nq,a,a,.7,.3\nr,b,a,.7,.3\n", store).run_id
        == "8b702203d174"
    )
    assert import_bytes("a.csv", b"text,label,completion\nq,a,Label: a\nr,b,\n", store).run_id == "b673023a445b"


def test_other_names_of_answers_are_taken_where_there_is_none_of_ours(store):
    assert reading("text,label,y_pred\nhi,a,b\n").columns["answer"] == "y_pred"
    assert reading("text,label,response\nhi,a,b\n").answers_are == "completion"
    assert reading("text,label,output,prediction\nhi,a,x,b\n").columns["answer"] == "prediction"
    assert "answer" not in reading("text,label,output,p:a\nhi,a,x,0.5\n").columns  # as before: the most probable label


def test_other_names_of_true_labels_are_taken_where_there_is_none_of_ours():
    assert reading("text,y_true,y_pred\nhi,a,b\n").columns["label"] == "y_true"
    assert reading("text,actual,label,prediction\nhi,z,a,b\n").columns["label"] == "label"


def test_columns_can_be_chosen(tmp_path, store):
    (tmp_path / "a.csv").write_text("q,truth,guess\nhi,a,b\nho,b,b\n")
    with pytest.raises(NoField):
        import_file(tmp_path / "a.csv", store)
    fields = {"text": "q", "label": "truth", "answer": "guess"}
    scored = score_run(store, import_file(tmp_path / "a.csv", store, asked=Asked(fields=fields)).run_id)
    assert [(a.example.text, a.example.label, a.predicted) for a in scored.answers] == [
        ("hi", "a", "b"),
        ("ho", "b", "b"),
    ]
    with pytest.raises(DataError, match="there is no column 'nope'"):
        import_file(tmp_path / "a.csv", store, asked=Asked(fields={"label": "nope"}))


def test_both_kinds_of_answers_are_a_choice():
    text = "label,prediction,completion\na,a,b\n"
    with pytest.raises(DataError, match="more than one column holds answers"):
        reading(text)
    assert reading(text, fields={"answer": "completion"}).columns["answer"] == "completion"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("text\tlabel\tprediction\nhi\ta\tb\n", "pasted.tsv"),
        ("text,label,prediction\r\nhi,a,b\r\n", "pasted.csv"),
        ('{"text": "hi", "label": "a", "prediction": "b"}\n', "pasted.jsonl"),
        ('\n[{"text": "hi", "label": "a",\n "prediction": "b"}]', "pasted.json"),
        ('{"text": ["hi"], "label": ["a"],\n"output": [{"label": "b", "score": 1}]}', "pasted.json"),
    ],
)
def test_what_is_pasted_is_read_as_the_file_that_it_would_be(text, name):
    file = pasted(text)
    assert file.name == name
    assert read_predictions(file).table.rows == [["hi", "a", "b"]]


def test_nothing_that_is_pasted_is_no_file():
    with pytest.raises(DataError, match="nothing was pasted"):
        pasted(" \n ")


def test_all_problems_are_said_at_once_with_their_rows():
    read = reading("text,label,prediction\nhi,a,\nhi,b,x\nho,,x\nhu,...,\n")
    assert [(problem.sentence, problem.blocks) for problem in problems_of(read)] == [
        ("2 rows have no true label (line 4, line 5).", True),
        ("2 answers are empty (line 2, line 5).", False),
        ("No answer is one of the true labels.", False),
        ("1 text stands there with different true labels (line 2).", False),
    ]
    assert problems_of(reading("text,label,prediction\nhi,a,A\n")) == []
    assert "no texts" in problems_of(reading("label,prediction\na,a\n"))[0].sentence
    (only,) = problems_of(reading("text,label,prediction\n,a,a\n,b,b\n"))
    assert "no texts" in only.sentence


def test_labels_are_counted_in_whichever_way_they_are_spelled():
    read = reading("label,prediction\ntop_up,Top up\ntop_up,card\nTop-Up,gone\n")
    assert [(one.label, one.true, one.answered) for one in label_counts(read)] == [
        ("top_up", 3, 1), ("card", 0, 1), ("gone", 0, 1),
    ]  # fmt: skip
    written = reading("label,completion\ntop_up,Top up\ntop_up,it is a card\n")
    assert [(one.label, one.true, one.answered) for one in label_counts(written)] == [("top_up", 2, 1)]


def test_the_sentence_says_what_was_read_from_where():
    assert reading("text,label,prediction\nhi,a,a\n").sentence == (
        "1 prediction, read as a table of predictions: text = text, true label = label, answer = prediction."
    )
