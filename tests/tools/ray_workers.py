"""Workers of a Ray cluster for tests: of a toy model, and what is asked of a cluster with two of them."""

from evalcore.running.on_ray.cluster import Workers
from evalcore.running.on_ray.executor import RayExecutor
from evalcore.running.on_ray.worker import Worker
from evalcore.store import RunSpec
from tests.conftest import COLOURS, Toy

DEMO = RunSpec(n=40, batch_size=8, decoding="choose", engine="batched", device="cpu", dtype="float32")
"""A run of a real model, in five batches."""
_ANSWERS = {f"{label} thing {n}": label for label in COLOURS for n in range(16)}


class ToyWorker(Worker):
    """Answers from a table, so that no model is loaded."""

    def load(self, spec, identity, labels, answers):
        return Toy(identity, _ANSWERS)


def on(address, worker=ToyWorker):
    """An executor with two workers."""
    return RayExecutor(Workers(address, number=2), worker)
