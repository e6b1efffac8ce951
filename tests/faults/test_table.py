"""The table of faults says what the tests do, the program holds what it stands on, and the breaks are noticed (F50)."""

import ast
import re
import sqlite3
from collections import Counter

import pytest

from evalcore.store.database import Store
from tests.conftest import ROOT
from tests.faults import table, tally
from tests.tools.processes import finished


def test_the_table_is_the_one_that_was_counted():
    """F50. Red with a test added and the table left: `make counts` writes it."""
    assert table.README.read_text(encoding="utf-8") == table.table()


def test_every_test_was_counted_and_nothing_else():
    """F50. Red with a test added, renamed or taken out since `make counts`; what needs a GPU can only be skipped."""
    there = {f"{file}::{name}" for file, name, _ in table.functions()}
    assert set(tally.stored()) <= there
    assert {name for name in there - set(tally.stored()) if "gpu" not in name} == set()


def test_as_many_cases_were_counted_as_there_are(capsys):
    """F50. Red with a case added to a test since `make counts`."""
    collected = Counter()

    class Cases:
        def pytest_collection_finish(self, session):
            collected.update(map(tally.key, session.items))

    folder = str(ROOT / "tests" / "faults")
    pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", "-p", "no:warnings", folder], [Cases()])
    capsys.readouterr()
    stored = {name: entry["cases"] for name, entry in tally.stored().items()}
    assert {name: collected[name] for name in stored} == stored


def test_numbers_that_nobody_counted_are_not_in_the_table():
    """F50. Red with "30 kills" typed into a row."""
    typed = {number for _, how in table.ROWS.values() for number in re.findall(r"\d[\d,]*", how)}
    assert typed == {"77", "0", "0555", "650", "2,000"}  # a name, a support, a mode of files, two limits


def test_a_loss_is_counted_and_shown(monkeypatch):
    """F50. Red with the literal 0 that stood in every row."""
    count = tally.Count()
    tally.Tally(count)("F1", "kills", 20, lost=3)
    tally.Tally(count)("F1", "kills", 5, lost=0)
    tally.Tally(count)("F4", "prompts", 7)
    monkeypatch.setattr(table, "stored", lambda: {"test_kill.py::test_x": count.entry()})
    assert table.counted_of("F1", ["test_kill.py::test_x"]) == ("0 cases; 25 kills", "3")
    assert table.counted_of("F4", []) == ("7 prompts", table.NOT_COUNTED)
    assert table.counted_of("F9", []) == (table.NOT_COUNTED, table.NOT_COUNTED)


def test_nothing_was_lost():
    """F50. Red with counts of a run that lost something, or with a count of a loss where there was none."""
    counts = [n for entry in tally.stored().values() for n in entry.values() if isinstance(n, dict)]
    assert [n for n in counts if n.get(tally.LOST)] == []


def test_counts_that_differ_are_told_and_a_part_of_the_cases_is_no_difference(monkeypatch):
    """F50. Red with a run that is green whatever it counted, or with one that asks for cases that it left out."""
    monkeypatch.setattr(tally, "stored", lambda: {"a": {"cases": 2}, "b": {"cases": 2}})
    counts = {"a": tally.Count(collected=1, cases=1), "b": tally.Count(collected=1, cases=1, partly=True)}
    assert [line.partition(":")[0] for line in tally.differences(counts)] == ["a"]


def test_every_fault_has_a_test_that_names_it():
    """F50. Red with a fault whose tests have gone."""
    faults = [f"F{number}" for number in range(1, 83)]
    assert list(table.ROWS) == faults
    named = {fault for _, _, named in table.functions() for fault in named}
    assert [fault for fault in faults if fault not in named and fault not in table.ELSEWHERE] == []


def test_every_fault_test_says_how_it_was_seen_red():
    """F50. Red with a docstring that does not."""
    for path in (ROOT / "tests" / "faults").glob("test_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                said = ast.get_docstring(node) or ""
                assert re.match(r"F\d+", said), f"{path.name}::{node.name}"
                assert "Red " in said, f"{path.name}::{node.name}"


@pytest.mark.slow
def test_small_breaks_of_parser_and_metrics_turn_a_test_red():
    """F50. Red with tests that notice fewer than 17 of 20 breaks; `make mutants` tries them all."""
    done = finished("-m", "tests.tools.mutants", "--quick")
    assert done.returncode == 0, done.stdout + done.stderr


def requirements():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith(("#", "-")))


def test_what_is_depended_on_is_pinned_and_has_none_of_the_known_holes():
    """F42. Red with an unpinned package, or diskcache (CVE-2025-69872), or a torch that unpickles more than weights."""
    pinned = requirements()
    assert all(re.fullmatch(r"\d+(\.\d+)+(\.post\d+)?", version) for version in pinned.values())
    assert not {name.lower() for name in pinned} & {"diskcache", "joblib", "dill", "cloudpickle", "pyyaml", "openai"}
    least = {"torch": (2, 10), "transformers": (5, 0), "streamlit": (1, 54), "filelock": (3, 20, 3), "pandas": (3, 0)}
    for name, version in least.items():
        assert tuple(map(int, pinned[name].split("."))) >= version, name


def test_the_database_is_not_in_the_mode_that_old_sqlites_corrupt(tmp_path):
    """F9. Red with PRAGMA journal_mode = WAL, which SQLite before 3.51.3 can corrupt."""
    store = Store(tmp_path / "cache")
    with store.connect(write=True) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)
        assert db.in_transaction
    assert sqlite3.sqlite_version_info >= (3, 35)
    assert "journal_mode" not in (ROOT / "evalcore" / "store" / "connection.py").read_text(encoding="utf-8").lower()


def test_the_suite_names_no_network_and_skips_what_needs_a_gpu():
    """F50. Red with a GPU test that has no mark."""
    text = (ROOT / "tests" / "faults" / "test_models.py").read_text(encoding="utf-8")
    assert text.count("needs a CUDA device") == text.count("@pytest.mark.gpu") == 2
