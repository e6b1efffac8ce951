"""How much a person must check, in sentences."""

from __future__ import annotations

import numpy as np

from evalcore.deciding.review_found import FoundReview
from evalcore.deciding.review_signals import SignalScore
from evalcore.metrics.decisions.promise import Checked, fewest_answers
from evalcore.wording import NOT_ESTIMABLE, counted, figure, interval, percent, rough

PER = 1000
"""Texts that hours and money are said of."""


def sentences(found: FoundReview) -> tuple[str, ...]:
    """All of it, the answer first."""
    if not found.signal:
        return (why_no_signal(found),)
    said = [
        _answer(found),
        _how_verified(found),
        _instead(found),
        estimate_words(found),
        _labels(found),
        threshold_words(found),
    ]
    said += [work_words(found), _unsure(found), _other_signal(found), _better_signals(found)]
    return tuple(sentence for sentence in said if sentence)


def target_words(found: FoundReview) -> str:
    """`95 %`, `99.5 %`."""
    return f"{found.asked.target:g} %"


def why_no_signal(found: FoundReview) -> str:
    """Why nothing tells sure answers from unsure ones, and what would."""
    why = found.prepared.why_not
    return f"{why['confidence']} {why['agreement']}" if not found.prepared.others else why["confidence"]


def _answer(found: FoundReview) -> str:
    target, shown = target_words(found), found.promised
    n, whole = len(found.prepared.checking), counted(found.prepared.n, "example")
    if found.verified and shown is not None:
        sent = f"send {percent(1 - shown.coverage)} to a person{bounds_words(shown.person_interval)}"
        return (
            f"To be {target} right on what is answered automatically, {sent}: verified on {n:,} other examples, with"
            f" {shown.right:,} of {shown.answered:,} right (at least {percent(shown.lower)})."
        )
    cannot = f"It cannot be promised with these {whole} that {target} of what is answered automatically is right"
    if shown is not None and shown.answered:
        return (
            f"{cannot}: on the half that verifies, {shown.right:,} of {counted(shown.answered, 'such answer')}"
            f" {'is' if shown.right == 1 else 'are'} right, which shows {percent(shown.lower)} or more only."
        )
    fewest = fewest_answers(found.target)
    return (
        f"{cannot}: on the half that chooses, no threshold reaches that with confidence. The fewest that could show it"
        f" are {fewest:,} answers without a mistake, on each half."
    )


def _how_verified(found: FoundReview) -> str:
    """What the promise rests on."""
    shown, p = found.promised, found.prepared
    if not found.verified or shown is None:
        return ""
    return (
        f"The threshold was chosen on {len(p.choosing):,} examples and tested once on the {shown.n:,} others:"
        f" {shown.answered:,} of these are answered automatically. That at least {percent(shown.lower)} of such answers"
        " are right holds with 95 % confidence (Clopper-Pearson, one-sided)."
    )


def _instead(found: FoundReview) -> str:
    """What would make a promise possible."""
    if found.verified:
        return ""
    if found.needed is None:
        return (
            f"Above no threshold are clearly more than {target_words(found)} right, so that more examples alone would"
            " not help: lower the target, or take another signal or run."
        )
    return (
        f"It takes about {rough(found.needed)} examples or more to verify it: so many if further answers are right as"
        " often as these, and if the best threshold were known and had not to be chosen on half of them."
    )


def estimate_words(found: FoundReview) -> str:
    """What the examples say without a promise."""
    shown, target = found.estimate, target_words(found)
    if shown is None:
        return f"Without a promise: no threshold reached {target} on the half that chooses; a person checks everything."
    right = (
        f"{percent(shown.accuracy)} of it right{bounds_words(shown.accuracy_interval)}" if shown.answered else "nothing"
    )
    return (
        f"Without a promise, an estimate: the threshold that just reached {target} on one half answers"
        f" {percent(shown.coverage)} of the other half automatically{bounds_words(shown.coverage_interval)}, {right}."
    )


def threshold_words(found: FoundReview) -> str:
    """From which value of the signal on an answer is automatic; empty where there is no common threshold."""
    at = found.threshold
    return "" if at != at else f"Answered automatically: {value_words(found, at)}."


def value_words(found: FoundReview, at: float) -> str:
    """`confidence of 81.2 % or more`.

    Args:
        at: a value of the certainty; infinite is none.
    """
    if np.isinf(at):
        return "none is sure enough"
    return f"{found.signal} of {short_value_words(found, at)} or {'less' if found.signal == 'entropy' else 'more'}"


