"""The answers to what a person has to decide: sentences, and every table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from evalcore.deciding import NO_LABEL, Decided, Decision
from evalcore.metrics import UNPARSED
from evalcore.output.decision import table_name
from evalcore.output.decision_cells import ReadCell, read_tables, table_title
from evalcore.output.html.tables import Cell, Column, Table
from evalcore.output.html.texts import TextRule
from evalcore.wording import counted

ASKED_WITHOUT_INPUT = ("review", "label_list")
"""The questions that stand in every report: nothing has to be given for them."""
MOST_ROWS = 300
"""Of a table."""
Row = Mapping[str, Any]


@dataclass(frozen=True)
class DecidedPart:
    """One question.

    Attributes:
        name: of `QUESTIONS`.
        sentences: behind the first, which is the answer.
        tables: each with its title and what is said of the rows that are left out.
    """

    name: str
    question: str
    answer: str
    sentences: Sequence[str]
    tables: Sequence[tuple[str, Table, str]]


def decided_parts(decision: Decision, rule: TextRule) -> list[DecidedPart]:
    """Each question that was asked, ready to be read.

    Args:
        rule: what becomes of texts of examples.
    """
    codes = {label: code for code, label in enumerate(decision.scored.labels)}
    opens = _opens if decision.beside is None else _opens_of_two
    return [
        DecidedPart(
            one.name, one.question, one.sentences[0], one.sentences[1:], _tables(one, partial(opens, codes), rule)
        )
        for one in decision.questions
    ]


def _tables(one: Decided, opens: Callable[[Row, int, str], str], rule: TextRule) -> list[tuple[str, Table, str]]:
    made = []
    tables = one.answer.tables() if one.answer else {}
    for name, read in read_tables(one.answer, MOST_ROWS).items():
        title, texts = table_title(name), [column.title == "text" for column in read.columns]
        columns = [Column(column.title, "number" if column.is_number else "text") for column in read.columns]
        rows = [
            [
                _cell(replace(each, text=rule.of(each.text)) if is_text else each, opens(row, at, column.title))
                for at, (each, is_text, column) in enumerate(zip(cells, texts, read.columns, strict=True))
            ]
            for row, cells in zip(tables[name], read.rows, strict=False)
        ]
        left_out = read.total - len(read.rows)
        note = f"Left out: {counted(left_out, 'row')}. “decide --tables FOLDER” writes all of them." if left_out else ""
        key = f"decide-{table_name(one.name, name)}"
        made.append((title, Table(key, f"{one.question} {title}", columns, rows), note))
    return made


def _opens(codes: Mapping[str, int], row: Row, at: int, title: str) -> str:
    """The query for the examples of a row that names an actual label, and perhaps a predicted one: in its first
    cell."""
    if at:
        return ""
    found = {
        key: codes[row[name]]
        for name, key in (("label", "true"), ("true", "true"), ("predicted", "predicted"))
        if isinstance(row.get(name), str) and row[name] in codes
    }
    return "&".join(f"{key}={code}" for key, code in found.items()) if "true" in found else ""


def _opens_of_two(codes: Mapping[str, int], row: Row, at: int, title: str) -> str:
    """The query for the examples that one of two runs gave a row's answer: in the cell that counts them."""
    run = {"count a": "a", "count b": "b"}.get(title, "")
    if not run or "predicted" not in row:
        return ""
    predicted = UNPARSED if row["predicted"] == NO_LABEL else codes[row["predicted"]]
    return f"true={codes[row['true']]}&{run}={predicted}"


def _cell(read: ReadCell, opens: str) -> Cell:
    return Cell(read.text, read.sort, opens=opens, tone="" if read.sort is not None else "muted")
