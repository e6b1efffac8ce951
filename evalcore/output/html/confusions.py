"""Which label is predicted instead of which: the heat map, and the worst confusions in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evalcore.analysis import ScoredRun, count_confusions, ranked_confusions
from evalcore.charts import DARK, LIGHT
from evalcore.charts.zoomable_map import map_colours, zoomable_map
from evalcore.metrics import BLOCK_FROM, BLOCK_SIZE, Order, view
from evalcore.output.html.tables import Column, Table, number, share, words
from evalcore.wording import counted

CONFUSIONS_SHOWN = 10
CONFUSIONS_LISTED = 1000
"""Rows of the table of all confusions at most, the most frequent first."""


@dataclass(frozen=True)
class ConfusionLine:
    """A confusion in words, and which examples it opens."""

    sentence: str
    opens: str
    count: int


def worst(scored: ScoredRun) -> list[ConfusionLine]:
    """The most frequent confusions in words."""
    code = {label: at for at, label in enumerate(scored.labels)}
    return [
        ConfusionLine(one.sentence, f"true={code[one.true]}&predicted={code[one.predicted]}", one.count)
        for one in ranked_confusions(scored, CONFUSIONS_SHOWN)
    ]


def confusions_table(scored: ScoredRun) -> Table:
    """All confusions of two labels; of very many the most frequent ones."""
    code = {label: at for at, label in enumerate(scored.labels)}
    rows = [
        [
            words(one.true),
            words(one.predicted),
            number(one.count, opens=f"true={code[one.true]}&predicted={code[one.predicted]}"),
            number(one.support),
            share(one.share),
            number(one.reverse),
            words(one.direction, tone="muted"),
        ]
        for one in ranked_confusions(scored, CONFUSIONS_LISTED)
    ]
    columns = [Column("actual"), Column("predicted"), Column("count", "number"), Column("of", "number"),
               Column("share", "number"), Column("reverse", "number"), Column("direction")]  # fmt: skip
    return Table("confusions-table", "All confusions of two labels", columns, rows, "labels")


def confusions_note(scored: ScoredRun) -> str:
    """How many there are in all, where not all are listed."""
    n = count_confusions(scored)
    return f"The {CONFUSIONS_LISTED:,} most frequent of {counted(n, 'confusion')}." if n > CONFUSIONS_LISTED else ""


def maps(scored: ScoredRun) -> dict[str, Any]:
    """The matrices to choose from: of many labels the most confused ones, then all; empty if nothing was answered."""
    if not scored.confusion.any():
        return {}
    unparsed = bool(scored.scores.unparsed)
    n = len(scored.labels)
    shown: dict[str, Any] = {}
    if n > BLOCK_FROM:
        block = view(
            scored.confusion, scored.labels, order="clustered", block=BLOCK_SIZE, unparsed=unparsed, diagonal=True
        )
        shown[f"worst {BLOCK_SIZE}"] = zoomable_map(block, scored.labels)
    order: Order = "clustered" if n > BLOCK_FROM else "data set"
    all_labels = view(scored.confusion, scored.labels, order=order, unparsed=unparsed, diagonal=True)
    shown[f"all {counted(n, 'label')}"] = zoomable_map(all_labels, scored.labels)
    for one in shown.values():
        one["opens"] = "predicted"
    return {"views": shown, "themes": {"light": map_colours(LIGHT), "dark": map_colours(DARK)}}
