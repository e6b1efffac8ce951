"""The result of a check, and of all checks of a run."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

from evalcore.analysis.check_words import overall_words
from evalcore.metrics import NO_INTERVAL, Interval

CheckVerdict = Literal["passed", "failed", "not shown"]
CheckKind = Literal["minimum", "maximum", "no regression"]


@dataclass(frozen=True)
class CheckResult:
    """One check.

    Attributes:
        kind: what was asked; metric: of which metric; part: of which slice, `all` for every example.
        asked: the limit, or the margin.
        n: examples that it is based on; with a baseline, those that both runs share.
        value: of the run; with a baseline the difference, run minus baseline. NaN where undefined.
        interval: of `value`, at `confidence`; NaN where none is known.
        p: one-sided, of being worse by the margin; NaN where there is none.
        needed: about how many examples would show that the run is not worse, if the two are equally good and disagree
            as often as here; None where that is not known, or more than a million.
        sentence: the verdict with its figures. It holds no data.
    """

    kind: CheckKind
    metric: str
    part: str
    asked: float
    n: int
    verdict: CheckVerdict
    sentence: str
    value: float = math.nan
    interval: Interval = NO_INTERVAL
    confidence: float = 0.95
    p: float = math.nan
    needed: int | None = None

    @property
    def title(self) -> str:
        """What was asked: `accuracy >= 0.8`, `accuracy not worse by 0.02`."""
        sign = {"minimum": ">=", "maximum": "<=", "no regression": "not worse by"}[self.kind]
        return f"{self.metric} {sign} {self.asked:g}"


@dataclass(frozen=True)
class CheckedRun:
    """All checks of a run, in the order in which they were asked for.

    Attributes:
        run, baseline: their names; the second empty without a baseline.
    """

    run: str
    baseline: str
    results: tuple[CheckResult, ...]

    @property
    def verdict(self) -> CheckVerdict:
        """`failed` if one check is; else `not shown` if one is; else `passed`."""
        found = {result.verdict for result in self.results}
        order: tuple[CheckVerdict, ...] = ("failed", "not shown", "passed")
        return next(verdict for verdict in order if verdict in found)

    @property
    def sentence(self) -> str:
        """The verdict in one sentence: of a single check with its figures, of several with their numbers."""
        verdicts = [result.verdict for result in self.results]
        return overall_words(self.verdict, verdicts, self.results[0].sentence)

    def as_json(self) -> dict[str, Any]:
        """Plain data. What is not known is NaN."""
        results = [asdict(result) | {"interval": list(result.interval)} for result in self.results]
        return {
            "run": self.run,
            "baseline": self.baseline or None,
            "verdict": self.verdict,
            "sentence": self.sentence,
            "checks": results,
        }
