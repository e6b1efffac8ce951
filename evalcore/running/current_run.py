"""Which stored run is the current one of a spec: seen without a model, without the network, and with little reading.

An equal spec gives another run once a prompt is edited, a data file or a model's files are written, or a branch of the
hub moves; and it gives the old run again when that is undone. So a spec alone does not identify a run. What decides the
run is looked at again: its sample, its prompt, and as much of its model's identity as can be known here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from evalcore.errors import BlindspotError, DataError
from evalcore.predictors import bytes_to_read, folder_fingerprint, folders_of
from evalcore.predictors.servers import endpoint
from evalcore.running import task_cache
from evalcore.running.plan import baseline_specs, find_prompt
from evalcore.store import Identity, Job, Jobs, RunRecord, RunSpec, Store, completion_keys, run_id, sample_id
from evalcore.tasks import Messages, TaskSource, is_hub, task_files
from evalcore.tasks.hub_name import without_commit

BANKING77_TEST_ROWS = 3080
READ_AT_MOST = 256 * 2**20
"""Bytes of a model's changed files that are read here; whether the content of larger ones differs is seen at a run."""

T = TypeVar("T")


@dataclass(frozen=True)
class CurrentRun:
    """The stored run of a spec, and how it compares with the last run of an equal spec.

    Attributes:
        record: the stored run of the prompt, data and model that are there now; None if there is none. What cannot be
            looked at counts as unchanged.
        last: the run that an equal spec gave when it was last run.
        changed: if there is no record, what is not as it was in `last`: "the prompt", "the data", ...
        unread: why something could not be looked at, a sentence; empty if everything was.
        sure: whether everything that decides was looked at, except for this machine.
    """

    record: RunRecord | None = None
    last: RunRecord | None = None
    changed: tuple[str, ...] = ()
    unread: str = ""
    sure: bool = True


def current_run_for(spec: RunSpec, store: Store) -> CurrentRun:
    """The stored run that running a spec now would give.

    In a folder that cannot be written, the first part of a stored run is a run as well: it could not be run there.

    Args:
        spec: in its normal form (`store.checked`).
        store: where runs are looked up.
    """
    spec = _of_the_last_commit(spec, store)
    candidates = store.runs_for(spec)
    if not candidates:
        part = _part_of_a_larger(spec, store) if store.read_only else None
        return CurrentRun(part, part, unread="" if part else _why_unreadable(spec.task, store))
    now = _look(spec, store)
    record = next((record for record in candidates if not now.differences(record, store)), None)
    if record is None and store.read_only:
        record = _part_of_a_larger(spec, store)
    changed = () if record else now.differences(candidates[0], store)
    return CurrentRun(record, candidates[0], changed, now.unread, now.sure)


def _of_the_last_commit(spec: RunSpec, store: Store) -> RunSpec:
    """The spec with the commit of its last run, if it names a data set of the hub without one; runs hold theirs.

    Whether the hub has another one since is seen when it is run.
    """
    if not is_hub(spec.task.name):
        return spec
    for record in store.runs():
        if replace(record.spec, task=replace(record.spec.task, name=without_commit(record.spec.task.name))) == spec:
            return record.spec
    return spec


def changed_since(record: RunRecord, store: Store) -> tuple[str, ...]:
    """What is not as it was when this run was made: "the prompt", "the data", ...; empty if nothing is known to be."""
    return _look(record.spec, store).differences(record, store)


def split_size(source: TaskSource, store: Store) -> int | None:
    """Number of test examples; None if the task cannot be read, or not yet. Never sends a request to the hub."""
    try:
        if task_files(source, store.folder) is None:
            return BANKING77_TEST_ROWS if source.name == "banking77" else None
        return task_cache.size(source, store)
    except BlindspotError:
        return BANKING77_TEST_ROWS if source.name == "banking77" else None


def first_text(source: TaskSource, store: Store) -> str:
    """The first text of a run on this task; empty for a task of the hub.

    Raises:
        DataError: if the task cannot be read.
    """
    return next(iter(first_texts(source, store, 1)), "")


def first_texts(source: TaskSource, store: Store, n: int) -> tuple[str, ...]:
    """The same of the first `n` texts; none of a task of the hub."""
    return () if task_files(source, store.folder) is None else task_cache.first_sampled_texts(source, store, n)


def missing_baselines(spec: RunSpec, store: Store) -> list[RunSpec]:
    """The baselines on a run's sample that are not stored; none for a baseline, nor without a train split."""
    try:
        if task_files(spec.task, store.folder) is None:
            has_train = spec.task.name == "banking77" or bool(spec.task.train)
        else:
            has_train = task_cache.summary(spec.task, store).train > 0
    except BlindspotError:
        return []
    if spec.kind.is_baseline or not has_train:
        return []
    return [baseline for baseline in baseline_specs(spec) if not _is_complete(baseline, store)]


