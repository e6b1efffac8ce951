"""What a run's probabilities are worth, in sentences."""

from __future__ import annotations

import numpy as np

from evalcore.analysis.calibration import Calibration
from evalcore.wording import counted, figure, interval, percent, signed

CLOSE_TO_CHANCE = 0.6
"""An AUROC below it is of no practical use; chance is 0.5."""


def calibration_words(found: Calibration) -> list[str]:
    """All of it, the most important first."""
    return [sentence for sentence in (
        over_confidence_words(found), _ece_words(found), auroc_words(found), _scores_words(found),
        _temperature_words(found), _left_out_words(found),
    ) if sentence]  # fmt: skip


def over_confidence_words(found: Calibration) -> str:
    """Whether confidence is as high as the share that is right; empty if no answer has a confidence."""
    if not found.n_confident:
        return ""
    low, high = found.over_confidence_interval
    says = f"it says {percent(found.mean_confidence)} on average and is right {percent(found.accuracy)} of the time"
    if np.isnan(low):
        return f"Too few answers to tell whether the model is over-confident: {says}."
    between = f"{signed(found.over_confidence)} points, 95 % interval {interval((low, high), signed=True)}"
    if low > 0:
        return f"The model is over-confident: {says} ({between})."
    if high < 0:
        return f"The model is under-confident: {says} ({between})."
    return f"On average the model is as sure as it is right, within chance: {says} ({between})."


def ece_bias_words(found: Calibration) -> str:
    """What the ECE is to be compared with; empty without answers of known confidence."""
    if not found.n_confident:
        return ""
    by_chance = found.ece_if_calibrated
    samples = interval(by_chance.interval, undefined="")  # it has no width where every confidence is 0 or 1
    return (
        f"ECE is biased upward: a perfectly calibrated model would show {percent(by_chance.mean)} with"
        f" {counted(found.n_confident, 'answer')}{f' ({samples} in 95 of 100 samples)' if samples else ''}."
    )


def _ece_words(found: Calibration) -> str:
    if np.isnan(found.ece):
        return ""
    beside = ece_bias_words(found)
    if found.ece <= found.ece_if_calibrated.interval[1]:
        return f"The expected calibration error (ECE) of {percent(found.ece)} may be chance. {beside}"
    return f"The expected calibration error (ECE) is {percent(found.ece)}, more than chance. {beside}"


def auroc_words(found: Calibration) -> str:
    """Whether confidence tells right answers from wrong ones."""
    if np.isnan(found.auroc):
        return f"Whether confidence tells right from wrong is not estimable: {found.why_no_auroc}."
    value = f"AUROC {figure(found.auroc)}"
    low, high = found.auroc_interval
    if np.isnan(low):
        because = f": {found.why_no_auroc}" if found.why_no_auroc else ""
        return f"{value} of right against wrong by confidence; its interval is not estimable{because}."
    between = f"{value}, 95 % interval {interval((low, high), scale=1, decimals=3)}"
    if low > 0.5:
        return (
            f"A right answer has a higher confidence than a wrong one in {percent(found.auroc)} of pairs ({between})."
        )
    if high < 0.5:
        said = "Wrong answers have a higher confidence than right ones"
    elif high < CLOSE_TO_CHANCE:
        said = "Confidence tells right answers from wrong ones hardly better than chance, if at all"
    else:
        said = "Whether confidence tells right answers from wrong ones better than chance cannot be said yet"
    return f"{said}: {between}, where chance is 0.5."


def _scores_words(found: Calibration) -> str:
    if not found.n_complete:
        return ""
    brier, log_loss = found.brier, found.log_loss
    words = (
        f"Brier score {figure(brier.value)} (sum over the labels, 0 to 2; always answering the class frequencies of"
        f" this sample: {figure(brier.reference)})"
    )
    if found.infinite:
        answers = counted(found.infinite, "answer gave its", "answers gave their")
        return (
            f"{words}. The log loss is infinite: {answers} true label the probability 0; of the others it is"
            f" {figure(found.log_loss_of_others)} (class frequencies: {figure(log_loss.reference)})."
        )
    return f"{words}, log loss {figure(log_loss.value)} ({figure(log_loss.reference)})."


def _temperature_words(found: Calibration) -> str:
    scaling = found.temperature
    if scaling is None:
        return f"No temperature: {found.why_no_temperature}"
    before, after = scaling.before, scaling.after
    does = "flattens" if scaling.value > 1 else "sharpens"
    ece = (
        f"ECE goes from {percent(before.ece)} to {percent(after.ece)} (a calibrated model would show"
        f" {percent(after.ece_if_calibrated.mean)}), "
        if len(before.bins)  # else no answer of that half has a confidence
        else ""
    )
    return (
        f"A temperature of {figure(scaling.value, 2)}, fitted on one half of the sample, {does} the probabilities: on"
        f" the other half {ece}log loss {'goes ' if not ece else ''}from {figure(before.log_loss)} to"
        f" {figure(after.log_loss)}."
    )


def _left_out_words(found: Calibration) -> str:
    without, some = found.n - found.n_confident, []
    if without:
        unparsed = f" ({found.unparsed:,} unparsed)" if found.unparsed else ""
        some.append(f"{without:,} of {counted(found.n, 'answer')} without a confidence{unparsed}")
    if found.n_confident and not found.n_complete:
        some.append("Brier score, log loss and top-k, which need the probability of every label")
    elif found.n_complete < found.n_confident:
        some.append(f"{found.n_confident - found.n_complete:,} without the probability of every label")
    return f"Left out: {'; '.join(some)}." if some else ""
