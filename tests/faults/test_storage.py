"""Damaged and older storage (F17 to F22, F54, F59): what is broken is noticed and said, and never read as true."""

import contextlib
import errno
import math
import os
import random
import re
import sqlite3
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from evalcore.analysis.scored_run import score_run
from evalcore.errors import BlindspotError, DataError, StoreError
from evalcore.output import export
from evalcore.output.export import export_run, write_file
from evalcore.output.own_format import run_json
from evalcore.output.report import findings_of, report_as_json, report_as_text
from evalcore.predictors import local, placement
from evalcore.running.run import execute
from evalcore.store import migrations, opening, sqlite_errors
from evalcore.store.catalog import RunAnnotation, RunCatalog
from evalcore.store.completion import Completion
from evalcore.store.database import FILE_NAME, Store
from evalcore.store.jobs import Jobs
from evalcore.store.migrations import MIGRATIONS
from evalcore.store.spec import run_id
from evalcore.tasks.prompt import Prompt, custom_prompt
from tests.conftest import ROOT
from tests.faults.victim import Logged, asked, spec, start, write_task
from tests.tools.command_line import evalcore
from tests.tools.exported import predictions_csv, predictions_jsonl
from tests.tools.old_caches import CACHES, FORMATS, all_rows, lost_rows, old_cache
from tests.tools.processes import PATIENCE_S, started
from tests.tools.runs import put

try:
    import resource
except ImportError:  # not on this system
    resource = None

N = 64


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    return write_task(tmp_path_factory.mktemp("task") / "messages")


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


@pytest.fixture
def run(task, log):
    def go(store, n=N):
        return execute(spec(task, n=n), store, loader=lambda i, on_phase: Logged(i.identity, log))

    return go


@pytest.fixture
def filled(store, run):
    run(store)
    return store


def truth(store):
    (record,) = store.runs()
    return {a.example.text: (a.example.label, a.completion) for a in score_run(store, record.run_id).answers}


ANCHORS = {"completions.text": "key", "sample_items.text": "sample_id", "sample_items.label": "text"}
"""The column that stands in the file just before another: it tells which of many equal values is meant."""


def flip(store, column, chance):
    """One random bit of one random value, in the file, as a failing disk would do it."""
    table, _, name = column.partition(".")
    with sqlite3.connect(store.path) as db:
        db.text_factory = bytes
        rows = [row for row in db.execute(f"SELECT {ANCHORS[column]}, {name} FROM {table}") if len(row[1]) > 3]
    anchor, value = chance.choice(rows)
    offset, bit = chance.randrange(len(value)), 1 << chance.randrange(8)
    content = bytearray(store.path.read_bytes())
    found = list(re.finditer(re.escape(anchor) + b".{0,9}?(" + re.escape(value) + b")", bytes(content), re.DOTALL))
    for place in found:  # in pages that are no longer used a row can stand once more
        content[place.start(1) + offset] ^= bit
    assert found
    store.path.write_bytes(content)


