"""The separator of a CSV file: found by its rule, or refused; never another table without a word."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalcore.errors import DataError
from evalcore.tasks.data_file import parse_table

MARKS = ",;\t|"


@pytest.mark.parametrize("mark", MARKS)
def test_each_mark_is_found_with_the_others_in_texts(mark):
    others = MARKS.replace(mark, "")
    content = f"text{mark}label\nHello{others[0]} you{others[1]}{others[2]}{mark}x\n"
    read = parse_table("a.csv", content.encode())
    assert (read.columns, read.rows) == (["text", "label"], [[f"Hello{others[0]} you{others[1]}{others[2]}", "x"]])


def test_a_mark_in_quotes_counts_for_nothing():
    read = parse_table("a.csv", b'"text;, long";label\n"a,b;c";x\n')
    assert (read.columns, read.rows) == (["text;, long", "label"], [["a,b;c", "x"]])


def test_one_column_needs_no_separator():
    assert parse_table("a.csv", b"text\nhello\n").rows == [["hello"]]


def test_of_two_marks_in_the_header_the_one_that_the_rows_follow_is_taken():
    assert parse_table("a.csv", b"price (a;b),label\n1,x\n2,y\n").columns == ["price (a;b)", "label"]
    assert parse_table("a.csv", b"price, net;label\n1;x\n").columns == ["price, net", "label"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"a;b,c\n1;2,3\n", "both split the first rows evenly"),
        (b"a;b,c\n1;2,3;4\n1,2,3;4;5\n", "none splits the first rows evenly"),
    ],
)
def test_a_tie_and_a_contradiction_are_refused(content, says):
    with pytest.raises(DataError, match=says) as caught:
        parse_table("a.csv", content)
    assert caught.value.where == "a.csv, line 1"
    assert "commas" in str(caught.value)
    assert "semicolons" in str(caught.value)


def test_the_hint_for_excel_is_no_header():
    with pytest.raises(DataError, match="a hint for Excel"):
        parse_table("a.csv", b"sep=;\r\ntext;label\r\na;b\r\n")


cells = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)


@given(st.sampled_from(MARKS), st.lists(st.tuples(cells, cells), min_size=1, max_size=6))
def test_what_is_written_with_quotes_is_read_back_whatever_it_holds(mark, rows):
    """Red with a count of the marks that does not heed quotes."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=mark, quoting=csv.QUOTE_ALL).writerows([("text", "label"), *rows])
    assert parse_table("a.csv", stream.getvalue().encode()).rows == [list(row) for row in rows]
