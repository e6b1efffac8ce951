"""The accuracy of a run while it is being predicted: each completion is parsed once, however often it is looked at."""

from __future__ import annotations

from collections import Counter

from evalcore.analysis.scored_run import ScoredExample
from evalcore.metrics import Interval, wilson_interval
from evalcore.parse import Scoring
from evalcore.store import Completion, RunRecord, Store, examples_at, parser_of
from evalcore.tasks import Example

_BLOCK = 500
"""Completions asked for at a time."""
_HISTORY = 200
"""Points of the curve that is drawn of them."""


class RunningScore:
    """Counts of a run that grow as its completions come in; none is read or parsed twice.

    Args:
        record: of the run as it was started.

    Attributes:
        n: examples that have a completion; `correct` of them are right, `unparsed` name no label.
        history: n, accuracy and the bounds of its interval, as they were after each `update` that found something; of
            many every second one, so that there are never more than `_HISTORY`.
    """

    def __init__(self, store: Store, record: RunRecord, scoring: Scoring = "lenient") -> None:
        self.n = self.correct = self.unparsed = 0
        self._store, self._record, self._scoring = store, record, scoring
        self._parser = parser_of(record)
        examples, keys = store.first_items(record.run_id, record.n)
        self._labels = [example.label for example in examples]
        self._waiting: dict[bytes, list[int]] = {}
        """Positions of each completion that is missing, in the order in which they are predicted."""
        for position, key in enumerate(keys):
            self._waiting.setdefault(key, []).append(position)
        self._completions: dict[int, Completion] = {}
        """Of the last positions that are done."""
        self._begun = False
        self.history: list[tuple[int, float, float, float]] = []

    def update(self, keep: int) -> None:
        """Count the completions that are new.

        Args:
            keep: completions of the last positions that `latest` may be asked for.
        """
        keys = list(self._waiting)
        for start in range(0, len(keys), _BLOCK):
            found = self._store.completions(keys[start : start + _BLOCK])
            for key, completion in found.items():
                self._add(self._waiting.pop(key), completion)
            last = sorted(self._completions)[-keep:]
            self._completions = {position: self._completions[position] for position in last}
            # They are predicted in order. What was stored before the run began may lie anywhere, and is met at first.
            if not found and self._begun:
                break
        self._begun = True
        if self.n and (not self.history or self.history[-1][0] < self.n):
            if len(self.history) >= _HISTORY:
                del self.history[1::2]
            self.history.append((self.n, self.accuracy, *self.accuracy_interval))

    @property
    def accuracy(self) -> float:
        """Share of the completed examples that are right; NaN before there is one."""
        return self.correct / self.n if self.n else float("nan")

    @property
    def accuracy_interval(self) -> Interval:
        """Wilson 95 % interval."""
        return wilson_interval(self.correct, self.n)

    def latest(self, number: int) -> list[ScoredExample]:
        """The completed examples that come last in the sample, the last one first."""
        positions = sorted(self._completions, reverse=True)[:number]
        examples = examples_at(self._store, self._record, positions)
        return [self._scored(position, examples[position]) for position in positions]

    def _add(self, positions: list[int], completion: Completion) -> None:
        predicted = self._parser.parse(completion.text).under(self._scoring)
        labels = Counter(self._labels[position] for position in positions)
        self.n += len(positions)
        self.unparsed += len(positions) if predicted is None else 0
        self.correct += 0 if predicted is None else labels[predicted]
        self._completions |= dict.fromkeys(positions, completion)

    def _scored(self, position: int, example: Example) -> ScoredExample:
        completion = self._completions[position]
        parsed = self._parser.parse(completion.text)
        return ScoredExample(position, example, completion, parsed, parsed.under(self._scoring))
