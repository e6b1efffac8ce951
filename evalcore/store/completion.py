"""What a predictor returns for one prompt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from evalcore.store.label_reference import LabelReference
from evalcore.store.spec import Identity
from evalcore.store.usage import Usage
from evalcore.tasks import Messages

Stop = Literal["eos", "length", "too_long", "chosen", "given"]
"""Why a completion ended: the model's end token; cut at max_new_tokens; the prompt did not fit the context window; it
is the label chosen by likelihood; no language model generated it (baselines and imports)."""


@dataclass(frozen=True, slots=True)
class Completion:
    """The raw output for one prompt, before any parsing.

    Attributes:
        text: as decoded, special tokens left out.
        token_ids: what the model generated, its end token included; empty for baselines and imports.
        prompt_tokens: length of the prompt in tokens; 0 where there are none.
        stop: why generation ended.
        latency_ms: wall time of the batch it was part of, divided by the batch's size.
        label_logprobs: the log-probability of each label as the answer, float32 little-endian, in the order in which
            the prompt lists the labels (of a model without a prompt: the task's order). Of a `chosen` one it is that of
            the label's tokens with the end token. NaN is a probability that is not known. Empty if none is known.
    """

    text: str
    token_ids: tuple[int, ...] = ()
    prompt_tokens: int = 0
    stop: Stop = "given"
    latency_ms: float = 0.0
    label_logprobs: bytes = b""

    @property
    def logprobs(self) -> NDArray[np.float32]:
        """`label_logprobs` as an array, shape (n_labels,) or (0,)."""
        return np.frombuffer(self.label_logprobs, dtype="<f4")


class Predictor(Protocol):
    """A loaded model, or anything that completes prompts."""

    @property
    def identity(self) -> Identity:
        """Everything that decides a completion beside the prompt; a part of every key."""

    @property
    def batch_size(self) -> int:
        """How many prompts `predict` is to be given at once."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """Versions, device and the like, known once it is loaded; they decide nothing."""

    def predict(self, prompts: list[Messages]) -> list[Completion]:
        """One completion for each prompt, in order.

        Raises:
            Unanswered: if some prompts got no answer. It carries the completions of the others, and says whether to
                give up.
        """


GoOn = Callable[[str], bool]
"""Told in a few words what is waited for; returns False to stop."""


@runtime_checkable
class Waiting(Protocol):
    """A predictor that waits for others while it predicts, perhaps for long, and can be stopped meanwhile."""

    def while_waiting(self, go_on: GoOn | None) -> None:
        """Have this called about once a second during `predict`, in its thread; with None, nothing more.

        After it has returned False, `predict` raises `Unanswered` at once, with the answers that have come.
        """


@runtime_checkable
class Metered(Protocol):
    """A predictor that knows what its requests took: one that asks a server."""

    def take_usage(self) -> Usage:
        """What was used since `prepare` or the last call of this, for answers and in vain."""


@runtime_checkable
class Preparable(Protocol):
    """A predictor that uses the prompts of a whole run, and its possible answers, before the first batch."""

    def prepare(
        self, prompts: Sequence[Messages], answers: Sequence[str], content_free: Mapping[str, Messages]
    ) -> LabelReference | None:
        """Called once before a run.

        Args:
            prompts: all that it will be asked, or a part.
            answers: what a perfect model would write for each label, in the order of the prompt's list.
            content_free: the prompts of the texts that say nothing (`CONTENT_FREE`), by text.

        Returns:
            What it learnt of the labels as answers; None where its decoding does not choose among them.
        """
