"""What can be chosen for a run, in words that carry their meaning."""

from __future__ import annotations

from evalcore.running import split_size
from evalcore.store import MEANINGS, RunRecord, RunSpec, Store, kind_of
from evalcore.tasks import BUILT_IN, LIST_CHANGED, shown_name
from evalcore.wording import counted

TASKS = {"demo": "Demo: phone and internet support", "banking77": "Banking77: 77 intents of a bank's customers"}
MODELS = {
    "demo": "demo: tiny, bundled",
    "demo-early": "demo-early: training stopped early, bundled",
    "tfidf": "tfidf: linear classifier, a baseline",
    "majority": "majority: the most frequent label, a baseline",
    "Qwen/Qwen2.5-1.5B-Instruct": "Qwen/Qwen2.5-1.5B-Instruct",
    "Qwen/Qwen2.5-0.5B-Instruct": "Qwen/Qwen2.5-0.5B-Instruct",
    "Qwen/Qwen2.5-7B-Instruct": "Qwen/Qwen2.5-7B-Instruct",
}
PROMPTS = {
    "article": "article: instruction and label list",
    "bare": "bare: instruction, no label list",
    "numbered": "numbered: labels by number",
    "few-shot": "few-shot: with solved examples",
    "shuffled-labels": "shuffled-labels: another label order",
}


def task_words(name: str, store: Store) -> str:
    """A task: its description, the file's name of an upload, or the end of its path."""
    return TASKS.get(name) or end_of_path(shown_name(name, store.folder))


def model_words(name: str) -> str:
    """A model with what it is, or the end of its path."""
    what = ": encoder classifier" if kind_of(name).has_own_labels else ""
    return MODELS.get(name) or end_of_path(kind_of(name).files_of(name)) + what


def prompt_words(name: str) -> str:
    """A built-in prompt with what it is (`few-shot:3` too), or the name of a person's own."""
    base, _, parameter = name.partition(":")
    if base not in BUILT_IN:
        return name
    return PROMPTS[base].replace(base, name, 1) if parameter else PROMPTS[base]


def choice_words(field: str, choice: str) -> str:
    """A choice of a field of `RunSpec` with what it means: `plain: greedy`."""
    return f"{choice}: {MEANINGS[field][choice]}"


def run_words(spec: RunSpec, store: Store, record: RunRecord | None = None) -> tuple[str, str]:
    """What a run is of, in one line.

    Args:
        store: of the cache folder that holds uploads.
        record: the stored run, whose number of examples is known.

    Returns:
        the model; and task, prompt, number of examples, sample, and what else is not as usual.
    """
    n = record.n if record else min(spec.n, split_size(spec.task, store) or spec.n)
    usual = RunSpec()
    sample = (
        f"the first {counted(n, 'example')}" if spec.sample == "first" else f"{counted(n, 'example')}, {spec.sample}"
    )
    parts = [
        task_words(spec.task.name, store) + (f", {LIST_CHANGED}" if spec.task.merge else ""),
        prompt_words(spec.prompt) if spec.kind.reads_prompt else "",
        sample,
        f"seed {spec.seed}" if spec.seed != usual.seed else "",
    ]
    settings = {
        "decoding": choice_words("decoding", spec.decoding),
        "engine": choice_words("engine", spec.engine),
        "dtype": spec.dtype,
        "device": spec.device,
        "labels_by": "labels matched by their places, as confirmed",
        "max_new_tokens": f"at most {counted(spec.max_new_tokens, 'token')}",
    }
    heeded = spec.kind.settings
    parts += [said for name, said in settings.items() if name in heeded and getattr(spec, name) != getattr(usual, name)]
    return end_of_path(spec.kind.files_of(spec.model)), " · ".join(part for part in parts if part)


def end_of_path(name: str) -> str:
    """The part of a path or a hub id that tells it from others."""
    return "/".join(name.rstrip("/").split("/")[-2:])
