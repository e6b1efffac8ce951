"""Several prompts on one sample, run from here; and the two to ten runs that are shown side by side."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from evalcore.analysis import FEWEST_RUNS, MOST_RUNS
from evalcore.errors import BlindspotError
from evalcore.running import current_run_for, find_prompt, split_size, understand
from evalcore.store import Job, Jobs, RunSpec, Store, checked
from evalcore.tasks import BUILT_IN, SAMPLES
from pages.parts.run import progress, queue
from pages.parts.run.options import choice_words
from pages.parts.shell import run_titles
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown, message_markdown
from pages.parts.shell.session import view_state
from pages.parts.shell.shown import clamped
from pages.parts.shell.views.side_by_side import PromptSweep

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

ORDERS = ["article", *(f"shuffled-labels:{seed}" for seed in range(1, 5))]
RUN_ORDERS = f"Run {len(ORDERS)} label orders"
"""On the button: the task's own order is one of them."""
LARGEST = 10_000
"""N at most while the size of the split is unknown."""
POPOVER = "sweep_popover"


def launcher(page: Frame, place: DeltaGenerator, *, folded: bool) -> None:
    """The form that runs several prompts on one sample. It begins with model, sample and N of the run looked at.

    Args:
        place: of the button that opens it.
        folded: behind the button; otherwise it stands on the page.
    """
    if folded:
        with place.popover("Run several prompts", icon=":material/play_arrow:", key=POPOVER, on_change="rerun"):
            _form(page)
    else:
        with st.container(border=True):
            _form(page)


def follow(page: Frame) -> None:
    """Progress of what was started here; when all of it is there, it is what the page shows."""
    store, sweep = page.store, view_state().sweep
    if sweep.error:
        st.error(message_markdown(sweep.error))
        sweep.error = ""
    if not sweep.specs:
        return
    waiting = queue.at_work(store, sweep.specs)
    queue.ended_badly(store, sweep.specs)
    if waiting or sweep.shown:
        return
    found = _run_ids(store, sweep.started)
    if len(found) >= FEWEST_RUNS:
        sweep.shown = True
        view_state().side_by_side.show(found)


def _form(page: Frame) -> None:
    asked = _asked(page)
    values = {"sweep_model": asked.model, "sweep_n": asked.n, "sweep_sample": asked.sample}
    for key, value in values.items():
        st.session_state[key] = value  # set anew each time: see `run_form`
    used = [record.spec.model for record in page.listing.records if record.kind.reads_prompt and record.kind.can_run]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox("Model", list(dict.fromkeys([*used, RunSpec().model, asked.model])), key="sweep_model",
                     accept_new_options=True, on_change=_choose, width=260)  # fmt: skip
        largest = max(split_size(asked.task, page.store) or LARGEST, asked.n)
        st.number_input("N", 1, largest, key="sweep_n", on_change=_choose, width=120)
        st.selectbox("Sample", list(SAMPLES), key="sweep_sample", on_change=_choose, width=260,
                     format_func=partial(choice_words, "sample"))  # fmt: skip
    own = list(page.store.custom_prompts())
    prompts = st.multiselect(
        "Prompts (`few-shot:8` or `shuffled-labels:3` can be typed)",
        list(dict.fromkeys([*BUILT_IN, *own, *ORDERS, *st.session_state.get("sweep_prompts", [])])),
        default=None if "sweep_prompts" in st.session_state else list(BUILT_IN),
        max_selections=MOST_RUNS,
        accept_new_options=True,
        key="sweep_prompts",
    )
    problem = _problem(page.store, asked, prompts)
    if problem:
        st.warning(message_markdown(problem))
    else:
        found = understand(asked, page.store)
        st.caption(escape_markdown(f"{found.task}. Model: {found.model}. What is stored is not predicted again."))
    with st.container(horizontal=True):
        st.button("Run all of them", type="primary", disabled=bool(problem), on_click=_start,
                  args=(page.store, asked, tuple(prompts)))  # fmt: skip
        st.button(RUN_ORDERS, disabled=bool(_problem(page.store, asked, ORDERS)), on_click=_start,
                  args=(page.store, asked, tuple(ORDERS)))  # fmt: skip
    st.caption(
        "Label orders: the article's prompt with its label list in the task's order and in others. Does a label's "
        "place in the list change how often it is predicted?"
    )


def _asked(page: Frame) -> RunSpec:
    """Task, model, sample and N that are run; taken from the run looked at, until another one is."""
    view = view_state()
    sweep, record = view.sweep, page.record
    run_id = record.run_id if record else ""
    if sweep.asked is None or sweep.asked_of != run_id:
        spec = record.spec if record and record.kind.can_run else view.spec
        sweep.asked = spec if spec.kind.reads_prompt else replace(spec, model=RunSpec().model)
        sweep.asked_of = run_id
    return sweep.asked


def _choose() -> None:
    sweep = view_state().sweep
    if sweep.asked is not None and isinstance(st.session_state["sweep_model"], str):
        sweep.asked = replace(
            sweep.asked,
            model=st.session_state["sweep_model"],
            n=int(st.session_state["sweep_n"]),
            sample=st.session_state["sweep_sample"],
        )


def _problem(store: Store, asked: RunSpec, prompts: list[str]) -> str:
    """Why this cannot be run, with what to do; empty if nothing is known against it."""
    if len(prompts) < FEWEST_RUNS:
        return f"Choose at least {FEWEST_RUNS} prompts."
    if not asked.kind.reads_prompt:
        return f"{asked.model} reads no prompt. Choose another model."
    problems = (problem for prompt in prompts for problem in understand(replace(asked, prompt=prompt), store).problems)
    return next(problems, "")


def _start(store: Store, asked: RunSpec, prompts: tuple[str, ...]) -> None:
    sweep = view_state().sweep
    st.session_state[POPOVER] = False
    try:
        # `few-shot` and `few-shot:5` are one prompt: the first spelling stands for both.
        distinct = {find_prompt(prompt, store).fingerprint: prompt for prompt in reversed(prompts)}
        specs = [clamped(checked(replace(asked, prompt=name)), store) for name in prompts if name in distinct.values()]
        started = [_stored_or_started(store, spec) for spec in specs]
        view_state().sweep = PromptSweep(sweep.asked, sweep.asked_of, specs, started)
    except BlindspotError as error:
        sweep.error = str(error)


def _stored_or_started(store: Store, spec: RunSpec) -> str | int:
    """A run that is there, by its id; or the number of the job that is to make it."""
    current = current_run_for(spec, store)
    record = current.record
    if record is not None and record.finished and (current.sure or store.read_only):
        return record.run_id
    return progress.start(store, spec)


def _run_ids(store: Store, started: list[str | int]) -> list[str]:
    """The runs that were asked for here, as far as they are there."""
    jobs = [Jobs(store).get(one) if isinstance(one, int) else one for one in started]
    ids = [job.run_id if isinstance(job, Job) and job.state == "done" else job for job in jobs]
    return [run_id for run_id in ids if isinstance(run_id, str)]


def run_picker(page: Frame, run_ids: list[str]) -> None:
    """Draw the picker of two to ten runs."""
    titles = run_titles.titles(page.store, page.scoring, run_ids)
    st.session_state["picked_runs"] = run_ids

    def pick() -> None:
        view_state().side_by_side.show(list(st.session_state["picked_runs"]))

    st.multiselect(
        f"Runs, {FEWEST_RUNS} to {MOST_RUNS}: of prompts, models or decodings",
        list(titles),
        key="picked_runs",
        format_func=lambda run_id: titles[run_id],
        max_selections=MOST_RUNS,
        on_change=pick,
    )
