"""Groups of labels, and groups of groups: read from a table, or found in the names of the labels."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from evalcore.deciding.typed_rows import TypedRow, columns_of, label_code, read_rows, refuse
from evalcore.errors import DataError, listed, quoted
from evalcore.tasks.label_merge import LabelMerge

SEPARATORS = ("_", ".", "/", ":", "-", " ")
"""What may stand between the words of a label."""
WHERE = "Groups of labels"
_LABELS = "labels"
_FURTHER = re.compile("group([2-9])")
"""A column of the groups that the groups of the column before are in."""


@dataclass(frozen=True)
class Level:
    """All labels at one height of a hierarchy.

    Attributes:
        name: `groups`, `groups 2`, … from the top, and `labels` for the last.
        names: of its nodes: groups, and labels that are in no group of this height.
        nodes: shape (n_labels,), the node of each label.
    """

    name: str
    names: tuple[str, ...]
    nodes: NDArray[np.intp]


@dataclass(frozen=True)
class LabelHierarchy:
    """Labels in groups.

    Attributes:
        labels: of the task.
        chains: of each label, the groups that it is in, from the top, and itself.
    """

    labels: tuple[str, ...]
    chains: tuple[tuple[str, ...], ...]

    @property
    def levels(self) -> tuple[Level, ...]:
        """From the top groups to the labels. A label with fewer groups than others stands alone below its last one."""
        deepest = max(map(len, self.chains))
        found = []
        for depth in range(deepest):
            paths = [chain[: depth + 1] for chain in self.chains]
            number = {path: at for at, path in enumerate(dict.fromkeys(paths))}
            name = _LABELS if depth == deepest - 1 else "groups" if depth == 0 else f"groups {depth + 1}"
            nodes = np.array([number[path] for path in paths], dtype=np.intp)
            found.append(Level(name, tuple(path[-1] for path in number), nodes))
        return tuple(found)

    @property
    def members(self) -> NDArray[np.bool_]:
        """Which nodes are in each label's set; shape (n_labels, n_nodes)."""
        names = list(dict.fromkeys(name for chain in self.chains for name in chain))
        place = {name: at for at, name in enumerate(names)}
        members = np.zeros((len(self.labels), len(names)), dtype=bool)
        for code, chain in enumerate(self.chains):
            members[code, [place[name] for name in chain]] = True
        return members

    def as_merge(self) -> LabelMerge:
        """The list in which each top group is one label.

        Raises:
            SpecError: as `LabelMerge.of`.
        """
        groups: dict[str, list[str]] = defaultdict(list)
        for label, chain in zip(self.labels, self.chains, strict=True):
            groups[chain[0]].append(label)
        return LabelMerge.of(groups)


def read_hierarchy(text: str, labels: Sequence[str]) -> LabelHierarchy:
    """Groups of labels from a table.

    Args:
        text: CSV with the columns `label` and `group`; with `group2` as well for the group that the group is in, and so
            on to `group9`. A row may also name a group in the place of a label, and the group that it is in. What has
            an empty group is in none.
        labels: all labels of the task; each must have a row.

    Raises:
        DataError: if a label has no row, or it or a group is in two groups, or in itself by way of others, or if all
            are in one group.
    """
    columns = _columns(text)
    rows = read_rows(text, columns, WHERE)
    codes = {label: code for code, label in enumerate(labels)}
    parents, problems = _parents(rows, columns, codes)
    missing = [label for label in labels if label not in parents]
    if missing:
        problems.append(f"no row names the label{'s' if len(missing) > 1 else ''} {listed(missing)}")
    unused = _unused(rows, codes, parents)
    problems += [
        f"line {row.line} names {quoted(row['label'])}, which is neither a label nor a group" for row in unused
    ]
    refuse(problems, WHERE)
    chains = tuple(_chain(label, parents) for label in labels)
    if len({chain[0] for chain in chains}) < 2:
        raise DataError("all labels are in one group.", where=WHERE, do="Name two groups or more.")
    return LabelHierarchy(tuple(labels), chains)


def hierarchy_text(groups: dict[str, str]) -> str:
    """The table that `read_hierarchy` reads.

    Args:
        groups: the group of each label; empty for none.
    """
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([("label", "group"), *groups.items()])
    return out.getvalue()