def baselines_at_work(spec: RunSpec, store: Store) -> list[Job]:
    """The baselines of a run that wait or are being computed.

    Args:
        spec: in its normal form, as a run's record has it.
    """
    active = Jobs(store).active(("baseline",))
    if not active or spec.kind.is_baseline:
        return []
    wanted = {baseline.to_json() for baseline in baseline_specs(spec)}
    return [job for job in active if job.payload in wanted]


def _is_complete(spec: RunSpec, store: Store) -> bool:
    record = current_run_for(spec, store).record
    return record is not None and store.count_done(record.run_id) == record.n


def _why_unreadable(source: TaskSource, store: Store) -> str:
    try:
        if task_files(source, store.folder) is not None:
            task_cache.size(source, store)
    except BlindspotError as error:
        return str(error)
    return ""


@dataclass(frozen=True)
class _Now:
    """What decides a run, as it is now; None where it cannot be known here.

    Attributes:
        prompt: the prompt's fingerprint.
        sample: the sample's hash.
        first: messages of the first example, if the prompt holds training examples: a run's id does not cover those.
        model: the part of the identity that can be known without the model and the network.
        unread: why something could not be looked at; empty if everything was.
        sure: whether everything was looked at.
    """

    prompt: str | None
    sample: str | None
    first: Messages | None
    model: Identity
    unread: str
    sure: bool

    def differences(self, record: RunRecord, store: Store) -> tuple[str, ...]:
        """What is not as it was in a run, in words."""
        found = []
        if self.prompt not in (None, record.prompt.fingerprint):
            found.append("the prompt")
        if self.sample not in (None, record.sample_id):
            found.append("the data")
        if self.first and not found and completion_keys(record.identity, [self.first])[0] != _first_key(record, store):
            found.append("the training examples")
        unlike = [name for name, value in self.model.items() if record.identity.get(name) != value]
        if unlike and not record.kind.needs_train:
            found.append("the model")
        elif unlike:  # a newer version of this program may compute a baseline otherwise
            found.append("the training examples" if "train" in unlike else "the baseline")
        return tuple(dict.fromkeys(found))


def _first_key(record: RunRecord, store: Store) -> bytes | None:
    _, keys = store.first_items(record.run_id, 1)
    return keys[0] if keys else None


def _look(spec: RunSpec, store: Store) -> _Now:
    unread: list[str] = []

    def tried(look: Callable[[], T]) -> T | None:
        try:
            return look()
        except BlindspotError as error:
            unread.append(str(error))
            return None

    on_disk = tried(lambda: task_files(spec.task, store.folder))
    prompt = tried(lambda: find_prompt(spec.prompt, store)) if spec.kind.reads_prompt else None
    sample = None
    if on_disk:
        sample = tried(lambda: task_cache.sample_id(spec.task, store, spec.n, spec.sample, spec.seed))
    first = None
    if prompt is not None and prompt.shots and sample:
        first = tried(lambda: task_cache.first_messages(spec.task, store, prompt, spec.sample, spec.seed))
    model = tried(lambda: _model(spec, store, has_files=sample is not None))
    fingerprint = prompt.fingerprint if prompt else None
    return _Now(fingerprint, sample, first, model or {}, " ".join(unread), bool(model) and not unread)


def _model(spec: RunSpec, store: Store, *, has_files: bool) -> Identity:
    """The part of the identity that can be known: nothing of a model of the hub, whose branch may have moved."""
    if spec.kind.needs_train:
        return task_cache.baseline_identity(spec.task, store, spec.model) if has_files else {}
    if spec.kind.is_remote:
        return endpoint.identity(endpoint.parse_endpoint(spec.model), spec, None)
    try:
        folders = folders_of(spec.kind.files_of(spec.model))
        if sum(bytes_to_read(folder, store) for folder in folders.values()) <= READ_AT_MOST:
            return {part: folder_fingerprint(folder, store) for part, folder in folders.items()}
    except OSError as error:
        raise DataError(f"the model's files cannot be read ({error.strerror}).", where=spec.model) from error
    raise DataError(
        "the model's files have been written since they were last read.",
        where=spec.model,
        do="Whether their content has changed is seen when it is run.",
    )


def _part_of_a_larger(spec: RunSpec, store: Store) -> RunRecord | None:
    """The first N examples of a stored run that has more of them, kept in memory; its baselines as well."""
    for larger in store.runs():
        if larger.n <= spec.n or replace(larger.spec, n=spec.n) != spec or changed_since(larger, store):
            continue
        examples, keys = store.first_items(larger.run_id, spec.n)
        if len(store.stored_keys(keys)) < len(set(keys)):
            continue
        sample, now = sample_id(larger.labels, examples), time.time()
        part = replace(
            larger, run_id=run_id(sample, larger.identity, larger.prompt.fingerprint), spec=spec, sample_id=sample,
            n=len(examples), created=now, finished=now, seconds=0.0, load_seconds=0.0, predicted=0, usage=None,
        )  # fmt: skip
        store.start_run(part, examples, keys)
        for baseline in [] if spec.kind.is_baseline else baseline_specs(spec):
            current_run_for(baseline, store)
        return part
    return None
