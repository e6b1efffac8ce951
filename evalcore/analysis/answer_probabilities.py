"""What one answer's probabilities say: its most probable labels, and how sure it is, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from evalcore.analysis.label_probabilities import Certainty, probabilities_at
from evalcore.analysis.scored_run import ScoredExample, ScoredRun
from evalcore.metrics import Floats
from evalcore.store import CHOOSING
from evalcore.wording import counted, figure, ordinal, percent

SHOWN = 5
"""Labels that are named; the true and the predicted one are named besides where they are further down."""

Role = Literal["", "right", "predicted", "true"]


@dataclass(frozen=True)
class LabelShare:
    """One label of an answer.

    Attributes:
        share: its probability, in [0, 1].
        rank: 1 is the most probable label.
        role: `right` is the predicted label that is the true one; `predicted` and `true` where they are two labels.
    """

    label: str
    share: float
    rank: int
    role: Role


@dataclass(frozen=True)
class AnswerProbabilities:
    """One answer's probabilities.

    Attributes:
        top: the labels that are named, the most probable first.
        rest: what the other labels hold, in words; empty if there are none, or nothing is known of them.
        sentences: how sure the answer is; contain labels.
    """

    top: tuple[LabelShare, ...]
    rest: str
    sentences: tuple[str, ...]


def answer_probabilities(scored: ScoredRun, answer: ScoredExample) -> AnswerProbabilities | None:
    """What is known of an answer's probabilities; None if nothing is."""
    found = probabilities_at(scored, [answer])
    if found is None or np.isnan(found[0]).all():
        return None
    (shares,), certainty = found
    # Of equally probable labels the first in the task's order goes first; those that are not known go last.
    order = np.argsort(-shares, kind="stable")
    named = [
        LabelShare(scored.labels[code], float(shares[code]), rank, _role(scored.labels[code], answer))
        for rank, code in enumerate(order.tolist(), start=1)
        if not np.isnan(shares[code])
    ]
    top = tuple(one for one in named if one.rank <= SHOWN or one.role)
    if not certainty.complete[0]:
        unknown = counted(int(np.isnan(shares).sum()), "label")
        return AnswerProbabilities(top, "", (f"Not known: the probability of {unknown}.",))
    n_rest = len(named) - len(top)
    held = percent(max(0.0, 1 - sum(one.share for one in top)))
    rest = f"and {counted(n_rest, 'more label holds', 'more labels hold')} {held}" if n_rest else ""
    return AnswerProbabilities(top, rest, tuple(_sentences(scored, answer, shares, certainty)))


def _role(label: str, answer: ScoredExample) -> Role:
    if label == answer.predicted:
        return "right" if label == answer.example.label else "predicted"
    return "true" if label == answer.example.label else ""


def _sentences(scored: ScoredRun, answer: ScoredExample, shares: Floats, certainty: Certainty) -> list[str]:
    """Of an answer of which every label's probability is known."""
    said = []
    if certainty.runner_up[0] >= 0:
        runner_up = scored.labels[int(certainty.runner_up[0])]
        ahead = 100 * float(certainty.margin[0])
        where = "ahead of" if ahead >= 0 else "behind"
        said.append(f"{figure(abs(ahead), 1)} points {where} the runner-up, {runner_up}.")
    equally = 2 ** float(certainty.entropy[0])
    said.append(
        f"Entropy {figure(float(certainty.entropy[0]), 2)} bits: as unsure as between {figure(equally, 1)} equally "
        "likely labels."
    )
    if answer.outcome != "right":
        rank = int(certainty.true_rank[0])
        said.append(f"The true label is the {f'{ordinal(rank)} ' if rank > 1 else ''}most probable one.")
    mass = float(certainty.mass[0])
    if scored.record.spec.decoding in CHOOSING:
        said.append(f"All labels together hold {percent(min(mass, 1.0))} of what the model might say.")
    return said
