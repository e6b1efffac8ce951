"""Runs as one file: taken away to another machine, or brought in from one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from evalcore.errors import BlindspotError
from evalcore.paths import COMMAND
from evalcore.store import BUNDLE_ENDING, RunRecord, Store, bundle_pieces, merge_bundle
from evalcore.wording import counted, sized
from pages.parts.shell.markdown import message_markdown
from pages.parts.shell.session import view_state

LARGEST_DOWNLOAD = 200_000_000
"""Bytes of completions: the server holds a file that is downloaded in memory, which the command line does not."""
LARGEST_UNFOLDED = 2**30
"""Bytes of the lines of an uploaded file together."""

POPOVER = "runs_moving"


def moving(store: Store, records: Sequence[RunRecord], sizes: Mapping[str, int]) -> None:
    """Draw the button that opens both ways.

    Args:
        records: the runs that the page lists.
        sizes: bytes of each run's completions, by run id.
    """
    drawer = st.popover("Copy runs", icon=":material/sync_alt:", key=POPOVER, on_change="rerun")
    if drawer.open:
        with drawer:
            if records:
                st.markdown(f"**Take away** {counted(len(records), 'run')} to another machine: all that are listed.")
                take_away(store, records, sizes, f"runs{BUNDLE_ENDING}", "Download one file")
            st.markdown("**Bring in** runs from another machine.")
            bring_in(store)


def take_away(store: Store, records: Sequence[RunRecord], sizes: Mapping[str, int], file_name: str, label: str) -> None:
    """A button that downloads runs as one file, made when it is pressed; a large one is for the command line."""
    run_ids = [record.run_id for record in records]
    size = sum(sizes.get(run_id, 0) for run_id in run_ids)
    command = f"`{COMMAND} export {'--all' if len(run_ids) > 1 else run_ids[0]} --bundle {file_name}`"
    if size > LARGEST_DOWNLOAD:
        st.caption(f"{sized(size)} of completions are too many for a download. On the command line: {command}")
        return
    st.download_button(
        label,
        lambda: b"".join(bundle_pieces(store, run_ids)),
        file_name,
        "application/gzip",
        icon=":material/download:",
        on_click="ignore",
        key=f"take_{file_name}",
        # The browser is only told that it failed, never why.
        help="All that is stored, in one file. Should it fail, a run is damaged, and the command line names it:"
        f" {command}",
    )


def bring_in(store: Store) -> None:
    """A field for a file that was taken away elsewhere; what it brought is said when the page is drawn again."""
    if store.read_only:
        st.caption("The cache folder cannot be written, so that no run can be brought in.")
        return
    with st.form("bring_in", border=False, clear_on_submit=True):
        file = st.file_uploader(f"A file that ends in {BUNDLE_ENDING}", type="gz")
        pressed = st.form_submit_button("Bring in", icon=":material/input:")
    st.caption(f"Names and notes of both sides are kept. A larger file: `{COMMAND} import FILE`")
    if not pressed:
        return
    if file is None:
        st.warning("Choose a file first.")
        return
    try:
        merged = merge_bundle(store, file, file.name, max_bytes=LARGEST_UNFOLDED)
    except BlindspotError as error:
        st.error(message_markdown(str(error)))
        return
    view_state().brought_in = merged.sentence
    st.rerun()


def say_what_was_brought_in() -> None:
    """Say once what the last file brought, with the table in sight."""
    view = view_state()
    if view.brought_in:
        st.session_state[POPOVER] = False
        st.success(message_markdown(view.brought_in), icon=":material/download_done:")
        view.brought_in = ""
