"""The runs page: every stored run, and what a person does with one."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from evalcore.analysis import server_cost, server_cost_words
from evalcore.errors import BlindspotError
from evalcore.output.html import run_report
from evalcore.store import (
    BUNDLE_ENDING,
    NAME_LENGTH,
    RunAnnotation,
    RunCatalog,
    RunRecord,
    Store,
    digest,
    last_part,
    run_title,
)
from evalcore.wording import counted, in_percent, interval, sized
from pages.parts.runs.moving import moving, take_away
from pages.parts.shell.cached.scored import figures_of, scored_run_of
from pages.parts.shell.clickable_table import clickable_table
from pages.parts.shell.downloads import HTML, MOST_ROWS, button
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown, message_markdown
from pages.parts.shell.session import view_state

TABLE_HEIGHT = 440
EVERY = "all"


def filtered(page: Frame, sizes: Mapping[str, int]) -> list[RunRecord]:
    """Draw the title with the filters, how many runs there are, and what moves them; the runs that pass.

    Args:
        sizes: bytes of each run's completions, by run id.
    """
    records, annotations = page.listing.records, page.listing.annotations
    tasks, models = (
        list(dict.fromkeys(names)) for names in ((r.task_name for r in records), (r.spec.model for r in records))
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.title("Runs", anchor=False, width="content")
        searched = st.text_input("Find", key="runs_find", placeholder="name, note, model, prompt, task", width=180)
        task = st.selectbox("Task", [EVERY, *tasks], key="runs_task", width=135) if len(tasks) > 1 else EVERY
        model = st.selectbox("Model", [EVERY, *models], key="runs_model", width=135) if len(models) > 1 else EVERY
        size = sized(RunCatalog(page.store).disk_used())
        st.caption(f"{counted(len(records), 'run')}, {size} on disk", width="content")
        row = st.container(width="content")
    passing = [
        record
        for record in records
        if task in (EVERY, record.task_name)
        and model in (EVERY, record.spec.model)
        and searched.casefold() in _words(record, annotations.get(record.run_id, RunAnnotation())).casefold()
    ]
    with row:
        moving(page.store, passing, sizes)
    return passing


def table(page: Frame, records: list[RunRecord], sizes: Mapping[str, int]) -> RunRecord | None:
    """All runs in a table that sorts by any column; the one whose row is clicked."""
    rows = pd.DataFrame([_row(page, record, sizes.get(record.run_id, 0)) for record in records])
    empty = [name for name in ("name", "note", "pinned", "prompt") if not rows[name].any()]
    one_task = ["task"] if rows["task"].nunique() == 1 else []
    number = st.column_config.NumberColumn(format="%.1f", width=75)
    text = st.column_config.TextColumn(width=95)
    # Above the table and short: at the right Streamlit's own buttons cover it while a row is chosen.
    st.caption(f"In percent, {page.scoring} scoring; macro-F1 of the labels in the sample.")
    shown = next((at for at, record in enumerate(records) if record == page.record), None)
    row = clickable_table(
        rows.drop(columns=[*empty, *one_task]),
        f"runs_table_{digest([record.run_id for record in records])[:12]}",  # the row of another list is another run
        TABLE_HEIGHT,
        {
            "model": text,
            "prompt": text,
            "name": text,
            "note": text,
            "accuracy": number,
            "95 % interval": st.column_config.TextColumn(width=95),
            "macro-F1": number,
            "unparsed": number,
            "seconds": st.column_config.NumberColumn(format="%.1f", help="Predicting and loading, over all attempts"),
            "size": st.column_config.NumberColumn("KB", format="%.1f", help="Completions, shared ones included"),
            "when": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
        },
        selected=shown,
    )
    return None if row is None else records[row]


def _row(page: Frame, record: RunRecord, size_bytes: int) -> dict[str, Any]:
    """A run's cells; what a narrow window shows comes first."""
    annotation = page.listing.annotations.get(record.run_id, RunAnnotation())
    figures = figures_of(page.store, record, page.scoring)
    return {
        "name": annotation.name,
        "model": last_part(record.spec.model),
        "prompt": record.prompt.name if record.kind.reads_prompt else "",
        "accuracy": in_percent(figures.accuracy),
        "95 % interval": interval(figures.accuracy_interval),
        "N": figures.n,
        "task": record.task_name,
        "macro-F1": in_percent(figures.macro_f1),
        "unparsed": in_percent(figures.unparsed),
        "of": record.n,
        "sample": record.spec.sample,
        "pinned": "pinned" if annotation.pinned else "",
        "note": annotation.note,
        "when": pd.Timestamp(record.created, unit="s", tz="UTC"),
        "seconds": round(record.seconds + record.load_seconds, 1),
        "size": round(size_bytes / 1000, 1),
        "decoding": record.spec.decoding,
        "run": record.run_id,
    }


