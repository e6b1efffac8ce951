"""Data files (F23 to F30): read exactly as they are written, or refused with the line. Never a guess, never a trace."""

import csv
import io
import json
import tracemalloc
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from evalcore.analysis.findings import find
from evalcore.analysis.scored_run import score_run
from evalcore.charts import LIGHT, small_matrix
from evalcore.errors import BlindspotError, DataError
from evalcore.output.export import export_run
from evalcore.output.report import findings_of, report_as_text
from evalcore.predictors.files.source import locate
from evalcore.running.run import execute
from evalcore.store.completion import Completion
from evalcore.store.spec import RunSpec
from evalcore.tasks import Example, TaskSource, draw_sample, load_task, make_task, table
from evalcore.tasks.data_file import parse_table, read_label_list, read_table
from tests.conftest import BANKING77, ROOT, Toy, needs_banking77, write_csv
from tests.tools.command_line import evalcore
from tests.tools.exported import predictions_for_spreadsheets
from tests.tools.processes import finished
from tests.tools.runs import import_bytes, put


def refused(name, content, where, says="."):
    with pytest.raises(DataError, match=says) as caught:
        parse_table(name, content if isinstance(content, bytes) else content.encode())
    assert caught.value.where == where
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("row", ["1,a,x", "a", "", ",a,x"])
@pytest.mark.parametrize("at", [2, 3])
def test_a_row_with_a_field_too_many_or_too_few_is_refused_with_its_line(row, at):
    """F23. Red with pandas' reader, which takes the first column for an index without a word."""
    lines = ["text,label", "a,x", "b,y"]
    lines.insert(at - 1, row)
    content = "\n".join(lines) + "\n"
    if row:
        refused("a.csv", content, f"a.csv, line {at}", "fields where the header has 2")
    else:
        assert parse_table("a.csv", content.encode()).rows == [["a", "x"], ["b", "y"]]  # an empty line is no row


VALUES = ("NA", "null", "None", "nan", "N/A", "001", "1e5", "True", "-0", "1_000", "2020-01-01", "=1+1", "é", "  x ")


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet"])
def test_values_stay_the_text_that_they_are(kind):
    """F24. Red with a reader that knows missing values or numbers: `NA` was NaN, `001` was 1."""
    rows = [[value, f"label {i}"] for i, value in enumerate(VALUES)]
    read_back = parse_table(f"a.{kind}", written(kind, rows))
    assert read_back.rows == rows


def test_numbers_in_json_lines_stay_as_they_are_written():
    """F24. Red with Python's own numbers: 1e5 was 100000.0, and a number of 5,000 digits a traceback."""
    numbers = ("1e5", "1.0", "-0", "0.10", "9" * 5000, "12345678901234567890.123456789")
    read_back = parse_table("a.jsonl", "\n".join(f'{{"text": {n}, "label": [{n}, "é"]}}' for n in numbers).encode())
    assert read_back.column("text") == list(numbers)
    assert read_back.column("label") == [f'[{n}, "é"]' for n in numbers]


def written(kind, rows):
    if kind == "parquet":
        import pyarrow
        import pyarrow.parquet

        stream = io.BytesIO()
        columns = {name: [row[at] for row in rows] for at, name in enumerate(("text", "label"))}
        pyarrow.parquet.write_table(pyarrow.table(columns), stream)
        return stream.getvalue()
    if kind == "jsonl":
        return "\n".join(json.dumps(dict(zip(("text", "label"), row, strict=True))) for row in rows).encode()
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter="\t" if kind == "tsv" else ",").writerows([["text", "label"], *rows])
    return stream.getvalue().encode()


