"""What a person is looking at, kept in the session and in the URL."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from evalcore.analysis import OUTCOMES, Filter, Finding, Mask, ScoredRun, Selected, mentions, score_run, search, select
from evalcore.errors import BlindspotError
from evalcore.output import findings_of
from evalcore.parse import Scoring
from evalcore.running import changed_since, current_run_for, split_size
from evalcore.store import Columns, Jobs, RunRecord, RunSpec, Store, checked, load_columns
from evalcore.tasks import TaskSource

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
    look_at_choice()


def look_at_choice(job_id: int | None = None) -> None:
    """Look at what is chosen, and at no run that was opened before.

    Args:
        job_id: the job that was asked to run it.
    """
    st.session_state["opened"], st.session_state["asked"] = None, job_id


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


def choose_prompt(name: str) -> None:
    """Make this prompt the session's choice."""
    choose(replace(spec(), prompt=name))


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
    """Open a stored run."""
    if record.kind.can_run:
        choose(record.spec)
    st.session_state["opened"] = record.run_id


@dataclass(frozen=True)
class Shown:
    """The run that a session looks at.

    Attributes:
        record: None if what is chosen has not been run.
        said: a sentence on how it stands to what is there now; empty if it is the run of that.
        other: a run to look at instead: of what is there now, or the last one.
    """

    record: RunRecord | None = None
    said: str = ""
    other: RunRecord | None = None


def shown(store: Store) -> Shown:
    """The run that was opened, or else the stored run of what is chosen: of the prompt and data that are there now."""
    records = {record.run_id: record for record in store.runs()}
    opened = records.get(st.session_state.get("opened") or "")
    if opened is not None:
        return _opened(opened, store)
    try:
        current = current_run_for(clamped(checked(spec())), store)
    except BlindspotError:
        return Shown()
    job = Jobs(store).get(st.session_state.get("asked") or 0)
    run_of_job = records.get(job.run_id or "") if job else None
    if current.record is not None:
        if current.record != run_of_job:
            look_at_choice()
        said = f"{current.unread} What is shown is the last run of it." if current.unread else ""
        return Shown(current.record, said)
    if current.last is None:
        return Shown(None, current.unread)
    if run_of_job is not None:  # something was written since it was asked for
        return _opened(run_of_job, store)
    what = _listed(current.changed)
    return Shown(None, f"This has not been run yet: {what} changed since the last run of it.", current.last)


def _opened(record: RunRecord, store: Store) -> Shown:
    changed = changed_since(record, store) if record.kind.can_run else ()
    if not changed:
        return Shown(record)
    now = current_run_for(clamped(record.spec), store).record
    what = _listed(changed)
    do = "" if now else " “Run”, on the overview, takes what is there now."
    return Shown(record, f"{what[:1].upper()}{what[1:]} changed since this run was made.{do}", now)


def _listed(things: tuple[str, ...]) -> str:
    """`the prompt has`, `the prompt and the data have`."""
    has = "has" if len(things) == 1 and things[0] != "the training examples" else "have"
    return f"{' and '.join(things)} {has}"


def clamped(chosen: RunSpec) -> RunSpec:
    """N no larger than the split, where its size is known: the same run must be found under either number."""
    size = split_size(chosen.task)
    return replace(chosen, n=min(chosen.n, size)) if size else chosen


def scored_run_of(store: Store, record: RunRecord, scoring: Scoring) -> ScoredRun:
    """The run's reading, kept until it has more completions."""
    return _reading(store, record.run_id, scoring, record.finished or store.count_done(record.run_id))


def findings_for(store: Store, scored: ScoredRun) -> list[Finding]:
    """The reading's findings, kept until another run on its sample is there to compare with."""
    others = tuple(record.run_id for record in store.runs_on_sample(scored.record.sample_id))
    return _findings(store, scored, scored.record.run_id, scored.scoring, len(scored.answers), others)


def selected(store: Store, scored: ScoredRun, asked: Filter, *, count_mentions: bool = False) -> Selected:
    """What passes a filter, with live counts; searches are kept, so that a click does not repeat them.

    Args:
        count_mentions: also where it is not asked for. Above `MENTIONS_UP_TO` rows it is left out until it is.
    """
    run_id, done = scored.record.run_id, len(scored.answers)
    found = _found(store, scored, run_id, done, asked.text) if asked.text else None
    mentioned = None
    if asked.mentions or (count_mentions and done <= MENTIONS_UP_TO):
        mentioned = _mentioned(store, scored, run_id, done)
    positions = None
    if asked.finding:
        positions = next((f.positions for f in findings_for(store, scored) if f.kind == asked.finding), ())
    return select(scored, asked, found=found, mentioned=mentioned, positions=positions)


def outcome_words(scored: ScoredRun, rows: NDArray[np.intp]) -> str:
    """`201 right, 60 wrong, 139 unparsed` of some rows."""
    counts = np.bincount(scored.outcomes[rows], minlength=len(OUTCOMES)).tolist()
    return ", ".join(f"{count:,} {outcome}" for outcome, count in zip(OUTCOMES, counts, strict=True))


@st.cache_resource(max_entries=_MAX_CACHED, show_spinner=False)
def _found(_store: Store, _reading: ScoredRun, run_id: str, done: int, needle: str) -> Mask:
    return search(_store, _reading, needle)


@st.cache_resource(max_entries=_COLUMNS_CACHED, show_spinner=False)
def _mentioned(_store: Store, _reading: ScoredRun, run_id: str, done: int) -> NDArray[np.int8]:
    return mentions(_store, _reading)


@st.cache_resource(max_entries=_COLUMNS_CACHED, show_spinner="Reading the run …")
def _columns(_store: Store, run_id: str, stamp: float) -> Columns:
    return load_columns(_store, _store.run(run_id))


@st.cache_resource(max_entries=_COLUMNS_CACHED, show_spinner=False)
def _reading(_store: Store, run_id: str, scoring: Scoring, stamp: float) -> ScoredRun:
    scored = score_run(_store, run_id, scoring, columns=_columns(_store, run_id, stamp))
    each = scored.per_class
    shared = (scored.y_true, scored.y_pred, scored.confusion, each.precision, each.recall, each.f1)
    for array in (*shared, each.support, each.predicted, each.true_positives):
        array.setflags(write=False)  # all sessions are given this one reading
    return scored


@st.cache_resource(max_entries=_MAX_CACHED, show_spinner=False)
def _findings(
    _store: Store, _reading: ScoredRun, run_id: str, scoring: Scoring, done: int, others: tuple[str, ...]
) -> list[Finding]:
    return findings_of(_store, _reading)
