"""Whether there is room for a model: what memory its weights need and what is free, said before it is downloaded."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from evalcore.errors import ModelError, OutOfMemory, first_line
from evalcore.predictors.engines.memory import free_memory, is_out_of_memory, main_memory
from evalcore.predictors.files.sizes import check_disk, sizes
from evalcore.predictors.files.source import ModelSource
from evalcore.predictors.placement import Placement, accelerator, devices
from evalcore.wording import sized

ROOM = 1.5
"""So many times the memory that a model needs is free before it is loaded beside another one."""
TO_WORK = 1.05
"""So many times the memory of its weights a model needs at least, to answer one prompt after another."""
WHAT_FITS = (
    "Choose a shorter number format (--dtype), all GPUs and the main memory (--device spread), a smaller or a "
    "quantised model, or a server."
)
"""What helps where a model does not fit into the memory."""


def check_room(source: ModelSource, at: Placement) -> None:
    """Refuse a model that cannot be loaded here, before it is downloaded.

    Raises:
        ModelError: the device is not here, its files do not fit on the disk, or its weights not into the memory.
    """
    here = accelerator()
    if at.device.type not in ("cpu", here.type):
        raise ModelError(
            f"this machine has no device of the kind {at.device.type}.",
            where=source.name,
            do=f"Run it on a machine that has one, or choose the device {here.type}, which makes another run.",
        )
    needed = needed_bytes(source, at)
    if needed is not None and needed > free_bytes(at):
        raise OutOfMemory(
            f"it needs {needed_words(source, at)}, and {free_words(at)}.",
            where=source.name,
            do=WHAT_FITS,
        )
    check_disk(source)


def needed_bytes(source: ModelSource, at: Placement) -> int | None:
    """Memory that a model needs: its weights, and a little to work with; None if its size is not known."""
    known = [sizes(part) for part in source.parts]
    weights = [size.in_memory(at.dtype.itemsize) for size in known if size is not None]
    return int(TO_WORK * sum(weights)) if len(weights) == len(known) else None


def needed_words(source: ModelSource, at: Placement) -> str:
    """How much memory a model needs: a part of a sentence; empty if its size is not known."""
    needed = needed_bytes(source, at)
    return "" if needed is None else f"about {sized(needed)} of memory in {at.dtype_name}"


def fits_beside(source: ModelSource, at: Placement) -> bool:
    """Whether a model fits into the memory that is left, with room to work; False if its size is not known."""
    needed = needed_bytes(source, at)
    return needed is not None and ROOM * needed <= free_bytes(at)


def free_bytes(at: Placement) -> float:
    """Memory that is free where a model is to be; infinite if the system does not tell."""
    return sum(free_memory(device) for device in devices(at)) + (main_memory() if at.spread else 0.0)


def free_words(at: Placement) -> str:
    """How much memory is free, and whose it is: a part of a sentence."""
    whose = "GPU" if at.device.type != "cpu" else "main memory"
    if at.spread and at.device.type != "cpu":
        whose = "GPUs and the main memory together"
    of = "of the" if whose != "GPU" else "of the memory of the"
    return f"{sized(free_bytes(at))} {of} {whose} are free"


def out_of_memory(error: BaseException, model: str, do: str, device: torch.device) -> OutOfMemory:
    """The error for a device without enough memory; it says how much is free."""
    free = ""
    if device.type == "cuda":
        left, total = torch.cuda.mem_get_info(device)
        free = f" {left / 1e9:.1f} of {total / 1e9:.1f} GB are free."
    elif device.type == "cpu" and main_memory() < math.inf:
        free = f" {sized(main_memory())} of the main memory are free."
    return OutOfMemory(f"out of memory ({first_line(error)}).{free}", where=model, do=do)


@contextmanager
def saying_what_does_not_fit(model: str, do: str, device: torch.device) -> Iterator[None]:
    """Within this context, running out of a device's memory raises OutOfMemory. Arguments as `out_of_memory` takes."""
    try:
        yield
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise out_of_memory(error, model, do, device) from error
