"""All runs on the same examples, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from evalcore.deciding.costs_words import amount
from evalcore.deciding.frontier_effort import Effort
from evalcore.deciding.frontier_found import FoundFrontier, FrontierRun
from evalcore.wording import NOT_ESTIMABLE, counted, interval, money, p_value, percent, points, rough, three_digits

_NAMED = 4
"""Runs that a sentence names; the others are counted."""
_ALONE = (
    "Run another model, prompt or decoding on the same sample, or import answers to the same texts: all of them are "
    "then compared here."
)


def frontier_sentences(answer: FoundFrontier) -> list[str]:
    """What the runs come to: which to take; what that does not say; which are worth a look; where numbers are from."""
    if len(answer.runs) == 1:
        best = answer.best
        said = [
            f"{named(best)} is the only run on these {counted(answer.n, 'example')}: {score_words(answer, best)}"
            f"{_takes(answer, best)}.",
            _ALONE,
        ]
    else:
        said = [_choice(answer), *_not_equal(answer), _band(answer), *_efficient(answer), _picked(answer)]
    return [*said, *_sources(answer), *_left_out(answer)]


def named(run: FrontierRun) -> str:
    """A run, as sentences name it."""
    return f"“{run.title}”"


def score_words(answer: FoundFrontier, run: FrontierRun) -> str:
    """A run's score, such as `75.2 % right` or `mistakes cost EUR 251.00 per 1,000 texts`."""
    if answer.asked.score == "accuracy":
        return f"{percent(run.score)} right"
    return f"mistakes cost {amount(run.score, answer.unit)} per 1,000 texts"


def effort_words(answer: FoundFrontier, effort: Effort) -> str:
    """What 1,000 texts take, such as `2.73 s`, `154,000 tokens` or `USD 0.0412`; an en dash if that is not known."""
    if not effort.is_known:
        return "–"
    least = "at least " if effort.at_least else ""
    if answer.asked.effort == "seconds":
        return f"{least}{three_digits(effort.amount)} s"
    if answer.asked.effort == "tokens":
        return f"{least}{rough(effort.amount)} tokens"
    return f"{least}{money(effort.amount, answer.currency) if answer.currency else three_digits(effort.amount)}"


def difference_words(answer: FoundFrontier, run: FrontierRun) -> str:
    """How far a run is from the best, with the interval that holds for all pairs."""
    if answer.asked.score == "accuracy":
        return f"{points(run.difference)} points ({interval(run.difference_interval, signed=True)})"
    low, high = (amount(bound, answer.unit, signed=True) for bound in run.difference_interval)
    bounds = f"{low} to {high}" if low != high else NOT_ESTIMABLE
    return f"{amount(run.difference, answer.unit, signed=True)} per 1,000 texts ({bounds})"


def _choice(answer: FoundFrontier) -> str:
    """The answer: the cheapest run that cannot be told apart from the best."""
    best, cheapest, band = answer.best, answer.cheapest, answer.band
    high = "has the highest accuracy" if answer.asked.score == "accuracy" else "has the lowest cost of mistakes"
    of_all = f"{named(best)} {high} of {counted(len(answer.runs), 'run')} ({score_words(answer, best)})"
    takes = "costs" if answer.asked.effort == "price" else "takes"
    if cheapest is None:
        of_these = "it" if len(band) == 1 else "the runs that cannot be told apart from it"
        return f"{of_all}; what {of_these} would {takes.removesuffix('s')} is not known."
    for_so_much = f"{effort_words(answer, cheapest.effort)} per 1,000 texts"
    if cheapest is best and len(band) == 1:
        return f"{of_all}, can be told apart from every other one, and {takes} {for_so_much}."
    if cheapest is best:
        unknown = sum(not run.effort.is_known for run in band)
        known = "" if not unknown else f", as far as that is known (not of {counted(unknown, 'run')})"
        return f"{of_all}, and none of the {len(band):,} that cannot be told apart {takes} less: {for_so_much}{known}."
    figures = f"{_only(answer, cheapest)} against {_only(answer, best)}"
    more = f", which {takes} {effort_words(answer, best.effort)}" if best.effort.is_known else ""
    holm = f"Holm {p_value(cheapest.p)} of {counted(answer.pairs, 'pair')}"
    return (
        f"{named(cheapest)} {takes} {for_so_much} and cannot be told apart from the best, {named(best)}{more}: "
        f"{figures}; difference {difference_words(answer, cheapest)}; {holm}."
    )


