"""A changed label list: labels merged into one, renamed, or dropped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalcore.errors import SpecError, listed, quoted

DROPPED = -1
"""In the place of a label code: the label is not in the new list."""


@dataclass(frozen=True)
class LabelMerge:
    """What becomes of the labels of a list; labels that are not named stay.

    Attributes:
        groups: the new name and the old labels of each group. An empty name drops its labels: their examples count no
            more, and an answer that names one is an answer outside the list.
    """

    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.groups)

    def to_text(self) -> str:
        """One line of JSON, the same for equal merges; empty for none. `from_text` reads it."""
        return json.dumps([[name, *olds] for name, olds in self.groups], ensure_ascii=False) if self.groups else ""

    @classmethod
    def from_text(cls, text: str) -> LabelMerge:
        """The inverse.

        Raises:
            SpecError: if it is no such text.
        """
        if not text:
            return cls()
        try:
            groups = json.loads(text)
            if not all(isinstance(name, str) for group in groups for name in group):
                raise TypeError
            return cls.of({name: olds for name, *olds in groups} if _distinct(groups) else {"": []})
        except (ValueError, TypeError, RecursionError):
            raise SpecError("it is no change of the label list.", where=quoted(text), do="Leave it out.") from None

    @classmethod
    def of(cls, groups: Mapping[str, Iterable[str]]) -> LabelMerge:
        """From old labels by new names, in an order of its own: equal changes are equal.

        Raises:
            SpecError: if a group is empty or a label stands in two of them.
        """
        found = tuple(sorted((name, tuple(sorted(set(olds)))) for name, olds in groups.items()))
        empty = [name for name, olds in found if not olds]
        if empty:
            raise SpecError(f"{quoted(empty[0])} is made of no label.", do="Name the labels that it takes in.")
        olds = [old for _, group in found for old in group]
        twice = sorted({old for old in olds if olds.count(old) > 1})
        if twice:
            raise SpecError(f"{listed(twice)} would become two labels at once.", do="Name it once.")
        return cls(tuple((name, group) for name, group in found if group != (name,)))

    @property
    def new_of_old(self) -> dict[str, str]:
        """The new name of each old label that is named; empty where it is dropped."""
        return {old: name for name, olds in self.groups for old in olds}

    def new_labels(self, labels: Sequence[str]) -> tuple[str, ...]:
        """The new list, in the old order: a merged label stands where the first of its old ones stood.

        Raises:
            SpecError: if it names a label that is not in the list, gives a new label the name of another one that
                stays, or leaves fewer than two.
        """
        new_of_old = self.new_of_old
        unknown = [old for old in new_of_old if old not in labels]
        if unknown:
            raise SpecError(f"there is no label {listed(unknown)}.", do="Name labels of this task as they are written.")
        staying = {label for label in labels if label not in new_of_old}
        clashing = [name for name, _ in self.groups if name in staying]
        if clashing:
            raise SpecError(
                f"{listed(clashing)} is a label that stays.", do="Put it into the group too, or choose another name."
            )
        new = tuple(dict.fromkeys(name for label in labels if (name := new_of_old.get(label, label))))
        if len(new) < 2:
            raise SpecError(
                f"{'one label' if new else 'no label'} would be left.",
                do="Merge or drop fewer: it takes two to be right or wrong.",
            )
        return new

    def codes(self, labels: Sequence[str]) -> NDArray[np.int64]:
        """The new code of each old one, shape (n_labels,); `DROPPED` where a label is dropped.

        Raises:
            SpecError: as `new_labels`.
        """
        place = {name: code for code, name in enumerate(self.new_labels(labels))}
        new_of_old = self.new_of_old
        return np.array([place.get(new_of_old.get(label, label), DROPPED) for label in labels], dtype=np.int64)


def _distinct(groups: Sequence[Sequence[str]]) -> bool:
    return len({name for name, *_ in groups}) == len(groups)
