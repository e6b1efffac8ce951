"""Which column holds the texts and which the labels: by name, by what they hold, or a question; never a wrong guess."""

import pytest

from evalcore.errors import DataError
from evalcore.tasks import TaskSource, load_task
from evalcore.tasks.columns import LABEL_COLUMNS, TEXT_COLUMNS, profile

TEXTS = [f"Where is my parcel number {i} please?" for i in range(40)]
LABELS = ["delivery", "refund"] * 20


def columns_of(tmp_path, columns, **named):
    path = tmp_path / "a.csv"
    rows = zip(*columns.values(), strict=True)
    path.write_text("\n".join(";".join(map(str, row)) for row in [columns.keys(), *rows]) + "\n", encoding="utf-8")
    return load_task(TaskSource(str(path), **named)).columns


@pytest.mark.parametrize(
    "columns",
    [
        {"Nachricht": TEXTS, "Kategorie": LABELS},
        {"Kategorie": LABELS, "Nachricht": TEXTS},
        {"Nr": range(40), "Nachricht": TEXTS, "Kategorie": LABELS, "Punkte": [i % 5 for i in range(40)]},
        {"Nachricht": TEXTS, "uid": [f"a{i:04}f" for i in range(40)], "Kategorie": LABELS, "leer": [""] * 40},
        {"Nachricht": TEXTS, "Kategorie": LABELS, "Sprache": ["de"] * 40},
        {"Nachricht": TEXTS, "Betreff": [text[:12] + str(i) for i, text in enumerate(TEXTS)], "Kategorie": LABELS},
    ],
    ids=lambda columns: "+".join(columns),
)
def test_unusual_names_are_told_by_their_values(tmp_path, columns):
    assert columns_of(tmp_path, columns) == ("Nachricht", "Kategorie")


def test_names_come_before_values(tmp_path):
    assert columns_of(tmp_path, {"long": TEXTS, "text": LABELS, "label": range(40)}) == ("text", "label")
    assert columns_of(tmp_path, {"Nachricht": TEXTS, "label": TEXTS}) == ("Nachricht", "label")
    named = columns_of(tmp_path, {"a": TEXTS, "b": LABELS}, text_column="b", label_column="a")
    assert named == ("b", "a")


def test_ratings_are_labels_where_there_are_no_others(tmp_path):
    assert columns_of(tmp_path, {"Nachricht": TEXTS, "Sterne": [i % 5 for i in range(40)]}) == ("Nachricht", "Sterne")


def test_a_small_file_of_two_columns_needs_no_label_twice(tmp_path):
    found = columns_of(tmp_path, {"Nachricht": TEXTS[:3], "Kategorie": ["a", "b", "c"]})
    assert found == ("Nachricht", "Kategorie")


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"x": TEXTS, "Team": LABELS, "Thema": LABELS[::-1]}, "several columns may be the label: 'Team', 'Thema'"),
        ({"Frage": TEXTS, "Antwort": [text[::-1] for text in TEXTS], "k": LABELS}, "several columns may be the text"),
        ({"a": LABELS, "b": LABELS}, "no column looks like the text"),
        ({"a": TEXTS, "b": range(40)}, "no column looks like the label"),
    ],
)
def test_where_values_do_not_tell_a_person_is_asked(tmp_path, columns, says):
    with pytest.raises(DataError, match=says):
        columns_of(tmp_path, columns)


@pytest.mark.parametrize("header", [("Where is my parcel number 99 please?", "refund"), ("A first one here", "refund")])
def test_a_file_without_a_header_is_refused_and_loses_no_example(tmp_path, header):
    with pytest.raises(DataError, match="looks like an example") as caught:
        columns_of(tmp_path, {header[0]: TEXTS, header[1]: LABELS})
    assert "text,label" in caught.value.do


HEADS = {
    "twice": "Text;LABEL\ntext;label\n",
    "a title above it": "Survey 2024;from Anna\ntext;category\n",
    "unusual names twice": "Nachricht;Kategorie\nNachricht;Kategorie\n",
}


@pytest.mark.parametrize("what", HEADS)
def test_a_second_line_of_names_is_refused(tmp_path, what):
    rows = "\n".join(f"{text};{label}" for text, label in zip(TEXTS, LABELS, strict=True))
    (tmp_path / "a.csv").write_text(f"{HEADS[what]}{rows}\n", encoding="utf-8")
    with pytest.raises(DataError, match="second line") as caught:
        load_task(TaskSource(str(tmp_path / "a.csv")))
    assert caught.value.where == "a.csv, line 2"


def test_two_files_one_after_the_other_are_refused_with_the_line_of_the_second_header(tmp_path):
    rows = "".join(f"{text};{label}\n" for text, label in zip(TEXTS, LABELS, strict=True))
    (tmp_path / "a.csv").write_text(f"text;label\n{rows}text;label\n{rows}", encoding="utf-8")
    with pytest.raises(DataError, match="second line") as caught:
        load_task(TaskSource(str(tmp_path / "a.csv")))
    assert caught.value.where == "a.csv, line 42"


def test_a_file_sorted_by_label_is_looked_at_all_over(tmp_path):
    """Red with the first rows only: all 12,000 have one label, and the column looked like no label."""
    labels = ["delivery"] * 12_000 + ["refund"] * 12_000
    texts = [f"Where is my parcel number {i}, please?" for i in range(24_000)]
    assert columns_of(tmp_path, {"Nachricht": texts, "Kategorie": labels}) == ("Nachricht", "Kategorie")


def test_the_train_file_has_the_columns_of_the_test_file(tmp_path):
    test = "\n".join(f"{text};{label}" for text, label in zip(TEXTS, LABELS, strict=True))
    (tmp_path / "test.csv").write_text(f"Nachricht;Kategorie\n{test}\n", encoding="utf-8")
    (tmp_path / "train.csv").write_text("Kategorie,Nachricht,andere\nrefund,back,x\ndelivery,go,y\n", encoding="utf-8")
    task = load_task(TaskSource(str(tmp_path)))
    assert [(example.text, example.label) for example in task.train] == [("back", "refund"), ("go", "delivery")]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2", "3"], "index"),
        (["1", "1", "2"], "number"),
        (["0,5", "1.5", "-2e3"], "number"),
        ([f"u{i}" for i in range(30)], "id"),
        (["x", "x"], "constant"),
        (["", None, " "], "empty"),
        (LABELS, "label"),
        (TEXTS, "text"),
    ],
)
def test_the_kind_of_a_column(values, kind):
    assert profile("c", values).kind == kind


def test_common_names_are_folded():
    for names in (TEXT_COLUMNS, LABEL_COLUMNS):
        assert [name.casefold() for name in names] == list(names)
