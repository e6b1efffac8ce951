"""Changing a changed label list: labels of the new list merged or dropped, and each change taken back."""

from __future__ import annotations

from collections.abc import Sequence

from evalcore.errors import SpecError, quoted
from evalcore.tasks.label_merge import LabelMerge


def merged(merge: LabelMerge, labels: Sequence[str], chosen: Sequence[str], name: str) -> LabelMerge:
    """The list in which some labels of the new list become one; it may be one label, which is then called otherwise.

    Args:
        merge: the change so far; labels: the old list.
        chosen: names in the new list; name: of what they become.

    Raises:
        SpecError: if that is no list.
    """
    name = name.strip()
    if not name:
        raise SpecError("the new label has no name.", do="Type one.")
    return _changed(merge, labels, chosen, name)


def dropped(merge: LabelMerge, labels: Sequence[str], chosen: Sequence[str]) -> LabelMerge:
    """The list without some labels of the new list.

    Raises:
        SpecError: if that is no list.
    """
    return _changed(merge, labels, chosen, "")


def joined(merge: LabelMerge, more: LabelMerge, labels: Sequence[str]) -> LabelMerge:
    """Both changes: groups that have a label in common become one, with the name of the group that is added.

    Raises:
        SpecError: if that is no list.
    """
    for name, olds in more.groups:
        new_of_old = merge.new_of_old
        touched = list(dict.fromkeys(new_of_old.get(old, old) for old in olds))
        if "" in touched:
            raise SpecError(
                f"{quoted(next(old for old in olds if new_of_old.get(old) == ''))} was dropped.",
                do="Take that back first.",
            )
        merge = _changed(merge, labels, touched, name)
    return merge


def without(merge: LabelMerge, name: str) -> LabelMerge:
    """The list without one of its groups, whose labels are as they were; an empty name is that of the dropped ones."""
    return LabelMerge(tuple(group for group in merge.groups if group[0] != name))


def _changed(merge: LabelMerge, labels: Sequence[str], chosen: Sequence[str], name: str) -> LabelMerge:
    groups = {new: list(olds) for new, olds in merge.groups}
    olds = [old for new in chosen for old in groups.pop(new, [new])]
    if not olds:
        raise SpecError("no label is chosen.", do="Choose one or more.")
    groups[name] = [*groups.get(name, []), *olds]
    changed = LabelMerge.of(groups)
    changed.new_labels(labels)
    return changed
