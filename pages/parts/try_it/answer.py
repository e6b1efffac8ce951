"""One answer, in letters for a projector: the label, how sure it is, the raw completion, the most probable labels."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from evalcore.analysis import outcome_of
from evalcore.charts import RUN_A, RUN_B, Theme, top_labels
from evalcore.running.live import LiveAnswer
from evalcore.store import CHOOSING, MEANINGS, RunSpec, last_part
from evalcore.wording import counted, in_percent, percent, points
from pages.parts.explore.example import MATCH_WORDS, marked_completion
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT
from pages.parts.shell.markdown import escape_markdown
from pages.parts.shell.outcomes import in_colour

TOP = 5
ALL_WIDTH, ALL_HEIGHT = 410, 420
"""Pixels of the table of all labels, which scrolls in it."""
COLOURS = (RUN_A, RUN_B)
"""Of the first one that is asked, and of the one beside it."""
_MARKDOWN_COLOURS = ("blue", "orange")


def whose(spec: RunSpec, at: int, several: bool, answer: LiveAnswer | None) -> None:
    """Whose answer follows; in its colour where there are two.

    Args:
        answer: None while there is none.
    """
    name = escape_markdown(last_part(spec.model))
    prompt = f" · prompt {escape_markdown(spec.prompt)}" if spec.kind.reads_prompt else ""
    decides = f" · {MEANINGS['decoding'][spec.decoding]}" if spec.decoding != RunSpec.decoding else ""
    head = f":{_MARKDOWN_COLOURS[at]}[**{'AB'[at]}** {name}]" if several else f"**{name}**"
    took = f" · {1000 * answer.seconds:.0f} ms" if answer else ""
    st.markdown(head + prompt + decides + took)


def label_and_completion(answer: LiveAnswer, spec: RunSpec, true_label: str) -> None:
    """The label in large letters, how sure it is, and the completion that it was read from.

    Args:
        true_label: of an example of the run; empty for any other text.
    """
    ranked = ranked_labels(answer)
    decided = escape_markdown(answer.label) if answer.label else "no label"
    st.metric("Label", f"**{decided}**", label_visibility="collapsed")
    st.markdown(_how_sure(answer, ranked))
    if true_label:
        outcome = in_colour(outcome_of(answer.label, true_label))
        st.markdown(f"True label **{escape_markdown(true_label)}** {outcome}")
    if spec.kind.reads_prompt:
        what = "Free answer, beside the choice" if spec.decoding in CHOOSING else "Raw completion"
        st.caption(f"{what} · {answer.match}: {MATCH_WORDS[answer.match]}")
        marked_completion(answer.completion, answer.span)
    else:
        st.caption("It reads the text alone: there is no prompt, and no completion.")
    for note in answer.notes:
        st.caption(escape_markdown(note))


def probabilities(answer: LiveAnswer, theme: Theme, at: int) -> None:
    """The most probable labels as bars, and all of them on demand."""
    ranked = ranked_labels(answer)
    if not ranked:
        st.caption(escape_markdown(answer.why_no_probabilities))
        return
    labels, shares = zip(*ranked[:TOP], strict=True)
    st.altair_chart(
        top_labels(labels, shares, theme, COLOURS[at]),
        key=f"try_top_{at}",
        alt=f"The {len(labels)} most probable labels with their probabilities",
    )
    if len(ranked) > TOP:
        drawer = st.popover(f"All {counted(len(ranked), 'label')}", type="tertiary", key=f"try_all_{at}",
                            on_change="rerun")  # fmt: skip
        if drawer.open:
            with drawer:
                _all(ranked)


def ranked_labels(answer: LiveAnswer) -> list[tuple[str, float]]:
    """The labels whose probability is known, the most probable first."""
    known = [(label, share) for label, share in answer.probabilities.items() if share is not None]
    return sorted(known, key=lambda one: -one[1])


def confidence_of(answer: LiveAnswer) -> float | None:
    """The probability of the answer's label; None if it is not known."""
    return answer.probabilities.get(answer.label) if answer.label else None


def _how_sure(answer: LiveAnswer, ranked: list[tuple[str, float]]) -> str:
    parts = []
    confidence = confidence_of(answer)
    if confidence is not None:
        parts.append(f"Confidence **{percent(confidence)}**")
        runner_up = next(((label, share) for label, share in ranked if label != answer.label), None)
        if runner_up is not None:
            parts.append(f"runner-up {escape_markdown(runner_up[0])} {percent(runner_up[1])}")
            parts.append(f"margin {points(confidence - runner_up[1])} points")
    if answer.chosen and answer.chosen != answer.label:
        parts.append(f"most probable of all labels: {escape_markdown(answer.chosen)}")
    return " · ".join(parts) or "no confidence"


def _all(ranked: list[tuple[str, float]]) -> None:
    st.dataframe(
        pd.DataFrame({"label": [label for label, _ in ranked], "probability": [in_percent(by) for _, by in ranked]}),
        hide_index=True,
        width=ALL_WIDTH,
        height=ALL_HEIGHT,
        row_height=COMPACT_ROW_HEIGHT,
        column_config={
            "label": st.column_config.TextColumn(width=230),
            "probability": st.column_config.ProgressColumn(format="%.1f %%", min_value=0, max_value=100, width=150),
        },
        alt="All labels with their probabilities, the most probable first",
    )
