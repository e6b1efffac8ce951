"""The table of faults says what the tests do, the program holds what it stands on, and the breaks are noticed (F50)."""

import ast
import re
import sqlite3
import subprocess
import sys

import pytest

from evalcore.store.database import Store
from tests.conftest import ROOT
from tests.faults import table
from tests.faults.guards import GUARDS


def test_the_table_is_the_one_that_the_tests_make():
    """F50. Red with a test added and the table left: `python -m tests.faults.table > tests/README.md` mends it."""
    assert (ROOT / "tests" / "README.md").read_text(encoding="utf-8") == table.table()


def test_the_numbers_in_the_table_are_those_of_the_tests():
    """F50. Red with a case added and the number of them left."""
    from tests.faults import test_data as data
    from tests.faults import test_files as files
    from tests.faults import test_models as models
    from tests.faults import test_numbers as numbers
    from tests.faults import test_parsing as parsing
    from tests.faults import test_server as server
    from tests.faults import test_stale as stale
    from tests.faults import test_storage as storage
    from tests.faults import test_web as web

    for fault, cases in (
        ("F10", stale.MISSES), ("F11", stale.SAME), ("F21", storage.POINTS), ("F22", parsing.TINY),
        ("F24", data.VALUES),
        ("F25", data.OUTCOMES), ("F28", data.ODD_LABELS), ("F32", parsing.WRITTEN), ("F34", parsing.INJECTIONS),
        ("F35", models.SPOILT), ("F37", models.HOSTILE_TEMPLATES), ("F38", server.BAD_DAYS), ("F43", web.PAYLOADS),
        ("F44", data.NAMES), ("F18", storage.ODD), ("F20", storage.LIMITS), ("F20", storage.COMPLAINTS),
        ("F47", web.FAILURES), ("F51", stale.A_B_A),
        ("F44", data.NAMES), ("F54", server.NO_ANSWERS), ("F54", server.REASONING_ONLY), ("F54", server.FILTERS),
        ("F58", server.WITHHELD), ("F58", server.SENT), ("F58", server.LOOPBACK), ("F58", server.NOT_LOOPBACK),
        ("F46", data.FORMULAS), ("F52", numbers.SHAPES), ("F55", files.ODD_COLUMNS), ("F55", files.ODD_LINES),
        ("F56", files.BOMBS), ("F61", files.BEING_WRITTEN), ("F62", files.LONG_ERRORS),
        ("F44", data.NAMES), ("F53", parsing.GUESSES), ("F53", parsing.HOSTILE_TEXTS),
    ):  # fmt: skip
        assert str(len(cases)) in re.findall(r"\d+", table.ROWS[fault][1]), fault


def test_every_fault_has_a_test_that_names_it():
    """F50. Red with a fault whose tests have gone."""
    faults = [f"F{number}" for number in range(1, 63)]
    assert list(table.ROWS) == faults
    found = table.named()
    assert [fault for fault in faults if fault not in found and fault not in table.ELSEWHERE] == []


def test_every_fault_test_says_how_it_was_seen_red():
    """F50. Red with a docstring that does not."""
    for path in (ROOT / "tests" / "faults").glob("test_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                said = ast.get_docstring(node) or ""
                assert re.match(r"F\d+", said), f"{path.name}::{node.name}"
                assert "Red " in said, f"{path.name}::{node.name}"


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.what)
def test_every_guard_is_there(guard):
    """F50. Red with a guard that was reworded: guards.py must know it, or nobody sees whether it still guards."""
    assert guard.old in (ROOT / guard.file).read_text(encoding="utf-8")
    assert guard.old != guard.new


@pytest.mark.slow
def test_small_breaks_of_parser_metrics_and_keys_turn_a_test_red():
    """F50. Red with a module whose tests notice fewer than ten of a dozen breaks; `make mutants` tries them all."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.tools.mutants", "--quick"], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


def requirements():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith(("#", "-")))


def test_what_is_depended_on_is_pinned_and_has_none_of_the_known_holes():
    """F42. Red with an unpinned package, or diskcache (CVE-2025-69872), or a torch that unpickles more than weights."""
    pinned = requirements()
    assert all(re.fullmatch(r"\d+(\.\d+)+", version) for version in pinned.values())
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
