"""A run as files to take away."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evalcore.analysis import ScoredRun, why_no_probabilities
from evalcore.output import RUN_FORMATS, run_markdown, run_tables, zipped
from evalcore.output.html import run_report
from evalcore.output.report import Sure
from evalcore.output.stills import run_charts
from evalcore.output.tables import ResultTable
from evalcore.paths import COMMAND
from evalcore.store import Store
from pages.parts.shell.cached.findings import findings_for
from pages.parts.shell.cached.scored import calibration_of, probabilities_of
from pages.parts.shell.downloads import (
    MARKDOWN,
    MOST_ROWS,
    ZIP,
    ResultFiles,
    button,
    chart_buttons,
    download_popover,
    report_buttons,
    table_buttons,
)

TABLES = ("predictions", "labels", "confusions", "metrics", "findings")
FORMATS = {
    "own": (".zip", ZIP),
    "lm-eval": (".zip", ZIP),
    "model-card": (".md", MARKDOWN),
    "eval-results": (".yaml", "application/yaml"),
}
"""Those that are no tables, and what is downloaded of each: its one file, or a ZIP archive."""


def export_buttons(store: Store, scored: ScoredRun) -> None:
    """Draw the button that opens the choice."""
    run_id = scored.record.run_id
    of = ResultFiles(f"blindspot-{run_id}", len(scored.answers), f"`{COMMAND} export {run_id} --out FOLDER`")
    with download_popover(of) as opened:
        if not opened:
            return
        report_buttons(
            of,
            lambda texts: run_report(store, scored, texts=texts),
            lambda: run_markdown(store, scored),
            f"`{COMMAND} report {run_id} --html FILE`",
        )
        tables, charts, formats = st.tabs(["Tables", "Charts", "Formats"])
        with tables:
            table_buttons(
                of,
                TABLES,
                lambda all_labels: _tables(store, scored, all_labels),
                all_labels=not why_no_probabilities(scored),
            )
        with charts:
            chart_buttons(of, lambda: run_charts(scored, sure=_sure(scored)))
        with formats:
            _format_buttons(store, scored, of)


def _format_buttons(store: Store, scored: ScoredRun, of: ResultFiles) -> None:
    for name, (ending, mime) in FORMATS.items():
        found = RUN_FORMATS[name]
        if mime == ZIP and of.n > MOST_ROWS:
            st.caption(
                f"**{found.title}**: {of.n:,} examples are too many for a download. On the command line: {of.command} "
                f"with `--format {name}`"
            )
            continue
        if why_not := found.why_not(scored):
            st.caption(f"**{found.title}**: {why_not}")
            continue
        with st.container(horizontal=True, vertical_alignment="center"):
            button(
                found.title,
                lambda name=name, mime=mime: _format(store, scored, name, is_zip=mime == ZIP),  # type: ignore[misc]
                f"{of.name}-{name}{ending}",
                mime,
            )
            st.caption(found.about)


def _format(store: Store, scored: ScoredRun, name: str, *, is_zip: bool) -> bytes:
    files = RUN_FORMATS[name].files(store, scored, _sure(scored), False)
    return zipped(files) if is_zip else b"".join(piece for pieces in files.values() for piece in pieces)


def _tables(store: Store, scored: ScoredRun, all_labels: bool) -> Sequence[ResultTable]:
    return run_tables(scored, lambda: findings_for(store, scored), _sure(scored), all_labels=all_labels)


def _sure(scored: ScoredRun) -> Sure | None:
    """The run's probabilities and what they are worth, kept for all sessions."""
    probabilities = probabilities_of(scored)
    return None if probabilities is None else (probabilities, calibration_of(scored))
