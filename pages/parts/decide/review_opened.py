"""What is open in the tab “Review”, as the session and the URL hold it, and the examples behind it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import streamlit as st

from evalcore.analysis import ScoredRun
from evalcore.deciding import KINDS, Review
from evalcore.deciding.review_words import kind_words, value_words
from pages.parts.decide import shown
from pages.parts.decide.answer_parts import examples_pane
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import BACK
from pages.parts.shell.session import view_state

_COLUMNS = {
    "wrong": ("text", "true label", "predicted"),
    "right": ("text", "predicted"),
    "person": ("text", "outcome"),
}
TABLES = {"signals": "Signals", "curve": "Curve", "labels": "Labels"}
_OPENED = re.compile(r"([a-z]+)/([a-z]+)(?::([0-9]{1,6}))?(?:@(-?[0-9.e+-]{1,30}))?")


@dataclass(frozen=True)
class Opened:
    """What is open.

    Attributes:
        table: of `TABLES`, below the figure.
        kind: of `KINDS`, which examples.
        label: code of the predicted label; -1 for all.
        threshold: of the signal, where a point of the curve is picked; NaN for the thresholds in use.
    """

    table: str = "signals"
    kind: str = "wrong"
    label: int = -1
    threshold: float = math.nan

    def __str__(self) -> str:
        """As a URL holds it."""
        label = f":{self.label}" if self.label >= 0 else ""
        at = "" if math.isnan(self.threshold) else f"@{self.threshold!r}"
        return f"{self.table}/{self.kind}{label}{at}"

    @classmethod
    def of_text(cls, text: str, answer: Review) -> Opened:
        """The inverse. What this answer has not is left out."""
        found = _OPENED.fullmatch(text)
        if found is None:
            # What a person checks, where nothing that is answered automatically is wrong.
            return cls() if len(answer.rows_of("wrong")) else cls(kind="person")
        table, kind, label, at = found.groups()
        code = int(label) if label and int(label) < len(answer.scored.labels) else -1
        try:
            threshold = float(at) if at else math.nan
        except ValueError:
            threshold = math.nan
        return cls(
            table if table in tables_of(answer) else "signals",
            kind if kind in KINDS else "wrong",
            code,
            threshold if math.isfinite(threshold) else math.nan,
        )


def tables_of(answer: Review) -> list[str]:
    """The tables that this answer has."""
    return [name for name in TABLES if name != "labels" or answer.labels]


def show(page: Frame, what: Opened) -> None:
    """Open something."""
    shown.open_examples(page, str(what))


def examples(page: Frame, scored: ScoredRun, answer: Review, what: Opened) -> None:
    """Draw the pane: the choice of what became of the examples, and these."""
    threshold = None if math.isnan(what.threshold) else what.threshold
    label = what.label if what.label >= 0 else None
    rows = {kind: answer.rows_of(kind, threshold, label) for kind in KINDS}
    st.session_state["review_kind"] = what.kind

    def choose() -> None:
        show(page, Opened(what.table, st.session_state["review_kind"], what.label, what.threshold))

    st.segmented_control(
        "Examples", KINDS, key="review_kind", required=True, on_change=choose, label_visibility="collapsed",
        format_func=lambda kind: f"{kind_words(kind)}: {len(rows[kind]):,}",
    )  # fmt: skip
    said = []
    if label is not None:
        said.append(f"predicted as {scored.labels[label]}")
    if threshold is not None:
        said.append(f"threshold: {value_words(answer, threshold)}")
    if said:
        back = "All labels" if threshold is None else "All at the threshold in use"
        st.button(back, icon=BACK, type="tertiary", key="review_back", on_click=show,
                  args=(page, Opened(what.table, what.kind)))  # fmt: skip
    whole = f"Answered automatically, or by a person, of the {len(answer.prepared.checking):,} examples that verify"
    line = f"{'; '.join([whole, *said])}; the surest first"
    examples_pane(page, scored, rows[what.kind], _COLUMNS[what.kind], said=line)


def opened(answer: Review) -> Opened:
    """What is open now."""
    return Opened.of_text(view_state().decide.opened, answer)
