"""Where the mix of labels comes from: the sample, a table that a person types, or predictions it is estimated from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from evalcore.analysis import ScoredRun
from evalcore.deciding import TrafficAsked
from evalcore.deciding.traffic_tables import counts_table, read_mix, read_predicted
from evalcore.errors import DataError
from evalcore.metrics import UNPARSED
from evalcore.store import RunRecord
from pages.parts.decide.typed_table import typed_table
from pages.parts.shell.cached.scored import scored_run_of
from pages.parts.shell.frame import Frame
from pages.parts.shell.run_titles import titles
from pages.parts.shell.session import view_state

NAMES = {"sample": "As in the sample", "typed": "Typed", "estimated": "Estimated"}


def controls(page: Frame, scored: ScoredRun) -> None:
    """Draw the row of controls."""
    asked = view_state().decide.traffic
    chosen = asked.mix_from or asked.source
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _source(chosen)
        if chosen == "typed":
            _typed(scored, asked)
        elif chosen == "estimated":
            _estimated(page, scored, asked)
        else:
            st.caption("The label mix of your traffic: type it, or have it estimated.", width="content")


def _change(**fields: Any) -> None:
    view = view_state().decide
    view.traffic = replace(view.traffic, **fields)


def _source(chosen: str) -> None:
    key = "traffic_mix_from"
    st.session_state[key] = chosen
    st.segmented_control("The mix of labels", list(NAMES), key=key, required=True, label_visibility="collapsed",
                         format_func=lambda name: NAMES[name],
                         on_change=lambda: _change(mix_from=st.session_state[key]))  # fmt: skip


def _typed(scored: ScoredRun, asked: TrafficAsked) -> None:
    labels = scored.labels
    typed_table(
        "mix",
        asked.mix,
        ("label", "share"),
        label="Your mix",
        on_change=lambda text: _change(mix=text, scale_shares=False),
        options={"label": labels},
        check=lambda text: read_mix(text, labels, scale=True),  # what shares add up to is said below the answer
        example=lambda: counts_table(labels, scored.per_class.support.tolist()),
        hint="Shares such as `0.3` or `30 %`; or a column `count` in the place of `share`. Labels that are left out"
        " count as 0.",
    )
    if asked.scale_shares or _off(asked, labels):
        key = "traffic_scale"
        st.session_state[key] = asked.scale_shares
        st.checkbox("Scale the shares to 100 %", key=key, on_change=lambda: _change(scale_shares=st.session_state[key]))


def _off(asked: TrafficAsked, labels: tuple[str, ...]) -> bool:
    """Whether the typed shares do not add up to 1, and that is all that is wrong."""
    try:
        return bool(asked.mix.strip()) and read_mix(asked.mix, labels, scale=True).scaled_from is not None
    except DataError:
        return False


def _estimated(page: Frame, scored: ScoredRun, asked: TrafficAsked) -> None:
    labels = scored.labels
    typed_table(
        "predicted_counts",
        asked.predicted_counts,
        ("label", "count"),
        label="Predicted labels",
        on_change=lambda text: _change(predicted_counts=text),
        options={"label": labels},
        check=lambda text: read_predicted(text, labels),
        example=lambda: predictions_of(scored),
        hint="What this model predicted for texts of your traffic, whose labels nobody needs to know: how often each"
        " label, or a file with a column `predicted` and one row for each text. `unparsed` is an answer without a"
        " label.",
    )
    runs = [record for record in page.listing.records if _is_of_same_model(record, scored.record)]
    if runs:
        key = f"traffic_predictions_{scored.record.run_id}"

        def take() -> None:
            record = page.listing.find(st.session_state[key])
            if record is not None:
                _change(predicted_counts=predictions_of(scored_run_of(page.store, record, page.scoring)))

        names = titles(page.store, page.scoring)
        st.selectbox("Predictions of another run", [record.run_id for record in runs], index=None, key=key,
                     on_change=take, width=280, placeholder="Or the predictions of a run",
                     format_func=lambda run_id: names[run_id], label_visibility="collapsed")  # fmt: skip


def predictions_of(scored: ScoredRun) -> str:
    """How often a run predicted each label, as a table."""
    named = scored.y_pred[scored.y_pred != UNPARSED]
    counts = np.bincount(named, minlength=len(scored.labels)).tolist()
    return counts_table(scored.labels, counts, len(scored.y_pred) - len(named))


def _is_of_same_model(record: RunRecord, of: RunRecord) -> bool:
    """Whether a run is one of the same model with the same labels, on other examples."""
    return (
        record.run_id != of.run_id
        and record.labels == of.labels
        and (record.spec.model, record.prompt, record.spec.decoding) == (of.spec.model, of.prompt, of.spec.decoding)
        and record.sample_id != of.sample_id
    )
