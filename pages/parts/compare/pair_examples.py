"""The examples behind a number of a comparison, with both raw completions next to each other."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from evalcore.analysis import Comparison
from evalcore.metrics import PAIR_GROUPS
from evalcore.wording import counted
from pages.parts.shell import url
from pages.parts.shell.clickable_table import clickable_table
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown
from pages.parts.shell.session import view_state

NAMES = {
    "fixed": "fixed",
    "broken": "broken",
    "both_right": "both right",
    "wrong_alike": "both wrong, alike",
    "wrong_differently": "both wrong, differently",
    "both_unparsed": "both unparsed",
}
HELP = {
    "fixed": "A is not right, B is.",
    "broken": "A is right, B is not.",
    "both_right": "Both name the true label.",
    "wrong_alike": "Both give one and the same wrong label.",
    "wrong_differently": "Both are wrong, with different labels or just one of them with none.",
    "both_unparsed": "Neither names just one label.",
}
TABLE_HEIGHT = 340


def groups(page: Frame, comparison: Comparison) -> None:
    """Six buttons, one a group; the one that is open shows its examples below. The URL holds which, as `door`."""
    view, counts = view_state(), comparison.counts
    opened = view.pair_group
    with st.container(horizontal=True):
        for name in PAIR_GROUPS:
            count = getattr(counts, name)
            st.button(
                f"**{count}** {NAMES[name]}",
                key=f"group_{name}",
                type="primary" if opened == name else "secondary",
                help=HELP[name],
                on_click=_toggle,
                args=(name,),
            )
    url.write_beside_others(page.title, {"door": opened or None})
    if not opened:
        st.caption("Each number opens its examples, with both raw completions next to each other.")
        return
    examples(comparison, opened, f"{counted(getattr(counts, opened), 'example')}: {NAMES[opened]}. {HELP[opened]}")


def examples(comparison: Comparison, link: str, title: str) -> None:
    """Some examples as a table; one that is clicked shows both raw completions.

    Args:
        link: which examples, as `Comparison.rows_of` takes it.
        title: data in it is shown as typed.
    """
    behind = comparison.rows_of(link)
    st.markdown(f"**{escape_markdown(title)}**")
    if not len(behind):
        st.caption("There are none.")
        return
    pairs = [
        (comparison.a.answers[int(comparison.at_a[at])], comparison.b.answers[int(comparison.at_b[at])])
        for at in behind
    ]
    table = pd.DataFrame(
        {
            "text": [a.example.text for a, _ in pairs],
            "true label": [a.example.label for a, _ in pairs],
            "A answered": [a.predicted or "(unparsed)" for a, _ in pairs],
            "B answered": [b.predicted or "(unparsed)" for _, b in pairs],
            "A": [a.outcome for a, _ in pairs],
            "B": [b.outcome for _, b in pairs],
        }
    )
    chosen = clickable_table(
        table,
        f"behind_{comparison.a.record.run_id}_{comparison.b.record.run_id}_{link}",
        TABLE_HEIGHT,
        {"text": st.column_config.TextColumn(width="large")},
    )
    if chosen is None:
        st.caption("The first of them; click a row for another.")
    a, b = pairs[chosen or 0]
    st.code(a.example.text, language=None, wrap_lines=True)
    left, right = st.columns(2, gap="large")
    for column, name, answer in ((left, ":blue[**A**]", a), (right, ":orange[**B**]", b)):
        with column:
            predicted = escape_markdown(answer.predicted) if answer.predicted else "no label"
            st.markdown(f"{name} answered **{predicted}** · {answer.outcome} · match: {answer.parsed.match}")
            st.code(answer.completion.text or "(empty)", language=None, wrap_lines=True)
    st.caption(f"True label: {escape_markdown(a.example.label)}")


def _toggle(name: str) -> None:
    view = view_state()
    view.pair_group = "" if view.pair_group == name else name
