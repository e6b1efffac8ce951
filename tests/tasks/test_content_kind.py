"""A file is what its content is: a name that says otherwise is refused with the right ending."""

import gzip
import io
import pickle
import zipfile

import pytest

from evalcore.errors import DataError
from evalcore.tasks.content_kind import format_of


def zipped(*names):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return stream.getvalue()


CONTENTS = {
    "a Parquet file": b"PAR1" + b"\0" * 20,
    "an Excel workbook": zipped("[Content_Types].xml", "xl/workbook.xml"),
    "a binary Excel workbook": zipped("xl/workbook.bin"),
    "an OpenDocument file": zipped("mimetype", "content.xml"),
    "a Word document": zipped("word/document.xml"),
    "a zip archive": zipped("data.csv"),
    "a damaged zip archive": zipped("data.csv")[:30],
    "an old Office program": bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600,
    "gzip": gzip.compress(b"text,label\n"),
    "a PDF": b"%PDF-1.7\n",
    "a Python pickle": pickle.dumps([{"text": "a"}]),
    "a web page": b"\xef\xbb\xbf  <!DOCTYPE html>\n<html><body>404</body></html>",
    "JSON lines": b'{"text": "a", "label": "x"}\n{"text": "b", "label": "y"}\n',
    "a JSON array": b'[\n {"text": "a"}\n]\n',
}
"""What the sentence says, and the content."""


@pytest.mark.parametrize("what", CONTENTS)
@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_what_is_no_table_of_text_is_said_to_be_what_it_is(what, suffix):
    with pytest.raises(DataError, match=what) as caught:
        format_of(f"reviews{suffix}", CONTENTS[what])
    assert f"though its name ends in {suffix}" in caught.value.what
    assert caught.value.do


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.xlsx", b"text,label\n", "no Excel workbook"),
        ("a.xlsx", CONTENTS["a Parquet file"], "a Parquet file, though its name ends in .xlsx. Let its name end in"),
        ("a.parquet", CONTENTS["an Excel workbook"], "an Excel workbook, though"),
        ("a.jsonl", CONTENTS["a zip archive"], "a zip archive, though"),
        ("a.zip", CONTENTS["a zip archive"], "a zip archive, though its name ends in .zip. Unpack it"),
        ("data", CONTENTS["a Parquet file"], "a Parquet file. Let its name end in .parquet"),
        ("a.txt", b"text,label\n", "not a kind of file that can be read here"),
    ],
)
def test_the_right_ending_is_named(name, content, says):
    with pytest.raises(DataError) as caught:
        format_of(name, content)
    assert says in str(caught.value)


BEGINNINGS = [b"text,label\n<b>bold</b>,x\n", b"[text],label\na,b\n", b'"{a}",b\n1,2\n', b"", b"{a,b\n"]


@pytest.mark.parametrize("text", BEGINNINGS)
def test_a_table_of_text_may_begin_in_any_way(text):
    assert format_of("a.csv", text) == "csv"


def test_the_case_of_an_ending_does_not_matter():
    assert format_of("A.CSV", b"text,label\n") == "csv"
    assert format_of("a.XLSX", CONTENTS["an Excel workbook"]) == "excel"
    assert format_of("a.NdJson", CONTENTS["JSON lines"]) == "jsonl"
