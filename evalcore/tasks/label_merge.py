"""A changed label list: labels merged into one, renamed, or dropped."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalcore.errors import SpecError, listed, quoted, shortened
from evalcore.parse import collisions, normal_form
from evalcore.wording import counted

DROPPED = -1
"""In the place of a label code: the label is not in the new list."""

HOW_TO_WRITE = "Write LABEL,LABEL=NEW, or LABEL= to drop it; a name with a comma or = in it goes into double quotes."

LIST_CHANGED = "label list changed"
"""What is said of a run on a task with a changed list where there is no room for more."""

_NAME_CHARS = 60
_SHOWN = 6
"""Problems that a message names; the others are counted."""
_NAME = re.compile(r'\s*"((?:[^"]|"")*)"\s*([,=]|\Z)|([^,=]*)([,=]|\Z)')
"""A name, in double quotes or not, and what stands behind it."""
_MUST_BE_QUOTED = re.compile(r'[",=]|^\s|\s$')


@dataclass(frozen=True)
class LabelMerge:
    """What becomes of the labels of a list; labels that are not named stay.

    Make one with `of`, `from_text` or `parse_merge`: equal changes are then equal, and have the same text.

    Attributes:
        groups: the new name and the old labels of each group. An empty name drops its labels: their examples count no
            more, and an answer that names one is an answer outside the list.
    """

    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.groups)

    @classmethod
    def of(cls, groups: Mapping[str, Iterable[str]], labels: Collection[str] = ()) -> LabelMerge:
        """From the old labels of each new name.

        Args:
            labels: the list, if it is known: a label that would stay is then taken into the group of its name.

        Raises:
            SpecError: if a group is empty or a label stands in two of them.
        """
        found = {name: set(olds) for name, olds in groups.items()}
        empty = [f"{quoted(name)} is made of no label" for name, olds in found.items() if not olds]
        _refuse([*empty, *_twice(found)], "Name each label once.")
        named = set().union(*found.values())
        for name in found.keys() & set(labels) - named:
            found[name].add(name)
        return cls(tuple(sorted((name, tuple(sorted(olds))) for name, olds in found.items() if olds != {name})))

    def to_text(self) -> str:
        """One line of JSON in ASCII, the same for equal changes; empty for none. `from_text` reads it."""
        return json.dumps([[name, *olds] for name, olds in self.groups], separators=(",", ":")) if self.groups else ""

    @classmethod
    def from_text(cls, text: str) -> LabelMerge:
        """The inverse.

        Raises:
            SpecError: if it is no such text.
        """
        if not text:
            return cls()
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, list) or not all(map(_is_group, found)):
            raise SpecError("it is no change of a label list.", where=quoted(text), do="Leave it out.")
        groups: dict[str, list[str]] = {}
        for name, *olds in found:
            groups.setdefault(name, []).extend(olds)
        return cls.of(groups)

    @property
    def new_of_old(self) -> dict[str, str]:
        """The new name of each old label that is named; empty where it is dropped."""
        return {old: name for name, olds in self.groups for old in olds}

    @property
    def dropped(self) -> tuple[str, ...]:
        """The labels that are dropped."""
        return dict(self.groups).get("", ())

    def then(self, other: LabelMerge) -> LabelMerge:
        """This change and then another one, of the list that it makes, as one."""
        next_of = other.new_of_old
        groups: dict[str, list[str]] = {}
        for name, olds in self.groups:
            groups.setdefault(next_of.get(name, name) if name else "", []).extend(olds)
        made = {name for name, _ in self.groups if name}
        for old, name in next_of.items():
            if old not in made:
                groups.setdefault(name, []).append(old)
        return LabelMerge.of(groups)

    def taken_in(self, labels: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The old labels of each new one that has another name or several of them, both in the order of the lists;
        those that are dropped not among them.

        Raises:
            SpecError: as `new_labels`.
        """
        olds: dict[str, list[str]] = {new: [] for new in self.new_labels(labels)}
        new_of_old = self.new_of_old
        for label in labels:
            if new := new_of_old.get(label, label):
                olds[new].append(label)
        return {new: tuple(group) for new, group in olds.items() if group != [new]}

    def new_labels(self, labels: Sequence[str]) -> tuple[str, ...]:
        """The new list, in the old order: a merged label stands where the first of its old ones stood.

        Raises:
            SpecError: if it names a label that is not in the list, two new labels cannot be told apart, or fewer than
                two are left.
        """
        new_of_old = self.new_of_old
        if not new_of_old:
            return tuple(labels)
        _refuse(self._problems(labels, new_of_old), "The label list is as it was.")
        return self._new(labels, new_of_old)

    def codes(self, labels: Sequence[str]) -> NDArray[np.int64]:
        """The new code of each old one, shape (n_labels,); `DROPPED` where a label is dropped.

        Raises:
            SpecError: as `new_labels`.
        """
        place = {name: code for code, name in enumerate(self.new_labels(labels))}
        new_of_old = self.new_of_old
        return np.array([place.get(new_of_old.get(label, label), DROPPED) for label in labels], dtype=np.int64)

    def words(self) -> list[str]:
        """Each group in words: `a, b become c`, and last `d is dropped`; may hold anything: labels come from data."""
        said = []
        for name, olds in sorted(self.groups, key=lambda group: not group[0]):
            verb = "is dropped" if len(olds) == 1 else "are dropped"
            become = f"{'becomes' if len(olds) == 1 else 'become'} {shortened(name, _NAME_CHARS)}"
            said.append(f"{', '.join(shortened(old, _NAME_CHARS) for old in olds)} {become if name else verb}")
        return said

    def to_options(self) -> list[str]:
        """What `parse_merge` reads: `LABEL,LABEL=NEW` for each group."""
        return [f"{','.join(map(_written, olds))}={_written(name) if name else ''}" for name, olds in self.groups]

    def _new(self, labels: Sequence[str], new_of_old: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for label in labels if (name := new_of_old.get(label, label))))

    def _problems(self, labels: Sequence[str], new_of_old: Mapping[str, str]) -> list[str]:
        """What keeps the list from being changed so, each as a part of a sentence."""
        known, problems = set(labels), []
        unknown = [old for old in new_of_old if old not in known]
        if unknown:
            problems.append(f"there is no label {listed(unknown)}")
        new = self._new(labels, new_of_old)
        problems += [
            f"{quoted(name)} has no letter or digit to be recognised by" for name in new if not normal_form(name)
        ]
        clashing = [name for name, _ in self.groups if name in known - new_of_old.keys()]
        if clashing:
            problems.append(
                f"{listed(clashing)} is a label that stays: put it into its group too, or name that otherwise"
            )
        problems += [
            f"{quoted(first)} and {quoted(second)} read the same once case, spacing and punctuation are folded"
            for first, second in collisions(filter(normal_form, new))
        ]
        if len(new) < 2:
            left = "one label" if new else "no label"
            problems.append(f"{left} would be left, and it takes two to be right or wrong")
        return problems


