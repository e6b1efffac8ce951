"""transformers' own `generate`: one prompt at a time (`loop`, the reference), or a padded batch behind a cached prefix.

The second is what runs where the fast engine cannot: any architecture that `generate` knows.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from evalcore.predictors.memory import in_memory
from evalcore.predictors.prefixes import common_length

if TYPE_CHECKING:
    from transformers import GenerationConfig, PreTrainedModel

LEAST_SHARED = 16
"""A shorter common prefix is not worth a cache."""
WORTH_KEEPING = 0.9
"""A cached prefix is used as long as a batch shares so much of it."""


class GenerateDecoder:
    """Greedy decoding with `generate`.

    Args:
        at_once: prompts that are given to it together.
        share_prefix: compute what the prompts of a batch begin with once, and copy its keys and values.
    """

    def __init__(
        self, model: PreTrainedModel, settings: GenerationConfig, *, at_once: int = 1, share_prefix: bool = False
    ) -> None:
        self._model = model
        self._settings = settings
        self._at_once = at_once
        self._share = share_prefix
        self._prefix: tuple[list[int], Any] = ([], None)
        self._window = _sliding_window(model)

    def expect(self, prompts: Sequence[list[int]], answers: Sequence[list[int]]) -> None:
        """Nothing to prepare: a prefix is found in each batch."""

    def decode(self, prompts: Sequence[list[int]]) -> list[list[int]]:
        """New token ids for each prompt, up to and with the end token.

        Raises:
            RuntimeError: if not even one prompt fits into the memory.
        """
        # Prompts of about one length stand together: little of a batch is padding.
        order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
        out: list[list[int]] = [[] for _ in prompts]
        for start in range(0, len(order), self._at_once):
            batch = order[start : start + self._at_once]
            decoded = in_memory([prompts[index] for index in batch], self._generate, self._model.device)
            for index, ids in zip(batch, decoded, strict=True):
                out[index] = ids
        return out

    @torch.inference_mode()
    def _generate(self, prompts: Sequence[list[int]]) -> list[list[int]]:
        width = max(map(len, prompts))
        shared, cache = self._cached(prompts, width) if self._share and len(prompts) > 1 else (0, None)
        # Padded between the shared prefix and what follows it; on the left where there is none. A repetition penalty
        # counts padding as seen, masked or not: pad with a token that stands in the prompt.
        ids = [p[:shared] + [p[0]] * (width - len(p)) + p[shared:] for p in prompts]
        mask = [[1] * shared + [0] * (width - len(p)) + [1] * (len(p) - shared) for p in prompts]
        device = self._model.device
        out: Any = self._model.generate(
            input_ids=torch.tensor(ids, device=device),
            attention_mask=torch.tensor(mask, device=device),
            generation_config=self._settings,
            **({"past_key_values": cache} if cache is not None else {}),
        )
        return [self._until_end(row[width:].tolist()) for row in out]

    def _cached(self, prompts: Sequence[list[int]], width: int) -> tuple[int, Any]:
        """How much of a prefix these prompts share, and a cache that holds it for each of them."""
        first, last = min(prompts), max(prompts)
        own = min(common_length(first, last), min(map(len, prompts)) - 1)
        # Padding in the middle would push a part of the prefix out of a window that the text alone fits into.
        if own < LEAST_SHARED or width + int(self._settings.max_new_tokens) > self._window:
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

        cache = DynamicCache(config=self._model.config)
        self._model(
            input_ids=torch.tensor([ids], device=self._model.device),
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        return cache

    def _until_end(self, ids: list[int]) -> list[int]:
        for at, token in enumerate(ids):
            if token in self._settings.eos_token_id:
                return ids[: at + 1]
        return ids


def _sliding_window(model: PreTrainedModel) -> float:
    """How far back some layer looks at most; infinite if all of them see the whole text."""
    config = model.config.get_text_config()
    window = getattr(config, "sliding_window", None)
    kinds = getattr(config, "layer_types", None) or ["sliding_attention"]
    return float(window) if window and any("full" not in kind for kind in kinds) else math.inf
