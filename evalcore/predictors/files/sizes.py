"""How large a model is, known before it is downloaded: bytes to fetch, and the numbers that its weights hold.

Nothing here imports torch.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from math import prod
from pathlib import Path
from typing import Any

from evalcore.errors import ModelError
from evalcore.predictors.files.adapter_config import ADAPTER_CONFIG
from evalcore.predictors.files.fingerprint import WANTED_FILES
from evalcore.predictors.files.hub import cached_file
from evalcore.predictors.files.source import ModelSource
from evalcore.wording import sized

FLOATS: Mapping[str, int] = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
"""Bytes of the formats that are converted when a model is loaded in another one, as safetensors files name them."""

_LOADED = re.compile(r"model(-\d+-of-\d+)?\.safetensors")
_INFO_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Sizes:
    """How large a model is.

    Attributes:
        to_download: bytes of its files that are not on this machine yet.
        weights: bytes of the files that are loaded.
        numbers: how many numbers the files hold, by format; empty if that is not known.
        quantised: whether the weights are in a format of few bits, which is kept when they are loaded.
    """

    to_download: int
    weights: int
    numbers: Mapping[str, int] = field(default_factory=dict)
    quantised: bool = False

    def in_memory(self, itemsize: int) -> int:
        """Bytes of the weights once they are loaded.

        Args:
            itemsize: bytes of a number in the format that is asked for.
        """
        if not self.numbers:
            as_16_bits = max(1.0, itemsize / FLOATS["BF16"])
            return int(self.weights * (1 if self.quantised else as_16_bits))
        more = sum(n * (itemsize - FLOATS[name]) for name, n in self.numbers.items() if name in FLOATS)
        return self.weights + (max(0, more) if self.quantised else more)


def sizes(source: ModelSource) -> Sizes | None:
    """How large a model is: by its files or, where they are not here yet, by what the hub says of them.

    Returns:
        None if it cannot be known now: the hub does not answer or does not tell, or a file is spoilt. What is wrong is
        then said by what needs the files.
    """
    folder = source.folder or _downloaded(source)
    return _of_folder(folder) if folder is not None else _of_hub(source)


def check_disk(source: ModelSource) -> None:
    """Refuse a download that does not fit on the disk.

    Raises:
        ModelError: if it needs more than is free.
    """
    known = [sizes(part) for part in source.parts]
    needed = sum(size.to_download for size in known if size is not None)
    if needed and needed > free_disk():
        raise ModelError(
            f"its files need {sized(needed)} of disk, and {sized(free_disk())} are free in {_cache()}.",
            where=source.name,
            do="Make room, or set HF_HOME to a folder on another disk.",
        )


def free_disk() -> int:
    """Bytes that are free where models are downloaded to."""
    folder = _cache()
    return shutil.disk_usage(next(one for one in (folder, *folder.parents) if one.is_dir())).free


def _cache() -> Path:
    from huggingface_hub.constants import HF_HUB_CACHE

    return Path(HF_HUB_CACHE)


def _of_folder(folder: Path) -> Sizes | None:
    from safetensors import SafetensorError, safe_open

    files = [folder / name for name in _loaded(file.name for file in folder.glob("*.safetensors"))]
    numbers: Counter[str] = Counter()
    try:
        for file in files:
            with safe_open(file, framework="np") as tensors:
                for name in tensors.keys():  # noqa: SIM118 - it is no mapping
                    one = tensors.get_slice(name)
                    numbers[one.get_dtype()] += prod(one.get_shape())
        about = folder / "config.json"
        config = json.loads(about.read_text(encoding="utf-8")) if about.exists() else {}  # an adapter has none
        weights = sum(file.stat().st_size for file in files)
    except (OSError, ValueError, SafetensorError):
        return None
    return Sizes(0, weights, numbers, _is_quantised(config))


def _of_hub(source: ModelSource) -> Sizes | None:
    from huggingface_hub import HfApi

    repo, _, commit = source.fingerprint.partition("@")
    try:
        info = HfApi().model_info(repo, revision=commit, files_metadata=True, timeout=_INFO_TIMEOUT_S)
    except Exception:  # the hub's client raises errors of several libraries; the download says what is wrong
        return None
    size_of = {
        file.rfilename: file.size
        for file in info.siblings or []
        if file.size is not None and any(fnmatch(file.rfilename, pattern) for pattern in WANTED_FILES)
    }
    weights = sum(size_of[name] for name in _loaded(size_of))
    if not weights:  # not every server that speaks the hub's protocol tells sizes
        return None
    to_download = sum(size for name, size in size_of.items() if _here(source, name) is None)
    numbers = info.safetensors.parameters if info.safetensors is not None else {}
    return Sizes(to_download, weights, numbers, _is_quantised(info.config))


def _loaded(names: Iterable[str]) -> list[str]:
    """Of the names of a model's files those of the weights that are loaded: some hold the same weights once more."""
    weights = [name for name in names if name.endswith(".safetensors")]
    return [name for name in weights if _LOADED.fullmatch(name)] or weights


def _is_quantised(config: Any) -> bool:
    return isinstance(config, dict) and bool(config.get("quantization_config"))


def _downloaded(source: ModelSource) -> Path | None:
    """The folder in the library's cache that holds a model's config and all of its weights; None if there is none."""
    config = _here(source, "config.json") or _here(source, ADAPTER_CONFIG)
    index = _here(source, "model.safetensors.index.json")
    if config is None:
        return None
    if index is None:
        return config.parent if any(config.parent.glob("*.safetensors")) else None
    try:
        names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None
    return config.parent if all((config.parent / str(name)).is_file() for name in names) else None


def _here(source: ModelSource, name: str) -> Path | None:
    """A file of a model of the hub in the library's cache; None if it is not there."""
    repo, _, commit = source.fingerprint.partition("@")
    return cached_file(repo, commit, name)
