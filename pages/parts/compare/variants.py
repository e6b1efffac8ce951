"""Side by side: choose prompts and run them on one sample; choose two to ten runs."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from evalcore.analysis import FEWEST_RUNS, MOST_RUNS
from evalcore.errors import BlindspotError
from evalcore.running import current_run_for, find_prompt
from evalcore.store import Job, Jobs, RunRecord, RunSpec, Store, checked, distinct_titles, last_part
from evalcore.tasks import BUILT_IN
from pages.parts.run import progress, queue
from pages.parts.shell import cached, url
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown
from pages.parts.shell.session import PromptSweep, view_state
from pages.parts.shell.shown import clamped

SHUFFLES = 4
ORDERS = ["article", *(f"shuffled-labels:{seed}" for seed in range(1, SHUFFLES + 1))]


def launcher(page: Frame) -> None:
    """One click queues every chosen prompt on the sample that is chosen on the overview."""
    chosen = view_state().spec
    if not chosen.kind.reads_prompt:
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
        max_selections=MOST_RUNS,
        accept_new_options=True,
        key="sweep_prompts",
        help="`few-shot:8` or `shuffled-labels:3` can be typed.",
    )
    too_few = len(prompts) < FEWEST_RUNS
    with st.container(horizontal=True):
        st.button(
            "Run all of them",
            type="primary",
            disabled=too_few,
            on_click=_start,
            args=(page.store, chosen, tuple(prompts)),
            help=f"Choose at least {FEWEST_RUNS}." if too_few else None,
        )
        st.button(
            f"Run {SHUFFLES} label orders",
            on_click=_start,
            args=(page.store, chosen, tuple(ORDERS)),
            help="The article's prompt with its label list in the task's order and in others: does a label's place in "
            "the list change how often it is predicted?",
        )
    sweep = view_state().sweep
    if sweep.error:
        st.error(escape_markdown(sweep.error))
        sweep.error = ""
    _follow(page.store, sweep)


def _start(store: Store, chosen: RunSpec, prompts: tuple[str, ...]) -> None:
    view = view_state()
    try:
        # `few-shot` and `few-shot:5` are one prompt: the first spelling stands for both.
        distinct = {find_prompt(prompt, store).fingerprint: prompt for prompt in reversed(prompts)}
        specs = [clamped(checked(replace(chosen, prompt=name))) for name in prompts if name in distinct.values()]
        view.sweep = PromptSweep(specs, [_stored_or_started(store, spec) for spec in specs])
    except BlindspotError as error:
        view.sweep.error = str(error)


def _stored_or_started(store: Store, spec: RunSpec) -> str | int:
    """A run that is there, by its id; or the number of the job that is to make it."""
    current = current_run_for(spec, store)
    record = current.record
    if record is not None and record.finished and (current.sure or store.read_only):
        return record.run_id
    return progress.start(store, spec)


def _follow(store: Store, sweep: PromptSweep) -> None:
    """Progress of what was started here; when all of it is there, it is what the page shows."""
    if not sweep.specs:
        return
    waiting = queue.at_work(store, sweep.specs)
    queue.ended_badly(store, sweep.specs)
    if waiting or sweep.shown:
        return
    found = _run_ids(store, sweep.started)
    if len(found) >= FEWEST_RUNS:
        sweep.shown = True
        view_state().side_by_side = found


def _run_ids(store: Store, started: list[str | int]) -> list[str]:
    """The runs that were asked for here, as far as they are there."""
    jobs = [Jobs(store).get(one) if isinstance(one, int) else one for one in started]
    ids = [job.run_id if isinstance(job, Job) and job.state == "done" else job for job in jobs]
    return [run_id for run_id in ids if isinstance(run_id, str)]


def chosen_runs(page: Frame) -> list[RunRecord]:
    """Draw the picker of two to ten runs; the URL holds them."""
    view, listing = view_state(), page.listing
    if page.arrived is not None:
        view.side_by_side = _named_runs(listing, page.arrived) or view.side_by_side
    if view.side_by_side is None:
        view.side_by_side = _first_runs(page)
    kept = [run_id for run_id in view.side_by_side if listing.find(run_id)][:MOST_RUNS]
    titles = distinct_titles(listing.records, listing.annotations)
    st.session_state["picked_runs"] = kept

    def pick() -> None:
        view.side_by_side = list(st.session_state["picked_runs"])

    st.multiselect(
        f"Runs, {FEWEST_RUNS} to {MOST_RUNS}: of prompts, models or decodings",
        list(titles),
        key="picked_runs",
        format_func=lambda run_id: titles[run_id],
        max_selections=MOST_RUNS,
        on_change=pick,
    )
    url.write_beside_others(page.title, {"runs": ",".join(kept)})
    return [record for record in map(listing.find, kept) if record]


def _named_runs(listing: cached.Listing, query: url.Query) -> list[str] | None:
    """The runs that a URL names; None if fewer than two of them are stored."""
    if not query.get("runs"):
        return None
    named = query["runs"].split(",")
    known = [run_id for run_id in dict.fromkeys(named) if listing.find(run_id)]
    if len(known) < len(named):
        st.warning("The link names a run that is not stored here; it is left out.")
    return known[:MOST_RUNS] if len(known) >= FEWEST_RUNS else None


def _first_runs(page: Frame) -> list[str]:
    """What is looked at and every other run on its sample."""
    current = page.record or next(iter(page.listing.records), None)
    if current is None:
        return []
    same = [record.run_id for record in cached.runs_on_sample(page.store, current.sample_id)]
    return list(dict.fromkeys([current.run_id, *same]))[:MOST_RUNS]
