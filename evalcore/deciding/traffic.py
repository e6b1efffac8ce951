"""How will it do on other traffic? A run's scores under another mix of labels, typed or estimated."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from evalcore.analysis import LabelProbabilities, ScoredRun
from evalcore.deciding.traffic_found import FoundTraffic, OtherMixScore
from evalcore.deciding.traffic_mix import TrafficAsked, mix_of
from evalcore.deciding.traffic_words import sentences
from evalcore.errors import DataError
from evalcore.metrics import Interval
from evalcore.metrics.decisions.label_rates import LabelRates
from evalcore.metrics.decisions.label_shift import ShiftedScore, accuracy_under, nothing
from evalcore.metrics.decisions.next_examples import examples_to_halve, examples_to_halve_in_all, next_examples
from evalcore.metrics.decisions.shifted_f1 import macro_f1_under


class Traffic(FoundTraffic):
    """The answer for one run."""

    @cached_property
    def sentences(self) -> list[str]:
        """The answer in words."""
        return sentences(self)


def traffic(scored: ScoredRun, probabilities: LabelProbabilities | None, asked: TrafficAsked) -> Traffic:
    """A run's scores under the mix that is asked about.

    Args:
        probabilities: not needed; every question is asked with the same arguments.

    Raises:
        DataError: if a table is wrong, or no example has been answered yet.
    """
    if not len(scored.y_true):
        raise DataError("no example has been answered yet.", where=scored.record.run_id, do="Run it first.")
    mix = mix_of(scored.labels, scored.confusion, asked)
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
        return OtherMixScore(of_sample, sample_interval, of.estimate, sample_interval if on_sample else of.interval)

    of_accuracy = score(accuracy, of_run.accuracy, intervals.accuracy)
    low, high = of_accuracy.interval
    if low != low:
        low = high = accuracy.estimate
    return Traffic(
        asked=asked,
        labels=scored.labels,
        mix=mix,
        support=each.support,
        right=each.true_positives,
        accuracy=of_accuracy,
        macro_f1=score(macro_f1, of_run.macro_f1_present, intervals.macro_f1_present),
        covered=covered,
        bounds=(covered * low, covered * high + 1 - covered),
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
