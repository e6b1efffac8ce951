"""What a person is looking at, kept in the session and in the URL."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from evalcore.columns import Columns, load_columns
from evalcore.errors import BlindspotError
from evalcore.filters import Filter, Mask, Selected, mentions, search, select
from evalcore.findings import Finding
from evalcore.parse import Scoring
from evalcore.report import findings_of
from evalcore.runspec import RunSpec, checked
from evalcore.scoring import OUTCOMES, Reading, read
from evalcore.store import RunRecord, Store
from evalcore.task import TaskSource, load_task

BANKING77_TEST_ROWS = 3080
MENTIONS_UP_TO = 200_000
"""Rows up to which it is counted unasked whether their texts name a label; a million take seconds."""
_MAX_CACHED = 16
_COLUMNS_CACHED = 8
"""Runs whose arrays are kept: under 100 MB for a run of a million rows."""


@st.cache_resource
def open_store() -> Store:
    """The cache folder, one for all sessions of this server."""
    return Store()


def spec() -> RunSpec:
    """What this session has chosen."""
    return st.session_state.setdefault("spec", RunSpec())


def choose(chosen: RunSpec) -> None:
    """Make this the session's choice; the bar's widgets follow."""
    st.session_state["spec"] = chosen
    for name, value in widget_values(chosen).items():
        st.session_state[name] = value
    st.session_state.pop("imported", None)


def widget_values(chosen: RunSpec) -> dict[str, object]:
    """The bar's widgets, each under its key, for a spec."""
    values = {f"bar_{name}": value for name, value in asdict(chosen).items() if name != "task"}
    values |= {f"bar_task_{name}": value for name, value in asdict(chosen.task).items()}
    values["bar_n_slider"] = chosen.n
    return values


def spec_of_widgets() -> RunSpec:
    """The spec that the bar's widgets say."""
    fields = {name: st.session_state[f"bar_{name}"] for name in asdict(RunSpec()) if name != "task"}
    task = {name: st.session_state[f"bar_task_{name}"] for name in asdict(TaskSource())}
    return RunSpec(task=TaskSource(**task), **fields)


def follow_url(store: Store) -> None:
    """Take the run that the URL names, once per visit; an unknown one is said to be so.

    The name is only ever compared with the runs that exist.
    """
    named = st.query_params.get("run")
    if named is None or named == st.session_state.get("url_run"):
        return
    st.session_state["url_run"] = named
    record = next((record for record in store.runs() if record.run_id == named), None)
    if record is None:
        st.session_state["unknown_run"] = True
        return
    show(record)


def show(record: RunRecord) -> None:
    """Look at a stored run."""
    if record.identity.get("predictor") == "import":
        st.session_state["imported"] = record.run_id
    else:
        choose(record.spec)


def current_record(store: Store) -> RunRecord | None:
    """The stored run that the session looks at, if there is one."""
    imported = st.session_state.get("imported")
    if imported:
        return next((record for record in store.runs() if record.run_id == imported), None)
    try:
        return store.find_run(clamped(checked(spec())))
    except BlindspotError:
        return None


def clamped(chosen: RunSpec) -> RunSpec:
    """N no larger than the split, where its size is known: the same run must be found under either number."""
    size = split_size(chosen.task)
    return replace(chosen, n=min(chosen.n, size)) if size else chosen


def split_size(source: TaskSource) -> int | None:
    """Number of test examples; None if the task cannot be read. Never asks the hub."""
    try:
        return _local_split_size(source)
    except BlindspotError:
        return BANKING77_TEST_ROWS if source.name == "banking77" else None


@st.cache_data(ttl=60, max_entries=_MAX_CACHED, show_spinner=False)
def _local_split_size(source: TaskSource) -> int:
    import os

    if source.name == "banking77" and not os.environ.get("BLINDSPOT_DATA"):
        return BANKING77_TEST_ROWS
    return len(load_task(source).test)


def reading_of(store: Store, record: RunRecord, scoring: Scoring) -> Reading:
    """The run's reading, kept until it has more completions."""
    return _reading(store, record.run_id, scoring, record.finished or store.count_done(record.run_id))


def findings_for(store: Store, reading: Reading) -> list[Finding]:
    """The reading's findings, kept until another run on its sample is there to compare with."""
    others = tuple(record.run_id for record in store.runs_on_sample(reading.record.sample_id))
    return _findings(store, reading, reading.record.run_id, reading.scoring, len(reading.answers), others)


def selected(store: Store, reading: Reading, asked: Filter, *, count_mentions: bool = False) -> Selected:
    """What passes a filter, with live counts; searches are kept, so that a click does not repeat them.

    Args:
        count_mentions: also where it is not asked for. Above `MENTIONS_UP_TO` rows it is left out until it is.
    """
    run_id, done = reading.record.run_id, len(reading.answers)
    found = _found(store, reading, run_id, done, asked.text) if asked.text else None
    mentioned = None
    if asked.mentions or (count_mentions and done <= MENTIONS_UP_TO):
        mentioned = _mentioned(store, reading, run_id, done)
    positions = None
    if asked.finding:
        positions = next((f.positions for f in findings_for(store, reading) if f.kind == asked.finding), ())
    return select(reading, asked, found=found, mentioned=mentioned, positions=positions)


def outcome_words(reading: Reading, rows: NDArray[np.intp]) -> str:
    """`201 right, 60 wrong, 139 unparsed` of some rows."""
    counts = np.bincount(reading.outcomes[rows], minlength=len(OUTCOMES)).tolist()
    return ", ".join(f"{count:,} {outcome}" for outcome, count in zip(OUTCOMES, counts, strict=True))


@st.cache_resource(max_entries=_MAX_CACHED, show_spinner=False)
def _found(_store: Store, _reading: Reading, run_id: str, done: int, needle: str) -> Mask:
    return search(_store, _reading, needle)


@st.cache_resource(max_entries=_COLUMNS_CACHED, show_spinner=False)
def _mentioned(_store: Store, _reading: Reading, run_id: str, done: int) -> NDArray[np.int8]:
    return mentions(_store, _reading)


@st.cache_resource(max_entries=_COLUMNS_CACHED, show_spinner="Reading the run …")
def _columns(_store: Store, run_id: str, stamp: float) -> Columns:
    return load_columns(_store, _store.run(run_id))


@st.cache_resource(max_entries=_COLUMNS_CACHED, show_spinner=False)
def _reading(_store: Store, run_id: str, scoring: Scoring, stamp: float) -> Reading:
    reading = read(_store, run_id, scoring, columns=_columns(_store, run_id, stamp))
    each = reading.per_class
    shared = (reading.y_true, reading.y_pred, reading.confusion, each.precision, each.recall, each.f1)
    for array in (*shared, each.support, each.predicted, each.true_positives):
        array.setflags(write=False)  # all sessions are given this one reading
    return reading


@st.cache_resource(max_entries=_MAX_CACHED, show_spinner=False)
def _findings(
    _store: Store, _reading: Reading, run_id: str, scoring: Scoring, done: int, others: tuple[str, ...]
) -> list[Finding]:
    return findings_of(_store, _reading)


def with_prompt(name: str) -> RunSpec:
    """What is chosen, with another prompt."""
    return replace(spec(), prompt=name)
