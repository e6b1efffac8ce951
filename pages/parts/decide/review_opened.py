"""What is open in the tab “Review”, as the session and the URL hold it, and the examples behind it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

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
VIEWS = {"figure": "Curve", "curve": "As a table", "signals": "Signals", "labels": "Labels"}
_OPENED = re.compile(r"([a-z]+)/([a-z]+)(?::([0-9]{1,6}))?(?:@(-?[0-9.e+-]{1,30}))?")


@dataclass(frozen=True)
class Opened:
    """What is open.

    Attributes:
        view: of `VIEWS`, which is at the left.
        kind: of `KINDS`, which examples.
        label: code of the predicted label; -1 for all.
        threshold: of the signal, where a point of the curve is picked; NaN for the thresholds in use.
    """

    view: str = "figure"
    kind: str = "wrong"
    label: int = -1
    threshold: float = math.nan

    def __str__(self) -> str:
        """As a URL holds it."""
        label = f":{self.label}" if self.label >= 0 else ""
        at = "" if math.isnan(self.threshold) else f"@{self.threshold!r}"
        return f"{self.view}/{self.kind}{label}{at}"

    @classmethod
    def of_text(cls, text: str, answer: Review) -> Opened:
        """The inverse. What this answer has not is left out."""
        found = _OPENED.fullmatch(text)
        if found is None:
            # What a person checks, where nothing that is answered automatically is wrong.
            return cls() if len(answer.rows_of("wrong")) else cls(kind="person")
        view, kind, label, at = found.groups()
        code = int(label) if label and int(label) < len(answer.scored.labels) else -1
        try:
            threshold = float(at) if at else math.nan
        except ValueError:
            threshold = math.nan
        return cls(
            view if view in views_of(answer) else "figure",
            kind if kind in KINDS else "wrong",
            code,
            threshold if math.isfinite(threshold) else math.nan,
        )


def views_of(answer: Review) -> list[str]:
    """What there is to see of this answer."""
    return [name for name in VIEWS if name != "labels" or answer.labels]


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
        show(page, replace(what, kind=st.session_state["review_kind"]))

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
                  args=(page, Opened(what.view, what.kind)))  # fmt: skip
    whole = f"Answered automatically, or by a person, of the {len(answer.prepared.checking):,} examples that verify"
    line = f"{'; '.join([whole, *said])}; the surest first"
    examples_pane(page, scored, rows[what.kind], _COLUMNS[what.kind], said=line)


def opened(answer: Review) -> Opened:
    """What is open now."""
    return Opened.of_text(view_state().decide.opened, answer)
