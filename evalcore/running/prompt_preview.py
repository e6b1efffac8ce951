"""The exact prompt of one text, as a model is given it, and its length in tokens."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from evalcore.predictors import ChatRenderer, download, load_tokenizer, locate
from evalcore.running.task_cache import read_task
from evalcore.store import Store, kind_of
from evalcore.tasks import Prompt, Renderer, TaskSource


@dataclass(frozen=True)
class Preview:
    """A prompt as the model is given it.

    Attributes:
        text: the chat template's output; for a model on a server, the messages.
        tokens: its length in the model's tokens; 0 if only a server knows it.
        has_template: whether the tokenizer has a chat template.
        takes_system: whether the template has a system role; otherwise the system text is put before the user's.
    """

    text: str
    tokens: int
    has_template: bool
    takes_system: bool

    @classmethod
    def from_json(cls, text: str) -> Preview:
        """The inverse of the JSON that `answer` returns."""
        return cls(**json.loads(text))


def request(task: TaskSource, model: str, prompt: Prompt, text: str) -> str:
    """The payload of a preview job: JSON with what `preview` takes."""
    return json.dumps({"task": asdict(task), "model": model, "prompt": asdict(prompt), "text": text}, sort_keys=True)


def answer(payload: str, store: Store) -> str:
    """The result of a preview job: JSON from which `Preview.from_json` makes a Preview.

    Args:
        payload: what `request` returns.
        store: knows the digests of model files.

    Raises:
        BlindspotError: if the task or the model cannot be read.
    """
    asked = json.loads(payload)
    shown = preview(TaskSource(**asked["task"]), asked["model"], Prompt(**asked["prompt"]), asked["text"], store)
    return json.dumps(asdict(shown))


def preview(source: TaskSource, model: str, prompt: Prompt, text: str, store: Store) -> Preview:
    """Render one prompt with the model's own tokenizer and template; its weights are not needed.

    Args:
        source: the task, whose labels the prompt lists.
        model: a model's name, as in a spec.
        prompt: the prompt.
        text: the text to classify.
        store: knows the digests of model files, and holds uploads.

    Raises:
        BlindspotError: if the task or the model cannot be read.
    """
    messages = Renderer(read_task(source, store), prompt).messages(text)
    if kind_of(model).is_remote:  # the server has the template and the tokenizer
        return Preview("\n\n".join(f"{m['role']}:\n{m['content']}" for m in messages), 0, False, True)
    folders = [download(part, lambda phase: None, weights=False) for part in locate(model, store).parts]
    renderer = ChatRenderer(load_tokenizer(*folders))
    rendered = renderer.render([messages])[0]
    return Preview(rendered.text, len(rendered.ids), renderer.has_template, renderer.takes_system)
