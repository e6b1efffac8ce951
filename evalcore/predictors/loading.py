"""A model's files -> the model in memory: device and number format, whether it fits, what went wrong.

Both kinds of transformers models on this machine are loaded here: those that write, and those that classify.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import torch

from evalcore.errors import ModelError, OutOfMemory, first_line
from evalcore.extras import require
from evalcore.predictors import quantised
from evalcore.predictors.chat import ChatRenderer, load_tokenizer
from evalcore.predictors.engines.memory import free_memory, is_out_of_memory, main_memory
from evalcore.predictors.handle import OnPhase
from evalcore.predictors.sizes import check_disk, sizes
from evalcore.predictors.source import ModelSource, download
from evalcore.store import RunSpec

if TYPE_CHECKING:
    from pathlib import Path

    from transformers import GenerationConfig, PreTrainedModel

ROOM = 1.5
"""So many times the memory of a model's weights is free before it is loaded beside another one."""
TO_WORK = 1.05
"""So many times the memory of its weights a model needs at least, to answer one prompt after another."""
FILLED = 0.85
"""Share of each device's free memory that the layers of a spread model may take; the rest is for the batches."""

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
    here = _accelerator()
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
    """

    model: PreTrainedModel
    renderer: ChatRenderer
    shipped: GenerationConfig | None


def load(source: ModelSource, at: Placement, on_phase: OnPhase) -> Loaded:
    """Load a model's weights and tokenizer, downloading them first if necessary.

    Raises:
        ModelError: if it cannot be downloaded or read, or does not fit into memory.
    """
    check_room(source, at)
    folder = download(source, on_phase)
    on_phase("loading the model")
    tokenizer = load_tokenizer(folder)
    model = load_weights(folder, source.name, at)
    on_phase("warming up")
    return Loaded(model, ChatRenderer(tokenizer), model.generation_config)


def fits_beside(source: ModelSource, at: Placement) -> bool:
    """Whether a model fits into the memory that is left, with room to work; False if its files are not there yet."""
    if source.folder is None:
        return False
    on_disk = sum(file.stat().st_size for file in source.folder.glob("*.safetensors"))
    in_memory = on_disk * max(1, at.dtype.itemsize // torch.float16.itemsize)  # as if they held 16 bits a number
    return ROOM * in_memory <= free_memory(at.device)


def check_room(source: ModelSource, at: Placement) -> None:
    """Refuse a model that cannot be loaded here, before it is downloaded.

    Raises:
        ModelError: the device is not here, its files do not fit on the disk, or its weights not into the memory.
    """
    here = _accelerator()
    if at.device.type not in ("cpu", here.type):
        raise ModelError(
            f"this machine has no device of the kind {at.device.type}.",
            where=source.name,
            do=f"Run it on a machine that has one, or choose the device {here.type}, which makes another run.",
        )
    needed = needed_bytes(source, at)
    if needed is not None and needed > free_bytes(at):
        raise OutOfMemory(
            f"it needs about {needed / 1e9:.1f} GB of memory in {at.dtype_name}, and {_free(at)}.",
            where=source.name,
            do=_WHAT_FITS,
        )
    check_disk(source)


def needed_bytes(source: ModelSource, at: Placement) -> int | None:
    """Memory that a model needs: its weights, and a little to work with; None if its size is not known."""
    known = sizes(source)
    return None if known is None else int(TO_WORK * known.in_memory(at.dtype.itemsize))


def free_bytes(at: Placement) -> float:
    """Memory that is free where a model is to be; infinite if the system does not tell."""
    return sum(free_memory(device) for device in _devices(at)) + (main_memory() if at.spread else 0.0)


def _free(at: Placement) -> str:
    """How much memory is free, and whose it is, as a part of a sentence."""
    whose = "GPU" if at.device.type != "cpu" else "main memory"
    if at.spread and at.device.type != "cpu":
        whose = "GPUs and the main memory together"
    of = "of the" if whose != "GPU" else "of the memory of the"
    return f"{free_bytes(at) / 1e9:.1f} GB {of} {whose} are free"


def _devices(at: Placement) -> list[torch.device]:
    """The devices that hold a model's weights; of a spread one, all of that kind: the main memory is no device."""
    if not at.spread:
        return [at.device]
    if at.device.type == "cpu":
        return []
    return [torch.device(at.device.type, index) for index in range(torch.accelerator.device_count())]


def _accelerator() -> torch.device:
    """This machine's accelerator, or else its CPU."""
    return torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")


_WHAT_FITS = (
    "Choose a shorter number format (--dtype), all GPUs and the main memory (--device spread), a smaller or a "
    "quantised model, or a server."
)


def load_weights(folder: Path, name: str, at: Placement) -> PreTrainedModel:
    """A model from safetensors files, on the device, in the number format.

    Raises:
        ModelError: if it cannot be read, or does not fit into memory.
    """
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        config = quantised.config_of(folder, at.dtype)
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            str(folder),
            dtype=at.dtype,
            local_files_only=True,
            use_safetensors=True,
            **({} if config is None else {"config": config}),
            **_on_devices(at, is_quantised=config is not None),
        )
    except ModelError:
        raise
    except Exception as error:  # safetensors, config and architecture errors have no common base
        if is_out_of_memory(error):
            raise out_of_memory(error, name, _WHAT_FITS) from error
        incomplete = isinstance(error, ImportError)
        do = "Install what it names." if incomplete else "Check that its files are whole; download or save it again."
        raise ModelError(f"the model cannot be loaded ({first_line(error)}).", where=name, do=do) from error
    if "disk" in getattr(model, "hf_device_map", {}).values():
        # It would be read once for each token: hours, without a word.
        raise OutOfMemory(
            f"not all of its layers fit into the memory: {_free(at)}, of which the batches need a part.",
            where=name,
            do="Choose a shorter number format (--dtype), a smaller or a quantised model, or a server.",
        )
    if config is not None:
        quantised.in_one_format(model, at.dtype)
    elif not hasattr(model, "hf_device_map"):
        model = model.to(at.device)
    return model.eval()


def _on_devices(at: Placement, *, is_quantised: bool) -> dict[str, Any]:
    """What tells transformers where a model's layers go; empty if they go into the main memory first.

    Raises:
        ModelError: if it is to be spread, and accelerate is not installed.
    """
    if at.spread:
        require("accelerate", "large", "A model that is spread over devices")
        most: dict[int | str, int] = {device.index: int(FILLED * free_memory(device)) for device in _devices(at)}
        if main_memory() != float("inf"):
            most["cpu"] = int(FILLED * main_memory())
        return {"device_map": "auto", "max_memory": most}
    if is_quantised or (at.device.type != "cpu" and find_spec("accelerate") is not None):
        return {"device_map": {"": at.device}}  # straight to the device, without a copy in the main memory
    return {}


def out_of_memory(error: BaseException, model: str, do: str) -> OutOfMemory:
    """The error for a device without enough memory; it says how much is free."""
    free = ""
    device = torch.accelerator.current_accelerator(check_available=True)
    if device is not None and device.type == "cuda":
        left, total = torch.cuda.mem_get_info()
        free = f" {left / 1e9:.1f} of {total / 1e9:.1f} GB are free."
    return OutOfMemory(f"out of memory ({first_line(error)}).{free}", where=model, do=do)
