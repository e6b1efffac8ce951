"""Attention over one copy of a shared prefix and a packed batch of what follows it.

A model's layers call `attend` through transformers' public attention interface. What rows have in common, the
instruction and the label list, goes through the model once; its keys and values are kept once. Each further
token attends to them and to its own row, and the two parts are merged by their log-sum-exps, which is the same
softmax. Rows are packed one behind the other, without padding, wherever a layer works token by token.

Source of the merge: FlashAttention (Dao et al. 2022), section 3.1; cascade inference in FlashInfer (Ye et al. 2024).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

NAME = "blindspot_cascade"


class Unsupported(Exception):
    """This model's attention is more than softmax over all earlier tokens."""


class _Pass(Protocol):
    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """Shapes (heads, tokens, size), (kv_heads, tokens, size) twice; returns (tokens, heads, size)."""


_current: ContextVar[_Pass] = ContextVar("_current")


@contextmanager
def attending(to: _Pass) -> Iterator[None]:
    """While this lasts, models set to the attention `NAME` attend this way."""
    token = _current.set(to)
    try:
        yield
    finally:
        _current.reset(token)


def attention_forward(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    **settings: Any,
) -> tuple[Tensor, None]:
    """What transformers calls; tensors of shape (1, heads, tokens, size)."""
    for name in ("softcap", "sliding_window", "s_aux"):
        if settings.get(name) is not None:
            raise Unsupported(name)
    if not hasattr(module, "layer_idx") or getattr(module, "is_causal", True) is False:
        raise Unsupported("attention that is not causal")
    scale = scaling if scaling is not None else query.shape[-1] ** -0.5
    layer: Any = module.layer_idx
    return _current.get().attend(layer, query[0], key[0], value[0], scale)[None], None


def register() -> None:
    """Make `NAME` known to transformers; masks are left to the passes below."""
    from transformers import AttentionInterface, AttentionMaskInterface

    AttentionInterface.register(NAME, attention_forward)
    AttentionMaskInterface.register(NAME, lambda *args, **settings: None)


class Prefix:
    """What a run's prompts begin with: its keys and values, once for all rows.

    Attributes:
        ids: its token ids.
    """

    def __init__(self, ids: Sequence[int]) -> None:
        self.ids = tuple(ids)
        self._kept: dict[int, tuple[Tensor, Tensor]] = {}

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """The pass that fills it: plain causal attention over its own tokens."""
        self._kept[layer] = key, value
        out = scaled_dot_product_attention(
            query[None], key[None], value[None], is_causal=True, scale=scale, enable_gqa=len(query) != len(key)
        )
        return out[0].transpose(0, 1)

    def head(self, layer: int, length: int) -> tuple[Tensor, Tensor]:
        """Keys and values of its first tokens, each of shape (kv_heads, length, size); no copy."""
        key, value = self._kept[layer]
        return key[:, :length], value[:, :length]


@dataclass(frozen=True)
class Layout:
    """Where the tokens of a packed batch belong; token t of the batch is row `rows[t]`, place `places[t]`.

    Attributes:
        rows, places: shape (n_tokens,). Places count from the end of the prefix.
        slots: shape (n_tokens,), positions in a padded grid of shape (n_rows, n_widest).
        grid: (n_rows, n_widest).
        hidden: shape (n_rows, n_widest, n_longest), True where a token may not look.
        masks: what is added to the scores, by number of query heads a key head; made by the first layer that asks.
    """

    rows: Tensor
    places: Tensor
    slots: Tensor
    grid: tuple[int, int]
    hidden: Tensor
    masks: dict[int, Tensor] = field(default_factory=dict)

    def mask(self, group: int, dtype: torch.dtype) -> Tensor:
        """Shape (n_rows, 1, group * n_widest, n_longest): 0, or minus infinity where a token may not look."""
        if group not in self.masks:
            hidden = self.hidden.repeat(1, group, 1)[:, None]
            self.masks[group] = torch.zeros(hidden.shape, dtype=dtype, device=hidden.device).masked_fill_(
                hidden, -math.inf
            )
        return self.masks[group]

    def to(self, device: torch.device) -> Layout:
        """The same on a device."""
        rows, places, slots, hidden = (t.to(device) for t in (self.rows, self.places, self.slots, self.hidden))
        return Layout(rows, places, slots, self.grid, hidden)


def lay_out(starts: Sequence[int], counts: Sequence[int], device: torch.device) -> Layout:
    """The layout of `counts[r]` new tokens of each row r, which has `starts[r]` already."""
    n_rows, widest = len(counts), max(counts)
    start, count = torch.tensor(starts), torch.tensor(counts)
    rows = torch.repeat_interleave(torch.arange(n_rows), count)
    within = torch.arange(len(rows)) - torch.repeat_interleave(count.cumsum(0) - count, count)
    place_of_slot = start[:, None] + torch.arange(widest)
    hidden = torch.arange(int((start + count).max())) > place_of_slot[..., None]
    slots = rows * widest + within
    return Layout(rows, start[rows] + within, slots, (n_rows, widest), hidden).to(device)


