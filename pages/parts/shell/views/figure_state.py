"""What a session keeps of a figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass
class FigureState:
    """One figure in which something can be clicked.

    Attributes:
        drawn: how often it was made anew, because something else was picked than what it shows as picked.
        made_with: what was picked when it was made.
        showing: what it shows as picked.
    """

    drawn: int = 0
    made_with: Mapping[str, Any] | None = None
    showing: Mapping[str, Any] | None = None
