"""What a run of the fault tests counted: cases that ran, what they tried beyond that, and what was lost."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest

COUNTS = Path(__file__).with_name("counts.json")
"""By test function, `{"cases": 3, "F1": {"kills": 20, "lost": 0}}`: what `make counts` last wrote."""
LOST = "lost"
Entry = dict[str, object]


@dataclass
class Count:
    """What the cases of one test function did.

    Attributes:
        collected: cases that were to run; `partly` says that more exist, which this run left out.
        cases: cases that ran to their end, whether they passed or failed.
        counted: for each fault, how many of what was tried, and how many of these were lost.
    """

    collected: int = 0
    partly: bool = False
    cases: int = 0
    failed: int = 0
    skipped: int = 0
    counted: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    @property
    def whole(self) -> bool:
        """Every case of the function ran: only then can its counts be compared or written."""
        return not self.partly and not self.skipped and self.cases == self.collected > 0

    def entry(self) -> Entry:
        failed = {"failed": self.failed} if self.failed else {}
        return {"cases": self.cases, **failed, **{fault: dict(n) for fault, n in sorted(self.counted.items())}}


def key(item: pytest.Item) -> str:
    """The test function of a case, with its file."""
    return f"{item.path.name}::{getattr(item, 'originalname', None) or item.name}"


class Tally:
    """What tests call to count: `tally("F1", "kills", 20, lost=0)`."""

    def __init__(self, count: Count) -> None:
        self._count = count

    def __call__(self, fault: str, what: str, tried: int, *, lost: int | None = None) -> None:
        """Count what was tried against a fault. Call it before the assertion, so that a loss is counted as well.

        Args:
            fault: as numbered in tests/README.md, `F1` for example.
            what: in the plural, as the table shows it after the number.
            tried: how many. Only what is the same in every run.
            lost: how many of them were lost; None where the test does not count that.
        """
        self._count.counted[fault][what] += tried
        if lost is not None:
            self._count.counted[fault][LOST] += lost


def stored() -> dict[str, Entry]:
    return json.loads(COUNTS.read_text(encoding="utf-8")) if COUNTS.exists() else {}


def write(entries: dict[str, Entry]) -> None:
    """Write the counts, one line a test function, so that two branches can be merged."""
    lines = (f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in sorted(entries.items()))
    COUNTS.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def differences(counts: dict[str, Count]) -> list[str]:
    """Where the counts of a run are not those that are stored."""
    before = stored()
    return [
        f"{name}: counted {count.entry()}, stored {before.get(name, 'nothing')}"
        for name, count in sorted(counts.items())
        if count.whole and not count.failed and before.get(name) != count.entry()
    ]
