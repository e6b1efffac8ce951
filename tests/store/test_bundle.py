"""Runs as one file: what is in it, and that another store holds the same when it has read it."""

import gzip
import json
import math
import time
from dataclasses import replace

import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.errors import StoreError
from evalcore.output.report import findings_of, report_as_json
from evalcore.running.run import execute
from evalcore.store import migrations
from evalcore.store.bundle import BUNDLE_ENDING, MAX_LINE_BYTES, bundle_pieces, damaged_runs, is_bundle
from evalcore.store.catalog import RunCatalog
from evalcore.store.database import Store
from evalcore.store.label_reference import LabelReference
from evalcore.store.spec import RunSpec
from evalcore.store.usage import Usage
from evalcore.tasks.prompt import custom_prompt
from evalcore.tasks.task import TaskSource
from tests.conftest import ROOT, Toy
from tests.tools.bundles import ODD, bundle, contents, lines_of, merged, put_run
from tests.tools.old_caches import old_cache
from tests.tools.runs import stored


@pytest.fixture
def every_kind(store, colours):
    """A store of runs of many kinds, finished and not, with names, a note, a pin and a custom prompt."""
    own = custom_prompt("my prompt", "Choose one of {labels}.", "«{text}»")
    store.save_prompt(own)
    scores = b"\0\0\x80\xbf\0\0\xc0\x7f"  # -1 and NaN
    put_run(store, {"predictor": "transformers", "model": "1" * 64}, prompt=own, spec=RunSpec(prompt="my prompt"))
    put_run(
        store,
        {"predictor": "transformers", "model": "2" * 64, "decoding": "choose-calibrated"},
        spec=RunSpec(decoding="choose-calibrated"),
        reference=LabelReference((1, 3), {"N/A": (-1.5, -0.1), "": (-math.pi, -2.0)}),
        scores=scores,
    )
    put_run(store, {"predictor": "server", "url": "http://gpu:8000/v1"}, spec=RunSpec(model="http://gpu:8000/v1#m"),
            usage=Usage(6, 9 * 10**9, 0, 12))  # fmt: skip
    put_run(store, {"predictor": "transformers", "model": "3" * 64}, done=2)
    put_run(store, {"predictor": "transformers", "model": "4" * 64}, done=0)
    stored(store, ["x", "y"], ["x", "Label: y"])
    for model in ("tfidf", "majority"):
        execute(RunSpec(TaskSource(str(colours)), model, n=100), store)
    catalog = RunCatalog(store)
    catalog.write(store.runs()[0].run_id, name="best", note="first line\n\nsecond *line*")
    catalog.pin(store.runs()[1].run_id)
    return store


def test_a_store_that_read_a_bundle_holds_what_the_other_did(every_kind, tmp_path):
    other = Store(tmp_path / "other")
    found = merged(other, bundle(every_kind))
    here, there = contents(every_kind), contents(other)
    changed = {table: {row[:3] for row in here.pop(table)} for table in ("prompts",)}
    assert {row[:3] for row in there.pop("prompts")} == changed["prompts"]  # without the time of the last change
    assert there == here
    assert (found.runs, found.completions) == (8, len(here["completions"]))
    assert found.sentence == f"8 new runs, {found.completions} new completions, 1 new prompt."


def test_its_reports_are_the_same_to_the_last_digit(every_kind, tmp_path):
    other = Store(tmp_path / "other")
    merged(other, bundle(every_kind))

    def reports(store):
        scored = [score_run(store, record.run_id) for record in store.runs()]
        return [json.dumps(report_as_json(one, findings_of(store, one))) for one in scored if len(one.answers)]

    assert reports(other) == reports(every_kind)
    assert len(reports(other)) == 7


def test_a_spec_finds_its_run_there(every_kind, colours, tmp_path):
    """Also the one that asks for more examples than there are."""
    other = Store(tmp_path / "other")
    merged(other, bundle(every_kind))
    asked = RunSpec(TaskSource(str(colours)), "majority", prompt="none", n=100)
    assert [record.run_id for record in other.runs_for(asked)] == [r.run_id for r in every_kind.runs_for(asked)] != []
    assert len(other.runs_for(replace(asked, n=40))) == 1


def test_an_unfinished_run_is_continued_where_it_was_left(store, colours, tmp_path):
    """Red with completions of unfinished runs left out, or under other keys."""
    spec = RunSpec(TaskSource(str(colours)), "tfidf", n=40)

    class Stops(Toy):
        def predict(self, prompts):
            if self.batches == 3:
                raise KeyboardInterrupt
            return super().predict(prompts)

    with pytest.raises(KeyboardInterrupt):
        execute(spec, store, loader=lambda handle, on_phase: Stops(handle.identity, {}))
    other, toys = Store(tmp_path / "other"), []
    merged(other, bundle(store))

    def load(handle, on_phase):
        toys.append(Toy(handle.identity, {}))
        return toys[-1]

    outcome = execute(spec, other, loader=load)
    assert (outcome.from_cache, outcome.predicted_now, len(toys[0].asked)) == (12, 28, 28)
    assert outcome.record.predicted == 40


