"""Whether the label list is right: where another one comes from, what it does to the scores, the examples behind."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from evalcore.analysis import ScoredRun
from evalcore.deciding import WAYS, LabelListAsked, compared_label_list, label_list
from pages.parts.decide import label_list_edit, label_list_groups, label_list_pane, label_list_ways, new_list, shown
from pages.parts.decide.answer_parts import answered, compared, say
from pages.parts.shell.beside import beside
from pages.parts.shell.frame import Frame
from pages.parts.shell.session import view_state

HEIGHT = 430
"""Pixels of the pane, which ends within a window of 720."""
NAMES = {"pairs": "Pairs", "path": "Best merges", "tree": "Tree", "hierarchy": "Groups"}


def tab(page: Frame, scored: ScoredRun, other: ScoredRun | None) -> None:
    """Draw the tab.

    Args:
        other: the run beside it; None if it is looked at alone.
    """
    asked = view_state().decide.label_list
    # What is only looked at needs no other answer.
    answer = answered(scored, label_list, LabelListAsked(merge=asked.merge, hierarchy=asked.hierarchy))
    if answer is None:
        _start_again(page)
        return
    both = None
    if other is not None:
        both = compared(scored, other, compared_label_list, LabelListAsked(merge=asked.merge))
    say(answer if both is None else both)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _choice(page)
        label_list_edit.editor(page, scored)
        label_list_edit.changes(page)
    label_list_edit.refused()
    left, right = beside(11, 9, height=HEIGHT)
    with left:
        if asked.way == "path":
            label_list_ways.path(page, scored)
        elif asked.way == "tree":
            label_list_ways.tree(page, scored)
        elif asked.way == "hierarchy":
            label_list_groups.groups(page, scored, answer)
        else:
            label_list_ways.pairs(page, scored)
    with right:
        if both is not None:
            label_list_pane.compared_scores(both)
        elif answer.merge:
            label_list_pane.scores(answer)
        label_list_pane.behind(page, scored, answer, both)
    new_list.offer(page, scored, answer.merge)


def _choice(page: Frame) -> None:
    key = "label_list_way"
    st.session_state[key] = view_state().decide.label_list.way

    def turn() -> None:
        view = view_state().decide
        view.label_list = replace(view.label_list, way=st.session_state[key])
        shown.open_examples(page, "")

    st.segmented_control("Where another list comes from", WAYS, key=key, required=True, on_change=turn,
                         format_func=lambda way: NAMES[way], label_visibility="collapsed")  # fmt: skip


def _start_again(page: Frame) -> None:
    """A link asked for what cannot be answered: leave it out."""

    def forget() -> None:
        view_state().decide.label_list = LabelListAsked()

    st.button("Show the list as it is", icon=":material/restart_alt:", on_click=forget, key="label_list_forget")
