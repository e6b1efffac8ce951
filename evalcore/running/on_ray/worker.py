"""One worker of a Ray cluster: batches of prompts in, completions out. Nothing here imports Ray.

What travels in both directions is an Arrow table of one row, a batch. Its columns are numbers, texts and bytes, so that
a cluster is sent no objects that it would have to unpickle.
"""

from __future__ import annotations

import json
import platform
import tempfile
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from evalcore.errors import BlindspotError, ModelError, OutOfMemory, Unanswered, first_line
from evalcore.predictors import identify
from evalcore.running.executors import predict
from evalcore.store import Completion, Identity, LabelReference, Predictor, Preparable, RunSpec, Store
from evalcore.tasks import Messages, Task

_ROW = pa.struct(
    {
        "key": pa.binary(),
        "text": pa.string(),
        "token_ids": pa.list_(pa.int64()),
        "prompt_tokens": pa.int64(),
        "stop": pa.string(),
        "latency_ms": pa.float64(),
        "label_logprobs": pa.binary(),
    }
)
"""A key and the fields of its `Completion`."""
_ASKED = pa.schema({"number": pa.int64(), "keys": pa.list_(pa.binary()), "prompts": pa.binary()})
_ANSWERED = pa.schema({"number": pa.int64(), "rows": pa.list_(_ROW), "news": pa.string()})


@dataclass(frozen=True)
class WorkersBatch:
    """What came back of one batch.

    Attributes:
        number: of the batch, as it was asked.
        rows: keys and completions of the prompts that were answered.
        seconds: that the worker predicted.
        unanswered: why others of the batch have no completion; None if all have one.
        metadata: what was learnt about the model since the worker's batch before.
        label_reference: with the first batch of a worker: what was learnt of the labels as answers, if anything was.
        error: why the worker cannot go on at all; None if it can.
    """

    number: int
    rows: list[tuple[bytes, Completion]]
    seconds: float
    unanswered: Unanswered | None
    metadata: Mapping[str, str]
    label_reference: LabelReference | None
    error: BlindspotError | None


def asked(number: int, keys: Sequence[bytes], prompts: Sequence[Messages]) -> pa.Table:
    """A batch on its way to a worker; prompts are compressed, since those of a run are alike for the most part."""
    packed = zlib.compress(json.dumps(list(prompts)).encode("ascii"))
    return pa.table([[number], [list(keys)], [packed]], schema=_ASKED)


def answered(batch: Mapping[str, Any]) -> WorkersBatch:
    """A batch that came back: one row of a worker's table, as a dictionary of Python values."""
    news = json.loads(batch["news"])
    rows = [
        (row["key"], Completion(**{**_without_key(row), "token_ids": tuple(row["token_ids"])})) for row in batch["rows"]
    ]
    reference = news.get("label_reference")
    return WorkersBatch(
        number=batch["number"],
        rows=rows,
        seconds=news.get("seconds", 0.0),
        unanswered=Unanswered(**news["unanswered"], answers=()) if "unanswered" in news else None,
        metadata=news.get("metadata", {}),
        label_reference=LabelReference.from_json(reference) if reference else None,
        error=_error_of(news["error"]) if "error" in news else None,
    )


