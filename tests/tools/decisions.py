"""Two stored runs with probabilities on the same examples, to decide on; their labels are odd ones."""

from __future__ import annotations

import numpy as np

from evalcore.analysis.scored_run import ScoredRun
from evalcore.store.database import Store
from tests.tools.probabilities import with_probabilities
from tests.tools.runs import scored

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


DEAR = ("card, lost", "<b>fee</b>")
"""Actual and predicted label of the dear confusion of `tied_runs`."""
COSTS_OF_TIED = f'true,predicted,cost\n*,*,1\n*,(unparsed),2\n"{DEAR[0]}",{DEAR[1]},20\n'


def tied_runs(store: Store, n: int = 420, same: bool = False) -> tuple[ScoredRun, ScoredRun]:
    """A and B, which cannot be told apart by accuracy; of B's mistakes many are dear, and of A's none.

    Args:
        same: whether they are right on the same examples.
    """
    rng = np.random.default_rng(3)
    gold = [LABELS[code] for code in rng.integers(0, len(LABELS), n)]
    dear = [label == DEAR[0] and rng.random() < 0.7 for label in gold]
    cheap = dear if same else [label == "rate_up" and rng.random() < 0.7 for label in gold]
    a = ["rate_down" if wrong else "none of them" if at % 50 == 7 else gold[at] for at, wrong in enumerate(cheap)]
    b = [DEAR[1] if wrong else "none of them" if at % 50 == 7 else gold[at] for at, wrong in enumerate(dear)]
    of_a, of_b = (scored(store, gold, answers, labels=LABELS, name=f"{i}.csv") for i, answers in enumerate((a, b)))
    return of_a, of_b