CAFE = "text,label\ncafé,x\nb,y\n"
OUTCOMES = {
    "NUL byte": (CAFE.replace("\nb", "\nb\0").encode(), 3),
    "lone surrogate": (b"text,label\na,x\nb\xed\xa0\x80,y\n", 3),
    "UTF-16": (CAFE.encode("utf-16"), None),
    "UTF-16 without a mark": (CAFE.encode("utf-16-le"), 2),
    "UTF-16 cut in half a character": (CAFE.encode("utf-16")[:-1], 3),
    "Latin-1": (CAFE.encode("latin-1"), 2),
    "byte order mark": (CAFE.encode("utf-8-sig"), None),
    "unclosed quote": (CAFE.replace("\nb", '\n"b').encode(), 3),
    "text after a closing quote": (CAFE.replace("\nb", '\n"b"c').encode(), 3),
    "empty": (b"", 0),
    "header only": (b"text,label\n", 0),
    "column twice": (b"text,label,text\na,b,c\n", 1),
    "CR only": (CAFE.replace("\n", "\r").encode(), None),
    "UTF-32": (CAFE.encode("utf-32"), 1),
}


@pytest.mark.parametrize("case", OUTCOMES)
def test_an_odd_file_is_read_exactly_or_refused_with_its_line(case):
    """F25. Red with errors="replace", with latin-1 as a last resort, or with a reader that skips bad lines."""
    content, line = OUTCOMES[case]
    if line is None:
        assert parse_table("a.csv", content).rows == [["café", "x"], ["b", "y"]]
    else:
        refused("a.csv", content, f"a.csv, line {line}" if line else "a.csv")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"text": "a\\u0000b", "label": "x"}', "NUL"),
        ('{"text": "\\ud800", "label": "x"}', "surrogate"),
        ('{"text": ["\\ud800"], "label": "x"}', "surrogate"),
        ('{"text": "a", "text": "b", "label": "x"}', "stands there twice"),
        ('{"text": "a", "label": "x"', "not valid JSON"),
        ("[" * 100_000, "more than 500 levels deep"),
        ('"text"', "must be a JSON object"),
    ],
)
def test_an_odd_line_of_json_is_refused_with_its_line(line, says):
    """F25. Red with json.loads alone: of two equal keys the last won, and half a surrogate pair broke the store."""
    refused("a.jsonl", f'{{"text": "a", "label": "x"}}\n{line}\n', "a.jsonl, line 2", says)


def parquet(**columns):
    import pyarrow
    import pyarrow.parquet

    stream = io.BytesIO()
    metadata = columns.pop("metadata", None)
    pyarrow.parquet.write_table(pyarrow.table(columns).replace_schema_metadata(metadata), stream)
    return stream.getvalue()


def test_bytes_in_parquet_are_text_or_refused_with_their_row():
    """F25. Red with str() of them: b'abc' in quotes."""
    assert parse_table("a.parquet", parquet(text=[b"caf\xc3\xa9"], label=["x"])).rows == [["café", "x"]]
    refused("a.parquet", parquet(text=[b"a", b"\xff"], label=["x", "y"]), "a.parquet, row 2", "no UTF-8")


@pytest.mark.parametrize("code", [-1, 2])
def test_the_code_of_no_label_is_refused(code):
    """F25. Red with names[code]: -1, by which `datasets` says "no label", was the last label of all."""
    features = {"label": {"names": ["no", "yes"], "_type": "ClassLabel"}}
    named = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    good = parse_table("a.parquet", parquet(text=["a", "b"], label=[0, 1], metadata=named))
    assert good.column("label") == ["no", "yes"]
    refused("a.parquet", parquet(text=["a"], label=[code], metadata=named), "a.parquet, row 1", "code of no label")


@pytest.mark.parametrize(
    "metadata", [b"{", b"[]", b'{"info": 3}', b'{"info": {"features": [1]}}',
                 b'{"info": {"features": {"label": {"_type": "ClassLabel", "names": 5}}}}']
)  # fmt: skip
def test_metadata_of_any_shape_does_no_harm(metadata):
    """F25. Red with metadata that is believed: an AttributeError."""
    content = parquet(text=["a"], label=[1], metadata={b"huggingface": metadata})
    assert parse_table("a.parquet", content).rows == [["a", "1"]]


