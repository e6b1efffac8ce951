"""Which run? All runs on one task: what each costs, what each scores, and which cannot be told apart."""

from __future__ import annotations

from dataclasses import dataclass

from evalcore.deciding.asked import one_of

SCORES = ("accuracy", "cost of mistakes")
EFFORTS = ("seconds", "tokens", "price")
"""Per 1,000 texts."""


@dataclass(frozen=True)
class FrontierAsked:
    """What is asked.

    Attributes:
        score: what is to be good.
        effort: what is to be little, per 1,000 texts.
    """

    score: str = one_of("accuracy", SCORES)
    effort: str = one_of("seconds", EFFORTS)
