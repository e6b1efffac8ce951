"""The files that are decided with (F79): each of them is read or a sentence, and an answer is never half written."""

import io
import random
from contextlib import redirect_stderr, redirect_stdout

import pytest

from evalcore.cli.main import main
from evalcore.deciding import TABLE_FIELDS
from evalcore.output.command import decide_option
from evalcore.store import Store
from tests.tools.decisions import LABELS, two_runs

HEADERS = {
    "actions": "label,action",
    "costs": "true,predicted,cost",
    "mix": "label,share",
    "predicted_counts": "label,count",
    "hierarchy": "label,group",
}
CELLS = (
    *LABELS,
    "*",
    "(unparsed)",
    "",
    "0",
    "-1",
    "1e400",
    "nan",
    "0,5",
    "50 %",
    "=1+1",
    '"',
    "\x00",
    "\u202e",
    "x" * 20_000,
)
FILES = 40
"""Random files for each table."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("decisions")
    return folder, [scored.record.run_id for scored in two_runs(Store(folder), 60)]


def random_file(rng, header):
    """A table with cells that mean something, or anything, sometimes cut or with a byte that is not text."""
    width = header.count(",") + 1
    rows = [",".join(rng.choices(CELLS, k=rng.choice([width, width, width, rng.randint(0, 5)]))) for _ in range(6)]
    content = "\n".join([rng.choice([header, header, header.upper(), header[:-1], ""]), *rows]).encode("utf-8")
    if rng.random() < 0.2:
        content = content[: rng.randrange(len(content) + 1)]
    if rng.random() < 0.2:
        at = rng.randrange(len(content) + 1)
        content = content[:at] + rng.randbytes(3) + content[at:]
    return rng.choice([b"", b"\xef\xbb\xbf", b"\xff\xfe"]) + content if rng.random() < 0.3 else content


@pytest.mark.parametrize("field", TABLE_FIELDS)
def test_any_file_of_a_table_is_read_or_a_sentence(field, runs, tmp_path, tally):
    """F79. Red with `read_table_file` that decodes with errors replaced, or lets an error of the decoder out."""
    folder, (a, b) = runs
    rng, lost = random.Random(field), 0
    for at in range(FILES):
        path = tmp_path / "table.csv"
        path.write_bytes(random_file(rng, HEADERS[field]))
        before = path.read_bytes()
        words = ["decide", a, decide_option(field), str(path), "--cache", str(folder), "--json"]
        words += ["--tables", str(tmp_path / "out")] + (["--beside", b] if at % 3 == 0 else [])
        printed, errors = io.StringIO(), io.StringIO()
        with redirect_stdout(printed), redirect_stderr(errors):
            status = main(words)
        refused = status == 1 and errors.getvalue().startswith("error: ") and not printed.getvalue()
        lost += not (refused or (status == 0 and printed.getvalue().startswith("{"))) or path.read_bytes() != before
    tally("F79", "files of tables", FILES, lost=lost)
    assert lost == 0


@pytest.mark.parametrize("what", ["a folder", "nothing", "too much", "a picture"])
def test_what_is_no_table_is_said_by_its_path(what, runs, tmp_path, capsys):
    """F79. Red with a file that is read without a limit, or an error of the system that is let out."""
    folder, (a, _) = runs
    path = tmp_path / "table.csv"
    if what == "a folder":
        path.mkdir()
    elif what == "too much":
        path.write_bytes(b"label,share\n" + b"a,1\n" * 2_000_000)
    elif what == "a picture":
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    assert main(["decide", a, "--mix", str(path), "--cache", str(folder)]) == 1
    said = capsys.readouterr()
    assert said.err.startswith(f"error: {path}: ")
    assert not said.out
