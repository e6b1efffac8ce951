"""Counts what the fault tests try and what is lost, and compares it with what is written.

A run of any of them compares the counts of the test functions that ran as a whole. `make counts` writes them, and the
table that is made of them.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from typing import Any

import pytest

from tests.faults.tally import Count, Tally, differences, key, stored, write

_COUNTS = pytest.StashKey[dict[str, Count]]()
_DIFFERING = pytest.StashKey[list[str]]()


def _count_of(item: pytest.Item) -> Count:
    return item.config.stash.setdefault(_COUNTS, {}).setdefault(key(item), Count())


def _of_this_folder(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    return [item for item in items if item.path.parent.name == "faults"]


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    """Counts what a test tries and what is lost: see `tests.faults.tally.Tally`."""
    return Tally(_count_of(request.node))


def pytest_deselected(items: list[pytest.Item]) -> None:
    for item in _of_this_folder(items):
        _count_of(item).partly = True


def pytest_collection_finish(session: pytest.Session) -> None:
    one_case = any("[" in argument for argument in session.config.args)
    for item in _of_this_folder(session.items):
        _count_of(item).collected += 1
        _count_of(item).partly |= one_case


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    count = _count_of(item)
    count.skipped += report.skipped
    count.failed += report.failed
    count.cases += report.when == "call" and not report.skipped
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    counts = session.config.stash.get(_COUNTS, {})
    if os.environ.get("BLINDSPOT_COUNT"):
        from tests.faults.table import README, functions, table

        exist = {f"{path}::{name}" for path, name, _ in functions()}
        counted = {name: count.entry() for name, count in counts.items() if count.whole}
        write({name: entry for name, entry in {**stored(), **counted}.items() if name in exist})
        README.write_text(table(), encoding="utf-8")
        return
    if os.environ.get("BLINDSPOT_BREAK"):
        return  # whether a test fails is asked, and nothing else
    session.config.stash[_DIFFERING] = differences(counts)
    if session.config.stash[_DIFFERING] and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    differing = terminalreporter.config.stash.get(_DIFFERING, [])
    if differing:
        terminalreporter.section("counts that are not those of tests/faults/counts.json", red=True)
        for line in differing:
            terminalreporter.line(line)
        terminalreporter.line("`make counts` writes them; for some tests, BLINDSPOT_COUNT=1 python -m pytest FILES.")
