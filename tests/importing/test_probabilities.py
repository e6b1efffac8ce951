"""Imports with probabilities: how columns are named, what is checked, and that an export comes back as it was."""

import io
import json
import math

import numpy as np
import pytest

from evalcore.analysis import label_probabilities, score_run, why_no_probabilities, why_not_all_labels
from evalcore.errors import DataError
from evalcore.importing.predictions import import_file
from evalcore.output.export import export_run
from evalcore.store import RunSpec
from evalcore.store import label_scores as label_scores_module
from evalcore.tasks import data_file, numbers
from evalcore.tasks import table as table_module
from tests.tools.command_line import evalcore
from tests.tools.exported import predictions_csv
from tests.tools.runs import import_bytes


def imported(store, text, name="a.csv"):
    content = text if isinstance(text, bytes) else text.encode()
    return score_run(store, import_bytes(name, content, store).run_id)


def shares(scored):
    found = label_probabilities(scored)
    return found.of_rows(np.arange(len(scored.positions)))


def refused(store, text, name="a.csv"):
    with pytest.raises(DataError) as caught:
        imported(store, text, name)
    assert store.runs() == []
    return str(caught.value)


ROWS = [("x", "x", 0.9, 0.1), ("y", "x", 0.75, 0.25), ("y", "y", 0.0, 1.0)]
"""True label, prediction, probabilities of x and y."""


def as_csv(first, second, convert=str, separator=","):
    head = ["label", "prediction", first, second]
    lines = [head, *([true, answer, convert(p), convert(q)] for true, answer, p, q in ROWS)]
    return "\n".join(separator.join(line) for line in lines) + "\n"


def as_json(key, as_list=False):
    def written(p, q):
        return [{"label": "y", "score": q}, {"label": "X", "score": p}] if as_list else {"y": q, "x": p}

    return "\n".join(json.dumps({"label": t, "prediction": a, key: written(p, q)}) for t, a, p, q in ROWS)


def as_parquet(first="probability:x", second="probability:y"):
    import pyarrow
    import pyarrow.parquet

    true, answers, p, q = map(list, zip(*ROWS, strict=True))
    columns = {"label": true, second: pyarrow.array(q, pyarrow.float32()), "prediction": answers, first: p}
    stream = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), stream)
    return stream.getvalue()


WAYS = {
    "probability": ("a.csv", as_csv("probability:x", "probability:y")),
    "other case and space": ("a.csv", as_csv("Probability: X", "PROB:y")),
    "as pandas users name them": ("a.csv", as_csv("prob_x", "proba_y")),
    "p": ("a.tsv", as_csv("p_x", "p_y", separator="\t")),
    "logarithms": ("a.csv", as_csv("logprob:x", "log_prob_y", lambda p: str(math.log(p)) if p else "-inf")),
    "a byte order mark": ("a.csv", "\ufeff" + as_csv("probability:x", "probability:y")),
    "columns of JSON": (
        "a.jsonl",
        "\n".join(json.dumps({"label": t, "prediction": a, "p:x": p, "p:y": q}) for t, a, p, q in ROWS),
    ),
    "an object": ("a.jsonl", as_json("probabilities")),
    "a list as pipelines give it": ("a.jsonl", as_json("probs", as_list=True)),
    "Parquet": ("a.parquet", as_parquet()),
}


@pytest.mark.parametrize("way", WAYS)
def test_probabilities_are_read_however_a_file_names_them(store, way):
    name, content = WAYS[way]
    scored = imported(store, content, name)
    assert scored.labels == ("x", "y")
    np.testing.assert_allclose(shares(scored), [row[2:] for row in ROWS], atol=1e-7)
    assert label_probabilities(scored).complete.all()
    assert [answer.predicted for answer in scored.answers] == [row[1] for row in ROWS]


