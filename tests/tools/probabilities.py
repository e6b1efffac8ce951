"""Stored runs with the probability of every label, made up: for tests of what rests on probabilities."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalcore.analysis.scored_run import ScoredRun, score_run
from evalcore.importing.predictions import import_table
from evalcore.store.completion import Completion
from evalcore.store.database import Store
from evalcore.store.run_record import RunRecord
from evalcore.store.spec import RunSpec, run_id
from evalcore.tasks.data_file import Table
from evalcore.tasks.task import Example
from tests.tools.generated import labels_of


def stored_with_logprobs(
    store: Store,
    labels: Sequence[str],
    true: Sequence[int],
    logprobs: NDArray[np.floating],
    *,
    answers: Sequence[str] | None = None,
    texts: Sequence[str] | None = None,
    name: str = "probable.csv",
    spec: RunSpec | None = None,
) -> RunRecord:
    """Store a run.

    Args:
        true: codes of the true labels.
        logprobs: shape (n, n_labels), NaN for what is not known; (n, 0) for a run without probabilities.
        answers: the most probable labels where they are not given.
        spec: what was asked for; by default the run is an imported one.
    """
    n = len(true)
    gold = [labels[code] for code in true]
    if answers is None:
        answers = [labels[code] for code in np.nan_to_num(logprobs, nan=-np.inf).argmax(axis=1)]
    texts = texts or [f"text {at}" for at in range(n)]
    rows: list[list[str | None]] = [list(row) for row in zip(texts, gold, answers, strict=True)]
    table = Table(name, ["text", "label", "completion"], rows, list(range(2, n + 2)))
    with TemporaryDirectory() as folder:  # for the record of such a run, not for its answers
        imported = import_table(table, name, Store(Path(folder)), labels=list(labels))
    of_spec = {"predictor": spec.kind.name, "model": spec.model} if spec else {}
    identity = {
        **imported.identity,
        **of_spec,
        "content": hashlib.sha256(logprobs.tobytes() + repr(answers).encode()).hexdigest(),
    }
    record = replace(
        imported, identity=identity, run_id=run_id(imported.sample_id, identity, name), spec=spec or imported.spec
    )
    keys = [hashlib.sha256(f"{record.run_id} {at}".encode()).digest() for at in range(n)]
    completions = [
        Completion(answer, label_logprobs=row.astype("<f4").tobytes())
        for answer, row in zip(answers, logprobs, strict=True)
    ]
    examples = [Example(text, label) for text, label in zip(texts, gold, strict=True)]
    store.put_run(record, examples, keys, list(zip(keys, completions, strict=True)))
    return record


def with_probabilities(
    store: Store,
    labels: Sequence[str],
    gold: Sequence[str],
    shares: ArrayLike,
    answers: Sequence[str] | None = None,
    *,
    texts: Sequence[str] | None = None,
    name: str = "rows.csv",
) -> ScoredRun:
    """The same of true labels and of probabilities, shape (n, n_labels), scored."""
    with np.errstate(divide="ignore"):
        logprobs = np.log(np.asarray(shares, dtype=float))
    codes = [list(labels).index(label) for label in gold]
    record = stored_with_logprobs(store, labels, codes, logprobs, answers=answers, texts=texts, name=name)
    return score_run(store, record.run_id)


def over_confident(store: Store, n_labels: int, n: int, seed: int = 0) -> RunRecord:
    """A run whose labels come true less often than their probabilities say: drawn at twice their temperature."""
    rng = np.random.default_rng(seed)
    scores = rng.standard_normal((n, n_labels)) * rng.uniform(1, 4, size=(n, 1))
    flat = np.exp(scores / 2)
    flat /= flat.sum(axis=1, keepdims=True)
    true = (flat.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1).clip(max=n_labels - 1)
    logprobs = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    texts = [f"message {at}, please help me with it soon" for at in range(n)]
    return stored_with_logprobs(
        store, labels_of(n_labels), true.tolist(), logprobs, texts=texts, name=f"over-confident-{n_labels}x{n}.csv"
    )


def on_the_same(store: Store, record: RunRecord, seed: int = 1) -> RunRecord:
    """Another run on a run's examples: right about seven times in ten, and as sure as it likes."""
    rng = np.random.default_rng(seed)
    scored = score_run(store, record.run_id)
    n, n_labels = len(scored.y_true), len(scored.labels)
    scores = rng.standard_normal((n, n_labels))
    likeliest = np.where(rng.random(n) < 0.7, scored.y_true, rng.integers(0, n_labels, size=n))
    scores[np.arange(n), likeliest] += rng.uniform(3, 8, size=n)
    logprobs = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    texts = [f"message {at}, please help me with it soon" for at in range(n)]  # those of `over_confident`
    return stored_with_logprobs(
        store, scored.labels, scored.y_true.tolist(), logprobs, texts=texts, name=f"another-{seed}-{n_labels}x{n}.csv"
    )
