"""Tiny causal models of many architectures with random weights, and prompts that begin alike."""

from __future__ import annotations

import random

COMMON = {
    "vocab_size": 512,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
END, OTHER_END = 5, 7

PACKABLE = {
    "qwen2": {},
    "qwen3": {"head_dim": 16},
    "llama": {},
    "mistral": {"sliding_window": None},
    "gemma": {"head_dim": 16},
    "phi": {},
    "phi3": {},
    "gpt_neox": {},
    "olmo2": {},
    "cohere": {},
    "granite": {},
    "qwen2_moe": {"moe_intermediate_size": 32, "shared_expert_intermediate_size": 32, "num_experts": 4},
}
"""Architectures that the fast engine runs."""

REFUSED = {
    "gemma2": ({"head_dim": 16}, "not all of its layers attend to the whole text"),
    "gemma3_text": ({"head_dim": 16}, "not all of its layers attend to the whole text"),
    "mistral": ({"sliding_window": 128}, "sliding_window"),
    "gpt2": ({"n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 512}, "its positions are not rotary"),
    "opt": ({"ffn_dim": 128, "word_embed_proj_dim": 64}, "its positions are not rotary"),
    "bloom": ({"n_layer": 2, "n_head": 4}, "its attention cannot be replaced"),
}
"""Architectures that it does not run, with what it says."""


def tiny_model(kind, **changes):
    """A model whose answers vary: random weights, larger than a fresh model's."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.for_model(kind, **{**COMMON, **changes})
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter *= 3
    return model


def settings(**changes):
    """Greedy decoding with two tokens that end it."""
    from transformers import GenerationConfig

    chosen = {"max_new_tokens": 10, "eos_token_id": [END, OTHER_END], "pad_token_id": 0, **changes}
    return GenerationConfig(do_sample=False, **chosen)


def prompts(n=24, shared=60, seed=0):
    """Token ids: a shared prefix, and tails of 2 to 13 tokens."""
    rng = random.Random(seed)
    prefix = [rng.randrange(10, 500) for _ in range(shared)]
    return [prefix + [rng.randrange(10, 500) for _ in range(rng.randrange(2, 14))] for _ in range(n)]
