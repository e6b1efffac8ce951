"""What a model does, as its config.json says: it writes, or it classifies, and then its labels.

Needs no transformers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evalcore.errors import ModelError
from evalcore.predictors.files.config_file import read_config
from evalcore.predictors.files.source import folder_config, model_folder
from evalcore.store import kind_named, kind_of

WRITES, CLASSIFIES = "transformers", "encoder"
"""Kinds of models whose names mean files."""
_CLASSIFIER = "ForSequenceClassification"
_UNNAMED = ("LABEL_0", "LABEL_1")
"""The labels of a classifier whose config.json has none: the library writes down only other ones."""


def classifies(config: dict[str, Any]) -> bool:
    """Whether a config is that of a classifier."""
    return any(name.endswith(_CLASSIFIER) for name in _architectures(config))


def named_for_its_kind(name: str) -> str:
    """A model's name as it has to be written: a folder that holds a classifier gets `encoder:` before it."""
    folder = model_folder(name) if kind_of(name).name == WRITES else None
    try:
        is_classifier = folder is not None and classifies(folder_config(folder, name))
    except (ModelError, OSError):
        return name  # whoever reads it next says what is wrong with it
    return f"{_prefix()}{name}" if is_classifier else name


def check_that_it_writes(folder: Path | None, name: str) -> None:
    """Refuse a classifier where a model that writes is expected.

    Args:
        folder: with the model's files; None while they are not there.

    Raises:
        ModelError: if it is one, with how its name has to be written.
    """
    if folder is not None and classifies(folder_config(folder, name)):
        raise ModelError(
            "this is an encoder classifier, which writes no answer.", where=name, do=f"Write {_prefix()}{name}"
        )


def labels_in(folder: Path, name: str) -> tuple[str, ...]:
    """The labels of the classifier in a folder, by id; its weights may not have been downloaded yet.

    Raises:
        ModelError: if it is none, or one that does not choose one of several labels.
    """
    config = read_config(folder / "config.json", name)
    first = next(iter(_architectures(config)), "")
    if first and not classifies(config):
        raise ModelError(
            f"this is not a classifier ({first}).",
            where=name,
            do=f"Write {name.removeprefix(_prefix())} for a model that writes; a classifier is saved as"
            f" ...{_CLASSIFIER}.",
        )
    labels = _labels(config, name)
    if config.get("problem_type") == "multi_label_classification":
        raise ModelError(
            "it gives a text any number of labels (multi_label_classification): its probabilities do not add up to 1.",
            where=name,
            do="Choose a classifier that gives a text one label.",
        )
    if len(labels) < 2 or config.get("problem_type") == "regression":
        raise ModelError("it gives a text a number, not a label.", where=name, do="Choose a classifier with labels.")
    return labels


def _architectures(config: dict[str, Any]) -> list[str]:
    named = config.get("architectures")
    return [name for name in named if isinstance(name, str)] if isinstance(named, list) else []


def _labels(config: dict[str, Any], name: str) -> tuple[str, ...]:
    """By id; LABEL_0, LABEL_1, ... where they have no names."""
    named, number = config.get("id2label"), config.get("num_labels")
    if isinstance(named, dict) and named:
        by_id = {str(at): str(label) for at, label in named.items()}
        if by_id.keys() == set(map(str, range(len(by_id)))):
            return tuple(by_id[str(at)] for at in range(len(by_id)))
        raise ModelError(
            "the ids of its labels (id2label) are not 0, 1, 2 and so on.", where=name, do="Correct its config.json."
        )
    if isinstance(number, int) and number >= 1:
        return tuple(f"LABEL_{at}" for at in range(number))
    return _UNNAMED


def _prefix() -> str:
    kind = kind_named(CLASSIFIES)
    return kind.prefix if kind else ""
