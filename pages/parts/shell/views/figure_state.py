"""What a session keeps of a figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class FigureState:
    """One figure in which something can be clicked.

    Attributes:
        drawn: how often it was made anew, because something else was picked than what it shows as picked.
        made_with: what was picked when it was made.
        showing: what it shows as picked.
        figure, specification: what was drawn last, and the same in Vega-Lite.
    """

    drawn: int = 0
    made_with: Mapping[str, Any] | None = None
    showing: Mapping[str, Any] | None = None
    figure: object = None
    specification: dict[str, Any] = field(default_factory=dict)