def _report(page: Frame, record: RunRecord) -> bytes:
    return run_report(page.store, scored_run_of(page.store, record, page.scoring))


def one(page: Frame, record: RunRecord | None, sizes: Mapping[str, int]) -> None:
    """What is beside the table: the run that was clicked, to open, name, note, pin or delete."""
    if record is None:
        st.caption(":material/left_click: Click a row to open, name, pin or delete its run.")
        return
    annotation = page.listing.annotations.get(record.run_id, RunAnnotation())
    catalog, run_id, fixed = RunCatalog(page.store), record.run_id, page.store.read_only
    st.markdown(f"**{escape_markdown(run_title(record, annotation))}**")
    with st.container(horizontal=True, gap="small"):
        if st.button("Open", icon=":material/dashboard:", type="primary"):
            view_state().open_run(record)
            st.switch_page("app.py")
        if st.button("Delete …", icon=":material/delete:", disabled=fixed):
            _ask_to_delete(page.store, record, run_title(record, annotation))
        if st.button(
            "Unpin" if annotation.pinned else "Pin as baseline",
            icon=":material/keep:",
            disabled=fixed,
            help="The run that others of its task are compared with: A on the Compare page, a line on the overview.",
        ):
            catalog.pin(run_id, not annotation.pinned)
            st.rerun()
        take_away(page.store, [record], sizes, f"{run_id}{BUNDLE_ENDING}", "Take away")
        if record.n <= MOST_ROWS:
            file_name = f"blindspot-{run_id}-report.html"
            button("Report, HTML", lambda: _report(page, record), file_name, HTML, icon=":material/description:")
    with st.form(f"mark_{run_id}", border=False):
        name = st.text_input("Name", annotation.name, max_chars=NAME_LENGTH)
        note = st.text_area("Note", annotation.note, height=90)
        if st.form_submit_button("Save", disabled=fixed):
            catalog.write(run_id, name=name, note=note)
            st.rerun()
    st.caption(
        f"Run {run_id}, begun {time.strftime('%Y-%m-%d %H:%M', time.localtime(record.created))}. "
        f"Data: {escape_markdown(record.origin)}. Model: {escape_markdown(record.spec.model)}."
    )
    if cost := server_cost(page.store, record):
        st.caption(escape_markdown(server_cost_words(cost)))


@st.dialog("Delete this run?")
def _ask_to_delete(store: Store, record: RunRecord, title: str) -> None:
    catalog = RunCatalog(store)
    st.markdown(escape_markdown(title))
    if catalog.at_work(record.run_id):
        st.warning("This run is being predicted. Stop it first.")
        return
    st.markdown("Completions that another run shares stay; the others would have to be predicted again.")
    yes, no = st.columns(2)
    if yes.button("Delete", type="primary", width="stretch", key="really_delete"):
        try:
            deleted = catalog.delete(record.run_id)
        except BlindspotError as error:
            st.error(message_markdown(str(error)))
            return
        kept = f" Kept: {counted(deleted.kept, 'completion')} that other runs share." if deleted.kept else ""
        view_state().deleted = f"Deleted, with {counted(deleted.completions, 'completion')}.{kept}"
        st.rerun()
    if no.button("Keep it", width="stretch"):
        st.rerun()


def _words(record: RunRecord, annotation: RunAnnotation) -> str:
    """All that the search looks at."""
    pinned = "pinned baseline" if annotation.pinned else ""
    named = (annotation.name, annotation.note, record.task_name, record.spec.model, record.prompt.name)
    return " ".join((*named, record.run_id, pinned))
