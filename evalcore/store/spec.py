"""What decides a run, and the keys and ids that are made of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, asdict, dataclass, field, fields, replace
from typing import Any, ClassVar, Literal, Protocol, TypeVar, get_args

from evalcore.errors import SpecError, StoreError, listed
from evalcore.store.label_reference import LabelScore
from evalcore.store.model_kind import SETTINGS, ModelKind, kind_of
from evalcore.tasks import NO_PROMPT, SAMPLES, Example, LabelMerge, Messages, Sample, TaskSource

KEY_VERSION = 1
"""A part of every key. Raise it when the meaning of a key changes: older completions are then not found any more."""

Decoding = Literal["plain", "as-shipped", "constrained", "choose", "choose-mean", "choose-calibrated"]
Engine = Literal["fast", "batched", "loop"]
Dtype = Literal["auto", "float32", "bfloat16", "float16"]
Device = Literal["auto", "cpu", "cuda", "mps", "xpu", "spread"]
LabelsBy = Literal["name", "id"]

MEANINGS: dict[str, dict[str, str]] = {
    "sample": {
        "stratified": "every label in its share",
        "random": "each example equally likely",
        "first": "the top of the file",
    },
    "decoding": {
        "plain": "greedy",
        "as-shipped": "greedy, with the model's own penalties",
        "constrained": "greedy, and the server lets only labels be written",
        "choose": "the likeliest label",
        "choose-mean": "the likeliest label per token",
        "choose-calibrated": "the label that gains most over a text without content",
    },
    "engine": {
        "fast": "shared work is computed once",
        "batched": "several prompts at a time",
        "loop": "one at a time, the reference",
    },
    "dtype": {
        "auto": "what suits the device",
        "float32": "exact, slow",
        "bfloat16": "half the memory",
        "float16": "half the memory",
    },
    "device": {
        "auto": "the accelerator, where there is one",
        "cpu": "the processor",
        "cuda": "an NVIDIA or AMD GPU",
        "mps": "an Apple GPU",
        "xpu": "an Intel GPU",
        "spread": "all GPUs and, for what does not fit, the main memory",
    },
    "labels_by": {
        "name": "a classifier's label is the task's label of that name",
        "id": "by place: its first label is the task's first",
    },
}
"""What each choice of a field of `RunSpec` means, for the form and the command line."""

CHOOSING: dict[Decoding, LabelScore] = {
    "choose": "summed",
    "choose-mean": "per-token",
    "choose-calibrated": "calibrated",
}
"""Decodings whose completion is always one of the labels, and what they rank labels by."""

Identity = Mapping[str, str | int]
"""Everything that decides a completion beside the prompt: weights, tokenizer, dtype, decoding, engine."""

_FIRST_FIELDS = (
    "task", "model", "prompt", "n", "sample", "seed", "decoding", "engine", "max_new_tokens", "batch_size", "dtype",
)  # fmt: skip
"""The fields of a RunSpec that are a part of every key. This list never grows: a field that is added later is a part of
the key and of the JSON only where it differs from its default, so that the keys of stored runs stay what they are. The
default of such a field must never change."""
_FIRST_TASK_FIELDS = ("name", "text_column", "label_column", "train", "labels")
"""The same of its TaskSource."""


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


D = TypeVar("D", bound=_Dataclass)


@dataclass(frozen=True)
class RunSpec:
    """What a person asks for. Two equal specs are the same run as long as data and weights stay the same.

    Attributes:
        task: where examples and labels come from.
        model: `demo`, `demo-early`, `majority`, `tfidf`; a folder or a hub id (`owner/name`, `owner/name@revision`) of
            a model or an adapter; `encoder:` and one of these; or a server's address (`http://host:port/v1#model`).
        prompt: a built-in variant or the name of a custom prompt.
        n: number of examples; the whole split if it has fewer.
        sample, seed: which of them.
        decoding: `plain` greedy, or greedy `as-shipped` with the penalties of the model's generation_config; or no
            free answer at all: `choose` takes the label whose tokens are the most probable answer, `choose-mean`
            the one that is so per token, and `choose-calibrated` the one whose probability exceeds most what a text
            without content gives it.
        engine: how a local model predicts; all give the same answers in float32, and `loop`, one prompt after
            another, is the reference. Where a model cannot be run by one, the next one does.
        max_new_tokens: completions are cut there.
        batch_size: prompts a local model is given at once, 0 for what suits the device and the engine; part of the
            key, since rounding depends on it.
        dtype: number format of the weights; `auto` chooses by device.
        device: where a model on this machine computes. A machine without that device can say what such a run is, and
            look its completions up; only a machine that has it can predict.
        labels_by: how the labels of an encoder classifier are mapped to the task's: by their names, or by their
            places, which a person has to confirm.
    """

    task: TaskSource = field(default_factory=TaskSource)
    model: str = "demo"
    prompt: str = "article"
    n: int = 400
    sample: Sample = "stratified"
    seed: int = 0
    decoding: Decoding = "plain"
    engine: Engine = "fast"
    max_new_tokens: int = 16
    batch_size: int = 0
    dtype: Dtype = "auto"
    device: Device = "auto"
    labels_by: LabelsBy = "name"

    @property
    def key(self) -> str:
        """A hash of what was asked for: finds the runs of an equal spec without resolving anything."""
        return digest(self._as_dict())

    @property
    def kind(self) -> ModelKind:
        """What its model can do."""
        return kind_of(self.model)

    def to_json(self) -> str:
        """One line of JSON from which `from_json` makes the same spec."""
        return canonical(self._as_dict())

    @classmethod
    def from_json(cls, text: str) -> RunSpec:
        """The inverse of `to_json`. Fields that are not there have their defaults.

        Raises:
            StoreError: if a newer version wrote a field that this one does not know.
            ValueError, TypeError: if it is not the JSON of a spec.
        """
        stored = json.loads(text)
        if "task" in stored:
            stored = {**stored, "task": from_fields(TaskSource, stored["task"], "the stored task")}
        return from_fields(cls, stored, "the stored spec")

    def _as_dict(self) -> dict[str, Any]:
        return {**_told_apart(self, _FIRST_FIELDS), "task": _told_apart(self.task, _FIRST_TASK_FIELDS)}


def from_fields(cls: type[D], stored: dict[str, Any], what: str) -> D:
    """A dataclass from its stored fields, by name.

    Args:
        what: what it is, for messages.

    Raises:
        StoreError: if there is a field that this version does not know.
        TypeError: if it is no dictionary, or lacks a field that has no default.
    """
    if not isinstance(stored, dict):
        raise TypeError(f"{what} is a {type(stored).__name__}")
    known = cls.__dataclass_fields__.keys()
    if not stored.keys() <= known:
        unknown = listed(sorted(stored.keys() - known))
        raise StoreError(
            f"{what} has {unknown}, which this version does not know: a newer one wrote it.",
            do="Update Blindspot to see it.",
        )
    return cls(**stored)


def _told_apart(spec: Any, first: Sequence[str]) -> dict[str, Any]:
    """The fields of a dataclass by name: the `first` ones, and of the others those that differ from their default."""
    values = asdict(spec)
    return {
        one.name: values[one.name]
        for one in fields(spec)
        if one.name in first or getattr(spec, one.name) != _default_of(one)
    }


def _default_of(one: Field[Any]) -> Any:
    return one.default if one.default_factory is MISSING else one.default_factory()


def checked(spec: RunSpec) -> RunSpec:
    """The spec in its one normal form: what its model does not heed is set to its default.

    Raises:
        SpecError: if an option is unknown or out of range.
    """
    for name, value, choices in (
        ("sample", spec.sample, SAMPLES),
        ("decoding", spec.decoding, get_args(Decoding)),
        ("engine", spec.engine, get_args(Engine)),
        ("dtype", spec.dtype, get_args(Dtype)),
        ("device", spec.device, get_args(Device)),
        ("labels_by", spec.labels_by, get_args(LabelsBy)),
    ):
        if value not in choices:
            raise SpecError(f"there is no {name} {value!r}.", do=f"Choose one of {', '.join(choices)}.")
    merge = LabelMerge.from_text(spec.task.merge).to_text()
    spec = replace(spec, task=replace(spec.task, merge=merge))
    if spec.n < 1:
        raise SpecError(f"N is {spec.n}.", do="Choose at least 1 example.")
    if not 1 <= spec.max_new_tokens <= 4096:
        raise SpecError(f"max_new_tokens is {spec.max_new_tokens}.", do="Choose 1 to 4096.")
    if not 0 <= spec.batch_size <= 4096:
        raise SpecError(f"batch_size is {spec.batch_size}.", do="Choose 1 to 4096, or 0 for what suits the device.")
    if not spec.model.strip():
        raise SpecError(
            "no model is named.", do="Give `demo`, a hub id such as Qwen/Qwen2.5-1.5B-Instruct, or a folder."
        )
    without = RunSpec(prompt=NO_PROMPT.name)
    spec = replace(spec, **{name: getattr(without, name) for name in SETTINGS if name not in spec.kind.settings})
    if spec.sample == "first":
        spec = replace(spec, seed=0)
    if spec.engine == "loop":
        spec = replace(spec, batch_size=1)
    if spec.decoding in CHOOSING:
        spec = replace(spec, max_new_tokens=RunSpec.max_new_tokens)
    return spec


def completion_keys(identity: Identity, prompts: Sequence[Messages]) -> list[bytes]:
    """The key of each completion: a hash of the identity of the predictor and of the chat messages.

    The messages stand for the prompt as rendered: the chat template and the tokenizer that render them are
    part of the identity.
    """
    base = hashlib.sha256(canonical({"key_version": KEY_VERSION, **identity}).encode())
    keys = []
    for messages in prompts:
        own = base.copy()
        own.update(canonical(messages).encode())
        keys.append(own.digest())
    return keys


class SampleHash:
    """A hash of the labels and the sampled examples in order, updated example by example."""

    def __init__(self, labels: Sequence[str]) -> None:
        self._hash = hashlib.sha256(canonical(list(labels)).encode())

    def add(self, text: str, label: str) -> None:
        """Add the next example."""
        self._hash.update(canonical([text, label]).encode("ascii"))

    def hexdigest(self) -> str:
        """SHA-256, in hexadecimal."""
        return self._hash.hexdigest()


def sample_id(labels: Sequence[str], examples: Iterable[Example]) -> str:
    """A hash of the labels and the sampled examples, in order."""
    made = SampleHash(labels)
    for example in examples:
        made.add(example.text, example.label)
    return made.hexdigest()


def run_id(sample: str, identity: Identity, prompt_fingerprint: str) -> str:
    """A run's short name: a hash of the sample, the predictor and the prompt."""
    return digest([KEY_VERSION, sample, dict(identity), prompt_fingerprint])[:12]


def canonical(value: Any) -> str:
    """JSON that is the same for equal values: sorted keys, ASCII, no spaces."""
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()
