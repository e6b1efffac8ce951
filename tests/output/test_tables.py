"""Tables of a run, a comparison and several runs: each comes back from each kind of file as it was."""

import csv
import io
import json
import math
import zipfile
from dataclasses import replace

import numpy as np
import pyarrow.parquet
import pytest

from evalcore.analysis.class_table import class_table
from evalcore.analysis.compared_calibration import compared_probabilities
from evalcore.analysis.comparison import compare
from evalcore.analysis.scored_run import score_run
from evalcore.analysis.sweep import gather
from evalcore.errors import DataError
from evalcore.output import table_writers
from evalcore.output.compared_tables import comparison_tables, sweep_tables
from evalcore.output.export import export_tables, zipped
from evalcore.output.formats import table_files
from evalcore.output.report import findings_of, report_as_json, sure_of
from evalcore.output.run_tables import run_tables
from evalcore.output.table_writers import WRITERS, as_csv, as_json_lines, as_parquet, for_spreadsheets
from evalcore.output.tables import Column, ResultTable
from evalcore.store.database import Store
from tests.tools.bundles import put_run
from tests.tools.command_line import evalcore
from tests.tools.generated import imported
from tests.tools.probabilities import over_confident, with_probabilities

ODD = ("=1+1", "a,b", 'he said "no"', "a\r\nb", "\u2028", "日本語", "'", "", " ", "\t@x", "null", "NaN")
KINDS = ("text", "integer", "number", "flag", "texts", "integers")
ROWS = [
    *((text, 1, 0.1, True, [text, ""], [1, -1]) for text in ODD),
    (None, None, None, None, None, None),
    ("", 2**62, 1e-320, False, [], []),
    ("x", -5, 1 / 3, True, ["x"], [2**62]),
    ("y", 0, -0.0, False, list(ODD), [0]),
    ("z", 7, math.nan, True, [], []),
    ("z", 7, -math.inf, True, [], []),
]
ODD_TABLE = ResultTable("odd", tuple(Column(f"a {kind}", kind) for kind in KINDS), lambda: [ROWS[:5], [], ROWS[5:]])


@pytest.fixture(scope="module")
def module_store(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("tables") / "cache")


@pytest.fixture(scope="module")
def runs(module_store):
    """Two runs on the same examples, with probabilities of which some are not known, some answers unparsed."""
    rng = np.random.default_rng(1)
    labels = ["a", "b", "=c", "d e"]
    gold = [labels[code] for code in rng.integers(0, 3, size=60)]
    scored = []
    for seed in (1, 2, 3):
        shares = np.random.default_rng(seed).dirichlet(np.ones(4), size=60)
        shares[seed] = np.nan
        shares[10 + seed, 2] = np.nan
        known = np.nan_to_num(shares, nan=-1).argmax(axis=1)
        answers = [labels[code] if at % 9 else "no idea" for at, code in enumerate(known)]
        texts = [f"{ODD[at % len(ODD)]} {at}" for at in range(60)]
        scored.append(with_probabilities(module_store, labels, gold, shares, answers, texts=texts, name=f"{seed}.csv"))
    return scored


@pytest.fixture(scope="module")
def all_tables(runs):
    a, b, c = runs
    sure = sure_of(a)
    comparison = compare(a, b)
    return {
        **{f"run {t.name}": t for t in run_tables(a, lambda: findings_of(a.answers.store, a), sure, all_labels=True)},
        **{f"pair {t.name}": t for t in comparison_tables(comparison, compared_probabilities(comparison))},
        **{f"several {t.name}": t for t in sweep_tables(gather([a, b, c]))},
        "odd": ODD_TABLE,
    }


NAMES = [
    *(f"run {name}" for name in ("metrics", "labels", "confusions", "findings", "predictions")),
    *(f"pair {name}" for name in ("metrics", "labels", "confusions", "examples")),
    *(f"several {name}" for name in ("runs", "pairs", "examples")),
    "odd",
]


