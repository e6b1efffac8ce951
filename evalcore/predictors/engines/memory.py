"""How much memory a device has left; a batch that does not fit is run in halves."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import torch

SHARE = 0.5
"""Share of a device's free memory that one batch may take."""

_AVAILABLE = re.compile(r"^MemAvailable: *(\d+) kB", re.MULTILINE)

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_memory(
    items: Sequence[Item],
    run: Callable[[Sequence[Item]], list[Result]],
    device: torch.device,
    bytes_for: Callable[[Sequence[Item]], float] = lambda items: 0.0,
) -> list[Result]:
    """Run all items at once, or in halves if they would take, or took, too much memory.

    Args:
        items: a batch.
        run: returns one result for each item, in order.
        device: where it runs.
        bytes_for: an estimate of what the items take.

    Raises:
        RuntimeError: if not even one item fits; on an accelerator, torch.OutOfMemoryError.
    """
    if len(items) <= 1 or bytes_for(items) <= SHARE * free_memory(device):
        try:
            return run(items)
        except RuntimeError as error:
            if not is_out_of_memory(error) or len(items) <= 1:
                raise
        if device.type == "cuda":
            torch.cuda.empty_cache()
    middle = len(items) // 2
    halves = (items[:middle], items[middle:])
    return [result for half in halves for result in in_memory(half, run, device, bytes_for)]


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device has run out of memory; on a CPU that is a plain RuntimeError."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def free_memory(device: torch.device) -> float:
    """Bytes that a device has left; infinite if the system does not tell."""
    if device.type == "cuda":
        return float(torch.cuda.mem_get_info(device)[0])
    try:
        available = _AVAILABLE.search(Path("/proc/meminfo").read_text())
        if available:  # Linux: what is kept of files counts as well, since it makes room
            return float(int(available[1]) * 1024)
    except OSError:
        pass
    try:
        return float(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return math.inf