@pytest.mark.parametrize("damage", ["half", "empty pages", "header", "page header", "not a database", "table missing"])
def test_a_damaged_file_is_set_aside_and_never_deleted(filled, damage, run, log):
    """F17, F19. Red without the look at opening: truncated, or without a table, it would fail at the first read."""
    content = filled.path.read_bytes()
    noise = random.Random(1).randbytes(64)
    if damage == "table missing":
        with sqlite3.connect(filled.path) as db:
            db.execute("DROP TABLE completions")
    else:
        filled.path.write_bytes(
            {
                "half": content[: len(content) // 2],
                "empty pages": content[:4096] + bytes(len(content) - 4096),
                "header": noise + content[64:],
                "page header": content[:4096] + noise + content[4096 + 64 :],
                "not a database": b"hello " * 1000,
            }[damage]
        )
    broken = filled.path.read_bytes()
    again = Store(filled.folder)
    assert again.notice.startswith("The cache was damaged and has been set aside as blindspot.db.corrupt-")
    (aside,) = filled.folder.glob(f"{FILE_NAME}.corrupt-*")
    assert aside.read_bytes() == broken
    assert again.runs() == []
    assert run(again).complete
    assert len(asked(log)) == 2 * N


def test_what_was_set_aside_in_the_same_second_is_not_written_over(filled):
    """F17. Red with a name that is made of the time alone."""
    for content in (b"first " * 1000, b"second " * 1000, b"third " * 1000):
        filled.path.write_bytes(content)
        Store(filled.folder)
    contents = {path.read_bytes()[:5] for path in filled.folder.glob(f"{FILE_NAME}.corrupt-*")}
    assert contents == {b"first", b"secon", b"third"}


def test_a_hundred_times_random_bytes_in_the_file_never_give_a_wrong_answer(filled, tmp_path, run, tally):
    """F17. Red without the checksums: bytes that land in a value would be read as it."""
    whole, right = filled.path.read_bytes(), truth(filled)
    chance, outcomes = random.Random(17), []
    for _ in range(100):
        tally("F17", "files with random bytes in them", 1, lost=0)
        at = chance.randrange(len(whole) - 64)
        noise = chance.randbytes(chance.choice((2, 8, 64)))
        filled.path.write_bytes(whole[:at] + noise + whole[at + len(noise) :])
        try:
            store = Store(filled.folder)
            seen = {k: v for record in store.runs() for k, v in truth_of(store, record).items()}
        except StoreError as error:
            outcomes.append("said" if str(filled.path) in str(error) or "run " in str(error) else "said badly")
            continue
        finally:
            for path in filled.folder.glob(f"{FILE_NAME}*"):
                if path != filled.path:
                    path.unlink()
        tally("F17", "files with random bytes in them", 0, lost=not seen.items() <= right.items())
        assert seen.items() <= right.items()
        outcomes.append("aside" if store.notice else "unharmed" if seen == right else "asked again")
    assert len(outcomes) == 100
    assert {"said", "aside", "asked again"} <= set(outcomes) <= {"said", "aside", "asked again", "unharmed"}


def truth_of(store, record):
    return {a.example.text: (a.example.label, a.completion) for a in score_run(store, record.run_id).answers}


def test_a_hundred_flipped_bits_in_completions_are_noticed_and_each_is_asked_for_again(filled, run, log, tally):
    """F18. Red with the checksum left unread: 0 of 100 noticed. A bit that made a text no UTF-8 once hid the run."""
    chance, right = random.Random(18), truth(filled)
    for _ in range(100):
        flip(filled, "completions.text", chance)
        with sqlite3.connect(filled.path) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)  # SQLite itself sees nothing
        (record,) = filled.runs()
        tally("F18", "flipped bits", 1, lost=not truth(filled).items() <= right.items())
        assert filled.count_done(record.run_id) == N - 1
        assert truth(filled).items() < right.items()
        calls = len(asked(log))
        outcome = run(filled)
        assert (len(asked(log)) - calls, outcome.predicted_now, outcome.from_cache) == (1, 1, N - 1)
        assert truth(filled) == right


@pytest.mark.parametrize("column", ["text", "label"])
def test_a_hundred_flipped_bits_in_examples_are_noticed_and_mended_without_a_call(filled, run, log, column, tally):
    """F18. Red while a sample was believed: the text or the true label of an example was another, without a word."""
    chance, right = random.Random(19), truth(filled)
    for _ in range(50):
        flip(filled, f"sample_items.{column}", chance)
        (record,) = filled.runs()
        believed = False
        with contextlib.suppress(StoreError):
            score_run(filled, record.run_id)
            believed = True
        tally("F18", "flipped bits", 1, lost=believed)
        with pytest.raises(StoreError, match="examples of this run are damaged"):
            score_run(filled, record.run_id)
        run(filled)
        assert truth(filled) == right
    assert len(asked(log)) == N


@pytest.mark.parametrize("column", ["labels", "prompt", "identity", "spec", "facts", "label_order", "usage"])
def test_a_damaged_row_of_a_run_is_said_and_mended(filled, run, log, column):
    """F18. Red while such a row was a traceback on every page."""
    right = truth(filled)
    with sqlite3.connect(filled.path) as db:
        db.execute(f"UPDATE runs SET {column} = '[' || {column}")
    assert filled.runs() == []
    assert "damaged in the cache" in filled.notice
    run(filled)
    assert truth(filled) == right
    assert len(asked(log)) == N


def test_a_key_that_a_run_lost_is_mended(filled, run, log):
    """F18. Red while a run's keys were written once: it missed that example for ever."""
    right = truth(filled)
    with sqlite3.connect(filled.path) as db:
        db.execute("UPDATE run_items SET key = x'00' WHERE position = 5")
    assert len(truth(filled)) == N - 1
    run(filled)
    assert truth(filled) == right
    assert len(asked(log)) == N


