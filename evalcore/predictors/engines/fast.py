"""The fast engine: greedy decoding of many prompts with a common prefix, whose answers are mostly among known ones.

It returns, token by token, what the loop returns (in float32; in shorter formats rounding depends on the shape of a
batch). What prompts share goes through the model once; the rest is packed without padding. Where only one of the
expected answers is left, its tokens are drafted and checked in one pass. A completion that is none of the expected
answers is decoded token by token.
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
from evalcore.predictors.engines.memory import Shortage, in_memory
from evalcore.predictors.engines.packed import PackedModel, PrefixGroup
from evalcore.predictors.engines.penalty import best_tokens, seen_tokens
from evalcore.predictors.engines.prefixes import Node, forced, trie

if TYPE_CHECKING:
    from transformers import GenerationConfig


@dataclass
class _Row:
    """One prompt that is being completed.

    Attributes:
        feed: tokens of the next pass; the logits of the last `1 + drafted` of them each decide a token.
        drafted: number of drafted tokens at the end of `feed`.
        length: number of its own tokens in the cache.
        out: new tokens so far.
        node: the completion's place in the trie of expected answers; None once it is none of them.
    """

    feed: list[int]
    drafted: int = 0
    length: int = 0
    out: list[int] = field(default_factory=list)
    node: Node | None = None


class FastDecoder:
    """Greedy decoding with one model.

    Attributes:
        packed: the model; its `work` counts passes and tokens.
        shortage: what did not fit into the memory.
    """

    def __init__(self, packed: PackedModel, settings: GenerationConfig) -> None:
        self.packed = packed
        self.shortage = Shortage()
        self._ends = frozenset(settings.eos_token_id)
        self._limit = int(settings.max_new_tokens)
        self._penalty = float(settings.repetition_penalty or 1.0)
        self._expected = Node()

    def prepare(self, prompts: Sequence[list[int]], answers: Sequence[list[int]]) -> None:
        """Compute the prefixes that the prompts share, and note the expected answers; as `Decoder` says."""
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
                decode = partial(self._decode, group)
                decoded = in_memory(group.tails, decode, device, self._bytes_for, self.shortage)
            for index, ids in zip(group.members, decoded, strict=True):
                out[index] = ids
        return out

    def _bytes_for(self, tails: Sequence[list[int]]) -> float:
        """An estimate of the memory for a batch: keys and values, what a layer holds at once, and logits."""
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
        left = list(range(len(rows)))
        while left:
            active = [rows[at] for at in left]
            kept.layout = shared_prefix_attention.lay_out(
                [row.length for row in active], [len(row.feed) for row in active], self.packed.model.device
            )
            deciding: list[int] = []
            position = 0
            for row in active:
                position += len(row.feed)
                deciding += range(position - row.drafted - 1, position)
            logits = self.packed.forward(
                kept,
                [token for row in active for token in row.feed],
                [group.shared + row.length + at for row in active for at in range(len(row.feed))],
                deciding,
            )
            chosen = logits.argmax(-1).tolist() if seen is None else self._penalised(logits, seen, active, left)
            start, going_on = 0, []
            for place, row in enumerate(active):
                tokens = chosen[start : start + row.drafted + 1]
                start += row.drafted + 1
                if self._accept(row, tokens):
                    going_on.append(place)
            if len(going_on) < len(left):
                kept.keep(going_on)
                left = [left[place] for place in going_on]
        return [row.out for row in rows]

    def _accept(self, row: _Row, chosen: list[int]) -> bool:
        """Accept the model's tokens up to the first that was not drafted; False once the completion has ended."""
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

    def _penalised(self, logits: Tensor, seen: Tensor, active: list[_Row], left: list[int]) -> list[int]:
        """The best tokens under the repetition penalty, which applies to the tokens of the prompt and of the answer."""
        starts = [0, *accumulate(row.drafted + 1 for row in active)]
        chosen = [-1] * len(logits)
        holding = list(range(len(active)))
        for step in range(1 + max(row.drafted for row in active)):
            at = [starts[place] + step for place in holding]
            who = torch.tensor([left[place] for place in holding], device=logits.device)
            best = best_tokens(logits[at], seen, who, self._penalty)
            for position, token in zip(at, best.tolist(), strict=True):
                chosen[position] = token
            # After a token that is not the drafted one, logits belong to another text.
            holding = [
                place
                for place, position in zip(holding, at, strict=True)
                if step < (row := active[place]).drafted
                and chosen[position] == row.feed[len(row.feed) - row.drafted + step]
            ]
            if not holding:
                break
        return chosen
