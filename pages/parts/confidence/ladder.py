"""Ladder: what the model loses to the format of its answers, told from what it cannot classify; beside it the examples.

Below the figure stands what another ranking of the labels would have answered.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
import streamlit as st

from evalcore import charts
from evalcore.analysis import (
    ALWAYS,
    RANKED_BY,
    LabelProbabilities,
    Ladder,
    Ranking,
    ScoredRun,
    chooses,
    lacking_spec,
    ladder_words,
    partner_of,
    rankings,
)
from evalcore.output.stills import ladder_rungs
from evalcore.store import LabelScore, RunRecord
from evalcore.wording import counted, in_percent, interval, points
from pages.parts.confidence import shown
from pages.parts.explore.example_table import in_pane
from pages.parts.shell import url
from pages.parts.shell.beside import beside
from pages.parts.shell.cached.comparisons import ladder_of
from pages.parts.shell.cached.once import once
from pages.parts.shell.cached.scored import probabilities_of, required_probabilities_of
from pages.parts.shell.cached.stored import runs_on_sample
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT, clickable_table, height_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import ARROW
from pages.parts.shell.markdown import escape_markdown, with_bold_start
from pages.parts.shell.session import view_state

HEIGHT, TITLE_WIDTH = 450, 130
COLUMNS = ("text", "true label", "predicted")
GROUPS = {"fixed": "gained", "broken": "lost"}
BY: dict[str, str] = {"read leniently": "By lenient reading", "choose": "By choosing"}
SHORT: dict[LabelScore, str] = {
    "summed": "whole label",
    "per-token": "each token",
    "calibrated": "gain over no text",
}
"""`RANKED_BY` for a table."""
RANKED_HELP = (
    "The probability of the whole label; that of each of its tokens, on average; or how much more probable it is than "
    "after a text without content"
)
RANKING = shown.RANKING


def tab(page: Frame, scored: ScoredRun, probabilities: LabelProbabilities | None) -> None:
    """Draw the tab. The run that it needs beside this one is looked for among those on the same examples.

    Args:
        probabilities: of the run; None if it has none, because it answers freely, say.
    """
    record = scored.record
    if not record.kind.reads_prompt:
        st.info(
            "A ladder is for models that write their answers: this one answers with labels, and loses none to a format."
        )
        return
    partner = partner_of(record, runs_on_sample(page.store, record.sample_id))
    free, choosing = (partner, record) if chooses(record) else (record, partner)
    ladder = ladder_of(page.store, free, choosing, page.scoring)
    with st.container(gap="xxsmall"):
        for sentence in ladder_words(ladder):
            st.markdown(with_bold_start(sentence))
    if partner is None and chooses(record):  # of a free run the page has said it already
        _what_is_missing(record)
    left, right = beside(11, 9, HEIGHT)
    with left:
        st.altair_chart(charts.ladder_chart(ladder_rungs(ladder), page.theme), key=f"ladder_{record.run_id}",
                        alt="Accuracy of each step, and what each climb changes")  # fmt: skip
        _doors(page, ladder)
        if choosing is not None:
            chosen = ladder.steps[-1].scored
            known = probabilities if choosing is record else probabilities_of(chosen)
            if known is not None:
                ranking_table(page, chosen, known)
    with right:
        _behind(page, ladder)


def ranking_table(page: Frame, scored: ScoredRun, probabilities: LabelProbabilities) -> None:
    """What each way to rank the labels answers; a row that is clicked opens the answers that it changes.

    Args:
        scored: the choosing run; `probabilities` are its own.
    """
    found = once(scored, _rankings)
    if not found:
        st.caption(
            "Other rankings are not known: an older version stored this run. A run by “choose-calibrated” tells."
        )
        return
    door = view_state().confidence.door
    opened = next((at for at, one in enumerate(found) if door == RANKING + one.score), None)
    # Made anew only where something else was opened: a table that is made anew loses the focus of the keyboard.
    state = shown.figure("rankings")
    key = f"rankings_{scored.record.run_id}_{state.drawn}"
    if state.made_with is None or state.made_with["key"] != key:
        state.made_with = {"key": key, "row": opened}

    def click(row: int | None) -> None:
        if row is not None:
            _open(page, RANKING + found[row].score)

    c = st.column_config
    clickable_table(
        once(scored, _ranking_table),
        key,
        height_of(len(found), COMPACT_ROW_HEIGHT),
        {
            "ranked by": c.TextColumn(width=130, help=RANKED_HELP),
            "right": c.NumberColumn(format="%.1f %%", width=62),
            "change": c.TextColumn(width=140, help="Of the accuracy, in points, with its 95 % interval: against what "
                                   "this run answered"),
            "labels": c.NumberColumn(width=55, help="How many labels are answered at all"),
            "top two": c.NumberColumn(format="%.1f %%", width=66, help="Share of the answers that are one of the two "
                                      "labels answered most"),
        },
        on_click=click,
        selected=state.made_with["row"],
        row_height=COMPACT_ROW_HEIGHT,
        alt="Rankings of the labels; choose a row, with the arrow keys for example, to see which answers it changes",
    )  # fmt: skip


def _what_is_missing(record: RunRecord) -> None:
    """There is no run for the steps of free text: how to have it."""
    spec = lacking_spec(record)
    if spec is not None:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(
                "The steps of free text are missing: no stored run of this model and prompt on these examples has the "
                f"decoding “{spec.decoding}”.",
                width="content",
            )
            st.page_link("app.py", label="Fill in the form for it", icon=ARROW, query_params=url.query_of_spec(spec))


def _doors(page: Frame, ladder: Ladder) -> None:
    """Buttons that open the examples that a climb gains or loses, and those that every step, or none, gets right."""
    opened = _opened(ladder)
    # The longest row first: the buttons of the table below lie over the end of the last one.
    always = dict(zip(ALWAYS, ("right", "wrong or unparsed"), strict=True))
    rows = {"At every step" if len(ladder.steps) > 1 else "All": always}
    for name in ladder.climbs:
        rows[BY[name]] = {f"{name}:{group}": word for group, word in GROUPS.items()}
    with st.container(gap="xxsmall"):
        for title, doors in rows.items():
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(title, width=TITLE_WIDTH)
                for door, word in doors.items():
                    count = len(ladder.rows_of(door)[1])
                    kind: Literal["primary", "secondary"] = "primary" if door == opened else "secondary"
                    st.button(
                        f"**{count:,}** {word}", key=f"ladder_{door}", on_click=_open, args=(page, door), type=kind
                    )


def _opened(ladder: Ladder) -> str:
    """What is open: what was chosen, else the first of the telling ones that has any examples."""
    chosen = view_state().confidence.door
    if chosen in ladder.doors or _ranking(ladder, chosen) is not None:
        return chosen
    telling = (*(f"{name}:{group}" for name in reversed(ladder.climbs) for group in ("broken", "fixed")), ALWAYS[1])
    return next((door for door in telling if len(ladder.rows_of(door)[1])), ALWAYS[0])


def _open(page: Frame, door: str) -> None:
    view_state().confidence.door = door
    if not door.startswith(RANKING):
        shown.figure("rankings").drawn += 1
    shown.table_of(page).open(None)


def _behind(page: Frame, ladder: Ladder) -> None:
    """The examples behind what is open, and one of them."""
    door = _opened(ladder)
    table = shown.table_of(page)
    ranking = _ranking(ladder, door)
    if ranking is not None:
        chosen = ladder.steps[-1].scored
        _say_changed(ranking)
        instead = st.container()
        in_pane(page, chosen, ranking.changed().astype(np.intp), table, COLUMNS)
        with instead:
            _say_instead(chosen, ranking, table.opened)
        return
    step, rows = ladder.rows_of(door)
    st.markdown(f"**{escape_markdown(_title(door, len(rows)))}**")
    in_pane(page, step.scored, rows, table, COLUMNS)
    if step.name == "choose" and len(ladder.steps) > 1 and len(rows):
        _say_free(ladder.steps[1].scored, table.opened)


def _ranking(ladder: Ladder, door: str) -> Ranking | None:
    """The ranking that a door leads to; None if it is another door, or one that the choosing run does not have.

    The session and a link keep a door when another run is looked at.
    """
    last = ladder.steps[-1]
    if not door.startswith(RANKING) or last.name != "choose" or probabilities_of(last.scored) is None:
        return None
    return next((one for one in once(last.scored, _rankings) if RANKING + one.score == door), None)


def _title(door: str, count: int) -> str:
    name, _, group = door.partition(":")
    if group:
        by = BY.get(name, name)
        return f"{counted(count, 'example')} {GROUPS.get(group, group)} {by[0].lower()}{by[1:]}"
    return f"{counted(count, 'example')} {'right' if door == ALWAYS[0] else 'wrong or unparsed'} at every step"


def _say_changed(ranking: Ranking) -> None:
    counts, changed = ranking.counts, counted(len(ranking.changed()), "answer")
    st.markdown(
        f"**{changed} changed** if labels are ranked by {RANKED_BY[ranking.score]}: {counts.fixed:,} gained, then "
        f"{counts.broken:,} lost, then the others"
    )


def _say_instead(scored: ScoredRun, ranking: Ranking, position: int | None) -> None:
    row = _row_at(scored, position)
    if row is not None and ranking.y_pred[row] >= 0:
        st.markdown(f"The opened one would be **{escape_markdown(scored.labels[int(ranking.y_pred[row])])}**")


def _say_free(free: ScoredRun, position: int | None) -> None:
    """What the model wrote freely to the opened example."""
    row = _row_at(free, position)
    if row is not None:
        st.caption("Free text, the same example")
        st.code(free.answers[row].completion.text or "(empty)", language=None, wrap_lines=True)


def _row_at(scored: ScoredRun, position: int | None) -> int | None:
    found = np.flatnonzero(scored.positions == (-1 if position is None else position))
    return int(found[0]) if len(found) else None


def _rankings(scored: ScoredRun) -> list[Ranking]:
    return rankings(required_probabilities_of(scored))


def _ranking_table(scored: ScoredRun) -> pd.DataFrame:
    found = once(scored, _rankings)
    changes = [one.difference for one in found]
    return pd.DataFrame(
        {
            "ranked by": [SHORT[one.score] for one in found],
            "right": [in_percent(one.accuracy) for one in found],
            "change": [
                "as answered" if one.is_own else f"{points(change)} ({interval(bounds, signed=True)})"
                for one, (change, bounds) in zip(found, changes, strict=True)
            ],
            "labels": [one.distinct for one in found],
            "top two": [in_percent(one.favourites_share) for one in found],
        }
    )
