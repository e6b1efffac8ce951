"""The exact prompt of one text, as a model would be given it, and its length in tokens."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from evalcore.predictors import ChatRenderer, download, load_tokenizer, locate
from evalcore.store import Store, kind_of
from evalcore.tasks import Prompt, Renderer, TaskSource, load_task


@dataclass(frozen=True)
class Preview:
    """A prompt as the model sees it.

    Attributes:
        text: the chat template's output.
        tokens: its length in the model's tokens; 0 where only a server knows.
        has_template: whether the tokenizer brought a chat template.
        takes_system: whether the template has a system role; otherwise the system text opens the user's turn.
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
    """What a preview job is asked, as JSON."""
    return json.dumps({"task": asdict(task), "model": model, "prompt": asdict(prompt), "text": text}, sort_keys=True)


def answer(payload: str, store: Store) -> str:
    """A preview job's result, as JSON.

    Raises:
        BlindspotError: if the task or the model cannot be had.
    """
    asked = json.loads(payload)
    shown = preview(TaskSource(**asked["task"]), asked["model"], Prompt(**asked["prompt"]), asked["text"], store)
    return json.dumps(asdict(shown))


def preview(source: TaskSource, model: str, prompt: Prompt, text: str, store: Store) -> Preview:
    """Render one prompt with the model's own tokenizer and template; its weights are not needed.

    Raises:
        BlindspotError: if the task or the model cannot be had.
    """
    messages = Renderer(load_task(source), prompt).messages(text)
    if kind_of(model).is_remote:  # it has the template and the tokenizer
        return Preview("\n\n".join(f"{m['role']}:\n{m['content']}" for m in messages), 0, False, True)
    folder = download(locate(model, store), lambda phase: None, weights=False)
    renderer = ChatRenderer(load_tokenizer(folder))
    rendered = renderer.render([messages])[0]
    return Preview(rendered.text, len(rendered.ids), renderer.has_template, renderer.takes_system)
