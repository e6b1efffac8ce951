"""How much must a person check? Risk, coverage, and a threshold that is verified on examples that did not choose it."""

from __future__ import annotations

from dataclasses import dataclass

from evalcore.deciding.asked import number, one_of

SIGNALS = ("confidence", "margin", "entropy", "agreement")
"""What tells sure answers from unsure ones."""


@dataclass(frozen=True)
class ReviewAsked:
    """What is asked.

    Attributes:
        target: percent of the automatic answers that are to be right.
        signal: what is compared with the threshold.
        per_label: whether each predicted label has a threshold of its own.
        minutes, price: of one review; a price of 0 is none.
    """

    target: float = number(95.0, 50, 99.9)
    signal: str = one_of("confidence", SIGNALS)
    per_label: bool = False
    minutes: float = number(1.0, 0, 1000)
    agreeing: str = ""
    price: float = number(0.0, 0, 1_000_000)


def review(*args):
    from evalcore.errors import SpecError

    raise SpecError("not yet.")


compared_review = review