def parse_merge(texts: Sequence[str], labels: Sequence[str]) -> LabelMerge:
    """A changed label list as a person types it.

    Labels are found as they are written, or else regardless of case, spacing and punctuation. New labels of the same
    name are one; a new label with the name of one that stays is merged into it.

    Args:
        texts: `LABEL,LABEL=NEW`, or `LABEL=` to drop it; a name that holds a comma or `=` in double quotes, which are
            doubled inside them.
        labels: the list that is changed.

    Raises:
        SpecError: with all that is wrong.
    """
    known, alike = set(labels), {normal_form(label): label for label in labels}
    groups: dict[str, set[str]] = {}
    problems: list[str] = []
    for text in texts:
        names, marks = _names(text)
        if marks != [*[","] * (len(names) - 2), "="] or "" in names[:-1]:
            problems.append(f"{quoted(text)} does not say which labels become which")
            continue
        found = {name: name if name in known else alike.get(normal_form(name)) for name in names[:-1]}
        unknown = [name for name, label in found.items() if label is None]
        if unknown:
            problems.append(f"{quoted(text)}: there is no label {listed(unknown)}")
        groups.setdefault(names[-1], set()).update(label for label in found.values() if label is not None)
    problems += _twice(groups)
    if not problems:
        merge = LabelMerge.of(groups, labels)
        problems = merge._problems(labels, merge.new_of_old) if merge else []
    _refuse(problems, HOW_TO_WRITE)
    return merge


def _names(text: str) -> tuple[list[str], list[str]]:
    """The names in a text, and the commas and equals signs between them."""
    names: list[str] = []
    marks: list[str] = []
    at = 0
    while True:
        found = _NAME.match(text, at)
        assert found is not None  # a name may be empty
        within_quotes, mark, as_it_is, mark_behind = found.groups()
        names.append(as_it_is.strip() if within_quotes is None else within_quotes.replace('""', '"'))
        if not (mark or mark_behind):
            return names, marks
        marks.append(mark or mark_behind)
        at = found.end()


def _written(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"' if _MUST_BE_QUOTED.search(name) else name


def _is_group(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(name, str) for name in value)


def _twice(groups: Mapping[str, Iterable[str]]) -> list[str]:
    times = Counter(old for olds in groups.values() for old in set(olds))
    twice = sorted(old for old, n in times.items() if n > 1)
    return [f"{listed(twice)} would become two labels at once"] if twice else []


def _refuse(problems: Sequence[str], do: str) -> None:
    if problems:
        more = f"; and {counted(len(problems) - _SHOWN, 'more problem')}" if len(problems) > _SHOWN else ""
        raise SpecError(f"{'; '.join(problems[:_SHOWN])}{more}.", where="The new label list", do=do)
