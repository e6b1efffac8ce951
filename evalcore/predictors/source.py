"""Where a local model's files are: a folder, a demo model's folder, or a snapshot from the hub.

Nothing here imports torch. Only library code runs: no file of a model is executed or unpickled.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalcore.errors import ModelError
from evalcore.paths import DEMO_MODELS
from evalcore.store import Store, file_stamp
from evalcore.tasks import typed_path

WANTED_FILES = ("*.json", "*.safetensors", "*.jinja", "*.model", "*.txt")
"""What is downloaded of a hub repository: never weights in pickle form, never code."""

_HUB_ID = re.compile(r"\b[\w.\-]{1,96}\b/\b[\w.\-]{1,96}\b(@[\w.\-/]+)?", re.ASCII)
_LONGEST_HUB_ID = 96
_HUB_TIMEOUT_S = 10.0
_MOST_CONFIG_BYTES = 16 * 2**20


@dataclass(frozen=True)
class ModelSource:
    """A model that exists.

    Attributes:
        name: as the user wrote it.
        fingerprint: decides its completions: `sha256:...` over a folder's files, or `repo@commit` of the hub.
        folder: where its files are; None until they are downloaded.
        revision: the branch, tag or commit that was asked for, of a model of the hub.
    """

    name: str
    fingerprint: str
    folder: Path | None
    revision: str = ""


def locate(name: str, store: Store) -> ModelSource:
    """Find a model by name: a demo model, then a folder, then the hub.

    Raises:
        ModelError: if there is none.
    """
    path = model_folder(name)
    if path is not None:
        check_folder(path, name)
        return ModelSource(name, folder_fingerprint(path, store), path)
    repo, revision = hub_id(name)
    return ModelSource(name, f"{repo}@{_resolve_commit(repo, revision)}", None, revision)


def model_folder(name: str) -> Path | None:
    """The folder that a model's name means; None if it means no folder, for example a repository of the hub."""
    demo = DEMO_MODELS / name
    path = demo if re.fullmatch(r"[\w\-]{1,99}", name) and demo.is_dir() else typed_path(name)
    return path if path is not None and path.is_dir() else None


def hub_id(name: str) -> tuple[str, str]:
    """Repository and revision of a model of the hub, by the form of its name alone: `owner/name`, `owner/name@main`.

    Raises:
        ModelError: if it has not that form, which says what else it may have been meant for.
    """
    repo, _, revision = name.partition("@")
    has_the_form = _HUB_ID.fullmatch(name) and len(repo) <= _LONGEST_HUB_ID and not re.search(r"--|\.\.|\.git$", repo)
    if has_the_form and not name.startswith((".", "/", "~")):
        return repo, revision or "main"
    what = "there is no such model or folder."
    do = "Give `demo`, `demo-early`, `majority`, `tfidf`, a folder, or a hub id (Qwen/Qwen2.5-0.5B, say)."
    if typed_path(name) is not None:
        what, do = "this is a file, not the folder of a model.", "Give the folder that holds its config.json."
    elif re.match(r"[\w.\-]+:\d+(/|#|$)", name):
        do = "For a server write its whole address: http://HOST:PORT/v1#MODEL."
    elif name.startswith((".", "/", "~")):
        do = f"Check the path. {do}"
    raise ModelError(what, where=name, do=do)


def check_folder(path: Path, name: str) -> None:
    """Refuse a model folder that cannot be loaded safely, with the reason.

    Raises:
        ModelError: no config, no safetensors weights, an adapter, or an architecture that needs its own code.
    """
    model_type = folder_config(path, name).get("model_type")
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    if not isinstance(model_type, str) or model_type not in CONFIG_MAPPING:
        raise ModelError(
            f"transformers has no architecture {model_type!r}; a model's own code is never run here.",
            where=name,
            do="Choose a model whose architecture is part of transformers.",
        )


