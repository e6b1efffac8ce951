"""The stored runs that have answered the same examples as a run: their answers to these, and what answering took."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis import ScoredRun, score_run
from evalcore.errors import BlindspotError
from evalcore.metrics import UNPARSED, Counts
from evalcore.store import MeasuredAnswers, RunRecord, Store, measured_answers, shared_texts
from evalcore.wording import counted


@dataclass(frozen=True)
class AnsweringRun:
    """A run that has answered all of the examples.

    Attributes:
        predicted: shape (n,), codes into the labels of the examples; -1 is unparsed.
        measured: of all of its answers, which may be more than these.
    """

    record: RunRecord
    predicted: Counts
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
    def y_true(self) -> Counts:
        """Shape (n,), codes into the labels of the shown run."""
        return self.shown.y_true


def answering_runs(store: Store, shown: ScoredRun) -> AnsweringRuns:
    """Gather the finished runs that have the labels of a run and have answered each of its examples.

    Runs on the same sample are paired with it by position; others, on a larger sample say, by text and true label, as
    two runs are. So all runs are compared on the same examples, under the scoring of the shown one. A run with another
    list of labels, a merged one say, answers another question, and is not even listed.
    """
    record, labels = shown.record, set(shown.labels)
    others = [one for one in store.runs() if one.run_id != record.run_id and set(one.labels) == labels]
    samples = {one.sample_id for one in others if one.finished} - {record.sample_id}
    shared = shared_texts(store, record.sample_id, sorted(samples))
    wanted = _contents(shown, shown)
    different = len(np.unique(wanted[["text", "label"]]))
    has_texts = bool(shown.columns.text_hash.all())
    runs = [AnsweringRun(record, shown.y_pred, measured_answers(store, record.run_id))]
    left_out = []
    for other in others:
        if not other.finished:
            left_out.append(LeftOut(other, "it is not finished"))
        elif other.sample_id != record.sample_id and not (has_texts and shared[other.sample_id] >= different):
            left_out.append(LeftOut(other, _other_examples(shared[other.sample_id], different)))
        else:
            found = _answers_of(store, shown, other, wanted)
            runs.append(found) if isinstance(found, AnsweringRun) else left_out.append(LeftOut(other, found))
    return AnsweringRuns(shown, tuple(runs), tuple(left_out))


def _answers_of(store: Store, shown: ScoredRun, other: RunRecord, wanted: NDArray[np.void]) -> AnsweringRun | str:
    """A run's answers to the examples of the shown one; why there are none."""
    try:
        scored = score_run(store, other.run_id, shown.scoring)
        measured = measured_answers(store, other.run_id)
    except BlindspotError as error:
        return f"it cannot be read ({error.what.rstrip('.')})"
    if other.sample_id == shown.record.sample_id:
        _, at_shown, at = np.intersect1d(shown.positions, scored.positions, assume_unique=True, return_indices=True)
    else:
        _, at_shown, at = np.intersect1d(wanted, _contents(scored, shown), assume_unique=True, return_indices=True)
    missing = len(wanted) - len(at)
    if missing:
        return f"it has no answer to {counted(missing, 'of these examples', 'of these examples')}"
    code = {label: at for at, label in enumerate(shown.labels)}
    to_shown = np.array([*(code[label] for label in scored.labels), UNPARSED], dtype=np.int64)
    predicted = np.empty(len(wanted), dtype=np.int64)
    predicted[at_shown] = to_shown[scored.y_pred[at]]
    return AnsweringRun(other, predicted, measured)


def _contents(scored: ScoredRun, shown: ScoredRun) -> NDArray[np.void]:
    """What tells each example from the others, whatever sample it is in: its text, its true label (a code of the shown
    run), and which copy of these two it is. Shape (n,)."""
    code = {label: at for at, label in enumerate(shown.labels)}
    true = np.array([code[label] for label in scored.labels], dtype=np.int64)[scored.y_true]
    found = np.empty(len(true), dtype=[("text", np.int64), ("label", np.int64), ("copy", np.int64)])
    found["text"], found["label"] = scored.columns.text_hash, true
    order = np.lexsort((true, found["text"]))  # stable: copies stay in the order of the sample
    first = np.ones(len(true), dtype=bool)
    first[1:] = (np.diff(found["text"][order]) != 0) | (np.diff(true[order]) != 0)
    places = np.arange(len(true))
    found["copy"][order] = places - np.maximum.accumulate(np.where(first, places, 0))
    return found


def _other_examples(shared: int, different: int) -> str:
    if not shared:
        return "it is on other examples"
    return f"it is on other examples: {shared:,} of these {different:,} are among them"


def ids_of(runs: Iterable[AnsweringRun]) -> list[str]:
    """Their ids."""
    return [run.record.run_id for run in runs]
