"""Two runs on the same examples: what each costs, by how much they differ, and which confusions make the difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis import Comparison, LabelProbabilities, ScoredRun, compare
from evalcore.deciding import costs_words as words
from evalcore.deciding.answer import Rows, plain, plain_pair
from evalcore.deciding.cost_table import CostsAsked, CostTable, cost_table
from evalcore.deciding.costly_confusions import answer_name
from evalcore.metrics import LEVEL, Floats, Interval, tango_interval
from evalcore.metrics.decisions.cost import (
    MeanCost,
    cost_difference,
    cost_of_examples,
    dearest_cost,
    mean_cost,
    ratio_of_costs,
)
from evalcore.wording import NOT_ESTIMABLE, figure, interval, percent, points

TIMES = 1.5
"""A ratio of costs from which on it is said as one: B's mistakes cost so many times as much."""


@dataclass(frozen=True)
class CostChange:
    """Answers of one label to examples of another one, in both runs, and the other way round; never netted.

    Attributes:
        true, predicted: label codes; n_labels as `predicted` is an answer without a label.
        count_a, count_b: of these answers in each run. cost_each: of one of them.
        difference: of the cost in sum, B less A.
        reverse_count_a, reverse_count_b: of `true` predicted for examples of `predicted`.
    """

    true: int
    predicted: int
    count_a: int
    count_b: int
    cost_each: float
    difference: float
    reverse_count_a: int
    reverse_count_b: int


@dataclass(frozen=True)
class ComparedCosts:
    """The costs of two runs on the examples that both have answered. A is the reference; a difference is B less A.

    Attributes:
        labels, asked, table: as of `Costs`. n: shared examples.
        accuracy_a, accuracy_b: shares of right labels; accuracy_difference: with Tango's 95 % interval.
        action_a, action_b, action_difference: the same of right actions.
        cost_a, cost_b: per text. difference: paired. ratio: of B's to A's; NaN if A's mistakes cost nothing.
        changes: confusions whose cost in sum differs, the largest difference first.
        rows: indices into the shared examples: those whose two answers do not cost the same, the largest difference
            first. costs_of_rows: shape (n_rows, 2), what A's and B's answer to each of them cost.
        finding: a sentence where accuracy and cost do not say the same; empty where they do.
        sentences: see `Answer`; the second has the figures that the first rests on, with their intervals.
    """

    labels: tuple[str, ...]
    asked: CostsAsked
    table: CostTable
    n: int
    accuracy_a: float
    accuracy_b: float
    accuracy_difference: tuple[float, Interval]
    action_a: float
    action_b: float
    action_difference: tuple[float, Interval]
    cost_a: MeanCost
    cost_b: MeanCost
    difference: MeanCost
    ratio: MeanCost
    changes: list[CostChange]
    rows: NDArray[np.intp]
    costs_of_rows: Floats
    finding: str
    sentences: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """See `Answer`; costs are per 1,000 texts, but those of a confusion."""

        def of_share(a: float, b: float, difference: tuple[float, Interval]) -> dict[str, Any]:
            return {"a": a, "b": b, "difference": difference[0], "interval": plain_pair(difference[1])}

        return {
            "unit": self.asked.unit,
            "n": self.n,
            "accuracy": of_share(self.accuracy_a, self.accuracy_b, self.accuracy_difference),
            "right_action": of_share(self.action_a, self.action_b, self.action_difference),
            "cost": {
                "a": words.mean_cost_json(self.cost_a),
                "b": words.mean_cost_json(self.cost_b),
                "difference": words.mean_cost_json(self.difference),
                "ratio": plain(self.ratio.value),
                "ratio_interval": plain_pair(self.ratio.interval),
            },
            "finding": self.finding,
            "confusions": self._change_rows(),
        }

    def tables(self) -> Mapping[str, Rows]:
        """See `Answer`."""
        return {"changed_costs": self._change_rows()} if self.changes else {}

    def _change_rows(self) -> list[dict[str, Any]]:
        return [
            {
                "true": self.labels[one.true],
                "predicted": answer_name(self.labels, one.predicted),
                "count_a": one.count_a,
                "count_b": one.count_b,
                "cost_each": one.cost_each,
                "difference": one.difference,
                "reverse_count_a": one.reverse_count_a,
                "reverse_count_b": one.reverse_count_b,
            }
            for one in self.changes
        ]