def test_these_are_all_tables(all_tables):
    assert list(all_tables) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_value_is_of_its_columns_kind_and_every_row_is_full(all_tables, name):
    types = {
        "text": str, "integer": int, "number": float | int, "flag": bool, "texts": list, "integers": list,
    }  # fmt: skip
    table = all_tables[name]
    assert len({column.name for column in table.columns}) == len(table.columns)
    assert table.rows()
    for row in table.rows():
        for column, value in zip(table.columns, row, strict=True):
            assert value is None or isinstance(value, types[column.kind]), (column, value)
            assert not (column.kind != "flag" and isinstance(value, bool)), (column, value)
            assert not isinstance(value, float) or math.isfinite(value), (column, value)


@pytest.mark.parametrize("name", NAMES)
def test_parquet_gives_back_every_value_with_its_type(all_tables, name):
    table = all_tables[name]
    read = pyarrow.parquet.read_table(io.BytesIO(b"".join(as_parquet(table))))
    assert read.column_names == [column.name for column in table.columns]
    assert [str(kind) for kind in read.schema.types] == [
        {"text": "string", "integer": "int64", "number": "double", "flag": "bool", "texts": "list<element: string>",
         "integers": "list<element: int64>"}[column.kind]
        for column in table.columns
    ]  # fmt: skip
    rows = list(zip(*(column.to_pylist() for column in read.columns), strict=True))
    assert rows == table.rows()


@pytest.mark.parametrize("name", NAMES)
def test_json_lines_give_back_every_value(all_tables, name):
    table = all_tables[name]
    written = b"".join(as_json_lines(table))
    rows = [json.loads(line) for line in written.splitlines()]
    assert [tuple(of(column, row) for column in table.columns) for row in rows] == table.rows()
    assert written.isascii()


def of(column, row):
    """A column's value in an object: beside the others, or in an object of its own, where one that is not known is left
    out."""
    if not column.inside:
        return row[column.name]
    assert None not in row[column.inside].values()
    return row[column.inside].get(column.key)


@pytest.mark.parametrize("name", NAMES)
def test_csv_gives_back_every_value_but_for_what_is_missing(all_tables, name):
    table = all_tables[name]
    head, *rows = csv.reader(io.StringIO(b"".join(as_csv(table)).decode(), newline=""))
    assert head == [column.name for column in table.columns]
    kinds = [column.kind for column in table.columns]
    read = [tuple(value_of(cell, kind) for cell, kind in zip(row, kinds, strict=True)) for row in rows]
    assert read == [tuple("" if value is None else value for value in row) for row in table.rows()]


def value_of(cell, kind):
    if cell == "" or kind == "text":
        return cell
    if kind == "flag":
        return {"true": True, "false": False}[cell]
    return json.loads(cell) if kind in ("texts", "integers") else int(cell) if kind == "integer" else float(cell)


@pytest.mark.parametrize("name", NAMES)
def test_no_text_is_run_by_a_spreadsheet(all_tables, name):
    """F46. The numbers stay: one may begin with a minus."""
    table = all_tables[name]
    written = b"".join(for_spreadsheets(table))
    assert written.startswith("\ufeff".encode())
    _, *rows = csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""))
    plain = list(csv.reader(io.StringIO(b"".join(as_csv(table)).decode(), newline="")))[1:]
    for row, lossless in zip(rows, plain, strict=True):
        for column, cell, value in zip(table.columns, row, lossless, strict=True):
            if column.kind == "text":
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
                assert cell in (value, f"'{value}")
            else:
                assert cell == value


