"""What every tab of the Decide page draws its answer with: the answer kept, its sentences, the examples behind it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from evalcore.analysis import Filter, ScoredRun
from evalcore.deciding import Answer
from evalcore.errors import BlindspotError
from evalcore.wording import counted
from pages.parts.decide import shown
from pages.parts.explore.example_table import ROWS_IN_PANE, in_pane
from pages.parts.shell.cached.decisions import answer_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import BACK, link_to
from pages.parts.shell.markdown import escape_markdown, message_markdown, with_bold_start
from pages.parts.shell.session import view_state

T = TypeVar("T")


def answered(
    scored: ScoredRun, question: Callable[..., T], asked: Hashable, others: Sequence[ScoredRun] = ()
) -> T | None:
    """A question's answer for one run, computed once for all sessions.

    What cannot be answered, a typed table with a mistake say, is said in place, and the last good answer stays.

    Args:
        question: a function of a module, such as `evalcore.deciding.review`; called with the run, its probabilities,
            what is asked, and `others` if there are any.
        asked: its fields are such as Streamlit can hash.
        others: further runs that the question needs.

    Returns:
        None where nothing of this run could be answered yet.
    """
    return _answered((scored,), question, asked, others)


def compared(
    a: ScoredRun, b: ScoredRun, question: Callable[..., T], asked: Hashable, others: Sequence[ScoredRun] = ()
) -> T | None:
    """The same of two runs on shared examples.

    Args:
        question: such as `evalcore.deciding.compared_review`; called with both runs, each with its probabilities, and
            what is asked, and `others` if there are any.
    """
    return _answered((a, b), question, asked, others)


def say(answer: Answer) -> None:
    """The answer in a sentence, and all else that is to be said behind a button."""
    first, *others = answer.sentences
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        st.markdown(with_bold_start(first), width="stretch")
        if others:
            with st.popover("In words", icon=":material/notes:"):
                st.markdown("\n".join(f"- {escape_markdown(sentence)}" for sentence in others))


def examples_pane(
    page: Frame,
    scored: ScoredRun,
    rows: NDArray[np.intp],
    columns: Sequence[str],
    *,
    title: str = "",
    said: str = "",
    back: str = "",
    asked: Filter | None = None,
    rows_shown: int = ROWS_IN_PANE,
) -> None:
    """Draw what is open: a short list of examples, and below it one of them.

    Args:
        rows: indices into the scored run's arrays.
        columns: those in which the examples differ; see `example_table.in_pane`.
        title, said: what they are, and a line on it, each of which may be empty; neither is Markdown.
        back: where a button leads that closes them; empty for no button.
        asked: the filter that passes just these, for a link to the Examples page; None for no link.
        rows_shown: from how many rows on the list scrolls.
    """
    if back:
        st.button(back, icon=BACK, type="tertiary", key="decide_back", on_click=shown.open_examples, args=(page, ""))
    if title:
        st.subheader(escape_markdown(title), anchor=False)
    if said:
        st.caption(escape_markdown(said))
    in_pane(page, scored, rows, shown.table_of(page), columns, rows_shown)
    if asked is not None and len(rows):
        link_to(scored, f"{counted(len(rows), 'example')} with all filters", asked=asked)


def _answered(
    runs: tuple[ScoredRun, ...], question: Callable[..., T], asked: Hashable, others: Sequence[ScoredRun] = ()
) -> T | None:
    last = view_state().decide.answered
    of = " ".join([question.__qualname__, *(scored.record.run_id for scored in runs)])
    try:
        answer = answer_of(runs, question, asked, others)
    except BlindspotError as error:
        st.error(message_markdown(str(error)), icon=":material/error:")
        if of not in last:
            return None
        st.caption("Below: the answer to what was asked before.")
        return answer_of(runs, question, last[of], others)
    last[of] = asked
    return answer
