"""What headlines and tables of two or of several runs say in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evalcore.analysis.difference import changes, decisions
from evalcore.analysis.label_order import OrderEffect
from evalcore.analysis.sweep import Pair, Sweep
from evalcore.metrics import UNPARSED
from evalcore.store import RunRecord
from evalcore.wording import MINUS, counted, figure, interval, p_value, percent, points

RIGHT_SIGN, WRONG_SIGN, UNPARSED_SIGN = "✓", "✗", "∅"
"""What tells the outcomes apart without colours."""


def changed_words(a: RunRecord, b: RunRecord) -> str:
    """What was chosen differently for two runs: `changed: model`, `2 things changed: model, prompt`."""
    things = decisions(changes(a, b))
    if not things:
        return "nothing that was chosen changed"
    if len(things) == 1:
        return f"changed: {things[0]}"
    return f"{len(things)} things changed: {', '.join(things)}"


def answer_words(labels: Sequence[str], true: int, predicted: int) -> str:
    """An answer in a table: `✓`, `✗ charged_twice`, `∅`.

    Args:
        labels: that the codes are of; predicted: a code, or -1 for unparsed.
    """
    if predicted == UNPARSED:
        return UNPARSED_SIGN
    return RIGHT_SIGN if predicted == true else f"{WRONG_SIGN} {labels[predicted]}"


def spread_words(sweep: Sweep, names: Sequence[str]) -> str:
    """Lowest, median and highest accuracy in one line, and how far the first and the last are apart.

    Args:
        names: of the runs.
    """
    accuracies = [scored.scores.accuracy for scored in sweep.scored_runs]
    spread = sweep.spread(accuracies)
    return (
        f"Accuracy: lowest {percent(spread.low)} ({names[int(np.argmin(accuracies))]}), median "
        f"{percent(spread.middle)}, highest {percent(spread.high)} ({names[int(np.argmax(accuracies))]}); max {MINUS} "
        f"min {figure(100 * (spread.high - spread.low), 1)} points"
    )


def pair_verdict_words(pair: Pair) -> str:
    """The verdict on two of several runs, in a table."""
    return {
        "better": "B is better",
        "worse": "B is worse",
        "undecided": "cannot be told apart",
        "same": "right on the same examples",
    }[pair.verdict]


def pair_words(pair: Pair) -> str:
    """The difference of two of several runs in one line, with the test before and after the correction."""
    compared = pair.comparison
    return (
        f"B {MINUS} A {points(compared.counts.difference)} points ({interval(compared.interval)}) at "
        f"N = {compared.n:,}; exact McNemar {p_value(compared.p)}, corrected for all pairs {p_value(pair.p_holm)}"
    )


def order_effect_words(effect: OrderEffect) -> str:
    """Whether a label's place in the prompt's list changes how often it is predicted, in one or two sentences."""
    low, high = effect.interval
    if low <= 0 <= high:
        said = "no effect of the place can be told apart from chance"
    else:
        said = f"labels further down the list are predicted {'more' if effect.slope > 0 else 'less'} often"
    slope = figure(effect.slope, 2, signed=True)
    between = interval(effect.interval, scale=1, decimals=2, signed=True)
    return (
        f"From the first place of the list to the last, a label's predicted ÷ actual changes by {slope} (95 % interval "
        f"{between}): {said}. {counted(effect.orders, 'order')}, {counted(effect.labels, 'label')}."
    )
