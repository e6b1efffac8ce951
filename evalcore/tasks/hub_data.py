"""Data sets of the Hugging Face hub, by name: `hub:OWNER/NAME[:CONFIG][@REVISION][#SPLIT]`.

A split is downloaded once, at one commit, and kept in the cache folder as a Parquet file, which is then read like any
other file: with the same limits, the same choice of columns, and without the network. Code of a data set is never run.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalcore.errors import BlindspotError, DataError, first_line, listed, quoted
from evalcore.tasks import table
from evalcore.wording import sized

if TYPE_CHECKING:
    from datasets import DatasetBuilder

HUB_FOLDER = "hub_data"
MAX_DOWNLOAD_BYTES = 1_000_000_000
"""Of the files of one configuration, all of its splits together: the library downloads these."""

DIGITS_SHOWN = 12
"""Of a commit, or another digest."""

_TIMEOUT_S = 20.0
_PREFIX = "hub:"
_NAME = re.compile(r"hub:([\w.-]+/[\w.-]+)(?::([^:@#]+))?(?:@([^@#]+))?(?:#([^#]+))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_USUAL_SPLITS = ("test", "validation", "train")
_PLAIN = ("Value", "ClassLabel")
"""Kinds of columns that are kept: no pictures, sounds or lists."""
_UNREACHABLE = {
    "OfflineModeIsEnabled", "ConnectionError", "ConnectError", "TimeoutException", "LocalEntryNotFoundError",
}  # fmt: skip
"""Errors of several libraries."""


@dataclass(frozen=True)
class HubName:
    """A data set of the hub.

    Attributes:
        repo: `OWNER/NAME`.
        config: its configuration; the data set's own default when empty.
        revision: a commit, branch or tag; the main branch when empty.
        split: the usual one when empty: test, validation or train, the first that there is.
    """

    repo: str
    config: str = ""
    revision: str = ""
    split: str = ""

    @property
    def is_pinned(self) -> bool:
        """Whether its revision is a commit, which no one can move."""
        return _COMMIT.fullmatch(self.revision) is not None

    @property
    def shown(self) -> str:
        """Its name for people: `OWNER/NAME, CONFIG`."""
        return f"{self.repo}, {self.config}" if self.config else self.repo

    @property
    def short(self) -> str:
        """The same with its split and the beginning of its commit: two that differ in one of these are two."""
        revision = self.revision[:DIGITS_SHOWN] if self.is_pinned else self.revision
        return ", ".join(filter(None, (self.shown, self.split, revision)))

    def __str__(self) -> str:
        parts = ((":", self.config), ("@", self.revision), ("#", self.split))
        return f"{_PREFIX}{self.repo}{''.join(mark + part for mark, part in parts if part)}"


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


def is_hub(name: str) -> bool:
    """Whether this is how a task names a data set of the hub."""
    return name.startswith(_PREFIX)


def parse_hub_name(name: str) -> HubName:
    """The parts of a name.

    Raises:
        DataError: if it is none.
    """
    matched = _NAME.fullmatch(name.strip())
    if matched is None or ".." in matched[1]:
        raise DataError(
            "this names no data set of the hub.",
            where=quoted(name),
            do="Write hub:OWNER/NAME, and :CONFIG, @REVISION and #SPLIT after it where they are needed.",
        )
    return HubName(matched[1], *(part or "" for part in matched.groups()[1:]))


def pinned(name: str) -> str:
    """The name with the commit that its revision is now. Asks the hub, unless it has a commit already.

    Raises:
        DataError: if the hub does not know it, or cannot be reached.
    """
    return str(_pinned(parse_hub_name(name)))


def without_commit(name: str) -> str:
    """The name without its commit; a name that is no data set of the hub, or is another revision's, as it is."""
    if not is_hub(name):
        return name
    found = parse_hub_name(name)
    return str(replace(found, revision="")) if found.is_pinned else name


