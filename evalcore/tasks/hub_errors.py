"""What the hub and its libraries answer when a data set cannot be had, in sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from evalcore.errors import BlindspotError, DataError, first_line, listed, quoted
from evalcore.tasks.hub_name import HubName

_UNREACHABLE = {
    "OfflineModeIsEnabled", "ConnectionError", "ConnectError", "TimeoutException", "LocalEntryNotFoundError",
}  # fmt: skip
"""Errors of several libraries."""


@contextmanager
def hub_errors(name: HubName) -> Iterator[None]:
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
