"""Which answers of two runs belong to the same example."""

from __future__ import annotations

from collections import defaultdict

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
    waiting: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, answer in enumerate(b.answers):
        if answer.example.text:
            waiting[answer.example.text, answer.example.label].append(at)
    copies: dict[tuple[str, str], int] = defaultdict(int)
    pairs = []
    for at, answer in enumerate(a.answers):
        content = answer.example.text, answer.example.label
        copy = copies[content]
        copies[content] += 1
        if copy < len(waiting.get(content, ())):
            pairs.append((at, waiting[content][copy]))
    shape = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return shape[:, 0], shape[:, 1]
