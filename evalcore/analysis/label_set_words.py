"""Label sets in words: how large they are, how often they hold the true label, and what is promised."""

from __future__ import annotations

from evalcore.analysis.label_sets import LabelSets
from evalcore.metrics import Grouping, fewest_examples
from evalcore.wording import counted, figure, interval, percent

MOST_SETS = 0.8
"""The sentence names the size that so many sets do not exceed."""
_PROMISED_FOR: dict[Grouping, str] = {
    "all": "for all texts together; for the texts of one label it can be less",
    "similar": "for the texts of each group of similar labels; for one label in a group it can be less",
    "each": "for the texts of each label",
}


def size_words(found: LabelSets) -> str:
    """`2 labels or fewer for 81.0 % of the texts, 2.3 of 77 on average.`"""
    size = next(size for size in range(1, len(found.scored.labels) + 1) if found.share_up_to(size) >= MOST_SETS)
    upto = "1 label" if size == 1 else f"{size:,} labels or fewer"
    mean = f"{figure(found.mean_size, 1)} of {len(found.scored.labels):,} on average"
    return f"{upto} for {percent(found.share_up_to(size))} of the texts, {mean}."


def coverage_words(found: LabelSets) -> str:
    """How often the true label is in the set, measured."""
    return (
        f"The true label is in the set of {percent(found.coverage)} of them"
        f" (95 % interval {interval(found.coverage_interval)}, target {_target(found)})."
    )


def promise_words(found: LabelSets) -> str:
    """What is guaranteed, for whom, and how far one calibration can be from it."""
    n = int(found.calibrated_on.sum())
    said = (
        f"Promised: at least {_target(found)} {_PROMISED_FOR[found.grouping]}. It is an average over calibrations, and"
        " for new texts from the same source as these."
    )
    low, high = found.expected
    if low == low:
        up_to = "or more" if found.topped.any() else f"to {percent(high)}"
        between = f"{percent(low)} or more" if found.topped.any() else f"{percent(low)} {up_to}"
        said += f" With {counted(n, 'example')} to calibrate on, 95 of 100 calibrations cover {between}."
    return said


def halves_words(found: LabelSets) -> str:
    """Which examples were used for what."""
    n = int(found.calibrated_on.sum())
    shaping = f", and {found.shaping:,} to find the groups" if found.shaping else ""
    left_out = (
        f" {counted(found.left_out, 'answer')} without the probability of every label: used in neither half."
        if found.left_out
        else ""
    )
    return (
        f"Measured on {counted(len(found.rows), 'text')}; the other half gave {n:,} to calibrate on{shaping}.{left_out}"
    )


def threshold_words(found: LabelSets) -> str:
    """How probable a label must be, and which labels are in every set."""
    low, high = float(found.threshold.min()), float(found.threshold.max())
    groups = len(found.calibrated_on)
    if groups == 1:
        said = f"A label is in a set if its probability is at least {_small(low)}."
    else:
        said = (
            f"A label is in a set if its probability is at least its threshold: {_small(low)} to {_small(high)},"
            f" one for each of {counted(groups, 'label' if found.grouping == 'each' else 'group')}."
        )
    everywhere = int(found.in_every_set.sum())
    if everywhere:
        fewest = fewest_examples(found.target)
        said += (
            f" {counted(everywhere, 'label')} with fewer than {fewest:,} examples to calibrate on:"
            f" in every set, since {_target(found)} cannot be promised otherwise."
        )
    elif found.grouping == "similar" and groups == 1:
        said += " There are too few examples of each label for groups: this is one threshold for all labels."
    elif found.grouping == "similar" and found.rare.any():
        said += (
            f" {counted(int(found.rare.sum()), 'label')} with fewer than {fewest_examples(found.target):,} examples to"
            " calibrate on: a group of their own, or with the hardest labels where they are too few."
        )
    if found.topped.any():
        said += (
            f" For {percent(float(found.topped.mean()))} of the texts no label reaches it: their set is the most"
            " probable label."
        )
    return said


def label_words(found: LabelSets, clearly_below: int) -> str:
    """What the labels show.

    Args:
        clearly_below: labels whose whole interval is below the target.
    """
    if not clearly_below:
        return "No label's 95 % interval is wholly below the target."
    return (
        f"{counted(clearly_below, 'label has', 'labels have')} a 95 % interval wholly below the target:"
        " the promise is not about one label by itself."
        if found.grouping != "each"
        else f"{counted(clearly_below, 'label has', 'labels have')} a 95 % interval wholly below the target."
    )


def _target(found: LabelSets) -> str:
    return f"{100 * found.target:.0f} %"


def _small(share: float) -> str:
    """A probability in percent, with as many decimals as show it."""
    if share == 0 or share >= 0.001:
        return percent(share)
    return f"{100 * share:.2g} %" if share >= 1e-5 else "0.001 % or less"
