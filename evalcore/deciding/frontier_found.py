"""All runs on the same examples, as they were found: what each scores, what it takes, how far it is from the best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evalcore.analysis import ScoredRun
from evalcore.deciding.answer import Rows, plain, plain_pair
from evalcore.deciding.asked import number, one_of
from evalcore.deciding.frontier_effort import EFFORTS, Effort
from evalcore.deciding.frontier_runs import LeftOut
from evalcore.metrics import Interval
from evalcore.store import RunRecord

SCORES = ("accuracy", "cost of mistakes")
ACCURACY, COST = SCORES


@dataclass(frozen=True)
class FrontierAsked:
    """What is asked.

    Attributes:
        score: what is to be good.
        effort: what is to be little, per 1,000 texts.
        price_per_hour: of the machine on which local models were predicted, in the currency of the servers' prices;
            0 if it is not known.
    """

    score: str = one_of(ACCURACY, SCORES)
    effort: str = one_of("seconds", EFFORTS)
    price_per_hour: float = number(0.0, 0, 1_000_000)


@dataclass(frozen=True)
class FrontierRun:
    """One of the runs.

    Attributes:
        title: short, and no two are equal.
        score: accuracy in [0, 1], or the cost of the mistakes in 1,000 texts; `interval`: its 95 % interval, of this
            run alone, NaN where there is none.
        effort: per 1,000 texts; `setup`: on what it was predicted.
        difference: its score minus that of the best; `difference_interval`: 95 %, for all pairs of runs at once.
        p: against the best, Holm's correction for all pairs applied.
        together: whether it cannot be told apart from the best.
        right: examples that it gets right; `gained`, `lost`: those that only it, that only the best gets right.
        efficient: whether no other run has as good a score for as little, one of the two being strictly better.
        beaten_by: id of the best of the runs that beat it in this way; empty if none does, or its effort is not known.
    """

    record: RunRecord
    title: str
    score: float
    interval: Interval
    effort: Effort
    setup: str
    difference: float
    difference_interval: Interval
    p: float
    together: bool
    right: int
    gained: int
    lost: int
    efficient: bool
    beaten_by: str


@dataclass(frozen=True)
class FoundFrontier:
    """All runs on the same examples; `FrontierAnswer` also says it in words.

    Attributes:
        shown: the run whose examples they are.
        n: number of examples.
        unit: of the costs of mistakes; empty if none is typed.
        currency: of the prices; empty if none is known.
        runs: the best score first; of equal ones the one that takes less.
        smallest: the smallest difference of accuracies between the best and the cheapest of the runs that cannot be
            told apart from it that would be seen, with a power of 80 % and the level of the first of all pairs; NaN if
            there is none such, or costs are compared.
        left_out: runs with the same labels that are not compared.
    """

    shown: ScoredRun
    asked: FrontierAsked
    n: int
    unit: str
    currency: str
    runs: tuple[FrontierRun, ...]
    smallest: float
    left_out: tuple[LeftOut, ...]

    @property
    def best(self) -> FrontierRun:
        """The run with the best score on these examples."""
        return self.runs[0]

    @property
    def band(self) -> list[FrontierRun]:
        """The runs that cannot be told apart from the best, itself included."""
        return [run for run in self.runs if run.together]

    @property
    def cheapest(self) -> FrontierRun | None:
        """Of these the one that takes least; None if of none it is known what it takes."""
        known = [run for run in self.band if run.effort.is_known]
        return min(known, key=lambda run: run.effort.amount) if known else None

    @property
    def pairs(self) -> int:
        """Pairs of runs, for all of which Holm's correction holds."""
        return len(self.runs) * (len(self.runs) - 1) // 2

    def find(self, run_id: str) -> FrontierRun | None:
        """One of the runs; None if it is not among them."""
        return next((run for run in self.runs if run.record.run_id == run_id), None)

    def as_json(self) -> dict[str, Any]:
        """Plain data, without sentences; costs and efforts are per 1,000 texts."""
        return {
            "score": self.asked.score,
            "effort": self.asked.effort,
            "scoring": self.shown.scoring,
            "examples": self.n,
            "price_per_hour": self.asked.price_per_hour or None,
            "currency": self.currency or None,
            "cost_unit": self.unit or None,
            "correction": "Holm",
            "pairs": self.pairs,
            "best": self.best.record.run_id,
            "cheapest_not_told_apart_from_best": self.cheapest.record.run_id if self.cheapest else None,
            "smallest_difference_seen": plain(self.smallest),
            "runs": [_as_json(run) for run in self.runs],
            "not_compared": [{"run_id": one.record.run_id, "why": one.why} for one in self.left_out],
        }

    def tables(self) -> Mapping[str, Rows]:
        """`frontier`, one row a run; `frontier_not_compared`, if there are such runs."""
        found: dict[str, Rows] = {"frontier": [_as_row(run) for run in self.runs]}
        if self.left_out:
            found["frontier_not_compared"] = [{"run_id": one.record.run_id, "why": one.why} for one in self.left_out]
        return found


def _as_json(run: FrontierRun) -> dict[str, Any]:
    return {
        "run_id": run.record.run_id,
        "title": run.title,
        "score": run.score,
        "interval": plain_pair(run.interval),
        "effort_per_1000": plain(run.effort.amount),
        "effort_at_least": run.effort.at_least,
        "effort_source": run.effort.source,
        "setup": run.setup,
        "difference_to_best": run.difference,
        "difference_interval_of_all_pairs": plain_pair(run.difference_interval),
        "holm_p": run.p,
        "told_apart_from_best": not run.together,
        "right": run.right,
        "gained_on_best": run.gained,
        "lost_to_best": run.lost,
        "efficient": run.efficient,
        "beaten_by": run.beaten_by or None,
    }


def _as_row(run: FrontierRun) -> dict[str, Any]:
    """As in JSON, each pair in two columns."""
    found = _as_json(run)
    row: dict[str, Any] = {}
    for name, value in found.items():
        if name.startswith(("interval", "difference_interval")):
            row |= {f"{name}_low": value[0], f"{name}_high": value[1]}
        else:
            row[name] = value
    return row