def compared_costs(
    a: ScoredRun,
    a_probabilities: LabelProbabilities | None,
    b: ScoredRun,
    b_probabilities: LabelProbabilities | None,
    asked: CostsAsked,
) -> ComparedCosts:
    """The costs of two runs' own answers; their probabilities do not matter to these.

    Raises:
        SpecError: if the runs cannot be compared. DataError: if one of the tables cannot be used.
    """
    pair = compare(a, b)
    table = cost_table(pair.labels, asked)
    true, design = pair.y_true, pair.design
    of_a, of_b = (cost_of_examples(true, each, table.matrix) for each in (pair.y_a, pair.y_b))
    dearest = dearest_cost(true, table.matrix)
    right_a, right_b = (~table.wrong[true, each] for each in (pair.y_a, pair.y_b))
    gained, lost = int((right_b & ~right_a).sum()), int((right_a & ~right_b).sum())
    low, high = tango_interval(gained, lost, pair.n)
    (accuracy_a, _), (accuracy_b, _) = pair.accuracies
    cost_a, cost_b = (mean_cost(each, true, design, dearest) for each in (of_a, of_b))
    difference = cost_difference(of_a, of_b, true, design, dearest)
    ratio = ratio_of_costs(of_a, of_b, true, design, dearest)
    changes = _changes(pair, table)
    rows = np.flatnonzero(of_a != of_b)
    rows = rows[np.argsort(-np.abs(of_b - of_a)[rows], kind="stable")]
    of_accuracy = pair.counts.difference, pair.interval
    finding = _finding(of_accuracy[0] if pair.p < LEVEL else 0.0, difference, ratio)
    said = [
        finding or _verdict(difference, ratio),
        _cost_sentence(cost_a, cost_b, difference, asked.unit),
        f"Accuracy is {percent(accuracy_a)} and {percent(accuracy_b)}: {points(of_accuracy[0])} points"
        f" ({interval(of_accuracy[1], signed=True)}).",
        *_action_sentence(table, float(right_a.mean()), float(right_b.mean()), (low, high)),
        *_change_sentence(changes, pair.labels, asked.unit),
        *words.table_sentences(table, pair.confusion_a + pair.confusion_b, pair.labels),
    ]
    return ComparedCosts(
        labels=pair.labels,
        asked=asked,
        table=table,
        n=pair.n,
        accuracy_a=accuracy_a,
        accuracy_b=accuracy_b,
        accuracy_difference=of_accuracy,
        action_a=float(right_a.mean()),
        action_b=float(right_b.mean()),
        action_difference=((gained - lost) / pair.n, (float(low), float(high))),
        cost_a=cost_a,
        cost_b=cost_b,
        difference=difference,
        ratio=ratio,
        changes=changes,
        rows=rows,
        costs_of_rows=np.column_stack([of_a, of_b])[rows],
        finding=finding,
        sentences=tuple(filter(None, said)),
    )


def _changes(pair: Comparison, table: CostTable) -> list[CostChange]:
    a, b, n = pair.confusion_a, pair.confusion_b, len(pair.labels)
    totals = (b - a) * table.matrix
    cells = np.flatnonzero(totals)
    found = []
    for cell in cells[np.argsort(-np.abs(totals.ravel()[cells]), kind="stable")].tolist():
        true, predicted = divmod(cell, n + 1)
        back = predicted not in (n, true)
        found.append(
            CostChange(
                true,
                predicted,
                int(a[true, predicted]),
                int(b[true, predicted]),
                float(table.matrix[true, predicted]),
                float(totals[true, predicted]),
                int(a[predicted, true]) if back else 0,
                int(b[predicted, true]) if back else 0,
            )
        )
    return found


