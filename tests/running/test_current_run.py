"""The stored run that a spec gives now, and how much is read to find it."""

from dataclasses import replace

import pytest

from evalcore.running import changed_since, current_run_for, execute, first_text, preview, split_size, task_cache
from evalcore.store import RunSpec, checked
from evalcore.tasks import Example, TaskSource, built_in, custom_prompt
from evalcore.tasks import load as task_module
from evalcore.tasks.data_file import NamedFile
from tests.conftest import COLOURS, Toy, write_csv


@pytest.fixture
def spec(colours):
    return checked(RunSpec(TaskSource(str(colours)), n=12))


@pytest.fixture
def reads(monkeypatch):
    """The files that were read so far."""
    found = []
    original = NamedFile.read
    monkeypatch.setattr(NamedFile, "read", lambda file: found.append(file.name) or original(file))
    return found


def run(spec, store):
    return execute(spec, store, loader=lambda handle, on_phase: Toy(handle.identity, {})).record


def test_a_spec_that_was_never_run_has_no_run_and_nothing_changed(store, spec):
    current = current_run_for(spec, store)
    assert (current.record, current.last, current.changed, current.unread) == (None, None, (), "")


def test_the_current_run_is_the_one_that_was_made(store, spec):
    record = run(spec, store)
    current = current_run_for(spec, store)
    assert (current.record, current.last, current.changed, current.sure) == (record, record, (), True)
    assert changed_since(record, store) == ()


def edit_test_split(spec, store):
    write_csv(task_module.task_files(spec.task).test.path, [Example(f"{x} {i}", x) for x in COLOURS for i in range(9)])


def edit_train_split(spec, store):
    write_csv(task_module.task_files(spec.task).train.path, [Example(f"{x} {i}", x) for x in COLOURS for i in range(4)])


def edit_prompt(spec, store):
    store.save_prompt(custom_prompt("mine", "Choose another.", "{text}"))


@pytest.mark.parametrize(
    ("model", "prompt", "edit", "changed"),
    [("demo", "article", edit_test_split, ("the data",)), ("demo", "mine", edit_prompt, ("the prompt",)),
     ("demo", "few-shot", edit_train_split, ("the training examples",)),
     ("tfidf", "article", edit_train_split, ("the training examples",)),
     ("demo", "article", edit_train_split, ()), ("majority", "article", edit_test_split, ("the data",))],
)  # fmt: skip
def test_what_changed_since_the_last_run_is_named(store, spec, model, prompt, edit, changed):
    store.save_prompt(custom_prompt("mine", "Choose one.", "{text}"))
    spec = checked(replace(spec, model=model, prompt=prompt))
    record = run(spec, store)
    edit(spec, store)
    current = current_run_for(spec, store)
    assert (current.changed, current.record is None) == (changed, bool(changed))
    assert (current.last, changed_since(record, store)) == (record, changed)


def test_a_baseline_that_is_computed_otherwise_now_is_not_other_training_examples(store, spec, monkeypatch):
    record = run(checked(replace(spec, model="tfidf")), store)
    now = {**record.identity, "version": 3}
    monkeypatch.setattr(task_cache, "baseline_identity", lambda source, store, model: now)
    assert changed_since(record, store) == ("the baseline",)


def test_a_task_that_cannot_be_read_leaves_the_last_run_and_says_why(store, spec):
    record = run(spec, store)
    task_module.task_files(spec.task).test.path.write_text("nothing", encoding="utf-8")
    current = current_run_for(spec, store)
    assert current.record == record
    assert "test.csv" in current.unread
    assert not current.sure


@pytest.mark.parametrize("model", ["demo", "tfidf"])
@pytest.mark.parametrize("kept_up_to", [100_000, 0])
def test_a_rerun_of_a_page_reads_no_file_that_has_not_changed(store, spec, reads, monkeypatch, model, kept_up_to):
    """Neither the data split nor its hash is made again, whether the task stays in memory or is too large for that."""
    monkeypatch.setattr(task_cache, "_TASK_KEPT_UP_TO", kept_up_to)
    spec = checked(replace(spec, model=model, prompt="few-shot"))
    run(spec, store)
    hashed = []
    original = task_cache.hash_of_sample
    monkeypatch.setattr(task_cache, "hash_of_sample", lambda *sample: hashed.append(1) or original(*sample))

    def rerun():
        reads.clear()
        hashed.clear()
        assert (split_size(spec.task, store), first_text(spec.task, store)) == (40, "red thing 2")
        return current_run_for(spec, store), len(reads), len(hashed)

    current, n_read, n_hashed = rerun()
    assert current.record is not None
    assert n_read > 0
    assert n_hashed == 1
    assert rerun() == (current, 0, 0)
    edit_test_split(spec, store)
    assert current_run_for(spec, store).changed == ("the data",)
    assert reads


def test_a_preview_of_an_edited_prompt_does_not_read_the_task_again(store, spec, reads):
    preview(spec.task, "demo", custom_prompt("mine", "Choose one of {labels}.", "{text}"), "a", store)
    assert reads == ["test.csv", "train.csv"]
    shown = preview(spec.task, "demo", custom_prompt("mine", "Choose another of {labels}.", "{text}"), "a", store)
    assert "Choose another of blue, dark_blue, green, red." in shown.text
    assert reads == ["test.csv", "train.csv"]
    edit_test_split(spec, store)
    preview(spec.task, "demo", built_in("article"), "a", store)
    assert reads == ["test.csv", "train.csv"] * 2


def test_a_task_of_the_hub_is_never_asked_for_its_size_or_text(store, reads, monkeypatch):
    monkeypatch.setattr(task_module, "local_banking77", lambda: None)
    assert (split_size(TaskSource("banking77"), store), first_text(TaskSource("banking77"), store), reads) == (
        3080,
        "",
        [],
    )
