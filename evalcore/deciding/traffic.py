"""How will it do on other traffic? The scores under another mix of labels, typed or estimated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from evalcore.analysis import LabelProbabilities, ScoredRun, compare
from evalcore.deciding.answer import Rows
from evalcore.deciding.asked import one_of, whole
from evalcore.deciding.traffic_tables import read_mix, read_predicted
from evalcore.deciding.traffic_words import compared_sentences, sentences
from evalcore.errors import DataError
from evalcore.metrics import NO_INTERVAL, Counts, Floats, Interval, ratio_or_nan
from evalcore.metrics.decisions.label_rates import LabelRates
from evalcore.metrics.decisions.label_shift import (
    ShiftedScore,
    accuracy_difference_under,
    accuracy_under,
    nothing,
)
from evalcore.metrics.decisions.next_examples import examples_to_halve, examples_to_halve_in_all, next_examples
from evalcore.metrics.decisions.quantification import EstimatedMix, adjusted_counts
from evalcore.metrics.decisions.shifted_f1 import macro_f1_under

SOURCES = ("", "sample", "typed", "estimated")
"""Where the mix comes from; empty: the first that there is of a typed one, one estimated from counts, the sample's."""


@dataclass(frozen=True)
class TrafficAsked:
    """What is asked.

    Attributes:
        mix: CSV with the columns `label` and `share`, or `label` and `count`; empty for the mix of the sample.
        predicted_counts: CSV with the columns `label` and `count`: how often each label was predicted for texts whose
            labels nobody knows, or with the column `predicted` alone, one row for each text. The mix is estimated from
            them; empty for none.
        mix_from: one of `SOURCES`.
        scale_shares: whether shares that do not add up to 1 are scaled.
        more_examples: how many are to be labelled next.
    """

    mix: str = ""
    predicted_counts: str = ""
    mix_from: str = one_of("", SOURCES)
    scale_shares: bool = False
    more_examples: int = whole(100, 1, 100_000)

    @property
    def source(self) -> str:
        """One of `SOURCES`, not empty: what is asked for, if there is a table of it."""
        there = {"sample": True, "typed": bool(self.mix.strip()), "estimated": bool(self.predicted_counts.strip())}
        if self.mix_from:
            return self.mix_from if there[self.mix_from] else "sample"
        return next((source for source in ("typed", "estimated") if there[source]), "sample")


@dataclass(frozen=True)
class Mix:
    """The mix of labels that is asked about.

    Attributes:
        source: one of `SOURCES`, not empty.
        shares: shape (n_labels,), adds up to 1.
        missing: labels that a typed table does not name.
        scaled_from: what typed shares added up to, if they were scaled because that was asked for; else None.
        estimated: how it was estimated; None if it was not.
    """

    source: str
    shares: Floats
    missing: tuple[str, ...] = ()
    scaled_from: float | None = None
    estimated: EstimatedMix | None = None


@dataclass(frozen=True)
class OtherMixScore:
    """A score on the mix of the sample and on that of the traffic; NaN where undefined, or not estimable.

    Attributes:
        on_sample, on_traffic: of the labels that the sample holds.
        bounds: between which the score is for all of the traffic, if its labels without examples are all wrong, or all
            right; the interval where the sample holds all labels of the traffic.
    """

    on_sample: float
    sample_interval: Interval
    on_traffic: float
    interval: Interval
    bounds: Interval


