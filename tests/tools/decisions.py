"""Two stored runs with probabilities on the same examples, to decide on; their labels are odd ones."""

from __future__ import annotations

import numpy as np

from evalcore.analysis.scored_run import ScoredRun
from evalcore.store.database import Store
from tests.tools.probabilities import with_probabilities

LABELS = ("card, lost", 'pin="wrong"', "top|up", "<b>fee</b>", "rate_up", "rate_down")


def two_runs(store: Store, n: int = 240, labels: tuple[str, ...] = LABELS) -> tuple[ScoredRun, ScoredRun]:
    """A and B; B is right more often."""
    gold = [labels[at % len(labels)] for at in range(n)]
    return tuple(  # type: ignore[return-value]
        with_probabilities(store, labels, gold, _shares(n, len(labels), strength, seed), name=f"{seed}.csv")
        for seed, strength in ((0, 1.5), (1, 2.5))
    )


def _shares(n: int, n_labels: int, strength: float, seed: int) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(size=(n, n_labels))
    logits[np.arange(n), np.arange(n) % n_labels] += strength
    shares = np.exp(logits)
    return shares / shares.sum(axis=1, keepdims=True)