def test_the_numbers_are_those_of_the_report_and_of_the_pages(runs, all_tables):
    a, report = runs[0], report_as_json(runs[0], [], sure=sure_of(runs[0]))
    metrics = {row[0]: row for row in all_tables["run metrics"].rows()}
    for name, (_, _, value, low, high, _, n) in metrics.items():
        expected = report[name] if not isinstance(report[name], list) else len(report[name])
        assert value == expected, name
        assert n == a.scores.n
        if f"{name}_interval" in report:
            assert [low, high] == report[f"{name}_interval"], name
    assert len(metrics) == 23
    labels = [dict(zip([c.name for c in all_tables["run labels"].columns], row, strict=True))
              for row in all_tables["run labels"].rows()]  # fmt: skip
    for row, listed in zip(labels, report["per_class"], strict=True):
        assert {key: row[key] for key in listed if key in row} == {k: v for k, v in listed.items() if k in row}
        assert [row["f1_low"], row["f1_high"]] == [None if b is None else b for b in listed["f1_interval"]]
    page = class_table(a)
    for column in ("recall", "recall low", "recall high", "precision", "precision low", "precision high", "F1"):
        ours = [row[column.lower().replace(" ", "_")] for row in labels]
        theirs = page[column].tolist()
        assert [None if math.isnan(value) else value for value in theirs] == [
            None if value is None else pytest.approx(100 * value) for value in ours
        ], column
    for name in ("taken_for", "taken_for_it"):
        shown = [f"{row[name]} · {row[f'{name}_count']}" if row[name] else "" for row in labels]
        assert shown == page[name.replace("_", " ")].tolist()
    assert [", ".join(row["standing"]) for row in labels] == page["standing"].tolist()
    pairs = [row for row in all_tables["run confusions"].rows() if row[1] is not None]
    assert [dict(zip(("true", "predicted", "count", "share", "reverse"), row, strict=True)) for row in pairs] == (
        report["confusion_pairs"]
    )


def test_every_example_is_counted_once_in_the_confusions(runs, all_tables):
    """Red without the unparsed answers."""
    wrong = sum(row[2] for row in all_tables["run confusions"].rows())
    assert wrong == runs[0].scores.n - runs[0].scores.correct
    assert sum(row[2] for row in all_tables["run confusions"].rows() if row[1] is None) == runs[0].scores.unparsed > 0


def test_the_examples_of_a_comparison_are_those_of_both_runs(runs, all_tables):
    comparison = compare(*runs[:2])
    rows = all_tables["pair examples"].rows()
    assert [row[2] for row in rows] == [answer.example.text for answer in runs[0].answers]
    groups = [row[-1] for row in rows]
    assert groups.count("fixed") == comparison.counts.fixed
    assert groups.count("broken") == comparison.counts.broken
    for row in rows:
        assert (row[5] == row[3], row[7] == row[3]) == {
            "fixed": (False, True), "broken": (True, False), "both_right": (True, True),
        }.get(row[-1], (False, False))  # fmt: skip


def test_a_table_of_many_rows_has_several_row_groups(monkeypatch):
    monkeypatch.setattr(table_writers, "_ROWS_IN_A_GROUP", 10)
    many = ResultTable("many", (Column("n", "integer"),), lambda: ([(at,) for at in range(7)] for _ in range(9)))
    pieces = list(as_parquet(many))
    file = pyarrow.parquet.ParquetFile(io.BytesIO(b"".join(pieces)))
    assert file.num_row_groups == len([piece for piece in pieces if piece]) - 1 == 5
    assert file.read()["n"].to_pylist() == [*range(7)] * 9


@pytest.mark.parametrize("writer", WRITERS)
def test_a_table_without_rows_names_its_columns(writer):
    empty = ResultTable("empty", (Column("a", "text"), Column("b", "number")), list)
    written = b"".join(WRITERS[writer][1](empty))
    if writer == "parquet":
        assert pyarrow.parquet.read_table(io.BytesIO(written)).column_names == ["a", "b"]
    else:
        assert written.decode("utf-8-sig").strip() == ("" if writer == "jsonl" else '"a","b"')


