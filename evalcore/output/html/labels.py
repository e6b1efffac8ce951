"""The labels one by one: scores with their intervals, and how often each is predicted and occurs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evalcore.analysis import CLASS_SCORES, ScoredRun, class_table, overall_row
from evalcore.metrics import FEW_EXAMPLES
from evalcore.output.html.tables import Cell, Column, Table, between, number, share, words
from evalcore.wording import UNDEFINED, figure

_COLUMNS = [
    Column("label"),
    Column("examples", "number"),
    *(column for score in CLASS_SCORES for column in (Column(score, "number"), Column("95 %", "number"))),
    Column("most often predicted instead"),
    Column("note"),
]


def labels_table(scored: ScoredRun) -> Table:
    """`class_table`, ready to be read; below it the means over the labels in the sample."""
    code_of = {label: code for code, label in enumerate(scored.labels)}
    rows = [_row(row, f"true={code_of[row['label']]}") for row in class_table(scored).to_dict("records")]
    footer = _row(overall_row(scored).to_dict("records")[0], "")
    return Table("labels", "Each label with its scores", _COLUMNS, rows, "labels", footer)


def _row(row: dict[str, Any], opens: str) -> list[Cell]:
    cells = [words(row["label"], opens=opens), number(int(row["support"]))]
    for score in CLASS_SCORES:
        bounds = row[f"{score} low"] / 100, row[f"{score} high"] / 100
        cells += [share(row[score] / 100, bounds), between(bounds)]
    return [*cells, words(row["taken for"], tone="muted"), words(row["standing"], tone="muted")]


@dataclass(frozen=True)
class CountBar:
    """How often a label is predicted, rightly and wrongly, and how often it occurs.

    Attributes:
        right, wrong, actual: shares of the largest count of all labels, in [0, 1], for the picture.
    """

    label: str
    code: int
    predicted: int
    support: int
    right: float
    wrong: float
    actual: float
    ratio: str


def count_bars(scored: ScoredRun) -> list[CountBar]:
    """One for each label, most predicted first."""
    each = scored.per_class
    most = max(1, int(each.predicted.max(initial=0)), int(each.support.max(initial=0)))
    bars = [
        CountBar(
            label,
            code,
            int(predicted),
            int(support),
            int(right) / most,
            int(predicted - right) / most,
            int(support) / most,
            figure(predicted / support, 1) if support else UNDEFINED,
        )
        for code, (label, predicted, support, right) in enumerate(
            zip(scored.labels, each.predicted, each.support, each.true_positives, strict=True)
        )
    ]
    return sorted(bars, key=lambda bar: (-bar.predicted, -bar.support, bar.code))


FEW_NOTE = f"Few examples: fewer than {FEW_EXAMPLES}; such a score is anything within its interval."
