"""Attention that also returns its log-sum-exps, by which two parts of one softmax are merged.

PyTorch's public attention does not return them. Its private operators do, and are fast; they are called only here, and
where one is missing or refuses its input, the same is computed with public operations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from evalcore.predictors.engines.memory import is_out_of_memory

_ON_CPU = "_scaled_dot_product_flash_attention_for_cpu"
_ON_CUDA = "_scaled_dot_product_flash_attention"


def attention_with_lse(
    query: Tensor, key: Tensor, value: Tensor, *, scale: float, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """softmax(query key^T * scale + mask) value, and the logarithm of the softmax's denominator.

    Args:
        query: shape (n, heads, n_queries, size).
        key: shape (n, heads, n_keys, size).
        value: shape (n, heads, n_keys, size).
        scale: factor of the scores.
        mask: added to the scores, of the query's dtype; shape (n, 1, n_queries, n_keys) or one that expands to it. Each
            query must see at least one key. None if all see all.

    Returns:
        Shape (n, heads, n_queries, size), of the query's dtype or wider; log-sum-exps of shape (n, heads, n_queries),
        float32 or wider.
    """
    operator = _private_operator(query, mask)
    if operator is not None:
        try:
            out, log_sum_exp = operator(query, key, value, scale=scale, **_if_given(attn_mask=mask))[:2]
            return out, log_sum_exp
        except (RuntimeError, NotImplementedError, TypeError) as error:  # its signature and conditions are not public
            if is_out_of_memory(error):
                raise
    return with_public_operations(query, key, value, scale=scale, mask=mask)


def with_public_operations(
    query: Tensor, key: Tensor, value: Tensor, *, scale: float, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """`attention_with_lse` as its formula says; all of its scores are in memory at once, in float32 or wider."""
    wide = torch.promote_types(query.dtype, torch.float32)
    scores = (query.to(wide) @ key.to(wide).transpose(-1, -2)) * scale
    if mask is not None:
        scores = scores + mask
    log_sum_exp = scores.logsumexp(-1)
    return (scores - log_sum_exp[..., None]).exp_() @ value.to(wide), log_sum_exp


def _private_operator(query: Tensor, mask: Tensor | None) -> Callable[..., Any] | None:
    """The operator for this device and dtype; None if there is none, or this version of PyTorch lacks it."""
    name = ""
    if query.device.type == "cpu":
        name = _ON_CPU
    elif query.device.type == "cuda" and query.dtype in (torch.float16, torch.bfloat16) and mask is None:
        name = _ON_CUDA
    return getattr(torch.ops.aten, name, None) if name else None


def _if_given(**arguments: Tensor | None) -> dict[str, Tensor]:
    return {name: value for name, value in arguments.items() if value is not None}
