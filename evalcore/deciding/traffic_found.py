"""A run's scores under another mix of labels, as they were found: numbers, plain data and tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from evalcore.deciding.answer import Rows, plain, plain_pair
from evalcore.deciding.traffic_mix import Mix, TrafficAsked
from evalcore.metrics import Counts, Floats, Interval, ratio_or_nan


@dataclass(frozen=True)
class OtherMixScore:
    """A score on the mix of the sample and on that of the traffic; NaN where undefined, or not estimable.

    Attributes:
        on_sample, on_traffic: of the labels that the sample holds.
    """

    on_sample: float
    sample_interval: Interval
    on_traffic: float
    interval: Interval


@dataclass(frozen=True)
class FoundTraffic:
    """One run under another mix of labels; `Traffic` also says it in words.

    Attributes:
        asked: what was asked.
        labels: of the task, in its order; arrays are of shape (n_labels,) in this order.
        mix: of the traffic.
        support, right: examples of each label, and how many of them are right.
        accuracy, macro_f1: both scores; macro-F1 is not estimated on an estimated mix.
        covered: share of the traffic whose labels the sample holds.
        bounds: between which accuracy is for all of the traffic, if its labels without examples are all wrong, or all
            right: of the interval, or of the estimate alone where there is none.
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
    bounds: Interval
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

    def as_json(self) -> dict[str, Any]:
        """Plain data: shares in [0, 1], NaN as None, intervals as pairs."""
        return {
            "mix": self.mix.source,
            "accuracy": _score_as_json(self.accuracy) | {"bounds": plain_pair(self.bounds)},
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
                "traffic_share_low": plain(intervals[code, 0]),
                "traffic_share_high": plain(intervals[code, 1]),
                "examples": int(self.support[code]),
                "right": int(self.right[code]),
                "recall": plain(recall[code]),
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


def _score_as_json(score: OtherMixScore) -> dict[str, Any]:
    return {
        "on_sample": plain(score.on_sample),
        "sample_interval": plain_pair(score.sample_interval),
        "on_traffic": plain(score.on_traffic),
        "interval": plain_pair(score.interval),
    }
