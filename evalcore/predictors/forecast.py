"""What answering some prompts takes of a model, known before its weights are loaded, and the model of time behind it.

A pass of a transformer over some tokens takes the time of its matrix products, or that of reading its weights, and a
little for each small operation of each layer. What goes through the model is counted (`engines/workload.py`), how fast
this device does the three is measured (`engines/speed.py`), and what is left open is a range. Nothing here imports
torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from evalcore.tasks import Messages

PROMPTS_COUNTED = 256
"""Number of a run's prompts, evenly spaced, whose tokens are counted; the others are as long on average."""
CHARACTERS_A_TOKEN = 4.0
"""Of English text, in tokenizers of today's models."""
OPERATIONS_PER_LAYER = 45
"""Small operations of a layer in a pass: norms, rotations, additions, views. Counted in transformers' Qwen2."""
BEST_USE, USUAL_USE, WORST_USE = 1.0, 0.6, 0.25
"""Share of the speed of a large matrix product that a model's own products reach: they are smaller."""


@dataclass(frozen=True)
class Span:
    """A time that is not known exactly, in seconds.

    Attributes:
        low, high: it is expected between these.
        middle: the likeliest.
    """

    low: float
    middle: float
    high: float

    def __add__(self, other: Span) -> Span:
        return Span(self.low + other.low, self.middle + other.middle, self.high + other.high)

    def times(self, factor: float) -> Span:
        """So many times as long."""
        return Span(factor * self.low, factor * self.middle, factor * self.high)


@dataclass(frozen=True)
class ModelSize:
    """How large a model is.

    Attributes:
        parameters: all of them.
        body: those that each token goes through.
        head: those that a token goes through whose logits are wanted.
        layers: number of layers.
        width: of the keys that a token is compared with, over all heads of a layer.
        number_bytes: size of one number in memory.
    """

    parameters: int
    body: int
    head: int
    layers: int
    width: int
    number_bytes: float

    @property
    def weight_bytes(self) -> float:
        """Memory of its weights."""
        return self.parameters * self.number_bytes


@dataclass(frozen=True)
class Workload:
    """What goes through a model.

    Attributes:
        tokens: through its layers.
        decided: through its head.
        seen: pairs of a token and a token that it attends to.
        passes: how often its weights are read.
    """

    tokens: float = 0.0
    decided: float = 0.0
    seen: float = 0.0
    passes: float = 0.0

    def __add__(self, other: Workload) -> Workload:
        return Workload(
            self.tokens + other.tokens,
            self.decided + other.decided,
            self.seen + other.seen,
            self.passes + other.passes,
        )

    def times(self, factor: float) -> Workload:
        """So many times as much."""
        return Workload(factor * self.tokens, factor * self.decided, factor * self.seen, factor * self.passes)


@dataclass(frozen=True)
class Speed:
    """What a device does in a number format, as it was measured.

    Attributes:
        operations: floating-point operations a second, in a large matrix product.
        bytes: of weights that it reads a second, in the product of a matrix and a vector.
        operation_s: seconds that the smallest operation takes.
    """

    operations: float
    bytes: float
    operation_s: float


def time_of(work: Workload, size: ModelSize, speed: Speed) -> Span:
    """How long a device takes for some work, by the model of time in this module's docstring."""
    operations = 2.0 * (work.tokens * size.body + work.decided * size.head) + 4.0 * work.seen * size.layers * size.width
    products = operations / speed.operations
    reading = work.passes * size.weight_bytes / speed.bytes
    small = work.passes * size.layers * OPERATIONS_PER_LAYER * speed.operation_s
    return Span(
        max(products / BEST_USE, reading, small),
        math.hypot(products / USUAL_USE, reading) + small,
        products / WORST_USE + reading + 2.0 * small,
    )


@dataclass(frozen=True)
class Needs:
    """What a model needs that may not be there, and what there is of it, in bytes; None where it is not known.

    Attributes:
        download: what is still to be downloaded.
        free_disk: where it would be stored.
        memory: for its weights and room to work.
        free_memory: of its device.
    """

    download: float | None = None
    free_disk: float | None = None
    memory: float | None = None
    free_memory: float | None = None


@dataclass(frozen=True)
class Forecast:
    """What answering some prompts takes.

    Attributes:
        tokens_in: of all prompts together, as the model is given them.
        shared: how many of these the engine computes once instead of with each prompt.
        tokens_out: of all answers together, if they are as long as expected.
        most_out: they cannot be longer.
        counted: whether tokens were counted by the model's own tokenizer; otherwise by the number of characters.
        prompt_s: seconds that one prompt takes outside of the model.
        work: what goes through the model; None where that is not known.
        size: of the model; None where it is not known.
        reading: time to read the weights; what goes through the model then, while its engine is tried, is `loading`.
        at: device and number format, as `engines.speed.measured` takes them.
        needs: what may not be there.
    """

    tokens_in: float = 0.0
    shared: float = 0.0
    tokens_out: float = 0.0
    most_out: float = 0.0
    counted: bool = False
    prompt_s: float = 0.0
    work: Workload | None = None
    size: ModelSize | None = None
    reading: Span = Span(0.0, 0.0, 0.0)
    loading: Workload = Workload()
    at: tuple[str, str] = ("", "")
    needs: Needs = Needs()

    @property
    def effort(self) -> float:
        """What time is proportional to, from one run to another of the same model with the same settings.

        Tokens through the model's layers where they are known; otherwise tokens in and out, as a server counts them.
        """
        return self.work.tokens if self.work else self.tokens_in + self.tokens_out


Item = TypeVar("Item")


def evenly(items: Sequence[Item], most: int = PROMPTS_COUNTED) -> list[Item]:
    """Some of many items, evenly spaced; all of few."""
    taken = min(len(items), most)
    return [items[place * len(items) // taken] for place in range(taken)]


def by_characters(
    prompts: Sequence[Messages],
    answers: Sequence[str],
    most_out: float,
    new_tokens: float | None,
) -> Forecast:
    """What can be said without a tokenizer.

    Args:
        prompts, answers, new_tokens: as `Forecasts` takes them.
        most_out: tokens that may be written for all prompts; 0 if none are.
    """
    some = evenly(prompts)
    characters = sum(len(message["content"]) for messages in some for message in messages)
    each = new_tokens or sum(map(len, answers)) / len(answers) / CHARACTERS_A_TOKEN + 1
    return Forecast(
        tokens_in=characters / CHARACTERS_A_TOKEN * len(prompts) / len(some),
        tokens_out=min(each * len(prompts), most_out),
        most_out=most_out,
    )


class Forecasts(Protocol):
    """Says what answering some prompts takes."""

    def __call__(
        self,
        prompts: Sequence[Messages],
        answers: Sequence[str],
        new_tokens: float | None,
        on_phase: Callable[[str], None],
    ) -> Forecast:
        """Look at a part of the prompts, and count all of them.

        Args:
            prompts: the chat messages of what is to be answered, all different.
            answers: what a perfect model would write for each label.
            new_tokens: length of an answer, as earlier ones had it on average; None if there are none.
            on_phase: told what is being done.

        Raises:
            ModelError: if what the model needs for a run is not there.
        """
