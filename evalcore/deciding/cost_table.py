"""What a person says of costs, in two tables -> the action of each label, and the cost of each answer to it.

Several labels may lead to one action (a team, a queue, a reply): an answer with the right action does no harm, whatever
its label. A row of costs names whom it is about by a label, by an action, or by `*`, and the most specific row wins.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalcore.deciding.asked import number
from evalcore.deciding.typed_rows import TypedRow, label_code, read_rows, refuse
from evalcore.errors import quoted
from evalcore.metrics import Counts, Floats

ACTION_COLUMNS = ("label", "action")
COST_COLUMNS = ("true", "predicted", "cost")
ANY = "*"
"""In a row of costs: any label."""
NO_LABEL = "(unparsed)"
"""In the column `predicted`: an answer that names no label."""
WRONG_ACTION = 1.0
"""Of an answer that no row names, in the unit of the others."""
HIGHEST_COST = 1e12
ACTIONS_TABLE, COSTS_TABLE = "the table of actions", "the table of costs"


@dataclass(frozen=True)
class CostsAsked:
    """What is asked of costs.

    Attributes:
        actions: CSV with the columns `label` and `action`; empty if each label is an action of its own.
        costs: CSV with the columns `true`, `predicted` and `cost`; empty: every wrong action costs 1.
        review_cost: of one text that a person answers; 0 if nobody does.
        unit: of the costs, such as EUR; empty for none.
    """

    actions: str = ""
    costs: str = ""
    review_cost: float = number(0.0, 0, 1e9)
    unit: str = ""

    @property
    def has_tables(self) -> bool:
        """Whether a person said what costs what; else every wrong label costs 1."""
        return bool(self.actions.strip() or self.costs.strip())


@dataclass(frozen=True)
class CostTable:
    """The cost of every answer to every label.

    Attributes:
        matrix: shape (n_labels, n_labels + 1), 0 or more: of answering the column's label to an example of the row's;
            the last column is an answer that names no label.
        actions: shape (n_labels,), code of each label's action.
        action_names: by code; an action of one label that no row names has the label's name.
        named: shape (n_labels,): whether the table of actions names the label.
        by_a_row: shape of `matrix`: whether a row of the table of costs says it. Elsewhere a right action costs nothing
            and a wrong one, or none, `WRONG_ACTION`.
    """

    matrix: Floats
    actions: Counts
    action_names: tuple[str, ...]
    named: NDArray[np.bool_]
    by_a_row: NDArray[np.bool_]

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Shape of `matrix`: whether the answer leads to another action than the right one, or to none."""
        wrong = self.actions[:, None] != self.actions[None, :]
        return np.column_stack([wrong, np.ones(len(wrong), dtype=bool)])


def cost_table(labels: Sequence[str], asked: CostsAsked) -> CostTable:
    """Read both tables.

    A row of costs is about the examples of `true` that get the answer `predicted`; each of these is a label, an action
    or `*`, and `predicted` may be `(unparsed)`. Of the rows that are about one answer, that which names the true label
    wins over one that names its action, and this over `*`; among rows that name the same there, the same holds for
    `predicted`, where `(unparsed)` counts as a label. A row with `*` is about wrong actions only, and the right label
    costs something only where a row names it on both sides.

    Args:
        labels: of the task.

    Raises:
        DataError: with all that is wrong in one of the tables: a label that is not known or has two actions; a cost
            that is no number or below 0; two rows about the same; a name that could be a label or an action.
    """
    actions, names, named = _actions(labels, asked.actions)
    n = len(labels)
    right = actions[:, None] == actions[None, :]
    matrix = np.column_stack([np.where(right, 0.0, WRONG_ACTION), np.full(n, WRONG_ACTION)])
    said = np.zeros(matrix.shape, dtype=bool)
    if asked.costs.strip():
        wrong = np.column_stack([~right, np.ones(n, dtype=bool)])
        for true, predicted, cost in sorted(_costs(labels, actions, names, asked.costs), key=_specificity):
            cells = np.ix_(true.codes, predicted.codes)
            about = np.ones((len(true.codes), len(predicted.codes)), dtype=bool)
            if ANY in (true.level, predicted.level):
                about = wrong[cells]
            elif not true.level == predicted.level == "label":
                about = true.codes[:, None] != predicted.codes[None, :]
            matrix[cells] = np.where(about, cost, matrix[cells])
            said[cells] |= about
    return CostTable(matrix, actions, names, named, said)


@dataclass(frozen=True)
class _Named:
    """Whom a row is about on one of its sides.

    Attributes:
        level: `label`, `action` or `*`.
        codes: of the labels; n_labels is an answer without one.
    """

    level: str
    codes: Counts


