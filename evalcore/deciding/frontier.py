"""Which run? All runs on the same examples: what each scores, what each takes, and which cannot be told apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from evalcore.analysis import ScoredRun, server_cost
from evalcore.analysis.scored_run import design_of
from evalcore.deciding.answer import Rows, plain, plain_pair
from evalcore.deciding.asked import number, one_of
from evalcore.deciding.cost_table import CostsAsked, cost_table
from evalcore.deciding.frontier_effort import EFFORTS, TEXTS, Effort, EffortKind, effort_of, setup_words
from evalcore.deciding.frontier_runs import AnsweringRun, AnsweringRuns, LeftOut, answering_runs
from evalcore.metrics import Counts, Floats, Interval, smallest_difference, wilson
from evalcore.metrics.decisions.best_of import BestOf, efficient, least_cost, level_of, most_right
from evalcore.metrics.decisions.cost import cost_of_examples, dearest_cost, mean_cost
from evalcore.store import RunCatalog, RunRecord, Store, distinct_titles

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
class FrontierAnswer:
    """All runs on the same examples.

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

    @cached_property
    def sentences(self) -> Sequence[str]:
        """What the runs come to, in words."""
        from evalcore.deciding.frontier_words import frontier_sentences

        return frontier_sentences(self)

    def as_json(self) -> dict[str, Any]:
        """See `Answer`; costs and efforts are per 1,000 texts."""
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
            "sentences": [*self.sentences],
        }

    def tables(self) -> Mapping[str, Rows]:
        """`frontier`, one row a run; `frontier_not_compared`, if there are such runs."""
        found: dict[str, Rows] = {"frontier": [_as_row(run) for run in self.runs]}
        if self.left_out:
            found["frontier_not_compared"] = [{"run_id": one.record.run_id, "why": one.why} for one in self.left_out]
        return found


def frontier(store: Store, scored: ScoredRun, asked: FrontierAsked, costs_asked: CostsAsked) -> FrontierAnswer:
    """All stored runs that have answered the examples of a run.

    Raises:
        DataError: if the costs cannot be read.
    """
    return frontier_of(store, answering_runs(store, scored), asked, costs_asked)


def frontier_of(store: Store, found: AnsweringRuns, asked: FrontierAsked, costs_asked: CostsAsked) -> FrontierAnswer:
    """The same, of runs that are gathered already: no answer is read again when something else is asked."""
    efforts, currency = _efforts(store, found.runs, asked)
    order = sorted(range(len(found.runs)), key=lambda at: (not efforts[at].is_known, efforts[at].amount, at))
    # Of equal scores, that of the run that takes less is the best, so it comes first.
    runs, efforts = [found.runs[at] for at in order], [efforts[at] for at in order]
    predicted = np.stack([run.predicted for run in runs]).astype(np.int64)
    compared, low, high = _scores(found, predicted, asked, costs_asked)
    right = predicted == found.y_true
    gained, lost = ((right & ~right[compared.best]).sum(axis=1), (right[compared.best] & ~right).sum(axis=1))
    goodness = compared.mean if asked.score == ACCURACY else -compared.mean
    amounts = np.array([effort.amount for effort in efforts])
    on_frontier = efficient(goodness, amounts)
    titles = distinct_titles([run.record for run in runs], RunCatalog(store).annotations(), on_same_examples=True)
    rows = [
        FrontierRun(
            run.record,
            titles[run.record.run_id],
            float(compared.mean[at]),
            (float(low[at]), float(high[at])),
            efforts[at],
            setup_words(run.record),
            float(compared.difference[at]),
            (float(compared.low[at]), float(compared.high[at])),
            float(compared.p[at]),
            bool(compared.together[at]),
            int(right[at].sum()),
            int(gained[at]),
            int(lost[at]),
            bool(on_frontier[at]),
            _beaten_by(at, goodness, amounts, runs),
        )
        for at, run in enumerate(runs)
    ]
    ranked = sorted(range(len(runs)), key=lambda at: (at != compared.best, -goodness[at], at))
    answer = FrontierAnswer(
        found.shown,
        asked,
        len(found.y_true),
        costs_asked.unit,
        currency,
        tuple(rows[at] for at in ranked),
        float("nan"),
        found.left_out,
    )
    return replace(answer, smallest=_smallest(answer, found))


def _efforts(store: Store, runs: Sequence[AnsweringRun], asked: FrontierAsked) -> tuple[list[Effort], str]:
    """What each run takes, and the currency of the prices: that of most servers. A price in another one is left out:
    no rate of exchange is known."""
    kind: EffortKind = next(one for one in EFFORTS if one == asked.effort)
    costs = [None if kind == "seconds" else server_cost(store, run.record) for run in runs]
    efforts = [effort_of(run, kind, cost, asked.price_per_hour) for run, cost in zip(runs, costs, strict=True)]
    currencies = Counter(effort.currency for effort in efforts if effort.currency)
    if not currencies:
        return efforts, ""
    currency = currencies.most_common(1)[0][0]
    other = [effort.currency not in ("", currency) for effort in efforts]
    return [
        Effort(float("nan"), f"Its price is in {effort.currency}, others are in {currency}.") if is_other else effort
        for effort, is_other in zip(efforts, other, strict=True)
    ], currency


def _scores(
    found: AnsweringRuns, predicted: Counts, asked: FrontierAsked, costs_asked: CostsAsked
) -> tuple[BestOf, Floats, Floats]:
    """Each run against the best, and the 95 % interval of its own score.

    Args:
        predicted: shape (n_runs, n).
    """
    if asked.score == ACCURACY:
        right = predicted == found.y_true
        low, high = wilson(right.sum(axis=1), np.full(len(predicted), len(found.y_true)))
        return most_right(right), low, high
    true, matrix = found.y_true, TEXTS * cost_table(found.shown.labels, costs_asked).matrix
    dearest, design = dearest_cost(true, matrix), design_of(found.shown.record)
    costs = np.stack([cost_of_examples(true, one, matrix) for one in predicted])
    own = np.array([mean_cost(one, true, design, dearest).interval for one in costs])
    return least_cost(costs, dearest), own[:, 0], own[:, 1]


def _beaten_by(at: int, goodness: Floats, amounts: Floats, runs: Sequence[AnsweringRun]) -> str:
    """Id of the best of the runs that score no worse than one and take no more, one of the two strictly better."""
    beats = (goodness >= goodness[at]) & (amounts <= amounts[at])
    beats &= (goodness > goodness[at]) | (amounts < amounts[at])
    return runs[int(np.argmax(np.where(beats, goodness, -np.inf)))].record.run_id if beats.any() else ""


def _smallest(answer: FrontierAnswer, found: AnsweringRuns) -> float:
    """The smallest difference that would be seen between the best and the cheapest of those not told apart from it."""
    cheapest = answer.cheapest
    if answer.asked.score != ACCURACY or cheapest is None or cheapest is answer.best:
        return float("nan")
    predicted = {run.record.run_id: run.predicted for run in found.runs}
    right = [predicted[run.record.run_id] == found.y_true for run in (answer.best, cheapest)]
    return smallest_difference(answer.n, float((right[0] != right[1]).mean()), level=level_of(len(answer.runs)))


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