def test_without_a_prediction_the_most_probable_label_is_it(store):
    scored = imported(store, "label,prob_a,prob_b,prob_c\na,.2,.5,.3\nb,.4,.4,.2\na,,,\nb,,,.1\n")
    assert scored.labels == ("a", "b", "c")  # c is no true label; its column says that it is one
    assert [answer.predicted for answer in scored.answers] == ["b", "a", None, "c"]
    assert "nor one `probability:LABEL`" in refused_of_no_answers(store)


def refused_of_no_answers(store):
    with pytest.raises(DataError) as caught:
        imported(store, "label,p_value\na,.2\n")
    return str(caught.value)


def test_a_probability_that_is_missing_is_not_known_and_one_of_0_is(store):
    scored = imported(store, "label,prediction,p:a,p:b\na,a,.7,.3\na,a,.7,\na,a,,NaN\na,b,0,1\n")
    found = label_probabilities(scored)
    assert found.complete.tolist() == [True, False, False, True]
    np.testing.assert_array_equal(np.isnan(shares(scored)), [[0, 0], [0, 1], [1, 1], [0, 0]])
    np.testing.assert_allclose(found.true_probability, [0.7, 0.7, np.nan, 0], atol=1e-7)
    assert found.log_true_probability[3] == -math.inf
    assert why_not_all_labels(found) == ""
    with_none = imported(store, "label,prediction,p:a,p:b\na,a,,\na,b,,\n", "b.csv")
    assert "held no probabilities" in why_no_probabilities(with_none)


def test_a_confidence_is_the_probability_of_the_predicted_label_alone(store):
    scored = imported(store, "label,completion,confidence\na,A.,0.9\nb,the answer is a,0.5\nb,b,\na,,0.3\n")
    found = label_probabilities(scored)
    np.testing.assert_allclose(found.confidence, [0.9, 0.5, np.nan, np.nan], atol=1e-7)
    np.testing.assert_allclose(shares(scored)[:2], [[0.9, np.nan], [0.5, np.nan]], atol=1e-7)
    assert "“probability:LABEL” for each label" in why_not_all_labels(found)


def test_with_probabilities_of_labels_a_confidence_is_not_needed(store):
    scored = imported(store, "label,prediction,confidence,p:a,p:b\na,a,99,.9,.1\n")
    assert label_probabilities(scored).confidence[0] == pytest.approx(0.9, abs=1e-6)


def test_columns_that_only_look_like_it_do_no_harm(store):
    scored = imported(store, "label,prediction,p_value,prob_comment\na,a,n. s.,yes\nb,b,<1e-4,no\n")
    assert scored.labels == ("a", "b")
    assert label_probabilities(scored) is None


