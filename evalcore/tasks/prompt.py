"""Prompt variants: a task and a text -> chat messages.

A variant is data: a system text, a user text, how the labels are listed, how many solved examples precede.
A user's own prompt is one more of them.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from evalcore.errors import SpecError
from evalcore.tasks.sample import shots
from evalcore.tasks.task import Example, Task

MAX_SHOTS = 64

_ASK = "You are an intent classifier. Read the customer's message and answer with its intent"
_LABELS = "\n\nValid intents: {labels}"


class Message(TypedDict):
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


Messages = tuple[Message, ...]


@dataclass(frozen=True)
class Prompt:
    """A prompt variant.

    Attributes:
        name: as chosen, with its parameter: `article`, `few-shot:5`, `shuffled-labels:1`; or the name of a user's own.
        system, user: texts in which `{labels}` and `{text}` are replaced; one of them contains `{text}`.
        listing: labels joined by commas, or numbered one a line (the answer is then a number).
        shots: solved training examples given as earlier turns.
        shuffle_seed: seed of another label order; None keeps the task's.
    """

    name: str
    system: str
    user: str
    listing: Literal["comma", "numbered"] = "comma"
    shots: int = 0
    shuffle_seed: int | None = None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of everything but the name."""
        content = [self.system, self.user, self.listing, self.shots, self.shuffle_seed]
        return hashlib.sha256(repr(content).encode()).hexdigest()


ARTICLE = Prompt("article", f"{_ASK}, written exactly as in the list below and nothing else.{_LABELS}", "{text}")
BUILT_IN: dict[str, Prompt] = {
    "article": ARTICLE,
    "bare": Prompt("bare", f"{_ASK} as a short snake_case name and nothing else.", "{text}"),
    "numbered": Prompt(
        "numbered",
        f"{_ASK}: the number of one intent from the list below and nothing else.\n\nValid intents:\n{{labels}}",
        "{text}",
        listing="numbered",
    ),
    "few-shot": Prompt("few-shot", ARTICLE.system, ARTICLE.user, shots=5),
    "shuffled-labels": Prompt("shuffled-labels", ARTICLE.system, ARTICLE.user, shuffle_seed=1),
}
DESCRIPTIONS: dict[str, str] = {
    "article": "Instruction, then every label joined by commas",
    "bare": "Instruction only: the labels are not listed",
    "numbered": "Labels listed by number; the answer is a number",
    "few-shot": "As article, after k solved training examples (`few-shot:5`)",
    "shuffled-labels": "As article, the labels in another order (`shuffled-labels:1`, a seed)",
}


NO_PROMPT = Prompt("none", "", "{text}")
"""What is stored as the prompt of a run whose model reads none: the text alone."""


def built_in(name: str) -> Prompt:
    """The built-in variant of that name; `few-shot:K` and `shuffled-labels:SEED` take a number.

    Raises:
        SpecError: if there is none.
    """
    base, colon, parameter = name.partition(":")
    prompt = BUILT_IN.get(base)
    if prompt is None or (colon and base not in ("few-shot", "shuffled-labels")):
        raise SpecError(f"there is no prompt {name!r}.", do=f"Built in are: {', '.join(BUILT_IN)}.")
    number = prompt.shots if base == "few-shot" else prompt.shuffle_seed
    if colon:
        if not re.fullmatch(r"\d{1,9}", parameter):
            raise SpecError(f"{parameter!r} is not a whole number.", where=f"prompt {name}")
        number = int(parameter)
    if base == "few-shot":
        if not 1 <= (number or 0) <= MAX_SHOTS:
            raise SpecError(f"few-shot takes 1 to {MAX_SHOTS} examples, not {number}.", where=f"prompt {name}")
        return Prompt(f"few-shot:{number}", prompt.system, prompt.user, shots=number or 0)
    if base == "shuffled-labels":
        return Prompt(f"shuffled-labels:{number}", prompt.system, prompt.user, shuffle_seed=number)
    return prompt


def custom_prompt(name: str, system: str, user: str) -> Prompt:
    """A user's own prompt, checked.

    Raises:
        SpecError: if the name is empty or a built-in one, or `{text}` is not exactly once in the user text.
    """
    if not re.fullmatch(r"[\w][\w .\-]{0,59}", name):
        raise SpecError(
            "a prompt's name has 1 to 60 letters, digits, spaces, dots, dashes or underscores.",
            where=repr(name),
        )
    if name.partition(":")[0] in BUILT_IN or name == NO_PROMPT.name:
        raise SpecError("that name is taken by a built-in prompt.", where=name, do="Choose another.")
    if "{text}" in system:
        raise SpecError(
            "`{text}` stands in the system text.",
            where=f"prompt {name}",
            do="Put it into the user text: the system text is the same for every example.",
        )
    if user.count("{text}") != 1:
        raise SpecError("`{text}` must stand once in the user text.", where=f"prompt {name}")
    if not system.strip():
        # Without a system message some chat templates, Qwen2.5's among them, add one of their own.
        raise SpecError("the system text is empty.", where=f"prompt {name}", do="Write at least one sentence.")
    return Prompt(name, system, user)


def label_order(prompt: Prompt, labels: Sequence[str]) -> tuple[str, ...]:
    """The labels in the order in which the prompt lists them; number 1 is the first of these."""
    ordered = list(labels)
    if prompt.shuffle_seed is not None:
        random.Random(prompt.shuffle_seed).shuffle(ordered)
    return tuple(ordered)


class Renderer:
    """Turns texts into chat messages for one task and one prompt.

    The messages that do not depend on the text are built once.

    Raises:
        SpecError: if the prompt wants solved examples that the task does not have.
    """

    def __init__(self, task: Task, prompt: Prompt) -> None:
        self.labels = label_order(prompt, task.labels)
        self._prompt = prompt
        if prompt.listing == "numbered":
            self._listed = "\n".join(f"{i}. {label}" for i, label in enumerate(self.labels, start=1))
        else:
            self._listed = ", ".join(self.labels)
        opening: list[Message] = [{"role": "system", "content": self._fill(prompt.system, "")}]
        for shot in shots(task, prompt.shots) if prompt.shots else ():
            opening.append({"role": "user", "content": self._fill(prompt.user, shot.text)})
            opening.append({"role": "assistant", "content": self.answer(shot)})
        self._opening = tuple(opening)

    def messages(self, text: str) -> Messages:
        """The chat that asks for the label of `text`. A system message always comes first."""
        return (*self._opening, {"role": "user", "content": self._fill(self._prompt.user, text)})

    @property
    def answers(self) -> tuple[str, ...]:
        """What a perfect model would write for each of `labels`."""
        if self._prompt.listing == "numbered":
            return tuple(str(number) for number in range(1, len(self.labels) + 1))
        return self.labels

    def answer(self, example: Example) -> str:
        """What a perfect model would write."""
        return self.answers[self.labels.index(example.label)]

    def _fill(self, template: str, text: str) -> str:
        # One pass: a `{labels}` inside the text, or `{text}` inside a label, stays as it is.
        values = {"{labels}": self._listed, "{text}": text}
        return re.sub(r"\{labels\}|\{text\}", lambda found: values[found.group()], template)
