"""Models, and what answers like one: baselines, servers and local transformers models.

A model is first identified, which is cheap and says what its completions will be keyed by, and loaded only if
some of them are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evalcore.errors import ModelError
from evalcore.predictors import baseline, endpoint
from evalcore.store import BASELINES, CHOOSING, Identity, Predictor, RunSpec, Store
from evalcore.tasks import Task

OnPhase = Callable[[str], None]
"""Told what a slow step is doing, in a few words; may raise to stop it."""


@dataclass(frozen=True)
class ModelHandle:
    """A model that is known but not loaded.

    Attributes:
        identity: what its completions are keyed by, beside the prompt.
        load: loads it; raises ModelError.
        facts: device, versions and the like, for people; they decide nothing.
    """

    identity: Identity
    load: Callable[[OnPhase], Predictor]
    metadata: dict[str, str]


def identify(spec: RunSpec, task: Task, answers: Sequence[str], store: Store, on_phase: OnPhase) -> ModelHandle:
    """Find out what a spec's model is.

    Args:
        answers: what there is to choose from, where the decoding chooses.

    Raises:
        ModelError: if it does not exist, or cannot be used.
    """
    if spec.model in BASELINES:
        kind = baseline.Majority if spec.model == "majority" else baseline.Tfidf

        def load_baseline(on_phase: OnPhase) -> Predictor:
            on_phase(f"fitting {spec.model}")
            return kind(task)

        return ModelHandle(baseline.identity(spec.model, task), load_baseline, {})
    if endpoint.is_server(spec.model):
        at = endpoint.parse_endpoint(spec.model)
        if spec.decoding in CHOOSING:
            raise ModelError(
                "a server does not give the probability of every label.",
                where=spec.model,
                do="Choose plain decoding, or a model on this machine.",
            )

        def reach(on_phase: OnPhase) -> Predictor:
            from evalcore.predictors import server  # imports httpx2, in 60 ms

            on_phase("asking for the server")
            model = server.ServerModel(at, spec)
            model.check()
            return model

        return ModelHandle(endpoint.identity(at, spec), reach, {"server": at.url})
    from evalcore.predictors import local

    on_phase("looking the model up")
    source = local.locate(spec.model, store)
    device, dtype = local.device_and_dtype(spec.dtype)
    identity = local.identity(source, spec, device, dtype, answers)
    return ModelHandle(
        identity,
        lambda on_phase: local.load(source, spec, device, dtype, identity, on_phase),
        local.metadata(device, dtype),
    )
