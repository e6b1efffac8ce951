"""Models on a server, as a kind of model: identified by address and name; loading sees whether the server answers."""

from __future__ import annotations

from collections.abc import Sequence

from evalcore.predictors import endpoint
from evalcore.predictors.handle import ModelHandle, OnPhase
from evalcore.store import Predictor, RunSpec, Store
from evalcore.tasks import Task


def handle(spec: RunSpec, task: Task, answers: Sequence[str], store: Store, on_phase: OnPhase) -> ModelHandle:
    """A model on a server; no request is sent before it is loaded. Arguments as `handle.identify` takes them.

    Raises:
        SpecError: if its name is not a server's address and a model.
    """
    at = endpoint.parse_endpoint(spec.model)

    def load(on_phase: OnPhase) -> Predictor:
        from evalcore.predictors.server import ServerModel  # imports httpx2, in 60 ms

        on_phase("asking for the server")
        model = ServerModel(at, spec)
        model.check()
        return model

    return ModelHandle(endpoint.identity(at, spec), load, {"server": at.url})
