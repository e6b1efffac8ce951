"""A data set of the Hugging Face hub: looked up on a press, its configuration and splits chosen, then downloaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from evalcore.errors import BlindspotError
from evalcore.store import Store
from evalcore.tasks import TaskSource
from evalcore.tasks.hub_data import HubChoices, hub_choices
from evalcore.tasks.hub_name import DIGITS_SHOWN, HubName, is_hub
from evalcore.tasks.load import fetched_files
from evalcore.wording import sized
from pages.parts.shell.markdown import escape_markdown, message_markdown
from pages.parts.shell.session import view_state

FIELD = "hub"
"""Under which the session keeps why a data set was refused."""
NO_SPLIT = ""


def hub_choice(store: Store, open_data: Callable[..., None]) -> None:
    """Draw the field for a name and, of a data set that was looked up, what can be chosen of it.

    Args:
        open_data: called with the name of a data set that was downloaded, and `train`, the split to train on.
    """
    view = view_state().data
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.text_input(
            "Or a data set of the Hugging Face hub", key="hub_name", placeholder="owner/name", width=260
        )
        if st.button("Look it up", key="hub_look_up", icon=":material/search:"):
            _look_up(name.strip() if is_hub(name.strip()) else f"hub:{name.strip()}")
    if FIELD in view.refused:
        st.error(message_markdown(view.refused[FIELD]), icon=":material/error:")
    if view.hub is not None:
        _choices(store, view.hub, open_data)


def download(store: Store, source: TaskSource) -> bool:
    """Download the splits of a data set that are not in the cache folder; whether they are there now."""
    view = view_state().data
    view.refused.pop(FIELD, None)
    try:
        with st.spinner("Downloading from the hub …"):
            fetched_files(source, store.folder)
    except BlindspotError as error:
        view.refused[FIELD] = str(error)
    return FIELD not in view.refused


def _look_up(name: str) -> None:
    """Ask the hub what there is; what was known before stays if it does not answer."""
    view = view_state().data
    view.refused.pop(FIELD, None)
    try:
        with st.spinner("Asking the hub …"):
            view.hub = hub_choices(name)
    except BlindspotError as error:
        view.refused[FIELD] = str(error)


def _choices(store: Store, found: HubChoices, open_data: Callable[..., None]) -> None:
    name = found.name
    columns = f" · columns {', '.join(map(escape_markdown, found.columns))}" if found.columns else ""
    size = f" · {sized(found.download_bytes)} to download" if found.download_bytes else ""
    st.caption(f"**{escape_markdown(name.repo)}** at commit {name.revision[:DIGITS_SHOWN]}{size}{columns}")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if len(found.configs) > 1:
            _config(found)
        split = st.selectbox(
            "Split to run on", found.splits, index=_place(found.splits, name.split), key=f"hub_split_{name}", width=170
        )
        train = st.selectbox(
            "Split to train on",
            [NO_SPLIT, *found.splits],
            index=_place((NO_SPLIT, *found.splits), "train" if name.split != "train" else NO_SPLIT),
            key=f"hub_train_{name}",
            format_func=lambda one: one or "none",
            width=170,
        )
        pressed = st.button("Open it", key="hub_open", type="primary", icon=":material/download:")
    if pressed and split is not None:
        source = TaskSource(str(replace(name, split=split)), train=train or NO_SPLIT)
        if download(store, source):
            open_data(source.name, train=source.train)
        st.rerun()


def _config(found: HubChoices) -> None:
    """A choice of the configuration, which decides the splits: the hub is asked again."""
    name = found.name
    st.session_state["hub_config"] = name.config or found.configs[0]

    def choose() -> None:
        _look_up(str(HubName(name.repo, st.session_state["hub_config"], name.revision)))

    st.selectbox("Configuration", found.configs, key="hub_config", on_change=choose, width=200)


def _place(names: tuple[str, ...], name: str) -> int:
    return names.index(name) if name in names else 0
