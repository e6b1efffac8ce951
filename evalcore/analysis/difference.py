"""What differs between two runs besides their answers: model, prompt, decoding, sample."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from evalcore.analysis.base_model import has_adapter
from evalcore.store import RunRecord
from evalcore.tasks import Prompt

SHORT = 40
"""Characters of a value that are shown; longer ones, such as hashes, are cut."""
NO_ADAPTER = "none"
_PART_OF_MODEL = frozenset({"predictor", "model", "adapter", "version", "train", "content", "revision", "server"})
"""Entries of a predictor's identity that follow from the choice of the model."""
_SETTINGS = ("decoding", "engine", "max_new_tokens", "batch_size")

_LINES_OF_HEAD = 3
"""Of a unified diff of one piece: the two names, and where the piece stands."""


@dataclass(frozen=True)
class Change:
    """One thing that differs.

    Attributes:
        what: model, prompt, decoding, ...; changes with the same `what` count as one decision.
        detail: which part of it; empty for the whole.
        a, b: its value in each run.
    """

    what: str
    detail: str
    a: str
    b: str


def changes(a: RunRecord, b: RunRecord) -> list[Change]:
    """Everything in which two runs differ besides their answers; first what was chosen by the user.

    A baseline or an import has neither prompt nor decoding; that difference is not listed, since the model differs.
    """
    found = [*_task(a, b), *_model(a, b)]
    if a.kind.reads_prompt and b.kind.reads_prompt:
        found += [*_prompt(a, b), *_settings(a, b)]
    elif a.kind == b.kind and a.kind.settings:  # two classifiers
        found += _settings(a, b)
    found += _sample(a, b)
    return [change for change in found if change.a != change.b]


def prompt_diff(a: Prompt, b: Prompt) -> list[str]:
    """The two prompts' texts line by line, as a unified diff without its head; empty if they are the same."""
    lines = difflib.unified_diff(_as_lines(a), _as_lines(b), "A", "B", lineterm="", n=10_000)
    return list(lines)[_LINES_OF_HEAD:]


def decisions(found: list[Change]) -> list[str]:
    """The things that differ, each once, in order."""
    return list(dict.fromkeys(change.what for change in found))


def _as_lines(prompt: Prompt) -> list[str]:
    return ["[system]", *prompt.system.splitlines(), "[user]", *prompt.user.splitlines()]


def _task(a: RunRecord, b: RunRecord) -> Iterator[Change]:
    if a.sample_id == b.sample_id and not (a.kind.can_run or b.kind.can_run):
        return  # imported predictions: their task is called as their file is, and these files hold the same examples
    yield Change("task", "", a.task_name, b.task_name)
    if a.task_name == b.task_name:
        yield Change("task", "read from", a.origin, b.origin)


def _model(a: RunRecord, b: RunRecord) -> Iterator[Change]:
    on_one_base = a.kind == b.kind and a.identity.get("model") == b.identity.get("model")
    if on_one_base and (has_adapter(a) or has_adapter(b)):
        yield Change("adapter", "", *(one.spec.model if has_adapter(one) else NO_ADAPTER for one in (a, b)))
        if a.spec.model == b.spec.model:
            yield Change("adapter", "files", *(_short(one.identity.get("adapter", "–")) for one in (a, b)))
        return
    yield Change("model", "", a.spec.model, b.spec.model)
    if a.spec.model == b.spec.model:
        # The same name but other weights, which is easily overlooked.
        for key in sorted({*a.identity, *b.identity} & _PART_OF_MODEL):
            yield Change("model", key, _short(a.identity.get(key, "–")), _short(b.identity.get(key, "–")))


def _prompt(a: RunRecord, b: RunRecord) -> Iterator[Change]:
    yield Change("prompt", "", a.prompt.name, b.prompt.name)
    if a.prompt.name == b.prompt.name and a.prompt.fingerprint != b.prompt.fingerprint:
        yield Change("prompt", "text of the same name", a.prompt.fingerprint[:12], b.prompt.fingerprint[:12])
    yield Change("prompt", "solved examples", str(a.prompt.shots), str(b.prompt.shots))
    yield Change("prompt", "labels are listed", a.prompt.listing, b.prompt.listing)
    if a.prompt.listing != b.prompt.listing:
        yield Change("prompt", "answers are read as", _read_as(a.prompt), _read_as(b.prompt))
    same_labels = set(a.label_order) == set(b.label_order)
    if same_labels and a.label_order != b.label_order:
        yield Change("prompt", "label order", _first_labels(a), _first_labels(b))


def _settings(a: RunRecord, b: RunRecord) -> Iterator[Change]:
    for name in _SETTINGS:
        yield Change(name.replace("_", " "), "", str(getattr(a.spec, name)), str(getattr(b.spec, name)))
    for key in sorted({*a.identity, *b.identity} - _PART_OF_MODEL):
        # Settings of the spec are listed above; a newer version of an engine, or a device, is not in the spec.
        if key not in _SETTINGS or getattr(a.spec, key) == getattr(b.spec, key):
            yield Change(key.replace("_", " "), "", _short(a.identity.get(key, "–")), _short(b.identity.get(key, "–")))


def _sample(a: RunRecord, b: RunRecord) -> Iterator[Change]:
    yield Change("sample", "N", str(a.n), str(b.n))
    yield Change("sample", "rule", a.spec.sample, b.spec.sample)
    yield Change("sample", "seed", str(a.spec.seed), str(b.spec.seed))


def _read_as(prompt: Prompt) -> str:
    return "a number" if prompt.listing == "numbered" else "a label"


def _first_labels(record: RunRecord) -> str:
    return ", ".join(record.label_order[:3]) + ", …"


def _short(value: str | int) -> str:
    text = str(value)
    return text if len(text) <= SHORT else f"{text[:12]}…"
