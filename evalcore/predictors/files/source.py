"""Where a local model's files are: a folder, a demo model's folder, or a snapshot from the hub; an adapter has a base.

Nothing here imports torch. Only library code runs: no file of a model is executed or unpickled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evalcore.errors import ModelError, quoted
from evalcore.paths import DEMO_MODELS
from evalcore.predictors.files.adapter_config import (
    ADAPTER_CONFIG,
    AdapterConfig,
    check_adapter_weights,
    holds_adapter,
    read_adapter,
)
from evalcore.predictors.files.config_file import read_config
from evalcore.predictors.files.fingerprint import WANTED_FILES, folder_fingerprint
from evalcore.predictors.files.hub import cached_file, fetch, look_up
from evalcore.store import Store
from evalcore.tasks import typed_path

_HUB_ID = re.compile(r"\b[\w.\-]{1,96}\b/\b[\w.\-]{1,96}\b(@[\w.\-/]+)?", re.ASCII)
_LONGEST_HUB_ID = 96


@dataclass(frozen=True)
class ModelSource:
    """A model that exists: a whole one, or an adapter and the whole one that it changes.

    Attributes:
        name: as the user wrote it; of an adapter's base, a name by which `locate` finds it.
        fingerprint: decides its completions: `sha256:...` over a folder's files, or `repo@commit` of the hub.
        folder: where its files are; None until they are downloaded.
        revision: the branch, tag or commit that was asked for, of a model of the hub.
        base: the model that this adapter changes; None if this is a whole model.
    """

    name: str
    fingerprint: str
    folder: Path | None
    revision: str = ""
    base: ModelSource | None = None

    @property
    def parts(self) -> tuple[ModelSource, ...]:
        """Itself and, if it is an adapter, its base: whatever both have, a tokenizer say, the first one's counts."""
        return (self,) if self.base is None else (self, self.base)

    @property
    def fingerprints(self) -> dict[str, str]:
        """Its part of an identity: the whole model's and, if it is one, the adapter's."""
        adapter = {} if self.base is None else {"adapter": self.fingerprint}
        return {"model": self.parts[-1].fingerprint, **adapter}


def locate(name: str, store: Store) -> ModelSource:
    """Find a model by name: a demo model, then a folder, then the hub. The base of an adapter is found as well.

    Raises:
        ModelError: if there is none, or it cannot be loaded safely.
    """
    source, base = _found(name, store)
    if not base:
        return source
    try:
        whole, another = _found(base, store)
    except ModelError as error:
        what = f"its base model {quoted(base)} cannot be used: {error.what}"
        raise ModelError(what, where=name, do=error.do) from error
    if another:
        raise ModelError(
            f"it is an adapter for {quoted(base)}, which is an adapter as well.",
            where=name,
            do="Merge that one into its base model, and name the merged folder as base_model_name_or_path.",
        )
    return replace(source, base=whole)


def _found(name: str, store: Store) -> tuple[ModelSource, str]:
    """A whole model, and ""; or an adapter still without its base, and the base's name."""
    path = model_folder(name)
    if path is not None:
        found = adapter_in(path, name)
        if found is None:
            check_folder(path, name)
        return ModelSource(name, folder_fingerprint(path, store), path), found[1] if found else ""
    repo, revision = hub_id(name)
    commit = look_up(repo, revision, WANTED_FILES)
    source = ModelSource(name, f"{repo}@{commit.id}", None, revision)
    if not holds_adapter(commit.files, name):
        return source, ""
    adapter = read_adapter(_fetched(source, (ADAPTER_CONFIG,), lambda phase: None), name)
    return source, _base_name(adapter, name, None)


def folders_of(name: str) -> dict[str, Path]:
    """The folders that a model's name means, by the entry of its identity that they decide: "model", "adapter".

    Those of the hub are left out: what a branch names is not known without asking.

    Raises:
        ModelError: if it is an adapter that cannot be used.
    """
    folder = model_folder(name)
    if folder is None:
        return {}
    found = adapter_in(folder, name)
    if found is None:
        return {"model": folder}
    base = model_folder(found[1])
    return {"adapter": folder, **({} if base is None else {"model": base})}