_Row = tuple[_Named, _Named, float]
_LEVELS = (ANY, "action", "label")


def _specificity(row: _Row) -> tuple[int, int]:
    true, predicted, _ = row
    return _LEVELS.index(true.level), _LEVELS.index(predicted.level)


def _actions(labels: Sequence[str], text: str) -> tuple[Counts, tuple[str, ...], NDArray[np.bool_]]:
    """The code of each label's action, the actions' names, and which labels the table names."""
    codes = {label: code for code, label in enumerate(labels)}
    action_of: dict[int, TypedRow] = {}
    problems = []
    for row in read_rows(text, ACTION_COLUMNS, ACTIONS_TABLE) if text.strip() else ():
        code, action = label_code(row["label"], codes), row["action"]
        if code is None:
            problems.append(f"line {row.line}: there is no label {quoted(row['label'])}")
        elif action in ("", ANY, NO_LABEL):
            what = f"{quoted(action)} cannot be the name of an action" if action else "an action is missing"
            problems.append(f"line {row.line}: {what}")
        elif code in action_of and action_of[code]["action"] != action:
            first = action_of[code]
            problems.append(
                f"line {row.line}: the label {quoted(labels[code])} has the action {quoted(action)} here and"
                f" {quoted(first['action'])} in line {first.line}"
            )
        else:
            action_of[code] = row
    taken = {row["action"]: row.line for row in action_of.values()}
    problems += [
        f"line {taken[label]}: the action {quoted(label)} has the name of a label that no line gives an action"
        for code, label in enumerate(labels)
        if label in taken and code not in action_of
    ]
    refuse(problems, ACTIONS_TABLE)
    of_label = [action_of[code]["action"] if code in action_of else label for code, label in enumerate(labels)]
    names = tuple(dict.fromkeys(of_label))
    place = {name: at for at, name in enumerate(names)}
    named = np.array([code in action_of for code in range(len(labels))], dtype=bool)
    return np.array([place[name] for name in of_label], dtype=np.int64), names, named


def _costs(labels: Sequence[str], actions: Counts, names: Sequence[str], text: str) -> list[_Row]:
    label_codes = {label: code for code, label in enumerate(labels)}
    action_codes = {name: code for code, name in enumerate(names)}
    members = [np.flatnonzero(actions == code) for code in range(len(names))]
    everything = np.arange(len(labels))

    def find(row: TypedRow, column: str) -> _Named | str:
        """Whom the row is about, or what is wrong with it."""
        name = row[column]
        predicted = column == "predicted"
        if predicted and name == NO_LABEL:
            return _Named("label", np.array([len(labels)]))
        if name == ANY:
            return _Named(ANY, np.append(everything, len(labels)) if predicted else everything)
        label, action = label_code(name, label_codes), label_code(name, action_codes)
        if label is not None and action is not None and members[action].tolist() != [label]:
            return (
                f"{quoted(name)} is a label, and also an action of {len(members[action])} labels: give the action"
                " another name"
            )
        if label is not None:
            return _Named("label", np.array([label]))
        if action is not None:
            return _Named("action", members[action])
        return f"there is no label or action {quoted(name)}" if name else f"the column `{column}` is empty"

    found: list[_Row] = []
    lines: dict[tuple[str, int, str, int], int] = {}
    problems = []
    for row in read_rows(text, COST_COLUMNS, COSTS_TABLE):
        true, predicted = find(row, "true"), find(row, "predicted")
        cost = _cost(row["cost"])
        wrong = [one for one in (true, predicted, cost) if isinstance(one, str)]
        if isinstance(true, str) or isinstance(predicted, str) or isinstance(cost, str):
            problems += [f"line {row.line}: {what}" for what in dict.fromkeys(wrong)]
            continue
        # Labels of one action, and of one level, are those of no other: the first of them stands for all.
        pair = (true.level, int(true.codes[0]), predicted.level, int(predicted.codes[0]))
        if pair in lines:
            problems.append(
                f"line {row.line} is about {quoted(row['true'])} predicted as {quoted(row['predicted'])}, like line"
                f" {lines[pair]}"
            )
        lines.setdefault(pair, row.line)
        found.append((true, predicted, cost))
    refuse(problems, COSTS_TABLE)
    return found


def _cost(text: str) -> float | str:
    """A cost, or what is wrong with it."""
    try:
        cost = float(text) if "_" not in text else math.nan
    except ValueError:
        cost = math.nan
    if not math.isfinite(cost):
        return f"{quoted(text)} is not a number (write 1234.5)" if text else "a cost is missing"
    if cost < 0:
        return f"the cost {text} is below 0"
    return cost if cost <= HIGHEST_COST else f"the cost {text} is above {HIGHEST_COST:g}"
