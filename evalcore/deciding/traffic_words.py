"""The answer about other traffic, in sentences."""

from __future__ import annotations

from evalcore.deciding.traffic_found import FoundTraffic
from evalcore.metrics import Interval
from evalcore.metrics.decisions.label_shift import LEAST_WORTH
from evalcore.wording import counted, interval, percent, rough

_NAMED = 3
"""Labels, or pairs of labels, that are named; the others are counted."""
WHERE = {
    "sample": "On the mix of the sample",
    "typed": "On your traffic",
    "estimated": "With the estimated mix",
}
"""How a sentence about a mix begins, by the source of the mix."""


def sentences(of: FoundTraffic) -> list[str]:
    """What one run's scores are under the mix; the first sentence answers the question."""
    found = [_accuracy(of), *_bounds(of), _macro_f1(of), *_uncertainty(of), *_larger_run(of), *_mix(of)]
    return [sentence for sentence in found if sentence]


def _accuracy(of: FoundTraffic) -> str:
    score = of.accuracy
    where = WHERE[of.mix.source]
    if score.on_traffic != score.on_traffic:
        return f"{where} nothing can be said: none of its labels has an example in this run."
    if of.covered < 1:
        where = f"On the {percent(of.covered)} of the traffic whose labels the sample holds"
    said = f"{where} accuracy is {percent(score.on_traffic)}: {interval_words(score.interval, of.worth)}"
    if of.mix.source == "sample":
        return f"{said}."
    return f"{said}; on the sample {percent(score.on_sample)}."


def interval_words(bounds: Interval, worth: float, *, signed: bool = False) -> str:
    """An interval, or why there is none.

    Args:
        worth: the effective number of examples behind it.
    """
    if bounds[0] == bounds[0]:
        return f"95 % interval {interval(bounds, signed=signed)}"
    return (
        f"interval not estimable at this n, for it rests on as much as {rough(worth)} examples and takes {LEAST_WORTH}"
    )


def _bounds(of: FoundTraffic) -> list[str]:
    codes = of.without_examples
    if not len(codes) or of.accuracy.on_traffic != of.accuracy.on_traffic:
        return []
    names = ", ".join(f"“{of.labels[code]}”" for code in codes[:_NAMED])
    more = f" and {len(codes) - _NAMED:,} more" if len(codes) > _NAMED else ""
    have = "has" if len(codes) == 1 else "have"
    what = "accuracy" if of.accuracy.interval[0] == of.accuracy.interval[0] else "the estimate of accuracy"
    return [
        f"{names}{more} {have} {percent(1 - of.covered)} of the traffic and no example in this run: if all of that is"
        f" wrong, or all right, {what} on all of the traffic is between {interval(of.bounds)} %."
    ]


def _macro_f1(of: FoundTraffic) -> str:
    score = of.macro_f1
    if of.mix.source == "estimated":
        return (
            "Macro-F1 is not estimable on an estimated mix: it counts rare labels as much as frequent ones, and whether"
            " a rare label occurs at all cannot be told from predictions."
        )
    if score.on_traffic != score.on_traffic:
        return ""
    shown = f"95 % interval {interval(score.interval)}"
    if score.interval[0] != score.interval[0]:
        shown = "interval not estimable at this n: too few examples of some of its labels"
    return f"Macro-F1 is {percent(score.on_traffic)} there ({shown})" + (
        "." if of.mix.source == "sample" else f", and {percent(score.on_sample)} on the mix of the sample."
    )


def _uncertainty(of: FoundTraffic) -> list[str]:
    if of.halving < 0:
        return []
    label, share = of.labels[of.halving], of.uncertainty[of.halving]
    said = f"{percent(share)} of the uncertainty is “{label}”, with {counted(int(of.support[of.halving]), 'example')}"
    if of.examples_to_halve is not None:
        return [f"{said}: {of.examples_to_halve:,} more of it would halve the interval."]
    if of.examples_to_halve_in_all is not None:
        several = f"{of.examples_to_halve_in_all:,} more of several labels"
        return [f"{said}: no number of its examples alone would halve the interval, {several} would."]
    if of.mix.estimated is None:
        return [f"{said}; it would take more than a million examples to halve the interval."]
    return [f"{said}; no number of examples would halve the interval, since the mix itself is estimated."]


def _larger_run(of: FoundTraffic) -> list[str]:
    if of.halving < 0 or of.split_size <= of.n:
        return []
    label = of.labels[of.halving]
    about = round(float(of.support[of.halving]) * of.split_size / of.n)
    return [
        f"The split has {counted(of.split_size - of.n, 'example')} that this run did not use, labelled already: with"
        f" N = {of.split_size:,} there would be about {about:,} of “{label}”."
    ]


def _mix(of: FoundTraffic) -> list[str]:
    found = []
    if of.mix.source == "sample":
        found.append("Type the shares or counts of your traffic, or have them estimated, to see it there.")
    if of.mix.scaled_from is not None:
        found.append(f"The shares added up to {percent(of.mix.scaled_from)} and were scaled to 100 %.")
    if of.mix.missing:
        count = counted(len(of.mix.missing), "label")
        found.append(f"{count} not in the table {'counts' if len(of.mix.missing) == 1 else 'count'} as 0.")
    for first, second in of.alike[:_NAMED]:
        found.append(
            f"“{of.labels[first]}” and “{of.labels[second]}” cannot be told apart by these answers: only their shares'"
            " sum is estimated."
        )
    if len(of.alike) > _NAMED:
        found.append(f"Neither can {counted(len(of.alike) - _NAMED, 'further pair')} of labels.")
    return found
