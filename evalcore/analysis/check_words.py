"""The verdicts of checks in sentences. They hold no data: neither labels nor names of runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from evalcore.analysis.run_metrics import MAY_HAVE_INTERVAL
from evalcore.metrics import Interval, Metric
from evalcore.metrics.power import MOST_EXAMPLES
from evalcore.wording import NOT_ESTIMABLE, counted, figure, interval, p_value, percent, rough

_MOST_DECIMALS = 6


@dataclass(frozen=True)
class NotWorse:
    """What was found of a regression.

    Attributes:
        worse: whether the run is worse beyond chance.
        difference: run minus baseline; bounds: its interval at `confidence`, NaN where none is estimable.
    """

    metric: Metric
    verdict: str
    worse: bool
    margin: float
    difference: float
    bounds: Interval
    confidence: float
    n: int


def overall_words(verdict: str, verdicts: Sequence[str], only: str) -> str:
    """All checks in one sentence.

    Args:
        verdicts: of each check; only: the sentence of the first, for a single one.
    """
    said = {"passed": "Passed", "failed": "Failed", "not shown": "Not shown"}[verdict]
    if len(verdicts) == 1:
        return f"{said}: {only}"
    failed, unknown = (sum(one == which for one in verdicts) for which in ("failed", "not shown"))
    holds = len(verdicts) - failed - unknown
    parts = [f"{holds:,} of {len(verdicts):,} checks {'holds' if holds == 1 else 'hold'}"]
    parts += [f"{failed:,} {'does' if failed == 1 else 'do'} not"] if failed else []
    parts += [f"{unknown:,} cannot be shown at this N"] if unknown else []
    return f"{said}: {', '.join(parts)}."


def by_point_words(metric: Metric, kind: str, value: float, bounds: Interval, limit: float, n: int) -> str:
    """A limit on the value in the sample, and whether the interval shows as much."""
    words, asked = _apart(metric, value, limit)
    if words == asked:
        stands = "just what is asked for"
    elif kind == "minimum":
        stands = f"{'at least' if value > limit else 'below'} the {asked} that are asked for"
    else:
        stands = f"{'no more than' if value < limit else 'above'} the {asked} that are allowed"
    said = f"{metric.title}: {words} at N = {n:,}, {stands}"
    if math.isnan(bounds[0]):
        return f"{said}. {_no_interval(metric)}."
    outside = bounds[0] > limit or bounds[1] < limit
    shows = "shows that as well" if outside else f"holds {asked}: other examples may fall on the other side"
    return f"{said}; its 95 % interval ({_between(metric, bounds)}) {shows}."


def by_interval_words(
    metric: Metric, kind: str, value: float, bounds: Interval, limit: float, n: int, verdict: str
) -> str:
    """A limit on the interval."""
    words, asked = _apart(metric, value, limit)
    said = f"{metric.title}: {words} at N = {n:,}"
    if math.isnan(bounds[0]):
        return f"{said}. {_no_interval(metric)}: only the value in the sample can be held to {asked}."
    between = f"its 95 % interval ({_between(metric, bounds)})"
    if verdict == "not shown":
        side = "at least" if kind == "minimum" else "no more than"
        return f"{said}; {between} holds {asked}, so {side} that much cannot be shown at this N."
    above = (verdict == "passed") == (kind == "minimum")
    return f"{said}; {between} lies {'above' if above else 'below'} {asked}."


def not_worse_words(
    found: NotWorse,
    *,
    p: float = math.nan,
    p_of_difference: float = math.nan,
    n_tests: int = 1,
    needed: int | None = None,
    disagree: float = math.nan,
) -> str:
    """Whether a run is no worse than its baseline.

    Args:
        p: one-sided, of being worse by the margin. p_of_difference: two-sided, of any difference, corrected for
            `n_tests`. All of accuracy only.
        needed: examples that would show it for two equal runs, if it is not shown; disagree: the share of examples that
            only one of the two gets right.
    """
    title, share, n = found.metric.title, found.metric.is_share, f"N = {found.n:,}"
    by = _margin(found.margin) if share else f"{found.margin:g}"
    change = figure((100 if share else 1) * found.difference, found.metric.decimals, signed=True)
    bounds = f"{100 * found.confidence:.0f} % interval {_between(found.metric, found.bounds, signed=True)}"
    exact = "" if math.isnan(p) else f", exact {p_value(p)}"
    change += " points" if share else ""
    size = f"{bounds}{exact}) at {n}"
    if found.verdict == "passed":
        though = " It is worse beyond chance, but by less than that." if found.worse else ""
        return f"{title}: {change}, not worse than the baseline's by {by}, with 95 % confidence ({size}.{though}"
    if found.verdict == "failed":
        return f"{title}: {change}, worse than the baseline's ({bounds}) at {n}.{_mcnemar(p_of_difference, n_tests)}"
    said = f"{title}: {change}; not worse by {by}, with 95 % confidence: cannot be shown ({size}"
    if not math.isnan(p) and found.bounds[0] > -found.margin:
        said += ". The interval alone would show it, but it is an approximation; the exact test decides"
    if math.isnan(disagree):
        return f"{said}."
    equal = f"if the two are equally good and disagree as often as here ({percent(disagree)})"
    if needed is None:
        return f"{said}. It would take more than {MOST_EXAMPLES:,}, {equal}."
    would = f"{said}. About {rough(_rounded_up(needed))} would do, {equal}"
    return f"{would}." if needed > found.n else f"{would}; but here the run is behind."


def _margin(margin: float) -> str:
    """`2 points`, `1 point`."""
    number = f"{100 * margin:g}"
    return f"{number} {'point' if number == '1' else 'points'}"


def _mcnemar(p: float, n_tests: int) -> str:
    if math.isnan(p):
        return ""
    corrected = f", corrected for {counted(n_tests, 'comparison')}" if n_tests > 1 else ""
    return f" Exact McNemar {p_value(p)}{corrected}."


def _no_interval(metric: Metric) -> str:
    why = "not estimable at this n" if metric.name in MAY_HAVE_INTERVAL else "not known"
    return f"Its 95 % interval is {why}"


def _between(metric: Metric, bounds: Interval, *, signed: bool = False) -> str:
    scale, decimals = (100, 1) if metric.is_share else (1, metric.decimals)
    return interval(bounds, scale=scale, decimals=decimals, signed=signed, undefined=NOT_ESTIMABLE)


def _apart(metric: Metric, value: float, limit: float) -> tuple[str, str]:
    """A value and its limit with as many decimals as it takes to tell them apart."""
    scale, unit, decimals = (100, " %", 1) if metric.is_share else (1, "", metric.decimals)

    def words(number: float, places: int) -> str:
        return f"{figure(scale * number, places)}{unit}"

    for places in range(decimals, _MOST_DECIMALS + 1):
        if words(value, places) != words(limit, places):
            return words(value, places), words(limit, places)
    return words(value, decimals), words(limit, decimals)


def _rounded_up(n: int) -> int:
    """To three digits, so that `rough` does not promise fewer than it takes."""
    step = int(10 ** max(0, len(str(n)) - 3))
    return -(-n // step) * step
