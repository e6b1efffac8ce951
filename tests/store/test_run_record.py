import json
import sqlite3
from dataclasses import fields, replace

import pytest

from evalcore.errors import StoreError
from evalcore.store.run_record import RUN_COLUMNS, RunRecord, record_of, row_of
from evalcore.store.spec import RunSpec
from evalcore.tasks.prompt import Prompt
from evalcore.tasks.task import TaskSource
from tests.tools.runs import stored

RECORD = RunRecord(
    "abc", RunSpec(TaskSource("x.csv"), "m", n=3), "x", "x.csv", ("a", "b"), ("b", "a"),
    Prompt("p", "s", "{text}", "numbered", 2, 7), {"predictor": "m", "batch_size": 3}, "sample", 3, 9, 1.5, None, 2.5,
    3.5, 4, {"device": "CPU"},
)  # fmt: skip


def row_with(**changes):
    return [changes.get(name, value) for name, value in zip(RUN_COLUMNS, row_of(RECORD), strict=True)]


def test_a_record_comes_back_from_its_row():
    assert record_of(row_of(RECORD)) == RECORD


def test_every_field_but_one_is_called_like_its_column():
    names = [field.name for field in fields(RunRecord)]
    assert [pair for pair in zip(names, RUN_COLUMNS, strict=True) if pair[0] != pair[1]] == [("metadata", "facts")]


def test_a_prompt_is_written_by_name_and_read_by_position_as_well():
    by_name = dict(zip(RUN_COLUMNS, row_of(RECORD), strict=True))["prompt"]
    assert json.loads(by_name)["shots"] == 2
    assert record_of(row_with(prompt='["p", "s", "{text}", "numbered", 2, 7]')) == RECORD


def test_a_prompt_without_a_newer_field_has_its_default():
    by_name = '{"name": "p", "system": "s", "user": "{text}"}'
    assert record_of(row_with(prompt=by_name)).prompt == Prompt("p", "s", "{text}")


@pytest.mark.parametrize(
    ("column", "value"),
    [("spec", '{"task": {}, "labels_from": 1}'), ("spec", '{"task": {"labels_from": 1}}'),
     ("prompt", '{"name": "p", "system": "s", "user": "u", "labels_from": 1}')],
)  # fmt: skip
def test_what_a_newer_version_wrote_is_said_and_costs_no_other_run(store, column, value):
    with pytest.raises(StoreError, match=r"run abc: .*'labels_from', which this version does not know"):
        record_of(row_with(**{column: value}))
    newer, other = stored(store, ["a"], ["a"], name="t.csv"), stored(store, ["a"], ["b"], name="u.csv")
    with sqlite3.connect(store.path) as db:
        db.execute(f"UPDATE runs SET {column} = ? WHERE run_id = ?", (value, newer.run_id))
    assert [record.run_id for record in store.runs()] == [other.run_id]
    assert "a newer one wrote it" in store.notice


@pytest.mark.parametrize(
    "change",
    [{"spec": "{"}, {"spec": "[1]"}, {"spec": '["task"]'}, {"prompt": "7"}, {"prompt": '["p"]'}, {"prompt": "{}"},
     {"labels": "5"}, {"n": "x"}, {"created": None}, {"task_name": "\udcff"}],
)  # fmt: skip
def test_a_damaged_row_is_said_to_be_damaged(change):
    with pytest.raises(StoreError, match="run abc: this run is damaged in the cache"):
        record_of(row_with(**change))


def test_the_totals_of_a_run_stay_when_it_is_stored_again(store):
    record = stored(store, ["a"], ["a"])
    with store.connect(write=True) as db:
        db.execute("UPDATE runs SET seconds = 9, predicted = 4, prompt = 'damaged'")
    store.put_run(replace(record, seconds=1.0), *store.first_items(record.run_id, 1), [])
    again = store.run(record.run_id)
    assert (again.seconds, again.predicted, again.prompt) == (9.0, 4, record.prompt)
