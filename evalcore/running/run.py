"""RunSpec -> completions in the store. Resumable: what is stored is never predicted again."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from evalcore.errors import ModelError, StoreError, Unanswered
from evalcore.predictors import ModelHandle, OnPhase, identify
from evalcore.store import (
    BASELINES,
    Completion,
    Outcome,
    Predictor,
    Preparable,
    RunRecord,
    RunSpec,
    Store,
    checked,
    completion_keys,
    digest,
    run_id,
    sample_id,
)
from evalcore.tasks import NO_PROMPT, Example, Messages, Prompt, Renderer, Task, built_in, draw_sample, load_task

_LOCK_POLL_S = 0.1

Loader = Callable[[ModelHandle, OnPhase], Predictor]


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        phase: what it is doing, in a few words.
        run_id: known once the spec is resolved.
        done, cached, total: examples with a completion; those that had one before; all of them.
        predicting: whether the first batch has begun.
    """

    phase: str
    run_id: str | None = None
    done: int = 0
    cached: int = 0
    total: int = 0
    predicting: bool = False


OnProgress = Callable[[Progress], bool]
"""Told of progress; returns False to stop the run after the batch in hand."""


class Stopped(Exception):
    """A person asked for the run to stop."""


class NotAnswered(ModelError):
    """A run ended although some of its examples got no answer; what the others got is kept.

    Args:
        record: the run; answered: its examples that have an answer.
    """

    def __init__(self, failure: Unanswered, record: RunRecord, answered: int) -> None:
        kept = f"{answered} of {record.n} examples have an answer, which is kept; run it again to ask for the others."
        super().__init__(failure.what, where=failure.where, do=f"{failure.do} {kept}".strip())
        self.record = record
        self.answered = answered


@dataclass(frozen=True)
class RunPlan:
    """A run that is resolved but not predicted: every example has its prompt and its key.

    Attributes:
        answers: what a perfect model would write for each label, in the record's `label_order`.
    """

    record: RunRecord
    examples: tuple[Example, ...]
    prompts: list[Messages]
    answers: tuple[str, ...]
    keys: list[bytes]
    handle: ModelHandle


def load_model(handle: ModelHandle, on_phase: OnPhase) -> Predictor:
    """The plain loader; the worker has one that keeps the model warm."""
    return handle.load(on_phase)


def execute(
    spec: RunSpec,
    store: Store,
    *,
    on_progress: OnProgress = lambda progress: True,
    loader: Loader = load_model,
) -> Outcome:
    """Predict what a spec asks for and is not stored yet, batch by batch.

    Two processes that want the same model take turns, so that no example is predicted twice.

    Raises:
        BlindspotError: for what a person can mend: the data, the model, the spec, the cache. `NotAnswered` is one.
    """
    run: RunPlan | None = None

    def on_phase(phase: str) -> None:
        record = run.record if run else None
        counts = (len(stored), len(stored), record.n) if record else (0, 0, 0)
        if not on_progress(Progress(phase, record.run_id if record else None, *counts)):
            raise Stopped

    stored: dict[bytes, object] = {}
    try:
        run = plan_run(spec, store, on_phase)
        stored = dict(store.completions(run.keys))
        lacking = sum(key not in stored for key in run.keys)
        if lacking and store.read_only:
            raise StoreError(
                f"the cache folder cannot be written, and {lacking} of {len(run.keys)} predictions are missing.",
                where=str(store.folder),
                do="Make it writable, or choose another with --cache or BLINDSPOT_CACHE.",
            )
        store.start_run(run.record, run.examples, run.keys)
        if not lacking:
            return _outcome(run, store, found=len(run.keys), predicted=0)
        with _turn(store.folder, run.record, on_phase):
            return _predict(run, store, on_progress, on_phase, loader)
    except Stopped:
        if run is None:
            raise
        return _outcome(run, store, found=len(stored), predicted=0)


