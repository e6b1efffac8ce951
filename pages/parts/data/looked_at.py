"""What a file holds: its problems and its labels at the left, the rows and prompts behind them at the right."""

from __future__ import annotations

from dataclasses import asdict
from itertools import count

import pandas as pd
import streamlit as st

from evalcore.errors import BlindspotError
from evalcore.output.data_problems import problems_table
from evalcore.output.table_writers import for_spreadsheets
from evalcore.running import find_prompt, first_texts
from evalcore.running.own_data import OwnData, RowShown, visible
from evalcore.store import RunSpec, digest
from evalcore.tasks.audit import Problem
from evalcore.wording import counted
from pages.parts.data import shown
from pages.parts.run.prompt_preview import exact_prompt
from pages.parts.shell.beside import beside
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT, clickable_table, height_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import ARROW
from pages.parts.shell.markdown import escape_markdown, message_markdown
from pages.parts.shell.session import view_state
from pages.parts.shell.views.data import DataView

HEIGHT = 340
"""Pixels of both sides."""
SAMPLES = 3
"""Prompts that can be looked at."""
FEW_PROBLEMS = 4
"""More than these fill the page, and can be taken away."""


def looked_at(page: Frame, chosen: RunSpec, data: OwnData) -> None:
    """Draw both sides."""
    view = view_state().data
    key = digest(asdict(chosen.task))[:12]
    left, right = beside(2, 3, HEIGHT + 60)
    with left:
        _index(view, data, key)
    with right:
        side = _segmented("Beside it", shown.SIDES, view.side, "data_side", "side")
        if side == shown.SIDES[1]:
            _prompts(page, chosen, data, view)
        else:
            _rows(view, data, key)


def _index(view: DataView, data: OwnData, key: str) -> None:
    problems, labels = len(data.audit.problems), len(data.audit.labels)
    counts = {"Problems": f"Problems · {problems:,}", "Labels": f"Labels · {labels:,}"}
    index = _segmented(
        "What it holds",
        shown.INDEXES,
        view.index or ("" if problems else shown.INDEXES[1]),
        "data_index",
        "index",
        counts,
    )
    with st.container(height=HEIGHT, border=False) if index == shown.INDEXES[0] else st.container():
        if index == shown.INDEXES[0]:
            _problems(view, data)
        else:
            _labels(view, data, key)


def _segmented(
    label: str, names: tuple[str, ...], chosen: str, key: str, field: str, words: dict[str, str] | None = None
) -> str:
    """Draw a choice that stands in the session's `DataView` under `field`; the first where nothing is chosen."""
    st.session_state[key] = chosen or names[0]

    def choose() -> None:
        setattr(view_state().data, field, st.session_state[key])

    st.segmented_control(
        label, names, key=key, required=True, on_change=choose, label_visibility="collapsed",
        format_func=lambda name: (words or {}).get(name, name),
    )  # fmt: skip
    return chosen or names[0]


def _problems(view: DataView, data: OwnData) -> None:
    """Every problem with its cure and the way to its rows, those that keep it from running first."""
    if not data.audit.problems:
        st.caption("No problem was found.")
        return
    for number, problem in enumerate(data.audit.problems, start=1):
        icon = ":red[:material/error:]" if problem.blocks else ":orange[:material/warning:]"
        with st.container(gap="xxsmall"):
            st.markdown(f"{icon} {escape_markdown(problem.sentence)}")
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.caption(message_markdown(problem.cure), width="content")
                if problem.rows:
                    st.button(
                        _rows_kept(problem),
                        key=f"problem_{number}",
                        type="tertiary",
                        icon=":material/visibility:" if view.problem == number else ARROW,
                        on_click=view.open,
                        kwargs={"problem": number},
                    )
    if len(data.audit.problems) > FEW_PROBLEMS:
        found = problems_table("problems", data.audit.problems)
        st.download_button(
            "All problems as CSV",
            lambda: b"".join(for_spreadsheets(found)),
            "problems.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="problems_csv",
        )


def _rows_kept(problem: Problem) -> str:
    """`3 rows`, or `20 of 137 rows`: which they are, the problem's sentence says."""
    kept = len(problem.rows)
    return counted(kept, "row") if kept >= problem.count else f"{kept:,} of {counted(problem.count, 'row')}"


