"""What a kind of model can do, and which kind a model's name means.

A new kind is one entry of `MODEL_KINDS` here, and one module in `predictors/` that loads it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class ModelKind:
    """A kind of model.

    Attributes:
        name: also what the identity of its predictor says under "predictor".
        model_names: regular expression of the names of such models, matched in full.
        module: the module of `evalcore.predictors` that loads it; empty for answers from a file.
        reads_prompt: whether its answer depends on the prompt; otherwise it reads the text alone.
        settings: the fields of a RunSpec, beside task, model and sample, that such a model heeds; all others stand at
            their default, so that what cannot matter makes no other run.
        decodings: those that models of this kind can do. A particular server may do fewer: it says so when it is asked.
        is_baseline: whether it is there to be compared with, and is run along with every other model.
        answers_alike: whether it gives every text the same answer.
        gives_label_scores: whether every one of them can choose among the labels by their log-probabilities
            (`spec.CHOOSING`).
        needs_train: whether it is fitted on the task's train split, which is then a part of its identity.
        is_remote: whether it runs on a server: its files, tokenizer and chat template are not on this machine.
        prefix: what stands in such a name before the folder or the hub id, or before the name of what was imported.
    """

    name: str
    model_names: str
    module: str
    reads_prompt: bool = False
    settings: tuple[str, ...] = ()
    decodings: tuple[str, ...] = ("plain",)
    is_baseline: bool = False
    answers_alike: bool = False
    gives_label_scores: bool = False
    needs_train: bool = False
    is_remote: bool = False
    prefix: str = ""

    @property
    def can_run(self) -> bool:
        """Whether anything can be predicted; False for answers from a file."""
        return bool(self.module)

    @property
    def has_own_labels(self) -> bool:
        """Whether it brings labels of its own, which are mapped to the task's."""
        return "labels_by" in self.settings

    def files_of(self, model: str) -> str:
        """The folder or the hub id in the name of such a model."""
        return model.removeprefix(self.prefix)


SETTINGS = ("prompt", "decoding", "engine", "max_new_tokens", "batch_size", "dtype", "device", "labels_by")
"""The fields of a RunSpec that some kinds heed and others do not."""
_OF_ANSWERS = ("prompt", "decoding", "max_new_tokens")
_OF_THIS_MACHINE = ("batch_size", "dtype", "device")
_FREE, _CHOOSING = ("plain", "as-shipped"), ("choose", "choose-mean", "choose-calibrated")

MODEL_KINDS: tuple[ModelKind, ...] = (
    ModelKind("majority", "majority", "baseline", is_baseline=True, answers_alike=True, needs_train=True),
    ModelKind("tfidf", "tfidf", "baseline", is_baseline=True, needs_train=True),
    ModelKind("import", "imported:.*", "", prefix="imported:"),
    ModelKind(
        "server", "(?i:https?://.*)", "servers.server", reads_prompt=True, is_remote=True,
        settings=_OF_ANSWERS, decodings=(*_FREE, "constrained", *_CHOOSING),
    ),
    ModelKind(
        "encoder", "encoder:.*", "encoder", settings=(*_OF_THIS_MACHINE, "labels_by"), prefix="encoder:"
    ),
    ModelKind(
        "transformers", ".*", "local", reads_prompt=True, gives_label_scores=True,
        settings=(*_OF_ANSWERS, "engine", *_OF_THIS_MACHINE), decodings=(*_FREE, *_CHOOSING),
    ),
)  # fmt: skip
"""All kinds. The first whose `model_names` match is a model's kind; the last matches every name."""

BASELINES: tuple[str, ...] = tuple(kind.name for kind in MODEL_KINDS if kind.is_baseline)
"""Names of the baselines: kind and model have the same name."""


def kind_of(model: str) -> ModelKind:
    """The kind that a model's name means, as it stands in a spec. The model itself may not exist."""
    return next(kind for kind in MODEL_KINDS if re.fullmatch(kind.model_names, model, re.DOTALL))


def kind_named(name: str | int | None) -> ModelKind | None:
    """The kind of this name, such as an identity's "predictor"; None if there is none."""
    return next((kind for kind in MODEL_KINDS if kind.name == name), None)
