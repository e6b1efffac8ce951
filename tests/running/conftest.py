"""Fixtures of tests of runs."""

import pytest

from evalcore.store import RunSpec
from evalcore.tasks import TaskSource


@pytest.fixture
def colour_spec(colours):
    """40 examples in ten batches. Its model is one that a `ToyWorker` stands in for."""
    return RunSpec(TaskSource(str(colours)), n=40, batch_size=4)
