"""What do mistakes cost? Labels that lead to the same action, the cost of each confusion, and the cheapest answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evalcore.analysis import LabelProbabilities, ScoredRun, why_no_probabilities, why_not_all_labels
from evalcore.analysis.scored_run import design_of
from evalcore.deciding import costs_words as words
from evalcore.deciding.answer import Rows, plain, plain_pair
from evalcore.deciding.cheaper_ways import (
    LEAST_TO_CHOOSE,
    LeastExpectedCost,
    ReviewedBelow,
    least_expected_cost,
    reviewed_below,
)
from evalcore.deciding.cost_table import CostsAsked, CostTable, cost_table
from evalcore.deciding.costly_confusions import ActionCosts, CostlyConfusion, costly_confusions, costs_of_actions
from evalcore.metrics import Interval, wilson_interval
from evalcore.metrics.decisions.cost import (
    MeanCost,
    cost_of_examples,
    dearest_cost,
    mean_cost,
    right_share_interval,
)
from evalcore.wording import counted, interval, percent


@dataclass(frozen=True)
class Costs:
    """What the answers of a run cost.

    Attributes:
        labels: of the task. asked, table: what costs what.
        n: examples.
        accuracy: share of right labels, with Wilson's 95 % interval.
        right_action: share of right actions, with a 95 % interval.
        cost: per text.
        confusions: the kinds of answers that cost something, the dearest in sum first.
        actions: what each action costs; empty if the table of actions is.
        review: the cheapest threshold below which a person answers; None where `why_no_review` says why.
        least: the answers of least expected cost; None where `why_no_least` says why.
        sentences: see `Answer`.
    """

    labels: tuple[str, ...]
    asked: CostsAsked
    table: CostTable
    n: int
    accuracy: tuple[float, Interval]
    right_action: tuple[float, Interval]
    cost: MeanCost
    confusions: list[CostlyConfusion]
    actions: list[ActionCosts]
    review: ReviewedBelow | None
    why_no_review: str
    least: LeastExpectedCost | None
    why_no_least: str
    sentences: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """See `Answer`; costs are per 1,000 texts, but `cost` and `cost_each` of a confusion."""
        return {
            "unit": self.asked.unit,
            "review_cost": self.asked.review_cost,
            "n": self.n,
            "accuracy": _share_json(self.accuracy),
            "right_action": _share_json(self.right_action),
            "cost": words.mean_cost_json(self.cost),
            "confusions": words.confusion_rows(self.confusions, self.labels),
            "actions": words.action_rows(self.actions),
            "review": words.review_json(self.review) if self.review else None,
            "why_no_review": self.why_no_review,
            "least_expected_cost": words.least_cost_json(self.least) if self.least else None,
            "why_no_least_expected_cost": self.why_no_least,
        }

    def tables(self) -> Mapping[str, Rows]:
        """See `Answer`."""
        found = {"costly_confusions": words.confusion_rows(self.confusions, self.labels)}
        if self.actions:
            found["costs_of_actions"] = words.action_rows(self.actions)
        if self.least:
            found["cheaper_answers"] = words.change_rows(self.least.changes, self.labels)
        return {name: rows for name, rows in found.items() if rows}


def costs(scored: ScoredRun, probabilities: LabelProbabilities | None, asked: CostsAsked) -> Costs:
    """What the answers of a run cost, and what cheaper ways to answer would.

    Raises:
        DataError: if one of the tables cannot be used (`cost_table`).
    """
    table = cost_table(scored.labels, asked)
    true, n, design = scored.y_true, len(scored.y_true), design_of(scored.record)
    each = cost_of_examples(true, scored.y_pred, table.matrix)
    right = (~table.wrong[true, scored.y_pred]).astype(float)  # an unparsed answer, -1, is the last column
    share = float(right.mean()) if n else float("nan")
    accuracy = scored.scores.accuracy, wilson_interval(scored.scores.correct, n)
    right_action = (share, right_share_interval(right, true, design)) if table.named.any() else accuracy
    cost = mean_cost(each, true, design, dearest_cost(true, table.matrix))
    confusions = costly_confusions(scored.confusion, table)
    actions = costs_of_actions(scored, table) if table.named.any() else []
    review, why_no_review = _review(scored, probabilities, table, asked)
    least, why_no_least = _least(scored, probabilities, table, asked)
    said = [
        words.cost_sentence(cost, table, asked.unit),
        *words.confusion_sentences(confusions, scored.labels, asked.unit),
        *([_action_sentence(accuracy, right_action)] if actions else []),
        words.review_sentence(review, asked.unit) if review else why_no_review,
        *(words.least_cost_sentences(least, scored.labels, asked.unit) if least else [why_no_least]),
        *words.table_sentences(table, scored.confusion, scored.labels),
    ]
    return Costs(
        labels=scored.labels,
        asked=asked,
        table=table,
        n=n,
        accuracy=accuracy,
        right_action=right_action,
        cost=cost,
        confusions=confusions,
        actions=actions,
        review=review,
        why_no_review=why_no_review,
        least=least,
        why_no_least=why_no_least,
        sentences=tuple(dict.fromkeys(filter(None, said))),
    )


def _review(
    scored: ScoredRun, probabilities: LabelProbabilities | None, table: CostTable, asked: CostsAsked
) -> tuple[ReviewedBelow | None, str]:
    if not asked.review_cost > 0:
        return None, "With the cost of a review it can be said below which confidence a person should answer."
    if probabilities is None:
        return None, why_no_probabilities(scored)
    found = reviewed_below(probabilities, table, asked.review_cost)
    return found, "" if found else (
        f"No threshold can be chosen on one half and shown on the other: it takes {2 * LEAST_TO_CHOOSE} examples, some"
        f" of them with a confidence, and there are {counted(len(scored.y_true), 'example')}."
    )


def _least(
    scored: ScoredRun, probabilities: LabelProbabilities | None, table: CostTable, asked: CostsAsked
) -> tuple[LeastExpectedCost | None, str]:
    if probabilities is None:
        return None, why_no_probabilities(scored)
    found = least_expected_cost(probabilities, table, asked.review_cost)
    return found, "" if found else why_not_all_labels(probabilities)


def _action_sentence(accuracy: tuple[float, Interval], action: tuple[float, Interval]) -> str:
    return (
        f"{percent(action[0])} of the texts get the right action ({interval(action[1])}), and"
        f" {percent(accuracy[0])} the right label."
    )


def _share_json(share: tuple[float, Interval]) -> dict[str, Any]:
    value, bounds = share
    return {"value": plain(value), "interval": plain_pair(bounds)}
