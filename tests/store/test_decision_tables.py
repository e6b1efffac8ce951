"""Typed tables in the cache folder: named by their text, whole or not at all, bounded, and in memory else."""

import hashlib
import os
import stat
from pathlib import Path

import pytest

from evalcore.store import decision_tables
from evalcore.store.database import Store
from evalcore.store.decision_tables import DecisionTables

CSV = 'true,predicted,cost\n"lost, or stolen","say ""hi""",5\nä=b,c,0\n'


@pytest.fixture
def kept(store):
    return DecisionTables(store)


def files(store):
    return sorted(path.name for path in (store.folder / "tables").iterdir())


@pytest.mark.parametrize("text", ["", CSV, "a\r\nb\rc\n", "\ufeffx", "\0", "n" * 900_000])
def test_a_table_comes_back_as_it_was_in_another_process(store, kept, text):
    name = kept.save(text)
    assert name == hashlib.sha256(text.encode()).hexdigest()[:32]
    assert DecisionTables(Store(store.folder)).read(name) == text
    assert kept.is_lasting(name)


def test_the_same_table_is_one_file_that_nobody_else_can_read(store, kept):
    assert kept.save(CSV) == kept.save(CSV) == DecisionTables(store).save(CSV)
    assert files(store) == [kept.save(CSV)]
    for path in (store.folder / "tables", *(store.folder / "tables").iterdir()):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path


def test_a_name_from_a_link_that_no_table_has_leads_to_nothing(kept):
    kept.save(CSV)
    assert kept.read("0" * 32) is None


@pytest.mark.parametrize(
    "name", ["", "../blindspot.db", "/etc/passwd", "0" * 31, "G" * 32, "0" * 32 + "\n", "٣" * 32, "..", "\0"]
)
def test_what_is_no_name_of_a_table_is_not_looked_for(kept, monkeypatch, name):
    monkeypatch.setattr(Path, "is_symlink", lambda path: pytest.fail(f"looked for {path}"))
    assert kept.read(name) is None


def test_a_file_that_was_changed_a_link_or_a_folder_is_no_table(store, kept):
    name, other = kept.save(CSV), kept.save("label,action\n")
    path = store.folder / "tables" / name
    path.write_text(CSV + "x,y,1\n")
    assert kept.read(name) is None
    path.write_bytes(b"\xff\xfe")
    assert kept.read(name) is None
    path.unlink()
    (store.folder / "elsewhere").write_text(CSV)
    path.symlink_to(store.folder / "elsewhere")
    assert kept.read(name) is None
    path.unlink()
    path.mkdir()
    assert kept.read(name) is None
    path.rmdir()
    assert (kept.save(CSV), kept.read(name), kept.read(other)) == (name, CSV, "label,action\n")


@pytest.mark.parametrize(("limit", "value"), [("MOST_TABLES", 3), ("MOST_BYTES", 24)])
def test_what_was_not_used_for_longest_gives_way(store, kept, monkeypatch, limit, value):
    names = [kept.save(f"table {at}") for at in range(3)]  # of 7 bytes each
    for age, name in enumerate(names):
        os.utime(store.folder / "tables" / name, (1_000 + age, 1_000 + age))
    assert kept.read(names[0]) == "table 0"  # used again
    monkeypatch.setattr(decision_tables, limit, value)
    new = kept.save("table 3")
    assert files(store) == sorted([names[0], names[2], new])


def test_what_is_not_ours_in_the_folder_stays(store, kept, monkeypatch):
    monkeypatch.setattr(decision_tables, "MOST_TABLES", 1)
    kept.save("one")
    (store.folder / "tables" / "notes.txt").write_text("mine")
    name = kept.save("two")
    assert files(store) == sorted([name, "notes.txt"])


def test_what_a_process_left_that_died_while_it_wrote_is_cleared_away(store, kept):
    kept.save("one")
    old, new = ((store.folder / "tables" / name) for name in (".old.1.part", ".new.2.part"))
    for path in (old, new):
        path.write_text("half of a tab")
    os.utime(old, (1_000, 1_000))
    kept.save("two")
    assert (old.exists(), new.exists()) == (False, True)


@pytest.mark.parametrize("failing", ["mkdir", "replace_file"])
def test_where_nothing_can_be_written_it_is_kept_in_memory(store, kept, monkeypatch, failing):
    def fails(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((Path, "mkdir") if failing == "mkdir" else (decision_tables, "replace_file")), fails)
    name = kept.save(CSV)
    assert (kept.read(name), kept.is_lasting(name)) == (CSV, False)
    assert DecisionTables(store).read(name) is None


def test_a_folder_that_is_only_read_is_left_as_it_is(store, monkeypatch):
    store.read_only = True
    kept = DecisionTables(store)
    name = kept.save(CSV)
    assert (kept.read(name), kept.is_lasting(name)) == (CSV, False)
    assert not (store.folder / "tables").exists()


def test_text_that_no_file_can_hold_is_kept_in_memory(kept):
    assert kept.read(kept.save("\ud800")) == "\ud800"
