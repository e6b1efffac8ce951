"""Completion -> label, and how it matched. Never a guess: two labels, or none, is unparsed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

PARSER_VERSION = 1
"""Raised whenever the same completion may parse differently than before."""

Match = Literal["exact", "normalized", "extracted", "ambiguous", "none"]
Scoring = Literal["strict", "lenient"]

MATCHES: tuple[Match, ...] = ("exact", "normalized", "extracted", "ambiguous", "none")
ACCEPTED: dict[Scoring, frozenset[Match]] = {
    "strict": frozenset({"exact"}),
    "lenient": frozenset({"exact", "normalized", "extracted"}),
}
"""Strict scores only an answer that is the label, character for character; lenient takes every safe match."""

_SEPARATORS = re.compile(r"[\s_\-]+")
_WRAPPERS = "\"'`*“”‘’«»„ "
_FINAL_PUNCTUATION = ".,;:!?"
_THINKING = re.compile(r"^\s*<think>.*?(?:</think>|\Z)", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.])\d+(?![\w]|\.\d)")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one completion says.

    Attributes:
        label: the one label that it names; None if it names none, or more than one.
        match: how it was found.
        span: where in the completion it stands (start, end), for `exact`, `normalized` and `extracted`.
    """

    label: str | None
    match: Match
    span: tuple[int, int] | None = None

    def under(self, scoring: Scoring) -> str | None:
        """The label that counts under `scoring`; None is unparsed."""
        return self.label if self.match in ACCEPTED[scoring] else None


def normal_form(text: str) -> str:
    """Fold what does not change which label is meant.

    NFC, case, runs of spaces / `_` / `-`, outer quotes and Markdown emphasis, final punctuation.
    """
    folded = unicodedata.normalize("NFC", text).casefold()
    return _SEPARATORS.sub(" ", unicodedata.normalize("NFC", folded)).strip(_WRAPPERS + _FINAL_PUNCTUATION)


def collisions(labels: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of labels with one and the same normal form: a label set that has any is refused."""
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
        self._by_form = {normal_form(label): label for label in labels}
        # Longest first, so that an alternation finds `card payment wrong exchange rate` before `exchange rate`.
        # A label may be followed by anything that does not continue its last word.
        forms = sorted((form for form in self._by_form if form), key=len, reverse=True)
        self._patterns = [(re.compile(_as_whole_words(form)), self._by_form[form]) for form in forms]
        self._any_label = re.compile("|".join(_as_whole_words(form) for form in forms)) if forms else None

    def parse(self, completion: str) -> Parsed:
        """Find the label that `completion` names.

        Example:
            >>> LabelParser(["card_arrival", "top_up"]).parse("Label: Card arrival.")
            Parsed(label='card_arrival', match='extracted', span=(7, 19))
        """
        thinking = _THINKING.match(completion)
        answer_starts = thinking.end() if thinking else 0
        answer = completion[answer_starts:]
        stripped = answer.strip()
        start = answer_starts + len(answer) - len(answer.lstrip())
        whole = (start, start + len(stripped))

        if self.numbered:
            number = self._label_number(stripped)
            if number is not None:
                return Parsed(number, "exact", whole)
        if stripped in self._verbatim:
            # Where a number was asked for, a name is not what the prompt wanted to see, though it is clear.
            return Parsed(self._verbatim[stripped], "normalized" if self.numbered else "exact", whole)
        form = normal_form(stripped)
        if self.numbered:
            number = self._label_number(form.lstrip("#(").rstrip(")"))
            if number is not None:
                return Parsed(number, "normalized", whole)
        if form in self._by_form and form:
            return Parsed(self._by_form[form], "normalized", whole)
        return self._extract(completion, answer_starts)

    def _label_number(self, text: str) -> str | None:
        if text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= len(self.labels):
            return self.labels[int(text) - 1]
        return None

    def _extract(self, completion: str, answer_starts: int) -> Parsed:
        """One label inside a longer answer. A mention inside a longer mention does not count; any two that
        remain and differ, also where they overlap, are ambiguous."""
        folded, origin = _fold_with_origin(completion[answer_starts:])
        mentions: list[tuple[int, int, str]] = []
        if self._any_label is not None and self._any_label.search(folded):
            for pattern, label in self._patterns:
                mentions += [(found.start(), found.end(), label) for found in pattern.finditer(folded)]
        if self.numbered:
            for found in _NUMBER.finditer(folded):
                label_of_number = self._label_number(found.group())
                if label_of_number is not None:
                    mentions.append((found.start(), found.end(), label_of_number))
        outermost = _outermost(mentions)
        named = {label for _, _, label in outermost}
        if not named:
            return Parsed(None, "none")
        if len(named) > 1:
            return Parsed(None, "ambiguous")
        start, end, label = min(outermost)
        return Parsed(label, "extracted", (answer_starts + origin[start][0], answer_starts + origin[end - 1][1]))


def _outermost(mentions: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Those that do not lie inside a longer one. One sweep: a hostile completion holds many thousands."""
    kept: list[tuple[int, int, str]] = []
    reach, last = -1, (-1, -1)
    for start, end, label in sorted(mentions, key=lambda mention: (mention[0], -mention[1])):
        if end > reach or (start, end) == last:
            kept.append((start, end, label))
            reach, last = max(reach, end), (start, end)
    return kept


def _as_whole_words(form: str) -> str:
    """A pattern for `form` that neither begins nor ends inside a word."""
    before = r"(?<!\w)" if form[0].isalnum() else ""
    after = r"(?!\w)" if form[-1].isalnum() else ""
    return before + re.escape(form) + after


def _fold_with_origin(text: str) -> tuple[str, list[tuple[int, int]]]:
    """`text` in the folding of `normal_form`, and for each of its characters the part of `text` it came from.

    Grapheme by grapheme (a base character with its combining marks), because composing and folding case
    change lengths: `ß` becomes `ss`, `e` + accent becomes `é`.
    """
    folded: list[str] = []
    origin: list[tuple[int, int]] = []
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        piece = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text[at:end]).casefold())
        if _SEPARATORS.fullmatch(piece):
            if not folded or folded[-1] != " ":
                folded.append(" ")
                origin.append((at, end))
        else:
            folded.extend(piece)
            origin.extend([(at, end)] * len(piece))
        at = end
    return "".join(folded), origin
