"""The ways in for finished predictions: one or two files, or what is pasted."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import streamlit as st

from evalcore.errors import BlindspotError, DataError
from evalcore.importing import FORMATS, pasted
from evalcore.tasks import DataFile
from evalcore.tasks.data_file import data_in_memory
from pages.parts.shell.markdown import escape_markdown, message_markdown

AT_MOST = 2
FIELD_HEIGHT = 118
"""Pixels of the field to paste into: as high as the one for files beside it."""


@dataclass(frozen=True)
class Brought:
    """A file that was brought in, in memory only.

    Attributes:
        digest: of its bytes.
    """

    file: DataFile
    digest: str

    @property
    def name(self) -> str:
        """As it is shown."""
        return self.file.name


def brought() -> list[Brought]:
    """Draw the field for files and the one to paste into, and what is wrong with what was given.

    Returns:
        At most two: the files in the order in which they were given, and then what was pasted.
    """
    st.markdown(
        "Score what any other tool has predicted. Two files that share examples are compared: **A** is the first.",
    )
    left, right = st.columns(2, gap="medium")
    # Without `type`, so that a file of another kind is answered with what it is, and not with its ending alone.
    files = left.file_uploader("One or two files", accept_multiple_files=True, key="predictions_files")
    text = right.text_area(
        "Or paste rows, with their header", key="predictions_pasted", height=FIELD_HEIGHT, placeholder="text,label,…"
    )
    found, problems = [], []
    for file in files:
        try:
            found.append(_brought(file.name, file.getvalue()))
        except BlindspotError as error:
            problems.append(str(error))
    if text:
        try:
            one = pasted(text)
            found.append(Brought(one, _digest(one.content if isinstance(one.content, bytes) else b"")))
        except BlindspotError as error:
            problems.append(str(error))
    if len(found) > AT_MOST:
        problems.append(f"There are {len(found)}: the first two are taken. Take the others away.")
    for problem in problems:
        st.error(message_markdown(problem), icon=":material/error:")
    return found[:AT_MOST]


def say_formats() -> None:
    """What can be brought, before anything is."""
    others = [escape_markdown(f"{one.title} ({', '.join(one.endings)})") for one in FORMATS[:-1]]
    st.markdown("**A table** with a column `label` and one `prediction` (a label) or `completion` (a raw output).")
    st.markdown("A column `text` shows the examples; `probability:LABEL` for each label shows how sure a model is.")
    st.markdown("**What another tool wrote**, found by its content:\n" + "\n".join(f"- {one}" for one in others))
    st.caption("Nothing is stored before you press “Score”. docs/predictions.md says what is read from where.")


def _brought(name: str, content: bytes) -> Brought:
    """A file that was uploaded.

    Raises:
        DataError: if it is too large, empty, or a bundle of runs.
    """
    if content.startswith(b"\x1f\x8b"):
        raise DataError(
            "this is a bundle of runs, or another gzip file.", where=name, do="Bring a bundle in on the page Runs."
        )
    if not content:
        raise DataError("the file is empty.", where=name)
    return Brought(data_in_memory(name, content), _digest(content))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
