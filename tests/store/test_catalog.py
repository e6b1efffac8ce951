"""Names, notes, the pinned baseline, and deletion that leaves what others need."""

from dataclasses import replace

import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.errors import StoreError
from evalcore.importing.predictions import import_table
from evalcore.running.run import execute
from evalcore.store.catalog import (
    SHORT_TITLE,
    RunAnnotation,
    RunCatalog,
    distinct_titles,
    distinguishing_titles,
    run_title,
)
from evalcore.store.jobs import Jobs
from evalcore.store.spec import RunSpec
from evalcore.tasks.table import Table
from evalcore.tasks.task import TaskSource
from tests.tools.runs import stored


def majority(colours, n):
    return RunSpec(TaskSource(str(colours)), "majority", n=n)


def rows(store, table):
    with store.connect() as db:
        return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_a_name_and_a_note_are_kept_changed_and_taken_off(store):
    run_id = stored(store, ["a"], ["a"]).run_id
    catalog = RunCatalog(store)
    assert catalog.annotations() == {}
    catalog.write(run_id, name="  my  run ", note="why\nnot")
    assert catalog.annotations()[run_id] == RunAnnotation("my run", "why\nnot")
    catalog.write(run_id, name="", note="")
    assert catalog.annotations()[run_id] == RunAnnotation()


def test_too_long_a_name_is_refused(store):
    run_id = stored(store, ["a"], ["a"]).run_id
    with pytest.raises(StoreError, match="61 characters"):
        RunCatalog(store).write(run_id, name="x" * 61, note="")


def test_one_run_of_a_task_is_its_baseline(store):
    one, two = (stored(store, ["a"], [answer], name="t.csv").run_id for answer in "ab")
    other = stored(store, ["a"], ["c"], name="u.csv").run_id
    catalog = RunCatalog(store)
    for run_id in (one, other, two):
        catalog.pin(run_id)
    assert (catalog.pinned_for("t.csv"), catalog.pinned_for("u.csv")) == (two, other)
    catalog.pin(two, False)
    assert catalog.pinned_for("t.csv") is None


def test_deleting_leaves_completions_that_another_run_needs(store, colours):
    small, large = (execute(majority(colours, n), store).record for n in (10, 30))
    before = rows(store, "completions")
    deleted = RunCatalog(store).delete(large.run_id)
    assert (deleted.completions, deleted.kept) == (20, 10)
    assert rows(store, "completions") == before - 20
    assert store.count_done(small.run_id) == 10
    assert [record.run_id for record in store.runs()] == [small.run_id]
    RunCatalog(store).delete(small.run_id)
    assert [rows(store, table) for table in ("completions", "runs", "run_items", "sample_items", "run_marks")] == [
        0
    ] * 5


def test_deleting_leaves_examples_that_another_run_needs(store):
    one, two = (stored(store, ["a", "b"], answers) for answers in (["a", "a"], ["b", "b"]))
    assert one.sample_id == two.sample_id
    RunCatalog(store).delete(one.run_id)
    assert [answer.example.label for answer in score_run(store, two.run_id).answers] == ["a", "b"]


def test_a_deletion_gives_the_space_back(store):
    run_id = stored(store, ["a"] * 500, ["x" * 2000 + str(i) for i in range(500)]).run_id
    catalog = RunCatalog(store)
    before = catalog.disk_used()
    assert catalog.sizes()[run_id] > 1_000_000
    catalog.delete(run_id)
    assert catalog.disk_used() < before - 1_000_000


def test_a_run_at_work_is_not_deleted(store, colours):
    record = execute(majority(colours, 10), store).record
    job = Jobs(store).enqueue("run", record.spec.to_json())
    with pytest.raises(StoreError, match="Stop it first"):
        RunCatalog(store).delete(record.run_id)
    Jobs(store).stop(job)
    RunCatalog(store).delete(record.run_id)


@pytest.mark.parametrize("do", ["delete", "pin"])
def test_a_run_that_does_not_exist_is_said_not_to(store, do):
    with pytest.raises(StoreError, match="no such run"):
        getattr(RunCatalog(store), do)("../../x")


def test_a_runs_title_has_its_name_and_what_it_is(store, colours):
    record = execute(majority(colours, 10), store).record
    assert run_title(record) == "majority · colours · 10 stratified"
    assert run_title(record, RunAnnotation("first try")) == "first try · majority · colours · 10 stratified"


def test_a_runs_title_says_the_settings_that_are_not_the_default(store, colours):
    record = execute(majority(colours, 10), store).record
    other = replace(record, spec=replace(record.spec, decoding="as-shipped", engine="loop"))
    assert run_title(other) == "majority · as shipped · loop · colours · 10 stratified"


def test_a_short_title_says_what_is_not_the_default_as_far_as_it_fits_and_the_accuracy(store, colours):
    record = execute(majority(colours, 10), store).record
    assert distinct_titles([record]) == {record.run_id: "majority, colours, 10"}
    assert distinct_titles([record], accuracies={record.run_id: 0.0125}) == {record.run_id: "majority, colours · 1.2 %"}
    usual = replace(record, task_name="demo", n=RunSpec().n)
    assert distinct_titles([usual], accuracies={record.run_id: 1.0}) == {record.run_id: "majority · 100.0 %"}
    prompted = replace(usual, spec=replace(record.spec, model="demo"), identity={"predictor": "local"})
    assert distinct_titles([prompted]) == {record.run_id: f"demo, {record.prompt.name}"}
    named = distinct_titles([record], {record.run_id: RunAnnotation("first try")}, {record.run_id: 0.5})
    assert named == {record.run_id: "first try · 50.0 %"}


def test_a_title_of_imported_answers_says_once_what_their_file_is_called(store):
    table = Table("a.csv", ["label", "prediction"], [["x", "x"]], [2])
    record = import_table(table, "a.csv", store)
    assert run_title(record) == "a.csv · 1"
    assert distinct_titles([record]) == {record.run_id: "a.csv, 1"}


def test_a_short_title_that_is_too_long_loses_its_middle_and_keeps_the_accuracy(store, colours):
    record = execute(majority(colours, 10), store).record
    named = distinct_titles([record], {record.run_id: RunAnnotation("x" * 30 + "y" * 30)}, {record.run_id: 0.5})
    (title,) = named.values()
    assert len(title) == SHORT_TITLE
    assert title.startswith("xxxxx")
    assert title.endswith("yyy · 50.0 %")


def test_runs_with_equal_titles_are_told_apart_by_their_ids(store, colours):
    record = execute(majority(colours, 10), store).record
    records = [record, replace(record, run_id="0123456789ab")]
    assert run_title(records[0]) == run_title(records[1])
    titles = distinct_titles(records)
    assert all(title.startswith("majority") and title.endswith(f" · {run_id[:6]}") for run_id, title in titles.items())
    long = distinct_titles(records, {one.run_id: RunAnnotation("x" * 60) for one in records})
    assert {len(title) for title in long.values()} == {SHORT_TITLE}
    assert len(set(long.values())) == 2


def test_a_few_runs_are_named_by_what_differs_between_them(store, colours):
    record = execute(majority(colours, 10), store).record
    other = replace(record, spec=replace(record.spec, model="tfidf"))
    assert distinguishing_titles([record, other]) == ["majority", "tfidf"]
    assert distinguishing_titles([record, record]) == ["1. majority", "2. majority"]
