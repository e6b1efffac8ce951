"""Predictions made up for tests and for the clicks benchmark: many labels, many rows, believable confusions."""

from __future__ import annotations

import numpy as np

from evalcore.importing.predictions import import_table
from evalcore.store.database import Store
from evalcore.store.run_record import RunRecord
from evalcore.tasks.data_file import Table

WORDS = ("card", "top_up", "transfer", "refund", "exchange", "cash", "limit", "verify", "pending", "fee")


def labels_of(n_labels: int) -> list[str]:
    """Label names in families of ten, of the length that such names have."""
    return [f"{WORDS[code // 10 % len(WORDS)]}_{WORDS[code % 10]}_case_{code:03}" for code in range(n_labels)]


def predictions(n_labels: int, n: int, seed: int = 0) -> Table:
    """A file of predictions: 70 % right, most confusions within a family, 2 % unparsed, uneven supports."""
    rng = np.random.default_rng(seed)
    labels = labels_of(n_labels)
    weights = 1 / (1 + np.arange(n_labels) % 17)
    true = rng.choice(n_labels, size=n, p=weights / weights.sum())
    near = np.minimum(true // 10 * 10 + rng.integers(0, 10, size=n), n_labels - 1)
    anywhere = rng.integers(0, n_labels, size=n)
    kind = rng.random(n)
    predicted = np.where(kind < 0.7, true, np.where(kind < 0.95, near, anywhere))
    answers = [labels[code] if draw < 0.98 else "I am not sure" for code, draw in zip(predicted, kind, strict=True)]
    rows = [
        [f"message {at} about {WORDS[at % 10].replace('_', ' ')}, please help me with it soon", labels[code], answer]
        for at, (code, answer) in enumerate(zip(true.tolist(), answers, strict=True))
    ]
    return Table(f"made-up-{n_labels}x{n}.csv", ["text", "label", "completion"], rows, list(range(2, n + 2)))


def imported(store: Store, n_labels: int, n: int, seed: int = 0) -> RunRecord:
    """The same as a run in a store."""
    table = predictions(n_labels, n, seed)
    return import_table(table, table.name, store, labels=labels_of(n_labels))