@pytest.mark.parametrize("place", ["folder", "link", "pipe", "file for the folder"])
def test_something_else_in_its_place_is_refused_with_its_name(tmp_path, place):
    """F19, F48. Red without the look at what the path is: a link would be followed, a pipe read for ever."""
    folder = tmp_path / "cache"
    folder.mkdir()
    path = folder / FILE_NAME
    if place == "folder":
        path.mkdir()
    elif place == "link":
        path.symlink_to(tmp_path / "elsewhere.db")
    elif place == "pipe":
        os.mkfifo(path)
    else:
        folder.rmdir()
        folder.write_text("")
    with pytest.raises(StoreError) as caught:
        Store(folder)
    assert str(folder) in str(caught.value)
    assert not (tmp_path / "elsewhere.db").exists()


def test_an_empty_file_is_a_new_cache(tmp_path, run):
    """F19. Red if an empty file were taken for damage, for a new cache is one for an instant."""
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / FILE_NAME).touch()
    store = Store(tmp_path / "cache")
    assert store.notice == ""
    assert run(store).complete


@pytest.mark.parametrize("what", ["damaged", "newer", "folder"])
def test_the_command_line_says_it_in_one_line(filled, what):
    """F17, F19, F15. Red with an error that is not a BlindspotError: a traceback."""
    if what == "damaged":
        filled.path.write_bytes(b"hello" * 1000)
    elif what == "newer":
        with sqlite3.connect(filled.path) as db:
            db.execute("PRAGMA user_version = 99")
    else:
        filled.path.unlink()
        filled.path.mkdir()
    done = evalcore("runs", cache=filled.folder, check=False)
    assert len(done.stderr.splitlines()) == 1
    assert done.returncode == (0 if what == "damaged" else 1)
    if what == "newer":
        assert f"format 99, newer than this program's {len(MIGRATIONS)}" in done.stderr


