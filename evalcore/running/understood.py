"""What is chosen, checked before it is run: what its names mean here, and what would keep it from running.

A page asks at every rerun, so nothing is sent over the network, no model is loaded and torch is not imported. Files are
read once, until they change. What only a run can tell, such as whether the hub has a model, is left to the run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from evalcore.errors import BlindspotError, DataError, first_line
from evalcore.paths import DEMO_MODELS
from evalcore.predictors import (
    adapter_in,
    cached_folder,
    check_kind,
    check_that_it_writes,
    folder_config,
    hub_id,
    labels_in,
    model_folder,
    places,
    to_confirm,
)
from evalcore.predictors.files.adapter_config import require_peft
from evalcore.predictors.servers import endpoint
from evalcore.running import task_cache
from evalcore.running.current_run import BANKING77_TEST_ROWS
from evalcore.running.plan import find_prompt
from evalcore.store import RunSpec, Store, checked
from evalcore.tasks import LIST_CHANGED, TaskSource, is_hub, task_files
from evalcore.wording import counted, sized

T = TypeVar("T")

_NOT_KNOWN: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
"""Labels of a classifier, and of the task."""
_FROM_THE_HUB = "downloaded from the Hugging Face hub at the first run"


@dataclass(frozen=True)
class Understood:
    """What a spec's names mean here. All texts may hold names from data: escape them before they are drawn.

    Attributes:
        task: "text = message, label = intent, 60 rows, 3 labels, no train split"; empty if there is a problem with it.
        model: "local folder, Qwen2ForCausalLM, 1.2 MB"; empty if there is a problem with it.
        labels_by_place: of a classifier whose labels do not have the task's names, each with the task's label in its
            place. It can be run if a person says that they are the same (`labels_by`); `problems` does not hold that.
            Empty where there is nothing to confirm.
        problems: why this cannot be run, each a sentence with what to do next; empty if nothing is known against it.
    """

    task: str = ""
    model: str = ""
    labels_by_place: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()


def understand(spec: RunSpec, store: Store) -> Understood:
    """Find out what a spec means, without running it. Never raises an error for what was chosen.

    Args:
        spec: as chosen; it need not be in its normal form.
        store: holds the user's own prompts and uploads.
    """
    problems: list[str] = []

    def tried(look: Callable[[], T], otherwise: T) -> T:
        try:
            return look()
        except BlindspotError as error:
            problems.append(str(error))
        except (OSError, ValueError) as error:  # a folder that may not be read
            problems.append(f"This cannot be looked at ({first_line(error)}). Check the path.")
        return otherwise

    task = tried(lambda: _task(spec.task, store), "")
    model = tried(lambda: _model(spec), "")
    own, labels = tried(lambda: _both_labels(spec, store), _NOT_KNOWN) if task and model else _NOT_KNOWN
    tried(lambda: _use(spec, store, task_is_known=bool(task)), None)
    by_place = to_confirm(own, labels)
    if own and not by_place:
        tried(lambda: _check_labels(spec, own, labels), None)
    return Understood(task, model, by_place, tuple(dict.fromkeys(problems)))


def _task(source: TaskSource, store: Store) -> str:
    if not source.name.strip():
        raise DataError("no task is named.", do="Give `demo`, `banking77`, a data file, or a folder with `test.csv`.")
    if task_files(source, store.folder) is None:
        changed = f", {LIST_CHANGED}" if source.merge else ""
        if is_hub(source.name):
            return f"{source.name.removeprefix('hub:')}{changed}, {_FROM_THE_HUB}"
        rows = counted(BANKING77_TEST_ROWS, "row")
        return f"Banking77, {rows}, 77 labels{changed}, with a train split; {_FROM_THE_HUB}"
    found = task_cache.summary(source, store)
    text, label = found.columns
    train = f"{counted(found.train, 'row')} to train on" if found.train else "no train split"
    rows, labels = counted(found.test, "row"), counted(found.labels, "label")
    if source.merge:
        labels = f"{found.labels:,} of {counted(len(task_cache.labels(replace(source, merge=''), store)), 'label')}"
    of = f"{source.name.removeprefix('hub:')}: " if is_hub(source.name) else ""  # with its commit
    return f"{of}text = {text}, label = {label}, {rows}, {labels}, {train}"


def _model(spec: RunSpec) -> str:
    name = spec.model
    if spec.kind.is_baseline:
        return "baseline, fitted on the train split"
    if not spec.kind.can_run:
        return "imported predictions"
    if spec.kind.is_remote:
        at = endpoint.parse_endpoint(name)
        url = urlsplit(at.url)
        usual = 443 if url.scheme == "https" else 80
        port = "" if url.port else f" (port {usual}, since none is given)"
        return f"server at {at.url}{port}, model {at.model}"
    if not name.strip():
        return ""  # `checked` says it
    files = spec.kind.files_of(name)
    folder = model_folder(files)
    if folder is not None:
        return _classifier(folder, name) if spec.kind.has_own_labels else _folder(folder, name)
    repo, revision = hub_id(files)
    what = "encoder classifier, " if spec.kind.has_own_labels else ""
    return f"{repo}, {'' if revision == 'main' else f'revision {revision}, '}{what}{_FROM_THE_HUB}"


def _classifier(folder: Path, name: str) -> str:
    folder_config(folder, name)
    labels = counted(len(labels_in(folder, name)), "label")
    return f"local folder, encoder classifier of {labels}, {_size(folder)}"


def _folder(folder: Path, name: str) -> str:
    size = _size(folder)
    found = adapter_in(folder, name)
    if found is not None:
        require_peft()
        adapter, base = found
        of = model_folder(base)
        if of is not None:
            folder_config(of, base)
        return f"LoRA adapter ({adapter.words}, {size}) of {base}{'' if of else f', {_FROM_THE_HUB}'}"
    check_that_it_writes(folder, name)
    config = folder_config(folder, name)
    architectures = config.get("architectures")
    first = architectures[0] if isinstance(architectures, list) and architectures else config.get("model_type")
    where = "bundled" if folder.parent == DEMO_MODELS else "local folder"
    return f"{where}, {first if isinstance(first, str) else 'unknown architecture'}, {size}"


def _size(folder: Path) -> str:
    return sized(sum(file.stat().st_size for file in folder.glob("*.safetensors")))


def _both_labels(spec: RunSpec, store: Store) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A classifier's own labels and the task's; none where they are not known here, or there is no classifier."""
    if not spec.kind.has_own_labels or task_files(spec.task, store.folder) is None:
        return _NOT_KNOWN
    name = spec.kind.files_of(spec.model)
    folder = model_folder(name) or cached_folder(name)
    return (labels_in(folder, spec.model), task_cache.labels(spec.task, store)) if folder else _NOT_KNOWN


def _check_labels(spec: RunSpec, own: tuple[str, ...], labels: tuple[str, ...]) -> None:
    places(own, labels, spec.labels_by, spec.model)


def _use(spec: RunSpec, store: Store, *, task_is_known: bool) -> None:
    """Whether the parts go together; the same errors as those that a run would end with."""
    checked(spec)
    check_kind(spec)
    has_files = task_is_known and task_files(spec.task, store.folder) is not None
    if spec.kind.needs_train and has_files and not task_cache.summary(spec.task, store).train:
        task_cache.baseline_identity(spec.task, store, spec.model)
    if spec.kind.reads_prompt:
        prompt = find_prompt(spec.prompt, store)
        if has_files and prompt.shots > task_cache.summary(spec.task, store).train:
            task_cache.first_messages(spec.task, store, prompt, spec.sample, spec.seed)
