"""What the server keeps for all sessions: nothing is computed again while it is unchanged."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from evalcore.analysis import (
    Calibration,
    ComparedCalibration,
    Comparison,
    Filter,
    Finding,
    LabelProbabilities,
    Ladder,
    Mask,
    OtherAnswer,
    ScoredExample,
    ScoredRun,
    Selected,
    Sweep,
    build_ladder,
    calibration,
    compare,
    compared_calibration,
    gather,
    label_probabilities,
    mentions,
    ordered,
    other_answers,
    score_run,
    search,
    select,
)
from evalcore.deciding import StoredAnswers, stored_answers
from evalcore.metrics import wilson
from evalcore.output import findings_of
from evalcore.parse import Scoring
from evalcore.running.own_data import OwnData, look_at
from evalcore.store import (
    Columns,
    DecisionTables,
    RunAnnotation,
    RunCatalog,
    RunRecord,
    Store,
    load_columns,
    version_of,
)
from evalcore.tasks import TaskSource, shown_name
from pages.parts.shell import accuracies

COUNTED_UP_TO = 200_000
"""Rows up to which it is counted unasked whether their texts name a label, and what their probabilities say; a million
take seconds."""
_MAX_CACHED = 16
_COLUMNS_CACHED = 8
"""Runs whose arrays are kept: under 100 MB for a run of a million rows."""
_PROBABILITIES_CACHED = 4
"""Runs whose probabilities are kept: above 256 MiB as a mapped file."""
_STORED_ANSWERS_CACHED = 64
"""Runs of which answers alone are kept: under 2 MB for a run of 100,000 rows."""
_RESULTS_CACHED = 64
"""Tables and charts; the largest, a heat map of 150 labels, takes about 3 MB."""
_ANSWERS_CACHED = 32
"""Answers of the Decide page; one of 100,000 examples takes about 3 MB."""

T = TypeVar("T")
P = ParamSpec("P")
Result = TypeVar("Result", ScoredRun, Comparison, Sweep)
Stamp = tuple[str, Scoring, float | None, int]


@dataclass(frozen=True)
class Listing:
    """Every stored run, the newest first, and what people wrote on them."""

    records: tuple[RunRecord, ...]
    annotations: dict[str, RunAnnotation]

    def find(self, run_id: str | None) -> RunRecord | None:
        """The run of an id. The id is only ever compared with those that exist."""
        return next((record for record in self.records if record.run_id == run_id), None)

    def pinned_for(self, task_name: str) -> str | None:
        """Id of the pinned baseline of a task; None if there is none."""
        pinned = {run_id for run_id, annotation in self.annotations.items() if annotation.pinned}
        return next((r.run_id for r in self.records if r.task_name == task_name and r.run_id in pinned), None)


def listing(store: Store) -> Listing:
    """What is stored, listed again once something has been written."""
    return _listing(store, version_of(store))


def runs_on_sample(store: Store, sample_id: str) -> list[RunRecord]:
    """Finished runs on just these examples, the one that was last asked for first."""
    return _runs_on_sample(store, version_of(store), sample_id)


def count_done(store: Store, run_id: str) -> int:
    """How many of the run's examples have a completion that is intact."""
    return _count_done(store, version_of(store), run_id)


def scored_run_of(store: Store, record: RunRecord, scoring: Scoring) -> ScoredRun:
    """The scored run, kept until it has more completions."""
    scored = _scored_run(store, record.run_id, scoring, _progress_of(store, record))
    accuracies.note(record, scoring, scored.scores.accuracy)
    return scored


def probabilities_of(scored: ScoredRun) -> LabelProbabilities | None:
    """The probabilities of a run's labels, kept until it has more completions; None if it has none."""
    return _probabilities(scored, _stamp(scored))


def required_probabilities_of(scored: ScoredRun) -> LabelProbabilities:
    """The same of a run that has some.

    Raises:
        ValueError: if it has none.
    """
    found = probabilities_of(scored)
    if found is None:
        raise ValueError(f"run {scored.record.run_id} has no probabilities")
    return found


def ladder_of(store: Store, free: RunRecord | None, choosing: RunRecord | None, scoring: Scoring) -> Ladder:
    """The steps from free text to choosing, kept until one of the runs has more completions.

    Raises:
        SpecError: if no example has been answered by both yet.
    """
    read = (scored_run_of(store, free, "strict"), scored_run_of(store, free, "lenient")) if free else None
    chosen = scored_run_of(store, choosing, scoring) if choosing else None
    return _ladder(read, chosen, tuple(_stamp(scored) for scored in (*(read or ()), *([chosen] if chosen else []))))