def adapter_in(folder: Path, name: str) -> tuple[AdapterConfig, str] | None:
    """The adapter in a folder, and the name by which `locate` finds its base; None for a whole model.

    Raises:
        ModelError: if it cannot be used.
    """
    if not holds_adapter((file.name for file in folder.iterdir()), name):
        return None
    adapter = read_adapter(folder, name)
    check_adapter_weights(folder, name)
    return adapter, _base_name(adapter, name, folder)


def _base_name(adapter: AdapterConfig, name: str, folder: Path | None) -> str:
    """The name by which `locate` finds an adapter's base.

    Args:
        adapter: it names its base as its author wrote it.
        name: the adapter's, for messages.
        folder: the adapter's own, to which the base's path may be relative; None if it comes from the hub.
    """
    beside = None if folder is None else typed_path(str(folder / adapter.base))
    if beside is not None and beside.is_dir():
        return str(beside.resolve())
    if model_folder(adapter.base) is not None:
        return adapter.base
    if not _has_hub_form(adapter.base):
        raise ModelError(
            f"its base model {quoted(adapter.base)} is not here.",
            where=name,
            do=f"Write where it is into its {ADAPTER_CONFIG}, as base_model_name_or_path: a folder, or a hub id.",
        )
    return f"{adapter.base}@{adapter.revision}" if adapter.revision and "@" not in adapter.base else adapter.base


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
    if _has_hub_form(name):
        repo, _, revision = name.partition("@")
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


def cached_folder(name: str) -> Path | None:
    """Where files of a model of the hub lie in the local cache; None if none are there. Sends nothing.

    Raises:
        ModelError: if it is no name of such a model.
    """
    config = cached_file(*hub_id(name), "config.json")
    return config.parent if config is not None else None


def _has_hub_form(name: str) -> bool:
    repo = name.partition("@")[0]
    fits = _HUB_ID.fullmatch(name) and len(repo) <= _LONGEST_HUB_ID and not re.search(r"--|\.\.|\.git$", repo)
    return bool(fits) and not name.startswith((".", "/", "~"))


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
    if holds_adapter((file.name for file in path.iterdir()), name):
        raise ModelError(
            "this is an adapter, not a whole model.",
            where=name,
            do="Merge it into its base model with peft (merge_and_unload) and save that.",
        )
    config_file = path / "config.json"
    if not config_file.is_file():
        raise ModelError("the folder holds no config.json.", where=name, do="Give the folder of a saved model.")
    config = read_config(config_file, name)
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


def download(source: ModelSource, on_phase: Callable[[str], None], *, weights: bool = True) -> Path:
    """The folder with a model's files, downloaded from the hub where they are not there yet.

    An interrupted download is continued. Of an adapter these are its own files; its base is another part of it.

    Args:
        source: the model.
        on_phase: told what is being done, and how far a download is.
        weights: False leaves them out, for a use that needs the tokenizer only.

    Raises:
        ModelError: if it cannot be downloaded.
    """
    if source.folder is not None:
        return source.folder
    on_phase("fetching the model's files")
    folder = _fetched(source, [p for p in WANTED_FILES if weights or p != "*.safetensors"], on_phase)
    if weights and source.base is not None:
        check_adapter_weights(folder, source.name)
    elif weights:
        check_folder(folder, source.name)
    return folder


def _fetched(source: ModelSource, wanted: Iterable[str], on_phase: Callable[[str], None]) -> Path:
    repo, _, commit = source.fingerprint.partition("@")
    folder = fetch(repo, source.revision, tuple(wanted), on_phase)
    if folder.name != commit:
        raise ModelError("it was changed on the hub a moment ago.", where=source.name, do="Run it again.")
    return folder