def test_a_full_disk_stops_a_run_with_one_message_and_it_goes_on_when_there_is_room(store, task, log, monkeypatch):
    """F20. Red with what SQLite says of it passed on as it is: a traceback."""
    connect = sqlite3.connect
    pages = []

    def with_little_room(*arguments, **options):
        db = connect(*arguments, **options)
        if pages:
            db.execute(f"PRAGMA max_page_count = {pages[0]}")
        return db

    monkeypatch.setattr(sqlite3, "connect", with_little_room)

    class Wordy(Logged):
        def predict(self, prompts):
            if len(asked(self.log)) == 16:
                pages.append(os.stat(store.path).st_size // 4096 + 2)
            return [Completion(c.text + " " * 600, c.token_ids, 7, "eos", 1.0) for c in super().predict(prompts)]

    loader = lambda i, on_phase: Wordy(i.identity, log)  # noqa: E731
    with pytest.raises(StoreError, match=r"the disk is full\. Free some space and run again"):
        execute(spec(task), store, loader=loader)
    pages.clear()
    kept = store.count_done(store.runs()[0].run_id)
    assert 16 <= kept < 400
    assert kept % 16 == 0
    outcome = execute(spec(task), store, loader=loader)
    assert (outcome.from_cache, outcome.complete, len(truth(store))) == (kept, True, 400)


POINTS = ("open", "write", "fsync", "replace", "sync folder")


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_an_export_that_is_interrupted_leaves_the_old_file_or_the_new_one(tmp_path, monkeypatch, point, failure, tally):
    """F20, F21. Red with the file opened for writing in its place."""
    path = tmp_path / "predictions.csv"
    write_file(path, b"old " * 1000)

    def fail(*arguments, **options):
        raise failure

    if point == "write":
        monkeypatch.setattr(export, "open", lambda *a: Failing(*a, failure), raising=False)
    elif point == "sync folder":
        monkeypatch.setattr(export, "_sync_folder", fail)
    else:
        monkeypatch.setattr(os, point, fail)
    with pytest.raises((DataError, KeyboardInterrupt)) as caught:
        write_file(path, b"new " * 1000)
    monkeypatch.undo()
    lost = path.read_bytes() not in (b"old " * 1000, b"new " * 1000)
    tally("F21", "interrupted exports", 1, lost=lost)
    assert path.read_bytes() == (b"new " if point == "sync folder" else b"old ") * 1000
    assert [p.name for p in tmp_path.iterdir()] == ["predictions.csv"]
    if isinstance(failure, OSError):
        assert "No space left on device" in str(caught.value)
        assert str(path) in str(caught.value)


class Failing:
    """A file that takes half of what it is given."""

    def __init__(self, descriptor, mode, failure):
        self.stream, self.failure = os.fdopen(descriptor, mode), failure

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()

    def writelines(self, pieces):
        content = b"".join(pieces)
        self.stream.write(content[: len(content) // 2])
        raise self.failure


def test_a_part_that_a_killed_process_left_goes_with_the_next_export_and_a_living_ones_stays(tmp_path):
    """F21. Red without the tidying (the part stays), or with one that asks for no process."""
    dead = started("-c", "")
    dead.wait(PATIENCE_S)
    for pid in (dead.pid, os.getppid()):
        (tmp_path / f".a.csv.{pid}.part").write_bytes(b"half")
    write_file(tmp_path / "a.csv", b"x")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["a.csv", f".a.csv.{os.getppid()}.part"])


def test_an_export_reads_back_as_it_was(filled, tmp_path):
    """F21, F28. Red with only those fields quoted that the csv module thinks need it."""
    from evalcore.tasks.data_file import read_table

    (record,) = filled.runs()
    scored = score_run(filled, record.run_id)
    files = {path.name: path for path in export_run(filled, scored, tmp_path / "out")}
    table = read_table(files["predictions.csv"])
    assert table.column("text") == [a.example.text for a in scored.answers]
    assert table.column("completion") == [a.completion.text for a in scored.answers]
    lines = read_table(files["predictions.jsonl"])
    assert lines.column("completion") == table.column("completion")
    assert [row[lines.columns.index("predicted")] for row in lines.rows] == [a.predicted for a in scored.answers]


def test_only_one_module_writes_files_for_people():
    """F21. Red with a `write_text` anywhere else in the package."""
    import ast

    # What people get, and small files that they may edit; uploads; the holder of a lock, the worker's log; what Ray
    # prints goes nowhere.
    allowed = {"export.py", "small_file.py", "uploads.py", "turns.py", "worker.py", "cluster.py"}
    for path in (ROOT / "evalcore").rglob("*.py"):
        if path.name in allowed or path.parent.name == "demo":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                assert node.attr not in {"write_text", "write_bytes", "to_csv", "mkstemp"}, path
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "open":
                modes = [
                    a.value for a in (*node.args, *(k.value for k in node.keywords)) if isinstance(a, ast.Constant)
                ]
                assert not any(isinstance(mode, str) and set(mode) <= set("wax+bt") for mode in modes), path


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 0.0, 1e-320])
def test_a_number_that_is_none_comes_back_as_it_was(store, value):
    """F22 (inspect_ai#4491). Red with NaN handed to SQLite, which keeps it as NULL."""
    put(store, [(b"k" * 32, Completion("x", latency_ms=value))])
    back = store.completions([b"k" * 32])[b"k" * 32].latency_ms
    assert repr(back) == repr(float(value))


def test_what_is_undefined_is_said_to_be_so_and_left_out_of_means(store, run, filled):
    """F22. Red with NaN written as 0, or averaged."""
    (record,) = filled.runs()
    scored = score_run(filled, run(filled, n=5).record.run_id)
    present = scored.per_class.support > 0
    assert 0 < present.sum() < len(present)
    assert all(math.isnan(f1) for f1 in scored.per_class.f1[~present])
    assert scored.scores.macro_f1_present == pytest.approx(scored.per_class.f1[present].mean())
    report = report_as_json(scored, findings_of(filled, scored))
    assert [row["f1"] is None for row in report["per_class"]] == [not there for there in present]
    assert (report["labels_present"], report["labels_total"]) == (int(present.sum()), len(present))
    text = report_as_text(scored, findings_of(filled, scored))
    assert f"{int(present.sum())} of {len(present)} labels in the sample" in text
    assert "nan" not in text.lower()
    assert b"NaN" not in run_json(filled, scored) + predictions_jsonl(scored)
    assert predictions_csv(scored).count(b"\n") == 6
    assert record.n == N