@pytest.mark.parametrize("length", [100_000, 200_000])
def test_a_text_of_any_length_is_read_and_scored(tmp_path, store, length):
    """F26. Red with the csv module's own limit of 131,072."""
    long = "é" * length
    path = write_csv(tmp_path / "long.csv", [Example(long, "x"), Example("short", "y")])
    assert load_task(TaskSource(str(path))).test[0].text == long
    loader = lambda handle, on_phase: Toy(handle.identity, {long: "x", "short": "x"})  # noqa: E731
    spec = RunSpec(TaskSource(str(path), train=str(path)), "majority", n=2)
    scored = score_run(store, execute(spec, store, loader=loader).record.run_id)
    assert {answer.example.text for answer in scored.answers} == {long, "short"}
    assert scored.scores.correct == 1


def test_a_completion_of_100_000_characters_is_parsed_in_time(store):
    """F26, F32. Red with every mention held against every other: minutes."""
    import time

    from evalcore.parse.matching import LabelParser

    parser = LabelParser([f"label_{i}" for i in range(1000)])
    started = time.process_time()
    assert parser.parse("label_7 " * 12_500).label == "label_7"
    assert parser.parse("label_7 label_8 " * 6_250).match == "ambiguous"
    assert time.process_time() - started < 5  # of the processor; 0.2 s


LIMITS = """
import sys
sys.path.insert(0, {root!r})
from evalcore.tasks.data_file import parse_table
from evalcore.errors import DataError
kind = sys.argv[1]
if kind == "csv":
    content = b"text,label\\n" + b"a message of a customer who asks for this and that,label\\n" * 1_000_001
elif kind == "jsonl":
    content = b'{{"text": "a message of a customer who asks", "label": "label"}}\\n' * 1_000_001
else:
    import io, pyarrow, pyarrow.parquet
    stream = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({{"text": ["a message of a customer"] * 1_000_001}}), stream)
    content = stream.getvalue()
def peak():
    # Not ru_maxrss: a child begins with its parent's.
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
try:
    parse_table("a." + kind, content)
except DataError as error:
    print(f"{{peak():.0f}} {{error}}")
"""


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="peak memory is read in /proc")
@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_more_than_a_million_rows_are_refused_with_the_limit_and_in_bounded_memory(kind):
    """F27. Red with ten times the limit: they are read."""
    done = finished("-c", LIMITS.format(root=str(ROOT)), kind)
    peak_mb, message = done.stdout.split(maxsplit=1)
    assert message.strip() == f"a.{kind}: has more than 1,000,000 rows. Take a part of it."
    assert float(peak_mb) < 1000


def test_as_many_rows_as_are_allowed_are_read_within_memory():
    """F27. Red with the whole text copied at four bytes a character (io.StringIO)."""
    row = "a message of a customer who asks for this and that,label\n"
    content = ("text,label\n" + row * table.MAX_ROWS).encode()
    tracemalloc.start()
    read_back = parse_table("a.csv", content)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    assert len(read_back.rows) == table.MAX_ROWS
    assert peak < 800


def test_a_parquet_file_that_unfolds_is_stopped(monkeypatch):
    """F27. Red with the file unfolded whole: a few kB of it can be gigabytes."""
    content = parquet(text=["x" * 100_000] * 2_000, label=["a"] * 2_000)
    assert len(content) < 200_000
    monkeypatch.setattr(table, "MAX_BYTES", 50 * 2**20)
    tracemalloc.start()
    refused("a.parquet", content, "a.parquet", "more than 50 MB")
    assert tracemalloc.get_traced_memory()[1] < 200 * 2**20
    tracemalloc.stop()


def test_a_file_above_the_limit_is_refused_before_it_is_read(tmp_path, monkeypatch):
    """F27. Red with the size looked at after reading."""
    path = tmp_path / "a.csv"
    with path.open("wb") as stream:
        stream.truncate(300 * 2**20)  # sparse: it takes no room
    tracemalloc.start()
    with pytest.raises(DataError, match="holds more than 256 MB"):
        read_table(path)
    assert tracemalloc.get_traced_memory()[1] < 10 * 2**20
    tracemalloc.stop()


