"""Texts whose true probabilities are known, for simulations: of an easy topic and of a hard one, and models of them.

Of every text the true probabilities are a softmax over the labels of its topic; the true label is drawn from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalcore.metrics import Counts, Design, Floats

_BLOCK = 20_000
"""Texts at a time."""


@dataclass(frozen=True)
class Model:
    """What run A is like.

    Attributes:
        name: in words.
        sharpness: standard deviation of the scores of the labels of the easy and of the hard topic.
        temperature: of run A: 1 is perfectly calibrated, below 1 over-confident, above 1 under-confident.
    """

    name: str
    sharpness: tuple[float, float]
    temperature: float


MODELS = (
    Model("weak, calibrated", (2.5, 1.0), 1.0),
    Model("good, calibrated", (8.0, 2.5), 1.0),
    Model("good, over-confident", (8.0, 2.5), 0.4),
    Model("very good, over-confident", (25.0, 8.0), 0.6),
    Model("good, under-confident", (8.0, 2.5), 2.0),
)


@dataclass(frozen=True)
class Shape:
    """What is simulated: number of labels and of examples, how examples are drawn, and the model."""

    n_labels: int
    n: int
    design: Design
    model: Model


@dataclass(frozen=True)
class Texts:
    """Some texts of one topic.

    Attributes:
        first: its first label; the columns of `scores` are its labels.
        sharpness: standard deviation of the scores.
        scores: shape (n_texts, n_labels of the topic), of which the true probabilities are a softmax.
        true: shape (n_texts,), columns of `scores`.
    """

    first: int
    sharpness: float
    scores: Floats
    true: Counts


def texts_of(n_labels: int, model: Model, n: int, rng: np.random.Generator) -> Iterator[Texts]:
    """A population of about n texts, some thousand at a time.

    The first half of the labels is the easy topic's, the rest the hard one's; all labels are equally frequent.
    """
    easy = n_labels // 2
    for first, size, sharpness in ((0, easy, model.sharpness[0]), (easy, n_labels - easy, model.sharpness[1])):
        texts = n * size // n_labels
        for start in range(0, texts, _BLOCK):
            scores = rng.standard_normal((min(_BLOCK, texts - start), size)) * sharpness
            chance = softmax(scores)
            true = (chance.cumsum(axis=1) < rng.random((len(chance), 1))).sum(axis=1).clip(max=size - 1)
            yield Texts(first, sharpness, scores, true)


def drawn_rows(starts: Counts, n: int, design: Design, rng: np.random.Generator) -> NDArray[np.intp]:
    """Rows of one data set, with replacement; a stratified one has the same number of each label, to within one.

    Args:
        starts: shape (n_labels + 1,), of a population sorted by true label: label i has the rows from starts[i] to
            starts[i + 1].
        n: how many.
    """
    if design == "random":
        return rng.integers(0, starts[-1], n)
    n_labels = len(starts) - 1
    each, more = divmod(n, n_labels)
    labels = np.concatenate([np.repeat(np.arange(n_labels), each), rng.permutation(n_labels)[:more]])
    first, following = starts[labels], starts[labels + 1]
    return first + (rng.random(n) * (following - first)).astype(np.intp)


def softmax(scores: Floats) -> Floats:
    shares: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)
