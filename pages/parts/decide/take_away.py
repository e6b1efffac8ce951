"""One button for what can be taken away of the Decide page: the answers as files, and the command that gives them."""

from __future__ import annotations

import json

import streamlit as st

from evalcore.analysis import ScoredRun
from evalcore.deciding import (
    QUESTIONS,
    CostsAsked,
    Decision,
    DecisionAsked,
    FrontierAnswer,
    FrontierAsked,
    decide,
)
from evalcore.errors import BlindspotError
from evalcore.output import (
    RUN_FORMATS,
    WRITERS,
    decision_as_json,
    decision_markdown,
    decision_tables,
    table_files,
    zipped,
)
from evalcore.output.command import decide_command, decide_file
from evalcore.output.html import Texts, comparison_report, run_report
from evalcore.paths import COMMAND
from pages.parts.decide.frontier_tab import kept_answer
from pages.parts.decide.shown import TABS
from pages.parts.shell.cached.comparisons import comparison_of
from pages.parts.shell.cached.decisions import answer_of
from pages.parts.shell.downloads import ZIP, ResultFiles, button, report_buttons
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import message_markdown
from pages.parts.shell.session import view_state

JSON = "application/json"
SCOPES = ("This question", "All questions")


def popover(page: Frame, scored: ScoredRun, other: ScoredRun | None) -> None:
    """Draw the button that opens the choice.

    Args:
        other: the run beside it; None if it is looked at alone.
    """
    drawer = st.popover("Download", icon=":material/download:", key="decide_take_away", on_change="rerun")
    if drawer.open:
        with drawer, st.container(gap="xsmall"):
            _choice(page, scored, other)


def asked_now() -> DecisionAsked:
    """What the page asks, over all tabs."""
    view = view_state().decide
    return DecisionAsked(view.review, view.costs, view.traffic, view.label_list, view.frontier)


def _choice(page: Frame, scored: ScoredRun, other: ScoredRun | None) -> None:
    scope = st.radio("Of which answers", SCOPES, horizontal=True, label_visibility="collapsed", key="decide_scope")
    only = [_open_question()] if scope == SCOPES[0] else [*QUESTIONS]
    asked = asked_now()

    def frontier_of(scored: ScoredRun, asked: FrontierAsked, costs: CostsAsked) -> FrontierAnswer:
        return kept_answer(page, scored, asked, costs)

    try:
        decision = decide(page.store, scored, other, asked, only=only, answer_of=answer_of, frontier_of=frontier_of)
    except BlindspotError as error:
        st.error(message_markdown(str(error)), icon=":material/error:")
        return
    command = decide_command(decision, only if scope == SCOPES[0] else ())
    ids = [one.record.run_id for one in (scored, other) if one is not None]
    names = ["decide", *([only[0].replace("_", "-")] if scope == SCOPES[0] else []), *ids]
    of = ResultFiles(f"blindspot-{'-'.join(names)}", len(scored.answers), f"`{COMMAND} decide {ids[0]}`")

    def report(texts: Texts) -> bytes:
        return _report(page, decision, texts)

    report_buttons(of, report, lambda: decision_markdown(decision), f"{of.command} with `--html FILE`")
    writer = st.radio("Format of the tables", list(WRITERS), format_func=lambda name: RUN_FORMATS[name].title,
                      horizontal=True, label_visibility="collapsed", key="decide_writer")  # fmt: skip
    with st.container(horizontal=True):
        button("All tables", lambda: _tables(decision, writer), f"{of.name}-tables-{writer}.zip", ZIP)
        button("JSON", lambda: _json(decision), f"{of.name}.json", JSON)
    st.caption(
        "The same on the command line" + (", with the tables of the ZIP file:" if decision.asked.tables else ":")
    )
    st.code(command, language="bash", wrap_lines=True)


def _open_question() -> str:
    return [*QUESTIONS][TABS.index(view_state().decide.tab or TABS[0])]


def _report(page: Frame, decision: Decision, texts: Texts) -> bytes:
    """The report of the run, or of both, with these answers in it."""
    if decision.beside is None:
        return run_report(page.store, decision.scored, texts=texts, decision=decision)
    comparison = comparison_of(page.store, decision.scored.record, decision.beside.record, decision.scored.scoring)
    return comparison_report(comparison, texts=texts, decision=decision)


def _tables(decision: Decision, writer: str) -> bytes:
    """All tables, with those that were typed, under the names that the command reads them by."""
    typed = {decide_file(name): [text.encode()] for name, text in decision.asked.tables.items()}
    return zipped({**table_files(decision_tables(decision), writer), **typed})


def _json(decision: Decision) -> bytes:
    return (json.dumps(decision_as_json(decision), indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace")
