"""A person's data, as they were looked at."""

from __future__ import annotations

import streamlit as st

from evalcore.running.own_data import OwnData, look_at
from evalcore.store import Store
from evalcore.tasks import TaskSource, shown_name
from pages.parts.shell.cached.limits import MAX_CACHED


def own_data_of(store: Store, source: TaskSource) -> OwnData:
    """What is known of a person's data, looked at once: an upload's name stands for its content.

    Raises:
        BlindspotError: if they are not there.
    """
    names = tuple(shown_name(name, store.folder) for name in (source.name, source.train, source.labels))
    found = _own_data(store, source, names)
    rows_of_data()[source.name] = found.audit.n
    return found


@st.cache_resource(show_spinner=False)
def rows_of_data() -> dict[str, int]:
    """The number of rows of the data that were looked at since the server was started, by the task's name."""
    return {}


@st.cache_resource(max_entries=MAX_CACHED, show_spinner=False)
def _own_data(_store: Store, source: TaskSource, names: tuple[str, ...]) -> OwnData:
    return look_at(source, _store)
