"""What is picked in the confusion matrix, a cell, a row or a column, in words and figures."""

from __future__ import annotations

from evalcore.analysis.filters import Filter
from evalcore.analysis.ranked_confusions import confusion_of
from evalcore.analysis.scored_run import ScoredRun
from evalcore.wording import counted


def cell_title(asked: Filter) -> str:
    """`card_arrival → card_delivery_estimate`: the true label, and what was predicted.

    Args:
        asked: as `filter_of_cell` makes it, or with one label alone.
    """
    true = _side(asked.true, asked.true_outside, asked)
    if asked.outcomes == ("unparsed",):
        return f"{true} → no label (unparsed)"
    return f"{true} → {_side(asked.predicted, asked.predicted_outside, asked)}"


def _side(label: str, outside: int, asked: Filter) -> str:
    """A label; or, where none is picked, which ones are meant."""
    return label or ("other labels" if outside else "any other label" if asked.outcomes == ("wrong",) else "any label")


def cell_figures(scored: ScoredRun, asked: Filter, count: int) -> str:
    """`4 of 40 · reverse: 2 of 40 · two-way` for two labels; otherwise the count and what it is a part of.

    Args:
        count: examples that pass the filter.
    """
    support, predicted = scored.per_class.support, scored.per_class.predicted
    codes = {label: code for code, label in enumerate(scored.labels)}
    if asked.true and not support[codes[asked.true]]:
        return f"“{asked.true}” is absent from the sample"
    if asked.true and asked.predicted:
        share = f"{count:,} of {support[codes[asked.true]]:,}"
        if asked.true == asked.predicted:
            return f"{share}, right"
        confusion = confusion_of(scored, codes[asked.true], codes[asked.predicted])
        return f"{share} · {confusion.reverse_words} · {confusion.direction}"
    if asked.true:
        return f"{count:,} of {counted(int(support[codes[asked.true]]), 'example')}"
    if asked.predicted:
        return f"{count:,} of {counted(int(predicted[codes[asked.predicted]]), 'prediction')}"
    return counted(count, "example")
