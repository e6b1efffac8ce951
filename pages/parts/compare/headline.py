"""What the compare page says first: the verdict, the two accuracies, what changed, the counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from evalcore.analysis import BOTH_WRONG, Comparison, changed_words, shared_note, verdict
from evalcore.wording import interval, percent
from pages.parts.compare.costs_of_pair import DOOR, costs_of
from pages.parts.shell.markdown import escape_markdown
from pages.parts.shell.session import view_state

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

ICONS = {
    "better": ":material/trending_up:",
    "worse": ":material/trending_down:",
    "undecided": ":material/drag_handle:",
    "same": ":material/equal:",
}
NAMES = {"fixed": "fixed", "broken": "broken", "both_right": "both right", BOTH_WRONG: "both wrong"}


def say_verdict(comparison: Comparison) -> None:
    """The verdict, large; below it the accuracies that it is about, and what was chosen differently."""
    said = verdict(comparison)
    (accuracy_a, interval_a), (accuracy_b, interval_b) = comparison.accuracies
    with st.container(gap="xxsmall"):
        st.subheader(f"{ICONS[said.kind]} {escape_markdown(said.sentence)}", anchor=False)
        st.markdown(
            f":blue[**A**] (reference) **{percent(accuracy_a)}** ({interval(interval_a)}) · "
            f":orange[**B**] (new) **{percent(accuracy_b)}** ({interval(interval_b)}) · "
            f"{escape_markdown(changed_words(comparison.a.record, comparison.b.record))}"
        )
        note = shared_note(comparison)
        if note:
            st.caption(escape_markdown(note))


def doors(comparison: Comparison) -> DeltaGenerator:
    """Four buttons that together count every shared example, and one for those that differ in cost; each opens its
    examples. Returns their row."""
    view, opened, both = view_state().compared, open_door(comparison), costs_of(comparison)
    counts = {door: len(comparison.rows_of(door)) for door in NAMES}
    if both is not None and len(both.rows):
        counts[DOOR] = len(both.rows)
    row = st.container(horizontal=True, gap="small")
    with row:
        for door, count in counts.items():
            is_open = opened == door or (door == BOTH_WRONG and opened not in counts)
            st.button(
                f"**{count:,}** {NAMES.get(door, 'differ in cost')}",
                key=f"group_{door}",
                type="primary" if is_open and not view.tab else "secondary",
                on_click=view.open_door,
                args=(door,),
            )
    return row


def open_door(comparison: Comparison) -> str:
    """The group that is open: the one that was chosen, else what broke, else the next that has any examples."""
    chosen = view_state().compared.door
    telling = ("broken", "fixed", BOTH_WRONG, "both_right")
    if chosen == DOOR and costs_of(comparison) is None:
        chosen = ""
    return chosen or next(door for door in telling if len(comparison.rows_of(door)))
