"""Whether a run keeps to limits, and is no worse than another one: each check passed, failed, or not shown.

Not shown is a verdict of its own. So few examples often allow neither "it is not worse" nor "it is worse", and to take
the first for granted, or the second, would both be wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis.check_result import CheckedRun, CheckKind, CheckResult, CheckVerdict
from evalcore.analysis.check_words import NotWorse, by_interval_words, by_point_words, not_worse_words
from evalcore.analysis.compared_calibration import compared_probabilities, why_not_compared
from evalcore.analysis.compared_scores import MetricRow
from evalcore.analysis.comparison import Comparison, compare
from evalcore.analysis.comparison_words import WITHOUT_ANY_INTERVAL
from evalcore.analysis.label_probabilities import label_probabilities, why_no_probabilities
from evalcore.analysis.run_metrics import (
    ALL_METRICS,
    MEANS_OVER_EXAMPLES,
    OF_PROBABILITIES,
    metrics_of_answers,
    metrics_of_probabilities,
)
from evalcore.analysis.scored_run import ScoredRun, design_of
from evalcore.analysis.slices import ALL, Slice, slice_of
from evalcore.errors import SpecError, quoted
from evalcore.metrics import FEW_EXAMPLES, LEVEL, Interval, holm, tango_interval
from evalcore.metrics.noninferiority import ONE_SIDED, examples_to_show, not_worse_p
from evalcore.wording import counted

By = Literal["point", "interval"]
BY: tuple[By, ...] = get_args(By)
MARGIN = 0.02
_ROUNDING = 1e-12
"""Sums of shares that are equal to a limit in exact numbers may be off by this."""


@dataclass(frozen=True)
class _Part:
    """Some of a run's answers.

    Attributes:
        rows: indices into the run's arrays; None for all.
    """

    slice: Slice
    rows: NDArray[np.intp] | None


def check(
    run: ScoredRun,
    *,
    minimum: Mapping[str, float] | None = None,
    maximum: Mapping[str, float] | None = None,
    baseline: ScoredRun | None = None,
    no_regression: Sequence[str] = (),
    margin: float = MARGIN,
    slices: Sequence[str] = (),
    by: By = "point",
) -> CheckedRun:
    """Hold a run to limits and, with a baseline, to being no worse than that.

    A limit is on the value in the sample (`by="point"`), or on its 95 % interval (`by="interval"`): passed where the
    whole interval keeps to it, failed where none of it does, otherwise not shown. A regression is looked for pair by
    pair, on the examples that both runs share.

    Args:
        run: all its examples must be predicted.
        minimum, maximum: limits by the metric's name, as `metrics.METRICS` and `PROBABILITY_METRICS` have them.
        baseline: another run of the same labels.
        no_regression: metrics in which the run must be no worse than the baseline by `margin`: `accuracy`, and those
            whose difference has an interval.
        margin: in the metric's own unit, above 0: 0.02 of a share is 2 points.
        slices: parts of the examples, each of which must pass, as `slice_of` reads them; all examples if none is given.

    Raises:
        SpecError: if something is asked that cannot be: a metric that does not exist or that such a run does not have,
            a run that is not finished, two that share no example or have other labels.
    """
    minimum, maximum = minimum or {}, maximum or {}
    _refuse_what_means_nothing({**minimum, **maximum}, no_regression, baseline, margin)
    _refuse_unfinished(run, baseline)
    named = [slice_of(name, run) for name in dict.fromkeys(slices or (ALL,))]
    for one in named:
        _refuse_for_a_part(one, [*minimum, *maximum], no_regression)
    parts = [_Part(one, None if one.field == "all" else np.flatnonzero(one.mask(run))) for one in named]
    asked: list[tuple[CheckKind, str, float]] = [("minimum", name, limit) for name, limit in minimum.items()]
    asked += [("maximum", name, limit) for name, limit in maximum.items()]
    results = [result for part in parts for result in _limits(run, part, asked, by)] if asked else []
    if baseline is not None:
        results += _regressions(compare(baseline, run), parts, list(dict.fromkeys(no_regression)), margin)
    return CheckedRun(run.record.run_id, baseline.record.run_id if baseline else "", tuple(results))


def _refuse_what_means_nothing(
    limits: Mapping[str, float], no_regression: Sequence[str], baseline: ScoredRun | None, margin: float
) -> None:
    if not limits and not no_regression:
        raise SpecError("nothing is asked of the run.", do="Give a limit, or a baseline that it must not fall behind.")
    if bool(no_regression) != (baseline is not None):
        what = "there is no baseline to compare with." if no_regression else "nothing is compared with the baseline."
        raise SpecError(what, do="Give a baseline and what must not regress, or neither.")
    if not 0 < margin < 1:
        raise SpecError(
            f"the margin {margin:g} is out of range.", do="Give a number above 0 and below 1: 2 points are 0.02."
        )
    for name in (*limits, *no_regression):
        if name not in ALL_METRICS:
            raise SpecError(f"there is no metric {quoted(name)}.", do=f"Choose among {', '.join(ALL_METRICS)}.")
    for name, limit in limits.items():
        if not math.isfinite(limit) or (ALL_METRICS[name].is_share and not -1 <= limit <= 1):
            do = "It is a share: give 0.8 or 80%." if ALL_METRICS[name].is_share else "Give a number."
            raise SpecError(f"{limit:g} is no value of {name}.", do=do)
    for name in no_regression:
        if not ALL_METRICS[name].better:
            raise SpecError(f"neither direction of {name} is better, so it cannot regress.", do="Leave it out.")
        if name in WITHOUT_ANY_INTERVAL:
            raise SpecError(
                f"no interval is known for a difference of {name} that holds what it says.",
                do="Compare accuracy, macro_f1_present or another metric that has one.",
            )


def _refuse_for_a_part(one: Slice, limited: Sequence[str], no_regression: Sequence[str]) -> None:
    """What cannot be asked of a slice."""
    if one.field == "predicted" and no_regression:
        raise SpecError(
            "what the run predicted cannot choose the examples on which it is compared.",
            where=f"slice {quoted(one.name)}",
            do="Choose them by their label, their text or its length.",
        )
    for name in (*limited, *no_regression):
        if one.field != "all" and name not in MEANS_OVER_EXAMPLES:
            raise SpecError(
                f"{name} is no metric of a part of the examples: a part that is chosen by its labels or its words lacks"
                " those that could be confused with them.",
                where=f"slice {quoted(one.name)}",
                do=f"Choose among {', '.join(MEANS_OVER_EXAMPLES)}, or check all examples.",
            )


def _refuse_unfinished(*runs: ScoredRun | None) -> None:
    for one in runs:
        if one is not None and len(one.y_true) < one.record.n:
            done, n = len(one.y_true), counted(one.record.n, "example")
            raise SpecError(
                f"this run is not finished: {done:,} of {n} {'is' if done == 1 else 'are'} predicted.",
                where=f"run {one.record.run_id}",
                do="Start it again: what is predicted is kept.",
            )


def _limits(
    run: ScoredRun, part: _Part, asked: Sequence[tuple[CheckKind, str, float]], by: By
) -> Iterator[CheckResult]:
    n = len(run.y_true) if part.rows is None else len(part.rows)
    values = metrics_of_answers(run, part.rows)
    if OF_PROBABILITIES.intersection(name for _, name, _ in asked):
        probabilities = label_probabilities(run)
        if probabilities is None:
            raise SpecError(why_no_probabilities(run), where=f"run {run.record.run_id}")
        design = design_of(run.record) if part.slice.by_true_label else "random"
        values |= metrics_of_probabilities(probabilities, part.rows, design)
    for kind, name, limit in asked:
        value, interval = values[name]
        verdict, sentence = _limit(kind, name, value, interval, limit, n, by)
        yield CheckResult(kind, name, part.slice.name, limit, n, verdict, sentence, value, interval)


def _limit(
    kind: CheckKind, name: str, value: float, interval: Interval, limit: float, n: int, by: By
) -> tuple[CheckVerdict, str]:
    metric = ALL_METRICS[name]
    if n < FEW_EXAMPLES:
        return "not shown", f"{metric.title}: {_too_few(n, 'example')}"
    if math.isnan(value):
        return "not shown", f"{metric.title} is undefined for these {n:,} examples."
    sign = 1 if kind == "minimum" else -1  # so that larger is better
    bound = sign * limit - _ROUNDING
    if by == "point":
        verdict: CheckVerdict = "passed" if sign * value >= bound else "failed"
        return verdict, by_point_words(metric, kind, value, interval, limit, n)
    worst, best = sorted(sign * end for end in interval)
    verdict = "passed" if worst >= bound else "failed" if best < bound else "not shown"
    return verdict, by_interval_words(metric, kind, value, interval, limit, n, verdict)


def _too_few(n: int, noun: str) -> str:
    return f"{counted(n, noun)} cannot show it; it takes {FEW_EXAMPLES}."


def _regressions(pairs: Comparison, parts: Sequence[_Part], metrics: Sequence[str], margin: float) -> list[CheckResult]:
    """Args: pairs: the baseline as A, the run as B."""
    compared = [(part.slice.name, _within(pairs, part)) for part in parts]
    large = [(name, both) for name, both in compared if both.n >= FEW_EXAMPLES]
    corrected = dict(zip([name for name, _ in large], holm([both.p for _, both in large]), strict=True))
    results = []
    for part, both in compared:
        rows = _rows(both, metrics) if part in corrected else {}
        for name in metrics:
            if part not in corrected:
                few = f"{ALL_METRICS[name].title}: {_too_few(both.n, 'shared example')}"
                results.append(CheckResult("no regression", name, part, margin, both.n, "not shown", few))
            elif name == "accuracy":
                results.append(_of_accuracy(both, part, margin, corrected[part], len(large)))
            else:
                results.append(_of_interval(rows[name], both.n, part, margin))
    return results


def _within(pairs: Comparison, part: _Part) -> Comparison:
    """The comparison on a part of its examples."""
    if part.rows is None:
        return pairs
    at = np.flatnonzero(np.isin(pairs.at_b, part.rows))
    arrays = {name: getattr(pairs, name)[at] for name in ("at_a", "at_b", "y_true", "y_a", "y_b")}
    return replace(pairs, **arrays)


def _rows(both: Comparison, metrics: Sequence[str]) -> dict[str, MetricRow]:
    """Metrics of both runs by name, those of probabilities only if they are asked for."""
    found = {row.name: row for row in both.metrics} if set(metrics) != {"accuracy"} else {}
    if OF_PROBABILITIES.intersection(metrics):
        probabilities = compared_probabilities(both)
        if probabilities is None:
            raise SpecError(why_not_compared(both))
        found |= {row.name: row for row in probabilities.rows}
    return found


def _of_accuracy(both: Comparison, part: str, margin: float, p_of_difference: float, n_tests: int) -> CheckResult:
    """By the exact test; `failed` if the difference is beyond chance.

    Args:
        p_of_difference: McNemar's, corrected for `n_tests`: of many slices, one would otherwise fail by chance.
    """
    counts, n = both.counts, both.n
    low, high = (float(bound) for bound in tango_interval(counts.fixed, counts.broken, n, ONE_SIDED))
    p = not_worse_p(counts.fixed, counts.broken, n, margin)
    worse = counts.difference < 0 and p_of_difference < LEVEL
    verdict: CheckVerdict = "passed" if p <= LEVEL else "failed" if worse else "not shown"
    needed = examples_to_show(margin, counts.discordant_rate) if verdict == "not shown" else None
    found = NotWorse(ALL_METRICS["accuracy"], verdict, worse, margin, counts.difference, (low, high), ONE_SIDED, n)
    sentence = not_worse_words(
        found, p=p, p_of_difference=p_of_difference, n_tests=n_tests, needed=needed, disagree=counts.discordant_rate
    )
    return CheckResult(
        "no regression", "accuracy", part, margin, n, verdict, sentence, counts.difference, (low, high), ONE_SIDED, p,
        needed,
    )  # fmt: skip


def _of_interval(row: MetricRow, n: int, part: str, margin: float) -> CheckResult:
    """By the 95 % interval of the difference, whose bound on the worse side is missed less often than 1 in 20."""
    sign = -1 if row.metric.better == "lower" else 1
    worst, best = sorted(sign * bound for bound in row.interval)
    verdict: CheckVerdict = "passed" if worst > -margin else "failed" if best < 0 else "not shown"
    found = NotWorse(row.metric, verdict, best < 0, margin, row.difference, row.interval, 0.95, n)
    sentence = not_worse_words(found)
    return CheckResult("no regression", row.name, part, margin, n, verdict, sentence, row.difference, row.interval)
