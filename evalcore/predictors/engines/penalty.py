"""The repetition penalty of a generation_config: it lowers the scores of tokens that a row holds already."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def seen_tokens(rows: Sequence[Sequence[int]], vocabulary: int, device: torch.device) -> Tensor:
    """Which tokens each row holds, shape (n_rows, vocabulary)."""
    seen = torch.zeros(len(rows), vocabulary, dtype=torch.bool)
    for at, row in enumerate(rows):
        seen[at, list(row)] = True
    return seen.to(device)


def best_tokens(logits: Tensor, seen: Tensor, rows: Tensor, penalty: float) -> Tensor:
    """The best token of each row under the penalty; it is marked as seen.

    Args:
        logits: shape (n, vocabulary).
        seen: shape (n_rows, vocabulary), changed in place.
        rows: shape (n,), the row that each line of logits belongs to.
        penalty: of the generation_config; 1.0 changes nothing.

    Returns:
        Shape (n,).

    Source: what transformers' RepetitionPenaltyLogitsProcessor does to the logits before their argmax.
    """
    scores = logits.float()
    penalised = torch.where(scores < 0, scores * penalty, scores / penalty)
    best = torch.where(seen[rows], penalised, scores).argmax(-1)
    seen[rows, best] = True
    return best