@dataclass(frozen=True)
class Traffic:
    """One run under another mix of labels.

    Attributes:
        asked: what was asked.
        labels: of the task, in its order; arrays are of shape (n_labels,) in this order.
        mix: of the traffic.
        support, right: examples of each label, and how many of them are right.
        accuracy, macro_f1: both scores; macro-F1 is not estimated on an estimated mix.
        covered: share of the traffic whose labels the sample holds.
        uncertainty: share of each label's examples in the variance of the accuracy; the rest is the estimated mix.
        next_examples: how many of the next `asked.more_examples` examples should be of each label.
        halving: code of the label with most of the uncertainty, -1 if there is none.
        examples_to_halve: how many more examples of it would halve the interval; None if no number would.
        examples_to_halve_in_all: how many would if they are of several labels; None if no number would.
        n, split_size: examples of the run, and of the split that they were sampled from.
        worth: the effective number of examples behind the accuracy.
    """

    asked: TrafficAsked
    labels: tuple[str, ...]
    mix: Mix
    support: Counts
    right: Counts
    accuracy: OtherMixScore
    macro_f1: OtherMixScore
    covered: float
    uncertainty: Floats
    next_examples: Counts
    halving: int
    examples_to_halve: int | None
    examples_to_halve_in_all: int | None
    n: int
    split_size: int
    worth: float

    @property
    def sample_shares(self) -> Floats:
        """The mix of the sample."""
        shares: Floats = self.support / max(self.n, 1)
        return shares

    @property
    def recall(self) -> Floats:
        """Of each label; NaN where it has no example."""
        return ratio_or_nan(self.right, self.support)

    @property
    def share_intervals(self) -> Floats:
        """95 % intervals of the traffic's shares, shape (n_labels, 2); NaN for shares that are not estimated."""
        nothing = np.full((len(self.labels), 2), np.nan)
        return nothing if self.mix.estimated is None else self.mix.estimated.intervals

    @property
    def alike(self) -> tuple[tuple[int, int], ...]:
        """Pairs of label codes whose estimated shares cannot be told apart."""
        return () if self.mix.estimated is None else self.mix.estimated.alike

    @property
    def without_examples(self) -> Counts:
        """Codes of the labels that have a share and no example, the largest share first."""
        codes = np.flatnonzero((self.mix.shares > 0) & (self.support == 0))
        return codes[np.argsort(-self.mix.shares[codes], kind="stable")]

    @property
    def order(self) -> Counts:
        """Codes of all labels: first those whose examples decide how sure the answer is."""
        return np.lexsort((-self.sample_shares, -self.mix.shares, -self.uncertainty))

    @cached_property
    def sentences(self) -> list[str]:
        """The answer in words."""
        return sentences(self)

    def as_json(self) -> dict[str, Any]:
        """Plain data: shares in [0, 1], NaN as None, intervals as pairs."""
        return {
            "mix": self.mix.source,
            "accuracy": _score_as_json(self.accuracy),
            "macro_f1": _score_as_json(self.macro_f1),
            "covered": self.covered,
            "effective_examples": self.worth,
            "examples": self.n,
            "split_size": self.split_size,
            "most_uncertain": self.labels[self.halving] if self.halving >= 0 else None,
            "examples_to_halve": self.examples_to_halve,
            "examples_to_halve_in_all": self.examples_to_halve_in_all,
            "cannot_be_told_apart": [[self.labels[code] for code in pair] for pair in self.alike],
            "scaled_from": self.mix.scaled_from,
            "missing": list(self.mix.missing),
            "labels": self.tables()["traffic_labels"],
        }

    def tables(self) -> dict[str, Rows]:
        """Each label; and what to label next."""
        recall, intervals = self.recall, self.share_intervals
        rows = [
            {
                "label": self.labels[code],
                "sample_share": float(self.sample_shares[code]),
                "traffic_share": float(self.mix.shares[code]),
                "traffic_share_low": _or_none(intervals[code, 0]),
                "traffic_share_high": _or_none(intervals[code, 1]),
                "examples": int(self.support[code]),
                "right": int(self.right[code]),
                "recall": _or_none(recall[code]),
                "uncertainty": float(self.uncertainty[code]),
                "label_next": int(self.next_examples[code]),
            }
            for code in self.order
        ]
        next_rows = [
            {"label": row["label"], "label_next": row["label_next"], "examples": row["examples"]}
            for row in sorted(rows, key=lambda row: -int(str(row["label_next"])))
            if row["label_next"]
        ]
        return {"traffic_labels": rows, "label_next": next_rows}


def mix_of(scored: ScoredRun, asked: TrafficAsked) -> Mix:
    """The mix that is asked about.

    Raises:
        DataError: if the table that it is read from, or estimated from, is wrong.
    """
    support = scored.confusion.sum(axis=1)
    if asked.source == "typed":
        typed = read_mix(asked.mix, scored.labels, scale=asked.scale_shares)
        return Mix("typed", typed.shares, typed.missing, typed.scaled_from)
    if asked.source == "estimated":
        counts = read_predicted(asked.predicted_counts, scored.labels)
        rates = LabelRates.of(scored.confusion)
        estimated = adjusted_counts(rates.smoothed, rates.support, counts)
        return Mix("estimated", estimated.shares, estimated=estimated)
    return Mix("sample", support / max(len(scored.y_true), 1))


