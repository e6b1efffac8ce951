"""Two stores become one: nothing twice, nothing lost, each side's notes kept."""

import os
import threading
from dataclasses import replace

import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.errors import DataError, StoreError
from evalcore.running.run import execute
from evalcore.store.catalog import RunCatalog
from evalcore.store.changes import change_counter
from evalcore.store.completion import Completion
from evalcore.store.database import Store
from evalcore.store.label_reference import LabelReference
from evalcore.store.merging import Merged, import_bundle, merged_note
from evalcore.store.spec import RunSpec
from evalcore.store.usage import Usage
from evalcore.tasks.prompt import custom_prompt
from evalcore.tasks.task import TaskSource
from tests.tools.bundles import NAME, ODD, bundle, contents, merged, put_run

IDENTITY = {"predictor": "transformers", "model": "1" * 64}


@pytest.fixture
def rig(tmp_path):
    return Store(tmp_path / "rig")


def test_merging_the_same_again_changes_nothing(store, rig):
    """Red with a row that is written though it is the same: the file's change counter moves."""
    for one in (store, rig):
        RunCatalog(one).write(put_run(one, IDENTITY), name=one.folder.name, note=f"by {one.folder.name}")
    put_run(rig, {"predictor": "server"}, done=3)
    content = bundle(rig)
    assert merged(store, content) == Merged(runs=1, completions=3, known_runs=1, notes=1)
    before, counter = contents(store), change_counter(store)
    again = merged(store, content, "another name.blindspot.gz")
    assert again == Merged(known_runs=2)
    assert again.sentence == "Nothing is new. 2 runs were here already."
    assert contents(store) == before
    assert change_counter(store) == counter


def test_either_order_gives_the_same_runs_and_completions(store, rig):
    put_run(store, IDENTITY)
    put_run(store, {"predictor": "server"}, done=2)
    put_run(rig, {"predictor": "server"}, done=4)
    put_run(rig, {"predictor": "transformers", "model": "2" * 64})
    here, there = bundle(store), bundle(rig)
    merged(store, there)
    merged(rig, here)
    for table in ("completions", "run_items", "sample_items", "resolutions"):
        assert contents(store)[table] == contents(rig)[table]
    assert {record.run_id: record for record in store.runs()} == {record.run_id: record for record in rig.runs()}
    assert {record.predicted for record in store.runs()} == {len(ODD), 4}


def test_an_unfinished_run_takes_what_the_other_side_has(store, rig):
    """Red without looking whether the run is complete now."""
    run = put_run(store, IDENTITY, done=2)
    put_run(rig, IDENTITY)
    found = merged(store, bundle(rig))
    assert found == Merged(completions=4, known_runs=1, completed_runs=1)
    assert found.sentence == (
        "0 new runs, 4 new completions. 1 run was here already. 1 unfinished run is complete now."
    )
    record = store.run(run)
    assert record.finished is not None
    assert (record.predicted, store.count_done(run)) == (6, 6)
    assert merged(store, bundle(rig, run)).completed_runs == 0


def test_two_halves_are_a_whole(store, rig):
    run = put_run(store, IDENTITY, done=3)
    put_run(rig, IDENTITY, done=0)
    with store.connect() as db:
        keys = [key for (key,) in db.execute("SELECT key FROM run_items ORDER BY position")]
    rig.put_batch(run, [(key, Completion("b")) for key in keys[3:]], 9.0)
    assert merged(store, bundle(rig)).completed_runs == 1
    assert store.run(run).seconds == 2.5  # of equal sides ours


def test_what_predicted_more_gives_the_totals(store, rig):
    run = put_run(store, IDENTITY, done=1)
    put_run(rig, IDENTITY, done=5, usage=Usage(5, 500))
    rig.note_load(run, load_seconds=40.0, metadata={"device": "H100", "torch": "1"})
    merged(store, bundle(rig))
    record = store.run(run)
    assert (record.predicted, record.load_seconds, record.usage) == (5, 40.0, Usage(5, 500))
    assert record.metadata == {"torch": "2", "device": "H100"}


def test_another_answer_under_the_same_key_is_counted_and_ours_kept(store, rig):
    run = put_run(store, IDENTITY)
    put_run(rig, IDENTITY)
    with rig.connect() as db:
        (key,) = db.execute("SELECT key FROM run_items WHERE position = 2").fetchone()
    rig.put_batch(run, [(key, Completion("rounded otherwise", (1, 2), 7, "eos", 1.25))], 0.0)
    found = merged(store, bundle(rig))
    assert found == Merged(known_runs=1, differing=1)
    assert "1 completion has another answer there than here" in found.sentence
    assert store.completions([key])[key].text == f"{ODD[2]} → a"


