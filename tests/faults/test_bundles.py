"""Bundles that are cut, damaged, made up or huge, and imports that are killed (F2, F17, F20, F25, F56, F61)."""

import gzip
import io
import json
import os
import random
import re
import signal
import sqlite3
import zlib
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalcore.errors import BlindspotError, DataError, StoreError
from evalcore.store import run_rows
from evalcore.store.bundle import MAX_LINE_BYTES
from evalcore.store.bundle_reading import unpacked
from evalcore.store.catalog import RunAnnotation, run_title
from evalcore.store.database import Store
from evalcore.store.label_reference import LabelReference
from evalcore.store.merging import merge, merge_bundle
from evalcore.store.run_record import record_of
from evalcore.store.spec import RunSpec
from evalcore.tasks.prompt import custom_prompt
from tests.conftest import ROOT
from tests.faults.test_fuzz import fuzz
from tests.tools.bundles import bundle, contents, lines_of, made_of, merged, put_run
from tests.tools.processes import finished

TEXTS = [f"message number {at}" for at in range(120)]


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """A bundle of two runs, one of which is unfinished."""
    store = Store(tmp_path_factory.mktemp("whole") / "cache")
    put_run(store, {"predictor": "transformers"}, texts=TEXTS)
    put_run(store, {"predictor": "server"}, texts=TEXTS, done=50)
    return bundle(store)


@pytest.fixture(scope="module")
def started_store(tmp_path_factory):
    """A store that holds a part of one of these runs and another one: what no failure may change."""
    store = Store(tmp_path_factory.mktemp("some") / "cache")
    put_run(store, {"predictor": "transformers"}, texts=TEXTS, done=30)
    put_run(store, {"predictor": "transformers", "model": "other"})
    return store, contents(store)


