"""Where another label list comes from: pairs of labels, a path of merges, a tree of confusions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import altair as alt
import pandas as pd
import streamlit as st

from evalcore import charts
from evalcore.analysis import ScoredRun
from evalcore.deciding import MergeSuggestions, merge_suggestions
from evalcore.wording import NOT_ESTIMABLE, counted, in_percent, interval, percent, points
from pages.parts.decide import shown
from pages.parts.decide.label_list_edit import change
from pages.parts.shell.cached.once import once
from pages.parts.shell.clickable_figure import clickable_figure
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT, clickable_table
from pages.parts.shell.frame import Frame
from pages.parts.shell.session import view_state

HEIGHT, NAME_CHARS = 360, 13
PICKED_HELP = "Picked on one half of the examples, measured on the other: so the gain is not that of a lucky pick"


def pairs(page: Frame, scored: ScoredRun) -> None:
    """Draw the pairs of labels whose merge gains most; a click opens their confusions."""
    found = once(scored, merge_suggestions).pairs
    if not found:
        st.caption("No two labels are confused with each other.")
        return
    names = [f"pair:{pair.first}:{pair.second}" for pair in found]
    opened = view_state().decide.opened
    state = shown.figure("label_pairs")
    selected = names.index(opened) if opened in names else None
    # Made anew only where something else was opened: a table that is made anew loses the focus of the keyboard.
    if state.showing != {"row": selected}:
        state.drawn += 1
        state.made_with = state.showing = {"row": selected}

    def click(row: int | None) -> None:
        state.showing = {"row": row}
        shown.open_examples(page, "" if row is None else names[row])

    c = st.column_config
    clickable_table(
        once(scored, _pair_table),
        f"label_pairs_{scored.record.run_id}_{scored.scoring}_{state.drawn}",
        HEIGHT,
        {
            "label": c.TextColumn(width=108),
            "and": c.TextColumn(width=108),
            "there": c.NumberColumn(width=50, help="Examples of the first label that are predicted as the second"),
            "reverse": c.NumberColumn(width=58, help="Examples of the second label that are predicted as the first"),
            "gain": c.NumberColumn(format="%.1f", width=48, help=f"Points of accuracy as one label. {PICKED_HELP}"),
            "95 %": c.TextColumn(width=82, help="Interval of the gain; – where there are too few confusions for one"),
        },
        on_click=click,
        selected=None if state.made_with is None else state.made_with["row"],
        row_height=COMPACT_ROW_HEIGHT,
        alt="Pairs of labels, the most confused first; choose a row, with the arrow keys for example, to see them",
    )
    st.caption(f"{PICKED_HELP}.")


def path(page: Frame, scored: ScoredRun) -> None:
    """Draw the best merges one after the other; a click, or the slider, says how many."""
    of = once(scored, merge_suggestions)
    if not of.path:
        st.caption("No merge gains anything.")
        return
    best = min(view_state().decide.label_list.best, len(of.path))

    def choose(steps: int) -> None:
        view = view_state().decide
        view.label_list = replace(view.label_list, best=max(1, steps))
        step = of.path[max(1, steps) - 1].joined
        shown.open_examples(page, "group:" + ":".join(map(str, step.codes)))

    def draw(item: charts.Item | None) -> alt.LayerChart:
        return once(scored, _path_chart, None if item is None else int(item["step"]), page.theme)

    def click(item: charts.Item | None) -> None:
        if item is not None:
            choose(int(item["step"]))

    if len(of.path) > 1:
        _slider("Merges", "label_list_best", best, 1, len(of.path), choose)
    clickable_figure(
        draw,
        f"merge_path_{scored.record.run_id}_{scored.scoring}",
        shown.figure("merge_path"),
        {"step": best},
        click,
        "Share of right answers with fewer and fewer labels, as the best merges are made one after the other",
    )
    step = of.path[best - 1]
    said = f"{points(step.gain)} points ({interval(step.interval)})"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Take {'this merge' if best == 1 else f'these {best:,} merges'}",
            icon=":material/merge:",
            key="label_list_take_path",
            on_click=change,
            args=(page, lambda: of.merge_of_path(best)),
        )
        st.caption(f"{counted(step.labels, 'label')} left: {said} on the measuring half", width="stretch")


def tree(page: Frame, scored: ScoredRun) -> None:
    """Draw the tree of confusions; the slider cuts it, a click on a join opens the confusions in its group."""
    of = once(scored, merge_suggestions)
    if not of.tree:
        st.caption("No two labels are confused with each other.")
        return
    fewest, most = max(2, len(of.labels) - len(of.tree)), len(of.labels)
    cut = min(max(view_state().decide.label_list.cut or most, fewest), most)

    def choose(labels: int) -> None:
        view = view_state().decide
        view.label_list = replace(view.label_list, cut=0 if labels == most else labels)

    names = ["group:" + ":".join(map(str, step.codes)) for step in of.tree]
    opened = view_state().decide.opened
    picked = {"step": names.index(opened)} if opened in names else None

    def draw(item: charts.Item | None) -> alt.LayerChart:
        return once(scored, _tree_chart, most - cut, None if item is None else int(item["step"]), page.theme)

    def click(item: charts.Item | None) -> None:
        shown.open_examples(page, "" if item is None else names[int(item["step"])])

    with st.container(horizontal=True, vertical_alignment="bottom"):
        if fewest < most:
            _slider("Labels left at the cut", "label_list_cut", cut, fewest, most, choose)
        st.button(
            "Take this cut",
            icon=":material/merge:",
            key="label_list_take_cut",
            on_click=change,
            args=(page, lambda: of.merge_of_tree(cut)),
            disabled=cut == most,
        )
    with st.container(height=HEIGHT, border=False):
        clickable_figure(
            draw,
            f"label_tree_{scored.record.run_id}_{scored.scoring}_{cut}",
            shown.figure("label_tree"),
            picked,
            click,
            "Labels that are confused with each other, joined into groups, the most confused first",
        )
    alone = most - len({code for step in of.tree for code in step.codes})
    said = f" {counted(alone, 'label is', 'labels are')} confused with none." if alone else ""
    st.caption(f"Average linkage on the picking half; the distance of two labels is 1 less their two-way rate.{said}")


def _slider(label: str, key: str, value: int, low: int, high: int, choose: Callable[[int], None]) -> None:
    st.session_state[key] = value

    def moved() -> None:
        choose(st.session_state[key])

    st.slider(label, low, high, key=key, on_change=moved)


def _pair_table(scored: ScoredRun) -> pd.DataFrame:
    found = once(scored, merge_suggestions).pairs
    return pd.DataFrame(
        {
            "label": [charts.shortened(scored.labels[pair.first], NAME_CHARS) for pair in found],
            "and": [charts.shortened(scored.labels[pair.second], NAME_CHARS) for pair in found],
            "there": [pair.there for pair in found],
            "reverse": [pair.back for pair in found],
            "gain": [in_percent(pair.gain) for pair in found],
            "95 %": [interval(pair.interval, undefined="–") for pair in found],
        }
    )


def _path_chart(scored: ScoredRun, step: int | None, theme: charts.Theme) -> alt.LayerChart:
    of = once(scored, merge_suggestions)
    return charts.merge_path_chart(_path_frame(of), theme, 290, None if step is None else {"step": step})


def _path_frame(of: MergeSuggestions) -> pd.DataFrame:
    n = int(of.measuring.sum())
    support = of.measuring.sum(axis=1)
    start = of.path[0].accuracy - of.path[0].gain
    rows = [
        (
            0,
            len(of.labels),
            start,
            float("nan"),
            float("nan"),
            support.max() / n,
            percent(start),
            "",
            "",
            "the old list",
        )
    ]
    groups = {code: int(count) for code, count in enumerate(support)}
    for at, step in enumerate(of.path, 1):
        first, second = step.joined.first[0], step.joined.second[0]
        groups[min(first, second)] = groups[first] + groups.pop(max(first, second))
        joined = [of.labels[code] for code in step.joined.codes]
        words = ", ".join(joined[:4]) + (f" and {len(joined) - 4:,} more" if len(joined) > 4 else "")
        rows.append((at, step.labels, step.accuracy, start + step.interval[0], start + step.interval[1],
                     max(groups.values()) / n, percent(step.accuracy), points(step.gain),
                     interval(step.interval, undefined=NOT_ESTIMABLE), words))  # fmt: skip
    columns = ["step", "labels", "accuracy", "low", "high", "guessing", "shown", "gain", "interval", "joined"]
    return pd.DataFrame(rows, columns=columns)


def _tree_chart(scored: ScoredRun, taken: int, step: int | None, theme: charts.Theme) -> alt.LayerChart:
    of = once(scored, merge_suggestions)
    return charts.dendrogram(of.tree, scored.labels, taken, theme, None if step is None else {"step": step})