@pytest.mark.parametrize("kind", ["random bytes", "a beginning and random bytes"])
def test_random_bytes_as_a_store_are_set_aside_or_said(tmp_path, filled, kind):
    """F17, F19. Red with any other error than StoreError."""
    chance, said = random.Random(3), []
    start = filled.path.read_bytes()[:100] if kind.startswith("a") else b""
    for _ in range(60):
        filled.path.write_bytes(start + chance.randbytes(chance.randrange(1, 9000)))
        try:
            assert Store(filled.folder).runs() == []
        except BlindspotError as error:
            said.append(str(error))
        for path in filled.folder.glob(f"{FILE_NAME}*"):
            path.unlink()
    assert all(str(filled.path) in message for message in said)


ODD = {
    "a boolean": {"prompt_tokens": True},
    "a float": {"prompt_tokens": 7.0},
    "a number of numpy's": {"prompt_tokens": np.int64(7)},
    "a negative number": {"prompt_tokens": -1},
    "a huge number": {"prompt_tokens": 2**63},
    "no number": {"prompt_tokens": None},
    "a boolean token": {"token_ids": (1, True)},
    "a token of numpy's": {"token_ids": (np.int32(1),)},
    "a list": {"token_ids": [1, 2]},
    "a time of numpy's": {"latency_ms": np.float32(1.5)},
    "a time that is true": {"latency_ms": True},
    "a huge time": {"latency_ms": 10**400},
    "half a surrogate pair": {"text": "a\ud800b"},
    "a text of numpy's": {"text": np.str_("a")},
    "bytes": {"text": b"a"},
    "no reason": {"stop": "content_filter"},
    "an array": {"label_logprobs": np.zeros(2, dtype="<f4")},
    "a cut array": {"label_logprobs": b"abc"},
}


@pytest.mark.parametrize("odd", ODD)
def test_what_would_come_back_as_something_else_is_refused(store, odd):
    """F54, F18. Red while it was written: a row that fails its own checksum, asked for for ever; or a traceback."""
    with pytest.raises(StoreError, match=f"a completion's {next(iter(ODD[odd]))} would not come back as it is"):
        put(store, [(b"a" * 32, Completion("x")), (b"k" * 32, replace(Completion("x"), **ODD[odd]))])
    assert store.completions([b"a" * 32, b"k" * 32]) == {}


@pytest.mark.parametrize("latency", [1, -0.0, 2**60])
def test_a_whole_number_of_milliseconds_comes_back(store, latency):
    """F54, F18. Red with an int in a column of floats, or with the sign of a zero in the checksum."""
    put(store, [(b"k" * 32, Completion("x", latency_ms=latency))])
    assert store.completions([b"k" * 32])[b"k" * 32].latency_ms == latency


def spoil(store):
    """From now on the disk keeps another number than it is given."""
    with store.connect(write=True) as db:
        db.execute(
            "CREATE TRIGGER spoilt AFTER INSERT ON completions BEGIN"
            " UPDATE completions SET prompt_tokens = prompt_tokens + 1 WHERE key = NEW.key; END"
        )


def test_rows_that_do_not_stay_as_they_were_stored_end_the_run_with_an_error(store, task, run, capsys):
    """F54, F18. Red while it said "nothing is predicted yet", with status 0, each time."""
    from evalcore.cli.main import main

    spoil(store)
    with pytest.raises(StoreError, match=f"{N} of {N} completions that were just stored cannot be read back"):
        run(store)
    words = ["run", "--task", str(task), "--model", "majority", "--cache", str(store.folder)]
    for _ in range(2):
        assert main(words) == 1
        said = capsys.readouterr()
        assert (said.out, "cannot be read back as they were" in said.err) == ("", True)


LIMITS = (2_000, 30_000, 170_000)


