"""A reading, looked over before it is scored: all that is odd about it at once, and how often each label occurs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from evalcore.importing.reading import Reading
from evalcore.parse import normal_form
from evalcore.wording import counted

_LINES_NAMED = 5


@dataclass(frozen=True)
class Problem:
    """Something odd.

    Attributes:
        sentence: what it is, and in which rows.
        cure: what can be done.
        blocks: whether nothing can be scored before it is cured.
    """

    sentence: str
    cure: str
    blocks: bool = False


@dataclass(frozen=True)
class LabelCount:
    """How often a label is the true one, and how often an answer is the label, in whichever way it is spelled."""

    label: str
    true: int
    answered: int


def problems_of(reading: Reading) -> list[Problem]:
    """All problems of a reading, those that block first."""
    labels, answers, texts = (_values(reading, role) for role in ("label", "answer", "text"))
    found = []
    without = [at for at, label in enumerate(labels) if not normal_form(label)]
    if without:
        found.append(Problem(
            f"{counted(len(without), 'row has', 'rows have')} no true label ({_places(reading, without)}).",
            "Take such rows out of the file, or choose another column for the true label.", blocks=True,
        ))  # fmt: skip
    unanswered = [at for at, answer in enumerate(answers) if not answer.strip()]
    if unanswered and answers:
        found.append(Problem(
            f"{counted(len(unanswered), 'answer is', 'answers are')} empty ({_places(reading, unanswered)}).",
            "They count as unparsed.",
        ))  # fmt: skip
    true_forms = set(map(normal_form, labels)) - {""}
    if answers and not any(normal_form(answer) in true_forms for answer in answers):
        found.append(Problem(
            "No answer is one of the true labels.",
            "Longer answers are searched for a label. Look below whether the right columns are taken.",
        ))  # fmt: skip
    if not any(texts):
        found.append(Problem(
            "There are no texts.",
            "Such a run can be compared only with one whose true labels stand in the same order.",
        ))  # fmt: skip
    else:
        contradicting = _contradicting(texts, labels)
        if contradicting:
            found.append(Problem(
                f"{counted(len(contradicting), 'text stands', 'texts stand')} there with different true labels"
                f" ({_places(reading, contradicting)}).",
                "One of them must be wrong, whichever answer a model gives.",
            ))  # fmt: skip
    return found


def label_counts(reading: Reading) -> list[LabelCount]:
    """The labels of a reading, the most frequent first; of predictions, those as well that are nobody's true label."""
    spelled: dict[str, str] = {}
    true, answered = Counter[str](), Counter[str]()
    for label in [*reading.labels, *_values(reading, "label")]:
        if form := normal_form(label):
            spelled.setdefault(form, label)
    true.update(map(normal_form, _values(reading, "label")))
    for answer, times in Counter(_values(reading, "answer")).items():
        form = normal_form(answer)
        if form and (form in spelled or reading.answers_are == "prediction"):
            spelled.setdefault(form, answer)
            answered[form] += times
    counts = [LabelCount(label, true[form], answered[form]) for form, label in spelled.items()]
    return sorted(counts, key=lambda one: (-one.true, -one.answered, one.label))


def _values(reading: Reading, role: str) -> list[str]:
    column = next((column for known, column in reading.columns.items() if known == role), None)
    if column is None:
        return []
    at = reading.table.columns.index(column)
    return [row[at] or "" for row in reading.table.rows]


def _contradicting(texts: Sequence[str], labels: Sequence[str]) -> list[int]:
    """The first row of each text that has more than one true label."""
    first: dict[str, int] = {}
    odd: dict[str, int] = {}
    for at, text in enumerate(texts):
        before = first.setdefault(text, at)
        if text and normal_form(labels[before]) != normal_form(labels[at]):
            odd.setdefault(text, before)
    return list(odd.values())


def _places(reading: Reading, rows: Sequence[int]) -> str:
    """`line 3, line 8 and 4 more`."""
    name = f"{reading.table.name}, "
    places = [reading.table.place(row).removeprefix(name) for row in rows[:_LINES_NAMED]]
    more = f" and {len(rows) - len(places):,} more" if len(rows) > len(places) else ""
    return ", ".join(places) + more
