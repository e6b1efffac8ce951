"""The answers of the one or two that are asked, each as soon as it is there; below them what they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from evalcore.running.live import LiveRequest
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import message_markdown
from pages.parts.shell.session import view_state
from pages.parts.try_it import answer, asking, details, history, question

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from evalcore.running.live import LiveAnswer

ANSWER_WAIT_S, DETAILS_WAIT_S = 0.8, 0.6
"""How long a page waits for what a loaded model does at once; what takes longer is watched."""
UNASKED_UP_TO_S = 1.0
"""Seconds of an answer up to which the words are left out one by one without being asked for."""


def answers(page: Frame, requests: Sequence[LiveRequest]) -> None:
    """Draw the answers side by side; where one is not there yet, how far it is."""
    asking.wait(page.store, requests, ANSWER_WAIT_S)
    label, several = view_state().try_it.tried.label, len(requests) > 1
    for at, (place, request) in enumerate(zip(_places(several), requests, strict=True)):
        with place:
            found, problem = asking.answer_to(request), asking.problem_of(request)
            answer.whose(request.spec, at, several, found)
            if found is not None:
                left, right = (st.container(), st.container()) if several else st.columns([2, 3], gap="medium")
                with left.container(gap="xsmall"):
                    answer.label_and_completion(found, request.spec, label)
                with right.container(gap="xsmall"):
                    answer.probabilities(found, page.theme, at)
                if at == 0:
                    history.note(page, request)
            elif problem:
                st.error(message_markdown(problem), icon=":material/error:")
            else:
                asking.watch(page.store, request)


def rest(page: Frame, requests: list[LiveRequest]) -> None:
    """Draw what the answers rest on, which is asked for when they are there; what would take long, on demand."""
    details = question.details_of(requests)
    detailed = {request: details[request] for request in requests if asking.answer_to(request)}
    asking.put(page.store, [more for request, more in detailed.items() if _is_quick(request)])
    asking.wait(page.store, list(detailed.values()), DETAILS_WAIT_S)
    several = len(requests) > 1
    for at, (place, request) in enumerate(zip(_places(several), requests, strict=True)):
        if request not in detailed:
            continue
        with place:
            found, problem = asking.answer_to(detailed[request]), asking.problem_of(detailed[request])
            if found is not None:
                _details(page, found, request, at, several)
            elif problem:
                st.caption(message_markdown(problem))
            elif asking.is_known(detailed[request]):
                asking.watch(page.store, detailed[request], "Words, orders and nearest examples: ")
            else:
                st.button(
                    "Which words matter", key=f"try_details_{at}", icon=":material/format_ink_highlighter:",
                    on_click=asking.put, args=(page.store, [detailed[request]]),
                )  # fmt: skip
                st.caption("Asks the model again for each word left out, which takes a while with this one.")


def prompts(requests: Sequence[LiveRequest]) -> None:
    """Draw the exact prompts, on demand."""
    found = {request: answer for request in requests if (answer := asking.answer_to(request))}
    if found:
        details.prompts(list(found.values()), [request.spec for request in found])


def _details(page: Frame, found: LiveAnswer, request: LiveRequest, at: int, several: bool) -> None:
    left, right = (st.container(), st.container()) if several else st.columns([1, 1], gap="medium")
    with left.container(gap="xsmall"):
        details.words(found, page.theme, at)
    with right.container(gap="xsmall"):
        details.orders(found, request.spec)
        if at == 0:
            details.nearest(found)


def _places(several: bool) -> Sequence[DeltaGenerator]:
    return st.columns(2, gap="medium") if several else [st.container()]


def _is_quick(request: LiveRequest) -> bool:
    found = asking.answer_to(request)
    return found is not None and found.seconds <= UNASKED_UP_TO_S
