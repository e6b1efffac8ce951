"""A scored run and its costs -> which confusions carry the cost, both directions of each, and the cost by action."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalcore.analysis import ScoredRun
from evalcore.deciding.cost_table import NO_LABEL, CostTable
from evalcore.metrics import Counts, Floats, Interval, wilson_interval

HALF = 0.5
"""Of all cost: the fewest confusions that carry this share are named."""


@dataclass(frozen=True)
class CostlyConfusion:
    """Answers of one label to examples of another one, and the other way round; the two are never netted.

    Attributes:
        true, predicted: label codes; n_labels as `predicted` is an answer without a label, which has no reverse.
        count, cost_each, total: of these answers. share: of the cost of all answers.
        reverse_count, reverse_cost_each, reverse_total: of `true` predicted for examples of `predicted`.
    """

    true: int
    predicted: int
    count: int
    cost_each: float
    total: float
    share: float
    reverse_count: int
    reverse_cost_each: float
    reverse_total: float


@dataclass(frozen=True)
class ActionCosts:
    """The examples that need one action.

    Attributes:
        name: of the action. labels: how many lead to it.
        examples: that need it. right: those whose answer leads to it.
        interval: Wilson's 95 % of right / examples.
        total: cost of the answers to them. share: of the cost of all answers.
    """

    name: str
    labels: int
    examples: int
    right: int
    interval: Interval
    total: float
    share: float


def costly_confusions(confusion: Counts, table: CostTable) -> list[CostlyConfusion]:
    """The kinds of answers that cost something, the dearest in sum first.

    Args:
        confusion: shape (n_labels, n_labels + 1), counts.
    """
    totals: Floats = confusion * table.matrix
    n, everything = len(totals), float(totals.sum())
    found = []
    cells = np.flatnonzero(totals > 0)
    for cell in cells[np.argsort(-totals.ravel()[cells], kind="stable")].tolist():
        true, predicted = divmod(cell, n + 1)
        back = predicted < n and predicted != true
        found.append(
            CostlyConfusion(
                true,
                predicted,
                int(confusion[true, predicted]),
                float(table.matrix[true, predicted]),
                float(totals[true, predicted]),
                float(totals[true, predicted]) / everything,
                int(confusion[predicted, true]) if back else 0,
                float(table.matrix[predicted, true]) if back else 0.0,
                float(totals[predicted, true]) if back else 0.0,
            )
        )
    return found


def how_many_carry(found: list[CostlyConfusion], share: float = HALF) -> int:
    """The fewest confusions that carry this share of the cost; 0 if nothing costs anything."""
    carried = np.cumsum([one.share for one in found])
    return int(np.searchsorted(carried, share - 1e-12)) + 1 if found else 0


def costs_of_actions(scored: ScoredRun, table: CostTable) -> list[ActionCosts]:
    """Each action that an example needs, the dearest in sum first."""
    labels = np.bincount(table.actions, minlength=len(table.action_names))
    right: Counts = np.where(table.wrong, 0, scored.confusion).sum(axis=1)
    totals: Floats = (scored.confusion * table.matrix).sum(axis=1)
    everything = float(totals.sum())

    def by_action(values: Counts | Floats) -> Floats:
        summed = np.bincount(table.actions, values.astype(np.float64), minlength=len(labels))
        return summed.astype(np.float64)

    rows = zip(
        table.action_names,
        labels.tolist(),
        by_action(scored.per_class.support).astype(int).tolist(),
        by_action(right).astype(int).tolist(),
        by_action(totals).tolist(),
        strict=True,
    )
    found = [
        ActionCosts(name, members, examples, hits, wilson_interval(hits, examples), total,
                    total / everything if everything else 0.0)
        for name, members, examples, hits, total in rows
        if examples
    ]  # fmt: skip
    return sorted(found, key=lambda one: -one.total)


def dearest_pairs(found: list[CostlyConfusion], at_most: int) -> list[CostlyConfusion]:
    """The dearest direction of each pair of labels, the dearest first."""
    named: dict[tuple[int, int], CostlyConfusion] = {}
    for one in found:
        named.setdefault((min(one.true, one.predicted), max(one.true, one.predicted)), one)
    return list(named.values())[:at_most]


def answer_name(labels: tuple[str, ...], code: int) -> str:
    """The name of a label code, or of an answer without a label."""
    return labels[code] if code < len(labels) else NO_LABEL
