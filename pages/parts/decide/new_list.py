"""One click makes the run with the new label list; its verdict against the old answers, merged, and its examples."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from evalcore.analysis import LabelProbabilities, ScoredExample, ScoredRun, answer_words, outcome_of
from evalcore.deciding import DOORS, NewListVerdict, run_with_new_list, spec_with_new_list, verdict
from evalcore.errors import BlindspotError
from evalcore.running import changed_since, understand
from evalcore.running.own_data import is_of_the_demo
from evalcore.store import Jobs, RunRecord, RunSpec
from evalcore.tasks import LabelMerge
from evalcore.wording import counted, lasting
from pages.parts.run import progress, queue
from pages.parts.run.prompt_preview import exact_prompt
from pages.parts.shell.beside import beside
from pages.parts.shell.cached.decisions import answer_of
from pages.parts.shell.cached.scored import scored_run_of
from pages.parts.shell.cached.stored import count_done
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT, clickable_table
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import ARROW
from pages.parts.shell.markdown import escape_markdown, message_markdown, with_bold_start
from pages.parts.shell.outcomes import in_colour
from pages.parts.shell.session import view_state
from pages.parts.shell.shown import clamped

HEIGHT = 400
"""Pixels of the examples."""
ROWS_A_PAGE = 200
_WORDS = {"fixed": "Fixed", "broken": "Broken", "both_wrong": "Both wrong"}
_MEANINGS = {
    "fixed": "Right with the new list only",
    "broken": "Right with the old list only, merged",
    "both_wrong": "Wrong or unparsed either way",
}
_OPENED = re.compile(rf"({'|'.join(DOORS)})-(\d{{1,9}})")
"""What is open, as the URL has it: a group, and the number of an example in the old run's sample."""
_OF_THE_DEMO = (
    "This model knows the labels of the demo by heart, and no others. Asked with another list it does worse: a free"
    " answer is often an old name, which then is no label."
)


def offer(page: Frame, scored: ScoredRun, merge: LabelMerge) -> None:
    """Draw the button that asks the model again with the new list, its progress, or what came of it.

    Args:
        scored: the run whose answers are merged.
        merge: the change of its labels; nothing is drawn where there is none.
    """
    if not merge:
        return
    st.subheader("Asked with the new list", anchor=False)
    try:
        spec = clamped(spec_with_new_list(scored, merge), page.store)
    except BlindspotError as error:
        st.caption(f":material/info: It cannot be asked: {message_markdown(str(error))}")
        return
    if queue.at_work(page.store, [spec]):
        return
    record = run_with_new_list(scored, merge, page.listing.records)
    done = count_done(page.store, record.run_id) if record else 0
    if record is None or done < record.n:
        job = Jobs(page.store).last_for(spec)
        if job and job.state in queue.ENDED:
            queue.ended_badly(page.store, [spec])  # with a button of its own that runs it again
        else:
            _button(page, scored, spec, done)
    if record is not None and done:
        _result(page, scored, record, merge)


def _button(page: Frame, scored: ScoredRun, spec: RunSpec, done: int) -> None:
    """The button, with what it asks for, or why it cannot be asked."""
    changed = changed_since(scored.record, page.store)
    problems = list(understand(spec, page.store).problems)
    if changed:
        what = " and ".join(changed)
        problems.append(
            f"Since this run was made, something is not as it was: {what}. Run it again first, so that only the list"
            " differs."
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Go on with the new list" if done else "Run with the new list",
            icon=":material/play_arrow:",
            key="run_new_list",
            disabled=page.store.read_only or bool(problems),
        )
        took = scored.record.seconds
        lasted = f"The old run predicted for {lasting(took)}." if took >= 1 else ""
        needed = counted(spec.n - done, "new prediction")
        st.caption(
            "The answers above were given to the old list. This asks the same model in the same way for the same"
            f" texts: up to {needed}. {lasted}"
        )
    for problem in problems:
        st.warning(message_markdown(problem), icon=":material/error:")
    if is_of_the_demo(spec):
        st.caption(f":material/info: {_OF_THE_DEMO}")
    if pressed:
        progress.start(page.store, spec)
        st.rerun()


def _result(page: Frame, scored: ScoredRun, record: RunRecord, merge: LabelMerge) -> None:
    new = scored_run_of(page.store, record, page.scoring)
    try:
        found = answer_of((scored,), _verdict, merge, (new,))
    except BlindspotError as error:
        st.warning(message_markdown(str(error)), icon=":material/error:")
        return
    first, *others = found.sentences
    st.markdown(with_bold_start(first))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        door = _doors(found)
        with st.popover("In words", icon=":material/notes:"):
            st.markdown("\n".join(f"- {escape_markdown(sentence)}" for sentence in others))
        st.page_link("app.py", label="The run with the new list", icon=ARROW, query_params={"run": record.run_id})
    left, right = beside(1, 1, HEIGHT)
    with left:
        opened = _examples(found, door)
    with right:
        if opened is not None:
            _one_example(page, found, opened)


def _verdict(
    old: ScoredRun, probabilities: LabelProbabilities | None, merge: LabelMerge, others: tuple[ScoredRun, ...]
) -> NewListVerdict:
    return verdict(old, others[0], merge)


