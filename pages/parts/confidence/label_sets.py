"""Label sets: how many candidates it takes to have the true label among them, by the size of the sets and by label."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from evalcore import charts
from evalcore.analysis import (
    COVERAGES,
    LabelProbabilities,
    LabelSets,
    ScoredRun,
    SizeBin,
    coverage_words,
    halves_words,
    label_sets_at,
    label_words,
    lowest_coverage_first,
    promise_words,
    set_of,
    size_bins,
    size_words,
    threshold_words,
    why_no_label_sets,
)
from evalcore.metrics import GROUPINGS, Grouping, wilson_interval
from evalcore.wording import counted, in_percent, interval
from pages.parts.confidence import sets_shown, shown
from pages.parts.explore.example_table import in_pane
from pages.parts.shell.beside import beside
from pages.parts.shell.cached.once import once
from pages.parts.shell.cached.scored import required_probabilities_of
from pages.parts.shell.clickable_figure import clickable_figure
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT, clickable_table
from pages.parts.shell.frame import Frame
from pages.parts.shell.links import BACK
from pages.parts.shell.markdown import escape_markdown, percent
from pages.parts.shell.views.confidence import WhichSets

HEIGHT, CHART_HEIGHT, TABLE_HEIGHT = 362, 352, 259
"""Pixels: of the pane, of the picture and of a table in the pane."""
EXAMPLES_SHOWN = 3
SHOWN_OF_A_SET = 5
"""Labels of an opened example's set that are named."""
GROUPING_WORDS: dict[Grouping, str] = {
    "all": "for all texts",
    "similar": "for similar labels",
    "each": "for each label",
}
SIZES, LABELS = "set sizes", "labels"
WHICH_WORDS: dict[WhichSets, str] = {"": "all", "held": "in it", "missed": "not in it"}


def tab(page: Frame, scored: ScoredRun, probabilities: LabelProbabilities) -> None:
    """Draw the tab."""
    why_not = why_no_label_sets(probabilities)
    if why_not:
        st.info(escape_markdown(why_not))
        return
    view = sets_shown.view()
    _controls(page)
    found = _found(scored)
    st.markdown(f"**{escape_markdown(size_words(found))}** {escape_markdown(coverage_words(found))}")
    left, right = beside(height=HEIGHT)
    if view.of_labels:
        view.label = view.label if view.label in scored.labels else ""
        with left:
            _label_figure(page, scored)
        with right:
            _one_label(page, scored, found) if view.label else _labels(page, scored, found)
    else:
        opened = next((each for each in size_bins(found) if each.low == view.size), None)
        view.size = opened.low if opened else 0
        with left:
            _size_figure(page, scored)
        with right:
            _one_size(page, scored, found, opened) if opened else _sizes(page, scored, found)


def _controls(page: Frame) -> None:
    view = sets_shown.view()
    st.session_state["sets_percent"], st.session_state["sets_grouping"] = view.percent, view.grouping
    st.session_state["sets_of"] = LABELS if view.of_labels else SIZES

    def change() -> None:
        state = st.session_state
        view.percent, view.grouping = state["sets_percent"], state["sets_grouping"]
        if view.of_labels != (state["sets_of"] == LABELS):
            view.of_labels = not view.of_labels
            shown.table_of(page).open(None)

    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        least, most = (round(100 * COVERAGES[at]) for at in (0, -1))
        st.slider("Target: share of the texts whose set holds the true label", least, most, key="sets_percent",
                  format="target %d %%", on_change=change, width=170, label_visibility="collapsed")  # fmt: skip
        st.segmented_control("Promised for", GROUPINGS, key="sets_grouping", required=True, on_change=change,
                             format_func=lambda one: GROUPING_WORDS[one], label_visibility="collapsed")  # fmt: skip
        st.segmented_control("Show", [SIZES, LABELS], key="sets_of", required=True, on_change=change,
                             label_visibility="collapsed")  # fmt: skip


def _sets(scored: ScoredRun, grouping: Grouping) -> tuple[LabelSets, ...]:
    return label_sets_at(required_probabilities_of(scored), COVERAGES, grouping)


def _found(scored: ScoredRun) -> LabelSets:
    """The sets of the chosen target: those of all targets are computed together, so that the slider is at once."""
    return _at(scored, sets_shown.view().grouping, sets_shown.view().percent)


def _at(scored: ScoredRun, grouping: Grouping, percent_wanted: int) -> LabelSets:
    return once(scored, _sets, grouping)[percent_wanted - round(100 * COVERAGES[0])]


