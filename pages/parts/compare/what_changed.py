"""Everything in which two runs differ besides their answers."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from evalcore.analysis import Comparison, changes, decisions, prompt_diff
from pages.parts.shell.clickable_table import height_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown


def what_changed(page: Frame, comparison: Comparison) -> None:
    """The difference of the two runs' specs, the prompts' texts among it."""
    a, b = comparison.a.record, comparison.b.record
    found = changes(a, b)
    things = [escape_markdown(thing) for thing in decisions(found)]
    if not found:
        st.markdown("Nothing that was chosen changed: both runs asked for the same.")
        return
    if len(things) == 1:
        st.markdown(f"Only the **{things[0]}** changed.")
    else:
        st.markdown(
            f"{len(things)} things changed at once (**{', '.join(things)}**). "
            "The difference cannot be put down to one of them."
        )
    table = pd.DataFrame(
        {
            "what": [f"{change.what} {change.detail}".strip() for change in found],
            "A": [change.a for change in found],
            "B": [change.b for change in found],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        height=height_of(len(table)),
        key="what_changed",
        alt="What A and B asked for differently",
    )
    diff = prompt_diff(a.prompt, b.prompt) if a.kind.reads_prompt and b.kind.reads_prompt else []
    if diff:
        st.caption("The prompts' texts, line by line: − of A alone, + of B alone")
        st.code("\n".join(diff), language="diff", wrap_lines=True)
