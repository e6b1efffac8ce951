"""The answers to what a person has to decide, as Markdown for a pull request."""

from __future__ import annotations

from evalcore.deciding import Decided, Decision
from evalcore.output.decision_cells import read_tables, table_title
from evalcore.output.markdown import cell, code, folded, plain, said, table_lines
from evalcore.store import RunRecord
from evalcore.wording import counted

MOST_ROWS = 30
"""Of a table."""


def decision_markdown(decision: Decision) -> str:
    """Each question with its answer first; its tables folded away."""
    labels = decision.scored.labels
    lines = [f"Run {_run(decision.scored.record)}."]
    if decision.beside:
        lines = [f"- **A**: run {_run(decision.scored.record)}", f"- **B**: run {_run(decision.beside.record)}"]
    for one in decision.questions:
        first, *others = one.sentences
        lines += ["", f"### {one.question}", "", f"**{said(first, labels)}**" if one.answer else said(first, labels)]
        lines += ["", *(f"- {said(sentence, labels)}" for sentence in others)] if others else []
        lines += _tables(one)
    return "\n".join(lines) + "\n"


def _run(record: RunRecord) -> str:
    return f"{code(record.run_id)} · task {code(record.task_name)} · model {code(record.spec.model)}"


def _tables(one: Decided) -> list[str]:
    lines: list[str] = []
    for name, read in read_tables(one.answer, MOST_ROWS).items():
        heads = [plain(column.title) for column in read.columns]
        alignment = "".join("r" if column.is_number else "l" for column in read.columns)
        cells = [[cell(each.text) if each.is_data else plain(each.text) for each in row] for row in read.rows]
        which = counted(read.total, "row")
        if read.total > len(read.rows):
            which = f"the first {len(read.rows)} of {which}"
        lines += ["", *folded(f"{table_title(name)}: {which}", table_lines(heads, alignment, cells))]
    return lines
