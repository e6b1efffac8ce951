"""One button that opens what can be taken away of a result: the report first, then tables, pictures and formats.

Each file is made when its button is pressed, so that an open page costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from evalcore.output import RUN_FORMATS, WRITERS, table_files, zipped
from evalcore.output.html import TEXTS, Texts
from evalcore.output.stills import KINDS, Charts, chart_files
from evalcore.output.tables import ResultTable

MOST_ROWS = 200_000
"""Examples of which files are made for a download: the server holds each in memory, which the command line does not."""

ZIP, HTML, MARKDOWN = "application/zip", "text/html", "text/markdown"
_MIMES = {
    "spreadsheets": "text/csv",
    "csv": "text/csv",
    "jsonl": "application/x-ndjson",
    "parquet": "application/octet-stream",
}
"""Of the ways to write a table, in the order in which they are offered."""


@dataclass(frozen=True)
class ResultFiles:
    """What a file is made of, and what it is called.

    Attributes:
        name: what the names of all files begin with; also what distinguishes the buttons of this result.
        n: examples in it.
        command: that writes the same on the command line, in Markdown.
    """

    name: str
    n: int
    command: str


@contextmanager
def download_popover(of: ResultFiles) -> Iterator[bool]:
    """The button, and inside of `with` the place for the choice; it yields whether there is anything to draw."""
    drawer = st.popover("Download", icon=":material/download:", key=f"download_{of.name}", on_change="rerun")
    with drawer, st.container(gap="xsmall"):  # as low as a window of 720 pixels
        yield bool(drawer.open)
        if drawer.open:
            st.caption(f"Should a file not come, the command line says why: {of.command}")


def report_buttons(
    of: ResultFiles, report: Callable[[Texts], bytes], markdown: Callable[[], str] | None, command: str
) -> None:
    """The report as one HTML file, with the texts or without them, and for a pull request.

    Args:
        report: makes the HTML file.
        markdown: makes that; None where there is none.
        command: that writes the HTML file on the command line, in Markdown.
    """
    if of.n > MOST_ROWS:
        st.caption(f"A report of {of.n:,} examples is too much for a download. Instead: {command}")
        return
    texts = st.radio(
        "Texts of the examples in the report", TEXTS, format_func=str.capitalize, horizontal=True,
        key=f"download_texts_{of.name}",
    )  # fmt: skip
    with st.container(horizontal=True):
        button("Report, HTML", lambda: report(texts), f"{of.name}-report.html", HTML, is_first=True)
        if markdown:
            button("Report, Markdown", lambda: markdown().encode(), f"{of.name}-report.md", MARKDOWN)
    st.caption(
        "HTML: all of it in one file that opens offline and prints well."
        + (" Markdown: the main figures, for a pull request." if markdown else "")
    )


def table_buttons(
    of: ResultFiles, names: Sequence[str], tables: Callable[[bool], Sequence[ResultTable]], *, all_labels: bool = False
) -> None:
    """The tables of a result, each alone or all in one file, in a format to be chosen.

    Args:
        names: of the tables.
        tables: makes them; its argument is whether the probability of every label is wanted.
        all_labels: whether that can be chosen.
    """
    if of.n > MOST_ROWS:
        st.caption(f"{of.n:,} examples are too many for a download. The command line writes them piece by piece.")
        return
    writer = st.radio("Format of the tables", list(_MIMES), format_func=lambda name: RUN_FORMATS[name].title,
                      horizontal=True, label_visibility="collapsed", key=f"download_writer_{of.name}")  # fmt: skip
    ending, write = WRITERS[writer]
    st.caption(f"{RUN_FORMATS[writer].about.capitalize()}.")
    wanted = all_labels and st.checkbox(
        "Predictions with the probability of every label", key=f"download_probabilities_{of.name}"
    )

    def one(name: str) -> bytes:
        return b"".join(write(next(table for table in tables(wanted) if table.name == name)))

    with st.container(horizontal=True):
        for name in names:
            file_name = f"{of.name}-{name}{ending}"
            button(name.capitalize(), lambda name=name: one(name), file_name, _MIMES[writer])  # type: ignore[misc]
        button("All tables", lambda: zipped(table_files(tables(wanted), writer)), f"{of.name}-tables-{writer}.zip", ZIP)


def chart_buttons(of: ResultFiles, charts: Callable[[], Charts]) -> None:
    """All charts as PNG or SVG."""
    with st.container(horizontal=True):
        for kind in KINDS:
            button(
                f"Charts, {kind.upper()}",
                lambda kind=kind: zipped(chart_files(charts(), kind)),  # type: ignore[misc]
                f"{of.name}-charts-{kind}.zip",
                ZIP,
            )
    st.caption("Every chart of the pages in one ZIP file. PNG takes some seconds; SVG scales without loss.")


def button(
    label: str,
    content: Callable[[], bytes],
    file_name: str,
    mime: str,
    *,
    icon: str | None = None,
    is_first: bool = False,
) -> None:
    """A button that downloads a file, made when it is pressed."""
    st.download_button(
        label,
        content,
        file_name,
        mime,
        on_click="ignore",
        icon=icon,
        key=f"download {file_name}",
        type="primary" if is_first else "secondary",
    )
