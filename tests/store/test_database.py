import os
import sqlite3
import stat
import threading
from contextlib import suppress

import pytest

from evalcore.errors import StoreError
from evalcore.store.completion import Completion
from evalcore.store.database import FILE_NAME, Store
from tests.store.test_completion_rows import KEYS, ROWS
from tests.tools.runs import put, stored


def test_files_are_for_their_owner_alone(store):
    assert stat.S_IMODE(os.stat(store.path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(store.folder).st_mode) == 0o700


def test_no_journal_is_left_behind(store):
    put(store, ROWS)
    assert sorted(path.name for path in store.folder.iterdir()) == [FILE_NAME]


@pytest.mark.parametrize("damage", ["not a database", "truncated", "header", "negative format"])
def test_a_damaged_database_is_set_aside_and_a_new_one_begun(store, damage):
    put(store, ROWS)
    content = store.path.read_bytes()
    store.path.write_bytes(
        {
            "not a database": b"hello" * 1000,
            "truncated": content[: len(content) // 2],
            "header": b"x" * 64 + content[64:],
            "negative format": content[:60] + b"\xff" + content[61:],
        }[damage]
    )
    again = Store(store.folder)
    assert "set aside" in again.notice
    assert len(list(store.folder.glob(f"{FILE_NAME}.corrupt-*"))) == 1
    assert again.completions(KEYS) == {}


def test_a_link_or_a_folder_in_its_place_is_refused(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / FILE_NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="not a plain file"):
        Store(tmp_path / "a")
    (tmp_path / "b" / FILE_NAME).mkdir(parents=True)
    with pytest.raises(StoreError, match="not a plain file"):
        Store(tmp_path / "b")


def test_a_full_disk_is_said_and_what_was_stored_stays(store, monkeypatch):
    put(store, ROWS)
    connect = sqlite3.connect

    def connect_to_a_full_disk(*arguments, **options):
        db = connect(*arguments, **options)
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")
        return db

    monkeypatch.setattr(sqlite3, "connect", connect_to_a_full_disk)
    with pytest.raises(StoreError, match="disk is full"):
        put(store, [(i.to_bytes(32, "big"), Completion("x" * 5000)) for i in range(200)])
    monkeypatch.undo()
    assert store.completions(KEYS) == dict(ROWS)


def test_threads_can_share_a_store(store):
    def put_every_fourth(part):
        for row in ROWS[part::4]:
            put(store, [row])

    threads = [threading.Thread(target=put_every_fourth, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.completions(KEYS) == dict(ROWS)


def test_an_operation_that_fails_leaves_the_database_as_it_was(store):
    put(store, ROWS)
    with suppress(KeyError), store.connect(write=True) as db:
        db.execute("DELETE FROM completions")
        raise KeyError
    assert store.completions(KEYS) == dict(ROWS)


def test_an_unknown_run_is_said_to_be_so(store):
    with pytest.raises(StoreError, match="no such run"):
        store.run("../../etc/passwd")


def test_an_answer_is_found_by_its_position_and_a_text_by_its_words(store):
    record = stored(store, ["a", "b", "b"], ["a", "b", "a"], texts=["one", "two", "two"])
    example, completion = store.answer_at(record, 2)
    assert (example.text, example.label, completion.text) == ("two", "b", "a")
    assert store.answer_at(record, 3) is None
    assert (store.position_of(record, "two"), store.position_of(record, "three")) == (1, None)


def test_an_example_without_a_completion_has_no_answer(store):
    record = stored(store, ["a"], ["a"])
    with store.connect(write=True) as db:
        db.execute("DELETE FROM completions")
    assert store.answer_at(record, 0) is None
