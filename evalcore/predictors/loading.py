"""A model's files -> the model in memory, on its device and in its number format; what went wrong.

Both kinds of transformers models on this machine are loaded here: those that write, and those that classify.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import torch

from evalcore.errors import ModelError, OutOfMemory, first_line, listed
from evalcore.extras import require
from evalcore.predictors import quantised
from evalcore.predictors.adapter import with_adapter
from evalcore.predictors.chat import ChatRenderer, load_tokenizer
from evalcore.predictors.engines.memory import free_memory, is_out_of_memory, main_memory
from evalcore.predictors.files.adapter_config import require_peft
from evalcore.predictors.files.architecture import check_that_it_writes
from evalcore.predictors.files.source import ModelSource, download
from evalcore.predictors.handle import OnPhase
from evalcore.predictors.placement import Placement, devices
from evalcore.predictors.room import (
    WHAT_FITS,
    check_room,
    free_words,
    needed_words,
    out_of_memory,
    saying_what_does_not_fit,
)

if TYPE_CHECKING:
    from pathlib import Path

    from transformers import GenerationConfig, PreTrainedModel

FILLED = 0.85
"""Share of each device's free memory that the layers of a spread model may take; the rest is for the batches."""


def metadata(at: Placement) -> dict[str, str]:
    """Device and versions, for display; they decide nothing."""
    has_name = at.device.type == "cuda" and torch.cuda.is_available()
    return {
        "device": torch.cuda.get_device_name() if has_name else at.device_name.upper(),
        "dtype": at.dtype_name,
        "torch": torch.__version__,
        "transformers": version("transformers"),
    }


@dataclass(frozen=True)
class Loaded:
    """A model in memory, whatever it will be asked.

    Attributes:
        model: with its weights.
        renderer: of its tokenizer.
        shipped: the settings of decoding that it came with.
        metadata: what is known of it now that it is loaded, for display.
    """

    model: PreTrainedModel
    renderer: ChatRenderer
    shipped: GenerationConfig | None
    metadata: Mapping[str, str] = field(default_factory=dict)


def load(source: ModelSource, at: Placement, on_phase: OnPhase) -> Loaded:
    """Load a model's weights and tokenizer, downloading them first if necessary; an adapter is put on its base.

    Raises:
        ModelError: if it cannot be downloaded or read, or does not fit into memory.
    """
    if source.base is not None:
        require_peft()  # before anything is downloaded
    check_room(source, at)
    folders = [download(part, on_phase) for part in source.parts]
    check_that_it_writes(folders[-1], source.parts[-1].name)
    on_phase("loading the model")
    tokenizer = load_tokenizer(*folders)
    model = load_weights(folders[-1], source.parts[-1].name, at)
    metadata = {}
    if source.base is not None:
        on_phase("putting the adapter on its base model")
        with saying_what_does_not_fit(source.name, "Choose a smaller model or a shorter number format.", at.device):
            model, metadata["adapter"] = with_adapter(model, folders[0], source.name, source.base.name)
    on_phase("warming up")
    return Loaded(model, ChatRenderer(tokenizer), model.generation_config, metadata)


def load_weights(folder: Path, name: str, at: Placement, *, classifies: bool = False) -> PreTrainedModel:
    """A model from safetensors files, on the device, in the number format.

    Args:
        classifies: whether it is loaded with the head of a classifier, and not of a model that writes.

    Raises:
        ModelError: if it cannot be read, lacks weights, or does not fit into memory.
    """
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        of_class = AutoModelForSequenceClassification if classifies else AutoModelForCausalLM
        config = quantised.config_of(folder, name, at.dtype)
        model, found = of_class.from_pretrained(
            str(folder),
            dtype=at.dtype,
            local_files_only=True,
            use_safetensors=True,
            output_loading_info=True,
            **({} if config is None else {"config": config}),
            **_on_devices(at, is_quantised=config is not None),
        )
        _check_that_all_are_there(found["missing_keys"], name)
        if config is not None:
            quantised.in_one_format(model, at.dtype)
        elif not hasattr(model, "hf_device_map"):
            model = model.to(at.device)
    except ModelError:
        raise
    except Exception as error:  # safetensors, config and architecture errors have no common base
        if is_out_of_memory(error):
            needed = needed_words(ModelSource(name, "", folder), at)
            do = f"It needs {needed}. {WHAT_FITS}" if needed else WHAT_FITS
            raise out_of_memory(error, name, do, at.device) from error
        incomplete = isinstance(error, ImportError)
        do = "Install what it names." if incomplete else "Check that its files are whole; download or save it again."
        raise ModelError(f"the model cannot be loaded ({first_line(error)}).", where=name, do=do) from error
    if "disk" in getattr(model, "hf_device_map", {}).values():
        # It would be read once for each token: hours, without a word.
        raise OutOfMemory(
            f"not all of its layers fit into the memory: {free_words(at)}, of which the batches need a part.",
            where=name,
            do="Choose a shorter number format (--dtype), a smaller or a quantised model, or a server.",
        )
    placed: PreTrainedModel = model.eval()
    return placed


def _on_devices(at: Placement, *, is_quantised: bool) -> dict[str, Any]:
    """What tells transformers where a model's layers go; empty if they go into the main memory first.

    Raises:
        ModelError: if it is to be spread, and accelerate is not installed.
    """
    if at.spread:
        require("accelerate", "large", "A model that is spread over devices")
        most: dict[int | str, int] = {device.index: int(FILLED * free_memory(device)) for device in devices(at)}
        if main_memory() != float("inf"):
            most["cpu"] = int(FILLED * main_memory())
        return {"device_map": "auto", "max_memory": most}
    if is_quantised or (at.device.type != "cpu" and find_spec("accelerate") is not None):
        return {"device_map": {"": at.device}}  # straight to the device, without a copy in the main memory
    return {}


def _check_that_all_are_there(missing: Collection[str], name: str) -> None:
    """The library gives weights that are in no file random values, and only warns: the answers would be noise."""
    if missing:
        raise ModelError(
            f"its files lack weights ({listed(sorted(missing))}): it would answer at random.",
            where=name,
            do="Check that it was trained for this use and saved as a whole.",
        )
