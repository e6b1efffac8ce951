"""Changing the label list: labels merged and dropped by hand, what is changed, and each change taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from evalcore.analysis import ScoredRun
from evalcore.deciding import label_list_edits
from evalcore.errors import BlindspotError, shortened
from evalcore.tasks import LabelMerge
from evalcore.wording import counted
from pages.parts.decide import shown
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown, message_markdown
from pages.parts.shell.session import view_state

CHIPS, CHIP_CHARS = 4, 20
SAID = "merge"
"""The name of what is said of the last change."""


def merge_asked() -> LabelMerge:
    """The changed list; none where a link names one that is none, which the answer says."""
    try:
        return LabelMerge.from_text(view_state().decide.label_list.merge)
    except BlindspotError:
        return LabelMerge()


def change(page: Frame, make: Callable[[], LabelMerge]) -> None:
    """Change the list, or say why it cannot be; for the callback of a widget."""
    view = view_state().decide
    view.said.pop(SAID, None)
    try:
        merge = make()
    except BlindspotError as error:
        view.said[SAID] = str(error)
        return
    view.label_list = replace(view.label_list, merge=merge.to_text())
    shown.open_examples(page, "")


def editor(page: Frame, scored: ScoredRun) -> None:
    """Draw the button that opens the place where labels are merged and dropped by hand."""
    drawer = st.popover("Edit the list", icon=":material/edit:", key="label_list_edit", on_change="rerun")
    with drawer, st.container(gap="xsmall", width=420):
        if not drawer.open:
            return
        labels, merge = scored.labels, merge_asked()
        chosen_key, name_key = "label_list_chosen", "label_list_name"
        now = _labels_now(merge, labels)
        kept = [label for label in st.session_state.get(chosen_key, []) if label in now]
        st.session_state[chosen_key] = kept

        def done(make: Callable[[], LabelMerge]) -> None:
            change(page, make)
            if SAID not in view_state().decide.said:
                st.session_state[chosen_key], st.session_state[name_key] = [], ""

        def put_together() -> None:
            chosen, name = st.session_state[chosen_key], st.session_state[name_key]
            done(lambda: label_list_edits.merged(merge, labels, chosen, name))

        def drop() -> None:
            chosen = st.session_state[chosen_key]
            done(lambda: label_list_edits.dropped(merge, labels, chosen))

        st.multiselect("Labels", now, key=chosen_key, placeholder="Choose labels of the list")
        st.text_input("Name of the label that they become", key=name_key)
        with st.container(horizontal=True):
            st.button("Merge", icon=":material/merge:", key="label_list_merge", on_click=put_together, type="primary")
            st.button("Drop", icon=":material/delete:", key="label_list_drop", on_click=drop)
        st.caption("Examples of a dropped label count no more; an answer that names it counts as wrong.")
        refused()


def changes(page: Frame) -> None:
    """Draw what is changed, each with a button that takes it back."""
    merge = merge_asked()
    if not merge:
        return
    for at, (name, olds) in enumerate(merge.groups[:CHIPS]):
        taken = counted(len(olds), "label")
        st.button(
            f"{_short(name)} ← {len(olds):,}" if name else f"{taken} dropped",
            icon=":material/undo:",
            key=f"label_list_undo_{at}",
            on_click=change,
            args=(page, lambda name=name: label_list_edits.without(merge, name)),
            help=_help(name, olds),
            type="tertiary",
        )
    if len(merge.groups) > CHIPS:
        st.caption(f"and {counted(len(merge.groups) - CHIPS, 'more change')}", width="content")
    if len(merge.groups) > 1:
        st.button("Undo all", icon=":material/restart_alt:", key="label_list_undo_all", on_click=change,
                  args=(page, LabelMerge), type="tertiary")  # fmt: skip


def refused() -> None:
    """Why the last change was not made, if it was not."""
    said = view_state().decide.said.get(SAID)
    if said:
        st.error(message_markdown(said), icon=":material/error:")


def _labels_now(merge: LabelMerge, labels: tuple[str, ...]) -> list[str]:
    try:
        return list(merge.new_labels(labels))
    except BlindspotError:
        return list(labels)


def _short(name: str) -> str:
    return escape_markdown(shortened(name, CHIP_CHARS))


def _help(name: str, olds: tuple[str, ...]) -> str:
    taken = ", ".join(escape_markdown(old) for old in olds[:20]) + (
        f" and {len(olds) - 20:,} more" if len(olds) > 20 else ""
    )
    return f"Undo: {taken} {'became ' + escape_markdown(name) if name else 'dropped'}"
