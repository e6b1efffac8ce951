"""What is open in the tab “Costs”, as the session and the URL hold it, and the examples behind it."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from evalcore.analysis import Filter, ScoredRun
from evalcore.deciding import Costs, answer_name
from evalcore.deciding.costs_words import amount, confusion_words
from evalcore.metrics import UNPARSED
from evalcore.wording import counted
from pages.parts.decide import shown
from pages.parts.decide.answer_parts import examples_pane
from pages.parts.shell.frame import Frame

VIEWS = {"confusion": "Confusions", "action": "Actions", "review": "Review", "cheaper": "Lowest expected cost"}
"""By the first part of what is open; the others are codes that tell what of it."""
STAYING = 1
"""Of the view `review`: the mistakes that nobody would see; else the texts that a person answers."""

Item = tuple[int, ...]


def view_and_item(answer: Costs, opened: str) -> tuple[str, Item]:
    """Which view is open, and what in it: the codes of the dearest confusion, say, where the URL names none of this
    run."""
    view, *codes = opened.split(":")
    if view not in VIEWS or (view == "action" and not answer.actions):
        view, codes = "confusion", []
    item = tuple(int(code) for code in codes if code.removeprefix("-").isdecimal() and len(code) < 8)
    there = items(answer, view)
    return view, item if item in there else there[0] if there else ()


def items(answer: Costs, view: str) -> list[Item]:
    """All that can be opened in a view, the first at first."""
    if view == "confusion":
        return [(one.true, one.predicted) for one in answer.confusions]
    if view == "action":
        return [(answer.table.action_names.index(one.name),) for one in answer.actions]
    if view == "review":
        return [(0,), (STAYING,)] if answer.review else []
    return [(one.own, one.new) for one in answer.least.changes] if answer.least else []


def open_item(page: Frame, view: str, item: Item) -> None:
    """Open the examples of something."""
    shown.open_examples(page, ":".join([view, *map(str, item)]))


def examples(page: Frame, scored: ScoredRun, answer: Costs, view: str, item: Item) -> None:
    """Draw the pane."""
    if not item:
        return
    if view == "confusion":
        _confusion(page, scored, answer, item)
    elif view == "action":
        _action(page, scored, answer, item)
    elif view == "review":
        _review(page, scored, answer, item)
    else:
        _cheaper(page, scored, answer, item)


def _confusion(page: Frame, scored: ScoredRun, answer: Costs, item: Item) -> None:
    true, predicted = item
    labels = scored.labels
    one = next(one for one in answer.confusions if (one.true, one.predicted) == item)
    unparsed = predicted == len(labels)
    rows = np.flatnonzero((scored.y_true == true) & (scored.y_pred == (UNPARSED if unparsed else predicted)))
    # Also where there is none: what stands below it would otherwise be made anew.
    st.button(f"Reverse: {counted(one.reverse_count, 'example')}", icon=":material/swap_horiz:", type="tertiary",
              key="costs_reverse", on_click=open_item, args=(page, "confusion", (predicted, true)),
              disabled=not one.reverse_total > 0)  # fmt: skip
    asked = (
        Filter(true=labels[true], outcomes=("unparsed",))
        if unparsed
        else Filter(true=labels[true], predicted=labels[predicted])
    )
    title = f"{labels[true]} → {answer_name(labels, predicted)}"
    said = confusion_words(one, labels, answer.asked.unit)
    examples_pane(page, scored, rows, ("text",), title=title, said=f"{said}.", asked=asked)


def _action(page: Frame, scored: ScoredRun, answer: Costs, item: Item) -> None:
    one = next(one for one in answer.actions if one.name == answer.table.action_names[item[0]])
    needs = answer.table.actions[scored.y_true] == item[0]
    rows = np.flatnonzero(needs & answer.table.wrong[scored.y_true, scored.y_pred])
    wrong = f"{len(rows):,} of {counted(one.examples, 'example')} {'has' if len(rows) == 1 else 'have'} another action"
    said = f"{wrong}. Their answers cost {amount(one.total, answer.asked.unit)}."
    examples_pane(page, scored, rows, ("text", "true label", "predicted"), title=one.name, said=said)


def _review(page: Frame, scored: ScoredRun, answer: Costs, item: Item) -> None:
    found = answer.review
    if found is None:
        return
    wrong = answer.table.wrong[scored.y_true, scored.y_pred][found.rows]
    kinds: dict[str, NDArray[np.bool_]] = {
        "A person answers": found.reviewed,
        "Mistakes that stay": ~found.reviewed & wrong,
    }
    st.session_state["costs_reviewed"] = item[0]
    st.segmented_control(
        "Which examples",
        list(range(len(kinds))),
        key="costs_reviewed",
        required=True,
        format_func=lambda at: f"{list(kinds)[at]} {list(kinds.values())[at].sum():,}",
        label_visibility="collapsed",
        on_change=lambda: open_item(page, "review", (st.session_state["costs_reviewed"],)),
    )
    rows = found.rows[list(kinds.values())[item[0]]]
    said = f"Of {counted(len(found.rows), 'example')} that did not choose the threshold."
    examples_pane(page, scored, rows, ("text", "true label", "predicted"), said=said)


def _cheaper(page: Frame, scored: ScoredRun, answer: Costs, item: Item) -> None:
    found = answer.least
    if found is None:
        return
    own, new = item
    one = next(one for one in found.changes if (one.own, one.new) == item)
    rows = found.rows[(found.own == own) & (found.answers == new)]
    before = answer_name(scored.labels, own if own != UNPARSED else len(scored.labels))
    after = scored.labels[new] if new >= 0 else "a person"
    unit = answer.asked.unit
    said = f"Saves {amount(one.saved, unit)}, adds {amount(one.added, unit)}."
    examples_pane(page, scored, rows, ("text", "true label"), title=f"{after} in the place of {before}", said=said)
