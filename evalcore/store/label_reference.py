"""What is known of a run's labels as answers, beside the log-probability that each example gives them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

LabelScore = Literal["summed", "per-token", "calibrated"]
"""What labels are ranked by: the log-probability of all of a label's tokens; that divided by their number; or the first
less what a text without content gives the label (contextual calibration)."""

CONTENT_FREE = ("N/A", "")
"""Texts that say nothing. What a model answers to them, it favours whatever it is asked (Zhao et al. 2021, "Calibrate
Before Use: Improving Few-Shot Performance of Language Models")."""


@dataclass(frozen=True)
class LabelReference:
    """Of the labels in the order in which the prompt lists them (`RunRecord.label_order`).

    Attributes:
        tokens: how many tokens each label has as an answer, its end token included.
        content_free: by text that says nothing (`CONTENT_FREE`), the log-probability of each label as the answer to it.
    """

    tokens: tuple[int, ...]
    content_free: Mapping[str, tuple[float, ...]]

    def scores(self, logprobs: NDArray[np.floating], score: LabelScore) -> NDArray[np.float64]:
        """What the labels are ranked by; the softmax of it is their probability.

        Args:
            logprobs: shape (..., n_labels), summed over each label's tokens, in this reference's order.
        """
        summed: NDArray[np.float64] = logprobs.astype(np.float64)
        if score == "per-token":
            summed = summed / np.array(self.tokens)
        elif score == "calibrated":
            summed = summed - self.log_prior()
        return summed

    def log_prior(self) -> NDArray[np.float64]:
        """The logarithm of the mean probability of each label after the texts without content, shape (n_labels,).

        Zeros where none of these texts could be scored: then nothing is known to be favoured.
        """
        if not self.content_free:
            return np.zeros(len(self.tokens))
        scores = np.array(list(self.content_free.values()))
        # Relative to the best one, so that very small probabilities do not underflow.
        log_shares = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
        mean: NDArray[np.float64] = np.logaddexp.reduce(log_shares, axis=0) - np.log(len(scores))
        return mean

    def to_json(self) -> str:
        """One line of JSON from which `from_json` makes the same."""
        return json.dumps({"tokens": self.tokens, "content_free": dict(self.content_free)})

    @classmethod
    def from_json(cls, text: str) -> LabelReference:
        """The inverse of `to_json`.

        Raises:
            ValueError, TypeError, KeyError: if it is not the JSON of one.
        """
        stored = json.loads(text)
        tokens = tuple(int(count) for count in stored["tokens"])
        content_free = {str(name): tuple(map(float, scores)) for name, scores in stored["content_free"].items()}
        if any(len(scores) != len(tokens) for scores in content_free.values()):
            raise ValueError("label reference of different lengths")
        return cls(tokens, content_free)


def log_probabilities(
    logprobs: NDArray[np.floating], reference: LabelReference | None = None, score: LabelScore = "summed"
) -> NDArray[np.float64]:
    """The logarithm of each label's probability, of the same shape as `logprobs`.

    Answers of which every label is known are scaled so that their probabilities sum to 1; of another one the
    probabilities are those that were given.

    Args:
        logprobs: shape (..., n_labels), natural logarithms, or any scores of which the softmax is wanted; NaN where it
            is not known.
        reference: of the labels in the same order; None leaves them as they are.
        score: what the labels are ranked by.
    """
    scores: NDArray[np.float64] = logprobs.astype(np.float64)
    if reference is not None:
        scores = reference.scores(logprobs, score)
    # Relative to the best one, so that very small probabilities do not underflow.
    best = scores.max(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):  # all labels of an answer may have probability 0
        total = best + np.log(np.exp(scores - best).sum(axis=-1, keepdims=True))
        shares: NDArray[np.float64] = np.where(np.isnan(best), scores, scores - total)
    return shares
