"""What a person is shown when something is wrong: what happened, where, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

_MAX_CHARS = {"where": 400, "what": 1_000, "do": 590}
"""Of the parts of a message, so that none is longer than 2,000, with any data."""
_MAX_NAME_CHARS = 60
_MAX_NAMES = 8

_STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class BlindspotError(Exception):
    """An error that is shown to the user as it is. Parts that are too long lose their middle.

    Args:
        what: one sentence that says what is wrong.
        where: file, line, model or setting it is about.
        do: what to do next.
    """

    def __init__(self, what: str, *, where: str = "", do: str = "") -> None:
        self.what = shortened(what, _MAX_CHARS["what"])
        self.where = shortened(where, _MAX_CHARS["where"])
        self.do = shortened(do, _MAX_CHARS["do"])
        parts = [f"{self.where}: {self.what}" if where else self.what, self.do]
        super().__init__(printable(" ".join(part for part in parts if part)))


def printable(text: str) -> str:
    """`text` for a terminal or a log: what could steer a terminal, or cannot be encoded, becomes U+FFFD."""
    return _STEERS.sub("\ufffd", text)


def shortened(text: str, most: int) -> str:
    """`text`, or its beginning and its end in `most` characters."""
    head = most // 2
    return text if len(text) <= most else f"{text[:head]}…{text[len(text) - (most - head - 1) :]}"


def first_line(error: BaseException) -> str:
    """The first line of another library's message, without its full stop; the kind of error where it has none."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def quoted(name: str) -> str:
    """A name that comes from data, as messages show it: in quotes, and not longer than it can be read."""
    return repr(shortened(name, _MAX_NAME_CHARS))


def listed(names: Sequence[str]) -> str:
    """The first of some names and how many there are besides: 'a', 'b', 'c' and 99,997 more."""
    shown = ", ".join(map(quoted, names[:_MAX_NAMES]))
    return shown if len(names) <= _MAX_NAMES else f"{shown} and {len(names) - _MAX_NAMES:,} more"


class SpecError(BlindspotError):
    """A run that cannot mean anything: an unknown option, N below 1, a prompt without `{text}`."""


class DataError(BlindspotError):
    """A data file that cannot be read exactly as it was meant."""


class ModelError(BlindspotError):
    """A model that cannot be found, loaded or run."""


class OutOfMemory(ModelError):
    """A model for which there is not enough memory: perhaps there is once another one is released."""


class Unanswered(ModelError):
    """Some prompts of a batch got no answer. What came is kept; what did not is never stored, nor read as "".

    Args:
        answers: one completion per prompt of the batch, None where there is none.
        give_up: whether asking on is pointless.
        stopped: whether nothing failed: a person stopped it while it was asked.
    """

    def __init__(
        self, what: str, *, where: str = "", do: str = "", answers: Sequence[Any], give_up: bool = False,
        stopped: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(what, where=where, do=do)
        self.answers = tuple(answers)
        self.give_up = give_up
        self.stopped = stopped


class StoreError(BlindspotError):
    """The cache folder or its database cannot be used."""


@contextmanager
def unreadable(where: str, do: str) -> Iterator[None]:
    """Around what reads a person's file: whatever it contains, no other error but a `BlindspotError` comes out.

    Args:
        where, do: of the sentence that takes the place of an error nobody foresaw.

    Raises:
        DataError: in the place of any other error.
    """
    try:
        yield
    except BlindspotError:
        raise
    except MemoryError as error:
        raise DataError("there is not enough memory to read it.", where=where, do="Take a part of it.") from error
    except Exception as error:
        raise DataError(
            f"it cannot be read ({type(error).__name__}: {first_line(error):.200}).", where=where, do=do
        ) from error