def _finding(accuracy: float, cost: MeanCost, ratio: MeanCost) -> str:
    """Whether accuracy and cost say different things: a tie of one of them only, or opposite verdicts.

    Args:
        accuracy: the difference; 0 where the two cannot be told apart by it, in the same test as a comparison's
            verdict.
    """
    cheaper, dearer = cost.interval
    if not cost.is_estimable:
        return ""
    cost_tie = cheaper <= 0 <= dearer
    much = _as_much(cost.value, ratio.value)
    better = "B" if accuracy > 0 else "A"
    if not accuracy:
        return "" if cost_tie else f"The two cannot be told apart by accuracy, but {much}."
    if cost_tie:
        return f"{better} is more accurate, but by what their mistakes cost the two cannot be told apart."
    return f"{better} is more accurate, and yet {much}." if (accuracy > 0) == (cost.value > 0) else ""


def _as_much(difference: float, ratio: float) -> str:
    dearer, cheaper = ("B", "A") if difference > 0 else ("A", "B")
    times = ratio if difference > 0 else 1 / ratio if ratio > 0 else float("inf")
    if TIMES <= times < float("inf"):
        return f"{dearer}'s mistakes cost {figure(times, 0 if times >= 10 else 1)} times as much as {cheaper}'s"
    return f"{dearer}'s mistakes cost more than {cheaper}'s"


def _verdict(difference: MeanCost, ratio: MeanCost) -> str:
    """Whose mistakes cost more, in one short sentence."""
    low, high = difference.interval
    if low <= 0 <= high:
        return "By what their mistakes cost, the two runs cannot be told apart."
    if difference.is_estimable:
        dearer, cheaper = ("B", "A") if difference.value > 0 else ("A", "B")
        if ratio.is_estimable:
            bounds = ratio.interval if dearer == "B" else (1 / ratio.interval[1], 1 / ratio.interval[0])
            times = ratio.value if dearer == "B" else 1 / ratio.value
            return (
                f"{dearer}'s mistakes cost {figure(times, 1)} times as much as {cheaper}'s"
                f" (95 % interval {interval(bounds, scale=1)})."
            )
        return f"{dearer}'s mistakes cost more than {cheaper}'s."
    why = words.why_no_interval(difference)
    return f"It cannot be told whose mistakes cost more: {why}."


def _cost_sentence(a: MeanCost, b: MeanCost, difference: MeanCost, unit: str) -> str:
    """The figures. Why the difference has no interval was said before; it is mostly why the others have none."""

    def said(cost: MeanCost, *, signed: bool = False, per: str = "") -> str:
        value = words.amount(words.TEXTS * cost.value, unit, signed=signed)
        known = cost.is_estimable or difference.is_estimable
        around = words.bounds(cost, unit, signed=signed) if known else f"interval {NOT_ESTIMABLE}"
        return f"{value}{per} ({around})"

    return (
        f"A's mistakes cost {said(a, per=f' per {words.TEXTS:,} texts')}, and B's {said(b)}: a difference of"
        f" {said(difference, signed=True)}."
    )


def _action_sentence(table: CostTable, a: float, b: float, bounds: Any) -> Iterator[str]:
    if table.named.any():
        said = interval(bounds, signed=True)
        yield f"The right action: {percent(a)} and {percent(b)} of the texts: {points(b - a)} points ({said})."


def _change_sentence(changes: list[CostChange], labels: tuple[str, ...], unit: str) -> Iterator[str]:
    if changes:
        one = changes[0]
        answer = "unparsed" if one.predicted == len(labels) else f"predicted as “{labels[one.predicted]}”"
        yield (
            f"The largest difference is “{labels[one.true]}” {answer}: {one.count_a:,} times in A and"
            f" {one.count_b:,} in B, at {words.amount(one.cost_each, unit)}; reverse: {one.reverse_count_a:,} and"
            f" {one.reverse_count_b:,} times."
        )
