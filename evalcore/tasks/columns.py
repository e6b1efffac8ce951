"""Which column of a file holds the texts and which the labels: by their names, or else by the values they hold."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from evalcore.errors import DataError, listed, quoted, shortened
from evalcore.tasks.table import Header
from evalcore.wording import counted

TEXT_COLUMNS = ("text", "utterance", "sentence", "query", "question", "message", "input", "content")
LABEL_COLUMNS = ("label", "category", "intent", "class", "label_text", "gold", "target", "answer")

ColumnKind = Literal["text", "label", "number", "index", "id", "constant", "empty"]

SAMPLES = 3
_SAMPLE_CHARS = 60
_LONGER = 1.5
"""Times as long on average: then a column of texts is surely longer than another one."""
_LABEL_CHARS, _LABEL_WORDS = 40, 5
"""On average: labels are short."""
_FEW_ROWS = 20
"""In a smaller file labels need not have come twice."""
_SENTENCE_WORDS = 6
"""A column's name has fewer."""


@dataclass(frozen=True)
class ColumnProfile:
    """What a column holds, as some of its rows tell.

    Attributes:
        name: as in the header.
        kind: what its values look like.
        distinct: number of different values, among those rows.
        filled: number of those rows in which it is not empty.
        samples: the first few different values, shortened.
        mean_chars: the mean length of its values, in characters.
        may_be_text, may_be_label: whether it can be chosen for that.
        holds_its_name: whether one of its values is its name: the header may be an example.
    """

    name: str
    kind: ColumnKind
    distinct: int
    filled: int
    samples: tuple[str, ...]
    mean_chars: float = 0.0
    may_be_text: bool = True
    may_be_label: bool = True
    holds_its_name: bool = False


@dataclass(frozen=True)
class Columns:
    """The columns of the texts and of the labels, and why these.

    Attributes:
        text, label: their names.
        why_text, why_label: in a few words: "by its name".
        by_values: whether one of them was found by what it holds, and by nothing else.
    """

    text: str
    label: str
    why_text: str
    why_label: str
    by_values: bool


def profile(name: str, values: Sequence[str | None]) -> ColumnProfile:
    """What a column holds.

    Args:
        name: the column's.
        values: of some rows, in order; None where a value is missing.
    """
    filled = [value for value in values if value is not None and value.strip()]
    counts = Counter(filled)
    kind = _kind(filled, len(counts))
    mean = sum(map(len, filled)) / len(filled) if filled else 0.0
    repeats = len(counts) <= max(len(filled) / 2, 1) or len(filled) < _FEW_ROWS
    return ColumnProfile(
        name,
        kind,
        len(counts),
        len(filled),
        tuple(shortened(value, _SAMPLE_CHARS) for value in list(counts)[:SAMPLES]),
        mean,
        may_be_text=kind in ("text", "label"),
        may_be_label=bool(filled) and repeats and mean <= 2 * _LABEL_CHARS,
        holds_its_name=name in counts,
    )


def _kind(filled: Sequence[str], distinct: int) -> ColumnKind:
    if not filled:
        return "empty"
    if all(map(_is_number, filled)):
        counting = distinct == len(filled) > 1 and _counts_up(filled)
        return "index" if counting else "number"
    if distinct == 1:
        return "constant"
    n = len(filled)
    if distinct == n >= _FEW_ROWS and all(_is_one_word_with_a_digit(value) for value in filled):
        return "id"
    words = sum(len(value.split()) for value in filled) / n
    short = sum(map(len, filled)) / n <= _LABEL_CHARS and words <= _LABEL_WORDS
    return "label" if short and distinct <= n / 2 else "text"


def _is_number(value: str) -> bool:
    try:
        float(value.replace(",", "."))
    except ValueError:
        return False
    return True


def _counts_up(values: Sequence[str]) -> bool:
    """Whether these are whole numbers, each larger than the one before it."""
    if not all(value.strip().isdecimal() and len(value) < 19 for value in values):
        return False
    return all(int(before) < int(after) for before, after in itertools.pairwise(values))


def _is_one_word_with_a_digit(value: str) -> bool:
    return len(value.split()) == 1 and any(character.isdigit() for character in value)