def unchanged(store, before):
    assert contents(store) == before
    with sqlite3.connect(store.path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def left_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_bundle_that_is_cut_short_changes_nothing(content, started_store):
    """F61. Red without the last line, whose absence tells a file that is still being written."""
    store, before = started_store
    lines = gzip.decompress(content).splitlines(keepends=True)
    cuts = [content[:at] for at in (*range(0, 40), *range(40, len(content), 97), len(content) - 1)]
    cuts += [gzip.compress(b"".join(lines[:at])) for at in range(0, len(lines), 37)]
    for cut in cuts:
        with pytest.raises(DataError) as error:
            merged(store, cut)
        assert re.search("cut short|no bundle", str(error.value))
    unchanged(store, before)


def test_a_flipped_bit_anywhere_in_a_bundle_is_noticed(content, started_store, tally):
    """F17. Red without the check of gzip's own sum and of SHA-256."""
    store, before = started_store
    chance, tried, believed = random.Random(8), 300, 0
    for _ in range(tried):
        damaged = bytearray(content)
        at = chance.randrange(10, len(content))  # after gzip's header, whose time and system decide nothing
        damaged[at] ^= 1 << chance.randrange(8)
        try:
            merged(store, bytes(damaged))
            believed += 1
        except DataError:
            pass
    tally("F17", "damaged bundles", tried, lost=believed)
    assert believed == 0
    unchanged(store, before)


VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
        st.sampled_from([2**31, 10**30, -1, 1e308, "0" * 64, "0" * 12, "../x", "\ud800", "\0", [[]] * 3]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=6,
)  # fmt: skip


class Undone(Exception):
    """Rolls a merge back."""


def test_a_made_up_bundle_is_read_or_refused(started_store, tmp_path):
    """F25. Red with any error but BlindspotError, and with a run that a page then cannot show."""
    store, before = started_store
    source = Store(tmp_path / "cache")
    source.save_prompt(custom_prompt("mine", "{labels}", "{text}"))
    reference = LabelReference((1, 2), {"": (-1.0, -2.0)})
    put_run(source, {"predictor": "server"}, spec=RunSpec(prompt="mine", model="http://a"), reference=reference)
    rows = lines_of(bundle(source))
    kinds = {row.get("kind"): at for at, row in enumerate(rows)}

    @fuzz
    @given(st.data())
    def reads_or_refuses(data):
        at = kinds[data.draw(st.sampled_from(list(kinds)))]
        row = rows[at]
        name = data.draw(st.sampled_from(sorted(row)))
        value, inside = data.draw(VALUES), row[name]
        if isinstance(inside, dict) and inside and data.draw(st.booleans()):
            value = {**inside, data.draw(st.sampled_from(sorted(inside))): value}
        stream = io.BytesIO(made_of([*rows[:at], {**row, name: value}, *rows[at + 1 :]]))
        try:
            with unpacked(stream, "rig.blindspot.gz") as theirs, store.connect(write=True) as ours:
                merge(theirs, ours, "rig")
                for record in map(record_of, run_rows.all_runs(ours)):
                    assert pd.Timestamp(record.created, unit="s")
                    assert run_title(record, RunAnnotation())
                raise Undone
        except (Undone, BlindspotError) as error:
            said = str(error)
        assert len(said) <= 2000

    reads_or_refuses()
    unchanged(store, before)


def packed(pieces):
    """A gzip file of these pieces, which need not fit into memory together."""
    pack = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join([*(pack.compress(piece) for piece in pieces), pack.flush()])


BOMBS = {
    "a line of 768 MB": lambda header: [header, *[b"x" * 2**20] * 768],
    "lists in a line": lambda header: [header, b"[", b"[]," * (MAX_LINE_BYTES // 3 - 9), b"[]]\n"],
}
READ = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from evalcore.errors import BlindspotError
from evalcore.store.database import Store
from evalcore.store.merging import import_bundle
store = Store(Path({cache!r}))
try:
    import_bundle(store, Path({bundle!r}))
except BlindspotError as error:
    said = error
lines = Path("/proc/self/status").read_text().splitlines()
peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
print(f"{{peak:.0f}} {{said}}")
"""


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="peak memory is read in /proc")
@pytest.mark.parametrize("name", BOMBS)
def test_a_small_bundle_that_unfolds_is_refused_in_little_memory(content, tmp_path, name):
    """F56. Red with a file that is unpacked as a whole, and with lines of any length."""
    file = tmp_path / "bomb.blindspot.gz"
    file.write_bytes(packed(BOMBS[name](json.dumps(lines_of(content)[0]).encode() + b"\n")))
    assert file.stat().st_size < 20_000_000
    done = finished("-c", READ.format(root=str(ROOT), cache=str(tmp_path / "cache"), bundle=str(file)))
    assert done.returncode == 0, done.stderr
    peak_mb, said = done.stdout.split(maxsplit=1)
    assert float(peak_mb) < 650, said
    assert said.startswith("bomb.blindspot.gz")
    assert Store(tmp_path / "cache").runs() == []


def test_a_file_that_unfolds_to_more_than_may_be_is_refused_before_it_is_read(content, started_store):
    """F56. Red without the limit on all lines together."""
    store, before = started_store
    unfolded = len(gzip.decompress(content))
    with pytest.raises(DataError, match="it unfolds to more than"):
        merge_bundle(store, io.BytesIO(content), "rig.blindspot.gz", max_bytes=unfolded - 1)
    unchanged(store, before)


@pytest.mark.parametrize("folder", ["the cache", "temporary files"])
def test_a_full_disk_changes_nothing(content, started_store, folder, monkeypatch):
    """F20. Red with more than one transaction for a merge."""
    store, before = started_store
    connect = sqlite3.connect

    def full(address, **options):
        db = connect(address, **options)
        if (address == "") == (folder == "temporary files"):
            pages = db.execute("PRAGMA page_count").fetchone()[0]
            db.execute(f"PRAGMA max_page_count = {pages + 2}")
        return db

    monkeypatch.setattr(sqlite3, "connect", full)
    with pytest.raises(StoreError, match=r"disk is full|Free some disk space"):
        merged(store, content)
    monkeypatch.undo()
    unchanged(store, before)
    assert left_in(store.folder) == ["blindspot.db"]


DIES = """
import os, signal, sqlite3, sys
sys.path.insert(0, {root!r})
from pathlib import Path
from evalcore.store.database import Store
from evalcore.store.merging import import_bundle

class Dying(sqlite3.Connection):
    def execute(self, sql, *rest):
        result = super().execute(sql, *rest)
        if {point!r} in sql:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    def executemany(self, sql, rows):
        result = super().executemany(sql, list(rows))
        if {point!r} in sql:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

store = Store(Path({cache!r}))
connect = sqlite3.connect
sqlite3.connect = lambda address, **options: connect(
    address, **options, **(dict(factory=Dying) if (address == "") == {staged} else {{}})
)
import_bundle(store, Path({bundle!r}))
"""
POINTS = [
    ("INTO completions", True), ("COMMIT", True), ("BEGIN IMMEDIATE", False), ("INTO completions", False),
    ("INTO runs", False), ("INTO run_items", False), ("INTO resolutions", False), ("COMMIT", False),
]  # fmt: skip


def test_a_kill_in_an_import_leaves_nothing_half(content, started_store, tmp_path, tally):
    """F2. Red with more than one transaction for a merge, and with a temporary file that has a name."""
    source, before = started_store
    (tmp_path / "rig.blindspot.gz").write_bytes(content)
    lost = 0
    for number, (point, staged) in enumerate(POINTS):
        cache = tmp_path / f"cache{number}"
        cache.mkdir()
        (cache / "blindspot.db").write_bytes(source.path.read_bytes())
        program = DIES.format(
            root=str(ROOT), point=point, cache=str(cache), staged=staged, bundle=str(tmp_path / "rig.blindspot.gz")
        )
        done = finished("-c", program, env={**os.environ, "TMPDIR": str(tmp_path), "SQLITE_TMPDIR": str(tmp_path)})
        assert done.returncode == -signal.SIGKILL, done.stderr
        store = Store(cache)
        if (point, staged) == ("COMMIT", False):
            assert len(store.runs()) == 3
        else:
            lost += contents(store) != before
            unchanged(store, before)
        merged(store, content)
        assert left_in(cache) == ["blindspot.db"]
        assert {(run.n, store.count_done(run.run_id)) for run in store.runs()} == {(120, 120), (120, 50), (6, 6)}
    tally("F2", "kills of an import", len(POINTS), lost=lost)
    assert left_in(tmp_path) == [*(f"cache{number}" for number in range(len(POINTS))), "rig.blindspot.gz"]
