# ruff: noqa: E501 (a table)
"""The table of faults in tests/README.md, made of the tests themselves: `python -m tests.faults.table > tests/README.md`."""

from __future__ import annotations

import ast
import re
from collections import defaultdict

from tests.conftest import ROOT
from tests.faults.guards import GUARDS
from tests.faults.victim import BATCH, KILLS, POINTS, N

ELSEWHERE = {"F35": ("test_local.py", "test_hub.py"), "F49": ("test_classification.py",), "F15": ("test_database.py",)}
"""Tests outside the fault suite that a fault rests on as well."""

ROWS: dict[str, tuple[str, str]] = {
    "F1": ("The process is killed at any moment", f"{KILLS} kills of one run of {N} in batches of {BATCH}; the app's worker 2 more"),
    "F2": ("It is killed at a point that matters", f"{len(POINTS)} points: {', '.join(POINTS)}"),
    "F3": ("A run that was resumed differs from one that was not", "predictions.csv byte by byte, toy and real model; totals"),
    "F4": ("The same run twice at once", "2 processes; 2 threads"),
    "F5": ("Two runs at once on one store", "10 times two processes; a reader beside a writer"),
    "F6": ("The holder of a lock dies, or lives", "killed once; the other goes on in less than a second"),
    "F7": ("Ctrl-C, SIGTERM", "each once; Ctrl-C 62 times more, while a server is waited for"),
    "F8": ("A tab is closed, the worker dies, the run is deleted", "2 tabs, 2 kills; 1 deletion during a run; 1 worker that is stopped"),
    "F9": ("Left-over files; a cache that cannot be written", "1 run; as another user on folders of mode 0555"),
    "F10": ("A changed input is served an old answer", "12 changes and 5 addresses, each 100 % asked again"),
    "F11": ("An input that does not matter is asked again", "5 changes, 3 hash seeds, dict order: 0 calls"),
    "F12": ("The parser changes", "0 calls, all scores new"),
    "F13": ("16 examples, then all", "3 kinds of sample: exactly 384 calls"),
    "F14": ("Weights or branch move under a name", "1 byte, a date put back, a branch, 6 models"),
    "F15": ("A store of another version", "an older key, a newer format"),
    "F16": ("A page shows what was; sessions share what one changes", "4 arrays of a reading, a task, a growing store"),
    "F17": ("The file is damaged", "6 kinds, 100 times random bytes in it, 120 times random bytes instead of it"),
    "F18": ("One bit flips inside a value", "100 of 100 in completions, 100 of 100 in examples, 6 columns of a run, a key; 18 fields that SQLite would change; a disk that keeps others"),
    "F19": ("Something else stands in the file's place", "folder, link, pipe, file for the folder, empty, no table"),
    "F20": ("The disk is full", "in a run once; in an export at 5 points; 3 limits on the size of files; 13 complaints of SQLite's"),
    "F21": ("An export is interrupted", "5 points, by an error and by Ctrl-C; SIGKILL once"),
    "F22": ("A number is not one", "5 values; labels with support 0; 2 undefined agreements; every text of 9 tiny runs"),
    "F23": ("A row is too long or too short", "8 files"),
    "F24": ("A value looks like a number or like nothing", "14 values in 4 formats, 6 spellings of numbers"),
    "F25": ("A file is oddly encoded or broken", "14 CSV files, 7 lines of JSON, 9 Parquet files, random bytes"),
    "F26": ("A text is very long", "100,000 and 200,000 characters; a completion of 100,000; too long for a server"),
    "F27": ("A file is very large", "1,000,001 rows in 3 formats; 1,000,000 rows; 300 MB; a Parquet file that unfolds"),
    "F28": ("A label is odd", "18 labels through run, picture, export and back; 4 separators; a terminal"),
    "F29": ("A set of labels is odd", "5 pairs that read the same; 0, 1 and 1,000 labels; absent, unlisted, two for one text"),
    "F30": ("Banking77 is not what it is", "3,080 rows, each compared"),
    "F31": ("One label is read as another", "5,852 pairs of Banking77, 1,560 of a nested set, 3 orders of each, random cases"),
    "F32": ("A completion is odd", "42 written ones, random ones"),
    "F33": ("Something is lost between the counts", "200 random runs, random cases, every page"),
    "F34": ("A text gives orders", "5 texts: only labels come out, as typed on the page"),
    "F35": ("A model cannot be had", "9 spoilt folders, 3 refusals, 7 configs; and in test_local.py, test_hub.py"),
    "F36": ("Memory runs out", "injected once; on a GPU where there is one"),
    "F37": ("A model brings code", "own classes, 4 pickles, 7 chat templates: 0 ran"),
    "F38": ("A server has a bad day", "16 kinds of no answer, dripping, waiting, 2 refusals of an option"),
    "F39": ("A server fails often, late or always", "30 % of 400; 8 late replies; all"),
    "F40": ("A secret gets out", "1 canary looked for in every file, message and print; 10 addresses, 3 keys"),
    "F41": ("A page of another origin connects", "18 WebSockets, 12 origins, 1 page of another port in a browser; 1 listening address, 7 settings"),
    "F42": ("Data becomes code or markup", "every source file"),
    "F43": ("Hostile data on a page", "6 payloads as text, label, name and completion on every page"),
    "F44": ("A hostile file name", "10 names of uploads, 7 of paths, an archive, a device"),
    "F45": ("A hostile address", "6 names of runs and 4 other parameters on every page, random names"),
    "F46": ("A spreadsheet runs a cell", "24 beginnings"),
    "F47": ("Sessions mix; nothing is there", "2 sessions in 20 steps; empty, one run, deleted, on every page; 8 failures of a task"),
    "F48": ("Others read the cache", "every file and folder of it"),
    "F49": ("Two libraries disagree", "240 random runs against scikit-learn"),
    "F50": ("The suite asks for too much", "no GPU, no network; `make test` says how long it took"),
    "F51": ("Something is changed and put back", "4 things, in the app and on the command line; a branch of the hub; a train split"),
    "F52": ("An interval is surer than it may be", "4 shapes, 300 data sets each, 16 intervals"),
    "F53": ("An answer is guessed", "379 written answers, 206 of them unclear, in 20 languages; Banking77's labels in 12 sentences; 14 megabytes"),
    "F54": ("A server's failure looks like an answer", "19 endings, 9 kinds of reasoning alone, 3 of a content filter, 17 odd counts, all reasons at once"),
    "F55": ("A column that nobody asked for holds what cannot be read", "12 Parquet columns, 5 lines of JSON, some 200 random types; 2 depths of JSON beyond the limit"),
    "F56": ("A small file or a reply is a large one", "27 files, each in less than 650 MB; a new key on each line; a completion of 1.2 MB where 16 tokens were asked for"),
    "F57": ("A smaller N, from a cache that cannot be written", "as another user, on a page; 2 older formats"),
    "F58": ("The key of a server goes astray", "14 addresses that do not get it and 11 that do, 14 spellings of this machine, 30 of others, 9 that can be read in two ways"),
    "F61": ("A file is being written", "3 ends of what is there; replaced while it is read; complete"),
    "F62": ("A message is as long as the data", "24 ways to a message, 6 kinds of error at 6 lengths: 2,000 characters at most"),
}  # fmt: skip

