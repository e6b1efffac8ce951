"""How sure each answer of a run is, by several signals, and two halves of the examples: what no threshold changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis import LabelProbabilities, ScoredRun, compare, why_no_probabilities, why_not_all_labels
from evalcore.analysis.scored_run import design_of
from evalcore.metrics import NO_INTERVAL, UNPARSED, Counts, Design, Floats, Interval, stratified_halves
from evalcore.metrics.decisions.selective import (
    Steps,
    aurc_difference_interval,
    aurc_interval,
    aurc_values,
    steps_of,
)

SIGNALS = ("confidence", "margin", "entropy", "agreement")
"""What tells sure answers from unsure ones."""
SPLIT = 0
"""The seed of the two halves: always the same, so that nobody tries another split until a promise holds."""
CHOOSE_RUNS = "Choose other runs on the same examples: how many of them give the same answer is the signal."

Indices = NDArray[np.intp]


@dataclass(frozen=True)
class SignalScore:
    """How well one signal tells right answers from wrong ones.

    Attributes:
        name: of `SIGNALS`.
        why_not: why the run has it not, as a sentence; empty if it has.
        aurc: see `evalcore.metrics.decisions.selective`; lower is better. NaN if the run has it not.
        interval: 95 %; NaN where it is not estimable.
        difference: AURC less that of the signal in use, with its 95 % interval, NaN for the signal in use itself.
    """

    name: str
    why_not: str
    aurc: float
    interval: Interval
    difference: float
    difference_interval: Interval


@dataclass(frozen=True)
class Prepared:
    """What does not depend on what is asked: a run's answers, how sure each is, and the two halves.

    Attributes:
        scored: the run.
        design: how the examples were drawn.
        others: how many runs the agreement is of.
        rows: shape (n,), rows of the run; the other arrays, and the halves, are of these.
        true, predicted: shape (n,), label codes.
        certainty: by signal, shape (n,), higher is surer; NaN for an answer that names no label, or of which it is not
            known.
        why_not: by signal, why the run has it not, as a sentence; the signals of `certainty` are not among them.
        choosing, checking: the halves, ascending: one chooses thresholds, the other one verifies.
    """

    scored: ScoredRun
    design: Design
    others: int
    rows: Indices
    true: Counts
    predicted: Counts
    certainty: Mapping[str, Floats]
    why_not: Mapping[str, str]
    choosing: Indices
    checking: Indices

    @property
    def n(self) -> int:
        """How many answers there are."""
        return len(self.rows)

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """Shape (n,), whether each answer is right."""
        right: NDArray[np.bool_] = self.predicted == self.true
        return right

    @cached_property
    def steps(self) -> dict[str, Steps]:
        """The risk-coverage curve of all answers, by signal."""
        return {name: steps_of(certainty, self.right) for name, certainty in self.certainty.items()}

    @cached_property
    def aurc_values(self) -> dict[str, Floats]:
        """By signal, values of the answers whose mean is the AURC; none if there are no answers."""
        return {name: aurc_values(of, self.right) for name, of in self.certainty.items()} if self.n else {}

    def half(self, signal: str, rows: Indices) -> Steps:
        """The risk-coverage curve of some of the answers, such as `checking`."""
        return steps_of(self.certainty[signal][rows], self.right[rows])

    def automatic(self, signal: str, thresholds: Floats) -> NDArray[np.bool_]:
        """Shape (n,), which answers are answered automatically.

        Args:
            signal: empty for none, under which none is.
            thresholds: shape (n_labels,), of the predicted labels.
        """
        if not signal:
            return np.zeros(self.n, dtype=bool)
        return np.asarray(self.certainty[signal] >= thresholds[self.predicted])  # without a label it is NaN

    def score(self, name: str, used: str) -> SignalScore:
        """How well a signal tells right answers from wrong ones, also compared with the one in use."""
        values = self.aurc_values.get(name)
        if values is None:
            return SignalScore(name, self.why_not.get(name, ""), np.nan, NO_INTERVAL, np.nan, NO_INTERVAL)
        reference, right = self.aurc_values[used], self.right
        between = aurc_difference_interval((reference, right), (values, right), self.true, self.design)
        return SignalScore(
            name,
            "",
            float(values.mean()),
            aurc_interval(values, right, self.true, self.design),
            float(values.mean() - reference.mean()),
            NO_INTERVAL if name == used else between,
        )


def prepare(
    scored: ScoredRun,
    probabilities: LabelProbabilities | None,
    others: Sequence[ScoredRun] = (),
    *,
    rows: Indices | None = None,
    design: Design | None = None,
) -> Prepared:
    """A run's answers, made ready for any threshold.

    Args:
        others: runs whose agreement with this one is a signal.
        rows: of the run; all of them where it is not given. The halves are of these.
        design: of these rows.

    Raises:
        SpecError: if one of the others has other labels, or no example in common with this run.
    """
    rows = np.arange(len(scored.y_true)) if rows is None else rows
    certainty, why_not = _of_probabilities(scored, probabilities)
    others = [other for other in others if other.record.run_id != scored.record.run_id]
    if others:
        certainty["agreement"] = agreement_of(scored, others)
    else:
        why_not["agreement"] = CHOOSE_RUNS
    parsed = scored.y_pred != UNPARSED
    choosing, checking = stratified_halves(scored.y_true[rows], SPLIT)
    return Prepared(
        scored,
        design or design_of(scored.record),
        len(others),
        rows,
        scored.y_true[rows],
        scored.y_pred[rows],
        {name: np.where(parsed, of, np.nan)[rows] for name, of in certainty.items()},
        why_not,
        choosing,
        checking,
    )


def agreement_of(scored: ScoredRun, others: Sequence[ScoredRun]) -> Floats:
    """The share of other runs that give the same answer, of those that answered the example; NaN where none did.

    Returns:
        Shape (n_completed,).
    """
    asked, same = np.zeros(len(scored.y_true)), np.zeros(len(scored.y_true))
    for other in others:
        pair = compare(scored, other)
        asked[pair.at_a] += 1
        same[pair.at_a] += pair.y_a == pair.y_b
    return np.where(asked > 0, same / np.maximum(asked, 1), np.nan)


def _of_probabilities(
    scored: ScoredRun, probabilities: LabelProbabilities | None
) -> tuple[dict[str, Floats], dict[str, str]]:
    """The signals that probabilities give, and why they give no others."""
    if probabilities is None:
        return {}, dict.fromkeys(SIGNALS[:3], why_no_probabilities(scored))
    certainty: dict[str, Floats] = {}
    why_not: dict[str, str] = {}
    if probabilities.known.any():
        certainty["confidence"] = probabilities.confidence
    else:
        why_not["confidence"] = "No answer that names a label has a confidence."
    lacking = why_not_all_labels(probabilities)
    for name, of in (("margin", probabilities.margin), ("entropy", -probabilities.entropy)):
        if lacking or not np.isfinite(of).any():
            why_not[name] = lacking or f"No answer of this run has {'a margin' if name == 'margin' else 'an entropy'}."
        else:
            certainty[name] = of
    return certainty, why_not
