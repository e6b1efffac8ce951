"""Prefixes that prompts share, and the trie of the expected answers, both of token ids. Imports nothing of ours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

Ids = Sequence[int]

LEAST_SHARED = 16
"""Shorter common prefixes are computed with each prompt: sharing them would save too little."""
MOST = 0.9
"""A prefix that this share of a group has in common is used, although the others then share less of it."""


def common_length(first: Ids, second: Ids) -> int:
    """How many tokens two sequences begin with in common."""
    # Bisection: slices are compared in C, and prompts share hundreds of tokens.
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def shared_prefixes(prompts: Iterable[Ids], least: int) -> list[tuple[int, ...]]:
    """Prefixes to compute once, so that as few tokens as possible go through a model in total.

    Most runs have one. If prompts list the labels in several orders, for example, each order has its own.

    Args:
        prompts: token ids.
        least: shorter prefixes are left out.
    """
    rows = sorted({tuple(prompt) for prompt in prompts})
    found = _prefixes(rows) if rows else []
    return [prefix for prefix in found if len(prefix) >= least]


def _prefixes(rows: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    # The last token of a prompt is never shared: its logits decide the first token of the answer.
    length = min(common_length(rows[0], rows[-1]), min(map(len, rows)) - 1)
    blocks = _blocks(rows, length)
    largest = max(blocks, key=len)
    if len(rows) > len(largest) >= MOST * len(rows):
        return _prefixes(largest)
    prefixes: list[tuple[int, ...]] = []
    for block in blocks:
        further = common_length(block[0], block[-1]) - length
        if len(block) < len(rows) and further * len(block) > further + length:
            prefixes += _prefixes(block)
    return prefixes or [rows[0][:length]]


def _blocks(rows: list[tuple[int, ...]], length: int) -> list[list[tuple[int, ...]]]:
    """Runs of rows that share more than `length` tokens."""
    blocks = [[rows[0]]]
    for before, row in pairwise(rows):
        if common_length(before, row) > length:
            blocks[-1].append(row)
        else:
            blocks.append([row])
    return blocks


class Node(dict[int, "Node"]):
    """A node in the trie of the expected answers' tokens; its keys are the tokens that may come next.

    Attributes:
        is_end: whether an answer ends here.
    """

    is_end = False


def trie(answers: Iterable[Ids]) -> Node:
    """The root of the trie of some token sequences."""
    root = Node()
    for answer in answers:
        node = root
        for token in answer:
            node = node.setdefault(token, Node())
        node.is_end = True
    return root


def forced(node: Node | None, at_most: int) -> list[int]:
    """The tokens that must come next if a completion that has reached this node is to be one of the answers."""
    tokens: list[int] = []
    while node and len(node) == 1 and not node.is_end and len(tokens) < at_most:
        ((token, node),) = node.items()
        tokens.append(token)
    return tokens
