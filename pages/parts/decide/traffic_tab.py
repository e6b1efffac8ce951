"""How it will do on other traffic: where the mix of labels comes from, both mixes side by side, the examples behind."""

from __future__ import annotations

import numpy as np
import streamlit as st

from evalcore.analysis import Filter, ScoredRun
from evalcore.deciding import Traffic, compared_traffic, traffic
from pages.parts.decide import traffic_labels, traffic_mix
from pages.parts.decide.answer_parts import answered, compared, examples_pane, say
from pages.parts.shell.beside import beside
from pages.parts.shell.frame import Frame
from pages.parts.shell.session import view_state


def tab(page: Frame, scored: ScoredRun, other: ScoredRun | None) -> None:
    """Draw the tab.

    Args:
        other: the run beside it; None if it is looked at alone.
    """
    asked = view_state().decide.traffic
    place = st.container()
    traffic_mix.controls(page, scored)
    with place:
        answer = answered(scored, traffic, asked)
        both = None if other is None or answer is None else compared(scored, other, compared_traffic, asked)
        if answer is not None:
            say(answer if both is None else both)
    if answer is None:
        return
    left, right = beside(1, 1, height=traffic_labels.HEIGHT)
    with left:
        traffic_labels.scores(scored, answer, both, page.theme)
        traffic_labels.mixes(page, scored, answer)
    with right:
        if view_state().decide.opened in answer.labels:
            _examples(page, scored, answer)
        else:
            traffic_labels.table(page, scored, answer)


def _examples(page: Frame, scored: ScoredRun, answer: Traffic) -> None:
    label = view_state().decide.opened
    code = answer.labels.index(label)
    rows = np.flatnonzero(scored.y_true == code)
    said = traffic_labels.words_of(answer, code)
    examples_pane(page, scored, rows, ("text", "outcome", "predicted"), title=label, said=said, back="All labels",
                  asked=Filter(true=label))  # fmt: skip
