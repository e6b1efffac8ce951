"""All problems of a file at once: each is found with its lines, and what blocks is what `load_task` refuses."""

import os
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalcore.errors import DataError
from evalcore.tasks import LabelList, TaskSource, load_task
from evalcore.tasks.audit import audit
from evalcore.tasks.data_file import data_in_memory

GOOD = [(f"Where is my parcel number {i}?", ("delivery", "refund")[i % 2]) for i in range(60)]


def as_csv(rows, header="text,label"):
    return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"


def looked(content, name="a.csv", **more):
    return audit(data_in_memory(name, content if isinstance(content, bytes) else content.encode()), **more)


def test_a_good_file_has_no_problem():
    found = looked(as_csv(GOOD))
    assert (found.problems, found.can_run) == ((), True)
    assert (found.n, found.labels, found.format) == (60, {"delivery": 30, "refund": 30}, "CSV, separated by commas")
    assert (found.text_column, found.why_text, found.label_column) == ("text", "by its name", "label")
    assert [column.kind for column in found.columns] == ["text", "label"]


LAST = 62
"""The line of a row that is added to the good ones."""
ROWS = {
    "unreadable": ("a,b,c", True),
    "empty_label": ("a, ", True),
    "nameless": ("a,?!", True),
    "alike": ("a,Refund", True),
    "one_example": ("a,once", False),
    "label_spaces": ("a, spaced", False),
    "invisible": ("a,hid\u200bden", False),
    "empty_text": (" ,refund", False),
    "text_is_label": ("refund,refund", False),
    "text_spaces": (" a,refund", False),
    "contradiction": (f"{GOOD[0][0]},refund", False),
    "copy": (f"{GOOD[0][0]},delivery", False),
    "long_text": (f"{'long ' * 500}end,refund", False),
    "damaged_letters": ("Ã¤rger,refund", False),
}
"""A row for each check, and whether it blocks."""


@pytest.mark.parametrize("kind", ROWS)
def test_each_check_finds_its_row_and_no_other(kind):
    row, blocks = ROWS[kind]
    found = [problem for problem in looked(as_csv(GOOD) + row + "\n").problems if problem.kind == kind]
    assert [(problem.rows, problem.count, problem.blocks) for problem in found] == [((LAST,), 1, blocks)]
    assert f"line {LAST}" in found[0].sentence
    assert found[0].cure


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("one_label", as_csv([(text, "same") for text, _ in GOOD])),
        ("many_labels", as_csv([(text, f"label {text[-3:]}") for text, _ in GOOD])),
        ("few_rows", as_csv(GOOD[:20])),
        ("odd_text_column", as_csv([(str(i), label) for i, (_, label) in enumerate(GOOD)])),
    ],
)
def test_each_check_of_the_whole_file(kind, content):
    found = looked(content)
    assert kind in [problem.kind for problem in found.problems]
    assert kind not in [problem.kind for problem in looked(as_csv(GOOD)).problems]
    assert found.can_run


def test_the_same_column_for_both_is_said():
    found = looked(as_csv(GOOD), text_column="label", label_column="label")
    assert "text_is_label" in [problem.kind for problem in found.problems]


def test_all_problems_are_listed_at_once_those_that_block_first():
    content = as_csv(GOOD) + "".join(f"{row}\n" for row, _ in ROWS.values()) + "too,many,again\n"
    found = looked(content)
    assert {problem.kind for problem in found.problems} >= ROWS.keys()
    order = [problem.blocks for problem in found.problems]
    assert order == sorted(order, reverse=True)
    assert not found.can_run
    unreadable = next(problem for problem in found.problems if problem.kind == "unreadable")
    assert unreadable.rows == (LAST, LAST + len(ROWS))


def test_labels_that_read_the_same_are_listed_with_counts_and_a_spelling():
    rows = [("a", "Top up"), ("b", "top_up"), ("c", "top_up"), ("d", "Exchange"), ("e", "exchange ")]
    found = next(one for one in looked(as_csv(rows)).problems if one.kind == "alike")
    assert "'top_up' (2) and 'Top up' (1); 'Exchange' (1) and 'exchange ' (1)" in found.sentence
    assert "'top_up', 'Exchange'" in found.cure
    assert found.rows == (2, 6)


def test_a_contradiction_names_both_places_and_a_copy_is_none():
    rows = [("a", "x"), ("b", "y"), ("a", "y"), ("b", "Y")]
    kinds = {one.kind: one for one in looked(as_csv(rows)).problems}
    assert "'x' in line 2 and as 'y' in line 4" in kinds["contradiction"].sentence
    assert kinds["contradiction"].rows == (4,)
    assert kinds["copy"].rows == (5,)


def test_bad_lines_of_json_are_all_listed():
    lines = ['{"text": "a", "label": "x"}', "{", "[1]", '{"text": "b", "text": "c"}', '{"label": "x"}', '{"text": "a"}',
             '{"text": "a\\u0000", "label": "x"}']  # fmt: skip
    found = looked("\n".join(lines), "a.jsonl")
    blocking = {row: problem.kind for problem in found.problems if problem.blocks for row in problem.rows}
    assert blocking == {
        2: "unreadable",
        3: "unreadable",
        4: "unreadable",
        7: "unreadable",
        5: "missing_text",
        6: "empty_label",
    }


