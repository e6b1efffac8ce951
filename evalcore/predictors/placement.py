"""Where a model on this machine computes, and in what number format."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from evalcore.errors import ModelError
from evalcore.store import RunSpec

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
    here = accelerator()
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


def devices(at: Placement) -> list[torch.device]:
    """The devices that hold a model's weights; of a spread one, all of that kind: the main memory is no device."""
    if not at.spread:
        return [at.device]
    if at.device.type == "cpu":
        return []
    return [torch.device(at.device.type, index) for index in range(torch.accelerator.device_count())]


def accelerator() -> torch.device:
    """This machine's accelerator, or else its CPU."""
    return torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")
