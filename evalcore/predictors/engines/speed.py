"""How fast a device is, measured in less than a second: matrix products, reading weights, small operations."""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Callable
from pathlib import Path

import torch

from evalcore.predictors.forecast import Speed

_READ_BYTES = 2**28
"""Larger than the caches of a processor."""
_READ_ROWS = 2**13
_WIDTH = 1024
_FEW = 64
"""Rows and columns of small operations: enough for two threads to have to wait for each other."""
_SMALL = 100
"""Number of small operations that are timed together."""
_LIMIT_S, _MOST_TIMES = 0.3, 8


def matrix_speed(device: torch.device, dtype: torch.dtype, width: int, times: int) -> float:
    """Floating-point operations a second of the fastest of some square matrix products.

    Args:
        device, dtype: where, and in what number format.
        width: rows and columns of the matrices.
        times: number of products.
    """
    a, b = (torch.randn(width, width, device=device).to(dtype) for _ in range(2))
    return 2.0 * width**3 / min(_timed(lambda: a @ b, device, times, math.inf, time.perf_counter))


def measured(device: torch.device, dtype: torch.dtype) -> Speed:
    """How fast a device is in a number format, in the time that it gives to this process: other work does not count."""
    rows = torch.ones(_READ_BYTES // dtype.itemsize // _READ_ROWS, _READ_ROWS, device=device, dtype=dtype)
    column = torch.ones(_READ_ROWS, device=device, dtype=dtype)
    a, b = (torch.ones(_WIDTH, _WIDTH, device=device, dtype=dtype) for _ in range(2))
    few = torch.ones(_FEW, _FEW, device=device, dtype=dtype)

    def small() -> None:
        for _ in range(_SMALL // 2):
            few @ few + few

    # The time of this thread goes on while it waits for its other threads, and stops while other work has its core.
    clock = time.thread_time if device.type == "cpu" else time.perf_counter

    def fastest(run: Callable[[], object]) -> float:
        return min(_timed(run, device, _MOST_TIMES, _LIMIT_S, clock))

    with torch.inference_mode():
        return Speed(
            operations=2.0 * _WIDTH**3 / fastest(lambda: a @ b),
            bytes=_READ_BYTES / fastest(lambda: rows @ column),
            operation_s=fastest(small) / _SMALL,
        )


def _timed(
    run: Callable[[], object], device: torch.device, times: int, limit_s: float, clock: Callable[[], float]
) -> list[float]:
    """Seconds of each of some runs, but for the first, which warms up."""
    found: list[float] = []
    until = time.perf_counter() + limit_s
    while len(found) <= times and (len(found) < 2 or time.perf_counter() < until):
        wait(device)
        started = clock()
        run()
        wait(device)
        found.append(clock() - started)
    return found[1:]


def wait(device: torch.device) -> None:
    """Until an accelerator has done what it was given."""
    if device.type != "cpu":
        torch.accelerator.synchronize()


def device_title(device: torch.device) -> str:
    """What a device is called, so that its speed is measured anew on another one: with the number of its threads."""
    if device.type == "cuda":
        return torch.cuda.get_device_name()
    return f"{_processor()}, {torch.get_num_threads()} threads" if device.type == "cpu" else device.type.upper()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
