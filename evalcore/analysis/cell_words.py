"""What is picked in the confusion matrix, a cell, a row or a column, in words and figures."""

from __future__ import annotations

from evalcore.analysis.filters import Filter
from evalcore.analysis.scored_run import ScoredRun
from evalcore.metrics import Confusion, direction
from evalcore.wording import counted


def cell_title(asked: Filter) -> str:
    """`card_arrival → card_delivery_estimate`: the true label, and what was predicted.

    Args:
        asked: as `filter_of_cell` makes it, or with one label alone.
    """
    wrong_only = asked.outcomes == ("wrong",)
    true = asked.true or ("other labels" if asked.true_outside else "any other label" if wrong_only else "any label")
    if asked.outcomes == ("unparsed",):
        return f"{true} → no label (unparsed)"
    predicted = asked.predicted or (
        "other labels" if asked.predicted_outside else "any other label" if wrong_only else "any label"
    )
    return f"{true} → {predicted}"


def cell_figures(scored: ScoredRun, asked: Filter, count: int) -> str:
    """`4 of 40 · reverse: 2 of 40 · two-way` for two labels; otherwise the count and what it is a part of.

    Args:
        count: examples that pass the filter.
    """
    support, predicted = scored.per_class.support, scored.per_class.predicted
    codes = {label: code for code, label in enumerate(scored.labels)}
    if asked.true and asked.predicted:
        row, column = codes[asked.true], codes[asked.predicted]
        share = f"{count:,} of {support[row]:,}"
        if row == column:
            return f"{share}, right"
        back = int(scored.confusion[column, row])
        if not support[column]:
            return f"{share} · {asked.predicted} is absent from the sample"
        there = int(scored.confusion[row, column])
        pair = Confusion(row, column, there, there / max(1, int(support[row])), back)
        return f"{share} · reverse: {back:,} of {support[column]:,} · {direction(pair, scored.confusion)}"
    if asked.true:
        return f"{count:,} of {support[codes[asked.true]]:,} examples"
    if asked.predicted:
        return f"{count:,} of {predicted[codes[asked.predicted]]:,} predictions"
    return counted(count, "example")
