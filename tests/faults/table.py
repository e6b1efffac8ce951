# ruff: noqa: E501 (a table)
"""The table of faults in tests/README.md, made of what the tests counted (`make counts`)."""

from __future__ import annotations

import ast
import re
from collections import Counter

from tests.conftest import ROOT
from tests.faults.tally import LOST, stored

README = ROOT / "tests" / "README.md"
NOT_COUNTED = "not counted"

ELSEWHERE = {
    "F35": ("test_local.py", "test_hub.py"),
    "F49": ("test_classification.py",),
    "F15": ("test_migrations.py",),
    "F63": ("test_content_kind.py", "test_excel_file.py", "test_separator.py"),
    "F64": ("test_uploads.py",),
    "F66": ("test_hub_data.py",),
}
"""Tests outside the fault suite that a fault rests on as well; they are not counted."""

ROWS: dict[str, tuple[str, str]] = {
    "F1": ("The process is killed at any moment", "SIGKILL of a run, and of the app's worker"),
    "F2": ("It is killed at a point that matters", "in the first migration, before the first commit, inside a transaction, after a commit, while finishing, in an export"),
    "F3": ("A run that was resumed differs from one that was not", "predictions.csv byte by byte, toy and real model; totals"),
    "F4": ("The same run twice at once", "processes; threads"),
    "F5": ("Two runs at once on one store", "pairs of processes; a reader beside a writer"),
    "F6": ("The holder of a lock dies, or lives", "killed; the other goes on"),
    "F7": ("Ctrl-C, SIGTERM", "while predicting, while a server is waited for, at random moments"),
    "F8": ("A tab is closed, the worker dies, the run is deleted", "two tabs; a deletion during a run; a worker that is stopped"),
    "F9": ("Left-over files; a cache that cannot be written", "as another user on folders of mode 0555"),
    "F10": ("A changed input is served an old answer", "every part of a completion's key, each asked again"),
    "F11": ("An input that does not matter is asked again", "path, time, order, line ends, format; hash seeds; dict order"),
    "F12": ("The parser changes", "no call, all scores new"),
    "F13": ("16 examples, then all", "each kind of sample: only what is missing is asked for"),
    "F14": ("Weights or branch move under a name", "one byte, a date put back, a branch, models of the same name"),
    "F15": ("A store of another version", "an older key, a newer format"),
    "F16": ("A page shows what was; sessions share what one changes", "the arrays of a scored run, a task, a growing store"),
    "F17": ("The file is damaged", "cut, emptied, overwritten at random, replaced by random bytes"),
    "F18": ("One bit flips inside a value", "in completions, in examples, in every column of a run, in a key; fields that SQLite would change; a disk that keeps others"),
    "F19": ("Something else stands in the file's place", "folder, link, pipe, file for the folder, empty, no table"),
    "F20": ("The disk is full", "in a run; in an export; limits on the size of files; each complaint of SQLite's"),
    "F21": ("An export is interrupted", "at each step, by an error and by Ctrl-C; SIGKILL"),
    "F22": ("A number is not one", "NaN and infinities; labels with support 0; undefined agreements; every text of tiny runs"),
    "F23": ("A row is too long or too short", "every format"),
    "F24": ("A value looks like a number or like nothing", "in every format; spellings of numbers"),
    "F25": ("A file is oddly encoded or broken", "CSV, JSON Lines, Parquet; random bytes"),
    "F26": ("A text is very long", "as data, as a completion, as a prompt for a server"),
    "F27": ("A file is very large", "beyond the limits of rows and bytes, in every format; a Parquet file that unfolds"),
    "F28": ("A label is odd", "through run, picture, export and back; separators; a terminal"),
    "F29": ("A set of labels is odd", "labels that read the same; none, one and a thousand; absent, unlisted, two for one text"),
    "F30": ("Banking77 is not what it is", "every row compared"),
    "F31": ("One label is read as another", "pairs of Banking77's labels and of a nested set, in several orders; random cases"),
    "F32": ("A completion is odd", "written ones, random ones"),
    "F33": ("Something is lost between the counts", "random runs, random cases, every page"),
    "F34": ("A text gives orders", "only labels come out, as typed on the page"),
    "F35": ("A model cannot be had", "spoilt folders, refusals of the hub, odd configurations"),
    "F36": ("Memory runs out", "injected; on a GPU where there is one"),
    "F37": ("A model brings code", "own classes, pickles, chat templates: none ran"),
    "F38": ("A server has a bad day", "no answer of many kinds, dripping, waiting, refusals of an option"),
    "F39": ("A server fails often, late or always", "a third of the requests; late replies; all"),
    "F40": ("A secret gets out", "looked for in every file, message and print; addresses, keys"),
    "F41": ("A page of another origin connects", "WebSockets, origins, a page of another port in a browser; the listening address; settings"),
    "F42": ("Data becomes code or markup", "every source file"),
    "F43": ("Hostile data on a page", "as text, label, name and completion on every page"),
    "F44": ("A hostile file name", "names of uploads, of paths, an archive, a device"),
    "F45": ("A hostile address", "names of runs and other parameters on every page, random names"),
    "F46": ("A spreadsheet runs a cell", "every beginning that a formula can have"),
    "F47": ("Sessions mix; nothing is there", "two sessions step by step; empty, one run, deleted, on every page; failures of a task"),
    "F48": ("Others read the cache", "every file and folder of it"),
    "F49": ("Two libraries disagree", "random runs against scikit-learn"),
    "F50": ("The suite asks for too much", "no GPU, no network; this table and the tests agree"),
    "F51": ("Something is changed and put back", "in the app and on the command line; a branch of the hub; a train split"),
    "F52": ("An interval is surer than it may be", "simulated data sets of several shapes"),
    "F53": ("An answer is guessed", "written answers in many languages; Banking77's labels in sentences; completions of a megabyte"),
    "F54": ("A server's failure looks like an answer", "endings, reasoning alone, content filters, odd counts, all reasons at once"),
    "F55": ("A column that nobody asked for holds what cannot be read", "Parquet columns, lines of JSON, random types; depths of JSON beyond the limit"),
    "F56": ("A small file or a reply is a large one", "each refused or read in less than 650 MB; a new key on each line; a long completion"),
    "F57": ("A smaller N, from a cache that cannot be written", "as another user, on a page; older formats"),
    "F58": ("The key of a server goes astray", "addresses that get it and that do not, spellings of this machine and of others, addresses that can be read in two ways"),
    "F59": ("A migration loses something", "caches of older formats, each row compared, no call; a table renamed, one rebuilt; failures of their files"),
    "F60": ("A new field of a spec orphans stored runs", "a field of the spec, one of its task; keys as they were"),
    "F61": ("A file is being written", "cut at several places; replaced while it is read; complete"),
    "F62": ("A message is as long as the data", "every way to a message, every kind of error: 2,000 characters at most"),
    "F63": ("A file is not what its name says, or unfolds", "all kinds of content under other names, on every way in; workbooks that hold gigabytes"),
    "F64": ("An upload is lost, changed or too much", "the bad uploads of a person; failures of each write; a killed process; threads"),
    "F65": ("Predictions of another tool are not what they seem", "any JSON as every format; archives that are no log; files that are cut"),
    "F66": ("A data set of the hub moves, or cannot be had", "a stand-in: another commit, no connection, refusals, code, too much"),
    "F67": ("A header is missing, or stands there again", "random files of examples with a header moved, doubled or left out: no example is lost"),
    "F68": ("A threshold looks good by luck", "runs just below the target whose confidence is noise: promised as seldom as the level allows"),
    "F69": ("An answer has no certainty", "no label, nothing known, no number, surest and wrong; each signal: none of them is answered automatically"),
    "F70": ("A table of costs or actions is anything", "random names, numbers and text; more rows than may be"),
    "F71": ("A cost is lost, counted twice or netted", "sums by example, confusion and action of random runs and tables; both directions; two runs"),
    "F72": ("The label mix of a traffic is anything", "random tables: read as they were meant, or refused with a sentence"),
    "F73": ("Few examples, or none of a label, and another mix", "random small runs: no interval, and bounds that reach the worst and the best case"),
    "F74": ("An answer is lost, or counted twice, under another label list", "random lists of odd labels: every example, answer and door, of one run and of two"),
    "F75": ("Groups of labels go round in circles, or overlap", "random tables, with rows put in and left out"),
    "F76": ("Asked with another label list, an old answer or another text is taken", "random changes of the list, on every sample, for prompts with and without the labels and for baselines"),
    "F77": ("A changed label list is anything", "random texts as a change, an option and a link; bundles; labels that are markup"),
    "F78": ("Runs are compared that answered something else, or seem better by chance", "random stores: other samples, copies, orders of labels, unfinished and damaged runs; equal runs"),
    "F79": ("A file that is decided with is anything, or none", "random tables, cut ones, bytes that are no text, a folder, too much: a sentence or an answer, never half of one"),
    "F80": ("A table that a person types on Decide is anything", "random tables and random text in every field, on every tab"),
    "F81": ("A typed table is half written, or a link to one leads elsewhere", "SIGKILL while tables are kept; names that are paths, other files, too long"),
    "F82": ("The costs in a link to Compare are of other labels, or not there", "random tables, and names of tables that are none; those that were typed stay"),
}  # fmt: skip