def folder_config(path: Path, name: str) -> dict[str, Any]:
    """The config.json of a model folder, which has weights that can be read safely. Needs no transformers.

    Raises:
        ModelError: no config, no safetensors weights, or an adapter.
    """
    config_file = path / "config.json"
    if (path / "adapter_config.json").is_file() and not config_file.is_file():
        raise ModelError(
            "this is an adapter, not a whole model.",
            where=name,
            do="Merge it into its base model and save that.",
        )
    if not config_file.is_file():
        raise ModelError("the folder holds no config.json.", where=name, do="Give the folder of a saved model.")
    try:
        if config_file.stat().st_size > _MOST_CONFIG_BYTES:
            raise ValueError("it is too large")
        config: dict[str, Any] = json.loads(config_file.read_text(encoding="utf-8"))
        if not isinstance(config, dict):
            raise ValueError("it is no JSON object")
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(
            f"its config.json cannot be read ({error}).", where=name, do="Download or save the model again."
        ) from error
    if not any(path.glob("*.safetensors")):
        pickled = any(path.glob("*.bin")) or any(path.glob("*.pt"))
        raise ModelError(
            "it has weights in pickle form only, which can run code when they are read."
            if pickled
            else "it has no weights (*.safetensors).",
            where=name,
            do="Save it with safe serialization, or choose a model that comes as safetensors.",
        )
    return config


def folder_fingerprint(path: Path, store: Store) -> str:
    """SHA-256 over the names and contents of the files that decide what the model says.

    A file is read again only when its size, times or inode have changed.
    """
    total = hashlib.sha256()
    for file in _wanted(path):
        total.update(f"{file.name}\0{_file_digest(file, store)}\n".encode())
    return f"sha256:{total.hexdigest()}"


def bytes_to_read(path: Path, store: Store) -> int:
    """Bytes that `folder_fingerprint` would have to read: of files that are new or have changed."""
    unknown = (file for file in _wanted(path) if _known_digest(str(file.resolve()), file_stamp(file), store) is None)
    return sum(file.stat().st_size for file in unknown)


def _wanted(path: Path) -> list[Path]:
    return sorted(file for pattern in WANTED_FILES for file in path.glob(pattern))


def _file_digest(file: Path, store: Store) -> str:
    resolved, stamp = str(file.resolve()), file_stamp(file)
    known = _known_digest(resolved, stamp, store)
    if known is None:
        with file.open("rb") as stream:
            known = _digests[resolved, stamp] = hashlib.file_digest(stream, "sha256").hexdigest()
        if not store.read_only:
            store.note_file_digest(resolved, stamp, known)
    return known


_digests: dict[tuple[str, str], str] = {}
"""Digests that this process has made, by path and stamp: a store that cannot be written keeps none."""


def _known_digest(resolved: str, stamp: str, store: Store) -> str | None:
    return _digests.get((resolved, stamp)) or store.file_digest(resolved, stamp)


def download(source: ModelSource, on_phase: Callable[[str], None], *, weights: bool = True) -> Path:
    """The folder with the model's files, downloaded from the hub where they are not there yet.

    An interrupted download is continued.

    Args:
        source: the model.
        on_phase: told what is being done, and how far a download is.
        weights: False leaves them out, for a use that needs the tokenizer only.

    Raises:
        ModelError: if it cannot be downloaded.
    """
    if source.folder is not None:
        return source.folder
    from huggingface_hub import snapshot_download

    repo, _, commit = source.fingerprint.partition("@")
    wanted = [pattern for pattern in WANTED_FILES if weights or pattern != "*.safetensors"]
    on_phase("fetching the model's files")
    try:
        # By the branch's name, so that the library's cache finds it under that name offline.
        folder = Path(
            snapshot_download(
                repo, revision=source.revision, allow_patterns=wanted, tqdm_class=_progress_class(on_phase)
            )
        )
    except Exception as error:
        if _is_hub_error(error):
            raise _hub_error(error, repo, source.revision) from error
        raise
    if folder.name != commit:
        raise ModelError("it was changed on the hub a moment ago.", where=source.name, do="Run it again.")
    if weights:
        check_folder(folder, source.name)
    return folder


def _resolve_commit(repo: str, revision: str) -> str:
    """The commit that a branch or tag of a hub repository names now; offline, the one in the local cache."""
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import IncompleteSnapshotError

    try:
        info = HfApi().model_info(repo, revision=revision, timeout=_HUB_TIMEOUT_S)
        return str(info.sha)
    except Exception as error:
        if not _is_hub_error(error):
            raise
        refusal = _hub_error(error, repo, revision)
        if refusal.what != _UNREACHABLE:
            raise refusal from error
        try:
            there = snapshot_download(repo, revision=revision, allow_patterns=[*WANTED_FILES], local_files_only=True)
        except IncompleteSnapshotError as partial:  # its tokenizer may be there, which may be all that is needed
            there = partial.snapshot_path
        except OSError:
            raise refusal from error
        return Path(there).name


_UNREACHABLE = "the hub cannot be reached, and the model is not in the local cache."


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
