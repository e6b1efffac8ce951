"""Which answers of two runs belong to the same example."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evalcore.analysis.scored_run import ScoredRun
from evalcore.errors import SpecError
from evalcore.wording import counted

Indices = NDArray[np.int64]


def shared_examples(a: ScoredRun, b: ScoredRun) -> tuple[Indices, Indices]:
    """Pair the answers of two scored runs.

    Runs on one sample are paired by position; others by text and label, the n-th copy of an example with the n-th copy.
    Without a text, as in imported files that have none, an example can only be known by its position.

    Returns:
        Indices into the answers of A and of B, each of shape (n_shared,), in A's order.

    Raises:
        SpecError: if the scorings or the label sets differ, or there is no example in common.
    """
    if a.scoring != b.scoring:
        raise SpecError(f"A is scored {a.scoring}, B {b.scoring}.", do="Compare both under one scoring.")
    _same_labels(a, b)
    same_sample = a.record.sample_id == b.record.sample_id
    if same_sample:
        _, at_a, at_b = np.intersect1d(a.positions, b.positions, assume_unique=True, return_indices=True)
    else:
        at_a, at_b = _by_content(a, b)
    if not len(at_a):
        raise SpecError(
            f"These two runs cannot be compared: {_why_none(a, b, same_sample)}", do="Choose two runs on one sample."
        )
    return at_a, at_b


def _why_none(a: ScoredRun, b: ScoredRun, same_sample: bool) -> str:
    if same_sample:
        return "no example has been predicted by both yet."
    if not (a.columns.text_hash.any() and b.columns.text_hash.any()):
        return "without texts both must have the same true labels in the same order."
    return f"they share no example: A is of {a.record.task_name}, B of {b.record.task_name}."


def _same_labels(a: ScoredRun, b: ScoredRun) -> None:
    only_a, only_b = (
        [label for label in one.labels if label not in set(other.labels)] for one, other in ((a, b), (b, a))
    )
    if not only_a and not only_b:
        return
    differ = " and ".join(
        f"{len(only):,} of {side}'s {counted(len(scored.labels), 'label')}, such as {only[0]!r}, "
        f"{'is' if len(only) == 1 else 'are'} not in {other}"
        for side, other, only, scored in (("A", "B", only_a, a), ("B", "A", only_b, b))
        if only
    )
    raise SpecError(
        f"These two runs cannot be compared: their label sets differ ({differ}).",
        do="Choose two runs of one task; finished predictions can be imported with the task's label list.",
    )


def _by_content(a: ScoredRun, b: ScoredRun) -> tuple[Indices, Indices]:
    to_a = np.array([a.labels.index(label) for label in b.labels], dtype=np.int64)
    known_a, known_b = (np.flatnonzero(one.columns.text_hash) for one in (a, b))  # a blank text tells nothing
    at_a, at_b = paired_by_content(
        a.columns.text_hash[known_a], a.y_true[known_a], b.columns.text_hash[known_b], to_a[b.y_true[known_b]]
    )
    return known_a[at_a], known_b[at_b]


def paired_by_content(text_a: Indices, true_a: Indices, text_b: Indices, true_b: Indices) -> tuple[Indices, Indices]:
    """Where both have the same text with the same label, the n-th copy with the n-th copy; in A's order.

    Args:
        text_a, text_b: hashes; true_a, true_b: codes of the same labels in both, -1 or more.
    """
    n = len(text_a)
    example = example_codes(np.concatenate([text_a, text_b]), np.concatenate([true_a, true_b]))
    copy = np.concatenate([_copies(example[:n]), _copies(example[n:])])
    row = example * (copy.max(initial=0) + 1) + copy
    _, at_a, at_b = np.intersect1d(row[:n], row[n:], assume_unique=True, return_indices=True)
    order = np.argsort(at_a)
    return at_a[order], at_b[order]


def example_codes(text: Indices, true: Indices) -> Indices:
    """A number of each example, from 0 on; equal where the text and its label are.

    Args:
        text: hashes; true: label codes, -1 or more.
    """
    _, place = np.unique(text, return_inverse=True)
    codes: Indices = place * (true.max(initial=0) + 2) + true + 1
    return codes


def _copies(example: Indices) -> Indices:
    """Of each row, how many equal ones stand before it."""
    order = np.argsort(example, kind="stable")
    is_first = np.ones(len(example), dtype=bool)
    is_first[1:] = np.diff(example[order]) != 0
    first = np.maximum.accumulate(np.where(is_first, np.arange(len(example)), 0))
    copies = np.empty(len(example), dtype=np.int64)
    copies[order] = np.arange(len(example)) - first
    return copies
