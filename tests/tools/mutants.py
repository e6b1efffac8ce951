"""Breaks the program on purpose, and names the breaks that no test notices (`make mutants`).

Every statement that protects is taken out, one at a time: a refusal (`if ...: raise` or `return`), a call for its
effect, a lock or transaction, the handling of an error. In `parse`, `metrics.classification` and `store.spec` every
comparison, operation and number is changed as well. For each break those tests run that call the broken function, until
one fails. Which tests do is recorded first, in the processes that tests start as well.

Why not mutmut or cosmic-ray: neither takes out a statement, and neither breaks what runs in a process that a test
starts, as most of what the fault suite is about does: kills, full disks, workers, the command line.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from tests.tools.breaks import ROOT, Site, install, sites

STARTUP = Path(__file__).parent / "startup"
MOST_SECONDS = 120
LEAST_NOTICED = {"operator": 0.85, "protection": 0.6}
"""Some breaks change nothing that a test could see: a bound that might be any number, a call that only saves time, a
branch for another system, what holds when the power fails."""
MOST_TESTS = 40
FAULTS = {
    "parse": ["parsing"], "metrics": ["parsing", "numbers"], "tasks": ["data", "files", "fuzz"],
    "store": ["storage", "stale", "kill", "fuzz"], "predictors": ["server", "models", "stale"],
    "running": ["kill", "stale", "server", "web"], "analysis": ["parsing", "stale"], "output": ["storage", "data"],
}  # fmt: skip
"""Rooms whose protections are taken out, and the files of the fault suite that are about them."""
OPERATORS = ("evalcore/parse/", "evalcore/metrics/classification.py", "evalcore/store/spec.py")
QUICK = {
    "evalcore/parse/matching.py": ["tests/parse"],
    "evalcore/metrics/classification.py": ["tests/metrics/test_classification.py", "tests/faults/test_parsing.py"],
}
QUICK_BREAKS = 10


def files_of(chosen: list[str]) -> list[Path]:
    """The modules to break: those that are named, or all of the rooms."""
    rooms = [str(ROOT / "evalcore" / room) for room in FAULTS]
    found = [Path(name).resolve() for name in chosen or rooms]
    return sorted(file for path in found for file in ([path] if path.is_file() else path.rglob("*.py")))


def tests_of(rooms: set[str]) -> list[str]:
    """Where the tests of these rooms are."""
    paths = [path for room in sorted(rooms) for path in (f"tests/{room}", *(faults(room)))]
    return [path for path in dict.fromkeys(paths) if (ROOT / path).exists()]


def faults(room: str) -> list[str]:
    return [f"tests/faults/test_{name}.py" for name in FAULTS.get(room, ())]


def breaks_of(file: Path) -> list[tuple[int, Site]]:
    """The sites of a module that are tried, with their numbers."""
    source = file.read_text(encoding="utf-8")
    kinds = ("protection", "operator") if str(file.relative_to(ROOT)).startswith(OPERATORS) else ("protection",)
    return [(at, site) for at, site in enumerate(sites(ast.parse(source), source)) if site.kind in kinds]


def pytest_here(arguments: list[str]) -> int:
    """Run pytest in a child of this process, in which the libraries are loaded already; 124 if it takes too long."""
    child = os.fork()
    if child == 0:
        os.setsid()
        import pytest

        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        if os.environ.get("BLINDSPOT_BREAK"):
            install(os.environ["BLINDSPOT_BREAK"])
        os._exit(int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-m", "not browser", *arguments])))
    until = time.monotonic() + MOST_SECONDS
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return 124


def recorded(tests: list[str], folder: Path) -> tuple[dict[str, set[str]], dict[str, float]]:
    """Which tests call each function (`FILE:LINE`), and how long each of them takes in seconds."""
    calls, times = folder / "calls", folder / "times.xml"
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not browser",
         f"--junitxml={times}", "-o", "junit_duration_report=call", *tests],
        cwd=ROOT, env=environment(BLINDSPOT_CALLS=str(calls)), stdout=subprocess.DEVNULL,
    )  # fmt: skip
    callers: dict[str, set[str]] = defaultdict(set)
    for line in calls.read_text(encoding="utf-8").splitlines():
        test, _, function = line.partition("\t")
        callers[function].add(test)
    return callers, seconds_of(times)


def seconds_of(times: Path) -> dict[str, float]:
    """How long each test took that passed: one that fails without a break would notice every break."""
    import xml.etree.ElementTree

    found = {}
    for case in xml.etree.ElementTree.parse(times).iter("testcase"):
        if len(case):  # it failed, or was skipped
            continue
        found[f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"] = float(case.get("time", 0))
    return found


def environment(**more: str) -> dict[str, str]:
    """What makes every Python process below load `startup/sitecustomize.py`."""
    return {**os.environ, "PYTHONPATH": f"{STARTUP}{os.pathsep}{ROOT}", **more}


def noticed(file: Path, number: int, tests: list[str]) -> bool:
    """Whether a test fails when this site is broken."""
    name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
    before = dict(os.environ)
    os.environ.update(environment(BLINDSPOT_BREAK=f"{name}:{number}"))
    try:
        return pytest_here(tests) not in (0, 5)
    finally:
        os.environ.clear()
        os.environ.update(before)


def preload() -> None:
    """Load what tests load, but nothing that may be broken: each child begins with it."""
    import hypothesis  # noqa: F401


def try_all(file: Path, breaks: list[tuple[int, Site]], tests_for, verbose: bool) -> dict[str, list[bool]]:
    """Break a module at each site; says what nobody noticed."""
    outcomes: dict[str, list[bool]] = defaultdict(list)
    for number, site in breaks:
        tests = tests_for(file, site)
        red = bool(tests) and noticed(file, number, tests)
        outcomes[site.kind].append(red)
        if verbose or not red:
            why = "red" if red else "NOT NOTICED" if tests else "NO TEST CALLS IT"
            print(f"  {file.relative_to(ROOT)}:{site.line}: {why}: {site.what}", flush=True)
    return outcomes


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("files", nargs="*", help="modules or folders; all rooms of evalcore when none is named")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_BREAKS} breaks of parser and metrics")
    parser.add_argument("--most", type=int, help="so many breaks of each module, drawn at random")
    parser.add_argument("--verbose", action="store_true", help="name the breaks that were noticed, too")
    options = parser.parse_args()
    os.chdir(ROOT)
    preload()
    files = [ROOT / name for name in QUICK] if options.quick else files_of(options.files)
    most = QUICK_BREAKS if options.quick else options.most
    with tempfile.TemporaryDirectory() as folder:
        if not options.quick:
            callers, seconds = recorded(tests_of({file.relative_to(ROOT).parts[1] for file in files}), Path(folder))

        def tests_for(file: Path, site: Site) -> list[str]:
            if options.quick:
                return QUICK[str(file.relative_to(ROOT))]
            found = callers.get(f"{file}:{site.function}", set()) & set(seconds)
            return sorted(found, key=lambda test: seconds[test])[:MOST_TESTS]

        total: dict[str, list[bool]] = defaultdict(list)
        for file in files:
            breaks = breaks_of(file)
            if most and len(breaks) > most:
                breaks = sorted(random.Random(0).sample(breaks, most), key=lambda one: one[0])
            outcomes = try_all(file, breaks, tests_for, options.verbose)
            for kind, red in outcomes.items():
                print(f"{file.relative_to(ROOT)}: {sum(red)} of {len(red)} {kind} breaks were noticed", flush=True)
                total[kind] += red
    for kind, red in total.items():
        print(f"{kind}: {sum(red)} of {len(red)} breaks were noticed, at least {LEAST_NOTICED[kind]:.0%} must be")
    return int(any(sum(red) < LEAST_NOTICED[kind] * len(red) for kind, red in total.items()))


if __name__ == "__main__":
    sys.exit(main())
