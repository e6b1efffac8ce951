"""Whether confidence is as high as the share that is right: bins, ECE, over-confidence, and references to compare with.

Confidence is the probability of the predicted label; rows without one do not come here. `python -m evalcore coverage`
simulates how often the intervals contain the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from evalcore.metrics.classification import Counts, Floats, ratio_or_nan
from evalcore.metrics.f1_model import Design
from evalcore.metrics.intervals import NO_INTERVAL, Interval, wilson, wilson_of_mean
from evalcore.metrics.mean_intervals import LEAST_OF_A_MEAN, mean_effects, variance_of_sum

BINS = 10
LEAST_OF_A_BIN = 20
"""Examples of a bin: with fewer than `BINS` times as many there are fewer bins."""
TOP = (1, 3, 5)
"""How many of the most probable labels are looked at for the true one."""

LEAST_OF_AN_ECE = 200
"""With fewer examples ECE has no interval: that of 100 holds the truth in 91 of 100 simulated samples only."""

_SIMULATED = 1000
_MOST_DRAWS = 20_000_000
"""Random numbers drawn at most: of very many examples fewer samples are simulated."""
_BLOCK_DRAWS = 2_000_000
_HIGHEST_SCALE = 3.0
_BISECTIONS = 12
_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Bins:
    """Answers in bins of about equal size by their confidence, the least confident first; arrays of shape (n_bins,).

    Answers of one confidence are in one bin, so that `low <= confidence <= high` selects exactly the answers of a bin.

    Attributes:
        low, high: lowest and highest confidence in the bin.
        count: answers; right: those of them that are right.
        mean_confidence: in [0, 1].
        share_right: in [0, 1]; interval: shape (n_bins, 2), Wilson's 95 %.
    """

    low: Floats
    high: Floats
    count: Counts
    right: Counts
    mean_confidence: Floats
    share_right: Floats
    interval: Floats

    @property
    def gap(self) -> Floats:
        """Mean confidence less the share right: above 0 where the model is over-confident."""
        return self.mean_confidence - self.share_right

    def __len__(self) -> int:
        return len(self.count)


@dataclass(frozen=True)
class IfCalibrated:
    """The ECE that a perfectly calibrated model with these confidences would show at this number of examples.

    Attributes:
        mean: over simulated samples; NaN without examples.
        interval: 95 % of the samples are inside.
    """

    mean: float
    interval: Interval


def bin_codes(confidence: Floats, n_bins: int = BINS) -> Counts:
    """The bin of each answer, shape (n,), from 0: equal numbers in each, but equal confidences always together.

    Args:
        confidence: shape (n,), in [0, 1], no NaN.
        n_bins: at most; fewer if there are fewer than `LEAST_OF_A_BIN` answers for each, or by equal confidences.
    """
    n = len(confidence)
    n_bins = max(1, min(n_bins, n // LEAST_OF_A_BIN))
    _, value, counts = np.unique(confidence, return_inverse=True, return_counts=True)
    middle = counts.cumsum() - counts / 2  # the middle of the places that a value takes up, of n
    of_value = np.minimum((middle * n_bins / max(n, 1)).astype(np.int64), n_bins - 1)
    codes: Counts = np.unique(of_value, return_inverse=True)[1][value].astype(np.int64)
    return codes


def confidence_bins(confidence: Floats, right: NDArray[np.bool_], n_bins: int = BINS) -> Bins:
    """Count the answers of each bin.

    Args:
        confidence: shape (n,), in [0, 1], no NaN.
        right: shape (n,).
        n_bins: as for `bin_codes`.
    """
    codes = bin_codes(confidence, n_bins)
    count = np.bincount(codes)
    low, high = np.full(len(count), np.inf), np.full(len(count), -np.inf)
    np.minimum.at(low, codes, confidence)
    np.maximum.at(high, codes, confidence)
    n_right = np.bincount(codes, right).astype(np.int64)
    mean = np.clip(np.bincount(codes, confidence) / count, low, high)
    interval = np.stack(wilson(n_right, count), axis=1)
    return Bins(low, high, count, n_right, mean, n_right / count, interval)


def expected_calibration_error(bins: Bins) -> float:
    """ECE: the mean over all answers of |mean confidence - share right| of their bin; in [0, 1], NaN without any."""
    n = int(bins.count.sum())
    return float(bins.count @ np.abs(bins.gap)) / n if n else float("nan")


def ece_if_calibrated(confidence: Floats, n_bins: int = BINS, seed: int = 0) -> IfCalibrated:
    """The ECE of a perfectly calibrated model, by simulation: each answer is right with its confidence as probability.

    It is above 0, since the share right of a finite bin is seldom its mean confidence: ECE is biased upward.

    Args:
        confidence, n_bins: as for `bin_codes`.
    """
    n = len(confidence)
    if not n:
        return IfCalibrated(float("nan"), NO_INTERVAL)
    order = np.argsort(confidence, kind="stable")
    chance = confidence[order].astype(np.float32)
    starts = np.searchsorted(bin_codes(confidence, n_bins)[order], np.arange(n_bins))
    starts = starts[starts < n]
    expected = np.add.reduceat(confidence[order], starts)
    rng = np.random.default_rng(seed)
    simulated = int(np.clip(_MOST_DRAWS // n, 50, _SIMULATED))
    errors = []
    for start in range(0, simulated, at_once := max(1, _BLOCK_DRAWS // n)):
        shape = min(at_once, simulated - start), n
        right = rng.random(shape, dtype=np.float32) < chance
        errors.append(np.abs(np.add.reduceat(right, starts, axis=1, dtype=np.int64) - expected).sum(axis=1) / n)
    all_errors = np.concatenate(errors)
    low, high = np.quantile(all_errors, (0.025, 0.975))
    return IfCalibrated(float(all_errors.mean()), (float(low), float(high)))


def ece_interval(bins: Bins, seed: int = 0) -> Interval:
    """A 95 % interval of the ECE that these bins would have of infinitely many examples; NaN where they are too few.

    A bootstrap of ECE fails: it adds the noise of the sample a second time. Of a calibrated model with 24 labels and
    400 examples, a percentile bootstrap held the true ECE in 0 of 100 samples, a basic one in 69. Instead the true gaps
    are taken to be those of the bins times a number from 0 to 3, samples are simulated for each, and the interval holds
    the truths under which the ECE that was found is among the middle 95 %. It begins at 0 if a perfectly calibrated
    model could have shown as much. Where the gaps differ much between bins, its upper bound would be too low; since ECE
    is biased upward, the found one and 1.96 standard deviations is an upper bound as well, and the higher of the two is
    taken.
    """
    n, found = int(bins.count.sum()), expected_calibration_error(bins)
    if n < LEAST_OF_AN_ECE or not found > 0:
        return NO_INTERVAL
    share = bins.count / n
    rng = np.random.default_rng(seed)
    noise, common = rng.standard_normal((_SIMULATED, len(bins))), rng.standard_normal(_SIMULATED)

    def truth(scale: float) -> tuple[float, Floats]:
        """The ECE if the true gaps are the found ones times `scale`, and what samples would show."""
        right = np.clip(bins.mean_confidence - scale * bins.gap, 0, 1)
        gap = bins.mean_confidence - right
        ece = float(share @ np.abs(gap))
        # Of each bin's share right, and of how many answers are where the gaps are large.
        within = np.sqrt(right * (1 - right) / np.maximum(bins.count - 1, 1))
        between = np.sqrt(max(float(share @ gap**2) - ece**2, 0.0) / n)
        return ece, np.abs(gap + within * noise) @ share + between * common

    def truth_where(chance: float) -> float:
        """The ECE under which samples show at most the found one with this chance, which falls with the scale."""
        low, high = 0.0, _HIGHEST_SCALE
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            low, high = (middle, high) if (truth(middle)[1] <= found).mean() > chance else (low, middle)
        return truth(low)[0]

    upper = max(truth_where(0.025), found + _Z * float(truth(1)[1].std()))
    return min(truth_where(0.975), found), min(upper, 1.0)


def over_confidence(
    confidence: Floats, right: NDArray[np.bool_], true: Counts, design: Design
) -> tuple[float, Interval]:
    """Mean confidence less the share right, with a 95 % interval: above 0 is over-confident. NaN where too few.

    The interval combines that of the mean confidence with Wilson's of the share right, given their correlation, so that
    it keeps a width where all answers are right.

    Args:
        confidence, right: shape (n,).
        true: shape (n,), label codes.

    Source: MOVER, Zou and Donner 2008, Statistics in Medicine 27, 1693-1702.
    """
    n = len(confidence)
    if not n:
        return float("nan"), NO_INTERVAL
    hits = right.astype(float)
    sure, share = float(confidence.mean()), float(hits.mean())
    if n < LEAST_OF_A_MEAN:
        return sure - share, NO_INTERVAL
    of_sure, of_share = mean_effects(confidence), mean_effects(hits)
    variances = [variance_of_sum(effects, true, design) for effects in (of_sure, of_share, of_sure - of_share)]
    both = np.sqrt(variances[0] * variances[1])
    correlation = float(np.clip((variances[0] + variances[1] - variances[2]) / (2 * both), -1, 1)) if both > 0 else 0.0
    half = _Z * np.sqrt(variances[0])
    low, high = wilson_of_mean(share, variances[1], n)
    below = half**2 - 2 * correlation * half * (high - share) + (high - share) ** 2
    above = half**2 - 2 * correlation * half * (share - low) + (share - low) ** 2
    gap = sure - share
    return gap, (float(gap - np.sqrt(max(below, 0))), float(gap + np.sqrt(max(above, 0))))


def brier_reference(true: Counts, n_labels: int) -> float:
    """The Brier score of always answering the class frequencies of these examples; in [0, 1], NaN without examples.

    Args:
        true: shape (n,), label codes.
    """
    share = _shares(true, n_labels)
    return 1 - float(share @ share)


def log_loss_reference(true: Counts, n_labels: int) -> float:
    """The log loss of always answering the class frequencies of these examples, in nats; NaN without examples.

    Args:
        true: shape (n,), label codes.
    """
    share = _shares(true, n_labels)
    if np.isnan(share).any():
        return float("nan")
    some = share[share > 0]
    return -float(some @ np.log(some)) + 0.0


def _shares(true: Counts, n_labels: int) -> Floats:
    return ratio_or_nan(np.bincount(true, minlength=n_labels), np.full(n_labels, len(true)))
