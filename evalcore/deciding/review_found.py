"""How much a person must check, as it was found: what was asked, the thresholds, and what they let through."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis import ScoredRun
from evalcore.deciding.asked import number, one_of
from evalcore.deciding.review_signals import SIGNALS, Indices, Prepared, SignalScore
from evalcore.metrics import Floats
from evalcore.metrics.decisions.promise import Checked, examples_to_promise

KINDS = ("wrong", "right", "person")
"""What becomes of an answer: answered automatically and wrong, automatically and right, or sent to a person."""
_LEVEL = 0.05


@dataclass(frozen=True)
class ReviewAsked:
    """What is asked.

    Attributes:
        target: percent of the automatic answers that are to be right.
        signal: what is compared with the threshold.
        agreeing: ids of the runs whose agreement is the signal, separated by commas.
        per_label: whether each predicted label has a threshold of its own.
        minutes, price: of one review; a price of 0 is none.
    """

    target: float = number(95.0, 50, 99.9)
    signal: str = one_of("confidence", SIGNALS)
    agreeing: str = ""
    per_label: bool = False
    minutes: float = number(1.0, 0, 1000)
    price: float = number(0.0, 0, 1_000_000)

    @property
    def agreeing_ids(self) -> tuple[str, ...]:
        """The ids of `agreeing`, each once."""
        return tuple(dict.fromkeys(filter(None, (part.strip() for part in self.agreeing.split(",")))))


@dataclass(frozen=True)
class LabelReview:
    """One predicted label, with a threshold of its own or without.

    Attributes:
        code: of the label.
        own: whether it has a threshold of its own; the others share one.
        threshold: infinite where no answer of it is answered automatically.
        chosen_on: how often it is predicted in the half that chooses; n: in the half that verifies.
        answered: of these n, automatically; right: of those.
        lower: at least this share of those is right, with 95 % confidence, looked at by itself.
        p: of the promise, adjusted for all labels with a threshold of their own (Holm); NaN for the others.
    """

    code: int
    own: bool
    threshold: float
    chosen_on: int
    n: int
    answered: int
    right: int
    lower: float
    p: float

    @property
    def verified(self) -> bool:
        """Whether the promise holds for this label: with 95 % confidence, for all labels of which it is said."""
        return self.p <= _LEVEL


@dataclass(frozen=True)
class FoundReview:
    """How much of one run's answers a person must check; `Review` also says it in words.

    Attributes:
        prepared: the answers and the halves.
        asked: what was asked.
        signal: the one in use: the asked one if the run has it, or else the first that it has; empty if none.
        promised: what the half that verifies says of the thresholds that were chosen for a promise; None if no
            threshold was promising on the half that chooses.
        verified: whether it keeps the promise.
        estimate: the same of the thresholds that just reach the target on the half that chooses; None if none does.
        thresholds: shape (n_labels,), in use: of the promise where it is verified, else of the estimate; infinite where
            all is sent to a person.
        labels: each label's threshold, if each is to have its own; else empty.
    """

    prepared: Prepared
    asked: ReviewAsked
    signal: str
    promised: Checked | None
    verified: bool
    estimate: Checked | None
    thresholds: Floats
    labels: tuple[LabelReview, ...]

    @property
    def scored(self) -> ScoredRun:
        """The run."""
        return self.prepared.scored

    @property
    def target(self) -> float:
        """In (0, 1)."""
        return self.asked.target / 100

    @property
    def in_use(self) -> Checked | None:
        """What the half that verifies says of the thresholds in use; None if there are none."""
        return self.promised if self.verified else self.estimate

    @property
    def threshold(self) -> float:
        """The one threshold in use; NaN where labels have their own, or where there is none."""
        first = float(self.thresholds[0])
        return first if np.isfinite(first) and (self.thresholds == first).all() else float("nan")

    @cached_property
    def automatic(self) -> NDArray[np.bool_]:
        """Shape (n,), whether each answer is answered automatically under the thresholds in use."""
        return self.prepared.automatic(self.signal, self.thresholds)

    @cached_property
    def needed(self) -> int | None:
        """Examples that it takes at least to verify the promise; None if it is verified, or if no number would do."""
        if self.verified or not self.signal:
            return None
        return examples_to_promise(self.prepared.steps[self.signal], self.target)

    @cached_property
    def unsure(self) -> int:
        """Answers without the signal in use, which a person answers first: those that name no label, for example."""
        return int(np.isnan(self.prepared.certainty[self.signal]).sum()) if self.signal else 0

    @cached_property
    def signals(self) -> tuple[SignalScore, ...]:
        """Every signal, also those that the run has not."""
        return tuple(self.prepared.score(name, self.signal) for name in SIGNALS)

    def rows_of(self, kind: str, threshold: float | None = None, label: int | None = None) -> Indices:
        """Rows of the run in the half that verifies, the surest first.

        Args:
            kind: of `KINDS`.
            threshold: of all labels, instead of those in use.
            label: the code of a predicted label; None for all.
        """
        if not self.signal:
            return np.array([], dtype=np.intp)
        p, certainty = self.prepared, self.prepared.certainty[self.signal]
        automatic = self.automatic if threshold is None else certainty >= threshold
        wanted = {"wrong": automatic & ~p.right, "right": automatic & p.right, "person": ~automatic}[kind]
        if label is not None:
            wanted = wanted & (p.predicted == label)
        found = p.checking[wanted[p.checking]]
        rows: Indices = p.rows[found[np.argsort(-certainty[found], kind="stable")]]
        return rows
