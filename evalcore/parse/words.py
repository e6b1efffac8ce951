"""Words: letters, digits and their marks, and the signs next to a word that make it a different word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import groupby

_GRAPHEME_JOINER = "\u034f"
_MOST_MARKS = 30
"""Marks on one letter, more than any language has. Unicode's stream-safe text format (UAX 15) cuts longer runs here."""


def _character_class(codes: Iterable[int]) -> str:
    """The inside of a regular expression's `[...]` that matches these code points, in ascending order."""
    ranges = [[code for _, code in group] for _, group in groupby(enumerate(codes), lambda at: at[1] - at[0])]
    return "".join(f"{chr(group[0])}-{chr(group[-1])}" for group in ranges)


# Marks are in these blocks of Unicode only (a test looks at all of it). `\w` does not match them, though Hindi and
# Arabic are written with them.
_BLOCKS = (
    range(0x300, 0x3100), range(0xA600, 0xAC00), range(0xFB00, 0xFE30), range(0x10000, 0x12000),
    range(0x13000, 0x13500), range(0x16000, 0x17000), range(0x1B000, 0x1F000), range(0xE0100, 0xE01F0),
)  # fmt: skip
_MARK_CODES = [
    code for block in _BLOCKS for code in block if unicodedata.category(chr(code)).startswith("M")
]  # fmt: skip
MARKS = _character_class(_MARK_CODES)
WORD = rf"[^\W_]+(?:[{MARKS}]+[^\W_]*)*"
"""A pattern for one word. `_` joins words, as a space does."""
SIGN = r"(?:(?<![^\W_])(?<!-)-(?=[.$€£¥]?[^\W_])|(?<=[^\W_])-(?![^\W_])(?!-))"
"""A pattern for a `-` that touches a word on one side only: it belongs to that word, as in `-1` and `A-`."""
MINUS = "\u2212"

_STACK = re.compile(
    "([{0}]{{{1}}})(?=[{0}])".format(_character_class(code for code in _MARK_CODES if chr(code) != _GRAPHEME_JOINER),
                                     _MOST_MARKS)
)  # fmt: skip

# Characters directly next to a word, without a space, that make it a different word (`C#`, `50%`, `a/b`, `@a`).
_JOINING = frozenset("#%&@/§†‡‰‱′″＃％＆＠／")
_JOINING_CATEGORIES = frozenset({"Sm", "Sc", "Sk", "So", "Pd", "Cc", "Co", "Cn", "Cs"})
# Characters of those categories that only introduce a word, end it or separate clauses: `label=spam`, `<b>spam</b>`.
_APART = frozenset("<>=|`´＜＞＝｜→⇒⟶\u2014\u2015\u2e3a\u2e3b")
# Characters that join two words if they are between them, and else are punctuation: `spam.com`, `l'urgent`, `not_spam`.
_BETWEEN = frozenset("._*'’·・‧．\\")


def compose(text: str) -> str:
    """NFC, in linear time: the library sorts a run of marks by insertion, and 100,000 of them would take minutes."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _STACK.sub(rf"\1{_GRAPHEME_JOINER}", text))


def fold(text: str) -> str:
    """Composed, and folded to one case."""
    return text.lower() if text.isascii() else compose(compose(text).casefold())


def stands_alone(text: str, start: int, end: int, *, opened_by: str = "") -> bool:
    """Whether `text[start:end]` is one whole word or several, and no character next to it makes it a different word.

    A different word is made by a letter, digit or mark; by a sign (`-1`, `C++`, `C#`, `$1`, `50%`, `a/b`, `non-a`,
    `a-`); by a character between it and another word without a space (`1.5`, `a.com`, `not_a`, `a's`, `(un)a`); and
    between two digits by any character (`1,5`, `1:2`).

    Args:
        opened_by: signs that are allowed before it nevertheless.
    """
    before, beyond = _neighbours(text, start - 1, -1)
    after, past = _neighbours(text, end, 1)
    first, last = text[start], text[end - 1]
    if before and before in opened_by and not _is_word(beyond):
        before = ""
    if first.isdigit() and before in ("<", ">") and after not in ("<", ">"):
        return False  # `>3` is no 3, `<b>3</b>` is
    return not (_joins_before(first, before, beyond) or _joins_after(last, after, past))


def _neighbours(text: str, at: int, step: int) -> tuple[str, str]:
    """The next two visible characters from `at` on, a run of one character counted once; empty at an end or a space."""
    seen: list[str] = []
    while 0 <= at < len(text) and len(seen) < 2 and not text[at].isspace():
        if text[at] not in seen and unicodedata.category(text[at]) != "Cf":
            seen.append(text[at])
        at += step
    near, far = [*seen, "", ""][:2]
    return near, far


def _joins_before(first: str, near: str, far: str) -> bool:
    if not near:
        return False
    if near == "!" or (near == "=" and far in ("!", "<", ">")) or (near in ")]}" and _is_word(far)):
        return True
    if near in ".．\\" or (first.isdigit() and unicodedata.category(near) == "Pd"):
        return True
    if first.isalpha() and unicodedata.category(near) == "So":
        return False  # a bullet or a pictogram
    return _joins(first, near, far)


def _joins_after(last: str, near: str, far: str) -> bool:
    return bool(near) and ((near in "([{" and _is_word(far)) or _joins(last, near, far))


def _joins(edge: str, near: str, far: str) -> bool:
    if _is_word(near) or near in _JOINING or (edge.isdigit() and far.isdigit()):
        return True
    if near in _BETWEEN:
        return _is_word(far)
    return unicodedata.category(near) in _JOINING_CATEGORIES and near not in _APART


def _is_word(character: str) -> bool:
    return character.isalnum() or (character != "" and unicodedata.category(character).startswith("M"))