def calibration_of(scored: ScoredRun) -> Calibration:
    """What the probabilities of a run are worth, computed once. It must have some (`probabilities_of`)."""
    return once(scored, _calibration)


@dataclass(frozen=True)
class RunFigures:
    """A run in numbers; NaN where undefined.

    Attributes:
        n: predicted so far.
        accuracy, macro_f1, unparsed: shares; macro-F1 is that of the labels in the sample.
        accuracy_interval: 95 %.
    """

    n: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    macro_f1: float
    unparsed: float


def figures_of(store: Store, record: RunRecord, scoring: Scoring) -> RunFigures:
    """A run in numbers, of many more runs than are kept as arrays."""
    found = _figures(store, record.run_id, scoring, _progress_of(store, record))
    accuracies.note(record, scoring, found.accuracy)
    return found


def once(of: Result, make: Callable[Concatenate[Result, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`make(of, ...)`, made once for these arguments. It must not be changed by whom it is given.

    Args:
        of: a scored run, or two or several of them, compared.
        make: a function of a module; its other arguments must be such as Streamlit can hash.
    """
    named = tuple(sorted(kwargs.items()))
    made: T = _once(f"{make.__module__}.{make.__qualname__}", _stamps(of), args, named, make, of)
    return made


def answer_of(
    runs: Sequence[ScoredRun], question: Callable[..., T], asked: Hashable, others: Sequence[ScoredRun] = ()
) -> T:
    """A question's answer, kept until one of its runs has more completions or something else is asked.

    Args:
        runs: one, or two that are compared.
        question: a function of a module, called with each run and its probabilities, then with what is asked, and
            then with `others` if there are any.
        others: further runs that it needs.

    Raises:
        BlindspotError: if it cannot be answered.
    """
    name = f"{question.__module__}.{question.__qualname__}"
    answer: T = _answer(name, tuple(_stamp(one) for one in (*runs, *others)), asked, question, runs, others)
    return answer


@st.cache_resource(max_entries=2, show_spinner=False)
def decision_tables(_store: Store, folder: str) -> DecisionTables:
    """The tables that people typed on the Decide page.

    Args:
        folder: of the store.
    """
    return DecisionTables(_store)


def findings_for(store: Store, scored: ScoredRun) -> list[Finding]:
    """The scored run's findings, kept until another run on its sample is there to compare with."""
    return _findings(store, scored, _stamp(scored), _others(store, scored))


def selected(store: Store, scored: ScoredRun, asked: Filter, *, order: str = "", count_all: bool = False) -> Selected:
    """What passes a filter, with live counts.

    Args:
        order: of `EXAMPLE_ORDERS`; empty for that of the sample.
        count_all: also the choices that take long to count, where they are not asked for: whether texts name a label,
            and what the probabilities say. Above `COUNTED_UP_TO` rows they are left out until they are.
    """
    count_all = count_all and len(scored.answers) <= COUNTED_UP_TO
    with_mentions = bool(asked.mentions) or count_all
    with_probabilities = asked.needs_probabilities or bool(order) or count_all
    others = _others(store, scored) if asked.finding else ()
    return _selected(store, scored, _stamp(scored), asked, with_mentions, with_probabilities, others, order)


def other_answers_to(store: Store, scored: ScoredRun, answer: ScoredExample) -> list[OtherAnswer]:
    """What other runs answered to the same text, looked for again once something has been written."""
    record = scored.record
    return _other_answers(
        store, version_of(store), record, record.run_id, scored.scoring, answer.position, answer.example.text
    )


def comparison_of(store: Store, a: RunRecord, b: RunRecord, scoring: Scoring) -> Comparison:
    """The comparison of two runs, kept until one of them has more completions.

    Raises:
        SpecError: if they cannot be compared.
    """
    scored_a, scored_b = (scored_run_of(store, record, scoring) for record in (a, b))
    return _comparison(scored_a, scored_b, _stamp(scored_a), _stamp(scored_b))


def compared_probabilities_of(comparison: Comparison) -> ComparedCalibration | None:
    """The probabilities of both runs, compared once; None if one of them has none."""
    return once(comparison, _compared_probabilities)


def stored_answers_of(store: Store, record: RunRecord, scoring: Scoring) -> StoredAnswers:
    """What is kept of each of many runs, to compare all of them.

    Raises:
        StoreError: if it is damaged.
    """
    return _stored_answers(store, record.run_id, scoring, _progress_of(store, record))


def sweep_of(store: Store, records: list[RunRecord], scoring: Scoring) -> Sweep:
    """Several runs side by side, kept until one of them has more completions.

    Raises:
        SpecError: if the runs cannot be held side by side.
    """
    scored_runs = tuple(scored_run_of(store, record, scoring) for record in records)
    return _sweep(scored_runs, tuple(_stamp(scored) for scored in scored_runs))


def own_data_of(store: Store, source: TaskSource) -> OwnData:
    """What is known of a person's data, looked at once: an upload's name stands for its content.

    Raises:
        BlindspotError: if they are not there.
    """
    names = tuple(shown_name(name, store.folder) for name in (source.name, source.train, source.labels))
    found = _own_data(store, source, names)
    rows_of_data()[source.name] = found.audit.n
    return found


@st.cache_resource(show_spinner=False)
def rows_of_data() -> dict[str, int]:
    """The number of rows of the data that were looked at since the server was started, by the task's name."""
    return {}


def _others(store: Store, scored: ScoredRun) -> tuple[str, ...]:
    """The runs with which a run's findings compare it."""
    return tuple(record.run_id for record in runs_on_sample(store, scored.record.sample_id))


def _progress_of(store: Store, record: RunRecord) -> float:
    """Changes with every completion, and when a finished run was run again with other training examples."""
    return record.finished or count_done(store, record.run_id)


def _stamp(scored: ScoredRun) -> Stamp:
    """Two scored runs with the same stamp are equal."""
    return scored.record.run_id, scored.scoring, scored.record.finished, len(scored.answers)


def _stamps(of: ScoredRun | Comparison | Sweep) -> tuple[Stamp, ...]:
    """The stamp of each run that a result is of."""
    runs = (of,) if isinstance(of, ScoredRun) else (of.a, of.b) if isinstance(of, Comparison) else of.scored_runs
    return tuple(_stamp(scored) for scored in runs)


@st.cache_resource(max_entries=_MAX_CACHED, show_spinner=False)
def _own_data(_store: Store, source: TaskSource, names: tuple[str, ...]) -> OwnData:
    return look_at(source, _store)


@st.cache_resource(max_entries=2, show_spinner=False)
def _listing(_store: Store, version: str) -> Listing:
    return Listing(tuple(_store.runs()), RunCatalog(_store).annotations())


@st.cache_resource(max_entries=_MAX_CACHED, show_spinner=False)
def _runs_on_sample(_store: Store, version: str, sample_id: str) -> list[RunRecord]:
    return _store.runs_on_sample(sample_id)


@st.cache_resource(max_entries=_MAX_CACHED, show_spinner=False)
def _count_done(_store: Store, version: str, run_id: str) -> int:
    return _store.count_done(run_id)


@st.cache_resource(max_entries=_COLUMNS_CACHED, show_spinner="Reading the run …")
def _columns(_store: Store, run_id: str, progress: float) -> Columns:
    return load_columns(_store, _store.run(run_id))


@st.cache_resource(max_entries=_COLUMNS_CACHED, show_spinner=False)
def _scored_run(_store: Store, run_id: str, scoring: Scoring, progress: float) -> ScoredRun:
    scored = score_run(_store, run_id, scoring, columns=_columns(_store, run_id, progress))
    each = scored.per_class
    shared = (scored.y_true, scored.y_pred, scored.confusion, each.precision, each.recall, each.f1)
    for array in (*shared, each.support, each.predicted, each.true_positives):
        array.setflags(write=False)  # all sessions are given this one object
    return scored


@st.cache_resource(max_entries=_PROBABILITIES_CACHED, show_spinner="Reading the probabilities …")
def _probabilities(_scored: ScoredRun, stamp: Stamp) -> LabelProbabilities | None:
    return label_probabilities(_scored)


@st.cache_resource(max_entries=_STORED_ANSWERS_CACHED, show_spinner="Reading the runs …")
def _stored_answers(_store: Store, run_id: str, scoring: Scoring, progress: float) -> StoredAnswers:
    return stored_answers(_store, run_id, scoring)


def _calibration(scored: ScoredRun) -> Calibration:
    return calibration(required_probabilities_of(scored))


def _compared_probabilities(comparison: Comparison) -> ComparedCalibration | None:
    a, b = probabilities_of(comparison.a), probabilities_of(comparison.b)
    return None if a is None or b is None else compared_calibration(comparison, a, b)


@st.cache_data(max_entries=2000, show_spinner=False)
def _figures(_store: Store, run_id: str, scoring: Scoring, progress: float) -> RunFigures:
    s = score_run(_store, run_id, scoring).scores
    low, high = wilson(s.correct, s.n)
    return RunFigures(s.n, s.accuracy, (float(low), float(high)), s.macro_f1_present, s.unparsed_rate)


@st.cache_resource(max_entries=_RESULTS_CACHED, show_spinner=False)
def _once(
    name: str,
    stamps: tuple[Stamp, ...],
    args: tuple[object, ...],
    kwargs: tuple[tuple[str, Hashable], ...],
    _make: Callable[..., Any],
    _of: ScoredRun | Comparison | Sweep,
) -> Any:
    return _make(_of, *args, **dict(kwargs))


@st.cache_resource(max_entries=_ANSWERS_CACHED, show_spinner=False)
def _answer(
    name: str,
    stamps: tuple[Stamp, ...],
    asked: Hashable,
    _question: Callable[..., Any],
    _runs: Sequence[ScoredRun],
    _others: Sequence[ScoredRun],
) -> Any:
    with_probabilities = [one for scored in _runs for one in (scored, probabilities_of(scored))]
    return _question(*with_probabilities, asked, *([tuple(_others)] if _others else []))


@st.cache_resource(max_entries=_MAX_CACHED, show_spinner=False)
def _findings(_store: Store, _scored: ScoredRun, stamp: Stamp, others: tuple[str, ...]) -> list[Finding]:
    return findings_of(_store, _scored, _sure_of)


def _sure_of(scored: ScoredRun) -> tuple[LabelProbabilities, Calibration] | None:
    """For the findings, on the first page that one sees: those of a very large run would take half a minute. Its
    Confidence page and its report on the command line have them."""
    probabilities = probabilities_of(scored) if len(scored.answers) <= COUNTED_UP_TO else None
    return None if probabilities is None else (probabilities, calibration_of(scored))


@st.cache_resource(max_entries=_COLUMNS_CACHED, show_spinner=False)
def _selected(
    _store: Store,
    _scored: ScoredRun,
    stamp: Stamp,
    asked: Filter,
    with_mentions: bool,
    with_probabilities: bool,
    others: tuple[str, ...],
    order: str,
) -> Selected:
    found = _found(_store, _scored, stamp, asked.text) if asked.text else None
    mentioned = _mentioned(_store, _scored, stamp) if with_mentions else None
    probabilities = _probabilities(_scored, stamp) if with_probabilities else None
    positions = None
    if asked.finding:
        findings = _findings(_store, _scored, stamp, others)
        positions = next((finding.positions for finding in findings if finding.kind == asked.finding), ())
    passed = select(_scored, asked, found=found, mentioned=mentioned, positions=positions, probabilities=probabilities)
    if order and probabilities is not None:
        return replace(passed, rows=ordered(passed.rows, probabilities, order))
    return passed


@st.cache_resource(max_entries=_MAX_CACHED, show_spinner=False)
def _found(_store: Store, _scored: ScoredRun, stamp: Stamp, needle: str) -> Mask:
    return search(_store, _scored, needle)


@st.cache_resource(max_entries=_COLUMNS_CACHED, show_spinner=False)
def _mentioned(_store: Store, _scored: ScoredRun, stamp: Stamp) -> NDArray[np.int8]:
    return mentions(_store, _scored)


@st.cache_resource(max_entries=_MAX_CACHED, show_spinner=False)
def _other_answers(
    _store: Store, version: str, _record: RunRecord, run_id: str, scoring: Scoring, position: int, text: str
) -> list[OtherAnswer]:
    return other_answers(_store, _record, position, text, scoring)


@st.cache_resource(max_entries=_MAX_CACHED, show_spinner=False)
def _comparison(_a: ScoredRun, _b: ScoredRun, stamp_a: Stamp, stamp_b: Stamp) -> Comparison:
    return compare(_a, _b)


@st.cache_resource(max_entries=_MAX_CACHED, show_spinner=False)
def _ladder(
    _free: tuple[ScoredRun, ScoredRun] | None, _choosing: ScoredRun | None, stamps: tuple[Stamp, ...]
) -> Ladder:
    return build_ladder(_free, _choosing)


@st.cache_resource(max_entries=_MAX_CACHED, show_spinner=False)
def _sweep(_scored_runs: tuple[ScoredRun, ...], stamps: tuple[Stamp, ...]) -> Sweep:
    return gather(_scored_runs)
