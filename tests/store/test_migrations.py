import sqlite3
import threading

import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.errors import StoreError
from evalcore.running.current_run import current_run_for
from evalcore.store import migrations, opening
from evalcore.store.catalog import RunCatalog
from evalcore.store.database import FILE_NAME, Store
from evalcore.store.jobs import Jobs
from evalcore.store.migrations import MIGRATIONS, current_format, format_of, lacking, migrate
from evalcore.store.spec import RunSpec
from tests.tools.old_caches import CACHES, FORMATS, all_rows, old_cache


@pytest.fixture
def empty():
    db = sqlite3.connect(":memory:", isolation_level=None)
    yield db
    db.close()


def read_only(monkeypatch, folder):
    """A store of a folder that cannot be written. (The modes of files do not stop root.)"""
    monkeypatch.setattr("evalcore.store.database.os.access", lambda path, mode: False)
    return Store(folder)


def test_a_new_database_has_the_current_format_and_lacks_nothing(empty):
    migrate(empty)
    assert format_of(empty) == current_format() == len(MIGRATIONS)
    assert lacking(empty) == ""


def test_a_database_of_each_format_is_held_against_its_own(empty):
    for number, migration in enumerate(MIGRATIONS, start=1):
        migration(empty)
        empty.execute(f"PRAGMA user_version = {number}")
        assert lacking(empty) == ""
    empty.execute("DROP TABLE run_marks")
    assert lacking(empty) == "the table run_marks"
    empty.execute("PRAGMA user_version = 1")
    assert lacking(empty) == ""


def test_a_column_that_is_gone_is_named(empty):
    migrate(empty)
    empty.execute("ALTER TABLE runs DROP COLUMN seconds")
    assert lacking(empty) == "the column seconds of the table runs"


@pytest.mark.parametrize("damage", ["DROP TABLE jobs", "ALTER TABLE runs DROP COLUMN seconds"])
@pytest.mark.parametrize("number", [1, 3])
def test_a_cache_that_lacks_what_its_format_has_is_set_aside(tmp_path, number, damage):
    folder = old_cache(tmp_path / "cache", number)
    with sqlite3.connect(folder / FILE_NAME) as db:
        db.execute(damage)
    assert "has been set aside" in Store(folder).notice
    assert len(list(folder.glob("*.corrupt-*"))) == 1


def test_a_newer_format_is_refused_with_both_numbers(store):
    with sqlite3.connect(store.path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match=f"format 99, newer than this program's {len(MIGRATIONS)}"):
        Store(store.folder)


def test_a_newer_format_that_cannot_be_written_is_said_to_be_newer(store, monkeypatch):
    with sqlite3.connect(store.path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="format 99, newer than"):
        read_only(monkeypatch, store.folder)


def test_processes_that_open_an_old_cache_at_once_migrate_it_once(tmp_path):
    folder = old_cache(tmp_path / "cache", 1)
    stores, begin = [], threading.Barrier(6)

    def open_it():
        begin.wait()
        stores.append(Store(folder))

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(store.notice, len(store.runs())) for store in stores] == [("", 7)] * 6


@pytest.mark.parametrize("number", FORMATS)
def test_an_older_cache_that_cannot_be_written_is_shown_as_it_is_and_not_changed(tmp_path, monkeypatch, number):
    folder = old_cache(tmp_path / "cache", number)
    before = (folder / FILE_NAME).read_bytes()
    store = read_only(monkeypatch, folder)
    assert len(store.runs()) == {1: 7, 4: 11}.get(number, 8)
    assert set(store.custom_prompts()) == {"curt"}
    assert len(Jobs(store).recent()) == 4
    assert len(RunCatalog(store).annotations()) == (0 if number == 1 else 2)
    with pytest.raises(StoreError, match="cannot be written"):
        store.delete_prompt("curt")
    assert (folder / FILE_NAME).read_bytes() == before


def test_a_read_only_cache_is_shown_after_a_migration_that_changes_tables(tmp_path, monkeypatch):
    def without_origins(db):
        db.execute("UPDATE runs SET origin = 'a;b' WHERE origin <> 'graded.csv'")
        db.execute("ALTER TABLE prompts RENAME TO old_prompts")
        db.execute("CREATE TABLE prompts (changed REAL, user TEXT, system TEXT, name TEXT PRIMARY KEY)")
        db.execute("INSERT INTO prompts SELECT changed, user, system, name FROM old_prompts")
        db.execute("DROP TABLE old_prompts")

    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, without_origins))
    monkeypatch.chdir(CACHES)
    folder = old_cache(tmp_path / "cache", 3)
    before = (folder / FILE_NAME).read_bytes()
    store = read_only(monkeypatch, folder)
    assert {record.origin for record in store.runs()} == {"a;b", "graded.csv"}
    assert store.custom_prompts()["curt"].system == "Answer with one word of: {labels}"
    kept = current_run_for(RunSpec(n=8, dtype="float32"), store).record
    assert len(score_run(store, kept.run_id).answers) == 8
    assert (folder / FILE_NAME).read_bytes() == before


def test_an_older_cache_too_large_to_convert_in_memory_is_said_to_be(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "LARGEST_MEMORY_COPY", 100_000)
    with pytest.raises(StoreError, match="cannot be written; its 110,592 bytes are too many to convert"):
        read_only(monkeypatch, old_cache(tmp_path / "cache", 2))
    monkeypatch.undo()
    current = Store(old_cache(tmp_path / "current", 3)).folder
    monkeypatch.setattr(opening, "LARGEST_MEMORY_COPY", 100_000)
    assert read_only(monkeypatch, current).runs()


def test_the_caches_hold_no_path_of_the_machine_that_made_them():
    for number in FORMATS:
        for table, rows in all_rows(CACHES / f"format-{number}.db").items():
            for value in (value for row in rows for value in row if isinstance(value, str)):
                assert "/home/ada/" in value or not value.startswith("/"), (number, table, value)
