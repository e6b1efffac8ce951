"""Short titles of the stored runs, for pickers: with the accuracies that are known by now."""

from __future__ import annotations

import time
from collections.abc import Iterable

import streamlit as st

from evalcore.parse import Scoring
from evalcore.store import Store, distinct_titles, version_of
from pages.parts.shell.cached import accuracies
from pages.parts.shell.cached.scored import figures_of, scored_run_of
from pages.parts.shell.cached.stored import listing_of

LEARN_S = 0.1
"""How long a page that is opened may look for accuracies that only the titles of runs show."""
LEARN_UP_TO = 20_000
"""Examples of a run whose accuracy is looked for unasked; a larger one has it in its title once it was looked at."""


def titles(store: Store, scoring: Scoring, shown: Iterable[str] = ()) -> dict[str, str]:
    """A short title of each stored run by its id, the newest first.

    Args:
        shown: ids of the runs that the page shows: it scores them anyway, so that their titles can have the accuracy.
    """
    for record in filter(None, map(listing_of(store).find, shown)):
        if record.finished:
            scored_run_of(store, record, scoring)
    return _titles(store, version_of(store), scoring, accuracies.count())


def learn_accuracies(store: Store, scoring: Scoring) -> None:
    """Look for accuracies that the titles lack, the newest runs first, for a moment: all of 500 runs take ten seconds.

    What it does not come to is looked for when the next page is opened.
    """
    until = time.perf_counter() + LEARN_S
    for record in listing_of(store).records:
        if record.n > LEARN_UP_TO or not record.finished or accuracies.known(record, scoring) is not None:
            continue
        if time.perf_counter() > until:
            return
        figures_of(store, record, scoring)


@st.cache_resource(max_entries=4, show_spinner=False)
def _titles(_store: Store, version: str, scoring: Scoring, known: int) -> dict[str, str]:
    stored = listing_of(_store)
    found = {record.run_id: accuracies.known(record, scoring) for record in stored.records}
    with_accuracy = {run_id: accuracy for run_id, accuracy in found.items() if accuracy is not None}
    return distinct_titles(stored.records, stored.annotations, with_accuracy)
