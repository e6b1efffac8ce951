"""Shared-prefix attention: one copy of what all rows begin with, and a packed batch of what follows it.

A model's layers call `attend` through transformers' public attention interface. What rows have in common, the
instruction and the label list, goes through the model once, and its keys and values are kept once. Each further token
attends to them and to its own row; the two parts are merged by their log-sum-exps, which gives the same softmax. Rows
are packed one after the other, without padding, in all layers that work token by token.

Source of the merge: FlashAttention (Dao et al. 2022), section 3.1; called cascade inference in FlashInfer (Ye et al.
2024).
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

from evalcore.predictors.engines.attention import attention_with_lse

NAME = "blindspot_shared_prefix"
"""Under this name the attention is registered with transformers. It is no part of any key."""


class Unsupported(Exception):
    """This model's attention is more than softmax over all earlier tokens."""


class _Pass(Protocol):
    """One pass of tokens through a model: what each of its layers attends to."""

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """The attention of one layer.

        Args:
            layer: its index.
            query: shape (heads, n_tokens, size).
            key: shape (kv_heads, n_tokens, size).
            value: shape (kv_heads, n_tokens, size).
            scale: factor of the scores.

        Returns:
            Shape (n_tokens, heads, size), of the query's dtype.
        """


_current: ContextVar[_Pass] = ContextVar("_current")


@contextmanager
def attending(to: _Pass) -> Iterator[None]:
    """Within this context, models set to the attention `NAME` attend as this pass does."""
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
    """What transformers calls for each layer.

    Args:
        module: the layer's attention; its `layer_idx` is its place in the model.
        query: shape (1, heads, n_tokens, size).
        key: shape (1, kv_heads, n_tokens, size).
        value: shape (1, kv_heads, n_tokens, size).
        attention_mask: not used: which tokens see which is decided by the pass.
        scaling: factor of the scores; 1 / sqrt(size) if None.
        settings: further settings of the layer.

    Returns:
        Shape (1, n_tokens, heads, size); attention weights are not computed.

    Raises:
        Unsupported: if the layer wants more than causal softmax attention.
    """
    for name in ("softcap", "sliding_window", "s_aux"):
        if settings.get(name) is not None:
            raise Unsupported(name)
    if not hasattr(module, "layer_idx") or getattr(module, "is_causal", True) is False:
        raise Unsupported("attention that is not causal")
    scale = scaling if scaling is not None else query.shape[-1] ** -0.5
    layer: Any = module.layer_idx
    return _current.get().attend(layer, query[0], key[0], value[0], scale)[None], None


def register() -> None:
    """Register `NAME` with transformers, which then makes no mask: the passes below decide which tokens see which."""
    from transformers import AttentionInterface, AttentionMaskInterface

    AttentionInterface.register(NAME, attention_forward)
    AttentionMaskInterface.register(NAME, lambda *args, **settings: None)


class Prefix:
    """What a run's prompts begin with: its keys and values, once for all rows.

    Attributes:
        ids: token ids, shape (n_prefix,).
    """

    def __init__(self, ids: Sequence[int]) -> None:
        self.ids = tuple(ids)
        self._kept: dict[int, tuple[Tensor, Tensor]] = {}

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """The pass that fills it: causal attention over its own tokens, whose keys and values are kept.

        Args:
            layer: the layer's index.
            query: shape (heads, n_prefix, size).
            key: shape (kv_heads, n_prefix, size).
            value: shape (kv_heads, n_prefix, size).
            scale: factor of the scores.

        Returns:
            Shape (n_prefix, heads, size).
        """
        self._kept[layer] = key, value
        out = scaled_dot_product_attention(
            query[None], key[None], value[None], is_causal=True, scale=scale, enable_gqa=len(query) != len(key)
        )
        return out[0].transpose(0, 1)

    def first(self, layer: int, length: int) -> tuple[Tensor, Tensor]:
        """Keys and values of its first tokens, each of shape (kv_heads, length, size); views, not copies."""
        key, value = self._kept[layer]
        return key[:, :length], value[:, :length]


@dataclass(frozen=True)
class Layout:
    """Where the tokens of a packed batch belong: token t of the batch is at place `places[t]` of row `rows[t]`.

    Attributes:
        rows: shape (n_tokens,).
        places: shape (n_tokens,), counted from the end of the prefix.
        slots: shape (n_tokens,), positions in a padded grid of shape (n_rows, n_widest), flattened.
        grid: (n_rows, n_widest): n_widest is the largest number of new tokens of a row.
        hidden: shape (n_rows, n_widest, n_longest), True where a new token may not see a token of its row.
        masks: what is added to the scores, by number of query heads per key head; made when a layer first needs it.
    """

    rows: Tensor
    places: Tensor
    slots: Tensor
    grid: tuple[int, int]
    hidden: Tensor
    masks: dict[int, Tensor] = field(default_factory=dict)

    def mask(self, group: int, dtype: torch.dtype) -> Tensor:
        """Shape (n_rows, 1, group * n_widest, n_longest): 0, or minus infinity where a token may not be seen."""
        if group not in self.masks:
            hidden = self.hidden.repeat(1, group, 1)[:, None]
            self.masks[group] = torch.zeros(hidden.shape, dtype=dtype, device=hidden.device).masked_fill_(
                hidden, -math.inf
            )
        return self.masks[group]

    def to(self, device: torch.device) -> Layout:
        """The same layout on a device."""
        rows, places, slots, hidden = (t.to(device) for t in (self.rows, self.places, self.slots, self.hidden))
        return Layout(rows, places, slots, self.grid, hidden)


