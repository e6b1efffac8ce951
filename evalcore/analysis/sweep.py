"""Several runs on the same examples: who is right where, what flips, what all get wrong, and label order."""

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
from evalcore.analysis.scored_run import ScoredRun
from evalcore.analysis.verdicts import VerdictKind
from evalcore.errors import SpecError
from evalcore.metrics import LEVEL, UNPARSED, Counts, Floats, Interval, holm

FEWEST, MOST = 2, 10
SLOPE_RESAMPLES = 2000


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
    """Two to ten readings on the examples that all of them have answered.

    Attributes:
        readings: in the order chosen.
        at: shape (n_runs, n_shared), indices into each reading's answers.
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
        """Examples that no run gets right: look at their labels first."""
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
        """Least, median and greatest."""
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

    def behind(self, door: str) -> NDArray[np.intp]:
        """The examples behind `all`, `always_wrong`, `wrong_alike`, `unparsed_in_all`, `flips` or `always_right`."""
        if door == "always_right":
            return np.flatnonzero(self.times_right == len(self.scored_runs))
        if door in ("always_wrong", "wrong_alike", "unparsed_in_all", "flips"):
            found: NDArray[np.intp] = getattr(self, door)
            return found
        return np.arange(self.n)


def gather(scored_runs: Sequence[ScoredRun]) -> Sweep:
    """Bring two to ten readings together on the examples that all of them share.

    Raises:
        SpecError: if there are too few or too many, or two of them cannot be compared.
    """
    if not FEWEST <= len(scored_runs) <= MOST:
        raise SpecError(f"{len(scored_runs)} runs are chosen.", do=f"Choose {FEWEST} to {MOST} of them.")
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


@dataclass(frozen=True)
class OrderEffect:
    """Whether a label's place in the prompt's list changes how often it is predicted.

    Attributes:
        slope: change of "predicted per time it occurs" from the list's first place to its last; 0 is no effect.
        interval: 95 %, from resampling the labels.
        orders: different label orders that it rests on; labels: labels that occur.
        place, ratio: shape (orders, labels); the place in [0, 1], and predicted / occurring less the label's own mean.
    """

    slope: float
    interval: Interval
    orders: int
    labels: int
    place: Floats
    ratio: Floats


def order_effect(scored_runs: Sequence[ScoredRun], seed: int = 0) -> OrderEffect | None:
    """The slope of predicted / occurring against the place in the list, within each label, over several orders.

    A label that is answered often is so in every order: only what changes with its own place counts, so each label's
    mean over the orders is taken off both. Of the readings those count that differ in nothing but the order: the
    largest such group.

    Returns:
        None with fewer than two different orders, or fewer than two labels that occur.
    """
    by_order = max(_by_order(scored_runs), key=len, default={})
    scored_runs = list(by_order.values())
    support = scored_runs[0].per_class.support if scored_runs else np.zeros(0, dtype=np.int64)
    occurs = np.flatnonzero(support)
    if len(by_order) < 2 or len(occurs) < 2:
        return None
    places, ratios = [], []
    for order, scored in by_order.items():
        rank = {label: position for position, label in enumerate(order)}
        place = np.array([rank[label] for label in scored.labels]) / (len(order) - 1)
        each = scored.per_class
        places.append(place[occurs])
        ratios.append(each.predicted[occurs] / np.maximum(each.support[occurs], 1))
    place, ratio = (np.array(rows) - np.mean(rows, axis=0) for rows in (places, ratios))
    crossed, squared = (place * ratio).sum(axis=0), (place**2).sum(axis=0)
    if not squared.sum():
        return None
    rows = np.random.default_rng(seed).integers(0, len(occurs), (SLOPE_RESAMPLES, len(occurs)))
    slopes = crossed[rows].sum(axis=1) / np.maximum(squared[rows].sum(axis=1), 1e-12)
    low, high = np.quantile(slopes, [0.025, 0.975])
    return OrderEffect(
        float(crossed.sum() / squared.sum()),
        (float(low), float(high)),
        len(by_order),
        len(occurs),
        np.array(places),
        ratio,
    )


def _by_order(scored_runs: Sequence[ScoredRun]) -> list[dict[tuple[str, ...], ScoredRun]]:
    """Readings of one sample, one model and one prompt that lists the labels, by label order; group by group."""
    groups: dict[tuple[object, ...], dict[tuple[str, ...], ScoredRun]] = {}
    for scored in scored_runs:
        record, prompt = scored.record, scored.record.prompt
        if "{labels}" in prompt.system + prompt.user:
            text = (prompt.system, prompt.user, prompt.listing, prompt.shots)
            group = (record.sample_id, len(scored.y_true), tuple(sorted(record.identity.items())), *text)
            groups.setdefault(group, {}).setdefault(record.label_order, scored)
    return list(groups.values())


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
        "always_right": len(sweep.behind("always_right")),
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
