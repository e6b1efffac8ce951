"""What is stored, read again once something has been written."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from evalcore.store import RunAnnotation, RunCatalog, RunRecord, Store, version_of
from pages.parts.shell.cached.limits import MAX_CACHED


@dataclass(frozen=True)
class Listing:
    """Every stored run, the newest first, and what people wrote on them."""

    records: tuple[RunRecord, ...]
    annotations: dict[str, RunAnnotation]

    def find(self, run_id: str | None) -> RunRecord | None:
        """The run of an id. The id is only ever compared with those that exist."""
        return next((record for record in self.records if record.run_id == run_id), None)

    def pinned_for(self, task_name: str) -> str | None:
        """Id of the pinned baseline of a task; None if there is none."""
        pinned = {run_id for run_id, annotation in self.annotations.items() if annotation.pinned}
        return next((r.run_id for r in self.records if r.task_name == task_name and r.run_id in pinned), None)


def listing_of(store: Store) -> Listing:
    """What is stored, listed again once something has been written."""
    return _listing(store, version_of(store))


def runs_on_sample(store: Store, sample_id: str) -> list[RunRecord]:
    """Finished runs on just these examples, the one that was last asked for first."""
    return _runs_on_sample(store, version_of(store), sample_id)


def count_done(store: Store, run_id: str) -> int:
    """How many of the run's examples have a completion that is intact."""
    return _count_done(store, version_of(store), run_id)


def progress_of(store: Store, record: RunRecord) -> float:
    """Changes with every completion, and when a finished run was run again with other training examples."""
    return record.finished or count_done(store, record.run_id)


@st.cache_resource(max_entries=2, show_spinner=False)
def _listing(_store: Store, version: str) -> Listing:
    return Listing(tuple(_store.runs()), RunCatalog(_store).annotations())


@st.cache_resource(max_entries=MAX_CACHED, show_spinner=False)
def _runs_on_sample(_store: Store, version: str, sample_id: str) -> list[RunRecord]:
    return _store.runs_on_sample(sample_id)


@st.cache_resource(max_entries=MAX_CACHED, show_spinner=False)
def _count_done(_store: Store, version: str, run_id: str) -> int:
    return _store.count_done(run_id)
