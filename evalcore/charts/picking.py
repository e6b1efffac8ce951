"""Figures that can be clicked: the selection that they have, and what was not clicked drawn pale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

PICKED = "picked"
"""Name of the selection."""
Item = Mapping[str, Any]
"""What was clicked: the fields that tell it from the others, such as `{"bin": 3}`."""

_NOT_PICKED = 0.45
"""Opacity of what was not clicked, while something was."""


def picking(fields: Sequence[str], picked: Item | None, *, nearest: bool = False) -> alt.Parameter:
    """The selection of a figure, of one mark at a time.

    Args:
        fields: that tell one mark from the others.
        picked: what is picked at first.
        nearest: whether a click picks the mark that is nearest to it.
    """
    value = {} if picked is None else {"value": [dict(picked)]}
    return alt.selection_point(name=PICKED, fields=[*fields], nearest=nearest, toggle=False, **value)


def pale_unless_picked(selection: alt.Parameter) -> Any:
    """The opacity of a mark."""
    return alt.condition(selection, alt.value(1.0), alt.value(_NOT_PICKED))
