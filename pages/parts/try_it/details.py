"""What an answer rests on: the words that matter, the order of the label list, the nearest training examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from evalcore.charts import Theme, word_effects
from evalcore.running.live import LiveAnswer
from evalcore.store import RunSpec
from evalcore.wording import counted, figure, percent
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT, height_of
from pages.parts.shell.markdown import escape_markdown
from pages.parts.try_it.answer import COLOURS

WORDS_SHOWN = 12


def words(detailed: LiveAnswer, theme: Theme, at: int) -> None:
    """How the probability of the most probable label moves without each word."""
    st.markdown("**Which words matter**")
    before = detailed.probabilities.get(detailed.chosen or "")
    if before is None or not detailed.words:
        st.caption("There is no second word to leave out." if before is not None else "This needs probabilities.")
        return
    change = np.array([np.nan if one.probability is None else one.probability - before for one in detailed.words])
    shown = np.sort(np.argsort(-np.abs(np.nan_to_num(change)), kind="stable")[:WORDS_SHOWN])
    effects = [detailed.words[row] for row in shown]
    some = f"; the {WORDS_SHOWN} of {len(change):,} that move it most" if len(change) > WORDS_SHOWN else ""
    name = escape_markdown(detailed.chosen or "")
    st.caption(f"Change of the probability of {name} without the word, in points{some}")
    st.altair_chart(
        word_effects(
            [detailed.text[one.start : one.end] for one in effects],
            change[shown],
            [one.label if one.label and one.label != detailed.chosen else "" for one in effects],
            theme,
            COLOURS[at],
        ),
        key=f"try_words_{at}",
        alt="How the probability of the label moves without each word",
    )


def orders(detailed: LiveAnswer, spec: RunSpec) -> None:
    """Whether the most probable label stays when the label list of the prompt is shuffled."""
    st.markdown("**Label list shuffled**")
    before = detailed.chosen
    if not detailed.orders or before is None:
        st.caption(_why_no_orders(detailed, spec))
        return
    same = sum(one.label == before for one in detailed.orders)
    # A free answer may be another label: the orders are compared by the probabilities.
    name = "label" if before == detailed.label else f"most probable label, {escape_markdown(before)},"
    st.markdown(f"The {name} stays in **{same} of {counted(len(detailed.orders), 'order')}**.")
    for label, count in Counter(one.label for one in detailed.orders if one.label != before).most_common():
        sure = [one.probability for one in detailed.orders if one.label == label and one.probability is not None]
        at_most = f", at most {percent(max(sure))} sure" if sure else ""
        st.caption(f"{count} × {escape_markdown(label or 'no label')}{at_most}")


def _why_no_orders(detailed: LiveAnswer, spec: RunSpec) -> str:
    if not spec.kind.reads_prompt:
        return "It reads no label list."
    if spec.kind.is_remote:
        return "Other orders are not tried: the server would be asked once for each."
    return "No label is known for this text." if detailed.orders else "This prompt lists no labels."


def nearest(detailed: LiveAnswer) -> None:
    """The training examples that share the most words with the text."""
    st.markdown("**Nearest training examples**")
    if not detailed.neighbours:
        st.caption("This task has no train split, or none of its texts shares a word with this one.")
        return
    st.dataframe(
        pd.DataFrame(
            {
                "text": [one.text for one in detailed.neighbours],
                "label": [one.label for one in detailed.neighbours],
                "similarity": [figure(one.similarity, 2) for one in detailed.neighbours],
            }
        ),
        hide_index=True,
        row_height=COMPACT_ROW_HEIGHT,
        height=height_of(len(detailed.neighbours), COMPACT_ROW_HEIGHT),
        column_config={
            "text": st.column_config.TextColumn(width=190),
            "label": st.column_config.TextColumn(width=140),
            "similarity": st.column_config.TextColumn(width=78, help="Cosine of the TF-IDF vectors, at most 1"),
        },
        key="try_nearest",
        alt="The training examples that share the most words with the text, with their labels",
    )


def prompts(answers: Sequence[LiveAnswer], specs: Sequence[RunSpec]) -> None:
    """The exact prompts, on demand."""
    if not any(spec.kind.reads_prompt for spec in specs) or not st.toggle(
        "Show the exact prompt as sent", key="try_prompt_shown"
    ):
        return
    for place, answer, spec in zip(st.columns(len(answers), gap="medium"), answers, specs, strict=True):
        with place:
            if not spec.kind.reads_prompt:
                st.caption("It reads the text alone: there is no prompt.")
                continue
            if answer.prompt_tokens:
                st.caption(f"{counted(answer.prompt_tokens, 'token')}, as the model is given them")
            else:
                st.caption(
                    "The messages as the server is sent them. It writes them out with the model's template itself."
                )
            st.code(answer.prompt, language=None, wrap_lines=True)
