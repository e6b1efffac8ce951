"""Completion -> label, and how it matched. Never a guess: two labels, or none, is unparsed."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from evalcore.parse.denial import denied
from evalcore.parse.words import MINUS, SIGN, WORD, fold, stands_alone

PARSER_VERSION = 2
"""Raised whenever the same completion may parse differently than before."""

Match = Literal["exact", "normalized", "extracted", "ambiguous", "none"]
Scoring = Literal["strict", "lenient"]

MATCHES: tuple[Match, ...] = ("exact", "normalized", "extracted", "ambiguous", "none")
ACCEPTED: dict[Scoring, frozenset[Match]] = {
    "strict": frozenset({"exact"}),
    "lenient": frozenset({"exact", "normalized", "extracted"}),
}
"""Strict scores only an answer that is the label, character for character; lenient takes every safe match."""

_WRAPPERS = "\"'`*“”‘’«»„ "
_FINAL_PUNCTUATION = ".,;:!?"
_AROUND = _WRAPPERS + _FINAL_PUNCTUATION + "_-"
"""Characters that may surround an answer that is one label and nothing else."""
_SEPARATORS = re.compile(rf"(?:[\s_]|(?!{SIGN})-)+")
_LEADING = re.compile(rf"(?:[{re.escape(_WRAPPERS)},;:!?]|\.(?![^\W_])|(?<=\.)\.)+")
_GAP = re.compile(r"[\s_\-\u2010\u2011]+")
"""Separators between the words of a label in an answer; some models write the non-breaking hyphen."""
_LOOSE_SIGN = re.compile(rf"[+\-{MINUS}]\s+(?=\d)")
_Tree: TypeAlias = dict[str, "_Tree"]
_ENDS = "  "
"""Key of the labels that end in a branch; no word begins with two spaces."""
_SIGNED = re.compile(r"[+-][.$€£¥]?\d")
# As reasoning models write them; some chat templates put the opening one into the prompt.
_REASONING = re.compile(r"<(?:think|thinking|reasoning)>|\[THINK\]", re.IGNORECASE)
_REASONING_ENDS = re.compile(r"</(?:think|thinking|reasoning)>|\[/THINK\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Parsed:
    """The result of parsing one completion.

    Attributes:
        label: the one label that it names; None if it names none, or more than one.
        match: how it was found.
        span: its place in the completion (start, end), for `exact`, `normalized` and `extracted`.
    """

    label: str | None
    match: Match
    span: tuple[int, int] | None = None

    def under(self, scoring: Scoring) -> str | None:
        """The label that counts under `scoring`; None is unparsed."""
        return self.label if self.match in ACCEPTED[scoring] else None


def normal_form(text: str) -> str:
    """Fold everything that does not change which label is meant.

    That is NFC, case, runs of spaces / `_` / `-`, outer quotes and Markdown emphasis, final punctuation. What makes a
    different label is kept: a `-` that touches a word on one side only (`-1`, `A-`), a point before it (`.5`), any
    other sign.

    Example:
        >>> normal_form("**Card-Arrival**."), normal_form("-1")
        ('card arrival', '-1')
    """
    folded = _SEPARATORS.sub(" ", fold(text)).rstrip(_WRAPPERS + _FINAL_PUNCTUATION)
    leading = _LEADING.match(folded)
    return folded[leading.end() :] if leading else folded


def collisions(labels: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of labels with the same normal form; a label set with such a pair is refused."""
    seen: dict[str, str] = {}
    clashes = []
    for label in labels:
        form = normal_form(label)
        if form in seen:
            clashes.append((seen[form], label))
        seen.setdefault(form, label)
    return clashes