def lay_out(starts: Sequence[int], counts: Sequence[int], device: torch.device) -> Layout:
    """The layout of a pass in which each token sees all tokens of its row before it.

    Args:
        starts: how many tokens each row has already, shape (n_rows,).
        counts: how many new ones each gets, shape (n_rows,).
        device: where the layout's tensors are.
    """
    n_rows, widest = len(counts), max(counts)
    start, count = torch.tensor(starts), torch.tensor(counts)
    rows = torch.repeat_interleave(torch.arange(n_rows), count)
    within = torch.arange(len(rows)) - torch.repeat_interleave(count.cumsum(0) - count, count)
    place_of_slot = start[:, None] + torch.arange(widest)
    hidden = torch.arange(int((start + count).max())) > place_of_slot[..., None]
    slots = rows * widest + within
    return Layout(rows, start[rows] + within, slots, (n_rows, widest), hidden).to(device)


class Rows:
    """Keys and values of a batch's rows after a shared prefix.

    Args:
        prefix: has at least `shared` tokens.
        shared: how many of them the rows begin with.
        n_rows: number of rows.
        room: how many tokens of its own a row may have.

    Attributes:
        layout: of the next pass; to be set before it.
    """

    def __init__(self, prefix: Prefix, shared: int, n_rows: int, room: int) -> None:
        self._prefix = prefix
        self._shared = shared
        self._room = room
        self._left = torch.arange(n_rows)
        self._n_rows = n_rows
        self._kept: dict[int, tuple[Tensor, Tensor]] = {}
        self.layout: Layout

    def keep(self, positions: Sequence[int]) -> None:
        """Continue with these rows only, given as positions among the rows that were left."""
        self._left = self._left[torch.tensor(positions, dtype=torch.long)]

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """One layer of a pass over the packed tokens of `layout`, whose keys and values are kept.

        Args:
            layer: the layer's index.
            query: shape (heads, n_tokens, size).
            key: shape (kv_heads, n_tokens, size).
            value: shape (kv_heads, n_tokens, size).
            scale: factor of the scores.

        Returns:
            Shape (n_tokens, heads, size), of the query's dtype.
        """
        layout = self.layout
        own_key, own_value = self._remember(layer, key, value)
        own, own_lse = _over_own(query, own_key, own_value, layout, scale)
        if not self._shared:
            return own.to(query.dtype)
        prefix, prefix_lse = _over_prefix(query, *self._prefix.first(layer, self._shared), scale)
        # Each part is a softmax; its share of the whole softmax follows from the log-sum-exps.
        share = torch.sigmoid(prefix_lse - own_lse)[..., None]
        return torch.lerp(own, prefix, share).to(query.dtype)

    def _remember(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Keep the new tokens' keys and values, and return those of the rows that are left.

        Returns:
            Keys and values, each of shape (n_rows, n_longest, kv_heads, size).
        """
        layout = self.layout
        if layer not in self._kept:
            shape = (self._n_rows, self._room)
            self._kept[layer] = (
                key.new_zeros(*shape, *key.shape[::2]),
                value.new_zeros(*shape, *value.shape[::2]),
            )
        left = self._left.to(key.device)
        rows, longest = left[layout.rows], layout.hidden.shape[-1]
        of_rows_left = []
        for kept, new in zip(self._kept[layer], (key, value), strict=True):
            kept[rows, layout.places] = new.transpose(0, 1)
            of_rows_left.append(kept[:, :longest] if len(left) == self._n_rows else kept[left, :longest])
        return of_rows_left[0], of_rows_left[1]


def _over_own(query: Tensor, key: Tensor, value: Tensor, layout: Layout, scale: float) -> tuple[Tensor, Tensor]:
    """Each token attends to the tokens of its own row that it may see.

    Args:
        query: shape (heads, n_tokens, size).
        key: shape (n_rows, n_longest, kv_heads, size).
        value: shape (n_rows, n_longest, kv_heads, size).
        layout: which row and place each token has.
        scale: factor of the scores.

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
    mask = layout.mask(group, query.dtype)
    out, log_sum_exp = attention_with_lse(folded, key.transpose(1, 2), value.transpose(1, 2), scale=scale, mask=mask)
    out = out.view(n_rows, kv_heads, group, widest, size).permute(0, 3, 1, 2, 4).reshape(-1, heads, size)
    log_sum_exp = log_sum_exp.view(n_rows, kv_heads, group, widest).permute(0, 3, 1, 2).reshape(-1, heads)
    return _widened(out[layout.slots]), _widened(log_sum_exp[layout.slots])


def _over_prefix(query: Tensor, key: Tensor, value: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """Each token attends to all tokens of the prefix.

    Args:
        query: shape (heads, n_tokens, size).
        key: shape (kv_heads, n_prefix, size).
        value: shape (kv_heads, n_prefix, size).
        scale: factor of the scores.

    Returns:
        As `_over_own`.
    """
    heads, n_tokens, size = query.shape
    kv_heads = len(key)
    folded = query.reshape(1, kv_heads, heads // kv_heads * n_tokens, size)
    out, log_sum_exp = attention_with_lse(folded, key[None], value[None], scale=scale)
    out = out.reshape(heads, n_tokens, size).transpose(0, 1)
    return _widened(out), _widened(log_sum_exp.reshape(heads, n_tokens).transpose(0, 1))


def _widened(tensor: Tensor) -> Tensor:
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))
