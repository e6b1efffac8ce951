"""A comparison, or several runs side by side, as files to take away."""

from __future__ import annotations

import streamlit as st

from evalcore.analysis import Comparison, Sweep
from evalcore.output import comparison_markdown, comparison_tables, sweep_tables
from evalcore.output.command import compare_command
from evalcore.output.html import comparison_report, sweep_report
from evalcore.output.stills import comparison_charts, sweep_charts
from evalcore.paths import COMMAND
from pages.parts.compare.costs_of_pair import costs_of
from pages.parts.shell.cached.comparisons import compared_probabilities_of
from pages.parts.shell.downloads import (
    ResultFiles,
    chart_buttons,
    download_popover,
    report_buttons,
    table_buttons,
)

COMPARISON_TABLES = ("examples", "labels", "confusions", "metrics")
SWEEP_TABLES = ("runs", "pairs", "examples")


def comparison_downloads(comparison: Comparison) -> None:
    """Draw the button that opens the choice."""
    a, b = comparison.a.record.run_id, comparison.b.record.run_id
    of = ResultFiles(f"blindspot-{a}-{b}", comparison.n, f"`{COMMAND} export {a} {b} --out FOLDER`")
    with download_popover(of) as opened:
        if not opened:
            return
        both = costs_of(comparison)
        asked = both.asked if both else None
        report_buttons(
            of,
            lambda texts: comparison_report(comparison, texts=texts, costs=asked),
            lambda: comparison_markdown(comparison, both),
            f"`{compare_command([comparison.a, comparison.b], asked)} --html FILE`",
        )
        tables, charts = st.tabs(["Tables", "Charts"])
        with tables:
            table_buttons(
                of, COMPARISON_TABLES, lambda _: comparison_tables(comparison, compared_probabilities_of(comparison))
            )
        with charts:
            chart_buttons(of, lambda: comparison_charts(comparison))


def sweep_downloads(sweep: Sweep) -> None:
    """Draw the button that opens the choice."""
    runs = [scored.record.run_id for scored in sweep.scored_runs]
    of = ResultFiles(
        f"blindspot-{len(runs)}-runs-{runs[0]}", sweep.n, f"`{COMMAND} export {' '.join(runs)} --out FOLDER`"
    )
    with download_popover(of) as opened:
        if not opened:
            return
        report_buttons(
            of,
            lambda texts: sweep_report(sweep, texts=texts),
            None,
            f"`{COMMAND} compare {' '.join(runs)} --html FILE`",
        )
        tables, charts = st.tabs(["Tables", "Charts"])
        with tables:
            table_buttons(of, SWEEP_TABLES, lambda _: sweep_tables(sweep))
        with charts:
            chart_buttons(of, lambda: sweep_charts(sweep))
