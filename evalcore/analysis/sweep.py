"""Several runs on the same examples: which are right where, and what all get wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis.comparison import Comparison, compare
from evalcore.analysis.label_order import order_effect
from evalcore.analysis.scored_run import ScoredRun
from evalcore.analysis.verdicts import VerdictKind
from evalcore.errors import SpecError
from evalcore.metrics import LEVEL, UNPARSED, Counts, holm
from evalcore.wording import counted

FEWEST_RUNS, MOST_RUNS = 2, 10


@dataclass(frozen=True)
class Spread:
    """One metric over several runs."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Pair:
    """Two of the runs, compared; `p_holm` holds for all pairs of the sweep at once.

    Attributes:
        a, b: positions among the sweep's runs.
        clear: whether `p_holm` is below 0.05.
    """

    a: int
    b: int
    comparison: Comparison
    p_holm: float
    clear: bool

    @property
    def verdict(self) -> VerdictKind:
        """Of B against A, as for two runs alone, but by the corrected p."""
        counts = self.comparison.counts
        if not counts.fixed + counts.broken:
            return "same"
        if not self.clear:
            return "undecided"
        return "better" if counts.difference > 0 else "worse"


@dataclass(frozen=True)
class Sweep:
    """Two to ten scored runs on the examples that all of them have answered.

    Attributes:
        scored_runs: in the order chosen.
        at: shape (n_runs, n_shared), indices into each run's answers.
        y_true: shape (n_shared,), codes.
        answers: shape (n_runs, n_shared), codes; -1 is unparsed.
    """

    scored_runs: tuple[ScoredRun, ...]
    at: NDArray[np.int64]
    y_true: Counts
    answers: Counts

    @property
    def n(self) -> int:
        """Shared examples."""
        return len(self.y_true)

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """Shape (n_runs, n_shared): whether each run gets each example right."""
        right: NDArray[np.bool_] = self.answers == self.y_true
        return right

    @cached_property
    def times_right(self) -> Counts:
        """Shape (n_shared,): how many of the runs get each example right."""
        times: Counts = self.right.sum(axis=0)
        return times

    @property
    def always_wrong(self) -> NDArray[np.intp]:
        """Examples that no run gets right, which may be labelled wrongly."""
        return np.flatnonzero(self.times_right == 0)

    @property
    def flips(self) -> NDArray[np.intp]:
        """Examples that some runs get right and others do not."""
        return np.flatnonzero((self.times_right > 0) & (self.times_right < len(self.scored_runs)))

    @property
    def wrong_alike(self) -> NDArray[np.intp]:
        """Examples that every run answers with one and the same wrong label: the label itself may be wrong."""
        same = (self.answers == self.answers[0]).all(axis=0)
        return np.flatnonzero(same & (self.times_right == 0) & (self.answers[0] != UNPARSED))

    @property
    def unparsed_in_all(self) -> NDArray[np.intp]:
        """Examples for which no run names a label."""
        return np.flatnonzero((self.answers == UNPARSED).all(axis=0))

    def spread(self, values: Sequence[float]) -> Spread:
        """Lowest, median and highest."""
        return Spread(min(values), median(values), max(values))

    @cached_property
    def pairs(self) -> list[Pair]:
        """Every two of the runs, with Holm's correction for looking at all of them; the clearest first."""
        which = list(combinations(range(len(self.scored_runs)), 2))
        compared = [compare(self.scored_runs[a], self.scored_runs[b]) for a, b in which]
        adjusted = holm([comparison.p for comparison in compared])
        found = [
            Pair(a, b, comparison, p, p < LEVEL)
            for (a, b), comparison, p in zip(which, compared, adjusted, strict=True)
        ]
        return sorted(found, key=lambda pair: (pair.p_holm, -abs(pair.comparison.counts.difference)))

    def rows_of(self, group: str) -> NDArray[np.intp]:
        """Some of the shared examples.

        Args:
            group: `all`, `always_wrong`, `wrong_alike`, `unparsed_in_all`, `flips` or `always_right`.

        Returns:
            Indices into the shared examples, ascending.
        """
        if group == "always_right":
            return np.flatnonzero(self.times_right == len(self.scored_runs))
        if group in ("always_wrong", "wrong_alike", "unparsed_in_all", "flips"):
            found: NDArray[np.intp] = getattr(self, group)
            return found
        return np.arange(self.n)


