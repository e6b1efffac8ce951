"""The examples behind a number of a comparison: their list, and the one that is open, with both completions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from evalcore.analysis import (
    BOTH_WRONG,
    PAIR_GROUP_MEANINGS,
    Comparison,
    ScoredExample,
    ScoredRun,
    answer_words,
    probabilities_at,
)
from evalcore.deciding import ComparedCosts, CostsAsked
from evalcore.deciding.costs_words import amount
from evalcore.wording import in_percent
from pages.parts.compare.costs_of_pair import DOOR, DOOR_MEANING, costs_of, found_costs
from pages.parts.compare.example_list import ROWS_A_PAGE, ExampleList, example_list, steps, table
from pages.parts.compare.headline import open_door
from pages.parts.run.prompt_preview import exact_prompt
from pages.parts.shell.beside import beside
from pages.parts.shell.cached.once import once
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import BACK
from pages.parts.shell.markdown import escape_markdown, percent
from pages.parts.shell.outcomes import in_colour
from pages.parts.shell.session import view_state

WAYS_WRONG = {
    BOTH_WRONG: "all",
    "wrong_alike": "alike",
    "wrong_differently": "differently",
    "both_unparsed": "both unparsed",
}
HEIGHT = 430
_CONFIDENCE_HELP = "Confidence: probability of the label that the run predicted"
LIST_HEIGHT = 178
"""Four rows."""


def door_examples(page: Frame, comparison: Comparison) -> None:
    """The examples of the open group: their list, and beside it the one that is open."""
    view = view_state().compared
    left, right = beside(1, 1, HEIGHT)
    with left:
        door = open_door(comparison)
        if door in WAYS_WRONG:
            door = _way_wrong(comparison, door)
        both = costs_of(comparison) if door == DOOR else None
        st.caption(DOOR_MEANING if both else PAIR_GROUP_MEANINGS[door])
        rows = both.rows if both else comparison.rows_of(door)
        if not len(rows):
            st.info("There are none.")
            return
        shown = _list_of(comparison, rows)
        view.examples.opened = int(shown.positions[shown.at])
        _table(comparison, shown, door, HEIGHT - 40, with_true=True, both=both)
    with right:
        steps(shown, "pair")
        _opened(page, comparison, shown.row, with_true=True)


def examples(page: Frame, comparison: Comparison, link: str, title: str, close: Callable[[], None]) -> None:
    """Some examples in one pane: the one that is open, and below it the list of them.

    Args:
        link: which examples, as `Comparison.rows_of` takes it.
        title: trusted, or escaped: it is Markdown.
        close: called by the button that brings back what stood in the pane before.
    """
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.markdown(f"**{title}**", width="stretch")
        st.button("Back", icon=BACK, key="pair_close", type="tertiary", on_click=close)
    rows = comparison.rows_of(link)
    if not len(rows):
        st.info("There are none.")
        return
    shown = _list_of(comparison, rows)
    view_state().compared.examples.opened = int(shown.positions[shown.at])
    steps(shown, "pair")
    one_label = link.startswith(("label", "cell"))  # the title names it
    _opened(page, comparison, shown.row, with_true=not one_label)
    if len(shown.rows) > 1:
        _table(comparison, shown, link, LIST_HEIGHT, with_true=not one_label)


def _way_wrong(comparison: Comparison, door: str) -> str:
    """Which of those that both get wrong: all, or one of three kinds."""
    view = view_state().compared
    st.session_state["way_wrong"] = door

    def choose() -> None:
        view.open_door(st.session_state["way_wrong"])

    st.segmented_control(
        "Both wrong",
        list(WAYS_WRONG),
        key="way_wrong",
        required=True,
        format_func=lambda way: f"{WAYS_WRONG[way]} {len(comparison.rows_of(way)):,}",
        label_visibility="collapsed",
        on_change=choose,
    )
    return door


def _list_of(comparison: Comparison, rows: NDArray[np.intp]) -> ExampleList:
    return example_list(rows, comparison.a.positions[comparison.at_a[rows]], view_state().compared.examples)


def _table(
    comparison: Comparison,
    shown: ExampleList,
    link: str,
    height: int,
    *,
    with_true: bool,
    both: ComparedCosts | None = None,
) -> None:
    """Draw the list.

    Args:
        both: the costs that it is a list of; None if it is one of `link`.
    """
    asked = both.asked if both else None
    table(
        shown,
        lambda page: once(comparison, _rows, link, page, with_true, asked),
        f"behind_{comparison.a.record.run_id}_{comparison.b.record.run_id}_{link}_{hash(asked)}",
        height,
        {
            "text": st.column_config.TextColumn(width=230),
            **{
                f"{run} conf.": st.column_config.NumberColumn(width=75, format="%.1f %%", help=_CONFIDENCE_HELP)
                for run in "AB"
            },
        },
        "Examples with the answers of A and B",
    )


def _rows(comparison: Comparison, link: str, page: int, with_true: bool, costs: CostsAsked | None) -> pd.DataFrame:
    here = slice(page * ROWS_A_PAGE, (page + 1) * ROWS_A_PAGE)
    both = found_costs(comparison, costs) if costs else None
    rows = (both.rows if both else comparison.rows_of(link))[here]
    shown_a, shown_b = comparison.a.answers.at(comparison.at_a[rows]), comparison.b.answers.at(comparison.at_b[rows])
    shown = [answer.example for answer in shown_a]
    answers = {
        name: [answer_words(comparison.labels, int(comparison.y_true[row]), int(y_pred[row])) for row in rows]
        for name, y_pred in (("A", comparison.y_a), ("B", comparison.y_b))
    }
    true = {"true label": [example.label for example in shown]} if with_true else {}
    sure = {
        f"{name} conf.": [in_percent(value) for value in found[1].confidence.tolist()]
        for name, scored, those in (("A", comparison.a, shown_a), ("B", comparison.b, shown_b))
        if (found := probabilities_at(scored, those)) and found[1].known.any()
    }
    cost = {}
    if both:
        for run, each in zip("AB", both.costs_of_rows[here].T.tolist(), strict=True):
            cost[f"{run} costs"] = [amount(one, both.asked.unit) for one in each]
    return pd.DataFrame({"text": [example.text for example in shown], **cost, **true, **answers, **sure})


def _opened(page: Frame, comparison: Comparison, row: int, *, with_true: bool) -> None:
    """One example: its text and true label, then what A and what B answered, side by side."""
    a, b = comparison.a.answers[int(comparison.at_a[row])], comparison.b.answers[int(comparison.at_b[row])]
    st.code(a.example.text, language=None, wrap_lines=True)
    if with_true:
        st.markdown(f"True label **{escape_markdown(a.example.label)}**")
    shown = ((":blue[**A**]", a, comparison.a), (":orange[**B**]", b, comparison.b))
    for place, of_run in zip(st.columns(2, gap="small"), shown, strict=True):
        with place:
            one_answer(*of_run)
    if st.toggle("Show the exact prompts", key="pair_prompts"):
        for name, scored in ((":blue[**A**]", comparison.a), (":orange[**B**]", comparison.b)):
            st.markdown(f"{name}, as sent")
            _prompt(page, scored, a.example.text)


def one_answer(name: str, answer: ScoredExample, scored: ScoredRun) -> None:
    """What one run answered: the outcome in a word, a sign and a colour, the label and how sure, the raw completion.

    Args:
        name: of the run; trusted, or escaped.
        scored: the run.
    """
    predicted = escape_markdown(answer.predicted) if answer.predicted else "no label"
    found = probabilities_at(scored, [answer])
    if found and found[1].known[0]:
        predicted += f" · {percent(float(found[1].confidence[0]))}"
    with st.container(gap="xsmall"):
        st.markdown(f"{name} {in_colour(answer.outcome)}  \n{predicted}")
        st.code(answer.completion.text or "(empty)", language=None, wrap_lines=True)


def _prompt(page: Frame, scored: ScoredRun, text: str) -> None:
    record = scored.record
    exact_prompt(page.store, record.spec.task, record.spec.model, record.prompt, text)