REFUSED = {
    "p:a,p:b\na,a,x,.1": "line 2: column 'p:a' holds 'x', which is no number",
    "p:a,p:b\na,a,.9,.1\na,a,1;5,.1": "line 3: column 'p:a' holds '1;5', which is no number",
    "p:a,p:b\na,a,.9,-0.1": "line 2: column 'p:b' holds -0.1, which is no probability",
    "p:a,p:b\na,a,.9,1.5": "line 2: column 'p:b' holds 1.5, which is no probability",
    "p:a,p:b\na,a,.9,inf": "column 'p:b' holds inf, which is no probability",
    f"p:a,p:b\na,a,.9,1{'0' * 400}": "column 'p:b' holds inf, which is no probability",
    "p:a,p:b\na,a,.1,.2\na,a,.9,.8": "line 3: the probabilities of the row sum to 1.7",
    "p:a,p:b\na,a,0,0": "line 2: all probabilities of the row are 0",
    "logprob:a,logprob:b\na,a,-1,0.5": "line 2: column 'logprob:b' holds 0.5, which is above 0",
    "logprob:a,logprob:b\na,a,-0.01,-0.02": "line 2: the probabilities of the row sum to 1.97",
    "logprob:a,logprob:b\na,a,-inf,-inf": "line 2: all log-probabilities of the row are minus infinity",
    "p:a,logprob:b\na,a,.9,-1": "columns of probabilities and of log-probabilities, such as 'p:a' and 'logprob:b'",
    "p:a,prob:A\na,a,.9,.1": "the columns 'p:a' and 'prob:A' are of the same label",
    "p:a,p:a\na,a,.9,.1": "column 'p:a' stands there twice",
    "p:a,p:...\na,a,.9,.1": "the column 'p:...' names no label",
    "confidence,x\na,a,95,1": "line 2: column 'confidence' holds 95, which is no probability",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_probability_is_refused_with_its_place_and_nothing_is_stored(store, text):
    assert REFUSED[text] in refused(store, f"label,prediction,{text}\n")


def test_a_label_list_has_the_last_word(store, tmp_path):
    (tmp_path / "labels.txt").write_text("b\na\n")
    (tmp_path / "a.csv").write_text("label,p:a,p:c\na,.9,.1\n")
    with pytest.raises(DataError, match="column 'p:c' is of a label that the label list does not have"):
        import_file(tmp_path / "a.csv", store, labels=tmp_path / "labels.txt")
    (tmp_path / "a.csv").write_text("label,p:A\na,.9\n")
    scored = score_run(store, import_file(tmp_path / "a.csv", store, labels=tmp_path / "labels.txt").run_id)
    assert (scored.labels, scored.scores.correct) == (("b", "a"), 1)
    np.testing.assert_allclose(shares(scored), [[np.nan, 0.9]], atol=1e-7)


def test_the_same_probabilities_in_another_file_are_the_same_run_and_others_another(store):
    one = imported(store, "label,prediction,p:a,p:b\na,a,.7,.3\nb,a,.7,.3\n").record
    same = imported(store, '{"label":"a","prediction":"a","p:b":0.3,"p:a":0.7}\n'
                    '{"label":"b","prediction":"a","p:b":0.3,"p:a":0.7}\n', "b.jsonl").record  # fmt: skip
    other = imported(store, "label,prediction,p:a,p:b\na,a,.7,.3\nb,a,.6,.4\n").record
    without = imported(store, "label,prediction\na,a\nb,a\n").record
    assert one.run_id == same.run_id
    assert len({one.run_id, other.run_id, without.run_id}) == 3


def to_parquet(csv_path, path):
    import pyarrow.csv
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.csv.read_csv(csv_path), path)


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_an_export_comes_back_with_the_same_figures(store, tmp_path, monkeypatch, ending):
    """Of the demo's own probabilities of 24 labels, through each format, in several blocks of rows."""
    from evalcore.running.run import execute

    monkeypatch.setattr(numbers, "_NUMBERS_AT_ONCE", 24 * 7)
    before = score_run(store, execute(RunSpec(n=30, decoding="choose"), store).record.run_id)
    export_run(store, before, tmp_path, all_labels=True)
    path = tmp_path / f"predictions.{ending}"
    if ending == "parquet":
        to_parquet(tmp_path / "predictions.csv", path)
    after = score_run(store, import_file(path, store).run_id)
    assert after.labels == tuple(sorted(before.labels))
    theirs, ours = label_probabilities(before), label_probabilities(after)
    for name in ("confidence", "margin", "entropy", "true_rank", "squared_error", "complete"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=2e-6, atol=1e-7)
    np.testing.assert_allclose(ours.log_true_probability, theirs.log_true_probability, rtol=1e-6, atol=1e-7)
    assert after.names(ours.runner_up) == before.names(theirs.runner_up)
    assert [a.predicted for a in after.answers] == [a.predicted for a in before.answers]


