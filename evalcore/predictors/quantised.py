"""Checkpoints whose weights were quantised before they were saved: what they need, and the format they compute in.

transformers reads from a model's config.json how its weights are stored. Here is only what Blindspot adds: a sentence
that names the missing package, and one number format for all that is not quantised.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from evalcore.errors import ModelError
from evalcore.extras import Extra, require

if TYPE_CHECKING:
    from pathlib import Path

    from transformers import PreTrainedConfig, PreTrainedModel

_NEEDS: Mapping[str, tuple[Extra, tuple[str, ...]]] = {
    "bitsandbytes": ("large", ("accelerate", "bitsandbytes")),
    "torchao": ("large", ("accelerate", "torchao")),
    "gptq": ("gptq", ("optimum", "gptqmodel")),
    "awq": ("gptq", ("accelerate", "gptqmodel")),
}
"""By method, as config.json names it: the requirements file that has what it needs, and the packages."""
_UNNAMED = "unnamed"


def config_of(folder: Path, name: str, dtype: torch.dtype) -> PreTrainedConfig | None:
    """The config of a quantised model, which computes in a number format; None if its weights are not quantised.

    Args:
        folder: of the model.
        name: of the model, for messages.
        dtype: the number format.

    Raises:
        ModelError: if nothing here reads such weights.
    """
    from transformers import AutoConfig
    from transformers.quantizers import AutoHfQuantizer

    config: PreTrainedConfig = AutoConfig.from_pretrained(str(folder), local_files_only=True)
    how = getattr(config, "quantization_config", None)
    if not isinstance(how, dict):
        return None
    method = _method(how)
    # The library loads what it does not know as if it were not quantised, and only warns.
    if method == _UNNAMED or not AutoHfQuantizer.supports_quant_method(how):
        raise ModelError(
            f"its weights are quantised in a way that transformers does not know: {method}.",
            where=name,
            do="Choose a form of it that is quantised with bitsandbytes, torchao, GPTQ or AWQ, or not at all.",
        )
    extra, packages = _NEEDS.get(method, ("large", ()))
    for package in packages:
        require(package, extra, f"A model quantised with {method}")
    if method == "bitsandbytes":
        how["bnb_4bit_compute_dtype"] = str(dtype).removeprefix("torch.")
        # It warns once for each layer and pass that 8 bits are multiplied in float16.
        logging.getLogger("bitsandbytes.autograd._functions").setLevel(logging.ERROR)
    return config


def in_one_format(model: PreTrainedModel, dtype: torch.dtype) -> None:
    """Convert what is not quantised to one number format: the loader leaves some of it as it was saved."""
    kept = tuple(model._keep_in_fp32_modules or ())
    for name, parameter in model.named_parameters():
        plain = type(parameter) is torch.nn.Parameter and type(parameter.data) is torch.Tensor
        if plain and parameter.is_floating_point() and not any(module in name for module in kept):
            parameter.data = parameter.data.to(dtype)


def named(model: PreTrainedModel) -> str:
    """How a model's weights are quantised, in a few words; empty if they are not."""
    how = getattr(model.config, "quantization_config", None)
    if how is None:
        return ""
    how = how if isinstance(how, dict) else how.to_dict()
    bits = how.get("bits") or (8 if how.get("load_in_8bit") else 4 if how.get("load_in_4bit") else None)
    return f"{_method(how)}, {bits} bits" if bits else _method(how)


def _method(how: Mapping[str, Any]) -> str:
    method = how.get("quant_method") or ("bitsandbytes" if "load_in_8bit" in how else _UNNAMED)
    return str(getattr(method, "value", method))