@pytest.mark.skipif(resource is None, reason="no limits here")
@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_on_the_size_of_files_is_said_and_nothing_is_set_aside(tmp_path, limit):
    """F20. Red while it was said to be damage: "move the file away"."""
    task = write_task(tmp_path / "messages")
    cache, log = tmp_path / "cache", tmp_path / "log"

    def start_run(**process):
        return start(cache, task, log, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **process)

    for _ in range(2):
        limited = start_run(before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        _, said = limited.communicate(timeout=PATIENCE_S)
        assert limited.returncode == 1
        assert f"no file may grow beyond {limit:,} bytes here" in said
        assert "ulimit -f" in said
        assert "ove the file away" not in said
        assert len(said.splitlines()) == 1
    kept = len(asked(log))
    assert (kept > 0) is (limit == LIMITS[-1])
    free = start_run()
    assert free.communicate(timeout=PATIENCE_S)[1] == ""
    assert free.returncode == 0
    assert list(cache.glob("*.corrupt-*")) == []
    assert Store(cache).count_done(Store(cache).runs()[0].run_id) == 400


@pytest.mark.skipif(resource is None, reason="no limits here")
def test_an_export_beyond_the_limit_says_so_and_leaves_the_old_file(tmp_path):
    """F20, F21. Red with the error of the system passed on as it is: a traceback."""
    path = tmp_path / "predictions.csv"
    write_file(path, b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(DataError, match="File too large"):
            write_file(path, b"new" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["predictions.csv"]


COMPLAINTS = {
    # name of SQLite's code: its class, its words, what is said, whether the file is broken
    "FULL": (sqlite3.OperationalError, "database or disk is full", "the disk is full", False),
    "READONLY": (sqlite3.OperationalError, "attempt to write a readonly database", "cannot be written", False),
    "CANTOPEN": (sqlite3.OperationalError, "unable to open database file", "cannot be written", False),
    "PERM": (sqlite3.OperationalError, "access permission denied", "cannot be written", False),
    "BUSY": (sqlite3.OperationalError, "database is locked", "kept the cache locked", False),
    "LOCKED": (sqlite3.OperationalError, "database table is locked", "kept the cache locked", False),
    "IOERR_WRITE": (sqlite3.OperationalError, "disk I/O error", "could not read or write the cache (", False),
    "IOERR_FSYNC": (sqlite3.OperationalError, "disk I/O error", "could not read or write the cache (", False),
    "IOERR_READ": (sqlite3.OperationalError, "disk I/O error", "could not read or write the cache (", False),
    "CONSTRAINT": (sqlite3.IntegrityError, "UNIQUE constraint failed: full", "the cache refused", False),
    "TOOBIG": (sqlite3.DataError, "string or blob too big", "the cache refused", False),
    "CORRUPT": (sqlite3.DatabaseError, "database disk image is malformed", "cannot be read", True),
    "NOTADB": (sqlite3.DatabaseError, "file is not a database", "cannot be read", True),
}


@pytest.mark.parametrize("code", COMPLAINTS)
def test_each_complaint_of_sqlite_is_said_as_what_it_is_and_only_damage_is_set_aside(filled, monkeypatch, code):
    """F20, F19. Red with words in place of codes: an I/O error was damage, an error with "full" in it a full disk."""
    kind, words, expected, broken = COMPLAINTS[code]
    failure = kind(words)
    failure.sqlite_errorname = f"SQLITE_{code}"
    failure.sqlite_errorcode = getattr(sqlite3, failure.sqlite_errorname)

    def fail(*_):
        raise failure

    monkeypatch.setattr(opening, "check", fail)
    if broken:
        monkeypatch.setattr(Store, "_begin_anew", lambda self: None)
        Store(filled.folder)
    else:
        with pytest.raises(StoreError) as caught:
            Store(filled.folder)
        assert expected in str(caught.value)
        assert "ove the file away" not in str(caught.value)
    assert [path.name for path in filled.folder.glob("*.corrupt-*")] == []


def test_a_locked_and_a_readonly_database_are_said_as_such(filled, monkeypatch):
    """F20, F5. Red with a complaint of SQLite's that has another code than it is looked for by."""
    monkeypatch.setattr(sqlite_errors, "BUSY_TIMEOUT_S", 0.05)
    with sqlite3.connect(filled.path, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="kept the cache locked"):
            filled.runs()
        other.execute("ROLLBACK")
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, **more: connect(f"{path.as_uri()}?mode=ro", uri=True, **more))
    with pytest.raises(StoreError, match="cannot be written"):
        filled.save_prompt(custom_prompt("mine", "x", "{text}"))


@pytest.mark.skipif(resource is None, reason="no limits here")
def test_a_write_that_the_system_refuses_is_no_damage(filled):
    """F20. Red with SQLITE_IOERR_WRITE said to be damage."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (filled.path.stat().st_size, before[1]))
    try:
        with pytest.raises(StoreError, match=r"cannot be written \(SQLITE_IOERR_WRITE\): no file may grow beyond"):
            put(filled, [(bytes([i]) * 32, Completion("x" * 5000)) for i in range(20)])
        Store(filled.folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(filled.folder.glob("*.corrupt-*")) == []
    assert filled.count_done(filled.runs()[0].run_id) == N


OLD_RUNS = {
    # run id: model, prompt, n; examples predicted, right, unparsed
    "6fd78d3ec2c2": ("majority", "none", 16, (16, 4, 0)),
    "70aee41f453e": ("tfidf", "none", 18, (18, 17, 0)),
    "f238cf56f848": ("demo", "article", 16, (16, 10, 0)),
    "2e76f20657e2": ("demo", "curt", 16, (16, 10, 0)),
    "a06982b03032": ("demo", "few-shot:2", 16, (16, 0, 16)),
    "50d917cb890a": ("demo", "article", 16, (16, 7, 0)),
    "5078ada07df3": ("demo", "article", 24, (8, 3, 0)),
    "6c5aed6ccc4d": ("imported:graded.csv", "none", 6, (6, 4, 2)),
}
"""The runs of the caches of format 2 and 3, as the versions that wrote them scored them."""
LATER_RUNS = {
    "6e400829bac9": ("majority", "none", 16, (16, 4, 0)),
    "aa6966426f88": ("tfidf", "none", 18, (18, 17, 0)),
    "e2339e9144ce": ("demo", "article", 16, (16, 3, 0)),
}
"""What that of format 4 holds besides: the baselines' second version, and labels chosen by what they gain."""
FIRST_FORMAT_IDS = {
    "6eeccc84fd0c", "a5d79fc9da1d", "b10e0c743708", "8735a7e7eb08", "7cec0754d6c4", "e4a54f5df4c5", "e216b4da46a1",
}  # fmt: skip


@pytest.mark.parametrize("number", FORMATS)
def test_a_cache_of_every_format_opens_without_losing_a_row(tmp_path, number):
    """F59. Red with a migration that deletes, or with a table that is looked for under a name that it no longer has."""
    folder = old_cache(tmp_path / "cache", number)
    before = all_rows(folder / FILE_NAME)
    store = Store(folder)
    assert store.notice == ""
    after = all_rows(folder / FILE_NAME)
    assert not any(lost_rows(before, after).values())
    assert {table: len(after[table]) for table in before} == {table: len(rows) for table, rows in before.items()}
    assert [path.name for path in folder.iterdir()] == [FILE_NAME]
    assert {record.run_id for record in store.runs()} == (
        FIRST_FORMAT_IDS if number == 1 else set(OLD_RUNS) | (set(LATER_RUNS) if number > 3 else set())
    )
    assert store.custom_prompts() == {"curt": Prompt("curt", "Answer with one word of: {labels}", "{text}")}
    jobs = [(job.state, job.spec.model, job.result) for job in Jobs(store).recent()]
    assert jobs == [
        ("queued", "tfidf", ""),
        ("stopped", "demo", ""),
        ("failed", "no/such", "no/such: there is no such model."),
        ("done", "majority", ""),
    ]


@pytest.mark.parametrize("number", [2, 3, 4])
def test_runs_of_an_older_format_are_scored_and_annotated_as_they_were(tmp_path, number):
    """F59. Red with a run id, a key or a checksum that is made in another way."""
    store = Store(old_cache(tmp_path / "cache", number))
    for record in store.runs():
        scores = score_run(store, record.run_id).scores
        counts = (scores.n, scores.correct, scores.unparsed)
        assert (record.spec.model, record.prompt.name, record.n, counts) == {**OLD_RUNS, **LATER_RUNS}[record.run_id]
        assert (record.finished is None) is (record.run_id == "5078ada07df3")
        assert run_id(record.sample_id, record.identity, record.prompt.fingerprint) == record.run_id
    assert RunCatalog(store).annotations() == {
        "70aee41f453e": RunAnnotation("the baseline", "kept since spring\nsecond line", pinned=True),
        "6c5aed6ccc4d": RunAnnotation("graded by hand"),
    }


@pytest.mark.parametrize("number", FORMATS)
def test_no_example_of_an_older_format_is_predicted_again(tmp_path, monkeypatch, number):
    """F59, F60. Red with one more field in the key of a completion."""
    import torch

    def refuse(handle, on_phase):
        raise AssertionError("a model was loaded")

    # The caches were made on a CPU, and the task of some runs was named by a relative path.
    on_a_cpu = placement.Placement(torch.device("cpu"), torch.float32)
    monkeypatch.setattr(local, "placement", lambda spec: on_a_cpu)
    monkeypatch.chdir(CACHES)
    store = Store(old_cache(tmp_path / "cache", number))
    for record in store.runs():
        if record.finished is None or not record.kind.can_run:
            continue
        if record.kind.is_baseline:  # since its second version it has probabilities, and the same answers as before
            again = execute(record.spec, store).record
            # A run of format 1 named its sample in another way, and has to be run again to be shown.
            assert number == 1 or [a.predicted for a in score_run(store, again.run_id).answers] == [
                a.predicted for a in score_run(store, record.run_id).answers
            ]
            continue
        outcome = execute(record.spec, store, loader=refuse)
        assert (outcome.complete, outcome.predicted_now) == (True, 0)
        assert number == 1 or outcome.record.run_id == record.run_id
        assert outcome.record in store.runs_for(record.spec)


def rename_a_table(db):
    db.execute("ALTER TABLE completions RENAME TO answers")
    db.execute("UPDATE run_marks SET note = note || '; renamed'")


def rebuild_a_table(db):
    """As SQLite's manual has it for a change that ALTER TABLE cannot make."""
    (definition,) = db.execute("SELECT sql FROM sqlite_master WHERE name = 'runs'").fetchone()
    db.execute(definition.replace("CREATE TABLE runs", "CREATE TABLE new_runs"))
    db.execute("INSERT INTO new_runs SELECT * FROM runs")
    db.execute("DROP TABLE runs")
    db.execute("ALTER TABLE new_runs RENAME TO runs")


@pytest.mark.parametrize("migration", [rename_a_table, rebuild_a_table])
def test_a_migration_that_renames_or_drops_a_table_loses_nothing(tmp_path, monkeypatch, migration):
    """F59. Red with foreign keys on (dropping `runs` drops its items), or with damage told by old names of tables."""
    folder = old_cache(tmp_path / "cache", 2)
    before = all_rows(folder / FILE_NAME)
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, migration))
    for _ in range(2):  # as an old format, and as the current one
        store = Store(folder)
        assert store.notice == ""
        after = all_rows(folder / FILE_NAME)
        assert after.get("answers", after.get("completions")) == before["completions"]
        assert not lost_rows({"runs": before["runs"]}, after)["runs"]
        for table in ("run_items", "sample_items", "jobs", "prompts"):
            assert after[table] == before[table], table
        assert {row[:2] for row in after["run_marks"]} == {row[:2] for row in before["run_marks"]}
    assert [path.name for path in folder.iterdir()] == [FILE_NAME]


