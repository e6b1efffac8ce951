"""What a session looks at on the Per class page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from evalcore.analysis import LabelStatus

ChosenStatus = LabelStatus | Literal[""]


@dataclass(frozen=True)
class ClassView:
    """What the Per class page shows; its URL has a parameter for each field that is not the default.

    Attributes:
        standing: labels of which this holds; empty for all labels.
        search: part of a label's name.
        sort: one of `evalcore.analysis.CLASS_ORDERS`.
        which: which examples of the label.
        label: the label that is open; empty if none is.
    """

    standing: ChosenStatus = ""
    search: str = ""
    sort: str = "data set"
    descending: bool = False
    which: str = "all its examples"
    label: str = ""
