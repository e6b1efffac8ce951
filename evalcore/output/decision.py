"""The answers to what a person has to decide, as text, as JSON-ready data and as tables."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from evalcore.deciding import Decision, Rows
from evalcore.output.decision_cells import ReadTable, read_tables, table_title
from evalcore.output.report import no_nan
from evalcore.output.tables import Kind, ResultTable, Row, Value, table
from evalcore.store import RunRecord, run_title
from evalcore.wording import counted

_PRINTED = ("review_labels", "review_signals", "review_signals_a", "suggested_merges")
"""The table that is printed of an answer that has one of these; of the others it is the first."""
ROWS_PRINTED = 8
"""Of a table, on a terminal."""
_WIDEST, _LINE = 32, 112
"""Characters of a cell and of a line of a table, on a terminal."""


def decision_as_text(decision: Decision) -> str:
    """For a terminal: each question, its answer in sentences, and the first rows of its first table."""
    lines = [_run("run", decision.scored.record)]
    if decision.beside:
        lines = [_run("A:", decision.scored.record), _run("B:", decision.beside.record)]
    for one in decision.questions:
        first, *others = one.sentences
        lines += ["", one.question, f"  {first}", *(f"  {sentence}" for sentence in others)]
        tables = read_tables(one.answer, ROWS_PRINTED)
        if tables:
            is_changed = bool(decision.asked.label_list.merge) and "label_list" in tables
            name = "label_list" if is_changed else next((n for n in _PRINTED if n in tables), next(iter(tables)))
            lines += ["", *(f"  {line}" for line in _table(name, tables[name]))]
    return "\n".join(lines)


def decision_as_json(decision: Decision) -> dict[str, Any]:
    """What was asked and every answer, JSON-ready: NaN is null, labels are names, shares are in [0, 1]."""
    data: dict[str, Any] = no_nan(decision.as_json())
    return data


def decision_tables(decision: Decision) -> list[ResultTable]:
    """Every sentence, and every table of every answer; a table's name begins with its question's.

    What was given as a table (actions, costs, a mix, ...) is not among them: `DecisionAsked.tables` has it.
    """
    columns: list[tuple[str, Kind]] = [("question", "text"), ("answered", "flag"), ("sentence", "text")]
    made = [
        table(
            "decisions",
            columns,
            lambda: [
                (one.question, one.answer is not None, sentence)
                for one in decision.questions
                for sentence in one.sentences
            ],
        )
    ]
    for one in decision.questions:
        for name, rows in (one.answer.tables() if one.answer else {}).items():
            if rows:
                made.append(_result_table(table_name(one.name, name), rows))
    return made


def table_name(question: str, name: str) -> str:
    """What a table of an answer is called among those of all answers, as the stem of a file's name."""
    stem = question.replace("_", "-")
    return name if name.startswith(stem) else f"{stem}-{name}"


def _result_table(name: str, rows: Rows) -> ResultTable:
    columns = [(column, _kind([row[column] for row in rows])) for column in rows[0]]

    def made() -> list[Row]:
        return [tuple(_value(row[column], kind) for column, kind in columns) for row in rows]

    return table(name, columns, made)


def _kind(values: Sequence[Any]) -> Kind:
    """What the values of a column are."""
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, bool) for value in known):
        return "flag"
    if known and all(isinstance(value, int) and not isinstance(value, bool) for value in known):
        return "integer"
    if known and all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
        return "number"
    if known and all(isinstance(value, list | tuple) for value in known):
        return "integers" if all(isinstance(one, int) for value in known for one in value) else "texts"
    return "text"


def _value(value: Any, kind: Kind) -> Value:
    if value is None:
        return None
    if kind in ("texts", "integers"):
        return list(value)
    return float(value) if kind == "number" else str(value) if kind == "text" else value


def _run(before: str, record: RunRecord) -> str:
    return f"{before} {record.run_id}: {run_title(record)}"


def _table(name: str, read: ReadTable) -> list[str]:
    """Lines of a table, with as many of its columns as fit."""
    heads = [column.title for column in read.columns]
    rows = [heads, *([_cut(cell.text) for cell in row] for row in read.rows)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(heads))]
    fit = max(1, sum(total <= _LINE for total in accumulate(width + 2 for width in widths)))
    lines = [
        "  ".join(
            text.rjust(width) if column.is_number else text.ljust(width)
            for text, width, column in zip(row[:fit], widths, read.columns, strict=False)
        ).rstrip()
        for row in rows
    ]
    left_out = [
        counted(more, noun)
        for more, noun in ((read.total - len(read.rows), "row"), (len(heads) - fit, "column"))
        if more
    ]
    return [f"{table_title(name)}:", *lines, *([f"Left out: {' and '.join(left_out)}."] if left_out else [])]


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