class Worker:
    """Loads the model of a run with the first batch, and predicts one after another.

    What is raised while a worker is made ends its whole cluster's work with a traceback; and a worker that dies while
    it is made is made again without end. So that is done with the first batch, as a part of its answer.

    Args:
        spec: of the run, as JSON.
        identity: of its model, as it was found where the run was planned: the keys of the completions are made of it.
        labels, answers, content_free: of its task and its plan.
        prompts: some of the run's, for what they have in common.
    """

    def __init__(
        self,
        spec: str,
        identity: dict[str, str | int],
        labels: list[str],
        answers: list[str],
        content_free: dict[str, Messages],
        prompts: list[Messages],
    ) -> None:
        self._spec = RunSpec.from_json(spec)
        self._identity = identity
        self._labels, self._answers, self._content_free, self._prompts = labels, answers, content_free, prompts
        self._predictor: Predictor | None = None
        self._noted: dict[str, str] = {}

    def load(self, spec: RunSpec, identity: Identity, labels: Sequence[str], answers: Sequence[str]) -> Predictor:
        """The run's model, if it is the same here.

        Raises:
            BlindspotError: if it cannot be loaded, or is another one.
        """
        task = Task("", tuple(labels), (), (), "")
        with tempfile.TemporaryDirectory() as folder:  # nothing is kept on a worker, not even digests of its files
            handle = identify(spec, task, answers, Store(Path(folder)), _quietly)
        _check_that_it_is_the_same(identity, handle.identity, spec.model)
        return handle.load(_quietly)

    def __call__(self, batches: pa.Table) -> pa.Table:
        """Answer one batch; what goes wrong is a part of the answer."""
        (batch,) = batches.to_pylist()
        news: dict[str, Any] = {}
        rows: list[tuple[bytes, Completion]] = []
        try:
            if self._predictor is None:
                self._predictor = self._prepared(news)
            started = time.perf_counter()
            prompts = [tuple(messages) for messages in json.loads(zlib.decompress(batch["prompts"]))]
            if prompts:
                rows, failure = predict(self._predictor, batch["keys"], prompts)
                if failure is not None:
                    news["unanswered"] = {**_parts(failure), "give_up": failure.give_up}
            news["seconds"] = time.perf_counter() - started
            news["metadata"] = self._learnt(self._predictor)
        except Exception as error:
            news["error"] = _described(error)
        given = [{"key": key, **asdict(completion)} for key, completion in rows]
        return pa.table([[batch["number"]], [given], [json.dumps(news)]], schema=_ANSWERED)

    def _prepared(self, news: dict[str, Any]) -> Predictor:
        """The run's predictor, prepared for its prompts; what it learnt by that is written into `news`."""
        predictor = self.load(self._spec, self._identity, self._labels, self._answers)
        if isinstance(predictor, Preparable):
            reference = predictor.prepare(self._prompts, self._answers, self._content_free)
            news["label_reference"] = reference.to_json() if reference else None
        return predictor

    def _learnt(self, predictor: Predictor) -> dict[str, str]:
        """What the predictor says of itself and did not say before."""
        learnt = {name: fact for name, fact in predictor.metadata.items() if self._noted.get(name) != fact}
        self._noted |= learnt
        return learnt


def _check_that_it_is_the_same(planned: Identity, found: Identity, model: str) -> None:
    differing = [name for name in {**planned, **found} if planned.get(name) != found.get(name)]
    if differing:
        here, there = (", ".join(f"{name} {of.get(name, 'none')}" for name in differing) for of in (planned, found))
        raise ModelError(
            f"the model on the worker {platform.node()} is not the one that was planned: {there} there, {here} where"
            " the run was started.",
            where=model,
            do=_remedy(differing),
        )


def _remedy(differing: Sequence[str]) -> str:
    if "device" in differing or "dtype" in differing or "batch_size" in differing:
        return "Name the workers' device and number format, for example --device cuda --dtype bfloat16."
    if "model" in differing:
        return "Put the same files at this path on every machine, or give a hub id."
    return "Use the same version of Blindspot on every machine."


def _quietly(phase: str) -> None:
    """What a worker is doing is not told."""


def _without_key(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "key"}


def _parts(error: BlindspotError) -> dict[str, str]:
    return {"what": error.what, "where": error.where, "do": error.do}


def _described(error: Exception) -> dict[str, str]:
    if isinstance(error, BlindspotError):
        return {"kind": type(error).__name__, **_parts(error)}
    what = f"the worker {platform.node()} failed with {type(error).__name__} ({first_line(error)})."
    return {"kind": "", "what": what, "where": "", "do": "What was predicted is kept."}


def _error_of(described: dict[str, str]) -> BlindspotError:
    kind = OutOfMemory if described["kind"] == OutOfMemory.__name__ else ModelError
    return kind(described["what"], where=described["where"], do=described["do"])
