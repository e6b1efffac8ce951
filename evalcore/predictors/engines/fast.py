"""The fast engine: greedy decoding of many prompts that begin alike and whose answers are mostly known.

It returns, token by token, what the loop returns (in float32; in shorter formats rounding depends on the shape of
a batch). What prompts share goes through the model once; the rest is packed without padding; and where the answers
that are expected leave only one way to go on, those tokens are drafted and checked in one pass. A completion that
leaves the expected answers is decoded token by token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from evalcore.predictors.engines import shared_prefix_attention
from evalcore.predictors.engines.memory import in_memory
from evalcore.predictors.engines.packed import PackedModel, PrefixGroup
from evalcore.predictors.engines.penalty import best_tokens, seen_tokens
from evalcore.predictors.engines.prefixes import Node, forced, trie

if TYPE_CHECKING:
    from transformers import GenerationConfig


@dataclass
class _Row:
    """One prompt on its way.

    Attributes:
        feed: tokens of the next pass; the last `1 + drafted` of them each decide a token.
        length: tokens of its own that are in the cache.
        node: where the completion stands among the expected answers; None once it has left them.
    """

    feed: list[int]
    drafted: int = 0
    length: int = 0
    out: list[int] = field(default_factory=list)
    node: Node | None = None


class FastDecoder:
    """Greedy decoding with one model."""

    def __init__(self, packed: PackedModel, settings: GenerationConfig) -> None:
        self.packed = packed
        self._ends = frozenset(settings.eos_token_id)
        self._limit = int(settings.max_new_tokens)
        self._penalty = float(settings.repetition_penalty or 1.0)
        self._expected = Node()

    def prepare(self, prompts: Sequence[list[int]], answers: Sequence[list[int]]) -> None:
        """Prepare for a run: what its prompts share, and what its answers may be."""
        self._expected = trie(answers)
        self.packed.share(prompts)

    def decode(self, prompts: Sequence[list[int]]) -> list[list[int]]:
        """New token ids for each prompt, up to and with the end token.

        Raises:
            RuntimeError: if not even one prompt fits into the memory.
        """
        out: list[list[int]] = [[] for _ in prompts]
        for group in self.packed.groups(prompts):
            with self.packed.replaced():
                device = self.packed.model.device
                decoded = in_memory(group.tails, partial(self._decode, group), device, self._bytes_for)
            for index, ids in zip(group.members, decoded, strict=True):
                out[index] = ids
        return out

    def _bytes_for(self, tails: Sequence[list[int]]) -> float:
        """About what a batch takes: keys and values, what a layer holds at once, and logits."""
        room = len(tails) * (max(map(len, tails)) + self._limit)
        return self.packed.bytes_of(room) + len(tails) * 4 * self.packed.vocabulary * 4

    def _decode(self, group: PrefixGroup, tails: Sequence[list[int]]) -> list[list[int]]:
        rows = [_Row(tail, node=self._expected) for tail in tails]
        room = max(map(len, tails)) + self._limit
        kept = shared_prefix_attention.Rows(group.prefix, group.shared, len(rows), room)
        seen = None
        if self._penalty != 1.0:
            prefix = group.prefix.ids[: group.shared]
            seen = seen_tokens([[*prefix, *tail] for tail in tails], self.packed.vocabulary, self.packed.model.device)
        alive = list(range(len(rows)))
        while alive:
            living = [rows[at] for at in alive]
            kept.layout = shared_prefix_attention.lay_out(
                [row.length for row in living], [len(row.feed) for row in living], self.packed.model.device
            )
            deciding: list[int] = []
            position = 0
            for row in living:
                position += len(row.feed)
                deciding += range(position - row.drafted - 1, position)
            logits = self.packed.forward(
                kept,
                [token for row in living for token in row.feed],
                [group.shared + row.length + at for row in living for at in range(len(row.feed))],
                deciding,
            )
            chosen = logits.argmax(-1).tolist() if seen is None else self._penalised(logits, seen, living, alive)
            start, going_on = 0, []
            for place, row in enumerate(living):
                tokens = chosen[start : start + row.drafted + 1]
                start += row.drafted + 1
                if self._accept(row, tokens):
                    going_on.append(place)
            if len(going_on) < len(alive):
                kept.keep(going_on)
                alive = [alive[place] for place in going_on]
        return [row.out for row in rows]

    def _accept(self, row: _Row, chosen: list[int]) -> bool:
        """Take the model's tokens as far as the draft they were computed under holds; False once it has ended."""
        drafts = row.feed[len(row.feed) - row.drafted :]
        row.length += len(row.feed) - row.drafted
        for at, token in enumerate(chosen):
            row.out.append(token)
            row.node = row.node.get(token) if row.node is not None else None
            if token in self._ends or len(row.out) == self._limit:
                return False
            if at < len(drafts) and token == drafts[at]:
                row.length += 1
                continue
            break
        drafts = forced(row.node, self._limit - len(row.out) - 1)
        row.feed, row.drafted = [row.out[-1], *drafts], len(drafts)
        return True

    def _penalised(self, logits: Tensor, seen: Tensor, living: list[_Row], alive: list[int]) -> list[int]:
        """The best tokens under the repetition penalty, which counts the tokens of the prompt and of the answer."""
        starts = [0, *accumulate(row.drafted + 1 for row in living)]
        chosen = [-1] * len(logits)
        holding = list(range(len(living)))
        for step in range(1 + max(row.drafted for row in living)):
            at = [starts[place] + step for place in holding]
            who = torch.tensor([alive[place] for place in holding], device=logits.device)
            best = best_tokens(logits[at], seen, who, self._penalty)
            for position, token in zip(at, best.tolist(), strict=True):
                chosen[position] = token
            # Tokens after one that is not the drafted one were computed for another text.
            holding = [
                place
                for place, position in zip(holding, at, strict=True)
                if step < (row := living[place]).drafted
                and chosen[position] == row.feed[len(row.feed) - row.drafted + step]
            ]
            if not holding:
                break
        return chosen