def test_other_times_or_probabilities_are_no_other_answer_and_missing_probabilities_are_taken(store, rig):
    run = put_run(store, IDENTITY)
    put_run(rig, IDENTITY, scores=b"\0\0\x80\xbf" * 2)
    assert merged(store, bundle(rig)) == Merged(known_runs=1)
    assert [len(a.completion.logprobs) for a in score_run(store, run).answers] == [2] * len(ODD)
    assert merged(rig, bundle(store)) == Merged(known_runs=1)


def test_what_is_damaged_here_is_mended(store):
    """Red with rows that are there taken for whole."""
    run = put_run(store, IDENTITY)
    before, content = contents(store), bundle(store)
    for damage in (
        "UPDATE completions SET text = 'flipped' WHERE key = (SELECT min(key) FROM completions)",
        "UPDATE sample_items SET text = 'flipped' WHERE position = 3",
        "UPDATE runs SET identity = 'flipped'",
    ):
        with store.connect(write=True) as db:
            db.execute(damage)
        merged(store, content)
        assert contents(store) == before, damage
        assert store.count_done(run) == len(ODD)


def test_the_labels_reference_is_taken_where_it_is_missing(store, rig):
    spec, reference = RunSpec(decoding="choose"), LabelReference((1, 2), {"": (-1.0, -2.0)})
    run = put_run(store, IDENTITY, spec=spec)
    put_run(rig, IDENTITY, spec=spec, reference=reference)
    merged(store, bundle(rig))
    assert store.run(run).label_reference == reference


def test_a_run_with_other_training_examples_in_its_prompt_stays_ours(store, rig):
    """Its name is the same; the keys of its completions are not. Theirs are kept as well, to be found by their keys."""
    run = put_run(store, IDENTITY)
    put_run(rig, IDENTITY)
    with rig.connect(write=True) as db:
        db.execute("UPDATE run_items SET key = CAST(substr(key, 1, 31) || x'00' AS BLOB)")
        db.execute("DELETE FROM completions")
        keys = [key for (key,) in db.execute("SELECT key FROM run_items")]
    rig.put_batch(run, [(key, Completion("b")) for key in keys], 0.0)
    items = contents(store)["run_items"]
    found = merged(store, bundle(rig))
    assert found == Merged(completions=len(ODD), known_runs=1, other_prompts=1)
    assert "other training examples in the prompt" in found.sentence
    assert contents(store)["run_items"] == items
    assert len(store.stored_keys(keys)) == len(ODD)


def test_the_later_resolution_of_a_spec_counts(store, rig):
    spec = RunSpec()
    for one, order in ((store, "12"), (rig, "21")):
        for number in order:
            put_run(one, {"predictor": "transformers", "model": number})
    with rig.connect(write=True) as db:
        db.execute("UPDATE resolutions SET resolved = resolved + 100 WHERE run_id = ?", (rig.runs()[0].run_id,))
    expected, earlier = rig.runs_for(spec)[0].run_id, bundle(store)
    for content in (bundle(rig), earlier):
        merged(store, content)
        assert store.runs_for(spec)[0].run_id == expected


NOTES = [
    (("", "", "", ""), ""),
    (("", "", "", "theirs"), "theirs"),
    (("", "ours", "", ""), "ours"),
    (("", "ours", "", "ours"), "ours"),
    (("", "ours", "", "theirs"), "ours\n\nFrom rig:\ntheirs"),
    (("", "ours\nboth", "", "both\n\ntheirs"), "ours\nboth\n\nFrom rig:\ntheirs"),
    (("a", "", "a", ""), ""),
    (("a", "", "b", ""), "From rig:\nNamed “b”."),
    (("a", "ours", "b", "theirs"), "ours\n\nFrom rig:\nNamed “b”.\ntheirs"),
    (("", "", "b", "theirs"), "theirs"),
    (("a", "", "", "theirs"), "theirs"),
]


@pytest.mark.parametrize(("both", "expected"), NOTES)
def test_a_merged_note_has_the_lines_of_both(both, expected):
    assert merged_note(*both, "rig") == expected


