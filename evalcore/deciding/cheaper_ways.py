"""A run's probabilities and its costs -> what cheaper ways to answer cost, on examples that did not choose them.

Two ways: a person answers where the model is less sure than a threshold; and each text gets the answer of least
expected cost in the place of the most probable one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis import LabelProbabilities, why_not_all_labels
from evalcore.analysis.scored_run import design_of
from evalcore.deciding.cost_table import CostTable
from evalcore.metrics import (
    Counts,
    Floats,
    Interval,
    fit_temperature,
    over_confidence,
    scaled,
    stratified_halves,
)
from evalcore.metrics.decisions.cheapest import below, cheapest_answers, cheapest_threshold, cost_of_answers
from evalcore.metrics.decisions.cost import MeanCost, cost_difference, cost_of_examples, dearest_cost, mean_cost

Rows = NDArray[np.intp]

LEAST_TO_CHOOSE = 60
"""Examples in each half: with fewer, no threshold is chosen."""
MOST_TO_ANSWER = 20_000
"""Of a larger run so many answers are drawn, to be answered at the least expected cost."""
_MOST_TO_FIT = 5_000
"""Examples of a half that a temperature is fitted on: one number needs no more."""
_CURVE_POINTS = 200


@dataclass(frozen=True)
class ReviewedBelow:
    """A threshold of the confidence below which a person answers, chosen on one half, its cost shown on the other.

    Attributes:
        threshold: negative infinity if a person answers none, infinity if all.
        chosen_on: how many examples chose it.
        rows: of the half that it is shown on, shape (n,). reviewed: shape (n,), whether a person answers.
        cost: per text, at the threshold. everything: if the model answers all. person: if a person answers all.
        saved: `cost` less `everything`; saved_to_person: `cost` less `person`; both paired.
        curve: shape (n_points, 2), on the half that it is shown on: share that a person answers, and the cost per text,
            the least sure answers first.
    """

    threshold: float
    chosen_on: int
    rows: Rows
    reviewed: NDArray[np.bool_]
    cost: MeanCost
    everything: MeanCost
    person: float
    saved: MeanCost
    saved_to_person: MeanCost
    curve: Floats

    @property
    def share_reviewed(self) -> float:
        """Of the half that it is shown on."""
        return float(self.reviewed.mean())


@dataclass(frozen=True)
class AnswerChange:
    """One answer in the place of another.

    Attributes:
        own: label code of the model's answer; -1 is unparsed. new: of the cheapest; `cheapest.PERSON`.
        count: how often. saved, added: the sums of what became cheaper and what became dearer; never netted.
    """

    own: int
    new: int
    count: int
    saved: float
    added: float


@dataclass(frozen=True)
class LeastExpectedCost:
    """Each text answered at the least expected cost, by the probabilities of all labels.

    Attributes:
        rows: answers with the probability of every label, or `MOST_TO_ANSWER` of them, shape (n,).
        own, answers: shape (n,), codes, as of `AnswerChange`. own_costs, costs: shape (n,), of these.
        cost: per text, of `answers`. own_cost: of the model's own. saved: the first less the second, paired.
        changes: by how often they occur.
        temperatures: at which the probabilities of the two halves were taken, each fitted on the other half; NaN if
            they were taken as they are.
        unscaled: the difference to the model's own answers with the probabilities as they are.
        over_confidence: mean confidence less accuracy, with its 95 % interval.
    """

    rows: Rows
    own: Counts
    answers: Counts
    own_costs: Floats
    costs: Floats
    cost: MeanCost
    own_cost: MeanCost
    saved: MeanCost
    changes: tuple[AnswerChange, ...]
    temperatures: tuple[float, float]
    unscaled: MeanCost
    over_confidence: tuple[float, Interval]

    @property
    def is_scaled(self) -> bool:
        """Whether the probabilities were scaled."""
        return not np.isnan(self.temperatures[0])

    @property
    def changed(self) -> NDArray[np.bool_]:
        """Whether the answer is another one, shape (n,)."""
        changed: NDArray[np.bool_] = self.answers != self.own
        return changed


def reviewed_below(probabilities: LabelProbabilities, table: CostTable, review_cost: float) -> ReviewedBelow | None:
    """The cheapest threshold; None if the examples of a half are too few, or no confidence is known.

    Args:
        review_cost: above 0.
    """
    scored, design = probabilities.scored, design_of(probabilities.scored.record)
    true = scored.y_true
    chosen_on, rows = stratified_halves(true)
    if len(rows) < LEAST_TO_CHOOSE or not probabilities.known.any():
        return None
    costs = cost_of_examples(true, scored.y_pred, table.matrix)
    confidence = probabilities.confidence
    threshold = cheapest_threshold(confidence[chosen_on], costs[chosen_on], review_cost)
    reviewed = below(confidence[rows], threshold)
    own, strata = costs[rows], true[rows]
    dearest = max(dearest_cost(strata, table.matrix), review_cost)
    at_most = max(dearest - review_cost, review_cost)  # by which two ways to answer one text can differ
    at_threshold = np.where(reviewed, review_cost, own)
    return ReviewedBelow(
        threshold,
        len(chosen_on),
        rows,
        reviewed,
        mean_cost(at_threshold, strata, design, dearest),
        mean_cost(own, strata, design, dearest),
        review_cost,
        cost_difference(own, at_threshold, strata, design, at_most),
        cost_difference(np.full(len(rows), review_cost), at_threshold, strata, design, at_most),
        _curve(confidence[rows], own, review_cost),
    )


def least_expected_cost(
    probabilities: LabelProbabilities, table: CostTable, review_cost: float
) -> LeastExpectedCost | None:
    """The cheapest answer to each text; None if no answer has the probability of every label, or they are no sample.

    The probabilities are scaled by a temperature, for those of a model that is too sure of itself understate what a
    dear mistake costs; each half by that which fits the other half. Where none fits, they are taken as they are.
    """
    p, scored = probabilities, probabilities.scored
    design = design_of(scored.record)
    rows = np.flatnonzero(p.complete & (not why_not_all_labels(p)))
    if not len(rows):
        return None
    if len(rows) > MOST_TO_ANSWER:
        rows = np.sort(np.random.default_rng(0).choice(rows, MOST_TO_ANSWER, replace=False))
    true, own = scored.y_true[rows], scored.y_pred[rows]
    temperatures, second = _temperatures(p, rows)
    plain, answers = own.copy(), own.copy()
    start = 0
    for some, shares in p.blocks(rows):
        at = slice(start, start + len(some))
        start += len(some)
        plain[at] = cheapest_answers(shares, table.matrix, own[at], review_cost)
        if np.isnan(temperatures[0]):
            answers[at] = plain[at]
        else:
            with np.errstate(divide="ignore"):
                log_shares = np.log(shares)
            each = np.where(second[at], temperatures[1], temperatures[0])[:, None]
            answers[at] = cheapest_answers(np.exp(scaled(log_shares / each, 1.0)), table.matrix, own[at], review_cost)
    dearest = max(dearest_cost(true, table.matrix), review_cost)
    own_costs = cost_of_examples(true, own, table.matrix)
    costs, plain_costs = (cost_of_answers(true, each, table.matrix, review_cost) for each in (answers, plain))
    confident = np.flatnonzero(p.known)
    return LeastExpectedCost(
        rows,
        own,
        answers,
        own_costs,
        costs,
        mean_cost(costs, true, design, dearest),
        mean_cost(own_costs, true, design, dearest),
        cost_difference(own_costs, costs, true, design, dearest),
        _changes(own, answers, costs - own_costs),
        temperatures,
        cost_difference(own_costs, plain_costs, true, design, dearest),
        over_confidence(p.confidence[confident], p.right[confident], scored.y_true[confident], design),
    )


def _temperatures(p: LabelProbabilities, rows: Rows) -> tuple[tuple[float, float], NDArray[np.bool_]]:
    """The temperature for each half, fitted on the other one, and which rows are of the second half."""
    true = p.scored.y_true[rows]
    first, second = stratified_halves(true)
    is_second = np.zeros(len(rows), dtype=bool)
    is_second[second] = True
    if len(second) < LEAST_TO_CHOOSE:
        return (float("nan"), float("nan")), is_second
    fitted = []
    for half in (second, first):
        if len(half) > _MOST_TO_FIT:
            half = np.sort(np.random.default_rng(0).choice(half, _MOST_TO_FIT, replace=False))
        fitted.append(fit_temperature(p.log_of_rows(rows[half]), true[half]))
    if np.isnan(fitted).any():
        return (float("nan"), float("nan")), is_second
    return (fitted[0], fitted[1]), is_second


def _changes(own: Counts, answers: Counts, difference: Floats) -> tuple[AnswerChange, ...]:
    changed = np.flatnonzero(own != answers)
    pairs, which, counts = np.unique(
        np.stack([own[changed], answers[changed]], axis=1), axis=0, return_inverse=True, return_counts=True
    )
    which = which.ravel()
    saved = np.bincount(which, np.maximum(-difference[changed], 0), len(pairs))
    added = np.bincount(which, np.maximum(difference[changed], 0), len(pairs))
    rows = zip(pairs.tolist(), counts.tolist(), saved.tolist(), added.tolist(), strict=True)
    found = [AnswerChange(before, after, count, less, more) for (before, after), count, less, more in rows]
    return tuple(sorted(found, key=lambda one: -one.count))


def _curve(confidence: Floats, costs: Floats, review_cost: float) -> Floats:
    """Cost per text against the share that a person answers, shape (n_points, 2)."""
    n = len(costs)
    order = np.argsort(np.where(np.isnan(confidence), -np.inf, confidence), kind="stable")
    left = np.append(costs[order][::-1].cumsum()[::-1], 0.0)
    k = np.unique(np.linspace(0, n, min(n + 1, _CURVE_POINTS)).round().astype(int))
    points: Floats = np.stack([k / n, (review_cost * k + left[k]) / n], axis=1)
    return points
