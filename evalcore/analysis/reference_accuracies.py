"""Accuracies to compare a run with: other runs on its sample and, for Banking77, published figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis.scored_run import RIGHT, ScoredRun
from evalcore.metrics import wilson_interval
from evalcore.store import model_name

ReferenceKind = Literal["this run", "baseline here", "pinned here", "published"]

CASANUEVA = (
    "Casanueva et al. 2020, Efficient Intent Detection with Dual Sentence Encoders, "
    "aclanthology.org/2020.nlp4convai-1.5"
)
_TRAINED_ON_ALL = "trained on all 10,003 train examples, all 3,080 test examples"
_TRAINED_ON_TEN = "trained on 10 examples an intent, all 3,080 test examples"


@dataclass(frozen=True)
class Reference:
    """One accuracy to compare a run's with.

    Attributes:
        accuracy: in [0, 1].
        interval: 95 %, for runs that are stored here; None for published figures.
        setup: how it was measured; source: the publication, empty for runs here.
        run_id: of a run that is stored here.
    """

    name: str
    kind: ReferenceKind
    accuracy: float
    interval: tuple[float, float] | None = None
    setup: str = ""
    source: str = ""
    run_id: str = ""


PUBLISHED: dict[str, tuple[Reference, ...]] = {
    "banking77": (
        Reference("BERT-Large, fine-tuned", "published", 0.9366, None, _TRAINED_ON_ALL, CASANUEVA),
        Reference("USE + ConveRT", "published", 0.9336, None, _TRAINED_ON_ALL, CASANUEVA),
        Reference("USE + ConveRT, 10 an intent", "published", 0.8519, None, _TRAINED_ON_TEN, CASANUEVA),
    )
}
"""By the task's name. All are classifiers that were trained on the task, unlike a prompted model."""


def references(scored: ScoredRun, others: Sequence[ScoredRun], pinned: str | None = None) -> list[Reference]:
    """The run itself, then what to compare it with.

    Args:
        others: scored runs of baselines and of a pinned run, on the same sample. Of an unfinished run, only the
            examples that it has so far are counted in the others too.
        pinned: the id of the pinned one among them.
    """
    here = [
        _of(other, "pinned here" if other.record.run_id == pinned else "baseline here", scored.positions)
        for other in others
        if other.record.run_id != scored.record.run_id and np.isin(other.positions, scored.positions).any()
    ]
    this = _of(scored, "this run", scored.positions)
    return [this, *here, *PUBLISHED.get(scored.record.task_name, ())]


def _of(scored: ScoredRun, kind: ReferenceKind, positions: NDArray[np.int32]) -> Reference:
    record = scored.record
    name = model_name(record) + (f" · {record.prompt.name}" if record.kind.reads_prompt else "")
    right = scored.outcomes[np.isin(scored.positions, positions)] == RIGHT
    interval = wilson_interval(int(right.sum()), len(right))
    return Reference(name, kind, float(right.mean()), interval, "same examples", "", record.run_id)