INTRODUCTION = f"""\
# The fault suite

What can go wrong, how it is made to go wrong here, and what was lost. The numbers are those of the last run that was
counted (`make counts`); each run of these tests compares its own with them. *Cases* ran and passed unless it says
otherwise; a case may try a thing many times, and where the tests counted that, it stands behind. *Lost* is the number of
those whose loss was looked for and found: completions that a killed run had and lost, damaged values that were believed,
labels read as others. Where the tests only assert and do not count, it says "{NOT_COUNTED}". *Tests* are the test
functions whose docstring names the fault.

| | fault | how | counted | tests | lost | in |
|---|---|---|---|---:|---:|---|
"""
CLOSING = """
`make soak` runs what takes longer: 10,000 random cases of each kind, and four processes and four browser sessions on one
store for a minute, with runs, stops, deletions and kills. `make mutants` takes protecting lines out of the program, one at
a time, and names those without which no test fails.

Not promised: a loss of power beyond what SQLite gives with `synchronous=FULL`; folders on a network, where locks do not
hold; several people who do not trust each other on one server, for there is no login.
"""


def functions() -> list[tuple[str, str, list[str]]]:
    """The test functions of this folder: file, name, and the faults that the docstring names first."""
    found = []
    for path in sorted((ROOT / "tests" / "faults").glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                first = (ast.get_docstring(node) or "").partition(". ")[0].partition(" (")[0].partition(":")[0]
                found.append((path.name, node.name, re.findall(r"F\d+", first)))
    return found


def counted_of(fault: str, names: list[str]) -> tuple[str, str]:
    """What was counted for a fault, and what of it was lost, as the table shows them."""
    entries = [entry for name, entry in stored().items() if name in names]
    cases, failed = (sum(int(entry.get(what, 0)) for entry in entries) for what in ("cases", "failed"))
    tried: Counter[str] = Counter()
    for entry in stored().values():
        tried.update(entry.get(fault, {}))
    lost = str(tried.pop(LOST)) if LOST in tried else NOT_COUNTED
    shown = [f"{cases:,} cases" if cases != 1 else "1 case"] if entries else []
    shown += [f"{failed} failed"] if failed else []
    shown += [f"{count:,} {what}" for what, count in sorted(tried.items())]
    return "; ".join(shown) or NOT_COUNTED, lost


def table() -> str:
    tests = functions()
    lines = []
    for fault, (what, how) in ROWS.items():
        names = [f"{file}::{name}" for file, name, faults in tests if fault in faults]
        files = dict.fromkeys(name.partition("::")[0] for name in names)
        counted, lost = counted_of(fault, names)
        where = ", ".join(f"`{file}`" for file in [*files, *ELSEWHERE.get(fault, ())])
        lines.append(f"| {fault} | {what} | {how} | {counted} | {len(names) or ''} | {lost} | {where} |")
    return INTRODUCTION + "\n".join(lines) + "\n" + CLOSING


if __name__ == "__main__":
    print(table(), end="")
