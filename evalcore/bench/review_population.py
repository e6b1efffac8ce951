"""The texts that the simulation of the question “Review” draws from, two runs' answers, and how sure run A's are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from evalcore.bench.simulated_texts import MODELS, Model, softmax, texts_of
from evalcore.metrics import Counts, Floats
from evalcore.metrics.decisions.selective import Steps, steps_of

SIGNALS = ("confidence", "margin", "entropy", "agreement")
RUN_B = "run B"

_POPULATION = 100_000
_NOISE = 0.5
"""Standard deviation of what other runs add to the scores, relative to these."""
_OTHER_RUNS = 3


@dataclass(frozen=True)
class Population:
    """All texts, sorted by true label; arrays of shape (n,).

    Attributes:
        starts: shape (n_labels + 1,), see `drawn_rows`.
        predicted, right: of run A; right_b: of run B.
        certainty: by signal; under `RUN_B` the confidence of run B.
    """

    true: Counts
    starts: Counts
    predicted: Counts
    right: NDArray[np.bool_]
    right_b: NDArray[np.bool_]
    certainty: Mapping[str, Floats]


@lru_cache(maxsize=len(SIGNALS))
def curve_of(n_labels: int, model: Model, signal: str) -> Steps:
    """The risk-coverage curve of all texts."""
    population = population_of(n_labels, model)
    return steps_of(population.certainty[signal], population.right)


@lru_cache(maxsize=1)
def population_of(n_labels: int, model: Model) -> Population:
    """The texts, always the same; those of the last model are kept."""
    rng = np.random.default_rng([n_labels, MODELS.index(model)])
    parts = []
    for texts in texts_of(n_labels, model, _POPULATION, rng):
        shares = softmax(texts.scores / model.temperature)
        top = shares.argmax(axis=1)
        others = [
            softmax(texts.scores + rng.standard_normal(texts.scores.shape) * texts.sharpness * _NOISE)
            for _ in range(_OTHER_RUNS)
        ]
        largest = np.partition(shares, -2, axis=1)[:, -2:]
        agreeing = np.mean([other.argmax(axis=1) == top for other in others], axis=0)
        parts.append((
            texts.first + texts.true, texts.first + top, others[0].argmax(axis=1) == texts.true,
            largest[:, 1], largest[:, 1] - largest[:, 0], (shares * np.log(np.maximum(shares, 1e-300))).sum(axis=1),
            agreeing, others[0].max(axis=1),
        ))  # fmt: skip
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    true, predicted, right_b, *signals = (column[order] for column in columns)
    starts = np.searchsorted(true, np.arange(n_labels + 1))
    certainty = dict(zip((*SIGNALS, RUN_B), signals, strict=True))
    return Population(true, starts, predicted, predicted == true, right_b, certainty)
