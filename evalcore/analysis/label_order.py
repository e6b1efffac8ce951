"""Whether a label's place in the prompt's list of labels changes how often it is predicted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalcore.analysis.scored_run import ScoredRun
from evalcore.metrics import Floats, Interval

_RESAMPLES = 2000
"""Of the labels, for the interval of the slope."""


@dataclass(frozen=True)
class OrderEffect:
    """Whether a label's place in the prompt's list changes how often it is predicted.

    Attributes:
        slope: change of a label's predicted ÷ actual from the list's first place to its last; 0 is no effect.
        interval: 95 %, from resampling the labels.
        orders: how many label orders it is computed from; labels: how many labels occur.
        place, ratio: shape (orders, labels); the place in [0, 1], and predicted ÷ actual less the label's own mean.
    """

    slope: float
    interval: Interval
    orders: int
    labels: int
    place: Floats
    ratio: Floats


def order_effect(scored_runs: Sequence[ScoredRun], seed: int = 0) -> OrderEffect | None:
    """The slope of predicted ÷ actual against the place in the list, within each label, over several orders.

    A label that is predicted often is so in every order. Only what changes with its place is of interest, so each
    label's mean over the orders is subtracted from both. Only runs that differ in nothing but the order are used: the
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
    rows = np.random.default_rng(seed).integers(0, len(occurs), (_RESAMPLES, len(occurs)))
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
    """Runs on one sample, of one model and one prompt that lists the labels, by label order; one dict a group."""
    groups: dict[tuple[object, ...], dict[tuple[str, ...], ScoredRun]] = {}
    for scored in scored_runs:
        record, prompt = scored.record, scored.record.prompt
        if "{labels}" in prompt.system + prompt.user:
            text = (prompt.system, prompt.user, prompt.listing, prompt.shots)
            group = (record.sample_id, len(scored.y_true), tuple(sorted(record.identity.items())), *text)
            groups.setdefault(group, {}).setdefault(record.label_order, scored)
    return list(groups.values())
