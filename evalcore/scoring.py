"""A stored run -> its reading: every completion parsed, counted and scored, under one scoring rule."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evalcore.completion import Completion
from evalcore.intervals import Intervals, bootstrap, wilson
from evalcore.metrics import (
    ClassScores,
    Scores,
    confusion_counts,
    encode,
    per_class,
    scores,
)
from evalcore.parse import LabelParser, Match, Parsed, Scoring
from evalcore.store import RunRecord, Store
from evalcore.task import Example


@dataclass(frozen=True)
class Answer:
    """One example with what was made of it.

    Attributes:
        position: index in the run's sample; the same example has the same one in every run on that sample.
        predicted: the label that counts under the reading's scoring; None is unparsed.
    """

    position: int
    example: Example
    completion: Completion
    parsed: Parsed
    predicted: str | None

    @property
    def outcome(self) -> str:
        """`right`, `wrong` or `unparsed`."""
        if self.predicted is None:
            return "unparsed"
        return "right" if self.predicted == self.example.label else "wrong"


@dataclass(frozen=True)
class Reading:
    """A run as it reads under one scoring rule. Only examples that have a completion count.

    Attributes:
        record: the run.
        scoring: `strict` or `lenient`.
        answers: one per completed example, in the order of the sample.
        y_true, y_pred: shape (n_completed,), codes into `record.labels`; -1 is unparsed.
        confusion: shape (n_labels, n_labels + 1); the last column counts unparsed completions.
    """

    record: RunRecord
    scoring: Scoring
    answers: tuple[Answer, ...]
    y_true: NDArray[np.int64]
    y_pred: NDArray[np.int64]
    confusion: NDArray[np.int64]

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels of the task, in its order."""
        return self.record.labels

    @cached_property
    def scores(self) -> Scores:
        """The run's metrics."""
        return scores(self.confusion)

    @cached_property
    def per_class(self) -> ClassScores:
        """Each label's metrics."""
        return per_class(self.confusion)

    @cached_property
    def intervals(self) -> Intervals:
        """95 % bootstrap intervals, always with the same seed."""
        return bootstrap(self.confusion)

    @cached_property
    def accuracy_interval(self) -> tuple[float, float]:
        """Wilson 95 % interval."""
        low, high = wilson(self.scores.correct, self.scores.n)
        return float(low), float(high)

    @cached_property
    def unparsed_interval(self) -> tuple[float, float]:
        """Wilson 95 % interval of the unparsed rate."""
        low, high = wilson(self.scores.unparsed, self.scores.n)
        return float(low), float(high)

    @cached_property
    def matches(self) -> dict[Match, int]:
        """How many completions matched in which way, whatever the scoring."""
        return dict(Counter(answer.parsed.match for answer in self.answers))

    def names(self, codes: NDArray[np.int64] | list[int]) -> list[str]:
        """Labels for label codes."""
        return [self.record.labels[code] for code in codes]


def read(store: Store, run_id: str, scoring: Scoring = "lenient") -> Reading:
    """Parse and count a stored run; no model is called.

    Raises:
        StoreError: if there is no such run.
    """
    record = store.run(run_id)
    # A baseline answers with the label itself, whatever the prompt would have been.
    parser = LabelParser(record.label_order, numbered=record.prompt.listing == "numbered")
    known: dict[str, Parsed] = {}
    answers = []
    for position, (example, completion) in enumerate(store.run_rows(run_id)):
        if completion is None:
            continue
        parsed = known.get(completion.text)
        if parsed is None:
            parsed = known[completion.text] = parser.parse(completion.text)
        answers.append(Answer(position, example, completion, parsed, parsed.under(scoring)))
    y_true = encode(record.labels, [answer.example.label for answer in answers])
    y_pred = encode(record.labels, [answer.predicted for answer in answers])
    confusion = confusion_counts(y_true, y_pred, len(record.labels))
    return Reading(record, scoring, tuple(answers), y_true, y_pred, confusion)
