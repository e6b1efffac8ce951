"""A run as it is stored, and its row of the table `runs`.

A new field of a run is a field of `RunRecord`, a column that a migration adds, and, where SQLite cannot hold the value
as it is, an entry of `_CONVERTED`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from typing import Any

from evalcore.errors import StoreError
from evalcore.notebook import card
from evalcore.store.label_reference import LabelReference
from evalcore.store.model_kind import ModelKind, kind_named
from evalcore.store.spec import RunSpec, from_fields
from evalcore.store.usage import Usage
from evalcore.tasks import Prompt
from evalcore.wording import counted

RESPELT, RESPELT_EXAMPLE = "true_labels_respelt", "true_label_respelt"
"""Metadata of an imported run: how many true labels are spelled in another way than their label, and one of them."""


@dataclass(frozen=True)
class RunRecord:
    """A run as it is stored, without its examples. The fields are the columns of the table, in this order.

    Attributes:
        run_id: short name, a hash of what decides the run.
        spec: what was asked for.
        task_name, origin: the task, and where it was read from.
        labels: all labels, in the task's order.
        label_order: in the order in which the prompt lists them.
        prompt: the variant in full.
        identity: what decided the completions beside the prompt: "predictor" (the name of the model's kind) and, by
            kind, "model" (a hash of its files, or its name on a server), "adapter" (the same of a LoRA adapter, whose
            base "model" then is), "url", "train" (a hash of the train split),
            "content" (a hash of imported answers), "device", "dtype", "decoding", "engine", "max_new_tokens",
            "batch_size", "choices" (a hash of the answers to choose from), "content_free" (a hash of the texts without
            content, where labels are ranked by them), "version".
        sample_id: two runs with the same one looked at the same examples.
        n: number of examples; `split_size` of them are in the split it was sampled from.
        created, finished: seconds since 1970; `finished` is None while examples are missing.
        seconds: time spent predicting, over all attempts; `load_seconds` of loading the model.
        predicted: completions that attempts of this run computed.
        metadata: versions, device, and other things that are shown but decide nothing.
        label_reference: what is known of the labels as answers; None unless the decoding chooses among them, and of
            runs that were stored before it was kept.
        usage: what a server was asked, over all attempts; None of models that are not on one, and of runs that were
            stored before it was kept.
    """

    run_id: str
    spec: RunSpec
    task_name: str
    origin: str
    labels: tuple[str, ...]
    label_order: tuple[str, ...]
    prompt: Prompt
    identity: dict[str, str | int]
    sample_id: str
    n: int
    split_size: int
    created: float
    finished: float | None = None
    seconds: float = 0.0
    load_seconds: float = 0.0
    predicted: int = 0
    metadata: dict[str, str] = field(default_factory=dict)
    label_reference: LabelReference | None = None
    usage: Usage | None = None

    @property
    def kind(self) -> ModelKind:
        """What its model can do: by its identity or, should that name no kind, by the model's name."""
        return kind_named(self.identity.get("predictor")) or self.spec.kind

    def __repr__(self) -> str:
        return f"<RunRecord {self.run_id}: {self.spec.model}, {self.task_name}, N = {self.n:,}>"

    def _repr_html_(self) -> str:
        rows = [
            ("task", self.task_name, counted(len(self.labels), "label")),
            ("examples", f"{self.n:,} of {self.split_size:,}", self.spec.sample),
            ("prompt", self.prompt.name, ""),
            ("decoding", self.spec.decoding, ""),
        ]
        said = "evalcore.score(...) scores it" if self.finished else "not finished: run it again to go on"
        return card(f"{self.spec.model} · run {self.run_id}", rows, note=said)


def row_of(record: RunRecord) -> tuple[object, ...]:
    """The values of a record's columns, in the order of `RUN_COLUMNS`."""
    return tuple(write(getattr(record, name)) if write else getattr(record, name) for name, write in _WRITE.items())


def record_of(row: Sequence[Any]) -> RunRecord:
    """The inverse of `row_of`.

    Raises:
        StoreError: if the row is damaged, or a newer version stored something in it that this one does not know.
    """
    try:
        "".join(value for value in row if isinstance(value, str)).encode()  # half a surrogate pair: a flipped bit
        return RunRecord(*[read(value) if read else value for read, value in zip(_READ, row, strict=True)])
    except StoreError as error:
        raise StoreError(error.what, where=f"run {row[0]}", do=error.do) from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreError(
            f"this run is damaged in the cache ({error}).",
            where=f"run {row[0]}",
            do="Run it again: its completions are kept apart, and no model is called.",
        ) from None


def _prompt_from_json(text: str) -> Prompt:
    stored = json.loads(text)
    if isinstance(stored, list):  # as older versions wrote it: by position, and all six fields
        return Prompt(*stored)
    return from_fields(Prompt, stored, "the stored prompt")


@lru_cache(maxsize=32)  # all runs of a task have the same labels
def _tuple_from_json(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


_CONVERTED: dict[str, tuple[Callable[[Any], object], Callable[[Any], Any]]] = {
    "spec": (lambda spec: spec.to_json(), lambda text: RunSpec.from_json(text)),
    "labels": (json.dumps, _tuple_from_json),
    "label_order": (json.dumps, _tuple_from_json),
    "prompt": (lambda prompt: json.dumps(asdict(prompt)), _prompt_from_json),
    "identity": (json.dumps, json.loads),
    "n": (int, int),
    "split_size": (int, int),
    "created": (float, float),
    "metadata": (json.dumps, json.loads),
    "label_reference": (
        lambda reference: reference.to_json() if reference else "",
        lambda text: LabelReference.from_json(text) if text else None,
    ),
    "usage": (
        lambda usage: usage.to_json() if usage else "",
        lambda text: Usage.from_json(text) if text else None,
    ),
}
"""How a field is written to its column and read from it, where that is not as it is."""

_AS_IT_IS = (None, None)
_WRITE = {one.name: _CONVERTED.get(one.name, _AS_IT_IS)[0] for one in fields(RunRecord)}
_READ = tuple(_CONVERTED.get(name, _AS_IT_IS)[1] for name in _WRITE)

_COLUMN_OF = {"metadata": "facts"}
RUN_COLUMNS = tuple(_COLUMN_OF.get(name, name) for name in _WRITE)
"""The columns of the table `runs`, without `spec_key`, which is made of the spec."""