def _size_figure(page: Frame, scored: ScoredRun) -> None:
    view = sets_shown.view()
    bins = size_bins(_found(scored))
    lows = [each.low for each in bins]

    def draw(item: charts.Item | None) -> alt.LayerChart:
        picked = None if item is None else int(item["bin"])
        return once(scored, _size_chart, view.grouping, view.percent, picked, page.theme)

    def click(item: charts.Item | None) -> None:
        _open(page, size=0 if item is None else lows[int(item["bin"])])

    clickable_figure(
        draw,
        f"set_sizes_{scored.record.run_id}_{view.grouping}_{view.percent}",
        shown.figure("set_sizes"),
        {"bin": lows.index(view.size)} if view.size in lows else None,
        click,
        "How many texts have a set of which size, with the true label in it and without, as the table has them",
    )


def _size_chart(
    scored: ScoredRun, grouping: Grouping, percent_wanted: int, picked: int | None, theme: charts.Theme
) -> alt.LayerChart:
    bins = size_bins(_at(scored, grouping, percent_wanted))
    return charts.set_size_chart(
        [each.name for each in bins],
        [each.held for each in bins],
        [each.n - each.held for each in bins],
        theme,
        CHART_HEIGHT,
        None if picked is None else {"bin": picked},
    )


def _sizes(page: Frame, scored: ScoredRun, found: LabelSets) -> None:
    """The sizes as a table, which the keyboard reaches."""
    bins = size_bins(found)
    table = pd.DataFrame(
        {
            "labels": [each.name for each in bins],
            "texts": [each.n for each in bins],
            "share": [in_percent(each.n / len(found.rows)) for each in bins],
            "in it": [in_percent(each.held / each.n) if each.n else np.nan for each in bins],
            "95 %": [interval(wilson_interval(each.held, each.n), undefined="") for each in bins],
        }
    )

    def click(row: int | None) -> None:
        if row is not None:
            _open(page, size=bins[row].low)

    c = st.column_config
    clickable_table(
        table,
        f"set_size_table_{scored.record.run_id}_{sets_shown.view().grouping}_{sets_shown.view().percent}",
        TABLE_HEIGHT,
        {
            "labels": c.TextColumn(width=55, help="In the set"),
            "texts": c.NumberColumn(width=50),
            "share": c.NumberColumn("of all", format="%.1f %%", width=63),
            "in it": c.NumberColumn("in it", format="%.1f %%", width=63, help="Share whose set holds the true label"),
            "95 %": c.TextColumn(help="Wilson 95 % interval of that share", width=96),
        },
        on_click=click,
        row_height=COMPACT_ROW_HEIGHT,
        alt="Sizes of the sets; choose a row, with the arrow keys for example, to see its texts",
    )
    _explanations(found, "The promise is about all sets together, not about those of one size.")


def _explanations(found: LabelSets, first: str) -> None:
    """What is promised, what it was measured on, and how a label comes into a set."""
    said = [f"{first} {promise_words(found)}", threshold_words(found), halves_words(found)]
    if found.in_every_set.any():  # what explains the sizes of the sets comes first
        said.insert(0, said.pop(1))
    for words in said:
        st.caption(escape_markdown(words))


def _one_size(page: Frame, scored: ScoredRun, found: LabelSets, opened: SizeBin) -> None:
    of_size = (found.size >= opened.low) & (found.size <= opened.high)
    title = f"Sets of {counted(1, 'label') if opened.high == 1 else f'{opened.name} labels'}"
    _examples(page, scored, found, of_size, title, "All sizes", ("text", "true label", "predicted"))


def _label_figure(page: Frame, scored: ScoredRun) -> None:
    view = sets_shown.view()

    def draw(item: charts.Item | None) -> alt.LayerChart:
        picked = None if item is None else int(item["code"])
        return once(scored, _label_chart, view.grouping, view.percent, picked, page.theme)

    def click(item: charts.Item | None) -> None:
        _open(page, label="" if item is None else scored.labels[int(item["code"])])

    with st.container(height=HEIGHT, border=False):
        clickable_figure(
            draw,
            f"set_labels_{scored.record.run_id}_{view.grouping}_{view.percent}",
            shown.figure("set_labels"),
            {"code": scored.labels.index(view.label)} if view.label else None,
            click,
            "How often each label's sets hold it, against the target, as the table has them",
        )


def _label_chart(
    scored: ScoredRun, grouping: Grouping, percent_wanted: int, picked: int | None, theme: charts.Theme
) -> alt.LayerChart:
    table = lowest_coverage_first(_at(scored, grouping, percent_wanted))
    item = None if picked is None else {"code": picked}
    return charts.set_coverage_chart(table[table["examples"] > 0], percent_wanted / 100, theme, item)


