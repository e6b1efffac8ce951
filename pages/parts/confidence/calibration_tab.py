"""Whether answers are right as often as their confidence says: two figures, beside them the bins or their examples."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from evalcore import charts
from evalcore.analysis import (
    ConfidenceCounts,
    Filter,
    LabelProbabilities,
    ScoredRun,
    between_words,
    bin_filters,
    confidence_counts,
    ece_bias_words,
)
from evalcore.wording import counted, figure, in_percent, interval
from pages.parts.confidence import headline, opened, shown
from pages.parts.shell.beside import beside
from pages.parts.shell.cached.once import once
from pages.parts.shell.cached.scored import calibration_of, required_probabilities_of
from pages.parts.shell.clickable_figure import clickable_figure
from pages.parts.shell.clickable_table import COMPACT_ROW_HEIGHT, clickable_table, height_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown, percent
from pages.parts.shell.session import view_state

DIAGRAM_HEIGHT, HISTOGRAM_HEIGHT = 240, 126
HEIGHT = 382
"""Pixels: of both figures with the gap between them, and of the pane."""
OUTCOMES = ("right", "wrong")


def tab(page: Frame, scored: ScoredRun, probabilities: LabelProbabilities) -> None:
    """Draw the tab."""
    headline.cards(scored, probabilities)
    if not calibration_of(scored).n_confident:
        st.caption("No answer of this run has a confidence: all are unparsed, or without probabilities.")
        return
    left, right = beside(11, 9, height=HEIGHT)
    with left:
        _diagram(page, scored)
        _histogram(page, scored)
    with right:
        if shown.opened(scored).confidence is None:
            if _side() == shown.SIDES[0]:
                _bins(page, scored)
            else:
                _temperature(scored)
        else:
            title, said = _words(scored, shown.opened(scored))
            differ = ("predicted", "true label") if shown.opened(scored).outcomes else ("outcome", "predicted")
            opened.examples(page, scored, title, said, "All bins and bars", ("text", *differ))
    said = ece_bias_words(calibration_of(scored))
    st.caption(f"A filled mark: its 95 % interval does not reach the diagonal. {escape_markdown(said)}")


def _diagram(page: Frame, scored: ScoredRun) -> None:
    filters, asked = once(scored, _bin_filters), shown.opened(scored)

    def draw(item: charts.Item | None) -> alt.LayerChart:
        return once(scored, _reliability_diagram, None if item is None else item["bin"], page.theme)

    def click(item: charts.Item | None) -> None:
        shown.pick(page, Filter() if item is None else filters[int(item["bin"])])

    clickable_figure(
        draw,
        f"reliability_{scored.record.run_id}_{scored.scoring}",
        shown.figure("reliability"),
        {"bin": filters.index(asked)} if asked in filters else None,
        click,
        "Share right of each bin of confidence against the mean confidence in it, as the table of bins has them",
    )


def _histogram(page: Frame, scored: ScoredRun) -> None:
    counts, asked = once(scored, _confidence_counts), shown.opened(scored)

    def draw(item: charts.Item | None) -> alt.LayerChart:
        at_first = None if item is None else (item["part"], item["outcome"])
        return once(scored, _confidence_histogram, at_first, page.theme)

    def click(item: charts.Item | None) -> None:
        shown.pick(page, Filter() if item is None else counts.filter_of(int(item["part"]), str(item["outcome"])))

    parts = [(part, outcome) for part in range(len(counts.right)) for outcome in OUTCOMES]
    picked = next((one for one in parts if counts.filter_of(*one) == asked), None)
    clickable_figure(
        draw,
        f"confidences_{scored.record.run_id}_{scored.scoring}",
        shown.figure("confidences"),
        None if picked is None else {"part": picked[0], "outcome": picked[1]},
        click,
        "How many answers have which confidence, right ones and wrong ones",
    )


def _side() -> str:
    """Draw the choice of what stands beside the figures while nothing is picked.

    Returns:
        one of `shown.SIDES`.
    """
    view = view_state().confidence
    st.session_state["calibration_side"] = view.side

    def change() -> None:
        view.side = st.session_state["calibration_side"]

    st.segmented_control("Beside the figures", shown.SIDES, key="calibration_side", required=True, on_change=change,
                         label_visibility="collapsed")  # fmt: skip
    return view.side


def _bins(page: Frame, scored: ScoredRun) -> None:
    """The bins as a table, which the keyboard reaches: the same as the diagram."""
    filters, table = once(scored, _bin_filters), once(scored, _bin_table)

    def click(row: int | None) -> None:
        if row is not None:
            shown.pick(page, filters[row])

    c = st.column_config
    clickable_table(
        table,
        f"bins_{scored.record.run_id}_{scored.scoring}",
        height_of(len(table), COMPACT_ROW_HEIGHT),
        {
            "confidence": c.TextColumn("confidence, %", width=98),
            "mean": c.NumberColumn(format="%.1f %%", help="Mean confidence of its answers", width=62),
            "right": c.NumberColumn(format="%.1f %%", help="Share of its answers that are right", width=62),
            "95 %": c.TextColumn(help="Wilson 95 % interval of the share right", width=88),
            "n": c.NumberColumn(help="Answers in the bin", width=44),
        },
        on_click=click,
        row_height=COMPACT_ROW_HEIGHT,
        alt="Bins of confidence; choose a row, with the arrow keys for example, to see its examples",
    )


def _temperature(scored: ScoredRun) -> None:
    """What one number that is fitted on half of the sample changes on the other half."""
    found = calibration_of(scored)
    scaling = found.temperature
    if scaling is None:
        st.caption(f"Temperature scaling: {escape_markdown(found.why_no_temperature)}")
        return
    does = "flatter" if scaling.value > 1 else "sharper"
    st.caption(
        f"**Temperature {figure(scaling.value, 2)}** makes the probabilities {does}. Fitted on "
        f"{counted(len(scaling.fitted_on), 'answer')}, shown on the other {len(scaling.shown_on):,}; no answer changes."
    )
    st.dataframe(
        once(scored, _temperature_table),
        hide_index=True,
        row_height=COMPACT_ROW_HEIGHT,
        column_config={name: st.column_config.TextColumn(alignment="right") for name in ("before", "after")},
        key="temperature",
        alt="Scores before and after temperature scaling, on the half that it was not fitted on",
    )


def _words(scored: ScoredRun, asked: Filter) -> tuple[str, str]:
    """What is open: its title, and a line on it."""
    between = asked.confidence
    if between is None:
        return "", ""
    filters = once(scored, _bin_filters)
    if asked not in filters:
        kind = f"{asked.outcomes[0].capitalize()} answers" if asked.outcomes else "Answers"
        return f"{kind} of a confidence of {between_words('confidence', between)}", ""
    bins, at = calibration_of(scored).bins, filters.index(asked)
    says = f"{counted(int(bins.count[at]), 'answer')}, {percent(bins.mean_confidence[at])} sure on average"
    right = f"{percent(bins.share_right[at])} right (95 % interval {interval(bins.interval[at])})"
    return f"Confidence {percent(bins.low[at])} to {percent(bins.high[at])}", f"{says}, {right}"


def _bin_filters(scored: ScoredRun) -> list[Filter]:
    return bin_filters(calibration_of(scored).bins)


def _confidence_counts(scored: ScoredRun) -> ConfidenceCounts:
    return confidence_counts(required_probabilities_of(scored))


def _reliability_diagram(scored: ScoredRun, picked: int | None, theme: charts.Theme) -> alt.LayerChart:
    item = None if picked is None else {"bin": picked}
    return charts.reliability_diagram(calibration_of(scored).bins, theme, DIAGRAM_HEIGHT, item)


def _confidence_histogram(scored: ScoredRun, picked: tuple[int, str] | None, theme: charts.Theme) -> alt.LayerChart:
    counts = once(scored, _confidence_counts)
    item = None if picked is None else dict(zip(("part", "outcome"), picked, strict=True))
    return charts.confidence_histogram(counts.right, counts.wrong, theme, HISTOGRAM_HEIGHT, item)


def _bin_table(scored: ScoredRun) -> pd.DataFrame:
    bins = calibration_of(scored).bins
    return pd.DataFrame(
        {
            "confidence": [
                f"{figure(100 * low, 1)} to {figure(100 * high, 1)}"
                for low, high in zip(bins.low, bins.high, strict=True)
            ],
            "mean": [in_percent(share) for share in bins.mean_confidence],
            "right": [in_percent(share) for share in bins.share_right],
            "95 %": [interval(bounds) for bounds in bins.interval],
            "n": bins.count,
        }
    )


def _temperature_table(scored: ScoredRun) -> pd.DataFrame:
    scaling = calibration_of(scored).temperature
    halves = {} if scaling is None else {"before": scaling.before, "after": scaling.after}
    return pd.DataFrame(
        {
            "score": ["mean confidence", "right", "calibration error", "Brier score", "log loss"],
            **{
                name: [percent(of.mean_confidence), percent(of.accuracy), percent(of.ece), figure(of.brier),
                       figure(of.log_loss)]
                for name, of in halves.items()
            },
        }
    )  # fmt: skip
