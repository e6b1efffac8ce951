"""What a notebook shows of a result: one small table with a few sentences, as HTML.

It has no colours of its own and no script, so that it takes those of the notebook, light or dark. Everything that comes
from data is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from html import escape

from evalcore.errors import printable

MOST_CHARS = 2_000
"""Of one text: more of it is not what a summary shows."""


class Shown:
    """A result that shows itself in a terminal and in a notebook.

    What it shows rests on what is made of it, above it in the house: so it is registered there, with `line_of` and
    `card_of`, and not imported by the result itself.
    """

    def __repr__(self) -> str:
        return line_of(self)

    def _repr_html_(self) -> str:
        return card_of(self)


@singledispatch
def line_of(result: object) -> str:
    """A result in one line, for a terminal."""
    return object.__repr__(result)


@singledispatch
def card_of(result: object) -> str:
    """A result as `card` draws it, for a notebook."""
    return card(type(result).__name__)


def card(title: str, rows: Iterable[tuple[str, str, str]] = (), sentences: Iterable[str] = (), note: str = "") -> str:
    """A title, a table and numbered sentences.

    Example:
        >>> card("A run", [("Accuracy", "91.3 %", "86.4 to 94.5")], note="n = 3 < 4")
        '<div><strong>A run</strong><table><tr><th>Accuracy</th><td>91.3 %</td><td>86.4 to 94.5</td></tr></table><small>n = 3 &lt; 4</small></div>'

    Args:
        title, note: above and below the rest.
        rows: what, how much, and its interval or a remark.
    """  # noqa: E501
    cells = ((f"<th>{_text(name)}</th>", *(f"<td>{_text(value)}</td>" for value in values)) for name, *values in rows)
    table = "".join(f"<tr>{''.join(row)}</tr>" for row in cells)
    items = "".join(f"<li>{_text(sentence)}</li>" for sentence in sentences)
    parts = [
        f"<strong>{_text(title)}</strong>",
        f"<table>{table}</table>" if table else "",
        f"<ol>{items}</ol>" if items else "",
        f"<small>{_text(note)}</small>" if note else "",
    ]
    return f"<div>{''.join(parts)}</div>"


def _text(value: str) -> str:
    return escape(printable(value[:MOST_CHARS]))
