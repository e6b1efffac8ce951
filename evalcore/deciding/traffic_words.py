"""The answer about other traffic, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalcore.errors import listed
from evalcore.metrics.decisions.label_shift import LEAST_WORTH
from evalcore.wording import counted, figure, interval, percent, rough

if TYPE_CHECKING:
    from evalcore.deciding.traffic import OtherMixScore, Traffic
    from evalcore.deciding.traffic_compared import ComparedTraffic

_PAIRS = 3
"""Pairs of labels that are named."""
_WHERE = {
    "sample": "On the mix of the sample",
    "typed": "On your traffic",
    "estimated": "With the estimated mix",
}


def sentences(of: Traffic) -> list[str]:
    """What one run's scores are under the mix; the first sentence answers the question."""
    found = [_accuracy(of), *_bounds(of), _macro_f1(of), *_uncertainty(of), *_larger_run(of), *_mix(of)]
    return [sentence for sentence in found if sentence]


def _accuracy(of: Traffic) -> str:
    score = of.accuracy
    where = _WHERE[of.mix.source]
    if score.on_traffic != score.on_traffic:
        return f"{where} nothing can be said: none of its labels has an example in this run."
    if of.covered < 1:
        where = f"On the {percent(of.covered)} of the traffic whose labels the sample holds"
    said = f"{where} accuracy is {percent(score.on_traffic)}: {_interval(of, score)}"
    if of.mix.source == "sample":
        return f"{said}."
    return f"{said}; on the sample {percent(score.on_sample)}."


def _interval(of: Traffic, score: OtherMixScore) -> str:
    low, high = score.interval
    if low == low:
        return f"95 % interval {interval((low, high))}"
    return (
        f"interval not estimable at this n (it rests on as much as {rough(of.worth)} examples, and takes {LEAST_WORTH})"
    )


def _bounds(of: Traffic) -> list[str]:
    codes = of.without_examples
    if not len(codes):
        return []
    names = listed([of.labels[code] for code in codes])
    have = "has" if len(codes) == 1 else "have"
    return [
        f"{names} {have} {percent(1 - of.covered)} of the traffic and no example in this run: if all of that is wrong,"
        f" or all right, accuracy on all of the traffic is between {interval(of.accuracy.bounds)} %."
    ]


def _macro_f1(of: Traffic) -> str:
    score = of.macro_f1
    if of.mix.source == "estimated":
        return (
            "Macro-F1 is not estimable on an estimated mix: it counts rare labels as much as frequent ones, and whether"
            " a rare label occurs at all cannot be told from predictions."
        )
    if score.on_traffic != score.on_traffic:
        return ""
    shown = interval(score.interval)
    return (
        f"Macro-F1 is {percent(score.on_traffic)} there ("
        f"{f'95 % interval {shown}' if score.interval[0] == score.interval[0] else 'interval not estimable at this n'})"
        + ("." if of.mix.source == "sample" else f", and {percent(score.on_sample)} on the mix of the sample.")
    )


def _uncertainty(of: Traffic) -> list[str]:
    if of.halving < 0:
        return []
    label, share = of.labels[of.halving], of.uncertainty[of.halving]
    said = f"{percent(share)} of the uncertainty is {label!r}, with {counted(int(of.support[of.halving]), 'example')}"
    if of.examples_to_halve is not None:
        return [f"{said}: {of.examples_to_halve:,} more of it would halve the interval."]
    if of.examples_to_halve_in_all is not None:
        several = f"{of.examples_to_halve_in_all:,} more of several labels"
        return [f"{said}: no number of its examples alone would halve the interval, {several} would."]
    return [f"{said}; no number of examples would halve the interval, since the mix itself is estimated."]


def _larger_run(of: Traffic) -> list[str]:
    if of.halving < 0 or of.split_size <= of.n:
        return []
    label = of.labels[of.halving]
    about = round(float(of.support[of.halving]) * of.split_size / of.n)
    return [
        f"The split has {counted(of.split_size - of.n, 'example')} that this run did not use, labelled already: with"
        f" N = {of.split_size:,} there would be about {about:,} of {label!r}."
    ]


def _mix(of: Traffic) -> list[str]:
    found = []
    if of.mix.source == "sample":
        found.append("Type the shares or counts of your traffic, or have them estimated, to see it there.")
    if of.mix.scaled_from is not None:
        found.append(f"The shares added up to {percent(of.mix.scaled_from)} and were scaled to 100 %.")
    if of.mix.missing:
        count = counted(len(of.mix.missing), "label")
        found.append(f"{count} not in the table {'counts' if len(of.mix.missing) == 1 else 'count'} as 0.")
    for first, second in of.alike[:_PAIRS]:
        found.append(
            f"{of.labels[first]!r} and {of.labels[second]!r} cannot be told apart by these answers: only their shares'"
            " sum is estimated."
        )
    if len(of.alike) > _PAIRS:
        found.append(f"Neither can {counted(len(of.alike) - _PAIRS, 'further pair')} of labels.")
    return found


def compared_sentences(of: ComparedTraffic) -> list[str]:
    """Which of two runs is better under the mix."""
    where = _WHERE[of.mix.source]
    if of.on_traffic != of.on_traffic:
        return [f"{where} nothing can be said: none of its labels has a shared example."]
    low, high = of.interval
    sure = f"95 % interval {interval(of.interval, signed=True)}" if low == low else "interval not estimable at this n"
    found = [
        f"{where} B is right in {percent(of.b[1])} and A in {percent(of.a[1])}: a difference of"
        f" {figure(100 * of.on_traffic, 1, signed=True)} points"
        f" ({sure})."
    ]
    if of.mix.source == "sample":
        return found
    found.append(
        f"On the mix of the sample the difference is {figure(100 * of.on_sample, 1, signed=True)} points"
        f" (95 % interval {interval(of.sample_interval, signed=True)})."
    )
    if of.tie == of.tie:
        ahead, behind = ("A", "B") if of.on_sample < 0 else ("B", "A")
        both_sure = (of.sample_interval[0] > 0 or of.sample_interval[1] < 0) and (low > 0 or high < 0)
        found.append(
            f"{ahead} is ahead on the sample, {behind} on the traffic; they are equal {percent(of.tie)} of the way from"
            f" the one mix to the other{'' if both_sure else '. At least one of the differences may be chance'}."
        )
    if of.covered < 1:
        found.append(f"{percent(1 - of.covered)} of the traffic has labels without a shared example and is left out.")
    return found