def execute_baselines(spec: RunSpec, store: Store, on_start: Callable[[str], None]) -> None:
    """Run the baselines on a spec's sample: the first thing to compare it with. Without a train split there are none.

    Args:
        on_start: told the name of each before it begins.
    """
    for baseline in baseline_specs(spec) if not spec.kind.is_baseline else ():
        on_start(baseline.model)
        try:
            execute(baseline, store)
        except ModelError:
            return
        except StoreError:
            if not store.read_only:  # there it is no fault of the run that its baselines are not stored
                raise


def plan_run(spec: RunSpec, store: Store, on_phase: OnPhase = lambda phase: None) -> RunPlan:
    """Resolve a spec: read the task, draw the sample, identify the model, write the prompts.

    Raises:
        BlindspotError: for what a person can mend.
    """
    spec = checked(spec)
    on_phase("reading the task")
    task = load_task(spec.task)
    examples = draw_sample(task, spec.n, spec.sample, spec.seed)
    if not examples:
        raise ValueError("a task without examples")  # load_task refuses those
    asked = _prompts(spec, store, task, examples)
    prompt, prompts = asked.prompt, asked.messages
    handle = identify(spec, task, asked.answers, store, on_phase)
    sample = sample_id(task.labels, examples)
    record = RunRecord(
        run_id=run_id(sample, handle.identity, prompt.fingerprint),
        spec=spec,
        task_name=task.name,
        origin=task.origin,
        labels=task.labels,
        label_order=asked.label_order,
        prompt=prompt,
        identity=dict(handle.identity),
        sample_id=sample,
        n=len(examples),
        split_size=len(task.test),
        created=time.time(),
        metadata=handle.metadata,
    )
    keys = completion_keys(handle.identity, prompts)
    return RunPlan(record, examples, prompts, asked.answers, keys, handle)


def find_prompt(name: str, store: Store) -> Prompt:
    """A person's own prompt of that name, or the built-in one.

    Raises:
        SpecError: if there is neither.
    """
    return store.custom_prompts().get(name) or built_in(name)


def baseline_specs(spec: RunSpec) -> list[RunSpec]:
    """The same sample, asked of each baseline."""
    return [checked(replace(spec, model=name)) for name in BASELINES]


@dataclass(frozen=True)
class _Asked:
    """What a run's prompt makes of its examples, and of its labels."""

    prompt: Prompt
    label_order: tuple[str, ...]
    answers: tuple[str, ...]
    messages: list[Messages]


def _prompts(spec: RunSpec, store: Store, task: Task, examples: tuple[Example, ...]) -> _Asked:
    if not spec.kind.reads_prompt:
        bare: list[Messages] = [({"role": "user", "content": example.text},) for example in examples]
        return _Asked(NO_PROMPT, task.labels, task.labels, bare)
    prompt = find_prompt(spec.prompt, store)
    renderer = Renderer(task, prompt)
    messages = [renderer.messages(example.text) for example in examples]
    return _Asked(prompt, renderer.labels, renderer.answers, messages)


def _predict(run: RunPlan, store: Store, on_progress: OnProgress, on_phase: OnPhase, loader: Loader) -> Outcome:
    found = store.completions(run.keys)  # again: another process may have predicted them meanwhile
    missing = {key: messages for key, messages in zip(run.keys, run.prompts, strict=True) if key not in found}
    copies = Counter(run.keys)  # a text that occurs twice is predicted once
    done = cached = sum(key in found for key in run.keys)
    predicted, seconds, load_seconds = 0, 0.0, 0.0
    unanswered: list[Unanswered] = []
    kept: list[bytes] = []
    try:
        if missing:
            started = time.perf_counter()
            predictor = loader(run.handle, on_phase)
            load_seconds = time.perf_counter() - started
            on_phase("predicting")
            started = time.perf_counter()
            if isinstance(predictor, Preparable):
                predictor.prepare(list(missing.values()), run.answers)
            seconds += time.perf_counter() - started
            store.note_load(run.record.run_id, load_seconds=load_seconds, metadata=predictor.metadata)
            for batch in _batches(list(copies), predictor.batch_size, missing):
                rows, took, failure = _ask(predictor, batch, [missing[key] for key in batch])
                store.put_batch(run.record.run_id, rows, took)
                seconds += took
                kept += [key for key, _ in rows]
                predicted += len(rows)
                done += sum(copies[key] for key, _ in rows)
                unanswered += [failure] if failure else []
                progress = Progress("predicting", run.record.run_id, done, cached, run.record.n, predicting=True)
                if not on_progress(progress) or (failure and failure.give_up):
                    break
    except Stopped:
        pass
    if unanswered:
        raise NotAnswered(unanswered[-1], run.record, done)  # the last says it of all of them
    outcome = _outcome(run, store, cached, predicted, seconds, load_seconds)
    if not outcome.complete:
        _check_that_it_stayed(kept, run.record, store)
    return outcome


