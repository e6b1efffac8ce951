"""Changing a changed label list: labels of the new list merged, renamed or dropped, and each change taken back."""

from __future__ import annotations

from collections.abc import Sequence

from evalcore.errors import SpecError, quoted
from evalcore.tasks.label_merge import LabelMerge


def merged(merge: LabelMerge, labels: Sequence[str], chosen: Sequence[str], name: str) -> LabelMerge:
    """The list in which some labels of the new list become one, which may be called like one that stays.

    Args:
        merge: the change so far; labels: the old list.
        chosen: names in the new list, of one label to rename it; name: of what they become.

    Raises:
        SpecError: if that is no list.
    """
    if not name.strip():
        raise SpecError("the new label has no name.", do="Type one.")
    return _then(merge, labels, chosen, name.strip())


def dropped(merge: LabelMerge, labels: Sequence[str], chosen: Sequence[str]) -> LabelMerge:
    """The list without some labels of the new list.

    Raises:
        SpecError: if that is no list.
    """
    return _then(merge, labels, chosen, "")


def joined(merge: LabelMerge, more: LabelMerge, labels: Sequence[str]) -> LabelMerge:
    """Both changes of the old list: groups that have a label in common become one, called as the one that is added.

    Raises:
        SpecError: if that is no list, or a label is to be merged that was dropped.
    """
    for name, olds in more.groups:
        gone = [old for old in olds if old in merge.dropped]
        if gone and name:
            raise SpecError(f"{quoted(gone[0])} was dropped.", do="Take that back first.")
        new_of_old = merge.new_of_old
        merge = _then(merge, labels, [new_of_old.get(old, old) for old in olds if old not in gone], name)
    return merge


def without(merge: LabelMerge, name: str) -> LabelMerge:
    """The list without one of its groups, whose labels are as they were; an empty name is that of the dropped ones."""
    return LabelMerge(tuple(group for group in merge.groups if group[0] != name))


def _then(merge: LabelMerge, labels: Sequence[str], chosen: Sequence[str], name: str) -> LabelMerge:
    if not chosen:
        raise SpecError("no label is chosen.", do="Choose one or more.")
    changed = merge.then(LabelMerge.of({name: chosen}, merge.new_labels(labels)))
    changed.new_labels(labels)
    return changed
