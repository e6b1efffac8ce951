"""Tasks as they are read from files: their columns, their labels, and what is refused."""

from collections import Counter

import pytest

from evalcore.errors import DataError
from evalcore.paths import DEMO_DATA
from evalcore.tasks import Example, TaskSource, draw_sample, load_task
from tests.conftest import BANKING77, needs_banking77, write_csv


def test_columns_are_guessed_or_given(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Category,id,Utterance,other\nx,1,hello,q\ny,2,bye,q\n")
    guessed = load_task(TaskSource(str(path)))
    assert guessed.test[0] == Example("hello", "x")
    given = load_task(TaskSource(str(path), text_column="id", label_column="other"))
    assert given.test[0] == Example("1", "q")
    path.write_text("a,b\nx,1\n")
    with pytest.raises(DataError, match="looks like the text"):
        load_task(TaskSource(str(path)))


def test_a_label_list_sets_the_order_and_may_hold_more_labels(tmp_path):
    path = write_csv(tmp_path / "a.csv", [Example("1", "b"), Example("2", "a")])
    (tmp_path / "labels.txt").write_text("c\nb\na\n")
    assert load_task(TaskSource(str(path), labels=str(tmp_path / "labels.txt"))).labels == ("c", "b", "a")
    (tmp_path / "labels.txt").write_text("b\n")
    with pytest.raises(DataError, match="such as 'a'"):
        load_task(TaskSource(str(path), labels=str(tmp_path / "labels.txt")))


def test_labels_that_read_the_same_are_refused_with_both_names(tmp_path):
    path = write_csv(tmp_path / "a.csv", [Example("1", "Card Arrival"), Example("2", "card_arrival")])
    with pytest.raises(DataError, match="'Card Arrival' and 'card_arrival'"):
        load_task(TaskSource(str(path)))


def test_an_empty_label_is_refused_with_its_line(tmp_path):
    path = write_csv(tmp_path / "a.csv", [Example("1", "a"), Example("2", " ")])
    with pytest.raises(DataError, match="line 3"):
        load_task(TaskSource(str(path)))


def test_an_empty_label_in_parquet_is_refused_with_its_row(tmp_path):
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.table({"text": ["1", "2"], "label": ["a", ""]}), tmp_path / "a.parquet")
    with pytest.raises(DataError) as caught:
        load_task(TaskSource(str(tmp_path / "a.parquet")))
    assert caught.value.where == "a.parquet, row 2"


@pytest.mark.parametrize(
    ("content", "line", "place", "says"),
    [
        ('["a", "b", "?!"]', "a\n\nb\n?!\n", 4, "no letter or digit"),
        ('["a", "b", "B"]', "a\n\nb\nB\n", 4, "'b' and 'B' read the same"),
        ('["a", "b", "b"]', "a\n\nb\nb\n", 4, "'b' stands there twice"),
        ('["a", "b", ""]', "a\n\nb\n...\n", 4, "no letter or digit"),
    ],
)
def test_what_is_wrong_with_a_label_list_names_the_list_and_the_line(tmp_path, content, line, place, says):
    path = write_csv(tmp_path / "a.csv", [Example("1", "a"), Example("2", "b")])
    for name, text, where in (("l.txt", line, f"l.txt, line {place}"), ("l.json", content, "l.json, label 3")):
        (tmp_path / name).write_text(text)
        with pytest.raises(DataError, match=says) as caught:
            load_task(TaskSource(str(path), labels=str(tmp_path / name)))
        assert caught.value.where == where


def test_a_label_that_is_not_on_the_list_is_refused_with_the_name_of_the_list(tmp_path):
    path = write_csv(tmp_path / "a.csv", [Example("1", "a"), Example("2", "b")])
    (tmp_path / "my-labels.txt").write_text("a\n")
    with pytest.raises(DataError, match=r"such as 'b'\. Add them to my-labels\.txt") as caught:
        load_task(TaskSource(str(path), labels=str(tmp_path / "my-labels.txt")))
    assert caught.value.where == "a.csv"


def test_an_empty_label_list_is_refused_by_its_name(tmp_path):
    path = write_csv(tmp_path / "a.csv", [Example("1", "a")])
    (tmp_path / "l.json").write_text("[]")
    with pytest.raises(DataError, match="there are no labels") as caught:
        load_task(TaskSource(str(path), labels=str(tmp_path / "l.json")))
    assert caught.value.where == "l.json"


def test_a_task_that_is_not_there_is_refused_with_what_there_is():
    with pytest.raises(DataError, match="Give `demo`"):
        load_task(TaskSource("no/such/place"))


def test_the_demo_is_as_it_was_promised():
    demo = load_task(TaskSource("demo"))
    texts = [example.text for example in (*demo.test, *demo.train)]
    assert len({text.casefold() for text in texts}) == len(texts)
    written = Counter(example.label for example in (*demo.test, *demo.train))
    supports = Counter(example.label for example in demo.test)
    assert len(demo.labels) == 24
    assert min(written.values()) >= 60
    assert set(supports) == set(demo.labels)
    assert min(supports.values()) == 8
    assert max(supports.values()) == 40
    assert (DEMO_DATA / "README.md").is_file()


@needs_banking77
def test_banking77_is_read_exactly():
    task = load_task(TaskSource(str(BANKING77)))
    assert (len(task.test), len(task.train), len(task.labels)) == (3080, 10003, 77)
    texts = [example.text for example in task.test]
    assert sum("\n" in text for text in texts) == 3
    assert sum(text != text.strip() for text in texts) == 3
    assert sum(not text.isascii() for text in texts) == 9
    assert len({example.label for example in draw_sample(task, 400, "first")}) == 10
    assert len({example.label for example in draw_sample(task, 77, "stratified")}) == 77