def _open(found: NewListVerdict) -> tuple[str, int]:
    """The group that is open, and the number of the example in the old run's sample, from 1; 0 for the first one.

    Where the session has nothing of it open, the larger of the two groups in which the answers differ.
    """
    named = _OPENED.fullmatch(view_state().decide.label_list.anew)
    if named:
        return named[1], int(named[2])
    return "fixed" if found.counts.fixed > found.counts.broken else "broken", 0


def _open_example(door: str, number: int) -> None:
    """Open an example of a group; its first one where the number is 0."""
    view = view_state().decide
    view.label_list = replace(view.label_list, anew=f"{door}-{number}")


def _doors(found: NewListVerdict) -> str:
    """Choose a group of examples; the one that is open is returned."""
    door, _ = _open(found)
    st.session_state["new_list_door"] = door

    def turn() -> None:
        _open_example(st.session_state["new_list_door"], 0)

    st.segmented_control(
        "Examples",
        DOORS,
        key="new_list_door",
        required=True,
        format_func=lambda door: f"{_WORDS[door]} {len(found.rows_of(door)):,}",
        label_visibility="collapsed",
        on_change=turn,
    )
    return door


def _examples(found: NewListVerdict, door: str) -> int | None:
    """The list of a group's examples.

    Returns:
        the example that is open, as an index into those that are shared; None if the group is empty.
    """
    st.caption(_MEANINGS[door])
    rows = found.rows_of(door)
    if not len(rows):
        st.info("There are none.")
        return None
    numbers = found.old.positions[found.at_old[rows]] + 1
    opened = np.flatnonzero(numbers == _open(found)[1])
    at = int(opened[0]) if len(opened) else 0
    start = at // ROWS_A_PAGE * ROWS_A_PAGE
    shown = rows[start : start + ROWS_A_PAGE]
    clickable_table(
        _table(found, door, shown),
        f"new_list_{found.old.record.run_id}_{found.new.record.run_id}_{door}_{start}",
        HEIGHT - 40,
        {"text": st.column_config.TextColumn(width=190)},
        on_click=partial(_click, door, numbers[start : start + ROWS_A_PAGE]),
        row_height=COMPACT_ROW_HEIGHT,
        alt="Examples with the old answers, merged, and the new ones; choose a row to open it",
    )
    _pages(door, numbers, start)
    return int(rows[at])


def _click(door: str, numbers: NDArray[np.int32], row: int | None) -> None:
    if row is not None:
        _open_example(door, numbers[row])


def _pages(door: str, numbers: NDArray[np.int32], start: int) -> None:
    """Turn the pages of a long list."""
    pages = -(-len(numbers) // ROWS_A_PAGE)
    if pages > 1:
        key = f"new_list_pages_{door}_{len(numbers)}"

        def turn() -> None:
            _open_example(door, numbers[(st.session_state[key] - 1) * ROWS_A_PAGE])

        st.pagination(pages, default=start // ROWS_A_PAGE + 1, key=key, on_change=turn)


def _table(found: NewListVerdict, door: str, rows: NDArray[np.intp]) -> pd.DataFrame:
    """The rows with the answers that are not all right."""
    answers = found.old.answers.at(found.at_old[rows])
    true = found.y_true[rows].tolist()

    wrong = {
        name: [answer_words(found.labels, t, p) for t, p in zip(true, predicted[rows].tolist(), strict=True)]
        for name, predicted, right in (
            ("old list, merged", found.y_old, "broken"),
            ("new list", found.y_new, "fixed"),
        )
        if door != right
    }
    texts, labels = [answer.example.text for answer in answers], [found.labels[code] for code in true]
    return pd.DataFrame({"text": texts, "true label": labels, **wrong})


def _one_example(page: Frame, found: NewListVerdict, row: int) -> None:
    """One example: its text and true label, then what was answered to each list, side by side."""
    old, new = found.old.answers[int(found.at_old[row])], found.new.answers[int(found.at_new[row])]
    st.code(old.example.text, language=None, wrap_lines=True)
    label = escape_markdown(new.example.label)
    before = "" if old.example.label == new.example.label else f", before {escape_markdown(old.example.label)}"
    st.markdown(f"True label **{label}**{before}")
    code = int(found.y_old[row])
    merged = None if code < 0 else found.labels[code]
    for place, name, answer, counts_as in zip(
        st.columns(2, gap="small"), ("Old list", "New list"), (old, new), (merged, new.predicted), strict=True
    ):
        with place.container(gap="xsmall"):
            _one_answer(name, answer, counts_as, new.example.label)
    if st.toggle("Show the exact prompts", key="new_list_prompts"):
        for name, scored in (("Old list", found.old), ("New list", found.new)):
            record = scored.record
            st.markdown(f"{name}, as sent")
            exact_prompt(page.store, record.spec.task, record.spec.model, record.prompt, old.example.text)


def _one_answer(name: str, answer: ScoredExample, counts_as: str | None, true: str) -> None:
    """What was answered, and what it counts as in the new list."""
    said = escape_markdown(answer.predicted) if answer.predicted else "no label"
    if answer.predicted != counts_as:
        said += f", which is {escape_markdown(counts_as) if counts_as else 'dropped'}"
    st.markdown(f"**{name}** {in_colour(outcome_of(counts_as, true))}  \n{said}")
    st.code(answer.completion.text or "(empty)", language=None, wrap_lines=True)
