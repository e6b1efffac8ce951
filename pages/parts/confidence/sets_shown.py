"""What the tab “Label sets” shows, as the session and the URL hold it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from evalcore.analysis import COVERAGES
from evalcore.metrics import GROUPINGS
from pages.parts.shell.session import view_state
from pages.parts.shell.url import Query
from pages.parts.shell.views.confidence import LabelSetsView, WhichSets

_WHICH: tuple[WhichSets, ...] = get_args(WhichSets)
_LONGEST_SIZE = 6
"""Digits; there are no more labels than that."""


def view() -> LabelSetsView:
    """What it shows."""
    return view_state().confidence.sets


def follow(query: Query, labels: Sequence[str]) -> None:
    """Show what a URL asks for. What is not known is left out.

    Args:
        labels: of the run.
    """
    usual, size = LabelSetsView(), query.get("set_size", "")
    percents = [round(100 * coverage) for coverage in COVERAGES]
    view_state().confidence.sets = LabelSetsView(
        percent=next((one for one in percents if str(one) == query.get("coverage")), usual.percent),
        grouping=next((one for one in GROUPINGS if one == query.get("threshold")), usual.grouping),
        of_labels=query.get("sets") == "labels",
        size=int(size) if size.isascii() and size.isdigit() and len(size) <= _LONGEST_SIZE else 0,
        label=next((label for label in labels if label == query.get("set_label")), ""),
        which=next((one for one in _WHICH if one == query.get("which")), usual.which),
    )


def query() -> Query:
    """The inverse: a parameter for what is not as it is at first."""
    shown, usual = view(), LabelSetsView()
    said = {
        "coverage": "" if shown.percent == usual.percent else str(shown.percent),
        "threshold": "" if shown.grouping == usual.grouping else shown.grouping,
        "sets": "labels" if shown.of_labels else "",
        "set_size": str(shown.size) if shown.size and not shown.of_labels else "",
        "set_label": shown.label if shown.of_labels else "",
        "which": shown.which if is_open() else "",
    }
    return {name: value for name, value in said.items() if value}


def is_open() -> bool:
    """Whether the sets of a size, or of a label, are open."""
    shown = view()
    return bool(shown.label if shown.of_labels else shown.size)
