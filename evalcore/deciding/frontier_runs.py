"""The stored runs that have answered the same examples as a run: their answers to these, and what answering took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis import ScoredRun, score_run
from evalcore.analysis.pairing import example_codes, paired_by_content
from evalcore.errors import BlindspotError
from evalcore.metrics import UNPARSED
from evalcore.parse import Scoring
from evalcore.store import MeasuredAnswers, RunRecord, Store, measured_answers, shared_texts

Codes = NDArray[np.int32]


@dataclass(frozen=True)
class StoredAnswers:
    """What is kept of a run to compare it with others, whichever run is looked at; arrays of shape (n_completed,).

    Attributes:
        positions: in the run's sample. text_hash: of each text, 0 for a blank one.
        true, predicted: codes into the run's own labels; -1 is unparsed.
        measured: what the answers took.
    """

    positions: Codes
    text_hash: NDArray[np.int64]
    true: Codes
    predicted: Codes
    measured: MeasuredAnswers


@dataclass(frozen=True)
class AnsweringRun:
    """A run that has answered all of the examples.

    Attributes:
        predicted: shape (n,), codes into the labels of the examples; -1 is unparsed.
        measured: of all of its answers, which may be more than these.
    """

    record: RunRecord
    predicted: Codes
    measured: MeasuredAnswers


@dataclass(frozen=True)
class LeftOut:
    """A run with the same labels that is not compared, and why: a part of a sentence."""

    record: RunRecord
    why: str


@dataclass(frozen=True)
class AnsweringRuns:
    """All runs on the examples of one.

    Attributes:
        shown: the run that the examples are of.
        y_true: shape (n,), codes into its labels.
        runs: the shown one first.
        left_out: the newest first.
    """

    shown: ScoredRun
    runs: tuple[AnsweringRun, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def y_true(self) -> NDArray[np.int64]:
        """Shape (n,), codes into the labels of the shown run."""
        return self.shown.y_true


def stored_answers(store: Store, run_id: str, scoring: Scoring) -> StoredAnswers:
    """Read a run, and parse its completions.

    Raises:
        StoreError: if it is not there, or damaged.
    """
    return _kept(score_run(store, run_id, scoring), measured_answers(store, run_id))


def answering_runs(
    store: Store, shown: ScoredRun, read: Callable[[RunRecord], StoredAnswers] | None = None
) -> AnsweringRuns:
    """Gather the finished runs that have the labels of a run and have answered each of its examples.

    Runs on the same sample are paired with it by position; others, on a larger sample say, by text and true label, as
    two runs are. So all runs are compared on the same examples, under the scoring of the shown one. A run with another
    list of labels, a merged one say, answers another question, and is not even listed.

    Args:
        read: gives what is stored of a run under the scoring of the shown one; one that remembers it spares reading
            all runs again when another one is shown. Raises BlindspotError for a run that cannot be read.
    """
    if read is None:

        def read(other: RunRecord) -> StoredAnswers:
            return stored_answers(store, other.run_id, shown.scoring)

    record, labels = shown.record, set(shown.labels)
    others = [one for one in store.runs() if one.run_id != record.run_id and set(one.labels) == labels]
    samples = {one.sample_id for one in others if one.finished} - {record.sample_id}
    shared = shared_texts(store, record.sample_id, sorted(samples))
    own = _kept(shown, measured_answers(store, record.run_id))
    different = len(np.unique(example_codes(own.text_hash, shown.y_true)))
    has_texts = bool(shown.columns.text_hash.all())
    runs = [AnsweringRun(record, own.predicted, own.measured)]
    left_out = []
    for other in others:
        if not other.finished:
            left_out.append(LeftOut(other, "it is not finished"))
        elif other.sample_id != record.sample_id and not (has_texts and shared[other.sample_id] >= different):
            left_out.append(LeftOut(other, _other_examples(shared[other.sample_id], different)))
        else:
            found = _answers_of(read, shown, other)
            runs.append(found) if isinstance(found, AnsweringRun) else left_out.append(LeftOut(other, found))
    return AnsweringRuns(shown, tuple(runs), tuple(left_out))


def _answers_of(read: Callable[[RunRecord], StoredAnswers], shown: ScoredRun, other: RunRecord) -> AnsweringRun | str:
    """A run's answers to the examples of the shown one; why there are none."""
    try:
        found = read(other)
    except BlindspotError as error:
        return f"it cannot be read ({error.what.rstrip('.')})"
    if other.sample_id == shown.record.sample_id:
        _, at_shown, at = np.intersect1d(shown.positions, found.positions, assume_unique=True, return_indices=True)
    else:
        true = _to_shown(other, shown)[found.true].astype(np.int64)
        at_shown, at = paired_by_content(shown.columns.text_hash, shown.y_true, found.text_hash, true)
    missing = len(shown.y_true) - len(at)
    if missing:
        return f"it has no answer to {missing:,} of these examples"
    predicted = np.empty(len(shown.y_true), dtype=np.int32)
    predicted[at_shown] = _to_shown(other, shown)[found.predicted[at]]
    return AnsweringRun(other, predicted, found.measured)


def _kept(scored: ScoredRun, measured: MeasuredAnswers) -> StoredAnswers:
    true, predicted = scored.y_true.astype(np.int32), scored.y_pred.astype(np.int32)
    return StoredAnswers(scored.positions, scored.columns.text_hash, true, predicted, measured)


def _to_shown(record: RunRecord, shown: ScoredRun) -> Codes:
    """The shown run's code of each label of another one, which may list them in another order; then that of none."""
    code = {label: at for at, label in enumerate(shown.labels)}
    return np.array([*(code[label] for label in record.labels), UNPARSED], dtype=np.int32)


def _other_examples(shared: int, different: int) -> str:
    if not shared:
        return "it is on other examples"
    return f"it is on other examples: {shared:,} of these {different:,} are among them"
