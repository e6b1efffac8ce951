"""Tables of actions and of costs to begin with, made of a run's own labels."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence

from evalcore.analysis import ScoredRun
from evalcore.deciding.cost_table import ACTION_COLUMNS, ANY, COST_COLUMNS, NO_LABEL, CostsAsked, cost_table
from evalcore.deciding.costly_confusions import answer_name, costly_confusions

_TIMES = 10
"""Of the most frequent confusion, relative to all others."""


def example_actions(labels: Sequence[str]) -> str:
    """A table that gives labels with the same first word to one team, and each other label to a team of its own."""
    first = [label.replace("_", " ").replace("-", " ").split(" ")[0] for label in labels]
    shared = Counter(first)
    teams = [
        f"{word if shared[word] > 1 else label} team" for label, word in zip(labels, first, strict=True)
    ]  # fmt: skip
    return _written(ACTION_COLUMNS, zip(labels, teams, strict=True))


def example_costs(scored: ScoredRun) -> str:
    """A table in which a mistake costs 1, no label 2, and the run's most frequent mistake 10, in one direction."""
    found = costly_confusions(scored.confusion, cost_table(scored.labels, CostsAsked()))
    most = [(scored.labels[one.true], answer_name(scored.labels, one.predicted), str(_TIMES)) for one in found[:1]]
    return _written(COST_COLUMNS, [(ANY, ANY, "1"), (ANY, NO_LABEL, "2"), *most])


def _written(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([columns, *rows])
    return stream.getvalue()
