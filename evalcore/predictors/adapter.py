"""A LoRA adapter on its base model: merged into the weights where that is exact, and put beside them otherwise."""

from __future__ import annotations

import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor

from evalcore.errors import ModelError, listed, quoted
from evalcore.predictors.engines.memory import is_out_of_memory
from evalcore.predictors.files.adapter_config import ADAPTER_WEIGHTS, AdapterConfig, read_adapter

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel

_NAME = "default"
"""What peft calls the one adapter of a model."""
_PREFIX = "base_model.model."
"""What peft puts before the names of the base's weights."""


def with_adapter(model: PreTrainedModel, folder: Path, name: str, base: str) -> tuple[PreTrainedModel, str]:
    """Put an adapter on its base model.

    It is merged wherever that is exact: each weight becomes weight + change, computed in float32 where the change was
    saved in a short format, and rounded once to the number format of the weights. Every engine then runs the model as
    any other. Otherwise (`_why_beside`) it stays beside the weights, as peft itself computes it.

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
    if any(weight.is_meta for weight in model.parameters()):  # accelerate fetches those while the model computes
        raise ModelError(
            f"a part of its base model {quoted(base)} lies outside the GPUs, where no adapter can be put on it.",
            where=name,
            do="Merge it into its base model with peft (merge_and_unload), save that, and give that folder.",
        )
    try:
        wrapped = _wrapped(model, adapter, folder, name, base)
        why = _why_beside(wrapped)
        whole = wrapped.get_base_model() if why else wrapped.merge_and_unload(safe_merge=True)
    except ModelError:
        raise
    except Exception as error:  # peft, torch and safetensors raise many kinds of errors for what does not fit
        if is_out_of_memory(error):
            raise
        why = " ".join(line.strip() for line in str(error).splitlines()[:2]) or type(error).__name__
        raise _misfit(why.rstrip("."), name, base) from error
    result: PreTrainedModel = whole.eval()
    return result, f"LoRA, {adapter.words}, {f'not merged: {why}' if why else 'merged into the weights'}"


def _wrapped(model: PreTrainedModel, adapter: AdapterConfig, folder: Path, name: str, base: str) -> PeftModel:
    from peft import LoraConfig, PeftModel, load_peft_weights, set_peft_model_state_dict

    weights = load_peft_weights(str(folder), device=str(model.device))
    _resize(model, weights, name, base)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice for those who train
        wrapped = PeftModel(model, LoraConfig(**adapter.settings, task_type="CAUSAL_LM", inference_mode=True), _NAME)
        result: Any = set_peft_model_state_dict(wrapped, weights, adapter_name=_NAME)
    # peft only warns of these, or says nothing: the model would answer as its base does, in part or in all.
    unused = [key for key in result.unexpected_keys if ".modules_to_save." not in key]  # such a copy is a second one
    if unused:
        raise _misfit(f"the base has no place for {listed(unused)}", name, base)
    absent = _absent(wrapped, result.missing_keys)
    if absent:
        raise _misfit(f"{ADAPTER_WEIGHTS} lacks {listed(absent)}", name, base)
    return wrapped


def _absent(wrapped: PeftModel, missing: list[str]) -> list[str]:
    """Of the weights that were not loaded those of the adapter, unless they are shared with weights that were."""
    weights = wrapped.state_dict()
    loaded = {tensor.data_ptr() for key, tensor in weights.items() if key not in set(missing)}
    return [key for key in missing if f".{_NAME}" in key and weights[key].data_ptr() not in loaded]


def _why_beside(wrapped: PeftModel) -> str:
    """Why the adapter cannot be merged exactly; empty if it can."""
    from peft.tuners.lora import LoraLayer

    if getattr(wrapped.get_base_model(), "hf_quantizer", None) is not None:
        return "the base model's weights are quantised, and merging would round the change away"
    users = Counter(weight.data_ptr() for _, weight in wrapped.named_parameters(remove_duplicate=False))
    for layer in wrapped.modules():
        if isinstance(layer, LoraLayer):
            changed = layer.get_base_layer()
            weight = getattr(changed, getattr(layer, "parameter_name", "weight"))  # of experts it is another one
            if users[weight.data_ptr()] > 1:
                return "it changes one of two layers that share their weights, and merging would change both"
            if layer.lora_bias.get(_NAME) and getattr(changed, "bias", None) is None:
                return "it adds a bias to a layer that has none"
    return ""


def _resize(model: PreTrainedModel, weights: dict[str, Tensor], name: str, base: str) -> None:
    """Give the base as many tokens as the adapter has: peft saves the embeddings along if tokens were added."""
    rows = _rows(model, model.get_input_embeddings(), weights)
    if rows is None or rows == model.get_input_embeddings().weight.shape[0]:
        return
    model.resize_token_embeddings(rows, mean_resizing=False)
    output = model.get_output_embeddings()
    tied = output is not None and output.weight.data_ptr() == model.get_input_embeddings().weight.data_ptr()
    if output is not None and not tied and _rows(model, output, weights) != rows:  # they would be random numbers
        raise _misfit("it adds tokens, and its file lacks their weights in the output layer", name, base)


def _rows(model: PreTrainedModel, layer: Any, weights: dict[str, Tensor]) -> int | None:
    """The number of tokens for which a file has weights of an embedding; None if it has none of it."""
    names = [name for name, module in model.named_modules() if module is layer]
    saved = [weights.get(f"{_PREFIX}{name}{part}.weight") for name in names for part in ("", ".base_layer")]
    return next((tensor.shape[0] for tensor in saved if tensor is not None), None)


def _misfit(why: str, name: str, base: str) -> ModelError:
    return ModelError(
        f"the adapter does not fit its base model {quoted(base)}: {why}.",
        where=name,
        do="Check that its adapter_config.json names the model that it was trained on, and that its files are whole.",
    )