class LabelParser:
    """Parses completions against one label set.

    Args:
        labels: distinct labels, at least one, whose normal forms differ.
        numbered: the prompt asked for a number: `3` means the third of `labels`. A number and a label
            name that agree are one answer; that disagree are ambiguous.

    Raises:
        ValueError: if there is no label or two share a normal form.
    """

    def __init__(self, labels: Sequence[str], *, numbered: bool = False) -> None:
        if not labels:
            raise ValueError("a parser needs at least one label")
        clashes = collisions(labels)
        if clashes:
            raise ValueError(f"labels with the same normal form: {clashes[0][0]!r} and {clashes[0][1]!r}")
        self.labels = tuple(labels)
        self.numbered = numbered
        self._verbatim = {label.strip(): label for label in labels}
        forms = {label: form for label in labels if (form := normal_form(label))}
        signs = {
            character for form in forms.values() for character in form if not (character.isalnum() or character in " -")
        }
        self._token = re.compile("|".join([WORD, SIGN, f"{MINUS}(?=[^\\W_])", *map(re.escape, sorted(signs))]))
        self._signed = any(_SIGNED.match(form) for form in forms.values())
        self._tree: _Tree = {}
        for label, form in forms.items():
            self._grow(label, form)

    def parse(self, completion: str) -> Parsed:
        """Find the label that `completion` names.

        Example:
            >>> LabelParser(["card_arrival", "top_up"]).parse("Label: Card arrival.")
            Parsed(label='card_arrival', match='extracted', span=(7, 19))
        """
        start, end = _answer_in(completion)
        answer = completion[start:end]
        if self.numbered:
            number = self._label_number(answer)
            if number is not None:
                return Parsed(number, "exact", (start, end))
        if answer in self._verbatim:
            # The prompt asked for a number; a name is not in the format asked for, though it is clear.
            return Parsed(self._verbatim[answer], "normalized" if self.numbered else "exact", (start, end))
        mentions = _outermost(self._mentions(answer))
        named = {label for _, _, label in mentions}
        if not named:
            return Parsed(None, "none")
        if len(named) > 1:
            return Parsed(None, "ambiguous")
        spans = sorted({(first, last) for first, last, _ in mentions})
        denials = denied(answer, spans)
        if any(denials):
            return Parsed(None, "none" if all(denials) else "ambiguous")
        (first, last), (label,) = spans[0], named
        around = _AROUND + ("#()" if self.numbered else "")
        if not (answer[:first] + answer[last:]).strip(around + string.whitespace):
            return Parsed(label, "normalized", (start, end))
        return Parsed(label, "extracted", (start + first, start + last))

    def named_in(self, text: str) -> set[str]:
        """The labels that a text mentions, denied or not, except labels that are only a part of a longer one."""
        return {label for _, _, label in _outermost(self._mentions(text))}

    def _label_number(self, text: str) -> str | None:
        if text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= len(self.labels):
            return self.labels[int(text) - 1]
        return None

    def _grow(self, label: str, form: str) -> None:
        """Add a label to the tree of words; words with a separator between them differ from words without one."""
        branch, reached = self._tree, 0
        for found in self._token.finditer(form):
            gap = " " if 0 < reached < found.start() else ""
            branch = branch.setdefault(gap + _key(found.group()), {})
            reached = found.end()
        branch.setdefault(_ENDS, {})[label] = {}

    def _mentions(self, text: str) -> list[tuple[int, int, str | None]]:
        """The place of every mention of a label, found in one pass, independent of the number of labels.

        Where a label is a part of a word, None is returned in its place: neither it nor a label inside it counts.
        """
        found: list[tuple[int, int, str | None]] = []
        loose = {sign.end() for sign in _LOOSE_SIGN.finditer(text)} if self._signed else ()
        open_branches: list[tuple[int, _Tree]] = []
        reached = 0
        for token in self._token.finditer(text):
            start, end = token.span()
            word = _key(token.group())
            if open_branches:
                gap = "" if start == reached else " " if _GAP.fullmatch(text, reached, start) else None
                grown = [] if gap is None else [(at, branch.get(gap + word)) for at, branch in open_branches]
                open_branches = [(at, branch) for at, branch in grown if branch is not None]
            if word in self._tree and start not in loose:
                open_branches.append((start, self._tree[word]))
            for at, branch in open_branches:
                if _ENDS in branch:
                    labels = branch[_ENDS] if stands_alone(text, at, end) else (None,)
                    found += [(at, end, label) for label in labels]
            number = self._label_number(word) if self.numbered and start not in loose else None
            if number is not None and stands_alone(text, start, end, opened_by="#"):
                found.append((start, end, number))
            reached = end
        return found


def _answer_in(completion: str) -> tuple[int, int]:
    """The place of the answer: after the last reasoning that ends, before any that does not, without outer spaces."""
    start, end = 0, len(completion)
    for ended in _REASONING_ENDS.finditer(completion):
        start = ended.end()
    begun = _REASONING.search(completion, start)
    if begun:
        end = begun.start()
    answer = completion[start:end]
    return start + len(answer) - len(answer.lstrip()), start + len(answer.rstrip())


def _key(token: str) -> str:
    return "-" if token == MINUS else fold(token)


def _outermost(mentions: list[tuple[int, int, str | None]]) -> list[tuple[int, int, str]]:
    """The mentions that do not lie inside a longer one, in linear time: a hostile completion has many thousands."""
    kept: list[tuple[int, int, str]] = []
    reach, last = -1, (-1, -1)
    for start, end, label in sorted(mentions, key=lambda mention: (mention[0], -mention[1])):
        if end > reach or (start, end) == last:
            if label is not None:
                kept.append((start, end, label))
            reach, last = max(reach, end), (start, end)
    return kept