def test_notes_that_go_to_and_fro_do_not_grow(store, rig):
    """Red with whole notes compared instead of their lines."""
    run = put_run(store, IDENTITY)
    put_run(rig, IDENTITY)
    RunCatalog(store).write(run, name="laptop", note="ours")
    RunCatalog(rig).write(run, name="gpu", note="theirs\nboth")
    for _ in range(4):
        merged(store, bundle(rig), "gpu.blindspot.gz")
        merged(rig, bundle(store), "laptop.blindspot.gz")
    here, there = (RunCatalog(one).annotations()[run] for one in (store, rig))
    assert (here.name, here.note) == ("laptop", "ours\n\nFrom gpu:\nNamed “gpu”.\ntheirs\nboth")
    assert there.name == "gpu"
    assert there.note == "theirs\nboth\n\nFrom laptop:\nNamed “laptop”.\nours"


def test_a_note_that_became_long_can_still_be_saved_with_another_name(store, rig):
    run = put_run(store, IDENTITY)
    put_run(rig, IDENTITY)
    RunCatalog(store).write(run, name="", note="x" * 2000)
    RunCatalog(rig).write(run, name="", note="y" * 2000)
    merged(store, bundle(rig))
    long = RunCatalog(store).annotations()[run].note
    assert len(long) > 4000
    RunCatalog(store).write(run, name="new", note=long)
    assert RunCatalog(store).annotations()[run].note == long
    with pytest.raises(StoreError, match="a note 2000"):
        RunCatalog(store).write(run, name="new", note=long + "!")


def test_one_run_of_a_task_stays_pinned(store, rig):
    ours, theirs = put_run(store, IDENTITY), put_run(rig, {"predictor": "server"})
    RunCatalog(rig).pin(theirs)
    merged(store, bundle(rig))
    assert RunCatalog(store).pinned_for("odd") == theirs
    RunCatalog(store).pin(ours)
    merged(store, bundle(rig))
    assert [run for run, one in RunCatalog(store).annotations().items() if one.pinned] == [ours]


def test_a_prompt_of_the_same_name_is_kept_beside_ours(store, rig):
    for one, system in ((store, "ours {labels}"), (rig, "theirs {labels}")):
        one.save_prompt(custom_prompt("mine", system, "{text}"))
        one.save_prompt(custom_prompt("unused", system, "{text}"))
    put_run(rig, IDENTITY, spec=RunSpec(prompt="mine"))
    assert merged(store, bundle(rig)).prompts == 1
    assert {name: prompt.system for name, prompt in store.custom_prompts().items()} == {
        "mine": "ours {labels}", "mine 2": "theirs {labels}", "unused": "ours {labels}",
    }  # fmt: skip
    assert merged(store, bundle(rig)).prompts == 0


def test_a_run_that_is_predicted_meanwhile_loses_nothing(store, rig, colours):
    """The merge waits for a batch, and a batch for the merge."""
    spec = RunSpec(TaskSource(str(colours)), "majority", n=40)
    for number in range(3):
        put_run(rig, {"predictor": "server", "number": number}, texts=[f"text {at}" for at in range(300)])
    content = bundle(rig)
    worker = threading.Thread(target=execute, args=(spec, store))
    worker.start()
    merged(store, content)
    worker.join()
    assert len(store.runs()) == 4
    assert all(store.count_done(record.run_id) == record.n for record in store.runs())


def test_a_folder_that_cannot_be_written_says_so(store, rig, tmp_path):
    put_run(rig, IDENTITY)
    (tmp_path / NAME).write_bytes(bundle(rig))
    store.read_only = True
    with pytest.raises(StoreError, match="the cache cannot be written"):
        import_bundle(store, tmp_path / NAME)
    store.read_only = False
    assert store.runs() == []


def test_a_file_that_is_not_there_is_said(store, tmp_path):
    for path in (tmp_path / "missing.blindspot.gz", tmp_path, tmp_path / "a\0b"):
        with pytest.raises(DataError):
            import_bundle(store, path)


def test_a_bundle_says_where_it_came_from_in_one_short_line(store, rig):
    run = put_run(store, IDENTITY)
    put_run(rig, IDENTITY)
    for one in (store, rig):
        RunCatalog(one).write(run, name="", note=f"by {one.folder.name}")
    merged(store, bundle(rig), "a\nb\x1b[31m" + "x" * 300 + ".blindspot.gz")
    _, _, source, _ = RunCatalog(store).annotations()[run].note.split("\n")
    assert source.startswith("From a b\ufffd[31mxxx")
    assert len(source) < 100


def test_counts_add_up():
    assert Merged(1, 2, 3, 4, 5, 6, 7, 8) + Merged(1, 1, 1, 1, 1, 1, 1, 1) == Merged(2, 3, 4, 5, 6, 7, 8, 9)
    assert replace(Merged(), runs=1).sentence == "1 new run, 0 new completions."
    assert os.sep not in Merged(notes=2).sentence
