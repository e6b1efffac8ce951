"""The outcome of an answer as it is shown: a word, a sign and a colour, so that none of them has to be told alone."""

from __future__ import annotations

from collections.abc import Callable

from evalcore.charts import Theme

SIGNS = {"right": "✓", "wrong": "✗", "unparsed": "∅"}
_MARKDOWN_COLOURS = {"right": "green", "wrong": "red", "unparsed": "violet"}


def signed(outcome: str) -> str:
    """`✗ wrong`."""
    return f"{SIGNS[outcome]} {outcome}"


def in_colour(outcome: str) -> str:
    """The same as Markdown, in its colour."""
    return f":{_MARKDOWN_COLOURS[outcome]}[{signed(outcome)}]"


def coloured(theme: Theme) -> Callable[[str], str]:
    """For a table's cells of such words: their style."""
    styles = {signed(outcome): f"color: {theme.text_of(outcome)}" for outcome in SIGNS}
    return lambda shown: styles.get(shown, "")