class Rows:
    """The own keys and values of a batch's rows, behind a shared prefix.

    Args:
        prefix: with at least `shared` tokens.
        shared: how many of them the rows begin with.
        room: tokens that a row may have of its own.
    """

    def __init__(self, prefix: Prefix, shared: int, n_rows: int, room: int) -> None:
        self._prefix = prefix
        self._shared = shared
        self._room = room
        self._alive = torch.arange(n_rows)
        self._n_rows = n_rows
        self._kept: dict[int, tuple[Tensor, Tensor]] = {}
        self.layout: Layout

    def keep(self, alive: Sequence[int]) -> None:
        """Go on with these rows only, given as positions among those that were left."""
        self._alive = self._alive[torch.tensor(alive, dtype=torch.long)]

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """One layer of a pass over the packed tokens of `layout`."""
        layout = self.layout
        own_key, own_value = self._remember(layer, key, value)
        out, weight = _over_own(query, own_key, own_value, layout, scale)
        if not self._shared:
            return out.to(query.dtype)
        first, weight_of_first = _over_all(query, *self._prefix.head(layer, self._shared), scale)
        # Both parts are softmaxes; each has the share of the whole that its log-sum-exp says.
        share = torch.sigmoid(weight_of_first - weight)[..., None]
        return torch.lerp(out, first, share).to(query.dtype)

    def _remember(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Store the new tokens' keys and values; those of the living rows, (n_rows, n_longest, kv_heads, size)."""
        layout = self.layout
        if layer not in self._kept:
            shape = (self._n_rows, self._room)
            self._kept[layer] = (
                key.new_zeros(*shape, *key.shape[::2]),
                value.new_zeros(*shape, *value.shape[::2]),
            )
        alive = self._alive.to(key.device)
        rows, longest = alive[layout.rows], layout.hidden.shape[-1]
        living = []
        for kept, new in zip(self._kept[layer], (key, value), strict=True):
            kept[rows, layout.places] = new.transpose(0, 1)
            living.append(kept[:, :longest] if len(alive) == self._n_rows else kept[alive, :longest])
        return living[0], living[1]


def _over_own(query: Tensor, key: Tensor, value: Tensor, layout: Layout, scale: float) -> tuple[Tensor, Tensor]:
    """Each token over those of its own row that it may look at.

    Returns:
        Shape (n_tokens, heads, size), and log-sum-exps of shape (n_tokens, heads); both float32 or wider.
    """
    heads, _, size = query.shape
    (n_rows, widest), kv_heads = layout.grid, key.shape[2]
    group = heads // kv_heads
    grid = query.new_zeros(n_rows * widest, heads, size)
    grid[layout.slots] = query.transpose(0, 1)
    # The query heads that share a key head become more queries of it: keys are never repeated.
    folded = grid.view(n_rows, widest, kv_heads, group, size).permute(0, 2, 3, 1, 4).flatten(2, 3)
    key, value = key.transpose(1, 2), value.transpose(1, 2)
    mask = layout.mask(group, query.dtype)
    if query.device.type == "cpu":
        out, weight = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
            folded, key, value, attn_mask=mask, scale=scale
        )
    else:
        scores = (folded.float() @ key.float().transpose(2, 3)) * scale + mask
        weight = scores.logsumexp(-1)
        out = (scores - weight[..., None]).exp_() @ value.float()
    out = out.view(n_rows, kv_heads, group, widest, size).permute(0, 3, 1, 2, 4).reshape(-1, heads, size)
    weight = weight.view(n_rows, kv_heads, group, widest).permute(0, 3, 1, 2).reshape(-1, heads)
    return out[layout.slots].float(), weight[layout.slots].float()


def _over_all(query: Tensor, key: Tensor, value: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """Each token over all of the prefix's; returns as `_over_own` does."""
    heads, n_tokens, size = query.shape
    kv_heads = len(key)
    folded = query.reshape(1, kv_heads, heads // kv_heads * n_tokens, size)
    if query.device.type == "cpu":
        out, weight = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
            folded, key[None], value[None], scale=scale
        )
    elif query.device.type == "cuda" and query.dtype in (torch.float16, torch.bfloat16):
        out, weight = torch.ops.aten._scaled_dot_product_flash_attention(folded, key[None], value[None], scale=scale)[
            :2
        ]
    else:
        scores = (folded.float() @ key.float().transpose(1, 2)) * scale
        weight = scores.logsumexp(-1)
        out = (scores - weight[..., None]).exp_() @ value.float()
    out = out.reshape(heads, n_tokens, size).transpose(0, 1).float()
    return out, weight.reshape(heads, n_tokens).transpose(0, 1).float()
