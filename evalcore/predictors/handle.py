"""A model that is known but not loaded, of any kind.

A model is first identified, which is cheap and tells what its completions are keyed by, and loaded only if some of them
are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

from evalcore.errors import ModelError
from evalcore.predictors.forecast import Forecasts
from evalcore.store import Identity, Limits, Predictor, RunSpec, Store
from evalcore.tasks import Messages, Task

OnPhase = Callable[[str], None]
"""Called with a few words on what a slow step is doing; may raise an exception to stop it."""


@dataclass(frozen=True)
class Weights:
    """What takes long to load, and is the same whatever a model is asked: several predictors can use one copy.

    Attributes:
        name: equal for equal weights.
        fit: whether there is memory for them now, beside what is loaded; False if it is not known.
        load: loads them; raises ModelError.
        predictor: makes the handle's predictor of loaded ones.
    """

    name: str
    fit: Callable[[], bool]
    load: Callable[[OnPhase], Any]
    predictor: Callable[[Any], Predictor]


@dataclass(frozen=True)
class ModelHandle:
    """A model that is known but not loaded.

    Attributes:
        identity: what its completions are keyed by, beside the prompt.
        load: loads it; raises ModelError.
        metadata: device, versions and the like, for display; they decide nothing.
        weights: the part of loading that other predictors of the same model can share; None where nothing is shared.
        forecast: what answering some prompts takes; None where only earlier runs can tell.
    """

    identity: Identity
    load: Callable[[OnPhase], Predictor]
    metadata: dict[str, str]
    weights: Weights | None = None
    forecast: Forecasts | None = None

    @classmethod
    def of_weights(
        cls, identity: Identity, weights: Weights, metadata: dict[str, str], forecast: Forecasts | None = None
    ) -> ModelHandle:
        """A model that is loaded by making a predictor of weights that others can share."""
        return cls(identity, lambda on_phase: weights.predictor(weights.load(on_phase)), metadata, weights, forecast)


@runtime_checkable
class ShowsPrompt(Protocol):
    """A predictor that writes the exact text that its model is given."""

    def as_given(self, messages: Messages) -> str:
        """The text of a chat, up to where the answer begins."""

    def control_tokens_in(self, text: str) -> list[str]:
        """The tokens in a text that would steer the model if they were not given as plain characters."""


@runtime_checkable
class Limited(Protocol):
    """A predictor that can be told how fast it may ask: one that asks a server."""

    def limit(self, limits: Limits) -> None:
        """Ask within these limits from now on; where they say nothing, as before."""


def check_kind(spec: RunSpec) -> None:
    """Refuse what no model of this kind can do.

    Raises:
        ModelError: if nothing can be predicted, or not with this decoding.
    """
    if not spec.kind.can_run:
        raise ModelError("imported answers cannot be predicted.", where=spec.model, do="Choose a model.")
    if spec.kind.reads_prompt and spec.decoding not in spec.kind.decodings:
        raise ModelError(
            f"the decoding {spec.decoding} is not for a model of the kind {spec.kind.name}.",
            where=spec.model,
            do=f"Choose one of {', '.join(spec.kind.decodings)}.",
        )


def identify(spec: RunSpec, task: Task, answers: Sequence[str], store: Store, on_phase: OnPhase) -> ModelHandle:
    """Find out what a spec's model is.

    Args:
        spec: names the model, and the settings that are part of its identity.
        task: its train split is part of the identity of a model that is fitted on it.
        answers: what a perfect model would write for each label; part of the identity where the decoding chooses.
        store: knows the digests of files that were read before.
        on_phase: told what is being done.

    Raises:
        ModelError: if there is no such model, or it cannot be used in this way.
        SpecError: if its name has no valid form.
    """
    check_kind(spec)
    # Imported only now, so that torch is loaded for those kinds alone that need it.
    module = import_module(f"evalcore.predictors.{spec.kind.module}")
    found: ModelHandle = module.handle(spec, task, answers, store, on_phase)
    return found
