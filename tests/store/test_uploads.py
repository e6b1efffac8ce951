"""Uploads: kept byte by byte, named by their bytes, bounded, deleted; whole or not at all, whoever dies."""

import errno
import hashlib
import os
import stat
import threading

import pytest

from evalcore.errors import DataError, StoreError
from evalcore.running import execute, understand
from evalcore.store import Jobs, RunSpec, Store, Uploads, checked, job_title, runs_by_upload, uploads
from evalcore.tasks import TaskSource, load_task
from tests.tools.processes import finished

CSV = b"text;label\r\nWo ist mein Paket?;Lieferung\r\nGeld zur\xc3\xbcck;Erstattung\r\n"


@pytest.fixture
def kept(store):
    return Uploads(store)


def files_of(store):
    return sorted(path.name for path in (store.folder / "uploads").iterdir() if path.suffix != ".lock")


@pytest.mark.parametrize("content", [CSV, b"\0", bytes(range(256)) * 999, "ä\r\r\n\ufeff".encode("utf-16")])
def test_what_is_on_the_disk_is_what_was_uploaded(store, kept, content):
    upload = kept.add("reviews.csv", content)
    assert (upload.digest, upload.size) == (hashlib.sha256(content).hexdigest(), len(content))
    assert (store.folder / "uploads" / upload.digest).read_bytes() == content == kept.content(upload.digest)
    assert Uploads(Store(store.folder)).all() == [upload]


def test_nobody_else_can_read_it(store, kept):
    kept.add("a.csv", CSV)
    for path in (store.folder / "uploads", *(store.folder / "uploads").iterdir()):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path


@pytest.mark.parametrize(
    "name", ["../../x.csv", "a/b.csv", "C:\\a\\b.csv", "\0\n.csv", "..", "", "é" * 999 + ".csv", "index.json"]
)
def test_a_name_is_never_part_of_a_path(store, kept, name):
    before = {path for path in store.folder.parent.rglob("*") if "uploads" not in path.parts}
    upload = kept.add(name, CSV)
    assert files_of(store) == sorted([upload.digest, f"{upload.digest}.json"])
    assert {path for path in store.folder.parent.rglob("*") if "uploads" not in path.parts} == before
    assert not set("/\\\0\n") & set(upload.name)


def test_the_same_bytes_are_one_upload_that_keeps_its_names(store, kept):
    first = kept.add("a.txt", CSV)
    again = kept.add("b.csv", CSV)
    assert (again.digest, again.added, again.name, again.other_names) == (
        first.digest,
        first.added,
        "b.csv",
        ("a.txt",),
    )
    assert kept.add("b.csv", CSV) == again
    assert kept.used() == len(CSV)


def test_a_task_is_named_by_it_shown_by_its_file_and_run_again_from_the_cache(store, kept):
    upload = kept.add("reviews.csv", CSV)
    train = kept.add("more.csv", b"text,label\na,Lieferung\nb,Erstattung\n")
    labels = kept.add("labels.txt", b"Erstattung\nLieferung\n")
    source = TaskSource(upload.task_name, train=train.task_name, labels=labels.task_name)
    task = load_task(source, store.folder)
    assert (task.name, task.labels) == ("reviews.csv", ("Erstattung", "Lieferung"))
    assert upload.digest in task.origin
    spec = RunSpec(source, "majority", n=2)
    record = execute(spec, store).record
    assert (record.task_name, record.spec.task.name) == ("reviews.csv", upload.task_name)
    assert execute(spec, store).from_cache == 2
    for one in (upload, train, labels):
        assert [run.run_id for run in runs_by_upload(store.runs())[one.task_name]] == [record.run_id]
    job = Jobs(store).enqueue("run", checked(spec).to_json())
    assert job_title(Jobs(store).get(job), store.folder) == "majority · reviews.csv · 2 stratified"
    assert "reviews.csv" not in str(understand(checked(spec), store).problems)
    assert understand(checked(spec), store).task.startswith("text = text, label = label, 2 rows")


def test_a_deleted_upload_leaves_its_runs_and_says_what_to_do(store, kept):
    upload = kept.add("reviews.csv", CSV)
    spec = RunSpec(TaskSource(upload.task_name, train=upload.task_name), "majority", n=2)
    record = execute(spec, store).record
    kept.delete(upload.digest)
    assert (files_of(store), kept.all(), kept.used()) == ([], [], 0)
    assert "Wo ist mein Paket?" in [example.text for example in store.first_items(record.run_id, 2)[0]]
    with pytest.raises(DataError, match=r"was deleted, or belongs to another one\. Upload the same file again"):
        load_task(spec.task, store.folder)
    assert "was deleted" in understand(checked(spec), store).problems[0]
    kept.add("renamed.csv", CSV)
    assert execute(spec, store).from_cache == 2
    with pytest.raises(DataError, match="no such upload"):
        kept.delete("0" * 64)


