"""How large a model is, by its config or with its weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from evalcore.predictors.forecast import ModelSize

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def size_of(model: PreTrainedModel, number_bytes: float = 0.0) -> ModelSize:
    """How large a model is; it may be one without weights.

    Args:
        model: one that writes, or classifies.
        number_bytes: of a number in memory; of its weights as they are when 0.
    """
    config = model.config.get_text_config()
    given, decided = model.get_input_embeddings(), model.get_output_embeddings()
    parameters = sum(one.numel() for one in model.parameters())
    head = decided.weight.numel() if decided is not None else 0
    tied = decided is not None and decided.weight is given.weight
    heads = int(getattr(config, "num_attention_heads", None) or 1)
    width = heads * int(getattr(config, "head_dim", None) or config.hidden_size // heads)
    return ModelSize(
        parameters=parameters,
        body=parameters - given.weight.numel() - (0 if tied else head),
        head=head,
        layers=int(getattr(config, "num_hidden_layers", None) or 1),
        width=width,
        number_bytes=number_bytes or float(model.dtype.itemsize),
    )


def empty_model(folder: Path, *, classifies: bool = False) -> PreTrainedModel | None:
    """The model that a config describes, without memory for its weights; None if the library cannot make it.

    Args:
        folder: holds its config.json.
        classifies: whether it is one that classifies; otherwise it writes.
    """
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification

    kind = AutoModelForSequenceClassification if classifies else AutoModelForCausalLM
    try:
        config = AutoConfig.from_pretrained(str(folder), local_files_only=True)
        with torch.device("meta"):
            model: PreTrainedModel = kind.from_config(config)
        return model
    except Exception:  # configs and architectures raise errors without a common base; the run will say what is wrong
        return None
