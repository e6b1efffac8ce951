"""What all simulations do: simulate every shape, in several processes, and count how often intervals hold the truth."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Generic, TypeVar

import numpy as np

from evalcore.metrics import Floats, Interval

S = TypeVar("S")
F = TypeVar("F")


@dataclass(frozen=True)
class Simulation(Generic[S, F]):
    """Data sets of many shapes.

    Attributes:
        simulate: what is found of one shape; takes it, and `datasets` and `seed`. A function of a module, for it is
            handed to other processes.
        shapes: all shapes.
        chunksize: shapes that one process is given at once.
    """

    simulate: Callable[..., Sequence[F]]
    shapes: Sequence[S]
    chunksize: int = 1

    def __call__(
        self, datasets: int = 1000, seed: int = 0, *, shapes: Sequence[S] | None = None, processes: int | None = None
    ) -> list[F]:
        """Simulate every shape.

        Args:
            datasets: of each shape.
            shapes: just these.
            processes: by default one for each processor.

        Returns:
            What is found of each, one shape after the other.
        """
        simulate = partial(self.simulate, datasets=datasets, seed=seed)
        shapes = self.shapes if shapes is None else shapes
        found = of_each_shape(simulate, shapes, processes, chunksize=self.chunksize)
        return [one for of_shape in found for one in of_shape]


def of_each_shape(
    simulate: Callable[[S], F], shapes: Sequence[S], processes: int | None, *, chunksize: int = 1
) -> list[F]:
    """What `simulate` finds of each shape, in order.

    Args:
        simulate: a function of a module, for it is handed to other processes.
        processes: how many; by default one for each processor. With 1 it is all done in this one.
        chunksize: shapes that one process is given at once.
    """
    processes = processes or os.cpu_count() or 1
    if processes == 1:
        return [simulate(shape) for shape in shapes]
    with _one_thread_each(), ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return list(pool.map(simulate, shapes, chunksize=chunksize))


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes that start in it do linear algebra with one thread: with more they mostly wait for each other."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def generator(seed: int, shape: S, shapes: Sequence[S]) -> np.random.Generator:
    """The random numbers of a shape: its own ones, whichever others are simulated; the same for all that are none of
    `shapes`."""
    return np.random.default_rng([seed, shapes.index(shape) if shape in shapes else len(shapes)])


class Held:
    """Counts intervals by their names, in the order in which they were first counted.

    Attributes:
        of: how many held the truth, and how many were shown.
    """

    def __init__(self) -> None:
        self.of: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))

    def count(self, name: str, bounds: Interval | Floats, truth: float | Floats) -> None:
        """Count one interval, or several.

        Args:
            bounds: a pair, or shape (n, 2); NaN where none is shown.
            truth: one value, or shape (n,).
        """
        low, high = np.asarray(bounds).T
        shown = ~np.isnan(low)
        held, of = self.of[name]
        self.of[name] = held + int(((low <= truth) & (truth <= high) & shown).sum()), of + int(shown.sum())
