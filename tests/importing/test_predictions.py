import json

import pytest

from evalcore.analysis.findings import find
from evalcore.analysis.scored_run import score_run
from evalcore.errors import DataError
from evalcore.importing.predictions import import_file


def test_completions_are_parsed_like_a_models(tmp_path, store):
    path = tmp_path / "a.jsonl"
    rows = [("hi", "a", "a"), ("ho", "a", "Label: b"), ("hu", "b", "a or b"), ("he", "b", "")]
    path.write_text("\n".join(json.dumps({"text": t, "label": g, "completion": c}) for t, g, c in rows))
    scored = score_run(store, import_file(path, store).run_id)
    assert [a.parsed.match for a in scored.answers] == ["exact", "extracted", "ambiguous", "none"]
    assert (scored.scores.correct, scored.scores.wrong, scored.scores.unparsed) == (1, 1, 2)
    assert [a.example.text for a in scored.answers] == ["hi", "ho", "hu", "he"]


def test_a_predicted_label_that_never_occurs_is_absent_from_the_sample(tmp_path, store):
    path = tmp_path / "a.csv"
    path.write_text("label,prediction\nx,x\nx,z\ny,\n")
    scored = score_run(store, import_file(path, store).run_id)
    assert scored.labels == ("x", "y", "z")
    assert (scored.scores.labels_present, scored.scores.unparsed) == (2, 1)


def test_a_label_list_decides_what_counts_as_a_label(tmp_path, store):
    (tmp_path / "labels.txt").write_text("x\ny\nw\n")
    path = tmp_path / "a.csv"
    path.write_text("label,prediction\nx,x\nx,z\n")
    scored = score_run(store, import_file(path, store, labels=tmp_path / "labels.txt").run_id)
    assert scored.labels == ("x", "y", "w")
    assert scored.scores.unparsed == 1


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


def imported(tmp_path, store, text, labels=None):
    (tmp_path / "a.csv").write_text(text)
    if labels:
        (tmp_path / "labels.txt").write_text(labels)
    return score_run(
        store, import_file(tmp_path / "a.csv", store, labels=tmp_path / "labels.txt" if labels else None).run_id
    )


def test_a_prediction_spelt_in_another_way_counts_as_its_label(tmp_path, store):
    scored = imported(tmp_path, store, "label,prediction\ntop_up,Top up\ntop_up,TOP-UP.\ncard,top up\ncard,card\n")
    assert scored.labels == ("card", "top_up")
    assert [(a.predicted, a.parsed.match) for a in scored.answers] == [
        ("top_up", "normalized"), ("top_up", "normalized"), ("top_up", "normalized"), ("card", "exact"),
    ]  # fmt: skip
    assert [a.completion.text for a in scored.answers][:2] == ["Top up", "TOP-UP."]
    assert scored.scores.correct == 3
    assert not [finding for finding in find(scored) if finding.kind == "true_labels_respelt"]


def test_predictions_that_no_true_label_knows_are_one_label_as_most_of_them_spell_it(tmp_path, store):
    scored = imported(tmp_path, store, "label,prediction\na,Lost card\na,lost_card\na,lost_card\na,a\n")
    assert scored.labels == ("a", "lost_card")
    assert [a.predicted for a in scored.answers] == ["lost_card", "lost_card", "lost_card", "a"]


def test_a_true_label_spelt_in_another_way_is_the_label_and_that_is_said(tmp_path, store):
    scored = imported(tmp_path, store, "label,prediction\ntop_up,top_up\nTop up,top_up\ntop_up,card\ncard,card\n")
    assert scored.labels == ("card", "top_up")
    assert [a.example.label for a in scored.answers] == ["top_up", "top_up", "top_up", "card"]
    assert scored.scores.correct == 3
    (said,) = (finding for finding in find(scored) if finding.kind == "true_labels_respelt")
    assert said.sentence == (
        "1 true label of the file is spelt in another way than the label that it counts as: “Top up” as “top_up”."
    )


def test_a_label_list_decides_how_a_label_is_spelt(tmp_path, store):
    scored = imported(tmp_path, store, "label,prediction\nTop up,Top up\nCARD,card\n", "top_up\ncard\n")
    assert scored.labels == ("top_up", "card")
    assert [(a.example.label, a.predicted) for a in scored.answers] == [("top_up", "top_up"), ("card", "card")]
    assert "2 true labels of the file are spelt" in " ".join(finding.sentence for finding in find(scored))


def test_what_makes_labels_different_still_does(tmp_path, store):
    scored = imported(tmp_path, store, "label,prediction\n1,-1\n-1,1\nA,A-\n")
    assert scored.labels == ("-1", "1", "A", "A-")
    assert scored.scores.correct == 0
    with pytest.raises(DataError, match="does not have, such as 'z'"):
        imported(tmp_path, store, "label,prediction\nz,a\n", "a\nb\n")


def test_a_prediction_without_a_letter_or_digit_names_no_label(tmp_path, store):
    scored = imported(tmp_path, store, "label,prediction\na,...\na,-\na,a\n")
    assert (scored.labels, scored.scores.unparsed, scored.scores.correct) == (("a",), 2, 1)