def groups_by_name(labels: Sequence[str]) -> dict[str, dict[str, str]]:
    """Groups of labels whose names begin with the same word, by what stands between the words: those that make two
    groups or more, the one with most labels in groups first.

    Returns:
        For each separator the group of each label; empty for a label that is alone. A group is called by all words that
        its labels have in common.
    """
    found = {}
    for separator in SEPARATORS:
        words = {label: label.split(separator) for label in labels}
        alike: dict[str, list[str]] = defaultdict(list)
        for label in labels:
            if len(words[label]) > 1 or any(label == other[0] for other in words.values() if len(other) > 1):
                alike[words[label][0]].append(label)
        groups = dict.fromkeys(labels, "")
        for first, members in alike.items():
            if first and len(members) > 1:
                groups |= dict.fromkeys(members, _common(first, [words[label] for label in members], separator, labels))
        if any(groups.values()) and len({group or label for label, group in groups.items()}) > 1:
            found[separator] = groups
    return dict(sorted(found.items(), key=lambda one: -sum(map(bool, one[1].values()))))


def _common(first: str, words: list[list[str]], separator: str, labels: Sequence[str]) -> str:
    """The words that all have in common; with the separator at its end if a label is called so."""
    shared = [first]
    for at in range(1, min(map(len, words))):
        if len({each[at] for each in words}) > 1:
            break
        shared.append(words[0][at])
    name = separator.join(shared)
    return name + separator if name in labels else name


def _columns(text: str) -> tuple[str, ...]:
    """The columns of a table, from the labels to the top groups; if there is `group4`, `group3` must be there too."""
    deepest = max((int(found[1]) for name in columns_of(text) if (found := _FURTHER.fullmatch(name))), default=1)
    return ("label", "group", *(f"group{depth}" for depth in range(2, deepest + 1)))


def _parents(
    rows: Sequence[TypedRow], columns: Sequence[str], codes: dict[str, int]
) -> tuple[dict[str, str], list[str]]:
    """The group of each name in the table, and what is wrong with it."""
    parents: dict[str, str] = {}
    line_of: dict[str, int] = {}
    problems = []
    for row, column, name, group in _steps(rows, columns, codes):
        if not name:
            problems.append(
                f"line {row.line} names no {column}" + (f" to be in {quoted(group)}" if column != "label" else "")
            )
        elif name == group:
            problems.append(f"line {row.line} puts {quoted(name)} into itself")
        elif name in parents and parents[name] != group:
            into, before = (quoted(one) if one else "no group" for one in (group, parents[name]))
            problems.append(f"line {row.line} puts {quoted(name)} into {into}, line {line_of[name]} into {before}")
        else:
            parents[name], line_of[name] = group, line_of.get(name, row.line)
    circles = [[*_above(name, parents)] for name in parents if name in _above(name, parents)]
    problems += [
        f"line {line_of[circle[-1]]} puts {quoted(circle[-1])} into itself, by way of {listed(circle[:-1])}"
        for circle in circles
        if min(circle) == circle[-1]  # said once, not of each of its groups
    ]
    return parents, problems


def _steps(
    rows: Sequence[TypedRow], columns: Sequence[str], codes: dict[str, int]
) -> Iterator[tuple[TypedRow, str, str, str]]:
    """What the rows put into which group, one column after the other: the row, the column, the name in it, and the
    group, empty for none. A label's name is as the task has it."""
    names = list(codes)
    groups = {row[column] for row in rows for column in columns[1:]}
    for row in rows:
        code = None if row["label"] in groups and row["label"] not in codes else label_code(row["label"], codes)
        yield row, "label", row["label"] if code is None else names[code], row["group"]
        for column, above in pairwise(columns[1:]):
            if row[column] or row[above]:
                yield row, column, row[column], row[above]


def _above(name: str, parents: dict[str, str]) -> list[str]:
    """The groups above a name, the nearest first, until the first that is there already."""
    found: list[str] = []
    while (name := parents.get(name, "")) and name not in found:
        found.append(name)
    return found


def _unused(rows: Sequence[TypedRow], codes: dict[str, int], parents: dict[str, str]) -> list[TypedRow]:
    """Rows of names that are no label and that no label is in."""
    above = {group for label in codes for group in _above(label, parents)}
    return [
        row for row in rows if row["label"] and label_code(row["label"], codes) is None and row["label"] not in above
    ]


def _chain(label: str, parents: dict[str, str]) -> tuple[str, ...]:
    return (*reversed(_above(label, parents)), label)
