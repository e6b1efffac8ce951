"""What a predictor returns for one prompt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from evalcore.prompt import Messages
from evalcore.runspec import Identity

Stop = Literal["eos", "length", "too_long", "given"]
"""Why it ended: the model said so; cut at max_new_tokens; the prompt did not fit; it came from elsewhere."""


@dataclass(frozen=True, slots=True)
class Completion:
    """The raw output for one prompt, before any parsing.

    Attributes:
        text: as decoded, special tokens left out.
        token_ids: what the model generated, its end token included; empty for baselines and imports.
        prompt_tokens: length of the prompt in tokens; 0 where there are none.
        stop: why generation ended.
        latency_ms: wall time of the batch it was part of, divided by the batch's size.
    """

    text: str
    token_ids: tuple[int, ...] = ()
    prompt_tokens: int = 0
    stop: Stop = "given"
    latency_ms: float = 0.0


class Predictor(Protocol):
    """A loaded model, or something that answers like one."""

    @property
    def identity(self) -> Identity:
        """Everything that decides a completion beside the prompt."""

    @property
    def batch_size(self) -> int:
        """How many prompts `predict` likes to be given at once."""

    @property
    def facts(self) -> Mapping[str, str]:
        """What people want to know of it once it is loaded; decides nothing that the identity does not say."""

    def predict(self, prompts: list[Messages]) -> list[Completion]:
        """One completion for each prompt, in order."""
