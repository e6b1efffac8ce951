"""The head of the overview: what was run or is chosen, with the buttons that change, run and share it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from evalcore.errors import BlindspotError
from evalcore.running import understand
from evalcore.store import Job, Jobs, RunSpec, Store, checked
from evalcore.store.planned import planned_and_taken
from evalcore.wording import counted
from pages.parts.run.label_table import label_table
from pages.parts.run.options import run_words
from pages.parts.run.plan_line import forget_plan, plan_line
from pages.parts.run.progress import how_it_ended, start, watch
from pages.parts.run.run_form import explanations, run_form
from pages.parts.run.server_table import limits_and_prices
from pages.parts.shell.cached.stored import count_done
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import link_to_data
from pages.parts.shell.markdown import escape_markdown, message_markdown
from pages.parts.shell.session import view_state
from pages.parts.shell.shown import clamped

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

UNFOLD, FOLD = ":material/tune:", ":material/expand_less:"


@dataclass(frozen=True)
class Head:
    """What stands at the top of the overview.

    Attributes:
        line: the place under the line on what was run, for what its numbers are of.
        share: the place for the page's link, which is drawn when the page has written its URL, and for what is taken
            away of the run.
        job: at work on what is chosen; None if there is none.
        standing: how much of the run is stored, in Markdown; empty if that was said already.
        can_run: whether nothing is known that would keep what is chosen from running; otherwise the form has said it.
    """

    line: DeltaGenerator
    share: DeltaGenerator
    job: Job | None = None
    standing: str = ""
    can_run: bool = True


def head(page: Frame) -> Head:
    """Draw the title, what was run or is chosen, and the buttons; below them the form, if it is open, and the job."""
    record, view = page.record, view_state()
    bar = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    bar.title("Blindspot :small[What one accuracy number hides]", anchor=False, width="content")
    buttons = bar.container(horizontal=True, width="content", gap="small")
    line = st.container(gap="xxsmall")
    if record and not record.kind.can_run:
        line.markdown(f"Imported predictions · {escape_markdown(record.origin)} · {counted(record.n, 'example')}")
        buttons.button("Run a model", icon=UNFOLD, key="change", on_click=_leave_import)
        return Head(line, buttons.container(horizontal=True, width="content", gap="small"))
    chosen = _checked(view.spec, page.store)
    job = _job(page, chosen) if chosen else None
    at_work = job if job and job.active else None
    must_choose = record is None and at_work is None
    is_open = must_choose or view.changing
    if not must_choose:
        buttons.button("Change", icon=FOLD if is_open else UNFOLD, key="change", on_click=_toggle)
    model, rest = run_words(view.spec, page.store, record)
    line.markdown(f"**{escape_markdown(model)}** · {escape_markdown(rest)}")
    standing, label = _standing(page, chosen or view.spec)
    with st.container(border=True) if is_open else buttons:
        can_run = _form(page) if is_open else True
        if at_work is None:
            with st.container(horizontal=True, vertical_alignment="center") if is_open else nullcontext():
                if _run_button(label, disabled=page.store.read_only or not can_run) and chosen:
                    view.changing = False
                    forget_plan(page.store)
                    view.choose(view.spec, start(page.store, chosen))
                    st.rerun()
                if is_open:
                    taken = planned_and_taken(record) if record and can_run else ""
                    st.caption(" · ".join(part for part in (standing if can_run else "", taken) if part))
                    explanations()
                    link_to_data("Your own file: page Data")
                    if view.spec.kind.is_remote:
                        limits_and_prices(page.store, view.spec)
            if is_open and can_run and chosen and label != "Verify again":
                plan_line(page.store, chosen, _done(page))
    share = buttons.container(horizontal=True, width="content", gap="small")
    if at_work:
        view.choose(view.spec, at_work.job_id)  # when it ends, its run is what the page shows
        watch(page, at_work.job_id)
    elif job:
        how_it_ended(job, line, label)
    return Head(line, share, at_work, "" if is_open else standing, can_run)


def _form(page: Frame) -> bool:
    """Draw the form, and what is understood of what is chosen in it.

    Returns:
        whether nothing is known that would keep it from running.
    """
    run_form(page)
    understood = understand(view_state().spec, page.store)
    for problem in understood.problems:
        st.warning(message_markdown(problem), icon=":material/error:")
    confirmed = label_table(understood.labels_by_place)
    parts = (("Task", understood.task), ("Model", understood.model))
    said = [f"{name}: {escape_markdown(what)}" for name, what in parts if what]
    if said:
        st.caption(" · ".join(said))
    return confirmed and not understood.problems


def _checked(spec: RunSpec, store: Store) -> RunSpec | None:
    """The spec in its normal form; None if it has none, and the form then says why."""
    try:
        return clamped(checked(spec), store)
    except BlindspotError:
        return None


def _job(page: Frame, chosen: RunSpec) -> Job | None:
    """The last job for what is chosen. Where nothing was ever run, the demo's run is started."""
    jobs = Jobs(page.store)
    if _is_first_start(page, jobs):
        start(page.store, chosen)
    return jobs.last_for(chosen)


def _is_first_start(page: Frame, jobs: Jobs) -> bool:
    """Whether somebody arrives, asking for nothing, where nothing was ever run. A link never starts a run."""
    asks_for_nothing = page.arrived == {} and view_state().spec == RunSpec()
    return asks_for_nothing and not page.store.read_only and not page.listing.records and not jobs.recent(1)


def _standing(page: Frame, chosen: RunSpec) -> tuple[str, str]:
    """How much of what is chosen is stored, and what the button that gets the rest is called."""
    if page.shown.said:
        return "", "Run"
    record, done = page.record, _done(page)
    if record is None:  # completions of another run may serve: the plan counts them
        return f"Up to {counted(chosen.n, 'new prediction')} needed", "Run"
    if done >= record.n:
        return ":material/check_circle: Up to date", "Verify again"
    needed = f"{counted(record.n - done, 'new prediction')} needed"
    return (f"{done:,} of {record.n:,} predicted, {needed}", "Go on") if done else (needed, "Run")


def _done(page: Frame) -> int:
    """How many predictions of what is chosen are stored."""
    return count_done(page.store, page.record.run_id) if page.record else 0


def _run_button(label: str, *, disabled: bool) -> bool:
    again = label == "Verify again"
    return st.button(
        label,
        type="secondary" if again else "primary",
        key="run",  # so that a click counts although the label changes in the same instant
        disabled=disabled,
        help="Reads data and model again; what is unchanged is not predicted again." if again else None,
    )


def _toggle() -> None:
    view_state().changing = not view_state().changing


def _leave_import() -> None:
    """Look at what the form asks for; an import was opened, and nothing of it can be run."""
    view = view_state()
    view.choose(view.spec)
    view.changing = True
