"""A run as files: what is in them, from the command line and from the page."""

import json

import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.output.export import export_run
from evalcore.output.own_format import run_json
from evalcore.output.run_tables import COLUMNS
from evalcore.running.run import execute
from evalcore.store.spec import RunSpec
from evalcore.tasks.data_file import read_table
from evalcore.tasks.task import TaskSource
from tests.conftest import Toy
from tests.tools.command_line import evalcore
from tests.tools.exported import predictions_csv, predictions_jsonl

ANSWERS = {"red thing 0": "Label: red.", "red thing 1": "red or blue", "green thing 0": ""}


@pytest.fixture
def record(store, colours):
    loader = lambda handle, on_phase: Toy(handle.identity, ANSWERS)  # noqa: E731
    return execute(RunSpec(TaskSource(str(colours)), "tfidf", n=40), store, loader=loader).record


def test_a_row_says_what_was_asked_answered_and_made_of_it(store, record, tmp_path):
    (tmp_path / "p.csv").write_bytes(predictions_csv(score_run(store, record.run_id)))
    table = read_table(tmp_path / "p.csv")
    assert tuple(table.columns) == COLUMNS
    rows = {row[1]: dict(zip(COLUMNS, row, strict=True)) for row in table.rows}
    assert len(rows) == 40
    first = rows["red thing 0"]
    assert (first["completion"], first["predicted"], first["match"]) == ("Label: red.", "red", "extracted")
    assert (first["outcome"], first["stop"], first["prompt_tokens"], first["generated_tokens"]) == (
        "right",
        "eos",
        "7",
        "2",
    )
    assert (rows["red thing 1"]["predicted"], rows["red thing 1"]["match"]) == ("", "ambiguous")


def test_strict_and_lenient_are_exported_as_they_read(store, record):
    strict, lenient = (predictions_csv(score_run(store, record.run_id, scoring)) for scoring in ("strict", "lenient"))
    assert strict.count(b'"unparsed"') == lenient.count(b'"unparsed"') + 1


def test_json_lines_hold_tokens_and_null_where_nothing_was_understood(store, record):
    rows = [json.loads(line) for line in predictions_jsonl(score_run(store, record.run_id)).splitlines()]
    by_text = {row["text"]: row for row in rows}
    assert by_text["red thing 1"]["predicted"] is None
    assert (by_text["red thing 0"]["token_ids"], by_text["red thing 0"]["latency_ms"]) == ([1, 2], 1.5)
    assert [row["position"] for row in rows] == list(range(40))


def test_the_report_says_what_decided_the_run(store, record):
    content = json.loads(run_json(store, score_run(store, record.run_id)))
    assert RunSpec.from_json(json.dumps(content["run"]["spec"])) == record.spec
    assert content["run"]["identity"] == record.identity
    assert content["report"]["accuracy"] == score_run(store, record.run_id).scores.accuracy


def test_the_command_line_writes_the_same_files(store, record, tmp_path):
    done = evalcore("export", record.run_id, "--out", tmp_path / "new" / "out", "--json", cache=store.folder)
    written = {path.rpartition("/")[2] for path in json.loads(done.stdout)}
    assert written == {path.name for path in (tmp_path / "new" / "out").iterdir()}
    here = export_run(store, score_run(store, record.run_id), tmp_path / "here")
    for path in here:
        assert path.read_bytes() == (tmp_path / "new" / "out" / path.name).read_bytes()


def test_a_folder_that_cannot_be_made_is_said_in_one_line(store, record, tmp_path):
    (tmp_path / "file").write_text("")
    done = evalcore("export", record.run_id, "--out", tmp_path / "file", cache=store.folder, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1