def _only(answer: FoundFrontier, run: FrontierRun) -> str:
    return percent(run.score) if answer.asked.score == "accuracy" else amount(run.score, answer.unit)


def _not_equal(answer: FoundFrontier) -> list[str]:
    """Not told apart is not equal: which difference would have been seen, and how large it may be."""
    cheapest = answer.cheapest
    if cheapest is None or cheapest is answer.best:
        return []
    low, high = cheapest.difference_interval
    if not low < high:
        could_be = "these are too few examples to say how far apart they may be"
    elif answer.asked.score == "cost of mistakes":
        could_be = f"its mistakes may cost up to {amount(max(0.0, high), answer.unit)} more per 1,000 texts"
    else:
        could_be = f"the best may be better by up to {100 * max(0.0, -low):.1f} points"
        if answer.smallest == answer.smallest:
            at = f"at N = {answer.n:,} with {counted(answer.pairs, 'pair')}"
            could_be += (
                f", and {at} a difference below {100 * answer.smallest:.1f} points would most likely not be seen"
            )
    return [f"That they cannot be told apart does not make them equal: {could_be}."]


def _band(answer: FoundFrontier) -> str:
    others = [run for run in answer.band if run is not answer.best]
    told = len(answer.runs) - len(answer.band)
    best = "With a probability of at least 95 % the run that is truly the best is among them."
    if not others:
        return f"All {told:,} other runs can be told apart from the best (Holm, {counted(answer.pairs, 'pair')})."
    names = _names(others)
    apart = f"; {counted(told, 'run')} can" if told else ""
    return f"Not told apart from {named(answer.best)}: {names}{apart}. {best}"


def _efficient(answer: FoundFrontier) -> list[str]:
    known = [run for run in answer.runs if run.effort.is_known]
    if len(known) < 2:
        return []
    kept = sorted((run for run in known if run.efficient), key=lambda run: run.effort.amount)
    beaten = [run for run in known if not run.efficient]
    said = f"No other run scores as well for less than {_names(kept)}."
    return [f"{said} Another one scores as well for less than {_names(beaten)}." if beaten else said]


def _picked(answer: FoundFrontier) -> str:
    what, direction = ("accuracy", "high") if answer.asked.score == "accuracy" else ("cost", "low")
    return (
        f"The best of {len(answer.runs):,} was picked by these same examples, so its {what} here is likely a little "
        f"too {direction}: rely on that of other examples."
    )


def _sources(answer: FoundFrontier) -> list[str]:
    """Where the efforts come from, and which are not known."""
    what = {"seconds": "Seconds", "tokens": "Tokens", "price": "Prices"}[answer.asked.effort]
    known = [run for run in answer.runs if run.effort.is_known]
    said = []
    setups = Counter(run.setup for run in known if run.setup)
    if answer.asked.effort == "seconds" and setups:
        on = "; ".join(f"{setup} ({counted(count, 'run')})" for setup, count in setups.most_common(_NAMED))
        more = "; and others" if len(setups) > _NAMED else ""
        said.append(f"Seconds are those of one machine, as busy as it was then, without loading the model: {on}{more}.")
    unknown = [run for run in answer.runs if not run.effort.is_known]
    why = Counter(run.effort.source for run in unknown)
    for source, count in why.most_common():
        of = [run for run in unknown if run.effort.source == source]
        said.append(f"{what} not known of {_names(of) if count <= _NAMED else counted(count, 'run')}: {source}")
    return said


def _left_out(answer: FoundFrontier) -> list[str]:
    why = Counter(one.why for one in answer.left_out)
    return [
        f"{counted(count, 'run')} with the same labels {'is' if count == 1 else 'are'} not compared: {reason}."
        for reason, count in why.most_common()
    ]


def _takes(answer: FoundFrontier, run: FrontierRun) -> str:
    return f", {effort_words(answer, run.effort)} per 1,000 texts" if run.effort.is_known else ""


def _names(runs: Sequence[FrontierRun], last: str = " and ") -> str:
    """The first of some runs, and how many more there are."""
    names = [named(run) for run in runs[:_NAMED]]
    if len(runs) > _NAMED:
        names.append(f"{len(runs) - _NAMED:,} more")
    return last.join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
