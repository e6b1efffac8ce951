"""Names, notes, the pinned baseline, and deletion that leaves what others need."""

import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.errors import StoreError
from evalcore.running.run import execute
from evalcore.store.catalog import RunAnnotation, RunCatalog, title_of
from evalcore.store.jobs import Jobs
from evalcore.store.spec import RunSpec
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
    assert title_of(record, None) == "majority · colours · 10 stratified"
    assert title_of(record, RunAnnotation("first try")) == "first try (majority · colours · 10 stratified)"
