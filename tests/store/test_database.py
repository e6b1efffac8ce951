import os
import sqlite3
import stat
import threading

import pytest

from evalcore.errors import StoreError
from evalcore.store.completion import Completion
from evalcore.store.database import FILE_NAME, MIGRATIONS, Store
from evalcore.tasks.prompt import custom_prompt

ROWS = [(bytes([i]) * 32, Completion(f"text {i}", (i, 2), 5, "eos", 0.5)) for i in range(20)]
KEYS = [key for key, _ in ROWS]


def test_completions_come_back_as_they_were(store):
    odd = [(b"a" * 32, Completion("a\0b\r\n\u202e😀", (), 0, "length", 1e-9)), (b"b" * 32, Completion(""))]
    store.put_completions(odd)
    assert store.completions([b"a" * 32, b"b" * 32, b"c" * 32]) == dict(odd)


def test_more_keys_than_one_statement_takes_are_found(store):
    many = [(i.to_bytes(32, "big"), Completion(str(i))) for i in range(2345)]
    store.put_completions(many)
    assert store.completions([key for key, _ in many]) == dict(many)


def test_a_batch_that_fails_leaves_nothing(store):
    broken = [*ROWS, (b"z" * 32, Completion(None))]
    with pytest.raises(StoreError):
        store.put_completions(broken)
    assert store.completions(KEYS) == {}


@pytest.mark.parametrize("column", ["text", "token_ids", "prompt_tokens", "stop", "latency_ms"])
def test_a_changed_value_is_noticed_and_counts_as_missing(store, column):
    store.put_completions(ROWS)
    changed = {"prompt_tokens": 6, "latency_ms": 0.25, "token_ids": "[9,2]"}.get(column, "length")
    with sqlite3.connect(store.path) as db:
        db.execute(f"UPDATE completions SET {column} = ? WHERE key = ?", (changed, KEYS[3]))
    assert set(store.completions(KEYS)) == set(KEYS) - {KEYS[3]}


def test_files_are_for_their_owner_alone(store):
    assert stat.S_IMODE(os.stat(store.path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(store.folder).st_mode) == 0o700


def test_no_journal_is_left_behind(store):
    store.put_completions(ROWS)
    assert sorted(path.name for path in store.folder.iterdir()) == [FILE_NAME]


@pytest.mark.parametrize("damage", ["not a database", "truncated", "header"])
def test_a_damaged_database_is_set_aside_and_a_new_one_begun(store, damage):
    store.put_completions(ROWS)
    content = store.path.read_bytes()
    store.path.write_bytes(
        {
            "not a database": b"hello" * 1000,
            "truncated": content[: len(content) // 2],
            "header": b"x" * 64 + content[64:],
        }[damage]
    )
    again = Store(store.folder)
    assert "set aside" in again.notice
    assert len(list(store.folder.glob(f"{FILE_NAME}.corrupt-*"))) == 1
    assert again.completions(KEYS) == {}


def test_a_newer_format_is_refused_with_both_numbers(store):
    with sqlite3.connect(store.path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match=f"format 99, newer than this program's {len(MIGRATIONS)}"):
        Store(store.folder)


def test_a_link_or_a_folder_in_its_place_is_refused(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / FILE_NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="not a plain file"):
        Store(tmp_path / "a")
    (tmp_path / "b" / FILE_NAME).mkdir(parents=True)
    with pytest.raises(StoreError, match="not a plain file"):
        Store(tmp_path / "b")


def test_a_full_disk_is_said_and_what_was_stored_stays(store, monkeypatch):
    store.put_completions(ROWS)
    connect = sqlite3.connect

    def connect_to_a_full_disk(*arguments, **options):
        db = connect(*arguments, **options)
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")
        return db

    monkeypatch.setattr(sqlite3, "connect", connect_to_a_full_disk)
    with pytest.raises(StoreError, match="disk is full"):
        store.put_completions([(i.to_bytes(32, "big"), Completion("x" * 5000)) for i in range(200)])
    monkeypatch.undo()
    assert store.completions(KEYS) == dict(ROWS)


def test_threads_can_share_a_store(store):
    def put(part):
        for row in ROWS[part::4]:
            store.put_completions([row])

    threads = [threading.Thread(target=put, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.completions(KEYS) == dict(ROWS)


def test_a_persons_prompts_are_kept_replaced_and_removed(store):
    store.save_prompt(custom_prompt("mine", "one", "{text}"))
    store.save_prompt(custom_prompt("mine", "two", "{text}"))
    assert store.custom_prompts()["mine"].system == "two"
    store.delete_prompt("mine")
    assert store.custom_prompts() == {}


def test_an_unknown_run_is_said_to_be_so(store):
    with pytest.raises(StoreError, match="no such run"):
        store.run("../../etc/passwd")
