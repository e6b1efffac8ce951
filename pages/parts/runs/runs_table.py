"""The runs page: every stored run, and what a person does with one."""

from __future__ import annotations

import time

import pandas as pd
import streamlit as st

from evalcore.errors import BlindspotError
from evalcore.store import NAME_LENGTH, RunAnnotation, RunCatalog, RunRecord, Store, run_title
from pages.parts.shell import cached
from pages.parts.shell.clickable_table import clickable_table
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown
from pages.parts.shell.session import view_state

TABLE_HEIGHT = 520
EVERY = "all"


def sized(size: float) -> str:
    """`1.4 MB`."""
    for unit in ("KB", "MB"):
        size /= 1000
        if size < 1000:
            return f"{size:.1f} {unit}"
    return f"{size / 1000:.1f} GB"


def filtered(page: Frame) -> list[RunRecord]:
    """Draw the filters; the runs that pass."""
    records, annotations = page.listing.records, page.listing.annotations
    first, second, third = st.columns([2, 1, 1], vertical_alignment="bottom")
    searched = first.text_input("Find", key="runs_find", placeholder="name, note, model, prompt, task").casefold()
    task = second.selectbox("Task", [EVERY, *dict.fromkeys(r.task_name for r in records)], key="runs_task")
    model = third.selectbox("Model", [EVERY, *dict.fromkeys(r.spec.model for r in records)], key="runs_model")
    return [
        record
        for record in records
        if task in (EVERY, record.task_name)
        and model in (EVERY, record.spec.model)
        and searched in _words(record, annotations.get(record.run_id, RunAnnotation())).casefold()
    ]


def table(page: Frame, records: list[RunRecord]) -> RunRecord | None:
    """All runs in a table that sorts by any column; the one whose row is clicked."""
    sizes = RunCatalog(page.store).sizes()
    rows = []
    for record in records:
        figures = cached.figures_of(page.store, record, page.scoring)
        annotation = page.listing.annotations.get(record.run_id, RunAnnotation())
        rows.append(
            {
                # What a narrow window shows comes first.
                "model": record.spec.model,
                "prompt": record.prompt.name if record.kind.reads_prompt else "",
                "task": record.task_name,
                "accuracy": figures[1],
                "macro-F1": figures[2],
                "unparsed": figures[3],
                "N": figures[0],
                "of": record.n,
                "sample": record.spec.sample,
                "baseline": "pinned" if annotation.pinned else "",
                "name": annotation.name,
                "note": annotation.note,
                "when": pd.Timestamp(record.created, unit="s", tz="UTC"),
                "seconds": round(record.seconds + record.load_seconds, 1),
                "size": sizes.get(record.run_id, 0) / 1000,
                "decoding": record.spec.decoding,
                "run": record.run_id,
            }
        )
    number = st.column_config.NumberColumn(format="%.1f")
    row = clickable_table(
        pd.DataFrame(rows),
        "runs_table",
        TABLE_HEIGHT,
        {
            "name": st.column_config.TextColumn(width=120),
            "note": st.column_config.TextColumn(width=120),
            "prompt": st.column_config.TextColumn(width=120),
            "accuracy": number,
            "macro-F1": number,
            "unparsed": number,
            "seconds": st.column_config.NumberColumn(format="%.1f", help="Predicting and loading, over all attempts"),
            "size": st.column_config.NumberColumn("KB", format="%.1f", help="Completions, shared ones included"),
            "when": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
        },
    )
    st.caption(
        f"Accuracy, macro-F1 over labels present and unparsed in percent, {page.scoring} scoring; their intervals are "
        "on the run's overview. Click a column's head to sort, a row to open, name, pin or delete a run."
    )
    return None if row is None else records[row]


def one(page: Frame, record: RunRecord) -> None:
    """A run that was clicked: open, name, note, pin, delete."""
    annotation = page.listing.annotations.get(record.run_id, RunAnnotation())
    catalog = RunCatalog(page.store)
    run_id = record.run_id
    st.subheader(escape_markdown(run_title(record, annotation)))
    st.caption(
        f"run {run_id} · {escape_markdown(record.origin)} · "
        f"{time.strftime('%Y-%m-%d %H:%M', time.localtime(record.created))}"
    )
    left, right = st.columns([1, 1], gap="large")
    with left, st.form(f"mark_{run_id}", border=False):
        name = st.text_input("Name", annotation.name, max_chars=NAME_LENGTH)
        note = st.text_area("Note", annotation.note, height=90)
        if st.form_submit_button("Save", disabled=page.store.read_only):
            catalog.write(run_id, name=name, note=note)
            st.rerun()
    with right, st.container(horizontal=True):
        if st.button("Open", icon=":material/dashboard:", type="primary"):
            view_state().open_run(record)
            st.switch_page("app.py")
        if st.button(
            "Unpin" if annotation.pinned else "Pin as baseline",
            icon=":material/keep:",
            disabled=page.store.read_only,
            help="The run that others of its task are compared with: A on the Compare page, a line on the overview.",
        ):
            catalog.pin(run_id, not annotation.pinned)
            st.rerun()
        if st.button("Delete …", icon=":material/delete:", disabled=page.store.read_only):
            _ask_to_delete(page.store, record, run_title(record, annotation))


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
            st.error(escape_markdown(str(error)))
            return
        view_state().deleted = (
            f"Deleted. {deleted.completions} completions went with it, {deleted.kept} stay for other runs."
        )
        st.session_state.pop("runs_table", None)
        st.rerun()
    if no.button("Keep it", width="stretch"):
        st.rerun()


def _words(record: RunRecord, annotation: RunAnnotation) -> str:
    pinned = "pinned baseline" if annotation.pinned else ""
    return " ".join(
        (
            annotation.name,
            annotation.note,
            record.task_name,
            record.spec.model,
            record.prompt.name,
            record.run_id,
            pinned,
        )
    )
