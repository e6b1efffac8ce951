"""Missing examples in, completed batches out: where and how a run's completions are computed.

An executor does not decide what a completion is, so it is no part of its key: by whichever executor a run is computed,
the same rows are stored under the same keys. What is missing, storing, progress and stopping are `run.py`'s.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from evalcore.errors import Unanswered
from evalcore.predictors import ModelHandle, OnPhase
from evalcore.running.plan import RunPlan
from evalcore.store import Completion, GoOn, LabelReference, Metered, Predictor, Preparable, Usage, Waiting
from evalcore.tasks import Messages

Loader = Callable[[ModelHandle, OnPhase], Predictor]
"""Makes a handle a loaded model; told what to call with a few words on what it is doing."""


@dataclass(frozen=True)
class CompletedBatch:
    """Some of a run's missing completions.

    Attributes:
        rows: keys and completions of the examples that were answered.
        seconds: time spent predicting them.
        unanswered: why others of the batch have no completion; None if all have one.
        load_seconds: time spent loading the model since the batch before, 0 if it was loaded.
        metadata: what was learnt about the model since the batch before, for display.
        label_reference: what was learnt of the labels as answers since then, if anything was.
        usage: what was asked of a server for this batch, in vain or not; None if the model is not on one.
    """

    rows: Sequence[tuple[bytes, Completion]]
    seconds: float
    unanswered: Unanswered | None = None
    load_seconds: float = 0.0
    metadata: Mapping[str, str] = field(default_factory=dict)
    label_reference: LabelReference | None = None
    usage: Usage | None = None


class Executor(Protocol):
    """Computes the missing completions of a run."""

    def __call__(
        self, plan: RunPlan, missing: Mapping[bytes, Messages], on_phase: OnPhase
    ) -> Generator[CompletedBatch, None, None]:
        """Batches in any order, each as soon as it is complete.

        The generator is closed when the run is stopped: then it ends what is under way, and yields no more.

        Args:
            plan: the run, with all of its keys and prompts, and the handle of its model.
            missing: the chat messages to complete, by key, in the run's order. None of them where all are stored and
                only what is known of the labels as answers is missing.
            on_phase: to be told what is being done before the first batch. It may raise an exception that stops the
                run, which is to be passed on; so it is called from the thread that iterates, and from no other.

        Raises:
            BlindspotError: for what the user can fix.
        """


def load_model(handle: ModelHandle, on_phase: OnPhase) -> Predictor:
    """The default loader. The worker has another, which keeps the model for the next run."""
    return handle.load(on_phase)


class InProcess:
    """Loads the model in this process, and predicts one batch after another.

    Args:
        loader: makes the plan's handle a loaded model.
    """

    def __init__(self, loader: Loader = load_model) -> None:
        self._loader = loader

    def __call__(
        self, plan: RunPlan, missing: Mapping[bytes, Messages], on_phase: OnPhase
    ) -> Generator[CompletedBatch, None, None]:
        """Batches in the run's order; as `Executor` says."""
        started = time.perf_counter()
        predictor = self._loader(plan.handle, on_phase)
        load_seconds = time.perf_counter() - started
        on_phase("predicting")
        started = time.perf_counter()
        reference = None
        if isinstance(predictor, Preparable):
            asked = list(missing.values()) or plan.prompts
            reference = predictor.prepare(asked, plan.answers, plan.content_free)
        noted: dict[str, str] = {}
        stop: Exception | None = None

        def go_on(what: str) -> bool:
            """Passes on what a waiting predictor does, and keeps an exception until what was answered is stored."""
            nonlocal stop
            try:
                on_phase(what)
            except Exception as error:
                stop = error
            return stop is None

        for keys in batches(plan.keys, predictor.batch_size, missing):
            rows, failure = predict(predictor, keys, [missing[key] for key in keys], go_on)
            usage = predictor.take_usage() if isinstance(predictor, Metered) else None
            learnt = {name: fact for name, fact in predictor.metadata.items() if noted.get(name) != fact}
            noted |= learnt
            seconds = time.perf_counter() - started
            yield CompletedBatch(rows, seconds, failure, load_seconds, learnt, reference, usage)
            if stop is not None:
                raise stop
            load_seconds, reference = 0.0, None
            started = time.perf_counter()
        if reference is not None:
            usage = predictor.take_usage() if isinstance(predictor, Metered) else None
            seconds = time.perf_counter() - started
            yield CompletedBatch((), seconds, None, load_seconds, predictor.metadata, reference, usage)


def predict(
    predictor: Predictor, keys: Sequence[bytes], prompts: list[Messages], go_on: GoOn | None = None
) -> tuple[list[tuple[bytes, Completion]], Unanswered | None]:
    """Ask a predictor for one batch.

    Args:
        predictor: a loaded model.
        keys: key of each prompt's completion.
        prompts: chat messages, as many as keys.
        go_on: asked while the predictor waits for others, if it is one that does.

    Returns:
        Keys and completions of the prompts that were answered, and why the others were not; None if all were, or if it
        was stopped.
    """
    failure = None
    watched = predictor if isinstance(predictor, Waiting) else None
    try:
        if watched:
            watched.while_waiting(go_on)
        answers: Sequence[Completion | None] = predictor.predict(prompts)
    except Unanswered as error:
        failure, answers = None if error.stopped else error, error.answers
    finally:
        if watched:
            watched.while_waiting(None)
    return [(key, answer) for key, answer in zip(keys, answers, strict=True) if answer is not None], failure


def batches(keys: Sequence[bytes], size: int, missing: Container[bytes]) -> Iterator[list[bytes]]:
    """The missing keys, in batches of the whole run: a batch holds what is missing of `size` keys that stand together.

    In short number formats an answer can depend on its batch, and a run that was interrupted and resumed is to end like
    one that was not.

    Args:
        keys: of all of the run's examples; a key that occurs more than once is taken once.
        size: keys in a full batch.
        missing: those to be predicted.
    """
    distinct = list(dict.fromkeys(keys))
    for start in range(0, len(distinct), size):
        batch = [key for key in distinct[start : start + size] if key in missing]
        if batch:
            yield batch
