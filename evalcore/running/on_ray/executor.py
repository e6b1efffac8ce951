"""Completions computed by workers on a Ray cluster: several GPUs, or several machines.

Ray Data does the scheduling. Its rows are whole batches of the run, composed as in one process; each is a task of one
worker. Ray delivers at least once: a batch that comes twice is taken once. A worker that dies is started again, and its
batches are given out again; a batch that kills its worker each time is left out, and named.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

from evalcore.errors import ModelError, Unanswered, listed
from evalcore.predictors import OnPhase
from evalcore.running.executors import CompletedBatch, InProcess, batches
from evalcore.running.on_ray.cluster import Workers, connected
from evalcore.running.on_ray.data import stream
from evalcore.running.on_ray.worker import Worker, WorkersBatch, answered, asked
from evalcore.running.plan import RunPlan
from evalcore.tasks import Messages
from evalcore.wording import counted

_GPUS = ("cuda", "xpu")
_DEFAULT_BATCH_SIZE = 64
"""For a kind of model whose identity names no size."""


class RayExecutor:
    """See the module. Baselines, which are fitted in seconds, are computed in this process.

    Args:
        workers: what is asked of the cluster; by default one on this machine.
        worker: what each of the cluster's actors runs.
    """

    def __init__(self, workers: Workers | None = None, worker: type[Worker] = Worker) -> None:
        self._workers = workers or Workers()
        self._worker = worker

    def __call__(
        self, plan: RunPlan, missing: Mapping[bytes, Messages], on_phase: OnPhase
    ) -> Generator[CompletedBatch, None, None]:
        """Batches in the order in which workers complete them; as `Executor` says.

        Raises:
            ModelError: also if the cluster does not answer, or its workers have another model or die all the time.
        """
        kind = plan.record.spec.kind
        if kind.is_remote:
            raise ModelError(
                "a server is asked over the network, and shares the work among its own GPUs.",
                where=plan.record.spec.model,
                do="Leave --executor out. vllm serve --tensor-parallel-size and --data-parallel-size make it faster.",
            )
        if kind.is_baseline:
            yield from InProcess()(plan, missing, on_phase)
            return
        to_do = dict(enumerate(batches(plan.keys, _batch_size(plan), missing))) or {0: []}
        address = self._workers.address
        on_phase(f"connecting with the Ray cluster {address}" if address else "starting Ray on this machine")
        last = time.perf_counter()
        with connected(_on_gpus(self._workers, plan)) as workers:
            loading = f"{counted(workers.number, 'worker')} loading the model"
            first = True
            # Closed before the connection is: what workers are still at ends first.
            with closing(self._answered(workers, plan, missing, to_do, lambda: on_phase(loading))) as answers:
                for batch in answers:
                    if batch.error is not None:
                        raise batch.error
                    if to_do.pop(batch.number, None) is None:
                        continue  # delivered a second time
                    now = time.perf_counter()
                    seconds = min(now - last, batch.seconds) if first else now - last
                    yield CompletedBatch(
                        batch.rows,
                        seconds,
                        batch.unanswered,
                        load_seconds=now - last - seconds,
                        metadata={**batch.metadata, **({"workers": str(workers.number)} if first else {})},
                        label_reference=batch.label_reference if first else None,
                    )
                    first, last = False, now
        if to_do:
            yield CompletedBatch((), 0.0, _deadly(to_do, plan))

    def _answered(
        self,
        workers: Workers,
        plan: RunPlan,
        missing: Mapping[bytes, Messages],
        to_do: Mapping[int, Sequence[bytes]],
        on_wait: Callable[[], None],
    ) -> Generator[WorkersBatch, None, None]:
        """What workers answer, as it comes; at the end only batches whose workers died are still `to_do`.

        A batch that waits at a worker while another one kills it is lost as well. So those that are lost are given out
        once more, and no second one to a worker meanwhile: now the batch that is lost is the deadly one.
        """
        assignment = _assignment(plan, missing)
        for waiting in (True, False):
            tables = [asked(number, keys, [missing[key] for key in keys]) for number, keys in to_do.items()]
            with closing(stream(tables, workers, self._worker, assignment, waiting=waiting, on_wait=on_wait)) as rows:
                yield from map(answered, rows)
            if not to_do:
                return


def _on_gpus(workers: Workers, plan: RunPlan) -> Workers:
    """With one GPU to each where the run's model computes on GPUs, and none elsewhere, unless it was said."""
    if workers.gpus is not None:
        return workers
    return replace(workers, gpus=float(str(plan.handle.identity.get("device", "cpu")).split()[-1] in _GPUS))


def _batch_size(plan: RunPlan) -> int:
    return int(plan.handle.identity.get("batch_size", _DEFAULT_BATCH_SIZE))


def _assignment(plan: RunPlan, missing: Mapping[bytes, Messages]) -> dict[str, Any]:
    """What a worker is told of the run: the arguments of `Worker`."""
    from evalcore.predictors.local import PROMPTS_LOOKED_AT  # it imports torch

    prompts = list(missing.values()) or plan.prompts
    step = max(1, len(prompts) // PROMPTS_LOOKED_AT)  # those that would be looked at in one process
    return {
        "spec": plan.record.spec.to_json(),
        "identity": dict(plan.handle.identity),
        "labels": list(plan.record.labels),
        "answers": list(plan.answers),
        "content_free": dict(plan.content_free),
        "prompts": prompts[::step],
    }


def _deadly(lost: Mapping[int, Sequence[bytes]], plan: RunPlan) -> Unanswered:
    """Why some batches have no answer, by their numbers: the workers that were given one died each time."""
    first = [plan.examples[plan.keys.index(keys[0])].text for keys in lost.values()]
    examples = sum(map(len, lost.values()))
    return Unanswered(
        f"no answer to {counted(examples, 'example')} in {counted(len(lost), 'batch', 'batches')}: each worker that was"
        f" given one died. The first in each batch: {listed(first)}.",
        where=plan.record.spec.model,
        do="Perhaps it needs too much memory: try a smaller --batch-size.",
        answers=[None] * examples,
    )