def test_texts_of_the_train_file_are_a_leak():
    train = data_in_memory("train.csv", as_csv([(f"  {GOOD[7][0].upper()}", "refund"), ("new", "delivery")]).encode())
    found = next(one for one in looked(as_csv(GOOD), train=train).problems if one.kind == "leak")
    assert (found.rows, found.blocks) == ((9,), False)
    bad = data_in_memory("train.csv", b"text,label\na\n")
    assert [one.blocks for one in looked(as_csv(GOOD), train=bad).problems] == [True]


def test_what_only_both_files_together_make_wrong_blocks_too():
    """Red with checks of the test file alone: the audit said that it can be run, and the run was refused."""
    train = data_in_memory("train.csv", b"text,label\nnew,Refund\n")
    assert [one.sentence for one in looked(as_csv(GOOD), train=train).problems if one.blocks] == [
        "a.csv: the labels 'Refund' and 'refund' read the same once case, spacing and punctuation are folded."
    ]


def test_labels_that_the_list_lacks_are_all_named(tmp_path):
    labels = LabelList("labels.txt", ["delivery"], ["line 1"])
    found = looked(as_csv(GOOD), labels=labels).problems
    assert [(one.kind, one.count, one.blocks) for one in found] == [("unlisted", 30, True)]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"text,label\n", "holds no rows"),
        (b"PK\x05\x06" + b"\0" * 18, "a zip archive, though its name ends in .csv"),
        ("text,label\nKäse,x\n".encode("cp1252"), "0xe4 would be 'ä' in Windows-1252"),
        (b"text,text\na,b\n", "'text' stands there twice"),
        (b"sep=;\ntext;label\na;b\n", "a hint for Excel"),
        (b'text,label\n"a,b\n', "unexpected end of data"),
        (as_csv(GOOD, "text,text_label").encode()[:5] + b"\x00", "NUL"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence_with_a_cure(content, says):
    found = looked(content)
    assert not found.can_run
    assert [says in problem.sentence for problem in found.problems if problem.blocks].count(True) == 1
    assert all(problem.cure for problem in found.problems)


def refused(path, **named):
    try:
        load_task(TaskSource(str(path), **named))
    except DataError:
        return True
    return False


CELLS = ["", " ", "a", "b", "A", "a_b", "A b", "?", "x,y", "1", "2", "text", "label", "delivery note", '"', "é\u200b"]
HEADS = ["text,label", "label;text", "a;b", "a,b,c", "text", "text\tlabel", '{"text": "a", "label": "b"}', ""]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["a.csv", "a.tsv", "a.jsonl"]),
    st.sampled_from(HEADS),
    st.lists(st.lists(st.sampled_from(CELLS), min_size=1, max_size=3), max_size=5),
    st.sampled_from([",", ";", "\t"]),
)
def test_what_blocks_is_what_load_task_refuses(tmp_path_factory, name, head, rows, mark):
    """Red with checks of its own for what blocks: a file was said to be runnable that no run could read."""
    content = "\n".join([head, *(mark.join(fields) for fields in rows)]) + "\n"
    path = tmp_path_factory.mktemp("data") / name
    path.write_bytes(content.encode())
    os.utime(path, (0, 0))  # nobody writes it any more
    found = audit(data_in_memory(name, path.read_bytes()))
    assert found.can_run is not refused(path)
    assert all(len(one.sentence) < 2_000 and len(one.cure) < 2_000 and one.cure for one in found.problems)


def test_the_columns_of_the_audit_are_those_of_the_task(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(as_csv(GOOD, "Nachricht,Kategorie"), encoding="utf-8")
    found = audit(data_in_memory("a.csv", path.read_bytes()))
    assert (found.text_column, found.label_column) == load_task(TaskSource(str(path))).columns
    assert found.why_label == "2 values in 60 rows"


def test_long_and_many_names_make_no_long_sentence():
    long = "é" * 500
    rows = [(f"{long}{i}", f"{long}{i}{suffix}") for i in range(40) for suffix in ("", " ", "!")]
    found = looked(as_csv(rows, f"{long}t,{long}l"), text_column=f"{long}t", label_column=f"{long}l")
    assert found.problems
    assert max(len(one.sentence) for one in found.problems) < 2_000
    assert max(len(sample) for column in found.columns for sample in column.samples) <= 60


@pytest.mark.parametrize("n", [8_000])
def test_time_is_linear_in_the_rows(n):
    """Red with a search for each copy or each label among all that came before."""

    def seconds(n):
        content = as_csv([(f"text {i % (n // 2)}", f"label {i % (n // 3)}") for i in range(n)])
        started = time.process_time()
        looked(content)
        return time.process_time() - started

    assert seconds(2 * n) < 4 * seconds(n) + 1
