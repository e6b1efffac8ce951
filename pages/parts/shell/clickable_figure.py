"""Vega-Lite figures that can be clicked, and that show what is picked also where it was picked elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import altair as alt
import streamlit as st

from evalcore.charts import PICKED, Item, specification
from pages.parts.shell.views.figure_state import FigureState


def clickable_figure(
    draw: Callable[[Item | None], alt.LayerChart],
    key: str,
    state: FigureState,
    picked: Item | None,
    on_click: Callable[[Item | None], None],
    alt_text: str,
    *,
    follows: bool = True,
) -> None:
    """Draw a figure with a selection of the name `PICKED`.

    Args:
        draw: gives the figure, with this item picked at first. It should be made once for each item.
        key: of the widget; another one for another figure.
        state: what of it the session keeps.
        picked: what is to be shown as picked, such as `{"bin": 3}`; None for nothing.
        on_click: called with what is clicked, or None where that was beside all items, before the page's script.
        alt_text: says what the figure shows.
        follows: whether it shows as picked what was picked elsewhere. For that the figure is made anew, which takes a
            browser a quarter of a second: too long where something beside it shows what is picked.
    """
    if not follows and picked != state.showing:
        picked = None
    if picked != state.showing:
        # It was picked, or let go, elsewhere. A figure of another key is made anew; a browser would otherwise keep
        # its own selection, and take a click on what it holds to be selected already for no click.
        state.drawn += 1
        state.made_with = state.showing = picked
    widget = f"{key}_{state.drawn}"

    def click() -> None:
        selected = st.session_state[widget].selection[PICKED]
        state.showing = dict(selected[0]) if selected else None
        on_click(state.showing)

    figure = draw(state.made_with)
    if figure is not state.figure:
        state.figure, state.specification = figure, specification(figure)
    st.vega_lite_chart(state.specification, key=widget, on_select=click, selection_mode=PICKED, alt=alt_text)
