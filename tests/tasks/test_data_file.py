import io
import json

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from evalcore.errors import DataError
from evalcore.tasks.data_file import parse_table, read_label_list, read_table


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


def parquet(columns, **how):
    stream = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), stream, **how)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("kind", "number", "text"),
    [
        ("float32", 0.1, "0.1"),
        ("float16", 0.1, "0.1"),
        ("float64", 0.1, "0.1"),
        ("float32", 1.0, "1.0"),
        ("float32", 16777216.0, "16777216.0"),
        ("float32", 3.4e38, "3.4e+38"),
        ("float32", 1e-7, "1e-07"),
        ("float16", 65504.0, "65500.0"),
        ("float64", 1 / 3, "0.3333333333333333"),
        ("float32", 1 / 3, "0.33333334"),
        ("float32", float("nan"), "NaN"),
        ("float32", float("-inf"), "-Infinity"),
        ("int64", 2**60, str(2**60)),
    ],
)
def test_a_number_in_parquet_is_the_shortest_text_that_reads_back_as_it(kind, number, text):
    kind = getattr(pyarrow, kind)()
    value = np.float16(number) if kind == pyarrow.float16() else number
    numbers = pyarrow.array([value], kind)
    assert table("a.parquet", parquet({"label": numbers})).rows == [[text]]
    assert (
        pyarrow.array([np.float16(text) if kind == pyarrow.float16() else kind.to_pandas_dtype()(text)], kind).equals(
            numbers
        )
        or text == "NaN"
    )
    if kind == pyarrow.float32():
        nested = pyarrow.array([[{"a": value}]], pyarrow.list_(pyarrow.struct([("a", kind)])))
        assert table("a.parquet", parquet({"label": nested})).rows == [[f'[{{"a": {text}}}]']]


LONG_TEXTS = [f"text {i} " * 20 for i in range(2000)]
TEXTS = ["a", "", "é😀", None, "a", "x" * 1000] * 50


@pytest.mark.parametrize("texts", [TEXTS, LONG_TEXTS], ids=["few", "many"])
@pytest.mark.parametrize(
    "kind",
    [
        "string",
        "large_string",
        "string_view",
        "binary",
        "large_binary",
        "binary_view",
        "json_",
        "category",
        "list",
        "map",
    ],
)
@pytest.mark.parametrize(
    "how",
    [
        {},
        {"use_dictionary": False},
        {"dictionary_pagesize_limit": 500, "data_page_size": 1000, "write_batch_size": 10},
        {"data_page_version": "2.0", "compression": "zstd"},
        {"row_group_size": 70},
        {"use_dictionary": False, "encoding": "DELTA_BYTE_ARRAY"},
        {"use_dictionary": False, "encoding": "DELTA_LENGTH_BYTE_ARRAY"},
        {"store_schema": False},
    ],
    ids=str,
)
def test_a_text_is_the_same_in_every_type_and_encoding(how, kind, texts):
    leaf = "text"
    expected = texts
    if kind == "category":
        column = pyarrow.array(texts).dictionary_encode()
    elif kind == "list":
        column, leaf = pyarrow.array([None if t is None else [t, None, t] for t in texts]), "text.list.element"
        expected = [None if t is None else json.dumps([t, None, t], ensure_ascii=False) for t in texts]
    elif kind == "map":
        rows = [None if t is None else [("k", t)] for t in texts]
        column, leaf = pyarrow.array(rows, pyarrow.map_(pyarrow.string(), pyarrow.string())), "text.key_value.value"
        expected = [None if t is None else json.dumps([["k", t]], ensure_ascii=False) for t in texts]
    elif kind == "json_":
        column = pyarrow.ExtensionArray.from_storage(pyarrow.json_(pyarrow.string()), pyarrow.array(texts))
    else:
        made = getattr(pyarrow, kind)()
        column = pyarrow.array([t.encode() if t is not None and "binary" in kind else t for t in texts], made)
    how = dict(how)
    if encoding := how.pop("encoding", None):
        how["column_encoding"] = {leaf: encoding}
    if kind == "category" and encoding:
        pytest.skip("the library writes, but does not read it")
    if kind in ("list", "map") and encoding == "DELTA_BYTE_ARRAY" and texts is LONG_TEXTS:
        with pytest.raises(DataError, match="lists whose size is not known"):
            table("a.parquet", parquet({"text": column}, **how))
        return
    read = table("a.parquet", parquet({"text": column, "text.more": texts, "n": range(len(texts))}, **how))
    assert [row[0] for row in read.rows] == expected
    only = parse_table("a.parquet", parquet({"text": column, "text.more": texts}, **how), lambda header: ["text.more"])
    assert [row[0] for row in only.rows] == texts


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_only_the_columns_that_are_wanted_are_read_once_all_names_are_known(name):
    rows = [{"a": "1", "b": "2", "c": "3"}, {"a": "4", "b": "5", "c": "6"}]
    if name == "a.csv":
        content = b"a,b,c\n1,2,3\n4,5,6\n"
    elif name == "a.jsonl":
        content = "\n".join(map(json.dumps, rows)).encode()
    else:
        content = parquet({key: [row[key] for row in rows] for key in "abc"})
    seen = []

    def choose(header):
        seen.append(tuple(header.columns))
        return ["c", "a", "c"]

    read = parse_table(name, content, choose)
    assert (read.columns, read.rows) == (["c", "a"], [["3", "1"], ["6", "4"]])
    assert seen[-1] == ("a", "b", "c")


def test_a_key_that_comes_late_in_json_lines_is_a_column_from_the_first_row_on():
    content = b'{"question": "q\\u0000", "label": "x"}\n{"text": "a", "label": "y"}\n'
    choose = lambda header: ["text" if "text" in header.columns else "question", "label"]  # noqa: E731
    assert parse_table("a.jsonl", content, choose).rows == [[None, "x"], ["a", "y"]]


@pytest.mark.parametrize(
    ("name", "header", "says"),
    [
        ("a.tsv", "text,label", "separated by commas. Save it with tabs, or name it .csv."),
        ("a.tsv", "text;label", "separated by semicolons. Save it with tabs, or name it .csv."),
    ],
)
def test_another_separator_is_named(name, header, says):
    with pytest.raises(DataError) as caught:
        table(name, f"{header}\nhello, you; there\tx,y\n")
    assert str(caught.value).endswith(says)
    assert caught.value.where == f"{name}, line 1"


def test_a_separator_inside_one_of_several_columns_is_a_part_of_its_name():
    assert table("a.csv", "text;here,label\na,x\n").columns == ["text;here", "label"]


def test_bytes_that_are_no_parquet_are_refused(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(DataError, match="not a readable Parquet"):
        read_table(tmp_path / "a.parquet")


def test_an_unknown_kind_and_a_missing_file_are_refused(tmp_path):
    with pytest.raises(DataError, match="not a kind of file"):
        table("a.txt", "x")
    with pytest.raises(DataError, match="cannot be read"):
        read_table(tmp_path / "missing.csv")


def test_a_missing_column_names_those_that_are_there():
    with pytest.raises(DataError, match="'text', 'label'"):
        table("a.csv", "text,label\na,x\n").column("intent")


def test_a_long_text_is_read():
    long = "x" * 200_000
    assert table("a.csv", f"text,label\n{long},x\n").column("text") == [long]


def test_more_rows_than_the_limit_are_refused(monkeypatch):
    monkeypatch.setattr("evalcore.tasks.table.MAX_ROWS", 1000)
    with pytest.raises(DataError, match="more than 1,000 rows"):
        table("a.csv", "text,label\n" + "a,x\n" * 1001)


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
