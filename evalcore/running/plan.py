"""RunSpec -> RunPlan: the examples of a run, their prompts, and the keys of their completions. Nothing is predicted."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from evalcore.predictors import ModelHandle, OnPhase, identify
from evalcore.store import (
    BASELINES,
    CONTENT_FREE,
    RunRecord,
    RunSpec,
    Store,
    checked,
    completion_keys,
    run_id,
    sample_id,
)
from evalcore.tasks import (
    NO_PROMPT,
    Example,
    Messages,
    Prompt,
    Renderer,
    Task,
    built_in,
    draw_sample,
    is_hub,
    load_task,
)
from evalcore.tasks.hub_data import pinned


@dataclass(frozen=True)
class RunPlan:
    """A run that is resolved but not predicted.

    Attributes:
        record: the run as it is stored.
        examples: the sample, in order.
        prompts: the chat messages of each example.
        answers: what a perfect model would write for each label, in the record's `label_order`.
        content_free: the chat messages of the texts that say nothing, by text; none for a model that reads no prompt.
        keys: the key of each example's completion; equal for equal texts.
        handle: the model, not loaded.
    """

    record: RunRecord
    examples: tuple[Example, ...]
    prompts: list[Messages]
    answers: tuple[str, ...]
    content_free: Mapping[str, Messages]
    keys: list[bytes]
    handle: ModelHandle


def plan_run(spec: RunSpec, store: Store, on_phase: OnPhase = lambda phase: None) -> RunPlan:
    """Resolve a spec: read the task, draw the sample, identify the model, write the prompts.

    Args:
        spec: what is asked for.
        store: holds the user's own prompts and uploads, and digests of model files.
        on_phase: told what is being done.

    Raises:
        BlindspotError: for what the user can fix: the data, the model, the spec.
    """
    spec = checked(spec)
    if is_hub(spec.task.name):  # the run is of one commit, wherever the branch moves
        on_phase("asking the hub for the data set")
        spec = replace(spec, task=replace(spec.task, name=pinned(spec.task.name)))
    on_phase("reading the task")
    task = load_task(spec.task, store.folder)
    examples = draw_sample(task, spec.n, spec.sample, spec.seed)
    if not examples:
        raise ValueError("a task without examples")  # load_task refuses those
    asked = write_prompts(spec, store, task, [example.text for example in examples])
    handle = identify(spec, task, asked.answers, store, on_phase)
    sample = sample_id(task.labels, examples)
    record = RunRecord(
        run_id=run_id(sample, handle.identity, asked.prompt.fingerprint),
        spec=spec,
        task_name=task.name,
        origin=task.origin,
        labels=task.labels,
        label_order=asked.label_order,
        prompt=asked.prompt,
        identity=dict(handle.identity),
        sample_id=sample,
        n=len(examples),
        split_size=len(task.test),
        created=time.time(),
        metadata=handle.metadata,
    )
    keys = completion_keys(handle.identity, asked.messages)
    return RunPlan(record, examples, asked.messages, asked.answers, asked.content_free, keys, handle)


def find_prompt(name: str, store: Store) -> Prompt:
    """The user's own prompt of that name, or the built-in one.

    Raises:
        SpecError: if there is neither.
    """
    return store.custom_prompts().get(name) or built_in(name)


def baseline_specs(spec: RunSpec) -> list[RunSpec]:
    """Specs of each baseline on the same sample."""
    return [checked(replace(spec, model=name)) for name in BASELINES]


@dataclass(frozen=True)
class Asked:
    """The prompt of a spec, and what it makes of the labels and of each text.

    Attributes:
        prompt: the prompt.
        label_order: the labels in the order in which it lists them.
        answers: what a perfect model would write for each label, in that order.
        messages: the chat messages of each text.
        content_free: those of the texts that say nothing, by text; none for a model that reads no prompt.
    """

    prompt: Prompt
    label_order: tuple[str, ...]
    answers: tuple[str, ...]
    messages: list[Messages]
    content_free: Mapping[str, Messages]


def write_prompts(spec: RunSpec, store: Store, task: Task, texts: Sequence[str]) -> Asked:
    """Write the prompts of some texts.

    Args:
        spec: names the prompt, and the model that may read none.
        store: holds the user's own prompts.
        task: its labels, and its train split for solved examples.
        texts: to be classified.

    Raises:
        SpecError: if there is no such prompt.
    """
    prompt = find_prompt(spec.prompt, store) if spec.kind.reads_prompt else NO_PROMPT
    return write_prompts_with(prompt, task, texts)


def write_prompts_with(prompt: Prompt, task: Task, texts: Sequence[str]) -> Asked:
    """Write the prompts of some texts with a given prompt; with `NO_PROMPT` each is the text alone."""
    if prompt is NO_PROMPT:
        alone: list[Messages] = [({"role": "user", "content": text},) for text in texts]
        return Asked(prompt, task.labels, task.labels, alone, {})
    renderer = Renderer(task, prompt)
    messages = [renderer.messages(text) for text in texts]
    content_free = {text: renderer.messages(text) for text in CONTENT_FREE}
    return Asked(prompt, renderer.labels, renderer.answers, messages, content_free)
