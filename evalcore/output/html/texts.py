"""What a report says of the examples' texts: all, nothing, or a hash by which their owner can find them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, get_args

from evalcore.errors import SpecError
from evalcore.store import RunRecord
from evalcore.tasks import built_in

Texts = Literal["shown", "left out", "hashed"]
TEXTS: tuple[Texts, ...] = get_args(Texts)

HASH_CHARS = 16
"""Hexadecimal digits of a hash that are shown: 64 bits, so that no two of a million texts share theirs by chance."""


@dataclass(frozen=True)
class TextRule:
    """Decides what a report holds of texts, completions and prompts.

    Completions and a person's own prompts may quote texts, and are treated like them.
    """

    texts: Texts

    def __post_init__(self) -> None:
        if self.texts not in TEXTS:
            raise SpecError(f"texts cannot be {self.texts!r}.", do=f"Choose one of {', '.join(TEXTS)}.")

    @property
    def are_shown(self) -> bool:
        """Whether texts are in the report as they are."""
        return self.texts == "shown"

    def of(self, text: str) -> str:
        """What stands for a text: itself, nothing, or the first digits of its SHA-256."""
        if self.are_shown:
            return text
        return (
            "" if self.texts == "left out" else hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:HASH_CHARS]
        )

    def shows_prompt(self, record: RunRecord) -> bool:
        """Whether the prompt's own text is in the report: a built-in one quotes no example."""
        if self.are_shown:
            return True
        try:
            return built_in(record.prompt.name).fingerprint == record.prompt.fingerprint
        except SpecError:
            return False

    @property
    def sentence(self) -> str:
        """What is not there, for the reader; empty if all is."""
        if self.are_shown:
            return ""
        if self.texts == "left out":
            return "On request this file holds no text of an example, no completion and no prompt of a person's own."
        return (
            f"On request texts and completions are replaced by the first {HASH_CHARS} digits of the SHA-256 of their "
            "UTF-8 bytes. Whoever has the texts can find them; short or well-known ones can be guessed by hashing "
            "candidates."
        )
