"""The costs of two runs: the confusions that make the difference, and their examples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from evalcore import charts
from evalcore.analysis import ScoredRun
from evalcore.analysis.pairing import shared_examples
from evalcore.deciding import ComparedCosts, answer_name
from evalcore.deciding.costs_words import amount
from evalcore.metrics import UNPARSED
from pages.parts.decide import shown
from pages.parts.decide.answer_parts import examples_pane
from pages.parts.shell.beside import beside
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT, clickable_table
from pages.parts.shell.frame import Frame
from pages.parts.shell.session import view_state

HEIGHT, MOST_ROWS, NAME_CHARS = 390, 300, 14


def draw(page: Frame, a: ScoredRun, b: ScoredRun, both: ComparedCosts) -> None:
    """Draw the list, and beside it the examples of what is open."""
    if not both.changes:
        st.caption("No kind of mistake costs more in one of the two runs than in the other.")
        return
    left, right = beside(11, 9, height=HEIGHT)
    found = both.changes[:MOST_ROWS]
    c = st.column_config

    def click(row: int | None) -> None:
        if row is not None:
            shown.open_examples(page, f"change:{found[row].true}:{found[row].predicted}")

    with left:
        clickable_table(
            pd.DataFrame(
                {
                    "true": [charts.shortened(both.labels[one.true], NAME_CHARS) for one in found],
                    "predicted": [
                        charts.shortened(answer_name(both.labels, one.predicted), NAME_CHARS) for one in found
                    ],
                    "A": [one.count_a for one in found],
                    "B": [one.count_b for one in found],
                    "difference": [round(one.difference, 2) for one in found],
                    "reverse A": [one.reverse_count_a for one in found],
                    "reverse B": [one.reverse_count_b for one in found],
                }
            ),
            f"costs_change_{a.record.run_id}_{b.record.run_id}_{abs(hash(both.asked))}",
            HEIGHT,
            {
                "true": c.TextColumn(width=110),
                "predicted": c.TextColumn(width=110),
                "A": c.NumberColumn(width=36, help="How often in run A"),
                "B": c.NumberColumn(width=36, help="How often in run B"),
                "difference": c.NumberColumn("B − A", width=60, help="The cost in sum of B, less that of A"),
                "reverse A": c.NumberColumn("rev. A", width=52, help="Reverse: how often in run A"),
                "reverse B": c.NumberColumn("rev. B", width=52, help="Reverse: how often in run B"),
            },
            on_click=click,
            row_height=COMPACT_ROW_HEIGHT,
            alt="The largest difference first; choose a row, with the arrow keys for example, to see its examples",
        )
    opened = view_state().decide.opened
    one = next((one for one in found if f"change:{one.true}:{one.predicted}" == opened), found[0])
    at_a, at_b = shared_examples(a, b)
    predicted = UNPARSED if one.predicted == len(both.labels) else one.predicted
    to_a = np.array([*(a.labels.index(label) for label in b.labels), UNPARSED])
    in_a, in_b = a.y_pred[at_a] == predicted, to_a[b.y_pred[at_b]] == predicted
    rows = at_a[(a.y_true[at_a] == one.true) & (in_a != in_b)]
    with right:
        examples_pane(
            page,
            a,
            rows,
            ("text", "predicted"),
            title=f"{both.labels[one.true]} → {answer_name(both.labels, one.predicted)}",
            said=f"{one.count_a:,} times in A, {one.count_b:,} in B, at {amount(one.cost_each, both.asked.unit)} each."
            " Below: where only one of the two gives this answer; predicted is A's.",
        )
