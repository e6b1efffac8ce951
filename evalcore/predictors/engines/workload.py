"""What each engine puts through a model for some prompts, counted without the model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from evalcore.predictors.engines.label_likelihood import MOST_LOGITS_BYTES
from evalcore.predictors.engines.prefixes import LEAST_SHARED, Ids, Node, common_length, forced, shared_prefixes, trie
from evalcore.predictors.engines.selection import PADDED_TOGETHER
from evalcore.predictors.forecast import Workload


@dataclass(frozen=True)
class Asked:
    """What an engine is asked.

    Attributes:
        prompts: token ids of some of the prompts, evenly spaced.
        n: number of all prompts.
        answers: token ids of the expected answers, each with its end token.
        new_tokens: length of an answer on average, its end token included.
        choosing: whether the answers are scored; otherwise one is generated.
        batch_size: prompts at once.
        vocabulary: number of logits.
    """

    prompts: Sequence[Ids]
    n: int
    answers: Sequence[Ids]
    new_tokens: float
    choosing: bool
    batch_size: int
    vocabulary: int

    @property
    def length(self) -> float:
        """Of a prompt on average."""
        return sum(map(len, self.prompts)) / len(self.prompts)

    def padded(self, at_once: int) -> float:
        """Of a prompt on average, padded to the longest of those that go through the model with it.

        They are sorted by length before, within each batch.
        """
        lengths = [len(prompt) for prompt in self.prompts]
        of_a_batch = max(1, round(self.batch_size * len(lengths) / self.n))
        together = max(1, round(at_once * len(lengths) / self.n))
        total = 0
        for start in range(0, len(lengths), of_a_batch):
            batch = sorted(lengths[start : start + of_a_batch])
            for first in range(0, len(batch), together):
                part = batch[first : first + together]
                total += len(part) * part[-1]
        return total / len(lengths)

    @property
    def longest_answer(self) -> int:
        """Of the expected answers."""
        return max(map(len, self.answers))


def workload(engine: str, asked: Asked) -> tuple[Workload, float]:
    """What goes through a model, and how many tokens of a prompt on average are computed once for all.

    Args:
        engine: as `selection` names it.
        asked: by what prompts.
    """
    if engine == "fast":
        return _fast(asked)
    at_once = 1 if engine == "loop" else min(asked.batch_size, PADDED_TOGETHER)
    if asked.choosing:
        return _forward_scorer(asked, at_once), 0.0
    if engine == "batched, prefix cached":
        return _after_a_prefix(asked, at_once)
    return _generate(asked, at_once), 0.0


def _fast(asked: Asked) -> tuple[Workload, float]:
    prefixes = shared_prefixes(asked.prompts, LEAST_SHARED)
    shared = [_best(prompt, prefixes) for prompt in asked.prompts]
    groups = len(set(shared))
    mean_shared = sum(length for _, length in shared) / len(shared)
    own = asked.length - mean_shared
    once = Workload(
        tokens=sum(map(len, prefixes)),
        decided=len(prefixes),
        seen=sum(len(prefix) ** 2 / 2 for prefix in prefixes),
        passes=len(prefixes),
    )
    if asked.choosing:
        nodes = _inner_nodes(trie(asked.answers))
        fitting = max(1, MOST_LOGITS_BYTES // (4 * asked.vocabulary * (1 + nodes)))
        row = Workload(own + nodes, 1 + nodes, (own + nodes) * asked.length)
        passes = math.ceil(asked.n / min(asked.batch_size, fitting))
    else:
        steps, more = _drafting(asked.answers)
        later = asked.new_tokens + more
        row = Workload(own + later, 1 + later, (own + later) * asked.length)
        passes = math.ceil(asked.n / asked.batch_size) * steps
    return once + row.times(asked.n) + Workload(passes=passes * groups), mean_shared


def _best(prompt: Ids, prefixes: Sequence[Ids]) -> tuple[int, int]:
    """Which prefix a prompt shares the most of, and how many tokens; (0, 0) if too few."""
    own = tuple(prompt[:-1])
    length, which = max(((common_length(own, prefix), -at) for at, prefix in enumerate(prefixes)), default=(0, 0))
    return (-which, length) if length >= LEAST_SHARED else (0, 0)


def _inner_nodes(node: Node) -> int:
    """Number of tokens in a trie that others follow."""
    return sum(1 + _inner_nodes(child) for child in node.values() if child)


def _drafting(answers: Sequence[Ids]) -> tuple[int, float]:
    """How answers are written whose tokens are drafted where they can only be one answer's.

    Returns:
        passes of a batch in which every answer occurs, and how many tokens more than an answer has are put in for it:
        its end token is, where it was drafted.
    """
    root = trie(answers)
    passes, more = [], []
    for answer in answers:
        node, at, put_in = root, 0, 0
        passes.append(0)
        while at < len(answer):
            drafted = len(forced(node, len(answer) - at)) if at else 0
            put_in += 1 + drafted if at else 0
            passes[-1] += 1
            for token in answer[at : at + drafted + 1]:
                node = node[token]
            at += drafted + 1
        more.append(put_in - len(answer))
    return max(passes), sum(more) / len(more)


def _generate(asked: Asked, at_once: int) -> Workload:
    """A batch goes on until its longest answer has ended."""
    new = asked.new_tokens if at_once == 1 else max(asked.new_tokens, asked.longest_answer)
    passes = math.ceil(asked.n / at_once) * new
    length = asked.padded(at_once)
    seen = length**2 / 2 + (new - 1) * length
    return Workload(length + new - 1, new, seen).times(asked.n) + Workload(passes=passes)


def _after_a_prefix(asked: Asked, at_once: int) -> tuple[Workload, float]:
    """The prefix is computed once, and the rows that have ended leave the batch."""
    some = sorted(map(tuple, asked.prompts))
    shared = min(common_length(some[0], some[-1]), min(map(len, some)) - 1)
    if shared < LEAST_SHARED:
        return _generate(asked, at_once), 0.0
    later = asked.new_tokens - 1
    length = asked.padded(at_once)
    own = length - shared
    row = Workload(own + later, asked.new_tokens, (own + later) * length)
    passes = math.ceil(asked.n / at_once) * max(asked.new_tokens, asked.longest_answer)
    return Workload(shared, 1, shared**2 / 2, 1 + passes) + row.times(asked.n), float(shared)


def _forward_scorer(asked: Asked, at_once: int) -> Workload:
    """Each answer after each prompt, as a text of its own."""
    each = Workload()
    for start in range(0, len(asked.answers), at_once):
        answers = asked.answers[start : start + at_once]
        width = max(map(len, answers))
        text = asked.length + width
        each += Workload(text, width + 1, text**2 / 2).times(len(answers)) + Workload(passes=1)
    return each.times(asked.n)
