"""How much memory a device has left; a batch that does not fit is run in smaller ones, and that is noted."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch

SHARE = 0.5
"""Share of a device's free memory that one batch may take."""

_AVAILABLE = re.compile(r"^MemAvailable: *(\d+) kB", re.MULTILINE)

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass
class Shortage:
    """What a device's memory was too short for, in the batches of one run.

    Attributes:
        halvings: how often a batch was halved.
        asked: the number of items of the largest batch that was.
        fitted: the number of items of the smallest that was run instead.
        most: so many items are tried at once from now on, since more ran out of memory; None while none did.
    """

    halvings: int = 0
    asked: int = 0
    fitted: int = 0
    most: int | None = None

    def halve(self, n_items: int) -> int:
        """Note that a batch does not fit; the number of items in its larger half."""
        half = (n_items + 1) // 2
        self.halvings += 1
        self.asked = max(self.asked, n_items)
        self.fitted = min(self.fitted or half, half)
        return half

    def facts(self) -> dict[str, str]:
        """For the metadata of a run; empty if all batches fitted."""
        if not self.halvings:
            return {}
        return {
            "batches_halved": str(self.halvings),
            "batch_too_large": str(self.asked),
            "batch_that_fits": str(self.fitted),
        }


def in_memory(
    items: Sequence[Item],
    run: Callable[[Sequence[Item]], list[Result]],
    device: torch.device,
    bytes_for: Callable[[Sequence[Item]], float] = lambda items: 0.0,
    shortage: Shortage | None = None,
) -> list[Result]:
    """Run all items at once, or in parts if they would take, or took, too much memory.

    Args:
        items: a batch.
        run: returns one result for each item, in order.
        device: where it runs.
        bytes_for: an estimate of what the items take.
        shortage: is told what did not fit, and remembers for later batches how much does.

    Raises:
        RuntimeError: if not even one item fits; on an accelerator, torch.OutOfMemoryError.
    """
    shortage = Shortage() if shortage is None else shortage
    if shortage.most is None or len(items) <= shortage.most:
        if len(items) <= 1 or bytes_for(items) <= SHARE * free_memory(device):
            try:
                return run(items)
            except RuntimeError as error:
                if not is_out_of_memory(error) or len(items) <= 1:
                    raise
            shortage.most = size = shortage.halve(len(items))
            if device.type != "cpu":
                torch.accelerator.empty_cache()
        else:
            size = shortage.halve(len(items))
    else:
        size = shortage.most
    parts = [items[start : start + size] for start in range(0, len(items), size)]
    return [result for part in parts for result in in_memory(part, run, device, bytes_for, shortage)]


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device has run out of memory; on a CPU that is a plain RuntimeError."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def free_memory(device: torch.device) -> float:
    """Bytes that a device has left; infinite if the system does not tell."""
    if device.type == "cuda":
        free = torch.cuda.mem_get_info(device)[0]
        # What the allocator keeps for later is free as well.
        return float(free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device))
    if device.type == "xpu":
        return float(torch.accelerator.get_memory_info(device)[0])
    return main_memory()


def main_memory(root: Path = Path("/")) -> float:
    """Bytes of main memory that this process can still take; infinite if the system does not tell.

    Args:
        root: where the system's files are.
    """
    return min(_of_the_machine(root), _of_the_container(root / "sys/fs/cgroup"))


def _of_the_machine(root: Path) -> float:
    try:
        available = _AVAILABLE.search((root / "proc/meminfo").read_text())
        if available:  # Linux: what is kept of files counts as well, since it makes room
            return float(int(available[1]) * 1024)
    except OSError:
        pass
    try:
        return float(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return math.inf


def _of_the_container(group: Path) -> float:
    """What a container's limit leaves: beyond it the process is killed without a word."""
    try:
        limit = int((group / "memory.max").read_text())  # "max" where there is no limit
        used = int((group / "memory.current").read_text())
        kept_of_files = re.search(r"^inactive_file (\d+)", (group / "memory.stat").read_text(), re.MULTILINE)
    except (OSError, ValueError):
        return math.inf
    return float(max(0, limit - used + (int(kept_of_files[1]) if kept_of_files else 0)))
