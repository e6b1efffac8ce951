"""What simulations print: tables with a line for each size and design, and what is outside of the gate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

F = TypeVar("F")

Row = tuple[int, int, str]
"""Numbers of labels and of examples, and how they are drawn."""
_MOST = 20
"""Lines of what is outside."""


def row_of(shape: Any) -> Row:
    """The line of a shape."""
    return shape.n_labels, shape.n, shape.design


def rows_of(found: Iterable[Any]) -> list[Row]:
    """The lines of all that was found, each once."""
    return list(dict.fromkeys(row_of(one.shape) for one in found))


def table(title: str, heads: Sequence[str], cells: Mapping[Row, Sequence[str]], width: int) -> list[str]:
    """Lines for a terminal.

    Args:
        heads: of the columns; cells: of each line, one a column.
        width: of a column.
    """
    return [
        f"{title:28}" + "".join(f"{head:>{width}}" for head in heads),
        *(
            "{:4} labels {:5} {:11}".format(*row) + "".join(f"{cell:>{width}}" for cell in of_row)
            for row, of_row in cells.items()
        ),
    ]


def spread(percents: Sequence[float]) -> str:
    """The lowest and the highest; an en dash for none."""
    return f"{min(percents):.1f} – {max(percents):.1f}" if percents else "–"


def between(inside: int, of: int, gate: tuple[float, float]) -> str:
    """How many shares are within the gate."""
    return f"{inside} of {of} are between {100 * gate[0]:.0f} and {100 * gate[1]:.0f} %"


def ending(
    sentences: Sequence[str], outside: Sequence[F], said: Callable[[F], str], word: str = "outside", most: int = _MOST
) -> list[str]:
    """The last lines: what all comes to, and what is not as it must be.

    Args:
        word: what is said of each that is not; of those only so many are named.
    """
    return ["", *sentences, *(f"{word}: {said(one)}" for one in outside[:most])]
