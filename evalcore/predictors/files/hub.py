"""The Hugging Face hub: which commit a branch names, which files it has, downloading them, and what went wrong.

Offline, the library's cache on this machine answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalcore.errors import ModelError

_TIMEOUT_S = 10.0
_UNREACHABLE = "the hub cannot be reached, and the model is not in the local cache."


@dataclass(frozen=True)
class Commit:
    """A repository as a branch, tag or commit names it now.

    Attributes:
        id: 40 hexadecimal digits.
        files: names of its files; offline, of those that were downloaded.
    """

    id: str
    files: tuple[str, ...]


def look_up(repo: str, revision: str, wanted: Sequence[str]) -> Commit:
    """What a branch, tag or commit of a model's repository names now; offline, what the local cache has of it.

    Args:
        repo: `owner/name`.
        revision: branch, tag or commit.
        wanted: patterns of the files that are used.

    Raises:
        ModelError: if the hub refuses, or cannot be reached and nothing is in the cache.
    """
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import IncompleteSnapshotError

    try:
        info = HfApi().model_info(repo, revision=revision, timeout=_TIMEOUT_S)
        return Commit(str(info.sha), tuple(file.rfilename for file in info.siblings or ()))
    except Exception as error:
        if not _is_hub_error(error):
            raise
        refusal = _hub_error(error, repo, revision)
        if refusal.what != _UNREACHABLE:
            raise refusal from error
        try:
            there = snapshot_download(repo, revision=revision, allow_patterns=[*wanted], local_files_only=True)
        except IncompleteSnapshotError as partial:  # its tokenizer may be there, which may be all that is needed
            there = partial.snapshot_path
        except OSError:
            raise refusal from error
        return Commit(Path(there).name, tuple(file.name for file in Path(there).iterdir()))


def fetch(repo: str, revision: str, wanted: Sequence[str], on_phase: Callable[[str], None]) -> Path:
    """The folder with a repository's files, downloaded where they are not there yet; its name is the commit.

    An interrupted download is continued.

    Args:
        repo: `owner/name`.
        revision: branch, tag or commit. Not the commit of a branch that was asked for: the library's cache finds the
            files offline under the name that they were downloaded by.
        wanted: patterns of the files.
        on_phase: told how far the download is.

    Raises:
        ModelError: if they cannot be downloaded.
    """
    from huggingface_hub import snapshot_download

    try:
        return Path(
            snapshot_download(repo, revision=revision, allow_patterns=[*wanted], tqdm_class=_progress_class(on_phase))
        )
    except Exception as error:
        if _is_hub_error(error):
            raise _hub_error(error, repo, revision) from error
        raise


def cached_file(repo: str, revision: str, name: str) -> Path | None:
    """A file of a repository in the library's cache on this machine; None if it is not there. Sends nothing."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(repo, name, revision=revision)
    return Path(found) if isinstance(found, str) else None


def _is_hub_error(error: BaseException) -> bool:
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    return isinstance(error, HfHubHTTPError | HFValidationError | OSError) or type(error).__module__.startswith(
        ("httpx", "httpcore", "requests", "hf_xet")
    )


def _hub_error(error: BaseException, repo: str, revision: str) -> ModelError:
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        IncompleteSnapshotError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    if isinstance(error, GatedRepoError):
        return ModelError(
            "the model is gated: its owner asks for consent first.",
            where=repo,
            do="Accept its terms on its page, then log in with `hf auth login`.",
        )
    if isinstance(error, RevisionNotFoundError):
        return ModelError(f"the model has no revision {revision!r}.", where=repo)
    if isinstance(error, RepositoryNotFoundError | HFValidationError):
        return ModelError(
            "the hub has no such model, or it is private.",
            where=repo,
            do="Check the name; for a private model log in with `hf auth login`.",
        )
    if isinstance(error, IncompleteSnapshotError):
        return ModelError(
            "the hub cannot be reached, and only a part of the model is in the local cache.",
            where=repo,
            do="Check the connection.",
        )
    response = getattr(error, "response", None)
    if isinstance(error, HfHubHTTPError) and response is not None and response.status_code < 500:
        return ModelError(f"the hub refused ({response.status_code}).", where=repo, do="Try again later.")
    return ModelError(_UNREACHABLE, where=repo, do="Check the connection, or give a folder.")


def _progress_class(on_phase: Callable[[str], None]) -> type:
    from tqdm.auto import tqdm

    class Progress(tqdm):
        """Tells `on_phase` how far a download is, and draws no bar."""

        def display(self, *args: object, **kwargs: object) -> None:
            # The library also counts files; only bytes are shown.
            if self.total and self.unit == "B":
                on_phase(f"downloading the model: {self.n / 1e6:.0f} of {self.total / 1e6:.0f} MB")

    return Progress
