"""A stored run -> a scored run: every completion parsed, counted and scored, under one scoring rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import overload

import numpy as np
from numpy.typing import NDArray

from evalcore.errors import StoreError
from evalcore.metrics import (
    UNPARSED,
    ClassScores,
    Design,
    Intervals,
    Scores,
    confusion_counts,
    per_class,
    score_intervals,
    scores_of_classes,
)
from evalcore.notebook import Shown
from evalcore.parse import ACCEPTED, MATCHES, Match, Parsed, Scoring
from evalcore.store import Columns, Completion, RunRecord, Store, examples_at, load_columns, parser_of
from evalcore.tasks import Example

OUTCOMES = ("right", "wrong", "unparsed")
RIGHT, WRONG, UNPARSED_OUTCOME = range(len(OUTCOMES))
"""Codes of `ScoredRun.outcomes`."""

_BLOCK = 500
"""Answers fetched at a time in an iteration."""
_BLOCKS_KEPT = 8


def outcome_of(predicted: str | None, true: str) -> str:
    """One of `OUTCOMES`; None is a completion that names no label."""
    if predicted is None:
        return "unparsed"
    return "right" if predicted == true else "wrong"


@dataclass(frozen=True)
class ScoredExample:
    """One example with its completion, parsed and scored.

    Attributes:
        position: index in the run's sample; the same in every run on that sample.
        predicted: the label that counts under the run's scoring; None is unparsed.
    """

    position: int
    example: Example
    completion: Completion
    parsed: Parsed
    predicted: str | None

    @property
    def outcome(self) -> str:
        """`right`, `wrong` or `unparsed`."""
        return outcome_of(self.predicted, self.example.label)


class ScoredExamples(Sequence[ScoredExample]):
    """A run's answers, each fetched from the store when it is accessed; iteration fetches them in blocks.

    Args:
        store: where they are kept.
        columns: of the run; its rows are the answers.
    """

    def __init__(self, store: Store, record: RunRecord, columns: Columns, scoring: Scoring) -> None:
        self.store = store
        self._record = record
        self._columns = columns
        self._scoring = scoring
        self._parser = parser_of(record)
        self._block = lru_cache(maxsize=_BLOCKS_KEPT)(self._fetch_block)

    def __len__(self) -> int:
        return len(self._columns.positions)

    @overload
    def __getitem__(self, index: int) -> ScoredExample: ...
    @overload
    def __getitem__(self, index: slice) -> list[ScoredExample]: ...
    def __getitem__(self, index: int | slice) -> ScoredExample | list[ScoredExample]:
        if isinstance(index, slice):
            return self.at(np.arange(len(self))[index])
        row = range(len(self))[index]
        return self._block(row // _BLOCK)[row % _BLOCK]

    def __iter__(self) -> Iterator[ScoredExample]:
        for start in range(0, len(self), _BLOCK):
            yield from self.at(np.arange(start, min(start + _BLOCK, len(self))))

    def at(self, rows: NDArray[np.intp] | Sequence[int]) -> list[ScoredExample]:
        """The answers of these rows, in this order, fetched in one go.

        Raises:
            StoreError: if one of them is no longer stored.
        """
        rows = np.asarray(rows, dtype=np.intp)
        positions = self._columns.positions[rows].tolist()
        keys = self._columns.keys_of(rows)
        examples = examples_at(self.store, self._record, positions)
        completions = self.store.completions(list(set(keys)))
        try:
            return [
                self._answer(position, examples[position], completions[key])
                for position, key in zip(positions, keys, strict=True)
            ]
        except KeyError:
            raise StoreError(
                "a completion of this run is gone or damaged.", where=self._record.run_id, do="Run it again."
            ) from None

    def _answer(self, position: int, example: Example, completion: Completion) -> ScoredExample:
        parsed = self._parser.parse(completion.text)
        return ScoredExample(position, example, completion, parsed, parsed.under(self._scoring))

    def _fetch_block(self, block: int) -> list[ScoredExample]:
        return self.at(np.arange(block * _BLOCK, min((block + 1) * _BLOCK, len(self))))


@dataclass(frozen=True, repr=False)
class ScoredRun(Shown):
    """A run under one scoring rule. Only examples that have a completion count.

    Attributes:
        record: the run.
        scoring: `strict` or `lenient`.
        columns: the completed rows as arrays; the same for both scoring rules.
        answers: one per completed example, in the order of the sample, each fetched when it is accessed.
        y_true, y_pred: shape (n_completed,), codes into `record.labels`; -1 is unparsed.
        confusion: shape (n_labels, n_labels + 1); the last column counts unparsed completions.
    """

    record: RunRecord
    scoring: Scoring
    columns: Columns
    answers: ScoredExamples
    y_true: NDArray[np.int64]
    y_pred: NDArray[np.int64]
    confusion: NDArray[np.int64]

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels of the task, in its order."""
        return self.record.labels

    @property
    def positions(self) -> NDArray[np.int32]:
        """Shape (n_completed,): each row's index in the run's sample."""
        return self.columns.positions

    @cached_property
    def outcomes(self) -> NDArray[np.int8]:
        """Shape (n_completed,), codes into `OUTCOMES`."""
        return np.where(self.y_pred == UNPARSED, 2, self.y_pred != self.y_true).astype(np.int8)

    @cached_property
    def scores(self) -> Scores:
        """The run's metrics."""
        return scores_of_classes(self.per_class)

    @cached_property
    def per_class(self) -> ClassScores:
        """Each label's metrics."""
        return per_class(self.confusion)

    @cached_property
    def intervals(self) -> Intervals:
        """95 % intervals, for the way in which the sample was drawn."""
        return score_intervals(self.confusion, design_of(self.record))

    @cached_property
    def matches(self) -> dict[Match, int]:
        """How many completions matched in which way; independent of the scoring."""
        counts = np.bincount(self.columns.match, minlength=len(MATCHES)).tolist()
        return {match: count for match, count in zip(MATCHES, counts, strict=True) if count}

    @cached_property
    def right_under(self) -> dict[Scoring, int]:
        """How many answers are right under each scoring rule."""
        same = self.columns.named == self.columns.y_true
        return {scoring: int((same & _accepted(self.columns, scoring)).sum()) for scoring in ACCEPTED}

    def names(self, codes: NDArray[np.int64] | list[int]) -> list[str]:
        """The labels of label codes."""
        return [self.record.labels[code] for code in codes]


def score_run(store: Store, run_id: str, scoring: Scoring = "lenient", *, columns: Columns | None = None) -> ScoredRun:
    """Parse and count a stored run; no model is called.

    Args:
        columns: of this run, if they are loaded already: another scoring rule does not need to parse again.

    Raises:
        StoreError: if there is no such run.
    """
    record = store.run(run_id)
    if columns is None:
        columns = load_columns(store, record)
    y_true = columns.y_true.astype(np.int64)
    y_pred = np.where(_accepted(columns, scoring), columns.named, UNPARSED).astype(np.int64)
    confusion = confusion_counts(y_true, y_pred, len(record.labels))
    return ScoredRun(
        record, scoring, columns, ScoredExamples(store, record, columns, scoring), y_true, y_pred, confusion
    )


def design_of(record: RunRecord) -> Design:
    """How a run's examples were drawn. A whole split, and an import, count as drawn at random: nothing else is known,
    and the intervals for a random sample hold in both cases."""
    return "stratified" if record.spec.sample == "stratified" and record.n < record.split_size else "random"


def _accepted(columns: Columns, scoring: Scoring) -> NDArray[np.bool_]:
    return np.array([match in ACCEPTED[scoring] for match in MATCHES])[columns.match]