def test_a_zip_archive_holds_the_files_and_is_the_same_each_time(all_tables):
    files = lambda: table_files([all_tables["odd"]], "jsonl") | {"deep/x.txt": [b"1", b"2"]}  # noqa: E731
    with zipfile.ZipFile(io.BytesIO(zipped(files()))) as archive:
        assert archive.namelist() == ["odd.jsonl", "deep/x.txt"]
        assert archive.read("deep/x.txt") == b"12"
        assert archive.read("odd.jsonl") == b"".join(as_json_lines(ODD_TABLE))
        assert all(info.external_attr >> 16 & 0o400 for info in archive.infolist()), "who unpacks it can read it"
    assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_DEFLATED}
    assert zipped(files()) == zipped(files())


def test_the_command_line_writes_them(module_store, runs, tmp_path):
    a, b, c = (scored.record.run_id for scored in runs)

    def files(*words):
        done = evalcore("export", *words, "--json", cache=module_store.folder)
        return {path.rpartition("/")[2] for path in json.loads(done.stdout)}

    assert files(a, "--out", tmp_path / "run", "--format", "parquet", "jsonl") == {
        f"{name}.{ending}"
        for name in ("metrics", "labels", "confusions", "findings", "predictions")
        for ending in ("parquet", "jsonl")
    }
    assert files(a, b, "--out", tmp_path / "pair") == {
        "metrics.csv", "labels.csv", "confusions.csv", "examples.csv",
    }  # fmt: skip
    assert files(a, b, c, "--out", tmp_path / "several", "--format", "spreadsheets") == {
        "runs-for-spreadsheets.csv", "pairs-for-spreadsheets.csv", "examples-for-spreadsheets.csv",
    }  # fmt: skip
    written = pyarrow.parquet.read_table(tmp_path / "run" / "labels.parquet")
    assert written["label"].to_pylist() == ["a", "b", "=c", "d e"]


@pytest.mark.parametrize("words", [["--format", "own"], ["--probabilities"], ["--format", "csv", "lm-eval"]])
def test_several_runs_are_tables_alone(module_store, runs, tmp_path, words):
    ids = [scored.record.run_id for scored in runs[:2]]
    done = evalcore("export", *ids, "--out", tmp_path / "x", *words, cache=module_store.folder, check=False)
    assert done.returncode == 1
    assert "several runs are written as tables" in done.stderr
    assert not (tmp_path / "x").exists()


def test_tables_into_a_folder_that_cannot_be_written_leave_what_was_there(all_tables, tmp_path):
    """F20, F21. Red with the file written in place."""
    (tmp_path / "odd.csv").write_text("before")

    def failing():
        yield [ROWS[0]]
        raise OSError(28, "No space left on device")

    with pytest.raises(DataError, match="No space left on device"):
        export_tables([replace(ODD_TABLE, pieces=failing)], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["odd.csv"]
    assert (tmp_path / "odd.csv").read_text() == "before"


def test_a_run_without_probabilities_and_one_of_nothing_have_their_tables(module_store):
    scored = score_run(module_store, imported(module_store, 5, 20).run_id)
    names = {row[0] for row in run_tables(scored, list, None)[0].rows()}
    assert "accuracy" in names
    assert "brier" not in names
    nothing = score_run(module_store, put_run(module_store, {"predictor": "demo"}, done=0))
    tables = {table.name: table.rows() for table in run_tables(nothing, list, None)}
    assert (tables["predictions"], tables["confusions"]) == ([], [])
    assert tables["metrics"][0][2:5] == (None, None, None)
    confident = score_run(module_store, over_confident(module_store, 3, 300).run_id)
    metrics = {row[0]: row for row in run_tables(confident, list, sure_of(confident))[0].rows()}
    for name in ("brier", "mean_confidence"):
        assert metrics[name][3] < metrics[name][2] < metrics[name][4]


def test_a_run_that_reads_no_prompt_has_none_in_the_table_of_runs(all_tables):
    table = all_tables["several runs"]
    names = [column.name for column in table.columns]
    for row in table.rows():
        found = dict(zip(names, row, strict=True))
        assert (found["prompt"], found["decoding"], found["sample"]) == (None, None, None)
        assert found["n"] == 60
