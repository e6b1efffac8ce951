"""Data sets of the Hugging Face hub, by name: `hub:OWNER/NAME[:CONFIG][@REVISION][#SPLIT]`.

A split is downloaded once, at one commit, and kept in the cache folder as a Parquet file, which is then read like any
other file: with the same limits, the same choice of columns, and without the network. Code of a data set is never run.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalcore.errors import DataError, first_line, listed, quoted
from evalcore.tasks import table
from evalcore.tasks.hub_errors import hub_errors
from evalcore.tasks.hub_name import HubName, parse_hub_name
from evalcore.wording import sized

if TYPE_CHECKING:
    from datasets import DatasetBuilder

HUB_FOLDER = "hub_data"
MAX_DOWNLOAD_BYTES = 1_000_000_000
"""Of the files of one configuration, all of its splits together: the library downloads these."""

_TIMEOUT_S = 20.0
_USUAL_SPLITS = ("test", "validation", "train")
_PLAIN = ("Value", "ClassLabel")
"""Kinds of columns that are kept: no pictures, sounds or lists."""


@dataclass(frozen=True)
class HubChoices:
    """What can be chosen of a data set.

    Attributes:
        name: the data set, pinned to a commit, with the configuration and split that are meant.
        configs: names of its configurations.
        splits: names of the splits of the configuration.
        columns: of its columns; empty if only a download tells.
        download_bytes: size of the files of the configuration; 0 if the hub does not say.
    """

    name: HubName
    configs: tuple[str, ...]
    splits: tuple[str, ...]
    columns: tuple[str, ...]
    download_bytes: int


def pinned(name: str) -> str:
    """The name with the commit that its revision is now. Asks the hub, unless it has a commit already.

    Raises:
        DataError: if the hub does not know it, or cannot be reached.
    """
    return str(_pinned(parse_hub_name(name)))


def hub_choices(name: str) -> HubChoices:
    """What can be chosen of a data set. Asks the hub, and downloads a few small files that describe it.

    Raises:
        DataError: if there is no such data set, configuration or split, or it cannot be had.
    """
    found = _pinned(parse_hub_name(name))
    sizes = _sizes(found)
    with hub_errors(found):
        import datasets

        configs = datasets.get_dataset_config_names(found.repo, revision=found.revision)
    if not found.config and len(configs) > 1 and "default" not in configs:
        found = replace(found, config=configs[0])
    builder = _builder(found)
    splits = tuple(_data_files(builder))
    found = replace(found, split=_split(found, splits))
    return HubChoices(
        found, tuple(configs), splits, tuple(builder.info.features or ()), _download_bytes(builder, sizes)
    )


def hub_file(name: HubName, cache: Path) -> Path | None:
    """The file in which a split of a pinned data set is kept; None if it was not downloaded yet."""
    path = _path(name, cache)
    return path if name.is_pinned and path.is_file() else None


def download(name: HubName, cache: Path) -> Path:
    """Download a split of a pinned data set, and keep it in the cache folder; what is there is not asked for again.

    Raises:
        DataError: if it cannot be had, is too large, or cannot be kept.
    """
    if (kept := hub_file(name, cache)) is not None:
        return kept
    sizes = _sizes(name)
    builder = _builder(name)
    split = _split(name, tuple(_data_files(builder)))
    size = _download_bytes(builder, sizes)
    if size > MAX_DOWNLOAD_BYTES:
        raise DataError(
            f"its files hold {sized(size)}; at most {sized(MAX_DOWNLOAD_BYTES)} are downloaded.",
            where=str(name),
            do="Take a smaller configuration, or a part of it as a file.",
        )
    path = _path(name, cache)
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            part = Path(folder) / "split.parquet"
            _write_split(name, split, Path(folder), part)
            part.chmod(0o600)
            os.replace(part, path)
    except OSError as error:
        raise DataError(
            f"it cannot be kept ({error.strerror}).", where=str(path.parent), do="Free some space."
        ) from error
    return path


def _write_split(name: HubName, split: str, folder: Path, part: Path) -> None:
    import datasets
    import pyarrow

    with hub_errors(name):
        datasets.disable_progress_bars()
        rows: Any = datasets.load_dataset(
            name.repo, name.config or None, revision=name.revision, split=split, cache_dir=str(folder / "datasets")
        )
    if len(rows) > table.MAX_ROWS:
        raise DataError(
            f"the split {quoted(split)} has {len(rows):,} rows; at most {table.MAX_ROWS:,} are read.",
            where=str(name),
            do="Take a smaller split, such as the test split, or a part of it as a file.",
        )
    others = [column for column, feature in rows.features.items() if type(feature).__name__ not in _PLAIN]
    try:
        rows.remove_columns(others).to_parquet(str(part))
    except MemoryError:  # of its own kind, which is both
        raise
    except pyarrow.ArrowException as error:
        raise DataError(
            f"its rows cannot be kept as a Parquet file ({first_line(error):.300}).",
            where=str(name),
            do="Take another split or configuration, or a part of it as a file.",
        ) from error


def _path(name: HubName, cache: Path) -> Path:
    return cache / HUB_FOLDER / f"{hashlib.sha256(str(name).encode()).hexdigest()}.parquet"


def _pinned(name: HubName) -> HubName:
    if name.is_pinned:
        return name
    with hub_errors(name):
        from huggingface_hub import HfApi

        commit = HfApi().dataset_info(name.repo, revision=name.revision or "main", timeout=_TIMEOUT_S).sha
    return replace(name, revision=str(commit))


def _builder(name: HubName) -> DatasetBuilder:
    with hub_errors(name):
        import datasets

        return datasets.load_dataset_builder(name.repo, name.config or None, revision=name.revision)


def _data_files(builder: DatasetBuilder) -> dict[str, list[str]]:
    """The files of each split, as the library finds them without a download."""
    return {str(split): list(files) for split, files in (builder.config.data_files or {}).items()}


def _split(name: HubName, splits: tuple[str, ...]) -> str:
    if name.split in splits:
        return name.split
    usual = next((split for split in _USUAL_SPLITS if split in splits), splits[0] if len(splits) == 1 else "")
    if name.split or not usual:
        what = f"there is no split {quoted(name.split)}." if name.split else "it has several splits."
        raise DataError(what, where=str(name), do=f"Write one of {listed(splits)} after a #.")
    return usual


def _sizes(name: HubName) -> dict[str, int]:
    """Bytes of each file of a pinned data set, by its address, as the hub says it.

    It is asked first of all: it ends at once where there is no connection, and `datasets` only after many attempts.
    """
    with hub_errors(name):
        from huggingface_hub import HfApi

        info = HfApi().dataset_info(name.repo, revision=name.revision, files_metadata=True, timeout=_TIMEOUT_S)
    address = f"hf://datasets/{name.repo}@{name.revision}/"
    return {address + file.rfilename: file.size or 0 for file in info.siblings or ()}


def _download_bytes(builder: DatasetBuilder, sizes: Mapping[str, int]) -> int:
    """Size of the configuration's files together; 0 where the hub does not say it."""
    files = {file for each in _data_files(builder).values() for file in each}
    return sum(sizes.get(file, 0) for file in files)
