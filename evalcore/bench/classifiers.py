"""An encoder classifier's ways to put texts together, measured against one text at a time, on the same texts."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from evalcore.bench.rows import Row
from evalcore.predictors import identify
from evalcore.predictors.encoder import Encoder
from evalcore.store import Completion, RunSpec, Store
from evalcore.tasks import Messages, draw_sample, load_task

PLAIN_BATCH = 32
"""Texts in a padded batch, as they come: what a plain loop over a data loader does."""
_ONE, _PLAIN, _SORTED, _USED = "one at a time", f"{PLAIN_BATCH} at a time, padded", "sorted, padded", "as used"


def measure(spec: RunSpec, rounds: int, store: Store) -> tuple[dict[str, Any], list[Row]]:
    """Measure the ways to put a spec's texts together.

    Args:
        spec: in its normal form.
        rounds: how often each way takes its turn.
        store: knows the digests of files that were read before.

    Returns:
        What was measured, by name, and one row for each way.

    Raises:
        BlindspotError: if the model or the task cannot be had.
    """
    task = load_task(spec.task, store.folder)
    texts: list[Messages] = [
        ({"role": "user", "content": example.text},) for example in draw_sample(task, spec.n, spec.sample)
    ]
    handle = identify(spec, task, task.labels, store, lambda phase: None)
    encoder = handle.load(lambda phase: None)
    assert isinstance(encoder, Encoder)
    rows, largest = _measure(encoder, texts, rounds)
    what = {"model": spec.model, "task": task.name, "labels": len(task.labels), **handle.metadata}
    return {**what, "largest difference of a probability": f"{largest:.1e}"}, rows


def _measure(encoder: Encoder, texts: list[Messages], rounds: int) -> tuple[list[Row], float]:
    """The rows, and by how much the probability of any label differs from that of one text at a time."""
    ways = dict(_ways(encoder, texts))
    timings: dict[str, list[float]] = {name: [] for name in ways}
    results: dict[str, Sequence[Completion]] = {}
    for _ in range(rounds):
        for name, predict in ways.items():  # interleaved, so that noise affects all alike
            started = time.perf_counter()
            results[name] = predict()
            timings[name].append(time.perf_counter() - started)
    n, alone = len(texts), results[_ONE]
    seconds = {name: statistics.median(times) for name, times in timings.items()}
    rows = [
        Row(name, n, n, taken, seconds[_ONE] / taken, _differing(results[name], alone), n)
        for name, taken in seconds.items()
    ]
    largest = max(
        float(np.abs(np.exp(a.logprobs) - np.exp(b.logprobs)).max(initial=0.0))
        for found in results.values()
        for a, b in zip(found, alone, strict=True)
    )
    return rows, largest


def _ways(encoder: Encoder, texts: list[Messages]) -> Iterator[tuple[str, Callable[[], list[Completion]]]]:
    """Each way to put texts together, by name; without padding only where the model has none."""
    used = encoder.padded, encoder.tokens_at_once, encoder.batch_size

    def put_together(padded: bool, tokens: int, size: int) -> list[Completion]:
        encoder.padded, encoder.tokens_at_once = padded, tokens
        batches = (texts[start : start + size] for start in range(0, len(texts), size))
        completions = [completion for batch in batches for completion in encoder.predict(batch)]
        encoder.padded, encoder.tokens_at_once = used[:2]
        return completions

    yield _ONE, lambda: put_together(False, used[1], 1)
    if encoder.can_pad:
        yield _PLAIN, lambda: put_together(True, 10**9, PLAIN_BATCH)
        yield _SORTED, lambda: put_together(True, *used[1:])
    yield _USED, lambda: put_together(*used)


def _differing(found: Sequence[Completion], alone: Sequence[Completion]) -> int:
    return sum(a.text != b.text for a, b in zip(found, alone, strict=True))