def traffic(scored: ScoredRun, probabilities: LabelProbabilities | None, asked: TrafficAsked) -> Traffic:
    """A run's scores under the mix that is asked about.

    Args:
        probabilities: not needed; every question is asked with the same arguments.

    Raises:
        DataError: if a table is wrong, or no example has been answered yet.
    """
    if not len(scored.y_true):
        raise DataError("no example has been answered yet.", where=scored.record.run_id, do="Run it first.")
    mix = mix_of(scored, asked)
    rates = LabelRates.of(scored.confusion)
    each = scored.per_class
    n_labels = len(scored.labels)
    accuracy = accuracy_under(rates, mix.shares, mix.estimated)
    macro_f1 = macro_f1_under(rates, mix.shares) if mix.estimated is None else nothing(n_labels)
    variance = accuracy.variance
    uncertainty = accuracy.of_labels / variance if variance > 0 else np.zeros(n_labels)
    per_example = accuracy.of_labels * rates.support
    halving = int(uncertainty.argmax()) if uncertainty.any() else -1
    weights = per_example + np.where(rates.support == 0, mix.shares**2 * rates.recall.variance, 0.0)
    covered = rates.covered(mix.shares)
    of_run, intervals = scored.scores, scored.intervals
    on_sample = mix.source == "sample"

    def score(of: ShiftedScore, of_sample: float, sample_interval: Interval) -> OtherMixScore:
        interval = sample_interval if on_sample else of.interval
        low, high = interval if interval[0] == interval[0] else (of.estimate, of.estimate)
        bounds = (covered * low, covered * high + 1 - covered) if covered < 1 else interval
        return OtherMixScore(of_sample, sample_interval, of.estimate, interval, bounds)

    return Traffic(
        asked=asked,
        labels=scored.labels,
        mix=mix,
        support=each.support,
        right=each.true_positives,
        accuracy=score(accuracy, of_run.accuracy, intervals.accuracy),
        macro_f1=score(macro_f1, of_run.macro_f1_present, intervals.macro_f1_present),
        covered=covered,
        uncertainty=uncertainty,
        next_examples=next_examples(weights, rates.support, asked.more_examples),
        halving=halving,
        examples_to_halve=None
        if halving < 0
        else examples_to_halve(accuracy.of_labels, rates.support, halving, accuracy.of_mix),
        examples_to_halve_in_all=examples_to_halve_in_all(per_example, rates.support, accuracy.of_mix)
        if halving >= 0
        else None,
        n=len(scored.y_true),
        split_size=scored.record.split_size,
        worth=accuracy.worth,
    )


@dataclass(frozen=True)
class ComparedTraffic:
    """Two runs under another mix of labels, on the examples that both have answered; differences are B minus A.

    Attributes:
        mix: as A's answers tell it, where it is estimated.
        a, b: accuracy of each on the mix of the sample, and on that of the traffic; `a_intervals`, `b_intervals`: of
            both. An estimated mix is as uncertain as A's answers are: B has no interval of its own there.
        on_sample, on_traffic: differences of accuracy; `sample_interval`, `interval`: 95 %, paired.
        tie: how far on the way from the sample's mix to the traffic's both are equally accurate, in [0, 1]; NaN if
            the same run is ahead all the way.
        differences: shape (n_labels,), B's recall less A's; NaN where a label has no shared example.
        support: shape (n_labels,), shared examples.
    """

    asked: TrafficAsked
    labels: tuple[str, ...]
    mix: Mix
    a: tuple[float, float]
    b: tuple[float, float]
    a_intervals: tuple[Interval, Interval]
    b_intervals: tuple[Interval, Interval]
    on_sample: float
    sample_interval: Interval
    on_traffic: float
    interval: Interval
    covered: float
    tie: float
    differences: Floats
    support: Counts
    worth: float

    @cached_property
    def sentences(self) -> list[str]:
        """The answer in words."""
        return compared_sentences(self)

    def as_json(self) -> dict[str, Any]:
        """Plain data: shares in [0, 1], NaN as None, intervals as pairs."""
        return {
            "mix": self.mix.source,
            "on_sample": {
                "a": self.a[0],
                "a_interval": _pair_or_none(self.a_intervals[0]),
                "b": self.b[0],
                "b_interval": _pair_or_none(self.b_intervals[0]),
                "difference": self.on_sample,
                "interval": _pair_or_none(self.sample_interval),
            },
            "on_traffic": {
                "a": _or_none(self.a[1]),
                "a_interval": _pair_or_none(self.a_intervals[1]),
                "b": _or_none(self.b[1]),
                "b_interval": _pair_or_none(self.b_intervals[1]),
                "difference": _or_none(self.on_traffic),
                "interval": _pair_or_none(self.interval),
            },
            "covered": self.covered,
            "tie": _or_none(self.tie),
            "labels": self.tables()["compared_traffic_labels"],
        }

    def tables(self) -> dict[str, Rows]:
        """Each label, those that make most of the difference first."""
        order = np.argsort(-np.nan_to_num(np.abs(self.mix.shares * self.differences)), kind="stable")
        rows = [
            {
                "label": self.labels[code],
                "traffic_share": float(self.mix.shares[code]),
                "examples": int(self.support[code]),
                "difference": _or_none(self.differences[code]),
                "adds": _or_none(self.mix.shares[code] * self.differences[code]),
            }
            for code in order
        ]
        return {"compared_traffic_labels": rows}


