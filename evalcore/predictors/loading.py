"""A model's files -> the model in memory: device and number format, whether it fits, what went wrong.

Both kinds of transformers models on this machine are loaded here: those that write, and those that classify.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING

import torch

from evalcore.errors import ModelError, OutOfMemory, listed
from evalcore.predictors.adapter import require_peft, with_adapter
from evalcore.predictors.architecture import check_that_it_writes
from evalcore.predictors.chat import ChatRenderer, load_tokenizer
from evalcore.predictors.engines.memory import free_memory, is_out_of_memory
from evalcore.predictors.handle import OnPhase
from evalcore.predictors.source import ModelSource, download
from evalcore.store import RunSpec

if TYPE_CHECKING:
    from pathlib import Path

    from transformers import GenerationConfig, PreTrainedModel

ROOM = 1.5
"""So many times the memory of a model's weights is free before it is loaded beside another one."""

_BFLOAT16_SINCE = (8, 0)
"""CUDA compute capability from which bfloat16 is a native format; a T4 has (7, 5)."""


@dataclass(frozen=True)
class Placement:
    """Where a model computes, and in what number format.

    Attributes:
        device: the device; of a spread model, the one that is given the prompts.
        dtype: the format of its weights.
        spread: whether its layers lie on all GPUs and, where these are full, in the main memory.
    """

    device: torch.device
    dtype: torch.dtype
    spread: bool = False

    @property
    def device_name(self) -> str:
        """A part of the identity: the kind of device, since another one rounds otherwise."""
        return f"spread {self.device.type}" if self.spread else self.device.type

    @property
    def dtype_name(self) -> str:
        """`float32`, `bfloat16`, ..."""
        return str(self.dtype).removeprefix("torch.")


def placement(spec: RunSpec) -> Placement:
    """The device and the number format that a spec asks for: as asked, or chosen.

    The device need not be here: what a run is can be said, and looked up, without it. float32 is chosen on a CPU,
    float16 on older CUDA devices and Apple's, bfloat16 on the others.

    Raises:
        ModelError: if the format depends on a device that is not here.
    """
    here = torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")
    device = here if spec.device in ("auto", "spread") else torch.device(spec.device)
    if spec.dtype != "auto":
        dtype = getattr(torch, spec.dtype)
    elif device.type == "cpu":
        dtype = torch.float32
    elif device.type == "mps":
        dtype = torch.float16
    elif device.type == "cuda" and here.type != "cuda":
        raise ModelError(
            "this machine has no CUDA device, so the number format that suits it is not known.",
            where=spec.model,
            do="Give --dtype bfloat16 (or float16, for a GPU older than Ampere).",
        )
    elif device.type == "cuda" and torch.cuda.get_device_capability() < _BFLOAT16_SINCE:
        dtype = torch.float16
    else:
        dtype = torch.bfloat16
    return Placement(device, dtype, spec.device == "spread")


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
    folders = [download(part, on_phase) for part in source.parts]
    check_that_it_writes(folders[-1], source.parts[-1].name)
    on_phase("loading the model")
    tokenizer = load_tokenizer(*folders)
    model = load_weights(folders[-1], source.parts[-1].name, at)
    metadata = {}
    if source.base is not None:
        on_phase("putting the adapter on its base model")
        try:
            model, metadata["adapter"] = with_adapter(model, folders[0], source.name, source.base.name)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            raise out_of_memory(error, source.name, "Choose a smaller model or a shorter number format.") from error
    on_phase("warming up")
    return Loaded(model, ChatRenderer(tokenizer), model.generation_config, metadata)


def fits_beside(source: ModelSource, at: Placement) -> bool:
    """Whether a model fits into the memory that is left, with room to work; False if its files are not there yet."""
    folders = [part.folder for part in source.parts if part.folder is not None]
    if len(folders) < len(source.parts):
        return False
    on_disk = sum(file.stat().st_size for folder in folders for file in folder.glob("*.safetensors"))
    in_memory = on_disk * max(1, at.dtype.itemsize // torch.float16.itemsize)  # as if they held 16 bits a number
    return ROOM * in_memory <= free_memory(at.device)


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
        model, found = of_class.from_pretrained(
            str(folder), dtype=at.dtype, local_files_only=True, use_safetensors=True, output_loading_info=True
        )
        _check_that_all_are_there(found["missing_keys"], name)
        placed: PreTrainedModel = model.to(at.device).eval()
        return placed
    except ModelError:
        raise
    except Exception as error:  # safetensors, config and architecture errors have no common base
        if is_out_of_memory(error):
            raise out_of_memory(error, name, "Choose a smaller model or a shorter number format.") from error
        raise ModelError(
            f"the model cannot be loaded ({(str(error).strip().splitlines() or [type(error).__name__])[0]}).",
            where=name,
            do="Check that its files are whole; download or save it again.",
        ) from error


def _check_that_all_are_there(missing: Collection[str], name: str) -> None:
    """The library gives weights that are in no file random values, and only warns: the answers would be noise."""
    if missing:
        raise ModelError(
            f"its files lack weights ({listed(sorted(missing))}): it would answer at random.",
            where=name,
            do="Check that it was trained for this use and saved as a whole.",
        )


def out_of_memory(error: BaseException, model: str, do: str) -> OutOfMemory:
    """The error for a device without enough memory; it says how much is free."""
    free = ""
    device = torch.accelerator.current_accelerator(check_available=True)
    if device is not None and device.type == "cuda":
        left, total = torch.cuda.mem_get_info()
        free = f" {left / 1e9:.1f} of {total / 1e9:.1f} GB are free."
    asked = (str(error).strip().splitlines() or [""])[0]
    return OutOfMemory(f"out of memory ({asked}).{free}", where=model, do=do)
