"""RunSpec -> completions in the store. Resumable: what is stored is never predicted again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass

from evalcore.errors import ModelError, StoreError, Unanswered
from evalcore.running.executors import Executor, InProcess, Loader, load_model
from evalcore.running.plan import RunPlan, baseline_specs, plan_run
from evalcore.running.turns import turn
from evalcore.store import CHOOSING, Outcome, RunRecord, RunSpec, Store


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        phase: what it is doing, in a few words.
        run_id: known once the spec is resolved.
        done: number of examples with a completion.
        cached: number of those that had one before this attempt.
        total: number of examples.
        predicting: whether the first batch has begun.
        in_batch: whether a batch is at work, so that nothing else can be asked of the model.
    """

    phase: str
    run_id: str | None = None
    done: int = 0
    cached: int = 0
    total: int = 0
    predicting: bool = False
    in_batch: bool = False


OnProgress = Callable[[Progress], bool]
"""Called with the progress of a run; returns False to stop it: a batch that a server is asked for ends with what came,
another one is predicted first."""


Planned = Callable[[RunPlan, int], Mapping[str, str]]
"""Given a run and how many of its examples have a prediction: what the run keeps of its plan, as metadata."""


def nothing_planned(plan: RunPlan, done: int) -> Mapping[str, str]:
    """The run keeps no plan."""
    return {}


class Stopped(Exception):
    """The user asked for the run to stop."""


class NotAnswered(ModelError):
    """A run ended although some of its examples got no answer; the answers to the others are stored.

    Attributes:
        record: the run.
        answered: number of its examples that have an answer.
    """

    def __init__(self, failure: Unanswered, record: RunRecord, answered: int) -> None:
        kept = f"{answered} of {record.n} examples have an answer, which is kept; run it again to ask for the others."
        super().__init__(failure.what, where=failure.where, do=f"{failure.do} {kept}".strip())
        self.record = record
        self.answered = answered


def execute(
    spec: RunSpec,
    store: Store,
    *,
    on_progress: OnProgress = lambda progress: True,
    loader: Loader = load_model,
    executor: Executor | None = None,
    planned: Planned = nothing_planned,
) -> Outcome:
    """Predict what a spec asks for and is not stored yet, batch by batch.

    Two processes that want the same model take turns, so that no example is predicted twice.

    Args:
        spec: what to run.
        store: where completions are looked up and stored.
        on_progress: called with each phase and after each batch.
        loader: loads the model in this process.
        executor: computes the completions elsewhere or in another way, and loads the model itself.
        planned: asked before the first prediction, if any is missing.

    Returns:
        What this attempt did. The run is incomplete if `on_progress` stopped it.

    Raises:
        BlindspotError: for what the user can fix: the data, the model, the spec, the cache. `NotAnswered` is one.
    """
    plan: RunPlan | None = None
    stored: set[bytes] = set()

    def on_phase(phase: str) -> None:
        record = plan.record if plan else None
        counts = (len(stored), len(stored), record.n) if record else (0, 0, 0)
        if not on_progress(Progress(phase, record.run_id if record else None, *counts)):
            raise Stopped

    try:
        plan = plan_run(spec, store, on_phase)
        stored = store.stored_keys(plan.keys)
        lacking = sum(key not in stored for key in plan.keys)
        if lacking and store.read_only:
            raise _nowhere_to_store(lacking, plan, store)
        store.start_run(plan.record, plan.examples, plan.keys)
        if not lacking and not _lacks_label_reference(plan, store):
            return _outcome(plan, store, from_cache=len(plan.keys))
        with turn(store.folder, plan.record.identity, on_phase):
            return _predict(plan, store, executor or InProcess(loader), on_progress, planned)
    except Stopped:
        if plan is None:
            raise
        return _outcome(plan, store, from_cache=len(stored))


def execute_with_baselines(
    spec: RunSpec,
    store: Store,
    *,
    on_progress: OnProgress = lambda progress: True,
    loader: Loader = load_model,
    executor: Executor | None = None,
    planned: Planned = nothing_planned,
) -> Outcome:
    """`execute`, and then the baselines on the same sample: the first thing to compare a model with.

    They follow a run that is complete, and one of which some examples got no answer.

    Args:
        spec: what to run.
        store: where completions are looked up and stored.
        on_progress: as `execute` calls it, and once for each baseline; the baselines are not stopped by it.
        loader: as for `execute`; baselines are always loaded afresh, in this process.
        executor, planned: as for `execute`.

    Returns:
        What the attempt at the run itself did.

    Raises:
        BlindspotError: as `execute` does.
    """

    def compare(record: RunRecord, answered: int, cached: int) -> None:
        def on_start(name: str) -> None:
            on_progress(Progress(f"comparing with {name}", record.run_id, answered, cached, record.n))

        _run_baselines(spec, store, on_start)

    try:
        outcome = execute(spec, store, on_progress=on_progress, loader=loader, executor=executor, planned=planned)
    except NotAnswered as error:
        if error.answered:
            compare(error.record, error.answered, 0)
        raise
    if outcome.complete:
        compare(outcome.record, outcome.record.n, outcome.from_cache)
    return outcome


