"""LoRA adapters that tests make with peft: random changes, large enough to change most answers."""

from __future__ import annotations

import json
import warnings


def save_adapter(model, folder, base, *, std=0.1, tokens=None, **settings):
    """Write a folder with an adapter of a model, as peft saves one.

    Args:
        model: of transformers; it is changed.
        base: what the adapter's config names as its base.
        std: of the random numbers in what would be 0 before training.
        tokens: rows that the embeddings are given before.
        settings: of peft.LoraConfig.
    """
    import torch
    from peft import LoraConfig, get_peft_model

    chosen = {"r": 4, "lora_alpha": 16, "target_modules": ["q_proj", "v_proj", "down_proj"], **settings}
    if tokens:
        model.resize_token_embeddings(tokens, mean_resizing=False)
    torch.manual_seed(3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wrapped = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **chosen))
        with torch.no_grad():
            for name, parameter in wrapped.named_parameters():
                if "magnitude" in name:
                    parameter *= 1 + std * torch.rand_like(parameter)
                elif parameter.requires_grad:
                    parameter += std * torch.randn_like(parameter)
        wrapped.save_pretrained(folder, save_embedding_layers=bool(tokens))  # "auto" asks the hub
    edit(folder / "adapter_config.json", base_model_name_or_path=str(base))
    return folder


def edit(file, **changes):
    """Change entries of a JSON file."""
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **changes}), encoding="utf-8")
