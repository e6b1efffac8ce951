"""Tables that a person typed."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalcore.deciding.typed_rows import label_code, read_rows, refuse
from evalcore.errors import DataError

cells = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\r\x00"), max_size=20)


@given(st.lists(st.tuples(cells, cells), max_size=8), st.sampled_from(",;\t"))
def test_rows_come_back_from_csv_with_any_separator(rows, separator):
    written = io.StringIO()
    writer = csv.writer(written, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([("Label", "Share"), *rows])
    found = [(row["label"], row["share"]) for row in read_rows(written.getvalue(), ("label", "share"), "mix")]
    stripped = [(label.strip(), share.strip()) for label, share in rows]
    assert found == [row for row in stripped if any(row)]


def test_a_row_knows_its_line_also_below_a_field_of_several_lines():
    rows = read_rows('\ufefflabel,share\n\n"two\nlines",1\nlast,2\n', ("label", "share"), "mix")
    assert [(row.line, row["label"]) for row in rows] == [(3, "two\nlines"), (5, "last")]


def test_columns_stand_in_any_order_and_others_are_passed_over():
    assert read_rows("note,share,label\nx,0.5,a\n", ("label", "share"), "mix")[0].values == {
        "label": "a",
        "share": "0.5",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is nothing in it"),
        ("  \n\n", "there is nothing in it"),
        ("label\na\n", "no column 'share'"),
        ("label,label,share\n", "'label' twice"),
        ("label,share\na,1\nb\nc,1,2\n", "line 3 has 1 field instead of 2; line 4 has 3 fields"),
        ('label,share\n"a,1\n', "is not CSV"),
        ("label,share\n" + "x" * 20_000 + ",1\n", "line 2 has a field of more than"),
        ("label,share\n" + "a,1\n" * 100_001, "more than 100,000 rows"),
    ],
)
def test_what_cannot_be_read_is_said(text, said):
    with pytest.raises(DataError, match=said) as error:
        read_rows(text, ("label", "share"), "mix")
    assert str(error.value).startswith("mix: ")
    assert len(str(error.value)) < 2000


def test_many_problems_are_counted():
    refuse([], "mix")
    with pytest.raises(DataError, match="line 6; and 994 more"):
        refuse([f"line {n}" for n in range(1, 1001)], "mix")


def test_a_label_is_found_as_it_is_written_or_else_without_regard_to_case():
    codes = {"Card": 0, "card": 1, "Top-Up": 2}
    assert [label_code(name, codes) for name in ("Card", "card", "CARD", "top-up", "none")] == [0, 1, None, 2, None]