def _run_baselines(spec: RunSpec, store: Store, on_start: Callable[[str], None]) -> None:
    """Run the baselines on a spec's sample; for a baseline itself, or without a train split, none."""
    for baseline in [] if spec.kind.is_baseline else baseline_specs(spec):
        on_start(baseline.model)
        try:
            execute(baseline, store)
        except ModelError:
            return
        except StoreError:
            if not store.read_only:  # otherwise the run itself is shown, without baselines that are not stored
                raise


def _predict(plan: RunPlan, store: Store, executor: Executor, on_progress: OnProgress, planned: Planned) -> Outcome:
    """Have the missing completions computed, and store each batch as it comes."""
    record = plan.record
    stored = store.stored_keys(plan.keys)  # again: another process may have predicted them meanwhile
    missing = {key: messages for key, messages in zip(plan.keys, plan.prompts, strict=True) if key not in stored}
    if not missing and not _lacks_label_reference(plan, store):
        return _outcome(plan, store, from_cache=len(plan.keys))
    copies = Counter(plan.keys)  # a text that occurs twice is predicted once
    done = cached = sum(key in stored for key in plan.keys)
    if missing and (plan_of_it := planned(plan, done)):
        store.note_load(record.run_id, load_seconds=0.0, metadata=plan_of_it)
    seconds = load_seconds = 0.0
    failure: Unanswered | None = None
    phase = "predicting"
    kept: list[bytes] = []
    begun = False

    def on_phase(phase: str) -> None:
        if not on_progress(Progress(phase, record.run_id, done, cached, record.n, predicting=begun, in_batch=True)):
            raise Stopped

    try:
        with closing(executor(plan, missing, on_phase)) as batches:
            for batch in batches:
                begun = True
                if batch.load_seconds or batch.metadata or batch.label_reference:
                    store.note_load(
                        record.run_id,
                        load_seconds=batch.load_seconds,
                        metadata=batch.metadata,
                        label_reference=batch.label_reference,
                    )
                store.put_batch(record.run_id, batch.rows, batch.seconds, batch.usage)
                seconds += batch.seconds
                load_seconds += batch.load_seconds
                kept += [key for key, _ in batch.rows]
                done += sum(copies[key] for key, _ in batch.rows)
                failure = batch.unanswered or failure  # the last says it of all of them
                if "batches_halved" in batch.metadata:
                    phase = "predicting in smaller batches, for want of memory"
                progress = Progress(phase, record.run_id, done, cached, record.n, predicting=True)
                if not on_progress(progress) or (batch.unanswered and batch.unanswered.give_up):
                    break
    except Stopped:
        pass
    if failure:
        raise NotAnswered(failure, record, done)
    outcome = _outcome(plan, store, cached, len(kept), seconds, load_seconds)
    if not outcome.complete:
        _check_that_it_stayed(kept, record, store)
    return outcome


def _lacks_label_reference(plan: RunPlan, store: Store) -> bool:
    """Whether what the run ranks its labels by can be known, and is not: an older version did not keep it.

    Labels that are ranked by the sum of their tokens' log-probabilities need nothing else.
    """
    score = CHOOSING.get(plan.record.spec.decoding, "summed")
    return score != "summed" and not store.read_only and store.run(plan.record.run_id).label_reference is None


def _nowhere_to_store(lacking: int, plan: RunPlan, store: Store) -> StoreError:
    return StoreError(
        f"the cache folder cannot be written, and {lacking} of {len(plan.keys)} predictions are missing.",
        where=str(store.folder),
        do="Make it writable, or choose another with --cache or BLINDSPOT_CACHE.",
    )


def _check_that_it_stayed(kept: list[bytes], record: RunRecord, store: Store) -> None:
    """What was stored a moment ago must be there as it was: otherwise it would be predicted again at each attempt.

    Raises:
        StoreError: if it is not.
    """
    lost = len(kept) - len(store.stored_keys(kept))
    if lost:
        raise StoreError(
            f"{lost} of {len(kept)} completions that were just stored cannot be read back as they were.",
            where=f"{store.path}, run {record.run_id}",
            do="Check the disk, or choose another cache folder with --cache or BLINDSPOT_CACHE.",
        )


def _outcome(
    plan: RunPlan, store: Store, from_cache: int, predicted: int = 0, seconds: float = 0.0, load_seconds: float = 0.0
) -> Outcome:
    run_id = plan.record.run_id
    complete = len(store.stored_keys(plan.keys)) == len(set(plan.keys))
    if complete and not store.read_only:
        store.finish_run(run_id)
    try:
        record = store.run(run_id)
    except StoreError as error:
        raise StoreError(
            "the run was deleted while it was worked on.",
            where=f"run {run_id}",
            do="Run it again to have it back: its completions are kept.",
        ) from error
    return Outcome(record, predicted, from_cache, seconds, load_seconds, complete)
