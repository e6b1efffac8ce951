"""What headlines and tables of two or of several runs say in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evalcore.analysis.difference import changes, decisions
from evalcore.analysis.label_order import OrderEffect
from evalcore.analysis.paired_answers import BOTH_WRONG
from evalcore.analysis.sweep import Pair, Sweep
from evalcore.metrics import UNPARSED
from evalcore.store import RunRecord
from evalcore.wording import MINUS, counted, figure, interval, p_value, percent, points

RIGHT_SIGN, WRONG_SIGN, UNPARSED_SIGN = "✓", "✗", "∅"
"""What tells the outcomes apart without colours."""
PAIR_GROUP_MEANINGS = {
    "fixed": "A is wrong or unparsed, B is right.",
    "broken": "A is right, B is wrong or unparsed.",
    "both_right": "Both name the true label.",
    BOTH_WRONG: "Neither names the true label.",
    "wrong_alike": "Both name one and the same wrong label.",
    "wrong_differently": "They name different wrong labels, or only one of them names a label.",
    "both_unparsed": "Neither names just one label.",
}
"""Groups of the examples of two runs, as `Comparison.rows_of` takes them."""
SWEEP_GROUPS = {
    "all": ("all", "Every example that all of these runs have answered, the hardest first."),
    "flips": (
        "right in some",
        "Right in some runs, wrong or unparsed in others: between prompts, this is what wording alone decides.",
    ),
    "always_wrong": ("right in none", "No run gets these right. Before blaming the model, check the labels."),
    "wrong_alike": (
        "wrong alike",
        "Every run predicts the same wrong label. Before blaming the model, check the labels.",
    ),
    "unparsed_in_all": (
        "unparsed in all",
        "No run names a label here, or each names more than one. Read the raw completions.",
    ),
    "always_right": ("right in all", "Every run gets these right."),
}
"""Groups of the examples of several runs, as `Sweep.rows_of` takes them: name and meaning."""


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


def shared_by_all_words(sweep: Sweep) -> str:
    """What the scores of several runs are of, where they did not answer the same examples; else empty."""
    if all(len(scored.y_true) == sweep.n for scored in sweep.scored_runs):
        return ""
    return (
        f"{counted(sweep.n, 'example')} shared by all these runs. A run's scores are of all its own examples; two "
        "runs are compared on those that the two share."
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