def hub_choices(name: str) -> HubChoices:
    """What can be chosen of a data set. Asks the hub, and downloads a few small files that describe it.

    Raises:
        DataError: if there is no such data set, configuration or split, or it cannot be had.
    """
    found = _pinned(parse_hub_name(name))
    sizes = _sizes(found)
    with _hub_errors(found):
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

    with _hub_errors(name):
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
    rows.remove_columns(others).to_parquet(str(part))


def _path(name: HubName, cache: Path) -> Path:
    return cache / HUB_FOLDER / f"{hashlib.sha256(str(name).encode()).hexdigest()}.parquet"


def _pinned(name: HubName) -> HubName:
    if name.is_pinned:
        return name
    with _hub_errors(name):
        from huggingface_hub import HfApi

        commit = HfApi().dataset_info(name.repo, revision=name.revision or "main", timeout=_TIMEOUT_S).sha
    return replace(name, revision=str(commit))


def _builder(name: HubName) -> DatasetBuilder:
    with _hub_errors(name):
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
    with _hub_errors(name):
        from huggingface_hub import HfApi

        info = HfApi().dataset_info(name.repo, revision=name.revision, files_metadata=True, timeout=_TIMEOUT_S)
    address = f"hf://datasets/{name.repo}@{name.revision}/"
    return {address + file.rfilename: file.size or 0 for file in info.siblings or ()}


def _download_bytes(builder: DatasetBuilder, sizes: Mapping[str, int]) -> int:
    """Size of the configuration's files together; 0 where the hub does not say it."""
    files = {file for each in _data_files(builder).values() for file in each}
    return sum(sizes.get(file, 0) for file in files)


@contextmanager
def _hub_errors(name: HubName) -> Iterator[None]:
    """What the libraries raise, as sentences: they have no common error, and raise what they come across.

    Raises:
        DataError: for each of their errors.
    """
    try:
        yield
    except (BlindspotError, MemoryError):
        raise
    except Exception as error:
        what, do = _words(name, error)
        raise DataError(what, where=str(name), do=do) from error


def _words(name: HubName, error: Exception) -> tuple[str, str]:
    """What is wrong, and what to do."""
    said, kinds = first_line(error), {kind.__name__ for kind in type(error).__mro__}
    whole = str(error)
    page = f"https://huggingface.co/datasets/{name.repo}"
    if "GatedRepoError" in kinds or "gated dataset" in whole:
        return "its owner wants to be asked first.", f"Ask on {page}, and log in with `hf auth login`."
    if "RevisionNotFoundError" in kinds or "Revision " in whole:
        return f"there is no revision {quoted(name.revision)}.", f"Look at the branches and commits on {page}."
    if kinds & {"RepositoryNotFoundError", "DatasetNotFoundError"}:
        return (
            "the hub has no such data set, or it is private.",
            "Check the spelling of OWNER/NAME; for a private one log in with `hf auth login`.",
        )
    if "scripts are no longer supported" in whole or "trust_remote_code" in whole:
        return (
            "it is made by a script of its own, and such code is never run here.",
            f"Look on {page} for a version in Parquet, such as the branch @refs/convert/parquet.",
        )
    if "BuilderConfig" in whole or "Config name is missing" in whole:
        names = re.findall(r"'([^']+)'", whole.partition("[")[2])
        what = f"there is no configuration {quoted(name.config)}." if name.config else "it has several configurations."
        return what, f"Write one of {listed(names)} after a colon: hub:{name.repo}:CONFIG."
    if kinds & {"EmptyDatasetError", "DataFilesNotFoundError"}:
        return "it holds no data files that can be read.", f"Look at {page}."
    if kinds & _UNREACHABLE:
        return (
            "the hub cannot be reached, and this split of this commit is not in the cache.",
            "Check the connection. What was downloaded before is used when the name holds its commit: @COMMIT.",
        )
    return f"it could not be had from the hub ({type(error).__name__}: {said:.300}).", f"Look at {page}, or try again."
