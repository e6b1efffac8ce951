"""The list of files: bring one in, name a data set of the hub, or open what was brought in before."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from evalcore.errors import BlindspotError
from evalcore.running.own_data import keep
from evalcore.store import QUOTA, RunSpec, Store, Uploads, runs_by_upload
from evalcore.tasks import TaskSource, Upload
from evalcore.wording import sized
from pages.parts.data import hub_choice
from pages.parts.shell.cached.own_data import rows_of_data
from pages.parts.shell.clickable_table import clickable_table
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import UNDEFINED, message_markdown
from pages.parts.shell.session import view_state

EXAMPLES = "examples"
"""Key of the field for a file; under it the session keeps why one was refused."""
TABLE_HEIGHT = 300
BASELINE = "tfidf"
KINDS = "CSV (commas, semicolons or tabs), JSON Lines, Parquet or Excel"
FOR_EXAMPLE = """text,label
"Where is my parcel?",delivery
I was charged twice,invoice
How do I send this back?,return"""


def bring_in(page: Frame) -> None:
    """Draw the ways in, and what was brought in before."""
    view = view_state().data
    if view.done:
        st.toast(view.done, icon=":material/delete:")
        view.done = ""
    st.markdown("Texts of your own, each with its true label: see what a model makes of them.")
    uploader(page.store, f"A file: {KINDS}", EXAMPLES, lambda upload: open_data(upload.task_name))
    if not page.store.read_only:
        hub_choice.hub_choice(page.store, open_data)
    uploads = Uploads(page.store)
    known = uploads.all()
    if known:
        _earlier(page, known, uploads.used())
    else:
        st.caption("For example. Columns may have any names, and there may be others.")
        st.code(FOR_EXAMPLE, language=None)


def open_data(name: str, **fields: str) -> None:
    """Look at data, with the model that is chosen on the overview.

    Where there are examples to train on, the demo's model, which knows other labels, gives way to a baseline.

    Args:
        name: of the task.
        fields: others of `TaskSource`.
    """
    view = view_state()
    task, model = TaskSource(name, **fields), view.spec.model
    view.data.look_at(RunSpec(task=task, model=BASELINE if task.train and model == RunSpec.model else model))


def uploader(
    store: Store,
    label: str,
    key: str,
    take: Callable[[Upload], None],
    keep: Callable[[str, bytes, Store], Upload] = keep,
) -> None:
    """A field for a file, which is kept as it is, byte by byte; what is refused is said below it.

    Args:
        key: of the field.
        take: called with what was kept.
        keep: keeps a file of this name with this content, or raises a BlindspotError.
    """
    if store.read_only:
        st.info("The cache folder cannot be written, so that no file can be brought in.", icon=":material/lock:")
        return
    view = view_state().data
    files_before = view.uploaded.get(key, 0)
    # Without `type`, so that a file of another kind is answered with what it is, and not with its ending alone.
    file = st.file_uploader(label, key=f"{key}_{files_before}")
    if file is not None:
        view.uploaded[key] = files_before + 1
        try:
            with st.spinner("Reading the file …"):
                upload = keep(file.name, file.getvalue(), store)
            view.refused.pop(key, None)
            take(upload)
        except BlindspotError as error:
            view.refused[key] = str(error)
        st.rerun()
    if key in view.refused:
        st.error(message_markdown(view.refused[key]), icon=":material/error:")


def _earlier(page: Frame, known: list[Upload], used: int) -> None:
    """The files that are there, the newest first; a click on one opens it."""
    uses = runs_by_upload(page.listing.records)
    sizes = {record.spec.task.name: record.split_size for record in page.listing.records} | rows_of_data()
    rows = pd.DataFrame(
        [
            {
                "file": upload.name,
                "rows": f"{sizes[upload.task_name]:,}" if upload.task_name in sizes else UNDEFINED,
                "size": sized(upload.size),
                "runs": len(uses.get(upload.task_name, ())),
                "brought in": pd.Timestamp(upload.added, unit="s", tz="UTC"),
            }
            for upload in known
        ]
    )
    st.caption(f"**Brought in before** · {used / 2**20:,.1f} of {QUOTA / 2**20:,.0f} MB used · a click opens a file")

    def opened(row: int | None) -> None:
        if row is not None:
            open_data(known[row].task_name)

    clickable_table(
        rows,
        f"uploads_{'_'.join(upload.digest[:6] for upload in known)}"[:200],
        TABLE_HEIGHT,
        {
            "rows": st.column_config.TextColumn(help="Known once it was opened, or a run of it is stored", width=80),
            "size": st.column_config.TextColumn(width=90),
            "runs": st.column_config.NumberColumn(help="Stored runs that use it", width=70),
            "brought in": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm", width=150),
        },
        on_click=opened,
        alt="Files that were brought in before",
    )
