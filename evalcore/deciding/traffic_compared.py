"""How will two runs do on other traffic? Their accuracies under another mix of labels, on shared examples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from evalcore.analysis import LabelProbabilities, ScoredRun, compare
from evalcore.deciding.answer import Rows, plain, plain_pair
from evalcore.deciding.traffic_mix import Mix, TrafficAsked, mix_of
from evalcore.deciding.traffic_words import WHERE, interval_words
from evalcore.metrics import NO_INTERVAL, Counts, Floats, Interval
from evalcore.metrics.decisions.label_rates import LabelRates
from evalcore.metrics.decisions.label_shift import accuracy_difference_under, accuracy_under
from evalcore.wording import interval, percent, points


@dataclass(frozen=True)
class ComparedTraffic:
    """Two runs under another mix of labels, on the examples that both have answered; differences are B minus A.

    Attributes:
        mix: as A's answers tell it, where it is estimated.
        a, b: accuracy of each on the mix of the sample, and on that of the traffic; `a_intervals`, `b_intervals`: of
            both; B has none of its own on an estimated mix.
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
        return _sentences(self)

    def as_json(self) -> dict[str, Any]:
        """Plain data: shares in [0, 1], NaN as None, intervals as pairs."""
        return {
            "mix": self.mix.source,
            "on_sample": {
                "a": self.a[0],
                "a_interval": plain_pair(self.a_intervals[0]),
                "b": self.b[0],
                "b_interval": plain_pair(self.b_intervals[0]),
                "difference": self.on_sample,
                "interval": plain_pair(self.sample_interval),
            },
            "on_traffic": {
                "a": plain(self.a[1]),
                "a_interval": plain_pair(self.a_intervals[1]),
                "b": plain(self.b[1]),
                "b_interval": plain_pair(self.b_intervals[1]),
                "difference": plain(self.on_traffic),
                "interval": plain_pair(self.interval),
            },
            "covered": self.covered,
            "tie": plain(self.tie),
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
                "difference": plain(self.differences[code]),
                "adds": plain(self.mix.shares[code] * self.differences[code]),
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
    mix = mix_of(a.labels, pair.confusion_a, asked)
    support = np.bincount(pair.y_true, minlength=n_labels)
    rates_a, rates_b = LabelRates.of(pair.confusion_a), LabelRates.of(pair.confusion_b)
    of = accuracy_difference_under(pair.y_true, pair.y_a, pair.y_b, n_labels, mix.shares, mix.estimated)
    (sample_a, interval_a), (sample_b, interval_b) = pair.accuracies
    traffic_a = accuracy_under(rates_a, mix.shares, mix.estimated)
    traffic_b = accuracy_under(rates_b, mix.shares)
    # An estimated mix is as uncertain as A's answers are, so that B alone has no interval on it.
    alone_b = traffic_b.interval if mix.estimated is None else NO_INTERVAL
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
        b_intervals=(interval_b, interval_b if on_sample_mix else alone_b),
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


def _sentences(of: ComparedTraffic) -> list[str]:
    """Which of two runs is better under the mix."""
    where = WHERE[of.mix.source]
    if of.on_traffic != of.on_traffic:
        return [f"{where} nothing can be said: none of its labels has a shared example."]
    low, high = of.interval
    found = [
        f"{where} B is right in {percent(of.b[1])} and A in {percent(of.a[1])}: a difference of"
        f" {points(of.on_traffic)} points ({interval_words(of.interval, of.worth, signed=True)})."
    ]
    if of.mix.source == "sample":
        return found
    found.append(
        f"On the mix of the sample the difference is {points(of.on_sample)} points"
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
