"""Models that stay loaded: the last ones that were asked, and what was prepared with them."""

from __future__ import annotations

import gc
import os
from collections import OrderedDict
from typing import Any

from evalcore.errors import ModelError
from evalcore.predictors import ModelHandle, OnPhase, Weights
from evalcore.store import Predictor, digest

MODELS_KEPT = 2
"""A model, and another one to be compared with it."""
PREDICTORS_KEPT = 4
"""Of one model: for example what answers freely and what chooses, for two prompts."""
_ROOM = 2.0
"""An earlier model stays only if this many times the memory of the new one's weights is free."""


class ModelCache:
    """Keeps the models that were asked last, each once, whatever it is asked for.

    An earlier model is released before another one is loaded if there is no memory for both.
    """

    def __init__(self) -> None:
        self._models: OrderedDict[str, _Model] = OrderedDict()

    def load(self, handle: ModelHandle, on_phase: OnPhase) -> Predictor:
        """The predictor of a handle: as it was made before, made of loaded weights, or loaded.

        Raises:
            ModelError: if it cannot be loaded.
        """
        name = digest(dict(handle.identity))
        key = handle.weights.name if handle.weights else name
        if key not in self._models:
            self._make_room(handle.weights)
            self._models[key] = self._loaded(name, handle, on_phase)
        self._models.move_to_end(key)
        model = self._models[key]
        if name not in model.predictors:
            if handle.weights is None:
                raise AssertionError("a model without shared weights has one predictor")
            model.predictors[name] = handle.weights.predictor(model.weights)
        model.predictors.move_to_end(name)
        while len(model.predictors) > PREDICTORS_KEPT:
            model.predictors.popitem(last=False)
        return model.predictors[name]

    def has(self, handle: ModelHandle) -> bool:
        """Whether a handle's model is loaded."""
        return (handle.weights.name if handle.weights else digest(dict(handle.identity))) in self._models

    def _loaded(self, name: str, handle: ModelHandle, on_phase: OnPhase) -> _Model:
        if handle.weights is None:
            return _Model(None, {name: handle.load(on_phase)})
        try:
            return _Model(handle.weights.load(on_phase), {})
        except ModelError:
            if not self._models:
                raise
            self._release_all()  # perhaps there was no memory beside the earlier ones
            return _Model(handle.weights.load(on_phase), {})

    def _make_room(self, weights: Weights | None) -> None:
        if weights is not None and not _fits_beside(weights):
            self._release_all()
        while len(self._models) >= MODELS_KEPT:
            self._models.popitem(last=False)

    def _release_all(self) -> None:
        self._models.clear()
        gc.collect()


class _Model:
    def __init__(self, weights: Any, predictors: dict[str, Predictor]) -> None:
        self.weights = weights
        self.predictors = OrderedDict(predictors)


def _fits_beside(weights: Weights) -> bool:
    """Whether there is memory for a model beside those that are loaded; not if it is not known how much it takes."""
    try:
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return False
    return 0 < weights.size_bytes * _ROOM <= free
