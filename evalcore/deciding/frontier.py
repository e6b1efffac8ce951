"""Which run? All runs on the same examples: what each scores, what each takes, and which cannot be told apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from evalcore.analysis import ScoredRun, server_cost
from evalcore.analysis.scored_run import design_of
from evalcore.deciding.cost_table import CostsAsked, cost_table
from evalcore.deciding.frontier_effort import EFFORTS, TEXTS, Effort, EffortKind, effort_of, setup_words
from evalcore.deciding.frontier_found import ACCURACY, FoundFrontier, FrontierAsked, FrontierRun
from evalcore.deciding.frontier_runs import AnsweringRun, AnsweringRuns, answering_runs
from evalcore.deciding.frontier_words import frontier_sentences
from evalcore.metrics import Counts, Floats, smallest_difference, wilson
from evalcore.metrics.decisions.best_of import BestOf, efficient, least_cost, level_of, most_right
from evalcore.metrics.decisions.cost import cost_of_examples, dearest_cost, mean_cost
from evalcore.store import RunCatalog, Store, distinct_titles


class FrontierAnswer(FoundFrontier):
    """The answer for all runs."""

    @cached_property
    def sentences(self) -> Sequence[str]:
        """What the runs come to, in words."""
        return frontier_sentences(self)

    def as_json(self) -> dict[str, Any]:
        """See `Answer`; costs and efforts are per 1,000 texts."""
        return super().as_json() | {"sentences": [*self.sentences]}


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
