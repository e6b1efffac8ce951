"""The examples as a report holds them: columns of plain data, which the script filters, sorts and draws."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evalcore.wording import counted

Rows = NDArray[np.intp]
ColumnKind = Literal["number", "text", "label", "word", "figure"]

MOST_EXAMPLES = 5000
"""Rows that a report holds at most; the first ones to be kept are those that a run has wrong or unparsed."""
TEXT_BUDGET = 3_000_000
"""Characters of all texts and completions together: what is longer is cut, the longest first."""
_CUTS = (10_000, 4000, 2000, 1000, 500, 250, 120)


@dataclass(frozen=True)
class ExampleColumn:
    """One column.

    Attributes:
        key: what a link to examples calls it: `true=3`.
        kind: `label` holds codes, -1 for unparsed; `word` a choice among few; `figure` a number that is ready to be
            read; `text` anything.
        words: of a column of words, what its codes stand for.
    """

    key: str
    title: str
    kind: ColumnKind
    values: Sequence[int | str]
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kept:
    """Which rows a report holds.

    Attributes:
        rows: ascending.
        sentence: how they were chosen; empty if they are all.
    """

    rows: Rows
    sentence: str = ""


def kept_rows(matter: NDArray[np.bool_], what: tuple[str, str], most: int = MOST_EXAMPLES) -> Kept:
    """All rows or, of very many, those that matter before the others, both evenly spread over the sample.

    Args:
        matter: shape (n,), which rows are kept first.
        what: what those that matter are called, and the others: `wrong or unparsed`, `right`.
    """
    n = len(matter)
    if n <= most:
        return Kept(np.arange(n))
    first, rest = np.flatnonzero(matter), np.flatnonzero(~matter)
    some = _spread(first, most)
    others = _spread(rest, most - len(some))
    said = ", ".join(
        f"{len(part):,} of {len(whole):,} {name}"
        for part, whole, name in ((some, first, what[0]), (others, rest, what[1]))
    )
    return Kept(
        np.sort(np.concatenate([some, others])),
        f"This file holds {most:,} of {counted(n, 'example')}: {said}, evenly spread over the sample. Every number "
        "above is of all of them.",
    )


def _spread(rows: Rows, most: int) -> Rows:
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.intp)]


def cut_texts(columns: Iterable[list[str]], budget: int = TEXT_BUDGET) -> tuple[list[list[str]], int]:
    """Texts that are short enough for a file that is opened at once.

    Returns:
        the columns, and to how many characters the longest texts were cut; 0 if none was.
    """
    columns = list(columns)
    lengths = np.array([len(text) for column in columns for text in column])
    for at_most in _CUTS:
        if np.minimum(lengths, at_most).sum() <= budget:
            break
    if not len(lengths) or lengths.max() <= at_most:
        return columns, 0
    return [[_cut(text, at_most) for text in column] for column in columns], at_most


def _cut(text: str, at_most: int) -> str:
    return text if len(text) <= at_most else f"{text[:at_most]}… ({len(text):,} characters)"


def examples_data(ids: Sequence[int], columns: Sequence[ExampleColumn], labels: Sequence[str]) -> dict[str, Any]:
    """What the script draws.

    Args:
        ids: of the rows: positions in the sample, which findings name.
    """
    return {
        "ids": list(ids),
        "labels": list(labels),
        "columns": [
            {"key": one.key, "title": one.title, "kind": one.kind, "values": list(one.values), "words": list(one.words)}
            for one in columns
        ],
    }
