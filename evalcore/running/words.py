"""A text -> its words, and the text without one of them."""

from __future__ import annotations

import re

MOST_WORDS = 64
"""So many variants of a text at most: in a longer one, a few successive words are left out together."""

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\s\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
"""What stands between spaces; of Chinese and Japanese, which have none, each character."""


def word_spans(text: str, most: int = MOST_WORDS) -> list[tuple[int, int]]:
    """The place of each word (start, end); of groups of successive words where there are more than `most`."""
    words = [found.span() for found in _WORD.finditer(text)]
    together = -(-len(words) // most) or 1
    groups = [words[start : start + together] for start in range(0, len(words), together)]
    return [(group[0][0], group[-1][1]) for group in groups]


def without(text: str, start: int, end: int) -> str:
    """The text without `text[start:end]` and the spaces after it."""
    rest = text[end:]
    return (text[:start] + (rest.lstrip() if not start or text[start - 1].isspace() else rest)).rstrip()
