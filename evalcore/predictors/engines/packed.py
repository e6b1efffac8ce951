"""A model with shared-prefix attention: prompts that begin alike share one copy of what they begin with.

Used by the fast decoder and by the scoring of all labels: which prefix a prompt shares, passes over a packed batch, and
the memory that they take.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from evalcore.predictors.engines import shared_prefix_attention
from evalcore.predictors.engines.prefixes import LEAST_SHARED, common_length, shared_prefixes

if TYPE_CHECKING:
    from transformers import GenerationConfig, PreTrainedModel


@dataclass
class Work:
    """Number of passes and of tokens that went through the model."""

    passes: int = 0
    tokens: int = 0


@dataclass(frozen=True)
class PrefixGroup:
    """Prompts that share a prefix.

    Attributes:
        prefix: the prefix.
        shared: how many tokens of `prefix` they begin with.
        members: indices of the prompts; the longest first, so that rows of similar length are together.
        tails: the token ids of each prompt after the prefix.
    """

    prefix: shared_prefix_attention.Prefix
    shared: int
    members: list[int]
    tails: list[list[int]]


def why_not(model: PreTrainedModel, settings: GenerationConfig) -> str:
    """The reason why a model cannot be run this way; empty if it can."""
    config = model.config.get_text_config()
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    rope = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}
    where = {str(device) for device in getattr(model, "hf_device_map", {}).values()} - {"cpu", "disk"}
    if len(where) > 1:
        return f"its layers compute on {len(where)} devices"
    if model.config.is_encoder_decoder:
        return "it has an encoder"
    if not getattr(model, "_supports_attention_backend", False):
        return "its attention cannot be replaced"
    if kinds != {"full_attention"}:
        return "not all of its layers attend to the whole text"
    if not any(name.endswith("rotary_emb") for name, _ in model.named_modules()):
        return "its positions are not rotary"
    if isinstance(rope, dict) and rope.get("rope_type", "default") in ("dynamic", "longrope"):
        return "its rotary positions depend on the length of the text"
    return unusual(settings)


def unusual(settings: GenerationConfig) -> str:
    """The setting, other than a repetition penalty, that changes greedy decoding; empty if there is none."""
    for name, neutral in (
        ("no_repeat_ngram_size", 0),
        ("suppress_tokens", None),
        ("begin_suppress_tokens", None),
        ("forced_eos_token_id", None),
        ("bad_words_ids", None),
        ("min_new_tokens", None),
        ("encoder_repetition_penalty", 1.0),
        ("exponential_decay_length_penalty", None),
    ):
        if (getattr(settings, name, None) or neutral) != neutral:
            return f"its generation_config sets {name}"
    return ""


class PackedModel:
    """A causal language model whose passes run over packed rows after shared prefixes.

    Attributes:
        model: as loaded; its own attention is restored after each pass.
        work: what has gone through it.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        shared_prefix_attention.register()
        self.model = model
        self.work = Work()
        self._prefixes: list[shared_prefix_attention.Prefix] = []

    @property
    def vocabulary(self) -> int:
        """Number of logits."""
        return int(self.model.config.get_text_config().vocab_size)

    def share(self, prompts: Sequence[list[int]]) -> None:
        """Find the prefixes that prompts such as these share, and compute each once."""
        wanted = shared_prefixes(prompts, LEAST_SHARED)
        known = {prefix.ids: prefix for prefix in self._prefixes}
        self._prefixes = [known.get(ids) or self._computed(ids) for ids in wanted]

    def groups(self, prompts: Sequence[list[int]]) -> Iterator[PrefixGroup]:
        """The prompts, grouped by the prefix of which they share the most."""
        if not self._prefixes:
            self.share(prompts)
        together: dict[tuple[int, int], list[int]] = {}
        for index, prompt in enumerate(prompts):
            together.setdefault(self._best_prefix(prompt), []).append(index)
        for (which, shared), members in together.items():
            members.sort(key=lambda index: -len(prompts[index]))
            prefix = self._prefixes[which] if shared else shared_prefix_attention.Prefix(())
            yield PrefixGroup(prefix, shared, members, [prompts[index][shared:] for index in members])

    def forward(
        self,
        to: shared_prefix_attention.Prefix | shared_prefix_attention.Rows,
        ids: Sequence[int],
        positions: Sequence[int],
        deciding: Sequence[int],
    ) -> Tensor:
        """One pass of packed tokens.

        Args:
            to: what the tokens attend to.
            ids: token ids, shape (n_tokens,).
            positions: their positions in their prompts, shape (n_tokens,).
            deciding: indices of the tokens whose logits are wanted.

        Returns:
            Logits after these tokens, shape (len(deciding), vocabulary).
        """
        device = self.model.device
        self.work.passes += 1
        self.work.tokens += len(ids)
        with shared_prefix_attention.attending(to):
            out = self.model(
                input_ids=torch.tensor([ids], device=device),
                position_ids=torch.tensor([list(positions)], device=device),
                use_cache=False,
                logits_to_keep=torch.tensor(deciding, device=device),
            )
        logits: Tensor = out.logits[0]
        return logits

    @contextmanager
    def replaced(self) -> Iterator[None]:
        """Within this context the model runs with shared-prefix attention."""
        own = self.model.config._attn_implementation
        self.model.set_attn_implementation(shared_prefix_attention.NAME)
        try:
            with torch.inference_mode():
                yield
        finally:
            self.model.set_attn_implementation(own)

    def bytes_of(self, n_tokens: int) -> float:
        """An estimate of the memory for so many tokens: keys and values, and what one layer holds at once."""
        config = self.model.config.get_text_config()
        size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
        kept = config.num_hidden_layers * 2 * heads * size
        held = 4 * (config.hidden_size + config.intermediate_size)
        return n_tokens * (kept + held) * float(self.model.dtype.itemsize)

    def _computed(self, ids: tuple[int, ...]) -> shared_prefix_attention.Prefix:
        prefix = shared_prefix_attention.Prefix(ids)
        with self.replaced():
            self.forward(prefix, list(ids), range(len(ids)), [len(ids) - 1])
        return prefix

    def _best_prefix(self, prompt: list[int]) -> tuple[int, int]:
        """Index of the prefix of which a prompt shares the most, and how many tokens; (0, 0) if too few."""
        own = tuple(prompt[:-1])
        shared = [common_length(own, prefix.ids) for prefix in self._prefixes]
        best = max(range(len(shared)), key=shared.__getitem__, default=0)
        return (best, shared[best]) if shared and shared[best] >= LEAST_SHARED else (0, 0)
