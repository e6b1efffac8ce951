"""The fields of the Try it page: the text, an example of the run to begin with, and who is asked."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from evalcore.analysis import Filter, ScoredRun
from evalcore.running.live import LiveRequest
from evalcore.store import RunSpec
from evalcore.tasks import BUILT_IN
from pages.parts.run.options import MODELS, model_words, prompt_words
from pages.parts.shell.cached.examples import selected
from pages.parts.shell.cached.scored import scored_run_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import ARROW, LONGEST_TEXT
from pages.parts.shell.markdown import escape_markdown
from pages.parts.shell.session import view_state
from pages.parts.try_it import asking, question

FOUND_SHOWN, BEGIN_WITH = 6, 3
"""Texts of the run: those that contain what is looked for, and those to begin with."""
AT_RANDOM = {"Any, at random": Filter(), "A mistake, at random": Filter(outcomes=("wrong", "unparsed"))}
"""Which texts of the run one of is taken."""
SHOWN_CHARS = 90
NOBODY = ""
_PROMPT = "prompt "
"""Begins a choice of what is asked beside: the same model, with the prompt that follows."""


def whom(page: Frame, specs: list[RunSpec]) -> None:
    """Draw who is asked: a model, a prompt, and what is asked beside it."""
    tried = view_state().try_it.tried
    first = specs[0] if specs else None
    models = _models(page)
    _show("try_model", first.model if first else None)
    st.selectbox(
        "Model",
        _with(models, first.model if first else None),
        key="try_model",
        format_func=model_words,
        placeholder="choose a model",
        accept_new_options=True,
        on_change=_choose_model,
    )
    prompts = [*BUILT_IN, *page.store.custom_prompts()]
    reads_prompt = first is not None and first.kind.reads_prompt
    if first and reads_prompt:
        _show("try_prompt", first.prompt)
        st.selectbox(
            "Prompt",
            _with(prompts, first.prompt),
            key="try_prompt",
            format_func=prompt_words,
            on_change=_choose_prompt,
        )
    beside = tried.beside_model or (_PROMPT + tried.beside_prompt if tried.beside_prompt else NOBODY)
    others = [model for model in models if first is None or model != first.model]
    if reads_prompt and first:
        others = [_PROMPT + prompt for prompt in prompts if prompt != first.prompt] + others
    _show("try_beside", beside)
    st.selectbox(
        "Beside it",
        _with([NOBODY, *others], beside),
        key="try_beside",
        format_func=_beside_words,
        accept_new_options=True,
        on_change=_choose_beside,
    )


def text_row(page: Frame) -> None:
    """Draw the field of the text, the button that asks, and the examples of the run to begin with."""
    tried = view_state().try_it.tried
    # Enter asks, which a field of several lines leaves to Ctrl+Enter: it is there for the texts that have several.
    several_lines = "\n" in tried.text
    key = "try_lines" if several_lines else "try_text"
    _show(key, tried.text)

    def asked() -> None:
        ask(page, st.session_state[key])

    with st.container(horizontal=True, vertical_alignment="bottom"):
        if several_lines:
            st.text_area("Text; Ctrl+Enter asks", key=key, height=110, on_change=asked)
        else:
            st.text_input(
                "Text", key=key, placeholder="Type a text and press Enter", label_visibility="collapsed",
                on_change=asked,
            )  # fmt: skip
        st.button("Ask", type="primary", icon=":material/send:", key="try_ask", on_click=asked)
        if page.record is not None:
            _examples(page)
    if not question.is_in_link(tried.text):
        st.caption(f"This text is too long for a link: one holds {LONGEST_TEXT:,} characters.")


def hint(page: Frame, specs: list[RunSpec]) -> None:
    """Say what to do where nothing is asked."""
    tried = view_state().try_it.tried
    if not specs:
        st.info("Imported answers cannot be asked. Choose a model above: it is given the labels of the imported file.")
    elif tried.text.strip():
        whom = " and ".join(dict.fromkeys(escape_markdown(spec.model) for spec in specs))
        st.info(
            f"This text came with a link, for {whom}. Press “Ask” to load the model and have the text answered.",
            icon=":material/link:",
        )
    elif tried.text:
        st.info("The text is blank. Type some words and press Enter.")
    else:
        st.info("Type a text and press Enter. The answer stands here at once.")
        if page.record is not None:
            _begin_with(page, specs[0])


def _begin_with(page: Frame, spec: RunSpec) -> None:
    """Draw a few texts of the run, and have a bundled model loaded in the meantime."""
    assert page.record is not None
    scored = scored_run_of(page.store, page.record, page.scoring)
    rows = list(range(0, len(scored.answers), max(1, len(scored.answers) // BEGIN_WITH)))[:BEGIN_WITH]
    answers = scored.answers.at(rows)
    if not answers:  # the run has only begun
        return
    st.caption("Or begin with a text of the run:")
    with st.container(gap=None):
        for row, answer in zip(rows, answers, strict=True):
            _example_button(page, scored, row, answer.example.text, "begin")
    if question.is_at_hand(page, spec):
        asking.put(page.store, [LiveRequest(spec, answers[0].example.text)])


def _example_button(page: Frame, scored: ScoredRun, row: int, text: str, where: str) -> None:
    shown = text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"
    st.button(
        escape_markdown(shown) or "(empty)", type="tertiary", key=f"try_{where}_{row}", icon=ARROW, on_click=_take,
        args=(page, scored, row),
    )  # fmt: skip


def _examples(page: Frame) -> None:
    drawer = st.popover("Take an example", icon=":material/casino:", key="try_examples", on_change="rerun")
    if not drawer.open:
        return
    with drawer:
        assert page.record is not None
        scored = scored_run_of(page.store, page.record, page.scoring)
        with st.container(horizontal=True):
            for words, asked in AT_RANDOM.items():
                rows = selected(page.store, scored, asked).rows
                st.button(words, on_click=_take_random, args=(page, scored, rows), disabled=not len(rows))
        needle = st.text_input("Containing", key="try_needle", placeholder="part of a text")
        if needle.strip():
            rows = selected(page.store, scored, Filter(text=needle)).rows
            for row, answer in zip(rows, scored.answers.at(rows[:FOUND_SHOWN]), strict=False):
                _example_button(page, scored, int(row), answer.example.text, "found")
            if not len(rows):
                st.caption("No text of this run contains it.")


def _take_random(page: Frame, scored: ScoredRun, rows: NDArray[np.intp]) -> None:
    _take(page, scored, int(random.choice(rows)))


def _take(page: Frame, scored: ScoredRun, row: int) -> None:
    """Ask about an example of the run.

    Args:
        row: index into the scored run's arrays.
    """
    example = scored.answers.at([row])[0].example
    st.session_state["try_examples"] = False  # closed: the answer lies under it
    ask(page, example.text, example.label)


def ask(page: Frame, text: str, label: str = "") -> None:
    """Ask about a text. For callbacks: the worker begins while the page is drawn.

    Args:
        label: its true label, where it is an example as it stands in the run.
    """
    view = view_state().try_it
    if text != view.tried.text or label:
        view.tried = replace(view.tried, text=text, label=label)
    view.confirmed = True
    asking.forget_problems()
    asking.put(page.store, question.requests_of(page))


def _choose_model() -> None:
    _choose(model=_chosen("try_model"))


def _choose_prompt() -> None:
    _choose(prompt=_chosen("try_prompt"))


def _choose_beside() -> None:
    chosen = _chosen("try_beside")
    is_prompt = chosen.startswith(_PROMPT)
    _choose(beside_model="" if is_prompt else chosen, beside_prompt=chosen.removeprefix(_PROMPT) if is_prompt else "")


def _choose(**whom: str) -> None:
    """Ask somebody else, the same: who chooses a model agrees to its being loaded."""
    view = view_state().try_it
    view.tried = replace(view.tried, **whom)
    view.confirmed = True


def _chosen(key: str) -> str:
    return (st.session_state[key] or "").strip()


def _models(page: Frame) -> list[str]:
    """Those that a form offers, and those of the stored runs."""
    used = [record.spec.model for record in page.listing.records if record.kind.can_run]
    return list(dict.fromkeys([*MODELS, *used]))


def _show(key: str, value: str | None) -> None:
    """Let a field show a value. Set only where it shows another one: the page is drawn again when an answer arrives,
    and what is typed or chosen in that moment would be lost."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def _beside_words(choice: str) -> str:
    if choice == NOBODY:
        return "nothing"
    if choice.startswith(_PROMPT):
        return f"prompt {prompt_words(choice.removeprefix(_PROMPT))}"
    return model_words(choice)


def _with(options: list[str], chosen: str | None) -> list[str]:
    return options if chosen is None or chosen in options else [*options, chosen]
