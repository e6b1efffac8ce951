"""Which texts go through a classifier together: those of like lengths."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence


def alike(lengths: Sequence[int], tokens: int, *, padded: bool) -> Iterator[list[int]]:
    """Texts of like lengths together, the longest first: if memory runs out, it does so at once.

    Args:
        lengths: of the texts, in tokens.
        tokens: number of tokens that go together at most, with padding; a longer text goes alone.
        padded: whether texts of several lengths go together.

    Yields:
        The places of some texts; each place once.
    """
    together: list[int] = []
    for at in sorted(range(len(lengths)), key=lambda at: (-lengths[at], at)):
        longest = lengths[together[0]] if together else lengths[at]
        if together and ((len(together) + 1) * longest > tokens or (not padded and lengths[at] != longest)):
            yield together
            together = []
        together.append(at)
    if together:
        yield together


def passes(lengths: Sequence[int], n: int, batch_size: int, tokens: int, *, padded: bool) -> int:
    """How often a model is run for n texts, of which these lengths are those of some, evenly spaced.

    Args:
        lengths, tokens, padded: as `alike` takes them.
        n: number of all texts.
        batch_size: number of texts that are sorted by length together.
    """
    if padded:
        of_a_batch = min(batch_size, n)
        return math.ceil(n / of_a_batch) * math.ceil(of_a_batch * sum(lengths) / len(lengths) / tokens)
    batches = (lengths[start : start + batch_size] for start in range(0, len(lengths), batch_size))
    groups = sum(1 for batch in batches for _ in alike(batch, tokens, padded=False))
    return math.ceil(groups * n / len(lengths))
