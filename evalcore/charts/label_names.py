"""Names of labels and runs on the axis of a chart: short enough to be read, and one row for each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import altair as alt

EVERY_NAME: dict[str, Any] = {
    "labelOverlap": False,
    "labelFlush": False,
    "labelBound": False,
    "ticks": False,
    "domain": False,
}
"""Of an axis that is nothing but names, and leaves none out."""


def shortened(name: str, chars: int) -> str:
    """A name on one line, with its middle left out where it is long: many labels differ at their ends alone.

    Example:
        >>> shortened("balance_not_updated_after_bank_transfer", 20)
        'balance_n…k_transfer'
    """
    name = " ".join(name.split())
    if len(name) <= chars:
        return name
    end = chars // 2
    return f"{name[: chars - 1 - end]}…{name[-end:]}"


def named_rows(names: Sequence[str], width: int, least: int = 0) -> alt.Y:
    """The rows of a chart, by the field `rank`: two long names that are cut to the same text must stay two rows.

    Args:
        names: of the ranks 0, 1, …
        width: pixels for them; at least `least` are kept free where all are shorter.
    """
    axis = rank_axis(names, labelLimit=width, minExtent=least, **EVERY_NAME)
    return alt.Y("rank:O", title=None, axis=axis)


def rank_axis(names: Sequence[str], **options: Any) -> alt.Axis:
    """An axis of the ranks 0, 1, … that shows their names.

    Args:
        options: of the axis.
    """
    # A Vega expression; `<` is escaped because a specification may be part of a page.
    quoted = json.dumps(list(names)).replace("<", "\\u003c")
    return alt.Axis(labelExpr=f"{quoted}[datum.value]", **options)
