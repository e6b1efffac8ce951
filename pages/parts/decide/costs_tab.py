"""What mistakes cost: the tables that say so, the confusions that carry the cost, and cheaper ways to answer."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from evalcore.analysis import ScoredRun
from evalcore.deciding import (
    ANY,
    NO_LABEL,
    Costs,
    CostsAsked,
    compared_costs,
    cost_grid,
    cost_table,
    costs,
    example_actions,
    example_costs,
)
from evalcore.errors import DataError
from pages.parts.decide import costs_compared, costs_opened, costs_pictures, shown
from pages.parts.decide.answer_parts import answered, compared, say
from pages.parts.decide.typed_table import typed_table
from pages.parts.shell.beside import beside
from pages.parts.shell.frame import Frame
from pages.parts.shell.session import view_state

HEIGHT = 348
_HINTS = {
    "actions": "Several labels may lead to one action: a team, a queue, a reply. A wrong label with the right action"
    " costs nothing. A label without a row is an action of its own.",
    "costs": f"`true` and `predicted` are a label, an action or `{ANY}`; `predicted` also `{NO_LABEL}`. The row that"
    f" names the most wins. `{ANY}` is about wrong actions only; what no row is about costs 1.",
}


def tab(page: Frame, scored: ScoredRun, other: ScoredRun | None) -> None:
    """Draw the tab.

    Args:
        other: the run beside it; None if it is looked at alone.
    """
    asked = view_state().decide.costs
    sentence = st.container()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _tables(scored, asked)
        _prices(asked)
    if other is not None:
        both = compared(scored, other, compared_costs, asked)
        if both is not None:
            with sentence:
                say(both)
            costs_compared.draw(page, scored, other, both)
        return
    answer = answered(scored, costs, asked)
    if answer is None:
        return
    with sentence:
        say(answer)
    view, opened = costs_opened.view_and_item(answer, view_state().decide.opened)
    _choice(page, answer, view)
    left, right = beside(11, 9, height=HEIGHT)
    with left:
        costs_pictures.DRAWN[view](page, scored, answer, opened)
    with right:
        costs_opened.examples(page, scored, answer, view, opened)


def _tables(scored: ScoredRun, asked: CostsAsked) -> None:
    def names() -> list[str]:
        try:
            actions = cost_table(scored.labels, CostsAsked(actions=asked.actions)).action_names
        except DataError:
            actions = ()
        return list(dict.fromkeys([ANY, *actions, *scored.labels]))

    typed_table(
        "actions",
        asked.actions,
        ("label", "action"),
        label="Actions",
        on_change=lambda text: _ask(actions=text),
        options={"label": scored.labels},
        check=lambda text: cost_table(scored.labels, CostsAsked(actions=text)),
        example=lambda: example_actions(scored.labels),
        hint=_HINTS["actions"],
    )
    typed_table(
        "costs",
        asked.costs,
        ("true", "predicted", "cost"),
        label="Costs",
        on_change=lambda text: _ask(costs=text),
        options={"true": names(), "predicted": [NO_LABEL, *names()]},
        check=lambda text: cost_table(scored.labels, CostsAsked(actions=asked.actions, costs=text)),
        example=lambda: example_costs(scored),
        hint=_HINTS["costs"],
        grid=lambda text: cost_grid(scored.labels, CostsAsked(actions=asked.actions, costs=text)),
    )


def _prices(asked: CostsAsked) -> None:
    st.session_state["review_cost"], st.session_state["unit"] = asked.review_cost, asked.unit
    st.caption("A review costs", width="content")
    st.number_input(
        "Cost of a text that a person answers",
        0.0,
        1e9,
        step=0.5,
        key="review_cost",
        on_change=lambda: _ask(review_cost=st.session_state["review_cost"]),
        label_visibility="collapsed",
        width=125,
        help="What it costs if a person answers one text, rightly. 0: nobody does.",
    )
    st.text_input(
        "Unit of the costs",
        key="unit",
        on_change=lambda: _ask(unit=st.session_state["unit"].strip()),
        label_visibility="collapsed",
        placeholder="unit",
        max_chars=12,
        width=100,
    )


def _choice(page: Frame, answer: Costs, view: str) -> None:
    st.session_state["costs_view"] = view

    def change() -> None:
        shown.open_examples(page, st.session_state["costs_view"])

    names = {name: title for name, title in costs_opened.VIEWS.items() if name != "action" or answer.actions}
    st.segmented_control("What to see", list(names), key="costs_view", required=True, on_change=change,
                         format_func=lambda name: names[name], label_visibility="collapsed")  # fmt: skip


def _ask(**changed: str | float) -> None:
    view = view_state().decide
    view.costs = replace(view.costs, **changed)  # type: ignore[arg-type]
