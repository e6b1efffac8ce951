"""What a person is shown when something is wrong: what happened, where, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class BlindspotError(Exception):
    """An error that is shown to the user as it is.

    Args:
        what: one sentence that says what is wrong.
        where: file, line, model or setting it is about.
        do: what to do next.
    """

    def __init__(self, what: str, *, where: str = "", do: str = "") -> None:
        self.what = what
        self.where = where
        self.do = do
        parts = [f"{where}: {what}" if where else what, do]
        super().__init__(printable(" ".join(part for part in parts if part)))


def printable(text: str) -> str:
    """`text` for a terminal or a log: what could steer a terminal, or cannot be encoded, becomes U+FFFD."""
    return _STEERS.sub("\ufffd", text)


class SpecError(BlindspotError):
    """A run that cannot mean anything: an unknown option, N below 1, a prompt without `{text}`."""


class DataError(BlindspotError):
    """A data file that cannot be read exactly as it was meant."""


class ModelError(BlindspotError):
    """A model that cannot be found, loaded or run."""


class Unanswered(ModelError):
    """Some prompts of a batch got no answer. What came is kept; what did not is never stored, nor read as "".

    Args:
        answers: one completion per prompt of the batch, None where there is none.
        give_up: whether asking on is pointless.
    """

    def __init__(
        self, what: str, *, where: str = "", do: str = "", answers: Sequence[Any], give_up: bool = False
    ) -> None:
        super().__init__(what, where=where, do=do)
        self.answers = tuple(answers)
        self.give_up = give_up


class StoreError(BlindspotError):
    """The cache folder or its database cannot be used."""
