"""One file of finished predictions: how it was read, where a person has to choose, its problems, rows and labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from evalcore.errors import BlindspotError
from evalcore.importing import (
    FORMATS,
    ROLE_WORDS,
    ROLES,
    Asked,
    LabelCount,
    NoField,
    Problem,
    Reading,
    Role,
    label_counts,
    problems_of,
    read_predictions,
)
from evalcore.tasks import DataFile
from evalcore.tasks.data_file import parse_label_list
from evalcore.wording import counted
from pages.parts.data.predictions_brought import Brought
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT, height_of
from pages.parts.shell.markdown import escape_markdown, message_markdown

ROWS_SHOWN = 200
TABLE_HEIGHT = 228
CHOICE_WIDTH = 250
"""Pixels of a box to choose from."""
_CHARS_SHOWN = 300
_FOUND = "found by the content"
_ABOUT_IN_ORDER = ("written by", "task", "written")


def read(one: Brought, name: str) -> Reading | None:
    """Draw what was read of a file.

    Args:
        name: A or B, where there are two.

    Returns:
        None if it cannot be scored as it is.
    """
    key = f"predictions_{name}_{one.digest[:12]}"
    said = st.container(gap="xsmall")
    chosen = _chosen(key)
    try:
        reading = _reading(one.file, one.digest, chosen)
    except NoField as error:
        what = f"{error.where}: {error.what} " if error.where else error.what
        said.error(message_markdown(f"{what}Choose it below."), icon=":material/error:")
        _choices(key, error.fields, (error.role,))
        return None
    except BlindspotError as error:
        said.error(message_markdown(str(error)), icon=":material/error:")
        _choices(key, {}, ())
        return None
    problems, labels = _looked_over(reading, one.digest, chosen)
    with said:
        _say(reading, name, one.name)
        for problem in problems:
            words = f"{message_markdown(problem.sentence)} {message_markdown(problem.cure)}"
            (st.error if problem.blocks else st.warning)(words)
    _choices(key, reading.fields, sorted(reading.in_doubt), reading.parts, is_read=True)
    _tables(reading, labels, beside=not name, key=key)
    if any(problem.blocks for problem in problems):
        return None
    return reading


def _say(reading: Reading, name: str, file_name: str) -> None:
    """How it was read, and what the file says of itself."""
    of = {"A": ":blue[**A**] ", "B": ":orange[**B**] "}.get(name, "")
    st.markdown(f"{of}**{escape_markdown(file_name)}**: {escape_markdown(reading.sentence)}")
    about = [f"{key} {reading.about[key]}" for key in _ABOUT_IN_ORDER if reading.about.get(key)]
    if reading.about.get("model"):
        about.insert(0, f"model {reading.about['model']}")
    if about or reading.notes:
        st.caption(escape_markdown(" · ".join([*about, *reading.notes])))


def _chosen(key: str) -> Asked:
    """What was chosen of this file so far; the widgets are drawn below."""
    state = st.session_state
    labels = str(state.get(f"{key}_labels") or "").strip()
    fields: dict[Role, str] = {role: str(state.get(f"{key}_{role}") or "") for role in ROLES}
    return Asked(
        format=next((one.name for one in FORMATS if one.title == state.get(f"{key}_format")), ""),
        fields={role: field for role, field in fields.items() if field},
        part=str(state.get(f"{key}_part") or ""),
        model=str(state.get(f"{key}_model") or "").strip(),
        labels=parse_label_list("the label list", labels.encode(errors="replace")) if labels else None,
    )


def _choices(
    key: str,
    fields: Mapping[Role, Sequence[str]],
    doubtful: Sequence[Role],
    parts: Sequence[str] = (),
    *,
    is_read: bool = False,
) -> None:
    """What a person can choose: in sight where there is a doubt, and behind a button where there is none.

    Args:
        is_read: whether the file could be read, the first of the fields being taken where none was chosen.
    """
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        if len(parts) > 1:
            st.selectbox("Part of the file", list(parts), key=f"{key}_part", width=CHOICE_WIDTH)
        for role in doubtful:
            _field(key, role, fields, is_read=is_read)
        with st.popover("Columns, labels and model", icon=":material/tune:"):
            for role in ROLES:
                if role not in doubtful and fields.get(role):
                    _field(key, role, fields, is_read=is_read)
            st.selectbox("Format", [_FOUND, *(one.title for one in FORMATS)], key=f"{key}_format")
            st.text_input("Model, as it is to be named", key=f"{key}_model", max_chars=100)
            st.text_area("All labels, one a line, if the file lacks some", key=f"{key}_labels", height=80)


def _field(key: str, role: Role, fields: Mapping[Role, Sequence[str]], *, is_read: bool) -> None:
    """A choice among the fields of a role; where nothing is chosen, it says what was taken."""
    options = list(fields.get(role, ()))
    at = f"{key}_{role}"
    taken = next(iter(options), "")
    if st.session_state.get(at) not in (*options, None):
        del st.session_state[at]
    st.selectbox(
        f"Column of the {ROLE_WORDS[role]}",
        options,
        key=at,
        index=None,
        placeholder=taken if is_read else "choose a column",
        width=CHOICE_WIDTH,
    )


def _tables(reading: Reading, labels: Sequence[LabelCount], *, beside: bool, key: str) -> None:
    """The first rows, and the labels with their counts; side by side where there is room."""
    table = reading.table
    rows = pd.DataFrame(
        {
            ROLE_WORDS[role].capitalize(): [
                (row[table.columns.index(column)] or "")[:_CHARS_SHOWN] for row in table.rows[:ROWS_SHOWN]
            ]
            for role in ("label", "answer", "text")  # the texts last: they are the longest
            if (column := reading.columns.get(role))
        }
    )
    # The counts come first: a long label must not push them out of sight.
    counts = pd.DataFrame(
        {
            "True": [one.true for one in labels],
            "Answered": [one.answered for one in labels],
            "Label": [one.label for one in labels],
        }
    )
    places = st.columns([3, 2], gap="medium") if beside else (st.container(), st.container())
    of = f"first {ROWS_SHOWN:,} of {len(table.rows):,} rows" if len(table.rows) > ROWS_SHOWN else "rows"
    for place, frame, caption, what in (
        (places[0], rows, f"The {of}", "rows"),
        (places[1], counts, counted(len(labels), "label"), "labels"),
    ):
        with place, st.container(gap="xxsmall"):
            st.caption(caption)
            st.dataframe(
                frame,
                hide_index=True,
                height=min(TABLE_HEIGHT, height_of(len(frame), COMPACT_ROW_HEIGHT)),
                row_height=COMPACT_ROW_HEIGHT,
                key=f"{key}_{what}",
            )


def _reading(file: DataFile, digest: str, asked: Asked) -> Reading:
    return _kept_reading(file, digest, (file.name, asked.model, *_known(asked)), asked)


def _looked_over(reading: Reading, digest: str, asked: Asked) -> tuple[list[Problem], list[LabelCount]]:
    return _kept_look(reading, digest, (reading.table.name, *_known(asked)))


def _known(asked: Asked) -> tuple[object, ...]:
    labels = tuple(asked.labels.labels) if asked.labels else ()
    return asked.format, tuple(sorted(asked.fields.items())), asked.part, labels


@st.cache_resource(max_entries=4, show_spinner="Reading the file …")
def _kept_reading(_file: DataFile, digest: str, known: tuple[object, ...], _asked: Asked) -> Reading:
    return read_predictions(_file, _asked)


@st.cache_resource(max_entries=4, show_spinner=False)
def _kept_look(_reading: Reading, digest: str, known: tuple[object, ...]) -> tuple[list[Problem], list[LabelCount]]:
    return problems_of(_reading), label_counts(_reading)