def test_the_figures_of_each_answer_are_columns_of_an_export(store, tmp_path):
    scored = imported(store, "label,prediction,p:a,p:b\na,a,.75,.25\nb,,.5,.5\nb,a,.75,\n")
    lines = predictions_csv(scored, label_probabilities(scored), all_labels=True).decode().splitlines()
    assert lines[0].endswith('"confidence","runner_up","margin","entropy","true_rank","probability:a","probability:b"')
    assert [line.split('"given",')[1] for line in lines[1:]] == [
        '"0","0","0.75","b","0.5","0.8112781","1","0.75","0.25"',
        '"0","0","","","","1","2","0.5","0.5"',
        '"0","0","0.75","","","","","0.75",""',
    ]
    written = evalcore(
        "export", scored.record.run_id, "--out", tmp_path, "--probabilities", "--json", cache=store.folder
    )
    assert len(json.loads(written.stdout)) == 4
    rows = [json.loads(line) for line in (tmp_path / "predictions.jsonl").read_text().splitlines()]
    assert [row["probabilities"] for row in rows] == [{"a": 0.75, "b": 0.25}, {"a": 0.5, "b": 0.5}, {"a": 0.75}]
    assert [(row["confidence"], row["runner_up"], row["true_rank"]) for row in rows] == [
        (0.75, "b", 1), (None, None, 2), (0.75, None, None),
    ]  # fmt: skip
    assert (tmp_path / "predictions.csv").read_text().splitlines() == lines


def test_probabilities_that_a_run_does_not_have_cannot_be_exported(store, tmp_path):
    scored = imported(store, "label,prediction\na,a\n")
    with pytest.raises(DataError, match="held no probabilities"):
        export_run(store, scored, tmp_path / "out", all_labels=True)
    assert not (tmp_path / "out").exists()
    export_run(store, scored, tmp_path / "out")
    assert "confidence" not in (tmp_path / "out" / "predictions.csv").read_text()


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_a_file_that_is_too_large_for_memory_is_read_in_pieces(store, tmp_path, monkeypatch, ending):
    import pyarrow
    import pyarrow.parquet

    path = tmp_path / f"a.{ending}"
    rows = [{"text": f"text {i}", "label": "ab"[i % 2], "p:a": 0.75, "p:b": 0.25} for i in range(2000)]
    if ending == "csv":
        lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
    else:
        lines = [json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    if ending == "parquet":
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        pyarrow.parquet.write_table(pyarrow.table(columns), path, compression="none", use_dictionary=False)
    small = import_file(path, store)
    monkeypatch.setattr(table_module, "MAX_BYTES", path.stat().st_size - 1)
    monkeypatch.setattr(label_scores_module, "IN_MEMORY_BYTES", 0)
    monkeypatch.setattr(data_file, "_PAUSE_INSIDE_A_ROW_S", 0.01)
    monkeypatch.setattr(type(path), "read_bytes", None)
    large = import_file(path, store)
    assert large.run_id == small.run_id
    assert set(store.folder.iterdir()) == {store.path}
    monkeypatch.setattr(data_file, "MAX_BYTES_IN_PIECES", path.stat().st_size - 1)
    with pytest.raises(DataError, match="holds more than"):
        import_file(path, store)
    monkeypatch.setattr(data_file, "MAX_BYTES_IN_PIECES", 2**30)
    monkeypatch.setattr(table_module, "MAX_BYTES", 9000)  # of the texts, which stay in memory
    with pytest.raises(DataError, match="holds more than"):
        import_file(path, store)


def test_more_numbers_than_there_is_room_for_are_refused(store, monkeypatch):
    monkeypatch.setattr(numbers, "MAX_NUMBERS", 5)
    for name, content in (WAYS["probability"], WAYS["an object"], WAYS["Parquet"]):
        assert "holds more than 5 " in refused(store, content, name)


def test_a_column_of_texts_in_parquet_is_no_number(store):
    import pyarrow
    import pyarrow.parquet

    stream = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"label": ["a"], "prediction": ["a"], "p:a": ["0.5"]}), stream)
    assert "column 'p:a' is of type string, which is no number" in refused(store, stream.getvalue(), "a.parquet")
