"""How fast this machine is: measured once, and kept in the cache folder until the device or its software is another."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evalcore.predictors.forecast import Speed
from evalcore.store import Store, replace_file

CALIBRATION = "calibration.json"
"""The file in the cache folder."""

_measured: dict[str, Calibration] = {}
"""What this process has measured or read, by what it is of: a folder that cannot be written keeps nothing."""


@dataclass(frozen=True)
class Calibration:
    """The speed of a device in a number format.

    Attributes:
        device: its name.
        speed: as it was measured.
        at: when (seconds since 1970).
    """

    device: str
    speed: Speed
    at: float


def device_name(kind: str) -> str:
    """What the device of this kind is called, with what else decides its speed; empty if there is none here."""
    import torch

    from evalcore.predictors.engines.speed import device_title

    device = torch.device(kind)
    if device.type != "cpu" and torch.accelerator.current_accelerator(check_available=True) != device:
        return ""
    return device_title(device)


def calibrate(kind: str, dtype: str, store: Store, on_phase: Callable[[str], None]) -> Calibration | None:
    """How fast a device is; measured in about a second unless it is known.

    Args:
        kind: `cpu`, `cuda`, ...
        dtype: `float32`, ...
        store: where it is kept.
        on_phase: told what is being done.

    Returns:
        None if there is no such device here.
    """
    import torch

    from evalcore.predictors.engines.speed import measured

    device = device_name(kind)
    if not device:
        return None
    name = f"{device}, {dtype}, torch {torch.__version__}"
    path = store.folder / CALIBRATION
    known = _measured.get(name) or _read(path).get(name)
    if known is None:
        on_phase("measuring how fast this device is")
        known = Calibration(device, measured(torch.device(kind), getattr(torch, dtype)), time.time())
        if not store.read_only:
            _write(path, {**_read(path), name: known})
    _measured[name] = known
    return known


def busy(kind: str) -> float:
    """How many times as long work takes now because of other processes; 1 where that cannot be known."""
    if kind != "cpu" or not hasattr(os, "getloadavg"):
        return 1.0
    return max(1.0, (os.getloadavg()[0] + 1) / (os.cpu_count() or 1))


def _read(path: Path) -> dict[str, Calibration]:
    """What a file holds; nothing if there is none, it is damaged, or a newer version wrote it."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {name: _calibration_of(fields) for name, fields in found.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _calibration_of(fields: dict[str, Any]) -> Calibration:
    speed = Speed(**{name: float(value) for name, value in fields["speed"].items()})
    if not all(0 < value < float("inf") for value in asdict(speed).values()):
        raise ValueError("a speed that is none")
    return Calibration(str(fields["device"]), speed, float(fields["at"]))


def _write(path: Path, calibrations: dict[str, Calibration]) -> None:
    """Where it cannot be written, the speed is measured again another time."""
    with suppress(OSError):
        replace_file(path, json.dumps({name: asdict(one) for name, one in calibrations.items()}, indent=1))
