"""Models that stay loaded: the last ones that were asked, each once, whatever it is asked for."""

from __future__ import annotations

import gc
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from evalcore.predictors import ModelHandle, OnPhase, Weights
from evalcore.store import Predictor, digest

MODELS_KEPT = 2
"""A model, and another one that it is compared with."""
PREDICTORS_KEPT = 6
"""Of one model: what answers freely and what chooses, for a run and for questions with two prompts."""


@dataclass
class _Kept:
    """A model's weights, if they can be shared, and what was made of them, the last used at the end."""

    weights: Any = None
    predictors: OrderedDict[str, Predictor] = field(default_factory=OrderedDict)


class ModelCache:
    """Keeps the models that were asked last: two whose weights are loaded, and two that have none, such as baselines.

    The earlier model is released before another one is loaded if there is no memory for both.
    """

    def __init__(self) -> None:
        self._with_weights: OrderedDict[str, _Kept] = OrderedDict()
        self._others: OrderedDict[str, Predictor] = OrderedDict()

    def load(self, handle: ModelHandle, on_phase: OnPhase) -> Predictor:
        """The predictor of a handle: as it was made before, made of weights that are loaded, or loaded.

        Raises:
            ModelError: if it cannot be loaded.
        """
        name = digest(dict(handle.identity))
        if handle.weights is None:
            if name not in self._others:
                _keep_last(self._others, MODELS_KEPT - 1)
                self._others[name] = handle.load(on_phase)
            self._others.move_to_end(name)
            return self._others[name]
        predictors = self._model(handle.weights, on_phase).predictors
        if name not in predictors:
            _keep_last(predictors, PREDICTORS_KEPT - 1)
            predictors[name] = handle.weights.predictor(self._with_weights[handle.weights.name].weights)
        predictors.move_to_end(name)
        return predictors[name]

    def has(self, handle: ModelHandle) -> bool:
        """Whether a handle's predictor is there without loading a model."""
        if handle.weights is not None:
            return handle.weights.name in self._with_weights
        return digest(dict(handle.identity)) in self._others

    def release(self) -> bool:
        """Release all models, because there is no memory left.

        Returns:
            whether there were several: then one of them may fit now.
        """
        several = len(self._with_weights) > 1
        self._with_weights.clear()
        gc.collect()
        return several

    def _model(self, weights: Weights, on_phase: OnPhase) -> _Kept:
        if weights.name not in self._with_weights:
            _keep_last(self._with_weights, MODELS_KEPT - 1)
            if self._with_weights and not weights.fit():
                self.release()
            self._with_weights[weights.name] = _Kept(weights.load(on_phase))
        self._with_weights.move_to_end(weights.name)
        return self._with_weights[weights.name]


def _keep_last(kept: OrderedDict[str, Any], most: int) -> None:
    while len(kept) > most:
        kept.popitem(last=False)
