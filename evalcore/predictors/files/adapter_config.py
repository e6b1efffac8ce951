"""The folder of a LoRA adapter: what its adapter_config.json says, and whether it can be put on its base exactly.

Nothing here imports torch or peft. An adapter changes a base model that is kept elsewhere; what it was made for is the
first thing that has to be known of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalcore.errors import ModelError, listed, quoted
from evalcore.extras import require
from evalcore.predictors.files.config_file import read_config

ADAPTER_CONFIG, ADAPTER_WEIGHTS = "adapter_config.json", "adapter_model.safetensors"

_HEEDED = (
    "r", "lora_alpha", "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern", "rank_pattern",
    "alpha_pattern", "use_rslora", "use_dora", "bias", "lora_bias", "fan_in_fan_out", "modules_to_save",
    "trainable_token_indices", "target_parameters", "ensure_weight_tying",
)  # fmt: skip
"""What decides the weights of the model with its adapter. All of these are merged exactly: tests compare each."""
_OF_TRAINING = frozenset({
    "base_model_name_or_path", "revision", "peft_type", "peft_version", "task_type", "auto_mapping", "inference_mode",
    "init_lora_weights", "lora_dropout", "eva_config", "corda_config", "lora_ga_config", "loftq_config",
    "runtime_config", "megatron_core", "qalora_group_size", "velora_config",
})  # fmt: skip
"""What decides nothing once the adapter is trained. `auto_mapping` and `megatron_core` name Python modules: they are
not passed on, since the library would import them."""
_STARTS_THAT_KEEP_THE_BASE = (True, False, "gaussian", "orthogonal", "eva")
"""Ways to initialise that leave the base as it is. The others (pissa, olora, corda, loftq, lora_ga) train beside a
changed base, and peft would change the base again when it loads them, not exactly as it did then."""


@dataclass(frozen=True)
class AdapterConfig:
    """What an adapter is.

    Attributes:
        base: the model that it was made for, as its config names it: a hub id, or a folder.
        revision: of the base; empty if the config names none.
        ranks: each number of dimensions that it adds to a layer.
        settings: what `peft.LoraConfig` is made of.
    """

    base: str
    revision: str
    ranks: tuple[int, ...]
    settings: dict[str, Any]

    @property
    def words(self) -> str:
        """`r = 8`, or `r = 4 to 16` where layers differ."""
        least, most = min(self.ranks), max(self.ranks)
        return f"r = {least}" if least == most else f"r = {least} to {most}"


def require_peft() -> None:
    """Check that what puts an adapter on its base is installed.

    Raises:
        ModelError: if it is not.
    """
    require("peft", "adapters", "A LoRA adapter")


def holds_adapter(files: Iterable[str], name: str) -> bool:
    """Whether a folder or repository holds an adapter; otherwise a whole model.

    Args:
        files: the names of its files.
        name: the model's, for messages.

    Raises:
        ModelError: if it holds both. transformers would load the adapter's base there as soon as peft is installed,
            and the whole model otherwise.
    """
    here = {file for file in files if "/" not in file}
    if ADAPTER_CONFIG not in here:
        return False
    if any(file.endswith(".safetensors") and file != ADAPTER_WEIGHTS for file in here):
        raise ModelError(
            f"it holds a whole model and an {ADAPTER_CONFIG}: which of them is meant is not clear.",
            where=name,
            do="Keep the adapter in a folder of its own.",
        )
    return True


def read_adapter(folder: Path, name: str) -> AdapterConfig:
    """What the adapter in a folder is; its weights may not have been downloaded yet.

    Raises:
        ModelError: if its config cannot be read, or asks for what cannot be put on a base exactly, or at all.
    """
    config = read_config(folder / ADAPTER_CONFIG, name)
    _check_kind(config, name)
    unknown = [key for key, value in config.items() if value and key not in _HEEDED and key not in _OF_TRAINING]
    start = config.get("init_lora_weights", True)
    if not isinstance(start, str | bool) or start not in _STARTS_THAT_KEEP_THE_BASE:
        unknown.append(f"init_lora_weights = {start}")
    if unknown:
        raise ModelError(
            f"the adapter uses {listed(unknown)}, which cannot be put on its base model exactly here.",
            where=name,
            do=_MERGE,
        )
    base, revision = config.get("base_model_name_or_path"), config.get("revision")
    if not isinstance(base, str) or not base.strip():
        raise ModelError(
            f"its {ADAPTER_CONFIG} does not say which model it is for.",
            where=name,
            do="Write the hub id or the folder of its base model there, as base_model_name_or_path.",
        )
    pattern = config.get("rank_pattern") or {}
    ranks = [config.get("r", 8), *(pattern.values() if isinstance(pattern, dict) else [None])]
    if not all(type(rank) is int and rank > 0 for rank in ranks):
        raise ModelError(
            f"its {ADAPTER_CONFIG} gives no rank (r) above 0.", where=name, do="Download or save the adapter again."
        )
    settings = {key: config[key] for key in _HEEDED if key in config}
    return AdapterConfig(base, revision if isinstance(revision, str) else "", tuple(sorted(set(ranks))), settings)


def check_adapter_weights(folder: Path, name: str) -> None:
    """Refuse an adapter without weights that can be read safely.

    Raises:
        ModelError: if there are none, or in pickle form only.
    """
    if not (folder / ADAPTER_WEIGHTS).is_file():
        pickled = any(folder.glob("*.bin")) or any(folder.glob("*.pt"))
        raise ModelError(
            "the adapter has weights in pickle form only, which can run code when they are read."
            if pickled
            else f"the adapter has no weights ({ADAPTER_WEIGHTS}).",
            where=name,
            do="Save it with safe serialization, which is peft's default.",
        )


_MERGE = (
    "Merge it into its base model with peft (merge_and_unload), save that with its tokenizer, and give that folder."
)


def _check_kind(config: dict[str, Any], name: str) -> None:
    """Only LoRA, for models that write: every other method has weights and settings of its own, and no test here."""
    kind, task = config.get("peft_type"), config.get("task_type")
    if kind != "LORA":
        raise ModelError(f"the adapter is of the type {quoted(str(kind))}, not LORA.", where=name, do=_MERGE)
    if task == "SEQ_CLS":
        raise ModelError(
            "the adapter is for a classifier (task_type SEQ_CLS), not for a model that writes.",
            where=name,
            do="Merge it into its base model with peft (merge_and_unload), save that, and give it as encoder:FOLDER.",
        )
    if task not in ("CAUSAL_LM", None):
        raise ModelError(
            f"the adapter is for the task {quoted(str(task))}, not for a model that continues a text (CAUSAL_LM).",
            where=name,
            do="Choose an adapter of a causal language model.",
        )