def choose_columns(header: Header, text: str, label: str, look: Callable[[], Sequence[ColumnProfile]]) -> Columns:
    """The columns of the texts and of the labels.

    Args:
        header: the names of all columns.
        text, label: the names that a person gave; to be found when empty.
        look: profiles of the columns; called only if names do not suffice.

    Raises:
        DataError: if a name that was given is no column, if no column or several may be meant, or if the header looks
            like an example.
    """
    text_column = header.require(text) if text else named(header, TEXT_COLUMNS)
    label_column = header.require(label) if label else named(header, LABEL_COLUMNS)
    why_text, why_label = ("as chosen" if given else "by its name" for given in (text, label))
    if text_column and label_column:
        return Columns(text_column, label_column, why_text, why_label, by_values=False)
    profiles = look()
    _check_first_row(header, profiles)
    if not text_column:
        found = _text_by_values(header, [one for one in profiles if one.name != label_column])
        text_column = found.name
        why_text = f"its values are the longest, {found.mean_chars:,.0f} characters on average"
    if not label_column:
        found = _label_by_values(header, [one for one in profiles if one.name != text_column], len(profiles))
        label_column = found.name
        why_label = f"{counted(found.distinct, 'value')} in {counted(found.filled, 'row')}"
    columns = Columns(text_column, label_column, why_text, why_label, by_values=True)
    _check_header(header, columns, profiles)
    return columns


def named(header: Header, names: Sequence[str]) -> str:
    """The first of `names` that is a column, ignoring case; empty if none is."""
    return next(iter(all_named(header, names)), "")


def all_named(header: Header, names: Sequence[str]) -> list[str]:
    """The columns that have one of these names, ignoring case, in the order of the names."""
    by_folded = {column.strip().casefold(): column for column in reversed(header.columns)}
    return [by_folded[name] for name in names if name in by_folded]


def guess_column(header: Header, names: Sequence[str], what: str) -> str:
    """The first of `names` that is a column, ignoring case.

    Raises:
        DataError: if none is.
    """
    if found := named(header, names):
        return found
    raise _none_found(header, what)


def _text_by_values(header: Header, profiles: Sequence[ColumnProfile]) -> ColumnProfile:
    texts = sorted((one for one in profiles if one.kind == "text"), key=lambda one: -one.mean_chars)
    if not texts:
        raise _none_found(header, "text")
    if len(texts) > 1 and texts[0].mean_chars < _LONGER * texts[1].mean_chars:
        raise _several(header, "text", [one.name for one in texts])
    return texts[0]


def _label_by_values(header: Header, profiles: Sequence[ColumnProfile], n_columns: int) -> ColumnProfile:
    labels = [one for one in profiles if one.kind == "label"]
    if not labels:
        labels = [one for one in profiles if one.kind == "number" and one.may_be_label and one.distinct > 1]
    if not labels and n_columns == 2:
        labels = [one for one in profiles if one.kind == "text" and one.filled < _FEW_ROWS and one.may_be_label]
    if not labels:
        raise _none_found(header, "label")
    if len(labels) > 1:
        raise _several(header, "label", [one.name for one in labels])
    return labels[0]


def _check_first_row(header: Header, profiles: Sequence[ColumnProfile]) -> None:
    """Refuse a file with a title above the names of its columns.

    Raises:
        DataError: if the first row holds usual names for the texts and for the labels.
    """
    first = {one.samples[0].strip().casefold() for one in profiles if one.samples}
    if not first.isdisjoint(TEXT_COLUMNS) and not first.isdisjoint(LABEL_COLUMNS):
        raise DataError(
            "names of columns stand in a second line.", where=header.name, do="Delete the line above the names."
        )


def _check_header(header: Header, columns: Columns, profiles: Sequence[ColumnProfile]) -> None:
    """Refuse a file without names of columns, whose first example would otherwise be lost without a word.

    Raises:
        DataError: if the header looks like an example.
    """
    holding = [one for one in profiles if one.name in (columns.text, columns.label) and one.holds_its_name]
    held = holding[0] if len(holding) == 1 else None  # if both do, the header stands there again: see `LabelledFile`
    is_sentence = columns.why_text != "by its name" and len(columns.text.split()) >= _SENTENCE_WORDS
    if held is None and not is_sentence:
        return
    why = f"{quoted(held.name)} is also a value further down" if held else f"{quoted(columns.text)} is no name"
    raise DataError(
        f"the first line looks like an example, not like the names of the columns: {why}.",
        where=f"{header.name}, line 1",
        do="Put a line with the names of the columns above it, such as text,label.",
    )


def _none_found(header: Header, what: str) -> DataError:
    return DataError(
        f"no column looks like the {what}.",
        where=header.name,
        do=f"Name it: the columns are {listed(header.columns)}.",
    )


def _several(header: Header, what: str, columns: Sequence[str]) -> DataError:
    return DataError(
        f"several columns may be the {what}: {listed(columns)}.", where=header.name, do="Name the one that is meant."
    )