def _labels(view: DataView, data: OwnData, key: str) -> None:
    """Each label with a bar of its count; a click opens its rows."""
    counts = data.audit.labels
    if not counts:
        st.caption("Choose the column of the labels above.")
        return
    labels = sorted(counts, key=lambda label: -counts[label])
    # The counts come first: a long label must not push them out of sight.
    table = pd.DataFrame({"examples": [counts[label] for label in labels], "label": list(map(visible, labels))})

    def opened(row: int | None) -> None:
        view.open(label="" if row is None else labels[row])

    clickable_table(
        table,
        f"data_labels_{key}",
        HEIGHT,
        {
            "examples": st.column_config.ProgressColumn(
                format="%d", min_value=0, max_value=max(counts.values()), width=120, help="Rows with this label"
            ),
        },
        on_click=opened,
        selected=labels.index(view.label) if view.label in counts else None,
        row_height=COMPACT_ROW_HEIGHT,
        alt="Labels with the number of their examples",
    )


def _rows(view: DataView, data: OwnData, key: str) -> None:
    """The first rows, or those of the problem or of the label that is open."""
    said, rows = _opened(view, data)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(said, width="content")
        if view.problem or view.label:
            st.button("First rows", key="first_rows", type="tertiary", icon=":material/close:", on_click=view.open)
    if rows:
        cells = [row.cells + ("",) * (len(data.columns) - len(row.cells)) for row in rows]
        table = pd.DataFrame(cells, columns=list(data.columns))
        line = next(name for name in (f"line{' ' * more}" for more in count()) if name not in data.columns)
        table.insert(0, line, [row.line for row in rows])
        st.dataframe(
            table,
            hide_index=True,
            height=min(HEIGHT - 40, height_of(len(rows), COMPACT_ROW_HEIGHT)),
            row_height=COMPACT_ROW_HEIGHT,
            column_config={
                line: st.column_config.NumberColumn(width=50, format="%d"),
                data.audit.label_column: st.column_config.TextColumn(width=150),
            },
            key=f"data_rows_{key}_{view.problem}_{digest(view.label)[:6]}",
            alt="Rows of the data",
        )


def _opened(view: DataView, data: OwnData) -> tuple[str, list[RowShown]]:
    if 0 < view.problem <= len(data.audit.problems):
        problem = data.audit.problems[view.problem - 1]
        rows = data.rows_at(problem.rows)
        some = "" if len(rows) in (0, problem.count) else f"{_shown(len(rows), problem.count)}. "
        return f"{some}{escape_markdown(problem.sentence)}", rows
    if view.label in data.audit.labels:
        rows = list(data.by_label.get(view.label, ()))
        n = data.audit.labels[view.label]
        return f"{_shown(len(rows), n)} with the label “{escape_markdown(visible(view.label))}”", rows
    if not data.audit.n:
        return "The beginning of the file, as it stands" if data.first else "No rows could be read", list(data.first)
    return _shown(len(data.first), data.audit.n, first=True), list(data.first)


def _shown(shown_rows: int, of: int, *, first: bool = False) -> str:
    if shown_rows >= of:
        return f"All {counted(of, 'row')}" if first else counted(of, "row")
    return f"The first {shown_rows:,} of {counted(of, 'row')}"


def _prompts(page: Frame, chosen: RunSpec, data: OwnData, view: DataView) -> None:
    """A few prompts as the model is given them: of the first examples of the sample that is run."""
    if not data.audit.can_run:
        st.caption("Prompts are shown once the data can be run.")
        return
    try:
        texts = first_texts(chosen.task, page.store, SAMPLES)
        prompt = find_prompt(chosen.prompt, page.store)
    except BlindspotError as error:
        st.error(message_markdown(str(error)))
        return
    numbers = range(1, len(texts) + 1)
    st.session_state["data_sample"] = min(view.sample, len(texts))

    def choose() -> None:
        view.sample = st.session_state["data_sample"]

    st.segmented_control("Example of the sample", numbers, key="data_sample", required=True, on_change=choose)
    exact_prompt(page.store, chosen.task, chosen.model, prompt, texts[st.session_state["data_sample"] - 1])
