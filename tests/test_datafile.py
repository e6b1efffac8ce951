import json
import time

import pytest

from evalcore.datafile import parse_table, read_label_list, read_table
from evalcore.errors import DataError


def table(name, content):
    return parse_table(name, content if isinstance(content, bytes) else content.encode())


def test_values_stay_the_text_they_are():
    values = ["NA", "null", "None", "nan", "N/A", "001", "1e5", "True", "", " padded ", '"quoted"']
    body = "".join(f'"{v.replace(chr(34), chr(34) * 2)}",x\n' for v in values)
    assert table("a.csv", "text,label\n" + body).column("text") == values


def test_line_breaks_and_separators_inside_quotes_survive():
    rows = table("a.csv", 'text,label\r\n"a,\r\nb\nc",x\r\n"d ""e""",y\r\n').rows
    assert rows == [["a,\r\nb\nc", "x"], ['d "e"', "y"]]


def test_the_lines_of_multi_line_rows_are_those_of_the_file():
    assert table("a.csv", 'text,label\n"a\nb",x\nc,y\n').lines == [2, 4]


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ("text,label\na,x,1\nb,y\n", 2, "3 fields where the header has 2"),
        ("text,label\na,x\nb\n", 3, "1 fields where the header has 2"),
        ('text,label\na,x\n"b,y\nc,z\n', 3, "not valid CSV"),
        (b"text,label\na,x\nb\xe9,y\n", 3, "not valid UTF-8"),
        (b"text,label\na,x\nb\0,y\n", 3, "NUL"),
        ("text,text\na,x\n", 1, "twice"),
    ],
)
def test_a_broken_csv_is_refused_with_its_line(content, line, says):
    with pytest.raises(DataError, match=says) as caught:
        table("a.csv", content)
    assert caught.value.where == f"a.csv, line {line}"


@pytest.mark.parametrize("content", ["", "   \n", "text,label\n"])
def test_a_file_without_rows_is_refused(content):
    with pytest.raises(DataError, match=r"empty|no rows"):
        table("a.csv", content)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_that_name_themselves_are_read(encoding):
    assert table("a.csv", "text,label\ncafé 😀,x\n".encode(encoding)).rows == [["café 😀", "x"]]


def test_a_lone_carriage_return_ends_a_row():
    assert table("a.csv", "text,label\ra,x\rb,y\r").rows == [["a", "x"], ["b", "y"]]


def test_json_lines_keep_numbers_as_written_and_miss_values_as_none():
    content = '{"text": "a", "label": "001"}\n\n{"text": "b\\u2028c", "label": 7, "extra": true}\n'
    read = table("a.jsonl", content)
    assert read.columns == ["text", "label", "extra"]
    assert read.rows == [["a", "001", None], ["b\u2028c", "7", "true"]]
    assert read.lines == [1, 3]


@pytest.mark.parametrize(("content", "line"), [('{"a": 1}\n{"a": }\n', 2), ("[1]\n", 1), ('{"a": "\\ud800"}\n', 1)])
def test_broken_json_lines_are_refused_with_their_line(content, line):
    with pytest.raises(DataError) as caught:
        table("a.jsonl", content)
    assert caught.value.where == f"a.jsonl, line {line}"


def test_parquet_gives_class_labels_by_name(tmp_path):
    import datasets

    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])})
    data = datasets.Dataset.from_dict({"text": ["a", "b"], "label": [1, 0]}, features=features)
    data.to_parquet(str(tmp_path / "a.parquet"))
    assert read_table(tmp_path / "a.parquet").rows == [["a", "yes"], ["b", "no"]]


def test_bytes_that_are_no_parquet_are_refused(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(DataError, match="not a readable Parquet"):
        read_table(tmp_path / "a.parquet")


def test_an_unknown_kind_and_a_missing_file_are_refused(tmp_path):
    with pytest.raises(DataError, match="not a kind of file"):
        table("a.xlsx", "x")
    with pytest.raises(DataError, match="cannot be read"):
        read_table(tmp_path / "missing.csv")


def test_a_missing_column_names_those_that_are_there():
    with pytest.raises(DataError, match="'text', 'label'"):
        table("a.csv", "text,label\na,x\n").column("intent")


def test_a_long_text_is_read():
    long = "x" * 200_000
    assert table("a.csv", f"text,label\n{long},x\n").column("text") == [long]


def test_more_rows_than_the_limit_are_refused_quickly(monkeypatch):
    monkeypatch.setattr("evalcore.table.MAX_ROWS", 1000)
    started = time.monotonic()
    with pytest.raises(DataError, match="more than 1,000 rows"):
        table("a.csv", "text,label\n" + "a,x\n" * 1001)
    assert time.monotonic() - started < 5


def test_label_lists_are_json_or_lines(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(["b", "a"]))
    (tmp_path / "a.txt").write_text("b\n\na\n")
    from_json, from_text = (read_label_list(tmp_path / name) for name in ("a.json", "a.txt"))
    assert from_json.labels == from_text.labels == ["b", "a"]
    assert from_json.where(1) == "a.json, label 2"
    assert from_text.where(1) == "a.txt, line 3"
    (tmp_path / "b.json").write_text('{"a": 1}')
    with pytest.raises(DataError, match="array of strings"):
        read_label_list(tmp_path / "b.json")
