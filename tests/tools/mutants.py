"""Breaks the program on purpose and sees whether a test notices: `python -m tests.tools.mutants` (`make mutants`).

Two kinds of break. Every operator, comparison, constant and condition of `words`, `denial`, `parse`, `metrics` and
`runspec` is changed, one at a time, in memory, and the module's own tests are run on the changed module. And
each guard of the fault suite is taken out, one at a time, in a copy of the project, and the tests that it is there for
are run: each of them must fail.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import inspect
import itertools
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import types
import warnings
from pathlib import Path

from tests.conftest import ROOT
from tests.faults.guards import GUARDS

LEAST = 30
"""So many breaks of each module, at least, must turn a test red."""
QUICK = 10
MOST_SECONDS = 20
CASES_OF_ONE_TEST = 25
MODULES = {
    "parse.words": ("tests.parse.test_parse", "tests.faults.test_parsing"),
    "parse.denial": ("tests.parse.test_parse", "tests.faults.test_parsing"),
    "parse.matching": ("tests.parse.test_parse", "tests.faults.test_parsing"),
    "metrics.classification": ("tests.metrics.test_classification", "tests.faults.test_parsing"),
    "store.spec": ("tests.store.test_spec", "tests.faults.test_stale", "tests.faults.test_fuzz"),
}
REBUILT = {"parse.words": ("parse.denial", "parse.matching"), "parse.denial": ("parse.matching",)}
"""What holds names of a module and is loaded anew on top of the broken one."""
_OF_PARSING = ("test_random_text_never_raises", "test_there_are_at_least", "test_nothing_is_lost", "test_the_table_has")
SKIPPED = {
    "parse.words": _OF_PARSING,
    "parse.denial": (*_OF_PARSING, "test_what_names_one", "test_labels_that_begin"),
    "parse.matching": (*_OF_PARSING, "test_a_completion_of_a_megabyte"),
    "metrics.classification": ("test_a_written", "test_what_names_one", "test_labels_that_begin", "test_control",
                "test_a_text_stays", "test_nothing_is_guessed", "test_a_completion_of_a_megabyte",
                "test_labels_of_banking77"),
    "store.spec": ("test_keys_are_the_same_in_every_process", "test_a_parser", "test_the_order", "test_every_label",
                "test_a_normal_form", "test_rows_survive", "test_random", "test_a_damaged", "test_scores_hold",
                "test_refusing", "test_samples"),
}  # fmt: skip
"""Slow, or of another module."""
EQUIVALENT = {
    "parse.words": (
        "_MOST_MARKS = 30",  # any bound will do
        "len(seen) < 2",  # more are not looked at
        "return False: 'return",  # None is false as well
    ),
    "parse.denial": (
        "_NO_MENTION = -1",  # any number below 0
        "self.firm = False: 'False' -> 'True'",  # at the beginning there is no mention that it could be of
        "starts[passed] <= start",  # what is inside of a mention is left out in any case
    ),
    "parse.matching": (
        "len(text) <= 9",  # a bound against a huge int(): any bound will do
        "reach, last = -1, (-1, -1)",  # any numbers below 0
        "branch, reached = self._tree, 0",  # a form begins with no space
        "if 0 < reached",
        "reached = 0",  # no branch is open yet
        "PARSER_VERSION",
    ),
    "metrics.classification": ("raise ValueError(f", "UNPARSED = -1", "flat.reshape("),
    "store.spec": ("KEY_VERSION", "seed: int", "batch_size: int", "ensure_ascii=True"),
}
"""Lines in which some break changes nothing, or nothing but words and defaults."""

SWAPS = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.Add: ast.Sub, ast.Sub: ast.Add,
    ast.Mult: ast.Div, ast.Div: ast.Mult, ast.And: ast.Or, ast.Or: ast.And, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}  # fmt: skip


class TooSlow(Exception):
    """A break that made a loop endless has been noticed, too."""


def breaks(source: str) -> list[tuple[str, ast.Module]]:
    """Every small break of a module: what it says, and the broken module."""
    tree = ast.parse(source)
    found = []
    for index, (node, _) in enumerate(sites(tree)):
        for variant in range(2):
            broken = copy.deepcopy(tree)
            target, parent = list(sites(broken))[index]
            said = change(target, parent, variant)
            if said:
                line = source.splitlines()[node.lineno - 1].strip()
                found.append((f"{line}: {said}", ast.fix_missing_locations(broken)))
    return found


BREAKABLE = (ast.Compare, ast.BinOp, ast.BoolOp, ast.If, ast.IfExp, ast.UnaryOp, ast.Return)


def sites(tree: ast.Module):
    """Nodes that can be broken, each with its parent; no annotations, no docstrings."""
    stack = [(child, tree) for child in ast.iter_child_nodes(tree)]
    while stack:
        node, parent = stack.pop(0)
        number = isinstance(node, ast.Constant) and isinstance(node.value, int | float)
        if isinstance(node, BREAKABLE) or number:
            yield node, parent
        for name, value in ast.iter_fields(node):
            if name not in ("annotation", "returns", "decorator_list"):
                children = value if isinstance(value, list) else [value]
                stack += [(c, node) for c in children if isinstance(c, ast.AST) and hasattr(c, "lineno")]


def change(node: ast.AST, parent: ast.AST, variant: int) -> str:
    """Break a node in one of up to two ways; says how, or "" where there is no such way."""
    before = ast.unparse(node)[:70]
    if isinstance(node, ast.Compare) and variant < len(node.ops) and type(node.ops[variant]) in SWAPS:
        node.ops[variant] = SWAPS[type(node.ops[variant])]()
    elif isinstance(node, ast.BinOp | ast.BoolOp) and not variant and type(node.op) in SWAPS:
        node.op = SWAPS[type(node.op)]()
    elif isinstance(node, ast.If | ast.IfExp) and not variant:
        node.test = ast.UnaryOp(ast.Not(), node.test)
        return f"if not ({before.splitlines()[0]})"
    elif isinstance(node, ast.UnaryOp) and not variant and isinstance(node.op, ast.Not | ast.USub):
        node.op = ast.UAdd() if isinstance(node.op, ast.USub) else node.op
        if isinstance(node.op, ast.Not):
            node.operand = ast.UnaryOp(ast.Not(), node.operand)
    elif isinstance(node, ast.Constant) and not variant:
        node.value = not node.value if isinstance(node.value, bool) else node.value + 1
    elif isinstance(node, ast.Return) and not variant and not (before.endswith("None") or before == "return"):
        node.value = ast.Constant(None)
    else:
        return ""
    return f"{before!r} -> {ast.unparse(node)[:70]!r}"


def source_of(name: str) -> Path:
    """The file of a module of evalcore, named with its room."""
    return (ROOT / "evalcore").joinpath(*name.split(".")).with_suffix(".py")


def load(name: str, tree: ast.Module) -> types.ModuleType:
    """The module of this name, made of a tree, in the place of the real one."""
    full = f"evalcore.{name}"
    module = types.ModuleType(full)
    module.__file__ = str(source_of(name))
    sys.modules[full] = module
    room, _, leaf = full.rpartition(".")
    setattr(importlib.import_module(room), leaf, module)
    exec(compile(tree, module.__file__, "exec"), module.__dict__)
    return module


def load_with_what_uses_it(name: str, tree: ast.Module) -> None:
    """Load a module and, on top of it, those that hold names of it."""
    load(name, tree)
    for above in REBUILT.get(name, ()):
        load(above, ast.parse(source_of(above).read_text(encoding="utf-8")))


def cases(function):
    """The arguments of a test's parametrized cases, the first of them; None where it wants a fixture."""
    marks = [mark for mark in getattr(function, "pytestmark", []) if mark.name == "parametrize"]
    sets = []
    for mark in marks:
        names = mark.args[0] if isinstance(mark.args[0], tuple | list) else mark.args[0].split(",")
        values = [tuple(v) if len(names) > 1 else (v,) for v in mark.args[1]]
        sets.append([dict(zip([n.strip() for n in names], value, strict=True)) for value in values])
    given = {name for group in sets for name in group[0]} if all(sets) else set()
    wanted = {
        p.name for p in inspect.signature(function).parameters.values() if p.default is p.empty
    } if not hasattr(function, "hypothesis") else set()  # fmt: skip
    if wanted - given or any(mark.name == "skipif" and mark.args[0] for mark in getattr(function, "pytestmark", [])):
        return None
    merged = ({name: value for part in parts for name, value in part.items()} for parts in itertools.product(*sets))
    return list(itertools.islice(merged, 800))