def test_a_name_that_is_none_is_a_sentence(store):
    for name in ("upload:", "upload:xyz", "upload:../../etc/passwd", f"upload:{'a' * 64}", "upload:" + "*" * 16):
        with pytest.raises(DataError, match="names no upload"):
            load_task(TaskSource(name), store.folder)
    with pytest.raises(DataError, match="Give `cache`"):
        load_task(TaskSource("upload:" + "0" * 16))


def test_an_empty_one_and_one_above_the_limits_are_refused_and_nothing_is_lost(store, kept, monkeypatch):
    monkeypatch.setattr(uploads, "QUOTA", 250)
    monkeypatch.setattr(uploads, "MAX_UPLOAD_BYTES", 200)
    first = kept.add("used.csv", CSV)
    execute(RunSpec(TaskSource(first.task_name, train=first.task_name), "majority", n=2), store)
    kept.add("unused.csv", CSV + b"a;Lieferung\r\n")
    before = files_of(store)
    for name, content, says in (
        ("empty.csv", b"", "holds 0 bytes"),
        ("large.csv", b"x" * 201, "an upload may hold"),
        ("one-more.csv", b"x" * 120, "no run uses 'unused.csv'"),
    ):
        with pytest.raises(DataError, match=says) as caught:
            kept.add(name, content)
        assert caught.value.where == name
    assert files_of(store) == before
    assert kept.add("again.csv", CSV).digest == first.digest  # needs no room


def test_bytes_that_have_changed_are_not_believed(store, kept):
    upload = kept.add("a.csv", CSV)
    (store.folder / "uploads" / upload.digest).write_bytes(CSV.replace(b"Geld", b"Gold"))
    for look in (lambda: kept.content(upload.digest), lambda: load_task(TaskSource(upload.task_name), store.folder)):
        with pytest.raises(DataError, match="not those that were uploaded"):
            look()
    assert kept.add("a.csv", CSV) == upload
    assert kept.content(upload.digest) == CSV


@pytest.mark.parametrize("note", [b"", b"{", b"[]", b'{"name": 1}', b"\xff", b"[" * 9_000, None])
def test_a_damaged_note_costs_no_other_upload(store, kept, note):
    one, other = kept.add("a.csv", CSV), kept.add("b.csv", CSV + b"\n")
    path = store.folder / "uploads" / f"{one.digest}.json"
    path.unlink() if note is None else path.write_bytes(note)
    assert kept.all() == [other]
    assert kept.add("a.csv", CSV).digest == one.digest
    assert {upload.digest for upload in kept.all()} == {one.digest, other.digest}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_at_any_step_leaves_what_was_there(store, kept, monkeypatch, code, step):
    before = kept.add("a.csv", CSV)
    real = getattr(os, step)
    for nth in (1, 2):
        calls = []

        def fail(*arguments, nth=nth, calls=calls):
            calls.append(1)
            if len(calls) == nth:
                raise OSError(code, os.strerror(code))
            return real(*arguments)

        with monkeypatch.context() as broken:
            broken.setattr(os, step, fail)
            with pytest.raises(StoreError, match="the disk is full" if code == errno.ENOSPC else "cannot be kept"):
                kept.add("b.csv", CSV + b"\n")
        assert kept.all() == [before]
        assert not [name for name in files_of(store) if name.endswith(".part")]
    after = kept.add("b.csv", CSV + b"\n")
    assert files_of(store) == sorted(f"{one.digest}{end}" for one in (before, after) for end in ("", ".json"))


def test_what_a_killed_process_left_is_cleared_away(store, kept):
    script = (
        "import os, pathlib, sys\nfrom evalcore.store import Store, Uploads\n"
        "os.replace = lambda *_: os._exit(9)\nUploads(Store(pathlib.Path(sys.argv[1]))).add('a.csv', b'x' * 99)\n"
    )
    assert finished("-c", script, store.folder).returncode == 9
    assert kept.all() == []
    assert len(files_of(store)) == 1
    upload = kept.add("b.csv", CSV)
    assert files_of(store) == [upload.digest, f"{upload.digest}.json"]


def test_many_at_once_lose_nothing(store):
    contents = [CSV + b"a;b\n" * at for at in range(12)]
    threads = [
        threading.Thread(target=Uploads(store).add, args=(f"{at}.csv", content))
        for at, content in enumerate(contents * 2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {upload.digest for upload in Uploads(store).all()} == {hashlib.sha256(one).hexdigest() for one in contents}


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    store = Store(tmp_path / "cache")
    (store.folder / "uploads").write_text("a file stands in its place")
    with pytest.raises(StoreError, match="uploads cannot be kept there"):
        Uploads(store).add("a.csv", CSV)
    assert Uploads(store).all() == []
