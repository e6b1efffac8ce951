"""What every answer to a question can do, whatever it is about: be said, be exported, be put into a report.

What was found (`FoundReview` in `review_found`) knows nothing of its words and tables (`review_words`,
`review_tables`), which take it; the answer (`Review` in `review`) is both together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

Rows = Sequence[Mapping[str, Any]]
"""A table: its rows have the same keys, in the same order; values are texts, numbers, flags or None."""


def plain(value: Any) -> Any:
    """A value of plain data: the same, but None for NaN and infinity."""
    if not isinstance(value, float):
        return value
    return float(value) if math.isfinite(value) else None


def plain_pair(bounds: Iterable[float]) -> list[float | None]:
    """An interval as plain data: two numbers, each None where there is none."""
    return [plain(float(bound)) for bound in bounds]


class Answer(Protocol):
    """An answer, of one run or of two.

    Attributes:
        sentences: plain text, the first of them answers the question; contain labels. Never empty.
    """

    @property
    def sentences(self) -> Sequence[str]: ...

    def as_json(self) -> dict[str, Any]:
        """Plain data: shares in [0, 1], NaN as None, intervals as pairs."""
        ...

    def tables(self) -> Mapping[str, Rows]:
        """What can be exported as a table, by the stem of its file's name."""
        ...