ODD_LABELS = (
    "a, b", "a\nb", 'say "a"', "<script>alert(1)</script>", "x | y", "=1+1", "😀 smile", "\u202eabc", "z\u200bz",
    "l" * 300, "@cmd", "-minus", "tab\tinside", "c\rd", "![](http://127.0.0.1:9/p.png)", "$a$ $b$", "ünï", "{label}",
)  # fmt: skip


def test_odd_labels_go_all_the_way_and_come_back_as_they_were(tmp_path, store):
    """F28. Red with fields quoted as the csv module sees fit (a lone CR), or with labels stripped on reading."""
    rows = [Example(f"text {i} {label}", label) for i, label in enumerate(ODD_LABELS)]
    path = write_csv(tmp_path / "odd.csv", rows)
    task = load_task(TaskSource(str(path)))
    assert Counter(task.labels) == Counter(ODD_LABELS)
    loader = lambda handle, on_phase: Toy(handle.identity, {row.text: row.label for row in rows})  # noqa: E731
    spec = RunSpec(TaskSource(str(path), train=str(path)), "majority", n=len(rows))
    scored = score_run(store, execute(spec, store, loader=loader).record.run_id)
    assert scored.scores.accuracy == 1
    drawn = json.dumps(small_matrix(scored.confusion, scored.labels, LIGHT).to_dict(), ensure_ascii=False)
    assert find(scored) is not None
    assert len(drawn) > 100
    csv_file, jsonl_file, *_ = export_run(store, scored, tmp_path / "out")
    for file in (csv_file, jsonl_file):
        back = read_table(file)
        for column in ("label", "predicted", "completion"):
            assert Counter(back.column(column)) == Counter(ODD_LABELS)
    again = score_run(store, import_bytes("predictions.csv", csv_file.read_bytes(), store).run_id)
    assert Counter(answer.predicted for answer in again.answers) == Counter(ODD_LABELS)
    assert again.scores.accuracy == 1


FORMULAS = (
    "=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1+1", "＋1", "－1", "＠SUM(A1)", "﹦1", "﹢1", "﹣1",
    "﹫A1", "\u22121", "⁼1", "⁺1", "⁻1", " =1+1", "\u00a0=1+1", "\u200b=1+1", "\ufeff＝1+1", "\u3000＝1+1",
)  # fmt: skip


def test_cells_that_a_spreadsheet_would_run_begin_with_an_apostrophe(tmp_path, store):
    """F46. Red with the lossless file offered for spreadsheets."""
    starts = (*FORMULAS, "plain", "'quoted", "１+1", "a=1", "–1")
    rows = [Example(start, f"label {i}") for i, start in enumerate(starts)]
    path = write_csv(tmp_path / "formulas.csv", rows)
    loader = lambda handle, on_phase: Toy(handle.identity, {row.text: row.text for row in rows})  # noqa: E731
    record = execute(RunSpec(TaskSource(str(path), train=str(path)), "majority", n=99), store, loader=loader).record
    content = predictions_for_spreadsheets(score_run(store, record.run_id))
    assert content.startswith(b"\xef\xbb\xbf")
    cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) for cell in row]
    assert not [cell for cell in cells if cell in FORMULAS]
    assert {f"'{start}" for start in FORMULAS} | {*starts[len(FORMULAS) :]} <= set(cells)


@pytest.mark.parametrize(
    "pair",
    [
        ("Card Arrival", "card_arrival"),
        ("straße", "strasse"),
        ("caf\u00e9", "cafe\u0301"),
        ("a-b", "a  b"),
        ("x", "x."),
    ],
)
def test_labels_that_read_the_same_are_refused_with_both_names(tmp_path, pair):
    """F29. Red without the look at normal forms: one of them could never be answered."""
    path = write_csv(tmp_path / "same.csv", [Example("a", pair[0]), Example("b", pair[1])])
    with pytest.raises(DataError) as caught:
        load_task(TaskSource(str(path)))
    assert repr(pair[0]) in str(caught.value)
    assert repr(pair[1]) in str(caught.value)