def fail_in_sql(db):
    db.execute("DROP TABLE prompts")
    db.execute("ALTER TABLE gone RENAME TO something")


def fail_in_python(db):
    db.execute("UPDATE runs SET spec = ''")
    raise ValueError("no such thing")


@pytest.mark.parametrize("migration", [fail_in_sql, fail_in_python])
@pytest.mark.parametrize("number", FORMATS)
def test_a_migration_that_fails_leaves_the_file_as_it_was_and_says_so(tmp_path, monkeypatch, migration, number):
    """F59, F2. Red with one transaction a migration, or with a failure that is taken for damage."""
    folder = old_cache(tmp_path / "cache", number)
    before = (folder / FILE_NAME).read_bytes()
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, migration))
    with pytest.raises(StoreError, match=rf"from format {number} to {len(MIGRATIONS) + 1} \(no such t") as caught:
        Store(folder)
    assert "It was left as it was" in str(caught.value)
    assert (folder / FILE_NAME).read_bytes() == before
    assert [path.name for path in folder.iterdir()] == [FILE_NAME]
    monkeypatch.undo()
    assert Store(folder).custom_prompts()


def test_a_full_disk_during_a_migration_is_said_to_be_that(tmp_path, monkeypatch):
    """F59, F20. Red with every failure of a migration said to be the migration's."""

    def fill(db):
        db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")
        db.execute("CREATE TABLE large AS SELECT * FROM completions, jobs")

    folder = old_cache(tmp_path / "cache", 3)
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, fill))
    with pytest.raises(StoreError, match="the disk is full"):
        Store(folder)
    monkeypatch.undo()
    assert len(Store(folder).runs()) == len(OLD_RUNS)
