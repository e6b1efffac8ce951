"""What is known of costs, in sentences and as plain data."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from evalcore.deciding.answer import TEXTS, plain, plain_pair
from evalcore.deciding.cheaper_ways import AnswerChange, LeastExpectedCost, ReviewedBelow
from evalcore.deciding.cost_table import CostTable
from evalcore.deciding.costly_confusions import ActionCosts, CostlyConfusion, answer_name, how_many_carry
from evalcore.metrics import UNPARSED
from evalcore.metrics.decisions.cheapest import PERSON
from evalcore.metrics.decisions.cost import LEAST_DEAR, MeanCost
from evalcore.metrics.mean_intervals import LEAST_OF_A_MEAN
from evalcore.wording import counted, figure, interval, money, percent, points

A_PERSON = "(a person)"


def amount(value: float, unit: str, *, signed: bool = False) -> str:
    """A cost: `EUR 12.50`, or `12.5` without a unit."""
    if value != value or not unit:
        decimals = next((n for n in range(2) if value == round(value, n)), 1 if abs(value) >= 10 else 3)
        return figure(value, decimals, signed=signed)
    sign = "\u2212" if value < 0 else "+" if signed and value > 0 else ""
    return f"{sign}{money(abs(value), unit)}"


def per_thousand(cost: MeanCost, unit: str, *, signed: bool = False) -> str:
    """`EUR 12.50 per 1,000 texts (95 % interval 10.10 to 15.20)`, with the reason where there is no interval."""
    return f"{amount(TEXTS * cost.value, unit, signed=signed)} per 1,000 texts ({bounds(cost, unit, signed=signed)})"


def bounds(cost: MeanCost, unit: str, *, signed: bool = False) -> str:
    """Its interval per 1,000 texts, or why there is none."""
    if not cost.is_estimable:
        return f"interval not estimable at this n: {why_no_interval(cost)}"
    return f"95 % interval {interval(cost.interval, scale=TEXTS, decimals=2 if unit else 1, signed=signed)}"


def why_no_interval(cost: MeanCost) -> str:
    """As a part of a sentence; empty if there is one."""
    if cost.is_estimable:
        return ""
    if cost.n < LEAST_OF_A_MEAN:
        return f"{counted(cost.n, 'example')}, and it takes {LEAST_OF_A_MEAN}"
    if math.isnan(cost.dear) or not cost.dear > 0:
        return "nothing differs in cost here"
    if cost.dear < LEAST_DEAR:
        return f"too few dear mistakes, worth {figure(cost.dear, 1)} of the dearest where {LEAST_DEAR} are needed"
    return "the costs do not vary"


def cost_sentence(cost: MeanCost, table: CostTable, unit: str) -> str:
    """The answer to the question."""
    if cost.value == 0:
        return "No answer of this run costs anything."
    if table.by_a_row.any():
        return f"Mistakes cost {per_thousand(cost, unit)}."
    what = "action" if table.named.any() else "answer"
    of = f"{amount(1, unit)}: " if unit else "1: "
    return f"If every wrong {what} costs {of}{per_thousand(cost, unit)}."


def confusion_sentences(confusions: list[CostlyConfusion], labels: tuple[str, ...], unit: str) -> Iterator[str]:
    """Which of them carry the cost."""
    if not confusions:
        return
    few, all_of_them = how_many_carry(confusions), len(confusions)
    carried = percent(sum(one.share for one in confusions[:few]))
    carry = "carries" if few == 1 else "carry"
    yield f"{few:,} of {counted(all_of_them, 'kind')} of mistakes {carry} {carried} of the cost."
    yield f"The dearest in sum: {confusion_words(confusions[0], labels, unit)}."


def confusion_words(one: CostlyConfusion, labels: tuple[str, ...], unit: str) -> str:
    """`“a” predicted as “b”, 12 times at EUR 10.00: EUR 120.00; reverse: 3 times at EUR 1.00: EUR 3.00`."""

    def said(count: int, each: float, total: float) -> str:
        times = "once" if count == 1 else f"{count:,} times"
        return f"{times} at {amount(each, unit)}: {amount(total, unit)}"

    answer = "unparsed" if one.predicted == len(labels) else f"predicted as “{labels[one.predicted]}”"
    forth = f"“{labels[one.true]}” {answer}, {said(one.count, one.cost_each, one.total)}"
    if one.predicted in (len(labels), one.true):
        return forth
    back = said(one.reverse_count, one.reverse_cost_each, one.reverse_total) if one.reverse_count else "never"
    return f"{forth}; reverse: {back}"


def table_sentences(table: CostTable, confusion: np.ndarray[Any, Any], labels: tuple[str, ...]) -> Iterator[str]:
    """What the tables leave open."""
    left = [label for label, named in zip(labels, table.named.tolist(), strict=True) if not named]
    if table.named.any() and left:
        such = f", such as “{left[0]}”" if len(left) > 1 else f": “{left[0]}”"
        stand = "is" if len(left) == 1 else "are"
        yield (
            f"{len(left):,} of {counted(len(labels), 'label')} {stand} not in the table of actions{such}. Each is an"
            " action of its own."
        )
    uncovered = int(confusion[table.wrong & ~table.by_a_row].sum())
    if table.by_a_row.any() and uncovered:
        counts = "counts" if uncovered == 1 else "each counts"
        yield f"No row of the table of costs is about {counted(uncovered, 'mistake')} of this run: {counts} as 1."


def review_sentence(found: ReviewedBelow, unit: str) -> str:
    """Whether it pays to have a person answer where the model is not sure."""
    price = f"At {amount(found.person, unit)} a review"
    if found.threshold == -math.inf:
        return f"{price}, it does not pay to have a person answer: no threshold is cheaper than the model alone."
    if found.threshold == math.inf:
        return f"{price}, a person should answer every text: no threshold is cheaper."
    low, high = found.saved.interval
    verdict = (
        "a person should answer"
        if high < 0
        else "it does not pay that a person answers"
        if low > 0
        else "it cannot be told whether it pays that a person answers"
    )
    return (
        f"{price}, {verdict} below a confidence of {percent(found.threshold)}, {percent(found.share_reviewed)} of the"
        f" texts: then 1,000 texts cost {amount(TEXTS * found.cost.value, unit)} instead of"
        f" {amount(TEXTS * found.everything.value, unit)}, a difference of"
        f" {amount(TEXTS * found.saved.value, unit, signed=True)} ({bounds(found.saved, unit, signed=True)}). The"
        f" threshold was chosen on {counted(found.chosen_on, 'example')}, and this is shown on {len(found.rows):,}"
        " others."
    )


def least_cost_sentences(found: LeastExpectedCost, labels: tuple[str, ...], unit: str) -> Iterator[str]:
    """What the answers of least expected cost would be worth, and whether calibration stands in their way."""
    changed = int(found.changed.sum())
    if not changed:
        yield "The answer of lowest expected cost is the model's own for every text: at these costs nothing changes."
        return
    low, high = found.saved.interval
    verdict = "" if high < 0 else " That is not distinguishable from no change." if low <= 0 else ""
    if low > 0:
        verdict = " It is dearer: the probabilities are not good enough for it."
    yield (
        f"The answer of lowest expected cost, in the place of the most probable one, changes"
        f" {counted(changed, 'answer')} of {len(found.rows):,} and the cost by"
        f" {per_thousand(found.saved, unit, signed=True)}.{verdict}"
    )
    saved, added = (sum(getattr(one, side) for one in found.changes) for side in ("saved", "added"))
    yield (
        f"On these examples it saves {amount(saved, unit)} and adds {amount(added, unit)}; most often"
        f" {change_words(found.changes[0], labels)}."
    )
    yield from _calibration_sentences(found, unit)


def _calibration_sentences(found: LeastExpectedCost, unit: str) -> Iterator[str]:
    gap, (low, high) = found.over_confidence
    off = low > 0 or high < 0
    if off:
        sure = "surer than it is right" if gap > 0 else "less sure than it is right"
        yield f"The model is {sure}, by {points(abs(gap)).lstrip('+')} points ({interval((low, high), signed=True)})."
    if found.is_scaled:
        first, second = found.temperatures
        yield (
            f"So each half's probabilities are scaled by the temperature that fits the other half"
            f" ({figure(first, 2)} and {figure(second, 2)}); as they are, the cost would change by"
            f" {amount(TEXTS * found.unscaled.value, unit, signed=True)}."
        )
    elif off:
        yield "No temperature could be fitted: the expected costs rest on the probabilities as they are."


def change_words(one: AnswerChange, labels: tuple[str, ...]) -> str:
    """`“b” in the place of “a” (12 times)`."""
    new = "a person" if one.new == PERSON else f"“{labels[one.new]}”"
    own = "an unparsed answer" if one.own == UNPARSED else f"“{labels[one.own]}”"
    return f"{new} in the place of {own} ({'once' if one.count == 1 else f'{one.count:,} times'})"


def mean_cost_json(cost: MeanCost) -> dict[str, Any]:
    """Per 1,000 texts."""
    return {
        "per_1000": plain(TEXTS * cost.value),
        "interval": plain_pair(TEXTS * bound for bound in cost.interval),
        "n": cost.n,
        "why_no_interval": why_no_interval(cost),
    }


def confusion_rows(confusions: list[CostlyConfusion], labels: tuple[str, ...]) -> list[dict[str, Any]]:
    """One row for each."""
    return [
        {
            "true": labels[one.true],
            "predicted": answer_name(labels, one.predicted),
            "count": one.count,
            "cost_each": one.cost_each,
            "cost": one.total,
            "share": one.share,
            "reverse_count": one.reverse_count,
            "reverse_cost_each": one.reverse_cost_each,
            "reverse_cost": one.reverse_total,
        }
        for one in confusions
    ]


def action_rows(actions: list[ActionCosts]) -> list[dict[str, Any]]:
    """One row for each."""
    return [
        {
            "action": one.name,
            "labels": one.labels,
            "examples": one.examples,
            "right": one.right,
            "share_right": one.right / one.examples,
            "low": one.interval[0],
            "high": one.interval[1],
            "cost": one.total,
            "share_of_cost": one.share,
        }
        for one in actions
    ]


def change_rows(changes: tuple[AnswerChange, ...], labels: tuple[str, ...]) -> list[dict[str, Any]]:
    """One row for each."""
    return [
        {
            "own": answer_name(labels, one.own if one.own != UNPARSED else len(labels)),
            "new": A_PERSON if one.new == PERSON else labels[one.new],
            "count": one.count,
            "saved": one.saved,
            "added": one.added,
        }
        for one in changes
    ]


def review_json(found: ReviewedBelow) -> dict[str, Any]:
    """The threshold as plain data; a threshold of None is below or above every confidence."""
    return {
        "threshold": plain(found.threshold),
        "chosen_on": found.chosen_on,
        "shown_on": len(found.rows),
        "share_reviewed": found.share_reviewed,
        "cost": mean_cost_json(found.cost),
        "cost_of_the_model_alone": mean_cost_json(found.everything),
        "cost_of_a_person_alone": TEXTS * found.person,
        "difference_to_the_model_alone": mean_cost_json(found.saved),
        "difference_to_a_person_alone": mean_cost_json(found.saved_to_person),
    }


def least_cost_json(found: LeastExpectedCost) -> dict[str, Any]:
    """The answers of least expected cost as plain data."""
    gap, interval_of_gap = found.over_confidence
    return {
        "n": len(found.rows),
        "changed": int(found.changed.sum()),
        "cost": mean_cost_json(found.cost),
        "cost_of_own_answers": mean_cost_json(found.own_cost),
        "difference": mean_cost_json(found.saved),
        "temperatures": plain_pair(found.temperatures),
        "difference_unscaled": mean_cost_json(found.unscaled),
        "over_confidence": plain(gap),
        "over_confidence_interval": plain_pair(interval_of_gap),
    }
