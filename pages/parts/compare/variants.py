"""Side by side: choose prompts and run them on one sample; choose two to ten runs."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from evalcore.analysis import ScoredRun, Sweep, gather
from evalcore.analysis.sweep import FEWEST, MOST
from evalcore.errors import BlindspotError
from evalcore.parse import Scoring
from evalcore.running import find_prompt, stands_for
from evalcore.store import (
    BASELINES,
    Job,
    Jobs,
    RunCatalog,
    RunRecord,
    RunSpec,
    Store,
    checked,
    distinct_titles,
    last_part,
)
from evalcore.tasks import BUILT_IN
from pages.parts.run import progress, queue
from pages.parts.shell import session
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown

SHUFFLES = 4
ORDERS = ["article", *(f"shuffled-labels:{seed}" for seed in range(1, SHUFFLES + 1))]
_MAX_CACHED = 8


def launcher(page: Frame) -> None:
    """One click queues every chosen prompt on the sample that is chosen on the overview."""
    chosen = session.spec()
    if chosen.model in BASELINES:
        chosen = replace(chosen, model=RunSpec().model)
    task = last_part(chosen.task.name)
    st.caption(
        f"On one sample, as chosen on the overview: {escape_markdown(chosen.model)}, "
        f"{escape_markdown(task)}, N = {chosen.n}, {escape_markdown(chosen.sample)}. "
        "What is stored is not predicted again."
    )
    own = list(page.store.custom_prompts())
    prompts = st.multiselect(
        "Prompts",
        list(dict.fromkeys([*BUILT_IN, *own, *ORDERS, *st.session_state.get("sweep_prompts", [])])),
        default=None if "sweep_prompts" in st.session_state else list(BUILT_IN),
        max_selections=MOST,
        accept_new_options=True,
        key="sweep_prompts",
        help="`few-shot:8` or `shuffled-labels:3` can be typed.",
    )
    too_few = len(prompts) < FEWEST
    with st.container(horizontal=True):
        st.button(
            "Run all of them",
            type="primary",
            disabled=too_few,
            on_click=_start,
            args=(page.store, chosen, tuple(prompts)),
            help=f"Choose at least {FEWEST}." if too_few else None,
        )
        st.button(
            f"Run {SHUFFLES} label orders",
            on_click=_start,
            args=(page.store, chosen, tuple(ORDERS)),
            help="The article's prompt with its label list in the task's order and in others: does a label's place in "
            "the list change how often it is predicted?",
        )
    if said := st.session_state.pop("sweep_error", ""):
        st.error(escape_markdown(said))
    _follow(page.store)


def _start(store: Store, chosen: RunSpec, prompts: tuple[str, ...]) -> None:
    try:
        # `few-shot` and `few-shot:5` are one prompt: the first spelling stands for both.
        distinct = {find_prompt(prompt, store).fingerprint: prompt for prompt in reversed(prompts)}
        specs = [
            session.clamped(checked(replace(chosen, prompt=prompt)))
            for prompt in prompts
            if prompt in distinct.values()
        ]
        st.session_state["sweep_runs"] = [_stored_or_started(store, spec) for spec in specs]
    except BlindspotError as error:
        st.session_state["sweep_error"] = str(error)
        return
    st.session_state["sweep_specs"] = specs
    st.session_state["sweep_shown"] = False


def _stored_or_started(store: Store, spec: RunSpec) -> str | int:
    """A run that is there, by its id; or the number of the job that is to make it."""
    standing = stands_for(spec, store)
    record = standing.record
    if record is not None and record.finished and (standing.sure or store.read_only):
        return record.run_id
    return progress.start(store, spec)


def _run_ids(store: Store) -> list[str]:
    """The runs that were asked for here, as far as they are there."""
    asked: list[str | int] = st.session_state.get("sweep_runs", [])
    jobs = [Jobs(store).get(one) if isinstance(one, int) else one for one in asked]
    ids = [job.run_id if isinstance(job, Job) and job.state == "done" else job for job in jobs]
    return [run_id for run_id in ids if isinstance(run_id, str)]


def _follow(store: Store) -> None:
    """Progress of what was queued here; when all of it is there, it is what the page shows."""
    specs: list[RunSpec] = st.session_state.get("sweep_specs", [])
    if not specs:
        return
    waiting = queue.at_work(store, specs)
    queue.ended_badly(store, specs)
    found = _run_ids(store)
    if not waiting and not st.session_state.get("sweep_shown") and len(found) >= FEWEST:
        st.session_state["sweep_shown"] = True
        st.session_state["side_runs"] = found


def chosen_runs(page: Frame) -> list[RunRecord]:
    """Draw the picker of two to ten runs; the URL holds them."""
    records = {record.run_id: record for record in page.store.runs()}
    _follow_url(records)
    if "side_runs" not in st.session_state:
        st.session_state["side_runs"] = _first_runs(page, records)
    kept = [run_id for run_id in st.session_state["side_runs"] if run_id in records][:MOST]
    names = distinct_titles(records.values(), RunCatalog(page.store).annotations())
    st.session_state["picked_runs"] = kept

    def pick() -> None:
        st.session_state["side_runs"] = list(st.session_state["picked_runs"])

    st.multiselect(
        f"Runs, {FEWEST} to {MOST}: of prompts, models or decodings",
        list(records),
        key="picked_runs",
        format_func=lambda run_id: names[run_id],
        max_selections=MOST,
        on_change=pick,
    )
    kept = [run_id for run_id in st.session_state["side_runs"] if run_id in records]
    st.query_params["runs"] = st.session_state["url_runs"] = ",".join(kept)
    return [records[run_id] for run_id in kept]


def sweep_of(page: Frame, records: list[RunRecord]) -> Sweep:
    """The sweep, kept until one of its runs has more completions.

    Raises:
        SpecError: if the runs cannot be held side by side.
    """
    scored_runs = tuple(session.scored_run_of(page.store, record, page.scoring) for record in records)
    ids = tuple(record.run_id for record in records)
    return _sweep(scored_runs, ids, page.scoring, tuple(len(scored.y_true) for scored in scored_runs))


@st.cache_resource(max_entries=_MAX_CACHED, show_spinner=False)
def _sweep(
    _readings: tuple[ScoredRun, ...], run_ids: tuple[str, ...], scoring: Scoring, done: tuple[int, ...]
) -> Sweep:
    return gather(_readings)


def _follow_url(records: dict[str, RunRecord]) -> None:
    named = st.query_params.get("runs", "")
    if not named or named == st.session_state.get("url_runs"):
        return
    st.session_state["url_runs"] = named
    known = [run_id for run_id in dict.fromkeys(named.split(",")) if run_id in records]
    if len(known) >= FEWEST:
        st.session_state["side_runs"] = known[:MOST]
    if len(known) < len(named.split(",")):
        st.warning("The link names a run that is not stored here; it is left out.")


def _first_runs(page: Frame, records: dict[str, RunRecord]) -> list[str]:
    """What is looked at and every other run on its sample."""
    current = page.record or next(iter(records.values()), None)
    if current is None:
        return []
    same = [record.run_id for record in page.store.runs_on_sample(current.sample_id)]
    return list(dict.fromkeys([current.run_id, *same]))[:MOST]