def compared_traffic(
    a: ScoredRun,
    a_probabilities: LabelProbabilities | None,
    b: ScoredRun,
    b_probabilities: LabelProbabilities | None,
    asked: TrafficAsked,
) -> ComparedTraffic:
    """Both runs' accuracy under the mix that is asked about.

    Raises:
        DataError: if a table is wrong.
        SpecError: if the runs cannot be paired.
    """
    pair = compare(a, b)
    n_labels = len(a.labels)
    mix = mix_of(a, asked)
    support = np.bincount(pair.y_true, minlength=n_labels)
    if mix.source == "sample":
        mix = replace(mix, shares=support / support.sum())
    rates_a, rates_b = LabelRates.of(pair.confusion_a), LabelRates.of(pair.confusion_b)
    of = accuracy_difference_under(pair.y_true, pair.y_a, pair.y_b, n_labels, mix.shares, mix.estimated)
    (sample_a, interval_a), (sample_b, interval_b) = pair.accuracies
    traffic_a = accuracy_under(rates_a, mix.shares, mix.estimated)
    traffic_b = accuracy_under(rates_b, mix.shares)
    on_sample_mix = mix.source == "sample"
    on_sample = sample_b - sample_a
    differences = np.where(support > 0, np.diagonal(rates_b.rates) - np.diagonal(rates_a.rates), np.nan)
    crosses = on_sample * of.estimate < 0
    return ComparedTraffic(
        asked=asked,
        labels=a.labels,
        mix=mix,
        a=(sample_a, traffic_a.estimate),
        b=(sample_b, traffic_b.estimate),
        a_intervals=(interval_a, interval_a if on_sample_mix else traffic_a.interval),
        b_intervals=(interval_b, _of_b(interval_b if on_sample_mix else traffic_b.interval, mix)),
        on_sample=on_sample,
        sample_interval=pair.interval,
        on_traffic=of.estimate,
        interval=pair.interval if on_sample_mix else of.interval,
        covered=rates_a.covered(mix.shares),
        tie=on_sample / (on_sample - of.estimate) if crosses else np.nan,
        differences=differences,
        support=support,
        worth=of.worth,
    )


def _of_b(interval: Interval, mix: Mix) -> Interval:
    return interval if mix.estimated is None else NO_INTERVAL


def _score_as_json(score: OtherMixScore) -> dict[str, Any]:
    return {
        "on_sample": _or_none(score.on_sample),
        "sample_interval": _pair_or_none(score.sample_interval),
        "on_traffic": _or_none(score.on_traffic),
        "interval": _pair_or_none(score.interval),
        "bounds": _pair_or_none(score.bounds),
    }


def _or_none(value: float) -> float | None:
    return float(value) if value == value else None


def _pair_or_none(bounds: Interval) -> list[float] | None:
    return [float(bound) for bound in bounds] if bounds[0] == bounds[0] else None