INTRODUCTION = """\
# The fault suite

What can go wrong, how often it is made to go wrong here, and what was lost. The table is made of the tests
(`python -m tests.faults.table > tests/README.md`), and a test compares the two. *Tests* counts the test functions whose
docstring names the fault, most of them with many cases; *guards* are the lines that protect from it, each of which
`make mutants` takes out, one at a time, to see those tests fail.

| | fault | tried | tests | guards | lost | in |
|---|---|---|---:|---:|---:|---|
"""
CLOSING = """
`make soak` runs what takes longer: 10,000 random cases of each kind, and four processes and four browser sessions on one
store for a minute, with runs, stops, deletions and kills. `make mutants` breaks `words`, `denial`, `parse`, `metrics` and
`runspec` in every small way and takes out every guard.

Not promised: a loss of power beyond what SQLite gives with `synchronous=FULL`; folders on a network, where locks do not
hold; several people who do not trust each other on one server, for there is no login.
"""


def named() -> dict[str, dict[str, list[str]]]:
    """Test functions by fault and file, as their docstrings name them."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted((ROOT / "tests" / "faults").glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                first = (ast.get_docstring(node) or "").partition(". ")[0].partition(" (")[0].partition(":")[0]
                for fault in re.findall(r"F\d+", first):
                    found[fault][path.name].append(node.name)
    return found


def table() -> str:
    by_fault = named()
    lines = []
    for fault, (what, tried) in ROWS.items():
        files = by_fault.get(fault, {})
        count = sum(map(len, files.values()))
        guards = sum(fault in guard.faults.split(", ") for guard in GUARDS)
        where = ", ".join(f"`{file}`" for file in [*files, *ELSEWHERE.get(fault, ())])
        lines.append(f"| {fault} | {what} | {tried} | {count or ''} | {guards or ''} | 0 | {where} |")
    return INTRODUCTION + "\n".join(lines) + "\n" + CLOSING


if __name__ == "__main__":
    print(table(), end="")
