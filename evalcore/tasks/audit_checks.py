"""What may be wrong or odd about the rows of a file of examples: each check is a function of them.

Time and memory are linear in the number of rows; a sentence names the first few lines and a few values.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from evalcore.errors import DataError, listed, quoted
from evalcore.parse import normal_form
from evalcore.tasks.columns import ColumnKind
from evalcore.tasks.data_file import LabelList
from evalcore.tasks.task import Example
from evalcore.wording import counted

FEW_ROWS = 50
MANY_LABELS = 200
LONG_CHARS, LONG_TIMES = 2_000, 10
"""A text is far longer than the others if it has so many characters, and so many times the median."""

_LINES_SAID = 5
_LINES_KEPT = 20
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_DAMAGED = re.compile(
    "\ufffd|Ã[\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u2013-\u2122]|â€|Â[\u00a0-\u00bf]"
)
"""UTF-8 that was read as Windows-1252 and saved so: “Ã¤” for “ä”."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong or odd.

    Attributes:
        kind: which check found it.
        sentence: what is wrong, how often and where. It may hold names from data: escape it before it is drawn.
        cure: what to do about it.
        rows: the first few lines that it is about, counted from 1 with the header; rows of a Parquet file or sheet.
        count: of all rows that it is about; 0 if it is about no row.
        blocks: whether the file cannot be run before it is mended. Otherwise it can, and this is what to know.
    """

    kind: str
    sentence: str
    cure: str
    rows: tuple[int, ...] = ()
    count: int = 0
    blocks: bool = False


@dataclass(frozen=True)
class Rows:
    """The rows of a file that can be read.

    Attributes:
        unit: what a row is counted by: "line" or "row".
        lines: of each row, the line on which it starts.
        texts, labels: of each row; None where a value is missing.
    """

    unit: str
    lines: Sequence[int]
    texts: Sequence[str | None]
    labels: Sequence[str | None]

    @cached_property
    def forms(self) -> Mapping[str, str]:
        """The normal form of each label that is not empty: case, spacing and punctuation folded."""
        return {
            label: normal_form(label) for label in dict.fromkeys(self.labels) if label is not None and label.strip()
        }

    def at(self, positions: Sequence[int]) -> str:
        """Where some rows are, in words: "lines 4, 9 and 3 more"."""
        return _at(self.unit, [self.lines[position] for position in positions])

    def without(self, positions: Sequence[int]) -> Rows:
        """All other rows."""
        left_out = set(positions)
        kept = [at for at in range(len(self.lines)) if at not in left_out]
        lines, texts, labels = ([column[at] for at in kept] for column in (self.lines, self.texts, self.labels))
        return Rows(self.unit, lines, texts, labels)  # type: ignore[arg-type]

    def problem(self, kind: str, what: str, positions: Sequence[int], cure: str, *, blocks: bool = False) -> Problem:
        """A problem of some rows.

        Args:
            what: the sentence, to which the lines are added.
        """
        lines = tuple(self.lines[position] for position in positions[:_LINES_KEPT])
        return Problem(kind, f"{what}: {self.at(positions)}.", cure, lines, len(positions), blocks)


def unreadable_rows(errors: Mapping[int, DataError]) -> list[Problem]:
    """Rows that cannot be read, by what is wrong with them: all of each kind together.

    Args:
        errors: by line.
    """
    by_kind: dict[str, list[int]] = defaultdict(list)
    for line, error in errors.items():
        by_kind[re.sub(r"[\d,]+", "#", error.what)].append(line)
    problems = []
    for lines in by_kind.values():
        first = errors[lines[0]]
        unit = "row" if f"row {lines[0]}" in first.where else "line"
        what = first.what.removesuffix(".")
        what = _capital(what) if len(lines) == 1 else f"{len(lines):,} rows cannot be read (the first: {what})"
        sentence = f"{what}: {_at(unit, lines)}."
        cure = first.do or "Correct them, or delete these lines."
        problems.append(Problem("unreadable", sentence, cure, tuple(lines[:_LINES_KEPT]), len(lines), blocks=True))
    return problems


def repeated_header(rows: Rows, headers: Sequence[int]) -> Problem:
    """Some rows are names of columns again."""
    what = "Names of columns stand in a second line"
    return rows.problem("header_twice", what, headers, "Keep one line with names, and delete the other.", blocks=True)


def of_labels(rows: Rows, listed_labels: LabelList | None) -> list[Problem]:
    """What is wrong or odd about the labels.

    Args:
        listed_labels: those that there may be; any when None.
    """
    problems = []
    if empty := [at for at, label in enumerate(rows.labels) if label is None or not label.strip()]:
        what = f"{counted(len(empty), 'row has', 'rows have')} no label"
        problems.append(rows.problem("empty_label", what, empty, "Give each a label, or delete it.", blocks=True))
    found: dict[str, list[int]] = defaultdict(list)
    for at, label in enumerate(rows.labels):
        if label is not None and label.strip():
            found[label].append(at)
    if nameless := {label: places for label, places in found.items() if not rows.forms[label]}:
        what = _labels(nameless, "has no letter or digit", "have no letter or digit")
        cure = "Give each a name by which an answer can be recognised."
        problems.append(rows.problem("nameless", what, _all_of(nameless.values()), cure, blocks=True))
    problems += _alike(rows, found)
    known = set(listed_labels.labels) if listed_labels else found.keys()
    if unlisted := {label: places for label, places in found.items() if label not in known}:
        what = _labels(unlisted, "is not on the label list", "are not on the label list")
        cure = "Add them to the label list, or correct them."
        problems.append(rows.problem("unlisted", what, _all_of(unlisted.values()), cure, blocks=True))
    return problems + _number_of_labels(rows, found) + _odd_characters(rows, found)


def _alike(rows: Rows, found: Mapping[str, list[int]]) -> list[Problem]:
    """Labels that read the same once case, spacing and punctuation are folded."""
    by_form: dict[str, list[str]] = defaultdict(list)
    for label in found:
        if form := rows.forms[label]:
            by_form[form].append(label)
    groups = [sorted(labels, key=lambda label: -len(found[label])) for labels in by_form.values() if len(labels) > 1]
    if not groups:
        return []
    said = [" and ".join(f"{quoted(label)} ({len(found[label]):,})" for label in group[:3]) for group in groups[:3]]
    more = [f"{len(groups) - 3:,} more"] if len(groups) > 3 else []
    folded = "read the same once case, spacing and punctuation are folded"
    what = f"Labels {folded} ({'; '.join(said + more)}); the rarer spelling"
    rarer = _all_of(found[label] for group in groups for label in group[1:])
    cure = f"Spell each in one way, as it is most often: {listed([group[0] for group in groups])}."
    return [rows.problem("alike", what, rarer, cure, blocks=True)]


def _number_of_labels(rows: Rows, found: Mapping[str, list[int]]) -> list[Problem]:
    n = sum(map(len, found.values()))
    if len(found) == 1:
        what = f"All rows have the same label, {quoted(next(iter(found)))}."
        return [Problem("one_label", what, "Choose another label column, or add rows with other labels.")]
    if n >= FEW_ROWS and len(found) > n / 2:
        what = (
            f"{len(found):,} different labels in {n:,} rows: this looks like a text, an ID or a number, and no label."
        )
        return [Problem("many_labels", what, "Choose another label column.")]
    problems = []
    if len(found) > MANY_LABELS:
        what = f"There are {len(found):,} labels, and a prompt may list each of them."
        problems.append(Problem("many_labels", what, "Check that the label column is the right one."))
    if once := {label: places for label, places in found.items() if len(places) == 1}:
        what = _labels(once, "has one example only", "have one example only")
        cure = "Add some: nothing can be said of a label by one example."
        problems.append(rows.problem("one_example", what, _all_of(once.values()), cure))
    return problems


def _odd_characters(rows: Rows, found: Mapping[str, list[int]]) -> list[Problem]:
    problems = []
    if spaced := {label: places for label, places in found.items() if label != label.strip()}:
        what = _labels(spaced, "begins or ends with a space", "begin or end with a space")
        problems.append(rows.problem("label_spaces", what, _all_of(spaced.values()), "Remove the spaces."))
    if invisible := {label: places for label, places in found.items() if _INVISIBLE.search(label)}:
        what = _labels(invisible, "holds an invisible character", "hold invisible characters")
        problems.append(rows.problem("invisible", what, _all_of(invisible.values()), "Type these labels anew."))
    return problems


def _labels(found: Mapping[str, list[int]], one: str, several: str) -> str:
    """How many labels, which they are, and what is the matter with them."""
    names = listed(list(found))
    return f"The label {names} {one}" if len(found) == 1 else f"{len(found):,} labels {several} ({names})"


def of_texts(rows: Rows, *, is_label: bool) -> list[Problem]:
    """What is wrong or odd about the texts.

    Args:
        is_label: whether the same column was chosen for both.
    """
    problems = []
    if missing := [at for at, text in enumerate(rows.texts) if text is None]:
        what = f"{counted(len(missing), 'row has', 'rows have')} no text"
        problems.append(rows.problem("missing_text", what, missing, "Give each a text, or delete it.", blocks=True))
    if empty := [at for at, text in enumerate(rows.texts) if text is not None and not text.strip()]:
        what = f"{counted(len(empty), 'text is', 'texts are')} empty"
        problems.append(rows.problem("empty_text", what, empty, "Delete these rows, if they were not meant."))
    if is_label:
        what = "The text and the label are the same column."
        problems.append(Problem("text_is_label", what, "Choose another text column: a model would only repeat it."))
    elif same := [at for at, text in enumerate(rows.texts) if text and text.strip() and text == rows.labels[at]]:
        what = f"{counted(len(same), 'text is', 'texts are')} the name of the own label"
        problems.append(rows.problem("text_is_label", what, same, "Check whether these are examples."))
    if spaced := [at for at, text in enumerate(rows.texts) if text and text.strip() and text != text.strip()]:
        what = f"{counted(len(spaced), 'text begins or ends', 'texts begin or end')} with a space or a line break"
        problems.append(rows.problem("text_spaces", what, spaced, "Nothing need be done: they are given as they are."))
    return [*problems, *_repeated_texts(rows), *_long_texts(rows), *_damaged(rows)]


def _repeated_texts(rows: Rows) -> list[Problem]:
    first_of: dict[str, int] = {}
    copies: list[int] = []
    contradicting: list[int] = []
    for at, text in enumerate(rows.texts):
        if text is None or not text.strip():
            continue
        first = first_of.setdefault(text, at)
        if first != at:
            same = rows.forms.get(rows.labels[first] or "") == rows.forms.get(rows.labels[at] or "")
            (copies if same else contradicting).append(at)
    problems = []
    if contradicting:
        at = contradicting[0]
        first = first_of[rows.texts[at] or ""]
        labels = [quoted(rows.labels[place] or "") for place in (first, at)]
        what = (
            f"{counted(len(contradicting), 'text stands', 'texts stand')} there again with another label (the first as "
            f"{labels[0]} in {rows.at([first])} and as {labels[1]} in {rows.at([at])})"
        )
        cure = "Keep the right ones: no model can be right on both."
        problems.append(rows.problem("contradiction", what, contradicting, cure))
    if copies:
        what = f"{counted(len(copies), 'text stands', 'texts stand')} there again with the same label"
        problems.append(rows.problem("copy", what, copies, "Delete them: each counts as one more example."))
    return problems


def _long_texts(rows: Rows) -> list[Problem]:
    lengths = [len(text) if text else 0 for text in rows.texts]
    if not lengths:
        return []
    usual = median(lengths)
    long = [at for at, length in enumerate(lengths) if length >= LONG_CHARS and length > LONG_TIMES * usual]
    if not long:
        return []
    what = (
        f"{counted(len(long), 'text is', 'texts are')} far longer than the others, with up to "
        f"{max(lengths):,} characters where half of them have {usual:,.0f} at most"
    )
    return [rows.problem("long_text", what, long, "Check for a quote that was opened and never closed.")]


def _damaged(rows: Rows) -> list[Problem]:
    damaged = [
        at
        for at, (text, label) in enumerate(zip(rows.texts, rows.labels, strict=True))
        if any(value and not value.isascii() and _DAMAGED.search(value) for value in (text, label))
    ]
    if not damaged:
        return []
    found = next(filter(None, (_DAMAGED.search(f"{rows.texts[at]} {rows.labels[at]}") for at in damaged[:1])))
    what = (
        f"{counted(len(damaged), 'row holds', 'rows hold')} what looks like damaged letters, such as {quoted(found[0])}"
    )
    cure = "Save the original as UTF-8 anew: it was read in another encoding once."
    return [rows.problem("damaged_letters", what, damaged, cure)]


def of_size(rows: Rows) -> list[Problem]:
    """Too few rows to say much."""
    n = len(rows.texts)
    if n >= FEW_ROWS:
        return []
    sentence = f"There {'is 1 row' if n == 1 else f'are {n:,} rows'} only: little can be said of a model by so few."
    return [Problem("few_rows", sentence, f"Add some: from {FEW_ROWS} on a large difference can be seen.")]


def of_column_kind(column: str, kind: ColumnKind) -> list[Problem]:
    """A column that was chosen for the texts and looks like something else."""
    words = {"index": "a row's number", "number": "numbers", "id": "IDs", "constant": "the same value in each row"}
    if kind not in words:
        return []
    sentence = f"The text column {quoted(column)} holds {words[kind]}."
    return [Problem("odd_text_column", sentence, "Choose another text column, if this was not meant.")]


def of_shared(rows: Rows, train: Iterable[Example], name: str) -> list[Problem]:
    """Texts that are also in the train file: a model that learnt them by heart looks better than it is.

    Args:
        train: its examples.
        name: the train file's.
    """
    known = {example.text.strip().casefold() for example in train}
    shared = [at for at, text in enumerate(rows.texts) if text and text.strip() and text.strip().casefold() in known]
    if not shared:
        return []
    what = f"{counted(len(shared), 'text is', 'texts are')} also among the training examples of {quoted(name)}"
    cure = "Delete them from one of the files: what was learnt by heart is no test."
    return [rows.problem("leak", what, shared, cure)]


def _all_of(places: Iterable[list[int]]) -> list[int]:
    return sorted(place for some in places for place in some)


def _at(unit: str, lines: Sequence[int]) -> str:
    if len(lines) == 1:
        return f"{unit} {lines[0]:,}"
    said = [f"{line:,}" for line in lines[:_LINES_SAID]]
    if len(lines) > _LINES_SAID:
        return f"{unit}s {', '.join(said)} and {len(lines) - _LINES_SAID:,} more"
    return f"{unit}s {', '.join(said[:-1])} and {said[-1]}"


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