@pytest.mark.parametrize("number", [2, 3])
def test_the_runs_of_an_older_cache_can_be_taken_away(number, tmp_path):
    old, new = Store(old_cache(tmp_path / "old", number)), Store(tmp_path / "new")
    assert damaged_runs(old, old.runs()) == {}
    merged(new, bundle(old))
    assert new.runs() == old.runs()
    assert RunCatalog(new).annotations() == RunCatalog(old).annotations()


def test_runs_that_cannot_be_shown_cannot_be_taken_away_and_are_named(tmp_path, every_kind):
    """Red with the examples of a sample looked at for its first run only. Format 1 hashed samples in another way."""
    old = Store(old_cache(tmp_path / "old", 1))
    damaged = damaged_runs(old, old.runs())
    assert damaged.keys() == {record.run_id for record in old.runs()}
    assert "Run it again" in str(damaged[old.runs()[0].run_id])
    with every_kind.connect(write=True) as db:
        broken, short = (record.run_id for record in every_kind.runs()[:2])
        db.execute("""UPDATE runs SET identity = '{"predictor": "other"}' WHERE run_id = ?""", (broken,))
        db.execute("DELETE FROM run_items WHERE run_id = ? AND position = 1", (short,))
    assert damaged_runs(every_kind, every_kind.runs()).keys() == {broken, short}
    for run in (broken, short):
        with pytest.raises(StoreError, match=f"run {run}"):
            bundle(every_kind, run)


def test_a_damaged_completion_is_left_out_and_asked_for_again(store, tmp_path):
    run = put_run(store, {"predictor": "transformers"})
    with store.connect(write=True) as db:
        db.execute("UPDATE completions SET text = 'flipped' WHERE key = (SELECT min(key) FROM completions)")
    other = Store(tmp_path / "other")
    assert merged(other, bundle(store)).completions == len(ODD) - 1
    assert other.count_done(run) == len(ODD) - 1


def test_what_it_says_of_itself(every_kind):
    """Red with a new field of a run that a bundle has no place for."""
    lines = lines_of(bundle(every_kind))
    assert lines[0] | {"created": 0} == {
        "format": "blindspot-bundle", "version": 1, "store_format": migrations.current_format(), "created": 0,
        "runs": 8,
    }  # fmt: skip
    assert abs(lines[0]["created"] - time.time()) < 60
    assert lines[-1]["counts"]["run"] == 8
    documented = (ROOT / "docs" / "bundle.md").read_text(encoding="utf-8")
    assert [name for line in lines for name in line if f"`{name}`" not in documented and name != "kind"] == []
    assert {line["kind"] for line in lines[1:]} == {"prompt", "run", "example", "item", "completion", "end"}


def test_one_run_takes_nothing_of_others_along(every_kind):
    run = next(record for record in every_kind.runs() if record.spec.model == "majority")
    lines = lines_of(bundle(every_kind, run.run_id, run.run_id))
    assert lines[-1]["counts"] == {"run": 1, "example": 40, "item": 40, "completion": 40}


def test_a_run_that_is_being_predicted_goes_on_while_a_bundle_is_written(store, monkeypatch):
    """Red with a cursor, or a transaction, that stays open from block to block."""
    run = put_run(store, {"predictor": "transformers"}, texts=[f"text {at}" for at in range(1500)])
    monkeypatch.setattr("evalcore.store.sqlite_errors.BUSY_TIMEOUT_S", 0.0)
    monkeypatch.setattr("evalcore.store.bundle._LEVEL", 0)  # pieces come as soon as they are read
    pieces = 0
    for _ in bundle_pieces(store, [run]):
        store.put_batch(run, [], 0.5)
        pieces += 1
    assert pieces > 3


def test_a_row_that_no_reader_would_take_is_refused_by_the_writer(store, monkeypatch):
    run = put_run(store, {"predictor": "transformers"}, texts=["x" * 100_000])
    monkeypatch.setattr("evalcore.store.bundle.MAX_LINE_BYTES", 99_999)
    with pytest.raises(StoreError, match=r"one example takes 100\.1 KB, and a line of a bundle 100\.0 KB at most"):
        bundle(store, run)
    monkeypatch.setattr("evalcore.store.bundle.MAX_LINE_BYTES", MAX_LINE_BYTES)
    monkeypatch.setattr("evalcore.store.bundle.MAX_BYTES", 150_000)
    with pytest.raises(StoreError, match="Write fewer runs into one"):
        bundle(store, run)


def test_a_bundle_is_known_by_its_content_or_its_name(tmp_path):
    for name, content, expected in (
        ("a.csv", gzip.compress(b"x"), True), (f"a{BUNDLE_ENDING}", b"", True), ("a.csv", b"text,label", False),
        ("a.gz", b"", False),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(content)
        assert is_bundle(tmp_path / name) is expected
    assert not is_bundle(tmp_path / "missing.csv")


def test_there_is_no_run_of_that_name(store):
    with pytest.raises(StoreError, match="no such run"):
        bundle(store, "0123456789ab")
