"""Label sets in words: how large they are, how often they hold the true label, and what is promised."""

from __future__ import annotations

import numpy as np

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
    return f"True label in the set: {percent(found.coverage)} (95 % interval {interval(found.coverage_interval)})."


def promise_words(found: LabelSets) -> str:
    """What is guaranteed, for whom, and how far one calibration can be from it."""
    n = int(found.calibrated_on.sum())
    said = (
        f"Promised: at least {_target(found)} {_PROMISED_FOR[found.grouping]}. It is an average over calibrations, and"
        " for new texts from the same source as these."
    )
    low, high = found.expected
    if low == low:
        # The most probable label, which is put into sets that would be empty, only adds to it, as equal ones do.
        between = (
            f"{percent(low)} or more" if found.topped.any() or found.tied else f"{percent(low)} to {percent(high)}"
        )
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
    groups, everywhere, fewest = len(found.calibrated_on), found.in_every_set, fewest_examples(found.target)
    said = []
    if everywhere.any():
        said.append(
            f"{counted(int(everywhere.sum()), 'label')} with fewer than {fewest:,} examples to calibrate on: in every"
            f" set, since {_target(found)} cannot be promised otherwise."
        )
    if not everywhere.all():
        low, high = (_probability(float(end(found.threshold[~everywhere]))) for end in (np.min, np.max))
        each = counted(groups, "label" if found.grouping == "each" else "group")
        which = low if groups == 1 else f"{low} to {high}, one for each of {each}"
        said.append(f"A label is in a set if its probability reaches its threshold: {which}.")
    if found.grouping == "similar" and groups == 1:
        said.append("There are too few examples of each label for groups: this is one threshold for all labels.")
    elif found.grouping == "similar" and found.rare.any():
        said.append(
            f"{counted(int(found.rare.sum()), 'label')} with fewer than {fewest:,} examples to calibrate on: a group of"
            " their own, or with the hardest labels where they are too few."
        )
    if found.topped.any():
        topped = percent(float(found.topped.mean()))
        said.append(f"For {topped} of the texts no label reaches it: their set is the most probable label.")
    return " ".join(said)


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


def _probability(share: float) -> str:
    """A threshold in percent, with more decimals where it is small."""
    if share >= 0.001 or share == 0:
        return percent(share)
    return f"{figure(100 * share)} %" if share >= 1e-5 else "under 0.001 %"
