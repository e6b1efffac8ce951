"""Beside where a list comes from: what it does to the scores, and the examples behind what is open."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from evalcore.analysis import ScoredRun
from evalcore.deciding import ComparedLabelList, LabelListAnswer, label_list_edits, merge_suggestions
from evalcore.deciding.merge_suggestions import new_name
from evalcore.tasks import LabelMerge
from evalcore.wording import counted, interval, percent, points
from pages.parts.decide import shown
from pages.parts.decide.answer_parts import examples_pane
from pages.parts.decide.label_list_edit import change, merge_asked
from pages.parts.shell.cached.once import once
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT, height_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.session import view_state

COLUMNS = ("text", "true label", "predicted")
ROWS_SHOWN = 3
TITLES = {
    "gain": ("made right by merging", "Their predicted and their true label are one in the new list."),
    "dropped": ("of dropped labels", "They count no more."),
    "outside": ("answered with a dropped label", "They count as wrong."),
    "inside": ("wrong inside the right group", ""),
    "across": ("wrong in another group", ""),
}
"""Of what can be open: what its examples are, and a line on them."""


def scores(answer: LabelListAnswer) -> None:
    """The old and the new list, side by side."""
    rows = [
        {
            "Labels": f"{len(of.labels):,}",
            **({"Examples": f"{of.scores.n:,}"} if answer.not_counted else {}),
            "Accuracy": _share(of.scores.accuracy, of.intervals.accuracy),
            "Macro-F1": _share(of.scores.macro_f1_present, of.intervals.macro_f1_present),
            "Largest label": percent(of.majority_share),
        }
        for of in (answer.before, answer.after)
    ]
    _table(rows, "Scores of the same answers under the old and under the new list")


def compared_scores(of: ComparedLabelList) -> None:
    """Both runs under the old and under the new list."""
    rows = [
        {
            "Labels": f"{one.labels:,}",
            "A right": percent(one.accuracy_a),
            "B right": percent(one.accuracy_b),
            "B − A": _change(one.difference, one.accuracy_interval),
            "A macro-F1": percent(one.macro_f1_a),
            "B macro-F1": percent(one.macro_f1_b),
            "B − A macro-F1": _change(one.macro_f1_b - one.macro_f1_a, one.macro_f1_interval),
        }
        for one in ((of.before, of.after) if of.merge else (of.before,))
    ]
    _table(rows, "Scores of both runs under the old and under the new list")


def behind(page: Frame, scored: ScoredRun, answer: LabelListAnswer, both: ComparedLabelList | None) -> None:
    """The examples of what is open, and what can be done with it.

    Args:
        both: the answer for this run and the one beside it; None if it is looked at alone.
    """
    opened = view_state().decide.opened or _first(scored, answer)
    kind, *numbers = opened.split(":")
    rows = answer.rows_of(opened)
    if kind in ("pair", "group") and len(rows):
        _labels(page, scored, answer, [int(number) for number in numbers], len(rows))
        examples_pane(page, scored, rows, COLUMNS, rows_shown=ROWS_SHOWN)
        return
    if answer.not_counted or answer.outside:
        _doors(page, answer)
    if both is not None and kind not in TITLES and len(both.decided):
        title = f"{counted(len(both.decided), 'example')} only one of the two gets right under the old list"
        said = "Under the new list both or neither do. Shown with the answers of A."
        decided = both.comparison.at_a[both.decided].astype(np.intp)
        examples_pane(page, scored, decided, COLUMNS, title=title, said=said, rows_shown=ROWS_SHOWN)
        return
    kind = kind if kind in TITLES else "gain"
    rows = answer.rows_of(kind)
    if not len(rows) and kind == "gain":
        st.caption(
            "This list makes no answer right that was wrong."
            if answer.merge
            else "Open something at the left to see its examples, and to make labels one."
        )
        return
    title, said = TITLES[kind]
    examples_pane(page, scored, rows, COLUMNS, title=f"{counted(len(rows), 'example')} {title}", said=said,
                  rows_shown=ROWS_SHOWN)  # fmt: skip


def _first(scored: ScoredRun, answer: LabelListAnswer) -> str:
    """What is open where nobody opened anything: of a list that is not changed, the first that there is to see."""
    asked, of = view_state().decide.label_list, once(scored, merge_suggestions)
    if answer.merge:
        return ""
    if asked.way == "pairs" and of.pairs:
        return f"pair:{of.pairs[0].first}:{of.pairs[0].second}"
    joins = []
    if asked.way == "path":
        joins = [step.joined for step in of.path[: asked.best]]
    elif asked.way == "tree":  # not made before it is looked at
        joins = of.tree[:1]
    if joins:
        return "group:" + ":".join(map(str, joins[-1].codes))
    return "inside" if asked.way == "hierarchy" and answer.in_hierarchy is not None else ""


def _labels(page: Frame, scored: ScoredRun, answer: LabelListAnswer, codes: list[int], count: int) -> None:
    """What is to be said of some labels that are confused, and the button that makes them one."""
    names = [scored.labels[code] for code in codes]
    st.subheader(f"{counted(count, 'confusion')} of {counted(len(codes), 'label')}", anchor=False)
    if len(codes) == 2:
        first, second = codes
        there, back = int(scored.confusion[first, second]), int(scored.confusion[second, first])
        support = scored.confusion.sum(axis=1)
        st.text(
            f"{there:,} of {int(support[first]):,} {names[0]} predicted as {names[1]}; reverse: {back:,} of"
            f" {int(support[second]):,}"
        )
    else:
        st.text(", ".join(names[:8]) + (f" and {len(names) - 8:,} more" if len(names) > 8 else ""))
    new_of_old = answer.merge.new_of_old
    together = {new_of_old.get(name, name) for name in names}

    def take() -> LabelMerge:
        more = LabelMerge.of({new_name(names, scored.labels): names})
        return label_list_edits.joined(merge_asked(), more, scored.labels)

    with st.container(horizontal=True):
        st.button(
            "Make them one label" if len(together) > 1 else "They are one label now",
            icon=":material/merge:",
            key="label_list_take",
            on_click=change,
            args=(page, take),
            disabled=len(together) == 1,
        )
        if answer.merge:
            st.button("What the new list makes right", key="label_list_gain", on_click=shown.open_examples,
                      args=(page, "gain"), type="tertiary")  # fmt: skip


def _doors(page: Frame, answer: LabelListAnswer) -> None:
    opened = view_state().decide.opened or "gain"
    with st.container(horizontal=True, gap="xsmall"):
        for door, count, words in (
            ("gain", answer.gained, "made right"),
            ("dropped", answer.not_counted, "dropped"),
            ("outside", answer.outside, "outside the list"),
        ):
            st.button(f"**{count:,}** {words}", key=f"label_list_door_{door}", on_click=shown.open_examples,
                      args=(page, door), type="primary" if opened == door else "secondary")  # fmt: skip


def _table(rows: list[dict[str, str]], alt: str) -> None:
    """One column for each list."""
    table = pd.DataFrame({"": list(rows[0])})
    for name, row in zip(("old list", "new list"), rows, strict=False):
        table[name] = list(row.values())
    st.dataframe(
        table,
        hide_index=True,
        row_height=COMPACT_ROW_HEIGHT,
        height=height_of(len(table), COMPACT_ROW_HEIGHT),
        column_config={"": st.column_config.TextColumn(width=90)},
        alt=alt,
    )


def _change(value: float, bounds: tuple[float, float]) -> str:
    return f"{points(value)} ({interval(bounds, signed=True)})"


def _share(value: float, bounds: tuple[float, float]) -> str:
    return f"{percent(value)} ({interval(bounds)})"