def short_value_words(found: FoundReview, at: float) -> str:
    """`81.2 %`, `12.3 points`, `0.310 bits`.

    Args:
        at: a finite value of the certainty.
    """
    if found.signal == "entropy":
        return f"{figure(-at + 0.0, 3)} bits"
    return f"{figure(100 * at, 1)} points" if found.signal == "margin" else _precise(at)


def work_words(found: FoundReview) -> str:
    """Hours and money per 1,000 texts; empty without a threshold."""
    shown = found.in_use
    if shown is None:
        return ""
    share, bounds, minutes = 1 - shown.coverage, shown.person_interval, found.asked.minutes
    said = f"Per {PER:,} texts{'' if found.verified else ', estimated'}: {counted(round(PER * share), 'review')}"
    said += bounds_words(bounds, PER, 0)
    more = []
    if minutes:
        hours = PER * minutes / 60
        each = f"{minutes:g} {'minute' if minutes == 1 else 'minutes'} each"
        more.append(f"{figure(hours * share, 1)} hours ({interval(bounds, scale=hours)}) at {each}")
    if found.asked.price:
        price = PER * found.asked.price
        between = interval(bounds, scale=price, decimals=2)
        more.append(f"{figure(price * share, 2)} ({between}) at a price of {found.asked.price:g} each")
    return f"{said}{': ' if more else ''}{'; '.join(more)}."


def _labels(found: FoundReview) -> str:
    if not found.labels:
        return ""
    own = [label for label in found.labels if label.own]
    without = [label for label in found.labels if not label.own]
    verified = sum(label.verified for label in own)
    if not own:
        said = "No label has a threshold of its own."
    elif len(own) == 1:
        said = f"1 label has a threshold of its own; the promise is {'' if verified else 'not '}verified for it."
    else:
        said = (
            f"{len(own):,} labels have a threshold of their own; the promise is verified for {verified:,} of them, all"
            " taken together (Holm)."
        )
    if not without:
        return said
    fewest, scarcest = fewest_answers(found.target), min(without, key=lambda label: min(label.chosen_on, label.n))
    name = found.scored.labels[scarcest.code]
    return (
        f"{said} {counted(len(without), 'label is', 'labels are')} predicted fewer than {fewest:,} times in one of the"
        f" halves, such as “{name}”, and {'has' if len(without) == 1 else 'share'} the threshold of the rest."
    )


def _unsure(found: FoundReview) -> str:
    return (
        f"{counted(found.unsure, 'answer has', 'answers have')} no {found.signal}, most often because"
        f" {'it names' if found.unsure == 1 else 'they name'} no label: a person checks"
        f" {'it' if found.unsure == 1 else 'them'} first."
        if found.unsure
        else ""
    )


def _other_signal(found: FoundReview) -> str:
    if found.signal == found.asked.signal:
        return ""
    return f"The {found.signal} is used. {found.prepared.why_not.get(found.asked.signal, '')}".strip()


def _better_signals(found: FoundReview) -> str:
    better = [one for one in found.signals if one.difference_interval[1] < 0]
    if not better:
        return ""
    best = min(better, key=lambda one: one.aurc)
    return (
        f"The {best.name} tells right answers from wrong ones better than the {found.signal}: its AURC is"
        f" {figure(-best.difference, 4)} lower (95 % interval {_lower(best)})."
    )


def _lower(one: SignalScore) -> str:
    low, high = one.difference_interval
    return interval((-high, -low), scale=1, decimals=4)


def kind_words(kind: str) -> str:
    """What became of examples: answered automatically and wrong or right, or sent to a person.

    Args:
        kind: of `KINDS`.
    """
    return {"wrong": "Wrong", "right": "Right", "person": "To a person"}[kind]


def group_words(group: str) -> str:
    """Which of two runs answers automatically.

    Args:
        group: of `GROUPS`.
    """
    return {"only_a": "Only A", "only_b": "Only B", "both": "Both", "neither": "Neither"}[group]


def bounds_words(bounds: tuple[float, float], scale: float = 100, decimals: int = 1, *, signed: bool = False) -> str:
    """A 95 % interval in brackets, to follow a figure; or that there is none."""
    shown = interval(bounds, scale=scale, decimals=decimals, signed=signed)
    return " (interval not estimable at this n)" if shown == NOT_ESTIMABLE else f" (95 % interval {shown})"


def _precise(share: float) -> str:
    """A probability with as many digits as tell it from 1."""
    for decimals in range(1, 9):
        if round(100 * share, decimals) < 100 or share >= 1:
            break
    return f"{figure(100 * share, decimals)} %"


def work_of(found: FoundReview, shown: Checked) -> tuple[float, float]:
    """Hours and money per 1,000 texts."""
    share = 1 - shown.coverage
    return PER * share * found.asked.minutes / 60, PER * share * found.asked.price
