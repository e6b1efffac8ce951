"""Which examples of a task are used: nested samples of its test split, and solved examples for few-shot prompts."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from evalcore.errors import SpecError
from evalcore.tasks.task import Example, Task
from evalcore.wording import counted

Sample = Literal["stratified", "random", "first"]
SAMPLES: tuple[Sample, ...] = ("stratified", "random", "first")


def draw_sample(task: Task, n: int, sample: Sample, seed: int = 0) -> tuple[Example, ...]:
    """The first `n` examples of the task in the order of a sampling rule; all of them if there are fewer.

    Every rule is nested: the sample of a larger N begins with the sample of a smaller one. `stratified` and
    `random` do not depend on the order of the file.

    - `stratified`: each label's share in the sample is its share in the split, to within one example; no
      label has a second example before every label has its first.
    - `random`: every example equally likely.
    - `first`: the file's own order. Where the file is sorted by label it holds only a few of them.

    A task whose label list was changed is sampled by the labels that it had: its sample is that of the task before,
    without the examples whose labels were dropped.

    Example:
        >>> from evalcore.tasks import TaskSource, load_task
        >>> task = load_task(TaskSource("demo"))
        >>> len({example.label for example in draw_sample(task, 24, "stratified")})
        24

    Args:
        task: whose test examples are sampled.
        n: how many examples, 1 or more.
        sample: the sampling rule.
        seed: of `stratified` and `random`; `first` has none.

    Returns:
        n examples, or all of them if there are fewer.

    Raises:
        SpecError: if n < 1 or the rule is unknown.
    """
    if n < 1:
        raise SpecError(f"N is {n}.", do="Choose at least 1 example.")
    if sample not in SAMPLES:
        raise SpecError(f"there is no sample {sample!r}.", do=f"Choose one of {', '.join(SAMPLES)}.")
    if sample == "first":
        return task.test[:n]
    drawn_as = (task.former or task).test
    # Sorting by rank, text and label makes the order independent of the file's.
    ranked = sorted(
        range(len(drawn_as)), key=lambda at: (_rank(seed, drawn_as[at]), drawn_as[at].text, drawn_as[at].label)
    )
    if sample == "random":
        return tuple(task.test[at] for at in ranked[:n])
    support = Counter(example.label for example in drawn_as)
    taken: Counter[str] = Counter()
    positions = []
    for order, at in enumerate(ranked):
        # The j-th example of a label is placed at j / support: on this common scale the labels interleave.
        label = drawn_as[at].label
        positions.append((taken[label] / support[label], order, at))
        taken[label] += 1
    positions.sort()
    return tuple(task.test[at] for _, _, at in positions[:n])


def shots(task: Task, k: int, seed: int = 0) -> tuple[Example, ...]:
    """`k` training examples for a few-shot prompt, of as many different labels as possible.

    Raises:
        SpecError: if the task has fewer training examples than `k`.
    """
    if len(task.train) < k:
        raise SpecError(
            f"a few-shot prompt with {counted(k, 'example')} needs a train split of at least {k:,}; this has "
            f"{len(task.train):,}.",
            where=task.name,
            do="Give a train file, or choose another prompt.",
        )
    former = replace(task.former, test=task.former.train) if task.former else None
    return draw_sample(replace(task, test=task.train, former=former), k, "stratified", seed)


def fingerprint(examples: Iterable[Example]) -> str:
    """SHA-256 of the examples in hexadecimal, independent of their order."""
    digests = sorted(hashlib.sha256(json.dumps([e.text, e.label]).encode()).hexdigest() for e in examples)
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def _rank(seed: int, example: Example) -> bytes:
    return hashlib.sha256(json.dumps([seed, example.text, example.label]).encode()).digest()