def run_on(store, rows, answers=None, train=None, labels=None, tmp_path=None):
    path = write_csv(tmp_path / "t.csv", rows)
    train_path = write_csv(tmp_path / "train.csv", train or rows)
    label_path = ""
    if labels is not None:
        label_path = tmp_path / "labels.json"
        label_path.write_text(json.dumps(labels), encoding="utf-8")
    loader = lambda handle, on_phase: Toy(handle.identity, answers or {})  # noqa: E731
    source = TaskSource(str(path), train=str(train_path), labels=str(label_path))
    return score_run(store, execute(RunSpec(source, "majority", n=10_000), store, loader=loader).record.run_id)


def test_no_label_at_all_is_refused(tmp_path):
    """F29. Red if an empty label were a label."""
    with pytest.raises(DataError, match="the label is empty"):
        load_task(TaskSource(str(write_csv(tmp_path / "a.csv", [Example("a", " ")]))))
    with pytest.raises(DataError, match="there are no labels"):
        make_task("x", (), (), [], "")
    (tmp_path / "labels.txt").write_text("\n \n", encoding="utf-8")
    with pytest.raises(DataError):
        load_task(
            TaskSource(str(write_csv(tmp_path / "b.csv", [Example("a", "x")])), labels=str(tmp_path / "labels.txt"))
        )


def test_one_label_is_scored_and_said_to_be_one(tmp_path, store):
    """F29. Red with a division by the number of confusions, or by entropy."""
    scored = run_on(store, [Example(f"t{i}", "red") for i in range(5)], tmp_path=tmp_path)
    assert (scored.scores.accuracy, scored.scores.labels_total) == (1, 1)
    assert report_as_text(scored, findings_of(store, scored))


def test_a_thousand_labels_are_scored(tmp_path, store):
    """F29. Red with a matrix of Python objects: seconds."""
    rows = [Example(f"text {i}", f"label_{i}") for i in range(1000)]
    scored = run_on(store, rows, {row.text: row.label for row in rows}, tmp_path=tmp_path)
    assert (scored.scores.accuracy, scored.scores.labels_present) == (1, 1000)
    assert findings_of(store, scored) is not None


def test_a_label_that_does_not_occur_is_absent_and_costs_the_present_ones_nothing(tmp_path, store):
    """F29. Red with an absent label averaged as 0 into the score over the labels present."""
    rows = [Example("a", "red"), Example("b", "blue")]
    scored = run_on(store, rows, {"a": "red", "b": "blue"}, labels=["red", "blue", "green"], tmp_path=tmp_path)
    assert (scored.scores.macro_f1_present, scored.scores.labels_present) == (1, 2)
    assert scored.scores.macro_f1_all == pytest.approx(2 / 3) == scored.scores.macro_f1_ceiling


def test_a_label_that_is_not_on_the_list_is_refused(tmp_path, store):
    """F29. Red with labels added as they come."""
    with pytest.raises(DataError, match="'blue'"):
        run_on(store, [Example("a", "red"), Example("b", "blue")], labels=["red"], tmp_path=tmp_path)


def test_a_text_with_two_labels_is_asked_once_and_is_right_once(tmp_path, store):
    """F29. Red with examples keyed by their text: one of the two was lost."""
    scored = run_on(store, [Example("same", "red"), Example("same", "blue")], {"same": "red"}, tmp_path=tmp_path)
    assert [answer.outcome for answer in sorted(scored.answers, key=lambda a: a.example.label)] == ["wrong", "right"]
    assert scored.record.predicted == 1


@pytest.mark.parametrize("separator", ["\u2028", "\x0b", "\x1c", "\x85"])
def test_a_label_list_breaks_at_ends_of_lines_only(tmp_path, separator):
    """F28. Red with splitlines(), which breaks at eight more characters."""
    (tmp_path / "labels.txt").write_bytes(f"a{separator}b\nc\r\nd\re".encode())
    assert read_label_list(tmp_path / "labels.txt").labels == [f"a{separator}b", "c", "d", "e"]


