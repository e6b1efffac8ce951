"""Decoding with transformers' own attention and caches, for any architecture.

`GenerateDecoder` is `generate`: with one prompt at a time it is the `loop`, the reference. `CachedDecoder` keeps the
common prefix of a batch in a cache, and removes rows from the batch when they end; it runs models that the fast engine
cannot run.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from evalcore.predictors.engines.memory import Shortage, in_memory
from evalcore.predictors.engines.penalty import best_tokens, seen_tokens
from evalcore.predictors.engines.prefixes import LEAST_SHARED, common_length

if TYPE_CHECKING:
    from transformers import GenerationConfig, PreTrainedModel

WORTH_KEEPING = 0.9
"""A cached prefix is used again if it is at least this share of a batch's common prefix."""


class GenerateDecoder:
    """Greedy decoding with `generate`.

    Args:
        model: a causal language model.
        settings: greedy decoding, with penalties.
        at_once: number of prompts that are generated together, padded on the left.
    """

    def __init__(self, model: PreTrainedModel, settings: GenerationConfig, *, at_once: int = 1) -> None:
        self.model = model
        self.settings = settings
        self.shortage = Shortage()
        self._at_once = at_once

    def prepare(self, prompts: Sequence[list[int]], answers: Sequence[list[int]]) -> None:
        """Nothing to do: a prefix is found in each batch."""

    def decode(self, prompts: Sequence[list[int]]) -> list[list[int]]:
        """New token ids for each prompt, up to and with the end token.

        Raises:
            RuntimeError: if not even one prompt fits into the memory.
        """
        # Prompts of similar length are in one batch, so that little of it is padding.
        order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
        out: list[list[int]] = [[] for _ in prompts]
        for start in range(0, len(order), self._at_once):
            batch = order[start : start + self._at_once]
            asked = [prompts[index] for index in batch]
            decoded = in_memory(asked, self._batch, self.model.device, shortage=self.shortage)
            for index, ids in zip(batch, decoded, strict=True):
                out[index] = ids
        return out

    @torch.inference_mode()
    def _batch(self, prompts: Sequence[list[int]]) -> list[list[int]]:
        width = max(map(len, prompts))
        # A repetition penalty counts padding as seen, masked or not: pad with a token of the prompt.
        ids = torch.tensor([[prompt[0]] * (width - len(prompt)) + prompt for prompt in prompts])
        mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
        device = self.model.device
        out: Any = self.model.generate(
            input_ids=ids.to(device), attention_mask=mask.to(device), generation_config=self.settings
        )
        return [self._until_end(row[width:].tolist()) for row in out]

    def _until_end(self, ids: list[int]) -> list[int]:
        for at, token in enumerate(ids):
            if token in self.settings.eos_token_id:
                return ids[: at + 1]
        return ids


class CachedDecoder(GenerateDecoder):
    """Greedy decoding of a batch after a cached prefix; with `generate` if the batch has no common prefix.

    The batch is padded between the prefix and each prompt's own tokens. Rows that have ended are removed from it.
    """

    def __init__(self, model: PreTrainedModel, settings: GenerationConfig, *, at_once: int) -> None:
        super().__init__(model, settings, at_once=at_once)
        self._prefix: tuple[list[int], Any] = ([], None)
        self._window = _sliding_window(model)
        self._limit = int(settings.max_new_tokens)
        self._penalty = float(settings.repetition_penalty or 1.0)

    @torch.inference_mode()
    def _batch(self, prompts: Sequence[list[int]]) -> list[list[int]]:
        shared, cache = self._cached(prompts)
        if cache is None:
            return super()._batch(prompts)
        device = self.model.device
        width = max(map(len, prompts)) - shared
        ids = torch.tensor([p[:1] * (width - len(p) + shared) + p[shared:] for p in prompts], device=device)
        mask = torch.tensor([[1] * shared + [0] * (width - len(p) + shared) + [1] * (len(p) - shared) for p in prompts])
        mask = mask.to(device)
        positions = (mask.cumsum(1) - 1).clamp(min=0)[:, shared:]
        vocabulary = int(self.model.config.get_text_config().vocab_size)
        seen = seen_tokens(prompts, vocabulary, device) if self._penalty != 1.0 else None
        out: list[list[int]] = [[] for _ in prompts]
        left = list(range(len(prompts)))
        while True:
            logits = self.model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            ).logits[:, -1]
            chosen = self._best(logits, seen)
            for row, token in zip(left, chosen, strict=True):
                out[row].append(token)
            going = [
                at
                for at, row in enumerate(left)
                if chosen[at] not in self.settings.eos_token_id and len(out[row]) < self._limit
            ]
            if not going:
                return out
            keep = torch.tensor(going, device=device)
            if len(going) < len(left):
                cache.batch_select_indices(keep)
                mask, positions, left = mask[keep], positions[keep], [left[at] for at in going]
                seen = seen[keep] if seen is not None else None
            ids = torch.tensor([[chosen[at]] for at in going], device=device)
            mask = torch.cat([mask, mask.new_ones(len(going), 1)], dim=1)
            positions = positions[:, -1:] + 1

    def _best(self, logits: Tensor, seen: Tensor | None) -> list[int]:
        """The best token of each row, under the repetition penalty where there is one."""
        if seen is None:
            return list(logits.float().argmax(-1).tolist())
        rows = torch.arange(len(logits), device=logits.device)
        return list(best_tokens(logits, seen, rows, self._penalty).tolist())

    def _cached(self, prompts: Sequence[list[int]]) -> tuple[int, Any]:
        """How many tokens of a prefix these prompts share, and a cache with them for each; (0, None) if too few."""
        first, last = min(prompts), max(prompts)
        own = min(common_length(first, last), min(map(len, prompts)) - 1)
        # Padding in the middle would push a part of the prefix out of a sliding window into which the text itself fits.
        if own < LEAST_SHARED or max(map(len, prompts)) + self._limit > self._window:
            return 0, None
        ids, cache = self._prefix
        shared = min(common_length(ids, first), common_length(ids, last), min(map(len, prompts)) - 1)
        if not ids or shared < WORTH_KEEPING * own:
            ids, cache, shared = first[:own], self._computed(first[:own]), own
            self._prefix = ids, cache
        copied = copy.deepcopy(cache)
        if shared < len(ids):
            copied.crop(shared - len(ids))
        copied.batch_repeat_interleave(len(prompts))
        return shared, copied

    def _computed(self, ids: list[int]) -> Any:
        from transformers import DynamicCache

        cache = DynamicCache(config=self.model.config)
        self.model(
            input_ids=torch.tensor([ids], device=self.model.device),
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        return cache


def _sliding_window(model: PreTrainedModel) -> float:
    """The smallest attention window of the layers, in tokens; infinite if all layers see the whole text."""
    config = model.config.get_text_config()
    window = getattr(config, "sliding_window", None)
    kinds = getattr(config, "layer_types", None) or ["sliding_attention"]
    return float(window) if window and any("full" not in kind for kind in kinds) else math.inf
