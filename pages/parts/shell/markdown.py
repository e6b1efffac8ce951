"""Data shown as typed. Nearly every Streamlit label is Markdown: `![](http://…)` as a label would load an image."""

from __future__ import annotations

import re

from evalcore import wording

UNDEFINED = wording.UNDEFINED

_CODE = re.compile(r"`([^`]+)`")
_SPECIAL = re.compile(r"([!-/:-@\[-`{-~])")


def escape_markdown(text: str) -> str:
    """`text` for a place that takes Markdown, so that it looks as typed: every ASCII punctuation mark escaped."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def with_bold_start(sentence: str) -> str:
    """A sentence as typed, with what stands before its colon in bold; all of it where it has none."""
    start, colon, rest = sentence.partition(": ")
    return f"**{escape_markdown(start + colon)}** {escape_markdown(rest)}".rstrip()


def message_markdown(message: str) -> str:
    """An error's text: what stands between backticks, such as a command, is drawn as code, and all else as typed.

    In code nothing is Markdown, so that data there is harmless as well.
    """
    parts = _CODE.split(" ".join(message.split()))
    return "".join(f"`{part}`" if at % 2 else _SPECIAL.sub(r"\\\1", part) for at, part in enumerate(parts))


def percent(share: float) -> str:
    """`91.3 %`, and an en dash for what is undefined."""
    return wording.percent(share, undefined=UNDEFINED)


def plain_lines(text: str) -> str:
    """The same with its line breaks and runs of spaces kept."""
    kept = [_SPECIAL.sub(r"\\\1", line).replace("  ", "\u00a0 ") for line in text.splitlines() or [""]]
    if text.endswith(("\n", "\r")):
        kept.append("")
    return "  \n".join(_edges(line) for line in kept)


def _edges(line: str) -> str:
    """Markdown drops spaces at the ends of a line."""
    inner = line.strip(" ")
    if not inner:
        return "\u00a0" * len(line)
    before, after = len(line) - len(line.lstrip(" ")), len(line) - len(line.rstrip(" "))
    return "\u00a0" * before + inner + "\u00a0" * after
