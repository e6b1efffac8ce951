"""Labels in groups: a hierarchy that is typed or found in the names, and how the answers do in it."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from evalcore.analysis import ScoredRun
from evalcore.deciding import LabelListAnswer, groups_by_name, hierarchy_text, read_hierarchy
from evalcore.wording import counted, in_percent, interval
from pages.parts.decide import shown
from pages.parts.decide.label_list_edit import change
from pages.parts.decide.typed_table import typed_table
from pages.parts.shell.cached.once import once
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT, height_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown
from pages.parts.shell.session import view_state

SHOWN_GROUPS = 12


def groups(page: Frame, scored: ScoredRun, answer: LabelListAnswer) -> None:
    """Draw where the groups come from, and the scores at each level."""
    asked = view_state().decide.label_list

    def take(text: str) -> None:
        view = view_state().decide
        view.label_list = replace(view.label_list, hierarchy=text)
        shown.open_examples(page, "")

    found = once(scored, _by_name)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        typed_table(
            "hierarchy",
            asked.hierarchy,
            ("label", "group"),
            label="Groups of labels",
            on_change=take,
            options={"label": scored.labels},
            check=lambda text: read_hierarchy(text, scored.labels),
            example=lambda: next(iter(found.values()), hierarchy_text(dict.fromkeys(scored.labels, ""))),
            hint="Each label and its group; a group may itself have a row, with the group that it is in. A label with"
            " an empty group stands alone.",
        )
        for at, (separator, text) in enumerate(found.items()):
            st.button(
                f"From the names, up to `{separator}`" if separator != " " else "From the names, up to a space",
                icon=":material/account_tree:",
                key=f"label_list_names_{at}",
                on_click=take,
                args=(text,),
                disabled=text == asked.hierarchy,
            )
    if answer.in_hierarchy is None:
        st.caption(
            "Put the labels into groups to see how far off the wrong answers are: how many stay inside the right group,"
            " and how often the right group is named."
        )
        return
    _levels(answer)
    of = answer.in_hierarchy
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for door, count, words in (
            ("inside", of.inside.inside, "wrong inside the right group"),
            ("across", of.inside.wrong - of.inside.inside, "wrong in another group"),
        ):
            st.button(
                f"**{count:,}** {words}",
                key=f"label_list_{door}",
                on_click=shown.open_examples,
                args=(page, door),
                type="primary" if view_state().decide.opened == door else "secondary",
            )
        st.button(
            "Make each group one label",
            icon=":material/merge:",
            key="label_list_take_groups",
            on_click=change,
            args=(page, of.hierarchy.as_merge),
        )
    _members(answer)


def _levels(answer: LabelListAnswer) -> None:
    """Accuracy at each level, and the hierarchical scores."""
    of = answer.in_hierarchy
    assert of is not None
    rows = [
        (f"Right, of {level.nodes:,} {level.name.partition(' ')[0]}", level.accuracy, level.interval)
        for level in of.levels
    ]
    scores = of.scores
    rows += [
        ("Hierarchical precision", scores.precision, scores.precision_interval),
        ("Hierarchical recall", scores.recall, scores.recall_interval),
        ("Hierarchical F1", scores.f1, scores.f1_interval),
        ("Wrong answers inside the right group", of.inside.share, of.inside.interval),
        ("… if they named any other label alike", of.inside.by_chance, (float("nan"), float("nan"))),
    ]
    table = pd.DataFrame(
        {
            "": [name for name, _, _ in rows],
            "share": [in_percent(value) for _, value, _ in rows],
            "95 %": [interval(bounds, undefined="") for _, _, bounds in rows],
        }
    )
    c = st.column_config
    st.dataframe(
        table,
        hide_index=True,
        row_height=COMPACT_ROW_HEIGHT,
        height=height_of(len(table), COMPACT_ROW_HEIGHT),
        column_config={"share": c.NumberColumn(format="%.1f %%", width=80), "95 %": c.TextColumn(width=110)},
        alt="Accuracy at each level of the groups, and hierarchical precision, recall and F1",
    )


def _members(answer: LabelListAnswer) -> None:
    """The top groups and how many labels each has."""
    assert answer.in_hierarchy is not None
    taken = [(name, olds) for name, olds in answer.in_hierarchy.hierarchy.as_merge().groups if len(olds) > 1]
    words = [f"{escape_markdown(name)} ({len(olds):,})" for name, olds in taken[:SHOWN_GROUPS]]
    more = f" and {counted(len(taken) - SHOWN_GROUPS, 'more group')}" if len(taken) > SHOWN_GROUPS else ""
    st.caption(f"Groups and their labels: {', '.join(words)}{more}. The others stand alone.")


def _by_name(scored: ScoredRun) -> dict[str, str]:
    return {separator: hierarchy_text(of) for separator, of in groups_by_name(scored.labels).items()}
