"""Accuracies to compare a run with, on the overview."""

from __future__ import annotations

import altair as alt
import streamlit as st

from evalcore.analysis import Reference, ScoredRun, references
from evalcore.charts import Theme, reference_lines
from evalcore.store import BASELINES, RunRecord
from evalcore.wording import figure
from pages.parts.shell.cached.once import once
from pages.parts.shell.cached.scored import scored_run_of
from pages.parts.shell.cached.stored import runs_on_sample
from pages.parts.shell.frame import Frame
from pages.parts.shell.markdown import escape_markdown


def found_references(page: Frame, scored: ScoredRun) -> tuple[Reference, ...]:
    """The run, baselines and the pinned run on its sample, and published figures."""
    record = scored.record
    pinned = page.listing.pinned_for(record.task_name)
    newest: dict[tuple[str, bool], RunRecord] = {}
    for other in runs_on_sample(page.store, record.sample_id):
        if other.spec.model in BASELINES or other.run_id == pinned:
            newest.setdefault((other.spec.model, other.run_id == pinned), other)
    others = [scored_run_of(page.store, other, scored.scoring) for other in newest.values()]
    return tuple(references(scored, others, pinned))


def baselines_on_same_examples(page: Frame, scored: ScoredRun, found: tuple[Reference, ...]) -> None:
    """The run beside baselines and the pinned run on its sample, and beside published figures, marked as such."""
    if len(found) < 2:
        return
    st.subheader("Baselines on the same examples", anchor=False)
    chart = once(scored, _reference_lines, found, page.theme)
    st.altair_chart(chart, key="references", alt="Accuracy of this run, of baselines and of published results")
    published = [one for one in found if one.kind == "published"]
    if published:
        st.caption(
            "Published figures are of other setups: classifiers trained on the task's train split, which a prompted "
            "model is not, and tested on the whole test split."
        )
        for source in dict.fromkeys(one.source for one in published):
            said = "; ".join(
                f"{one.name} {figure(100 * one.accuracy, 2)} % ({one.setup})"
                for one in published
                if one.source == source
            )
            st.caption(escape_markdown(f"{said}. Source: {source}"))
    with st.container(horizontal=True):
        for one in found:
            if one.run_id and one.run_id != scored.record.run_id:
                st.page_link(
                    "pages/compare.py",
                    label=f"Compare with {escape_markdown(one.name)}",
                    icon=":material/compare_arrows:",
                    query_params={"a": one.run_id, "b": scored.record.run_id},
                )


def _reference_lines(scored: ScoredRun, found: tuple[Reference, ...], theme: Theme) -> alt.LayerChart:
    return reference_lines(found, theme)
