"""The page's answer in words, and the figures that it rests on, in one row."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from evalcore.analysis import (
    LabelProbabilities,
    MeanScore,
    ScoredRun,
    calibration_words,
    ece_bias_words,
    why_not_all_labels,
)
from evalcore.wording import counted, figure, interval
from pages.parts.shell.cached.once import once
from pages.parts.shell.cached.scored import calibration_of
from pages.parts.shell.links import link_to_decide
from pages.parts.shell.markdown import UNDEFINED, escape_markdown, percent, with_bold_start

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

CARDS, NARROWEST_CARD = 5, 136
"""Cards in a row, and the pixels of each at least: they fit into a page of 758."""
NEEDS_ALL = "needs every label"


def verdict(scored: ScoredRun, heading: DeltaGenerator) -> None:
    """Whether the model's confidence can be trusted, in a sentence; all that is known in words behind a button.

    Args:
        heading: the row that begins with the title.
    """
    sentences = once(scored, _words)
    with heading.popover("In words", icon=":material/notes:"):
        st.markdown("\n".join(f"- {escape_markdown(sentence)}" for sentence in sentences))
    with heading:
        link_to_decide(scored)
    if sentences:
        st.markdown(with_bold_start(sentences[0]))


def cards(scored: ScoredRun, probabilities: LabelProbabilities) -> None:
    """Calibration error, Brier score, log loss, AUROC and top-3 accuracy, each with what it is to be compared with."""
    found = calibration_of(scored)
    why_not = why_not_all_labels(probabilities)
    grid = st.grid(CARDS, min_column_width=NARROWEST_CARD, gap="small")
    with grid.cell():
        _card(
            "Calibration error",
            percent(found.ece),
            interval(found.ece_interval),
            f"{percent(found.ece_if_calibrated.mean)} if calibrated" if found.n_confident else "",
            "ECE, expected calibration error: how far the share right lies from the mean confidence, on average over "
            f"bins of about equal size, the {len(found.bins)} of the figure. {ece_bias_words(found)} Below: its 95 % "
            "interval.",
        )
    with grid.cell():
        _mean_card(
            "Brier score",
            found.brier,
            why_not,
            "Mean over the examples of the sum over the labels of (probability − 1 for the true label, − 0 for the "
            "others) squared: 0 is best, 2 is worst.",
        )
    with grid.cell():
        _mean_card(
            "Log loss",
            found.log_loss,
            why_not,
            "Mean of −ln(probability of the true label): 0 is best, and there is no worst."
            + (f" Without the infinite ones {figure(found.log_loss_of_others)}." if found.infinite else ""),
            f"{counted(found.infinite, 'true label')} given 0" if found.infinite else "",
        )
    with grid.cell():
        undefined = math.isnan(found.auroc)
        _card(
            "AUROC",
            UNDEFINED if undefined else figure(found.auroc),
            interval(found.auroc_interval, scale=1, decimals=3),
            "right against wrong",
            "How often a right answer has a higher confidence than a wrong one: 0.5 is chance, 1 means that a "
            f"threshold parts the two. Below: its 95 % interval. {escape_markdown(found.why_no_auroc)}",
        )
    with grid.cell():
        first, third, fifth = (percent(found.top[k].value) for k in (1, 3, 5))
        _card(
            "Right in the first 3",
            UNDEFINED if why_not else third,
            NEEDS_ALL if why_not else interval(found.top[3].interval),
            "" if why_not else f"first {first}, in 5 {fifth}",
            why_not
            or "How often the true label is among the 3 most probable ones, below: its 95 % interval, and how "
            "often it is the most probable one, and among the 5 most probable ones.",
        )
    if why_not:
        st.caption(f":material/block: {escape_markdown(why_not)}")


def _mean_card(label: str, score: MeanScore, why_not: str, explanation: str, instead: str = "") -> None:
    """A score that is a mean over the examples, beside that of the class frequencies.

    Args:
        instead: what is said in place of the interval.
    """
    if why_not:
        _card(label, UNDEFINED, NEEDS_ALL, "", why_not)
        return
    _card(
        label,
        figure(score.value, undefined=UNDEFINED),
        instead or interval(score.interval, scale=1, decimals=3),
        f"{figure(score.reference)} reference",
        f"{explanation} Reference: always answering the class frequencies of these examples. Below: its 95 % interval.",
    )


def _card(label: str, value: str, below: str, reference: str, explanation: str) -> None:
    with st.container(gap=None):
        st.metric(label, value, help=explanation)
        st.caption("  \n".join(line for line in (below, reference) if line))


def _words(scored: ScoredRun) -> list[str]:
    return calibration_words(calibration_of(scored))
