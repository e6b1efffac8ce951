"""A LoRA adapter on its base model: merged into the weights where that is exact, and put beside them otherwise."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor

from evalcore.errors import ModelError, first_line, listed, quoted
from evalcore.extras import require
from evalcore.predictors.adapter_config import ADAPTER_WEIGHTS, AdapterConfig, read_adapter
from evalcore.predictors.engines.memory import is_out_of_memory

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel

_NAME = "default"
"""What peft calls the one adapter of a model."""
_PREFIX = "base_model.model."
"""What peft puts before the names of the base's weights."""


def require_peft() -> None:
    """Check that what puts an adapter on its base is installed.

    Raises:
        ModelError: if it is not.
    """
    require("peft", "adapters", "A LoRA adapter")


def with_adapter(model: PreTrainedModel, folder: Path, name: str, base: str) -> tuple[PreTrainedModel, str]:
    """Put an adapter on its base model.

    It is merged: each weight becomes weight + change, computed in float32 for a change that was saved in a short
    format, and rounded once to the number format of the weights. Every engine then runs the model as any other. Into
    quantised weights nothing is merged, since that would round the change away: there it is computed beside them.

    Args:
        model: the base; it is changed.
        folder: of the adapter.
        name: of the adapter, for messages.
        base: name of the base, for messages.

    Returns:
        the model, and what was done, for display.

    Raises:
        ModelError: if it is for another base, or damaged.
    """
    adapter = read_adapter(folder, name)
    try:
        wrapped = _wrapped(model, adapter, folder, name, base)
        if _is_quantised(model):
            done = "not merged: the base model's weights are quantised, and merging would round it away"
            whole = wrapped.get_base_model()
        else:
            done = "merged into the weights"
            whole = wrapped.merge_and_unload(safe_merge=True)
    except ModelError:
        raise
    except Exception as error:  # peft, torch and safetensors raise many kinds of errors for what does not fit
        if is_out_of_memory(error):
            raise
        raise _misfit(first_line(error), name, base) from error
    result: PreTrainedModel = whole.eval()
    return result, f"LoRA, {adapter.words}, {done}"


def _wrapped(model: PreTrainedModel, adapter: AdapterConfig, folder: Path, name: str, base: str) -> PeftModel:
    from peft import LoraConfig, PeftModel, load_peft_weights, set_peft_model_state_dict

    weights = load_peft_weights(str(folder), device=str(model.device))
    _resize(model, weights)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice for those who train
        wrapped = PeftModel(model, LoraConfig(**adapter.settings, task_type="CAUSAL_LM", inference_mode=True), _NAME)
        result: Any = set_peft_model_state_dict(wrapped, weights, adapter_name=_NAME)
    # peft only warns of these, or says nothing: the model would answer as its base does, in part or in all.
    unused = list(result.unexpected_keys)
    if unused:
        raise _misfit(f"the base has no place for {listed(unused)}", name, base)
    absent = [key for key in result.missing_keys if f".{_NAME}" in key]
    if absent:
        raise _misfit(f"{ADAPTER_WEIGHTS} lacks {listed(absent)}", name, base)
    return wrapped


def _resize(model: PreTrainedModel, weights: dict[str, Tensor]) -> None:
    """Give the base as many tokens as the adapter has: peft saves the embeddings along if tokens were added."""
    embeddings = model.get_input_embeddings()
    names = [name for name, module in model.named_modules() if module is embeddings]
    saved = [weights.get(f"{_PREFIX}{name}{part}.weight") for name in names for part in ("", ".base_layer")]
    rows = next((tensor.shape[0] for tensor in saved if tensor is not None), None)
    if rows is not None and rows != embeddings.weight.shape[0]:
        model.resize_token_embeddings(rows, mean_resizing=False)


def _is_quantised(model: PreTrainedModel) -> bool:
    return bool(getattr(model, "is_quantized", False)) or getattr(model, "hf_quantizer", None) is not None


def _misfit(why: str, name: str, base: str) -> ModelError:
    return ModelError(
        f"the adapter does not fit its base model {quoted(base)}: {why}.",
        where=name,
        do="Check that its adapter_config.json names the model that it was trained on, and that its files are whole.",
    )