def _labels(page: Frame, scored: ScoredRun, found: LabelSets) -> None:
    """The labels as a table, which the keyboard reaches."""
    ranked = lowest_coverage_first(found)
    below = int((ranked["high"] < found.target).sum())
    st.caption(escape_markdown(label_words(found, below)))
    everywhere = found.in_every_set[ranked["code"].to_numpy()]
    table = pd.DataFrame(
        {
            "label": ranked["label"].to_numpy(),
            "in the set": [in_percent(share) for share in ranked["coverage"]],
            "95 %": [interval(each, undefined="") for each in zip(ranked["low"], ranked["high"], strict=True)],
            "texts": ranked["examples"].to_numpy(),
            "labels": [round(size, 1) for size in ranked["size"]],
            "threshold": [
                "in every set" if always else percent(share)
                for always, share in zip(everywhere, ranked["threshold"], strict=True)
            ],
        }
    )
    labels = table["label"].tolist()

    def click(row: int | None) -> None:
        if row is not None:
            _open(page, label=labels[row])

    c = st.column_config
    clickable_table(
        table,
        f"set_label_table_{scored.record.run_id}_{sets_shown.view().grouping}_{sets_shown.view().percent}",
        TABLE_HEIGHT,
        {
            "label": c.TextColumn(width=112, pinned=True),
            "in the set": c.NumberColumn(
                "in it", format="%.1f %%", width=62, help="Share of its texts whose set holds it"
            ),
            "95 %": c.TextColumn(width=94, help="Wilson 95 % interval of that"),
            "texts": c.NumberColumn(width=50),
            "labels": c.NumberColumn("set size", format="%.1f", width=70, help="Mean over its texts"),
            "threshold": c.TextColumn(width=85, help="Probability from which on the label is in a set"),
        },
        on_click=click,
        row_height=COMPACT_ROW_HEIGHT,
        alt="The labels, lowest first; choose a row, with the arrow keys for example, to see its texts",
    )
    _explanations(found, "Filled marks: the 95 % interval does not reach the target.")


def _one_label(page: Frame, scored: ScoredRun, found: LabelSets) -> None:
    label = sets_shown.view().label
    of_label = found.y_true == scored.labels.index(label)
    _examples(page, scored, found, of_label, label, "All labels", ("text", "outcome", "predicted"))


def _examples(
    page: Frame,
    scored: ScoredRun,
    found: LabelSets,
    chosen: np.ndarray[Any, np.dtype[np.bool_]],
    title: str,
    back: str,
    columns: tuple[str, ...],
) -> None:
    """The texts that were picked, and the set of the one that is opened.

    Args:
        chosen: of the evaluated rows.
        title: not Markdown.
        back: where the button leads that lets it go.
    """
    view, table = sets_shown.view(), shown.table_of(page)
    masks: dict[WhichSets, np.ndarray[Any, np.dtype[np.bool_]]] = {
        "": chosen,
        "held": chosen & found.holds,
        "missed": chosen & ~found.holds,
    }
    st.session_state["sets_which"] = view.which

    def change() -> None:
        view.which = st.session_state["sets_which"]
        table.open(None)

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(back, icon=BACK, type="tertiary", key="sets_back", on_click=_open, args=(page,))
        st.segmented_control("Which texts", [*masks], key="sets_which", required=True, on_change=change,
                             label_visibility="collapsed",
                             format_func=lambda one: f"{WHICH_WORDS[one]} {int(masks[one].sum()):,}")  # fmt: skip
    above = st.container()
    in_pane(page, scored, found.rows[masks[view.which]], table, columns, EXAMPLES_SHOWN)
    row = None if table.opened is None else int(np.searchsorted(scored.positions, table.opened))
    said = "" if row is None else f" Opened: {_set_words(scored, found, row)}"
    above.caption(f"**{escape_markdown(title)}.**{said}")


def _set_words(scored: ScoredRun, found: LabelSets, row: int) -> str:
    """The set of one row of the run, its true label in bold, as Markdown."""
    true, within = scored.labels[scored.y_true[row]], set_of(required_probabilities_of(scored), found, row)
    words = [f"{_name(label, true)} {percent(share)}" for label, share in within[:SHOWN_OF_A_SET]]
    more = f" and {len(within) - SHOWN_OF_A_SET:,} more" if len(within) > SHOWN_OF_A_SET else ""
    holds = any(label == true for label, _ in within)
    return f"{', '.join(words)}{more}{'' if holds else f'; not in it: {_name(true, true)}'}."


def _name(label: str, true: str) -> str:
    return f"**{escape_markdown(label)}**" if label == true else escape_markdown(label)


def _open(page: Frame, size: int = 0, label: str = "") -> None:
    """Open the texts of a size or of a label, from the first one; or none."""
    view = sets_shown.view()
    view.size, view.label, view.which = size, label, ""
    shown.table_of(page).open(None)