@needs_banking77
def test_banking77_is_what_it_is():
    """F30. Red with texts stripped, or lines counted for rows."""
    with (BANKING77 / "test.csv").open(encoding="utf-8", newline="") as stream:
        plain = [(row["text"], row["category"]) for row in csv.DictReader(stream)]
    task = load_task(TaskSource(str(BANKING77)))
    assert [(example.text, example.label) for example in task.test] == plain
    texts = [example.text for example in task.test]
    assert (len(texts), len(task.labels), len({e.label for e in task.test})) == (3080, 77, 77)
    assert sum("\n" in text for text in texts) == 3
    assert sum(text != text.strip() for text in texts) == 3
    assert sum(not text.isascii() for text in texts) == 9
    assert set(Counter(example.label for example in task.test).values()) == {40}
    assert len({e.label for e in draw_sample(task, 400, "first")}) == 10


NAMES = (
    "../../x.csv",
    "..\\..\\x.csv",
    "a.csv\0.exe",
    "CON",
    "a" * 10_000,
    "a" * 10_000 + ".csv",
    "",
    ".",
    "x.csv/",
    "\ud800.csv",
)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name[:12]))
def test_the_name_of_an_upload_never_becomes_a_path(tmp_path, store, monkeypatch, name):
    """F44. Red with a name that is joined to a folder."""
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setattr("builtins.open", lambda *a, **k: pytest.fail("a file was opened"))
    said = ""
    try:
        record = import_bytes(name, b"label,prediction\nx,x\n", store)
        shown = record.task_name + record.origin
    except DataError as error:
        shown = error.where
        said = str(error)
    assert not set("/\\\0") & set(shown)
    assert len(shown) <= 160
    assert len(said) < 300
    (shown + said).encode()
    monkeypatch.undo()
    after = {path for path in tmp_path.rglob("*") if store.folder not in path.parents}
    assert after == {path for path in before if store.folder not in path.parents}


def test_an_archive_named_csv_is_refused(store):
    """F44. Red with a format that is guessed by name alone and text that is decoded with errors ignored."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("x.csv", "label,prediction\nx,x\n")
    with pytest.raises(DataError, match=r"archive.*Unpack it"):
        import_bytes("x.csv", stream.getvalue(), store)
    assert store.runs() == []


@pytest.mark.parametrize("name", ["~nobody-of-this-name/x", "a" * 10_000, "a\0b", "\ud800", "/dev/zero", "/", "../.."])
def test_a_name_that_cannot_be_a_path_is_said_to_be_none(store, name):
    """F44. Red with Path.exists alone: too long a name was an OSError, an unknown home a RuntimeError."""
    for ask in (
        lambda: load_task(TaskSource(name)),
        lambda: locate(name, store),
        lambda: load_task(TaskSource(str(BANKING77), train=name)),
    ):
        with pytest.raises(BlindspotError) as caught:
            ask()
        str(caught.value).encode()


def test_a_device_or_a_pipe_is_no_data_file(tmp_path):
    """F44. Red with whatever is there read to its end: /dev/zero has none."""
    (tmp_path / "a.csv").symlink_to("/dev/zero")
    with pytest.raises(DataError, match="not a plain file"):
        read_table(tmp_path / "a.csv")


def test_what_steers_a_terminal_is_not_printed(tmp_path, store):
    """F28. Red with labels printed as they are: an escape sequence can rename the window, or write over lines."""
    rows = [Example("a", "\x1b]0;owned\x07red"), Example("b", "\x1b[2Jblue")]
    path = write_csv(tmp_path / "steer.csv", rows)
    done = evalcore("run", "--task", path, "--train", path, "--model", "majority", cache=store.folder)
    assert "owned" in done.stdout
    assert "\x1b" not in done.stdout
    assert "\x1b" not in str(DataError("\x1b[2J", where="\x1b"))


def test_completions_with_odd_characters_are_kept_as_they_came(store):
    """F28. Red with text compared or measured in SQL, where 'a\\0b' has length 1."""
    odd = [Completion(text) for text in ("a\0b", "\r\n", "\u202e", "😀", " ", "'; drop table runs; --")]
    keys = [bytes([i]) * 32 for i in range(len(odd))]
    put(store, list(zip(keys, odd, strict=True)))
    assert [store.completions([key])[key] for key in keys] == odd