def _ask(
    predictor: Predictor, keys: list[bytes], prompts: list[Messages]
) -> tuple[list[tuple[bytes, Completion]], float, Unanswered | None]:
    """One batch: what was answered, the seconds it took, and what was not."""
    started = time.perf_counter()
    failure = None
    try:
        answers: Sequence[Completion | None] = predictor.predict(prompts)
    except Unanswered as error:
        failure, answers = error, error.answers
    took = time.perf_counter() - started
    return [(key, answer) for key, answer in zip(keys, answers, strict=True) if answer is not None], took, failure


def _check_that_it_stayed(kept: list[bytes], record: RunRecord, store: Store) -> None:
    """What was stored a moment ago must be there as it was: else it would be asked for again and again, in vain.

    Raises:
        StoreError: if it is not.
    """
    lost = len(kept) - len(store.completions(kept))
    if lost:
        raise StoreError(
            f"{lost} of {len(kept)} completions that were just stored cannot be read back as they were.",
            where=f"{store.path}, run {record.run_id}",
            do="Check the disk, or choose another cache folder with --cache or BLINDSPOT_CACHE.",
        )


def _outcome(
    run: RunPlan, store: Store, found: int, predicted: int, seconds: float = 0.0, load_seconds: float = 0.0
) -> Outcome:
    complete = len(store.completions(run.keys)) == len(set(run.keys))
    if complete and not store.read_only:
        store.finish_run(run.record.run_id)
    try:
        record = store.run(run.record.run_id)
    except StoreError as error:
        raise StoreError(
            "the run was deleted while it was worked on.",
            where=f"run {run.record.run_id}",
            do="Run it again to have it back: its completions are kept.",
        ) from error
    return Outcome(record, predicted, found, seconds, load_seconds, complete)


def _batches(keys: list[bytes], size: int, missing: Container[bytes]) -> Iterator[list[bytes]]:
    """What is missing, in batches of the whole run: in short number formats an answer can depend on its batch, and a
    run that was interrupted is to end like one that was not."""
    for start in range(0, len(keys), size):
        batch = [key for key in keys[start : start + size] if key in missing]
        if batch:
            yield batch


@contextmanager
def _turn(folder: Path, record: RunRecord, on_phase: OnPhase) -> Iterator[None]:
    """Hold the lock of a model; the system frees it when its holder dies, however it dies."""
    locks = folder / "locks"
    locks.mkdir(mode=0o700, exist_ok=True)
    path = locks / f"{digest(record.identity)[:16]}.lock"
    holder = path.with_suffix(".pid")
    lock = FileLock(path, thread_local=False, mode=0o600)
    while True:
        try:
            lock.acquire(timeout=_LOCK_POLL_S, poll_interval=_LOCK_POLL_S / 2)
            break
        except Timeout:
            on_phase(f"waiting for process {_holder(holder)}, which is predicting with this model")
    try:
        with suppress(OSError), open(os.open(holder, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as stream:
            stream.write(str(os.getpid()))  # for messages alone: a full disk is said when a batch is to be kept
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _holder(path: Path) -> str:
    """The number of the process that holds a lock, as it noted it; `?` in the instant before it has."""
    try:
        return path.read_text() or "?"
    except OSError:
        return "?"