def noticed(name: str, tree: ast.Module) -> str:
    """The first test that fails on the broken module; "" if none does."""
    try:
        load_with_what_uses_it(name, tree)
        for module_name in MODULES[name]:
            sys.modules.pop(module_name, None)
            module = importlib.import_module(module_name)
            for test_name, function in vars(module).items():
                if not test_name.startswith("test_") or test_name.startswith(SKIPPED[name]):
                    continue
                arguments = cases(function) or []
                step = max(1, len(arguments) // CASES_OF_ONE_TEST) if len(arguments) > 400 else 1
                for chosen in arguments[::step]:
                    try:
                        function(**chosen)
                    except BaseException as error:
                        if isinstance(error, KeyboardInterrupt):
                            raise
                        return test_name
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return f"{type(error).__name__} while it was loaded"
    return ""


def break_module(name: str, quick: bool) -> tuple[int, list[str]]:
    """How many breaks of a module a test noticed, and those that none did."""
    source = source_of(name).read_text(encoding="utf-8")
    whole = ast.parse(source)
    assert noticed(name, whole) == "", f"{name}: its tests fail as it is"
    all_breaks = breaks(source)
    random.Random(0).shuffle(all_breaks)
    seen, missed = 0, []
    for said, tree in all_breaks:
        if any(known in said for known in EQUIVALENT[name]):
            continue
        signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
        try:
            found = noticed(name, tree)
        except TooSlow:
            found = "it took too long"
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if found:
            seen += 1
        else:
            missed.append(said)
        if quick and seen == QUICK:
            break
    load_with_what_uses_it(name, whole)
    return seen, missed


def remove_guard(number: int) -> str:
    """Take one guard out of a copy of the project; "" if each test that it is there for fails."""
    guard = GUARDS[number]
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder) / "project"
        ignored = shutil.ignore_patterns(".git", ".venv", "cache", "docs", "__pycache__", ".*_cache", ".hypothesis")
        shutil.copytree(ROOT, there, ignore=ignored)
        (there / "cache").mkdir()
        path = there / guard.file
        text = path.read_text(encoding="utf-8")
        if text.count(guard.old) < 1:
            return "the guard is not there to be taken out"
        path.write_text(text.replace(guard.old, guard.new), encoding="utf-8")
        missed = []
        for file, chosen in guard.tests:
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", file, "-k", chosen],
                cwd=there, capture_output=True, text=True, timeout=600,
            )  # fmt: skip
            if done.returncode != 1:
                missed.append(f"{chosen!r} of {file} did not fail: {done.stdout[-300:]}")
        return "; ".join(missed)


def main() -> int:
    parser = argparse.ArgumentParser(description="Break the program on purpose and see whether a test notices.")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} breaks of each module, and no guards")
    parser.add_argument("--modules", nargs="*", default=list(MODULES), choices=MODULES, help="only these modules")
    parser.add_argument("--guards", nargs="*", type=int, help="only these guards, by number; all when none is named")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    warnings.filterwarnings("error", category=RuntimeWarning, module="evalcore")

    def too_slow(*_):
        raise TooSlow

    signal.signal(signal.SIGALRM, too_slow)
    bad = 0
    if options.guards is None:
        for name in options.modules:
            seen, missed = break_module(name, options.quick)
            print(f"{name}: {seen} of {seen + len(missed)} breaks turned a test red", flush=True)
            for said in missed:
                print(f"  not noticed: {said}")
            bad += len(missed) > 2 if options.quick else seen < LEAST or len(missed) > 0.1 * (seen + len(missed))
    if not options.quick:
        for number in options.guards or range(len(GUARDS)):
            missed_by = remove_guard(number)
            guard = GUARDS[number]
            print(f"guard {number} ({guard.faults}, {guard.what}): {missed_by or 'red without it'}", flush=True)
            bad += bool(missed_by)
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