def gather(scored_runs: Sequence[ScoredRun]) -> Sweep:
    """Bring two to ten scored runs together on the examples that all of them share.

    Raises:
        SpecError: if there are too few or too many, or two of them cannot be compared.
    """
    if not FEWEST_RUNS <= len(scored_runs) <= MOST_RUNS:
        raise SpecError(
            f"{counted(len(scored_runs), 'run is', 'runs are')} chosen.",
            do=f"Choose {FEWEST_RUNS} to {MOST_RUNS} of them.",
        )
    first, *others = scored_runs
    compared = [compare(first, other) for other in others]
    shared = np.arange(len(first.y_true))
    for comparison in compared:
        shared = np.intersect1d(shared, comparison.at_a)
    if not len(shared):
        raise SpecError("these runs have no example in common.", do="Choose runs on one sample.")
    at, answers = [shared], [first.y_pred[shared]]
    for comparison in compared:
        rows = np.searchsorted(comparison.at_a, shared)
        at.append(comparison.at_b[rows])
        answers.append(comparison.y_b[rows])
    return Sweep(tuple(scored_runs), np.stack(at), first.y_true[shared], np.stack(answers))


def sweep_conclusion(sweep: Sweep) -> str:
    """What a sweep comes to: `0 of 3 pairs can be told apart`."""
    clear, pairs = sum(pair.clear for pair in sweep.pairs), len(sweep.pairs)
    if pairs == 1:
        return f"The two runs {'can' if clear else 'cannot'} be told apart"
    return f"{clear:,} of {pairs:,} pairs can be told apart"


def sweep_as_json(sweep: Sweep) -> dict[str, Any]:
    """A sweep as plain data; NaN stays NaN."""
    runs = [
        {
            "run_id": scored.record.run_id,
            "model": scored.record.spec.model,
            "prompt": scored.record.prompt.name,
            "accuracy": scored.scores.accuracy,
            "accuracy_interval": list(scored.intervals.accuracy),
            "macro_f1_present": scored.scores.macro_f1_present,
            "macro_f1_present_interval": list(scored.intervals.macro_f1_present),
            "unparsed_rate": scored.scores.unparsed_rate,
            "unparsed_interval": list(scored.intervals.unparsed_rate),
        }
        for scored in sweep.scored_runs
    ]
    effect = order_effect(sweep.scored_runs)

    def spread(values: list[float]) -> dict[str, float]:
        of = sweep.spread(values)
        return {"min": of.low, "median": of.middle, "max": of.high}

    return {
        "runs": runs,
        "shared": sweep.n,
        "accuracy_spread": spread([scored.scores.accuracy for scored in sweep.scored_runs]),
        "macro_f1_present_spread": spread([scored.scores.macro_f1_present for scored in sweep.scored_runs]),
        "unparsed_spread": spread([scored.scores.unparsed_rate for scored in sweep.scored_runs]),
        "always_wrong": len(sweep.always_wrong),
        "wrong_alike": len(sweep.wrong_alike),
        "unparsed_in_all": len(sweep.unparsed_in_all),
        "flips": len(sweep.flips),
        "always_right": len(sweep.rows_of("always_right")),
        "times_right": np.bincount(sweep.times_right, minlength=len(sweep.scored_runs) + 1).tolist(),
        "correction": "Holm",
        "pairs": [
            {
                "a": sweep.scored_runs[pair.a].record.run_id,
                "b": sweep.scored_runs[pair.b].record.run_id,
                "shared": pair.comparison.n,
                "delta": pair.comparison.counts.difference,
                "interval": list(pair.comparison.interval),
                "fixed": pair.comparison.counts.fixed,
                "broken": pair.comparison.counts.broken,
                "mcnemar_p": pair.comparison.p,
                "holm_p": pair.p_holm,
                "distinguishable": pair.clear,
                "mde": pair.comparison.smallest,
                "verdict": pair.verdict,
            }
            for pair in sweep.pairs
        ],
        "label_order": None
        if effect is None
        else {"slope": effect.slope, "interval": list(effect.interval), "orders": effect.orders},
    }
