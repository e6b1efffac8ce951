"""Our own columns: a table, JSON lines or a JSON array with `label` and `completion` or `prediction`.

`text` is optional, and so are probabilities. This is what any tool can write, and what any spreadsheet holds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Literal

from evalcore.errors import DataError, listed
from evalcore.importing.label_columns import OBJECTS, possible_label_columns
from evalcore.importing.reading import Asked, NoField, Reading, Role
from evalcore.importing.source import Source, as_text, at, fields_of
from evalcore.tasks import LABEL_COLUMNS, TEXT_COLUMNS, DataFile
from evalcore.tasks.columns import all_named
from evalcore.tasks.data_file import Header, data_in_memory

TITLE = "a table of predictions"
ANSWER_COLUMNS = ("completion", "prediction")
OTHER_ANSWERS = (
    "predicted", "predicted_label", "pred", "y_pred", "output", "response", "model_output", "generated_text",
    "model_answer",
)  # fmt: skip
"""Names of answers that are taken where a file has none of the two above."""
_LABELS_AS_ANSWERS = ("prediction", "predicted", "predicted_label", "pred", "y_pred")
_OTHER_LABELS = ("true_label", "true", "y_true", "actual", "expected", "expected_label", "reference", "ground_truth")


def looks_like(source: Source) -> bool:
    """Any file that has rows may be one."""
    return source.kind != "archive"


def read(source: Source, asked: Asked) -> Reading:
    """The rows of a table; its numbers are read later.

    Raises:
        DataError: if it cannot be read exactly, or a column is missing.
    """
    file = source.file if source.kind != "document" else _as_lines(source)
    header: Header | None = None
    roles: dict[Role, str] = {}

    def choose(found: Header) -> Sequence[str]:
        nonlocal header, roles
        header, roles = found, choose_columns(found, asked)
        return list(roles.values())

    table = file.table(choose)
    assert header is not None
    nested = file.nested_columns([key for key in OBJECTS if key in header.columns])
    return Reading(
        TITLE,
        table,
        columns=roles,
        answers_are=answers_are(roles),
        found=roles if "answer" in roles else {**roles, "answer": "the most probable label"},
        fields=_fields(header),
        in_doubt=frozenset(role for role in roles if len(_likely(header, role)) > 1),
        numbers=(file, [*header.columns, *nested]),
    )


def choose_columns(header: Header, asked: Asked) -> dict[Role, str]:
    """The column of each role; none of answers if probabilities may stand for them.

    Raises:
        DataError: if there is no column of answers or labels, or both kinds of answers.
    """
    wanted = {role: header.require(column) for role, column in asked.fields.items() if column}
    answers = [column for column in header.columns if column.strip().casefold() in ANSWER_COLUMNS]
    if len(answers) > 1 and "answer" not in wanted:
        raise DataError(
            f"more than one column holds answers: {listed(answers)}.",
            where=header.name,
            do="Rename all but one, or choose it with --answer-column: a `completion` is parsed like a model's output,"
            " a `prediction` is a label.",
        )
    roles: dict[Role, str] = {}
    for role in ("text", "label", "answer"):
        likely = _likely(header, role)
        if column := wanted.get(role) or next(iter(likely), ""):
            roles[role] = column
    if "label" not in roles:
        raise NoField(header.name, "label", _fields(header))
    if "answer" not in roles and not _may_have_probabilities(header):
        raise no_answers(header.name, header.columns)
    return roles


def answers_are(roles: Mapping[Role, str]) -> Literal["completion", "prediction"]:
    """Whether the column of answers holds labels or raw outputs, by its name."""
    column = roles.get("answer", "").strip().casefold()
    return "prediction" if column in _LABELS_AS_ANSWERS else "completion"


def no_answers(name: str, columns: Sequence[str]) -> DataError:
    """The error of a file with neither answers nor probabilities."""
    return NoAnswers(name, columns)


class NoAnswers(NoField):
    """A table in which nothing looks like an answer."""

    def __init__(self, name: str, columns: Sequence[str]) -> None:
        DataError.__init__(
            self,
            "no column `completion` or `prediction`, nor one `probability:LABEL` for each label.",
            where=name,
            do=f"Its columns are {listed(columns)}.",
        )
        self.role, self.fields = "answer", dict.fromkeys(("text", "label", "answer"), columns)


def _may_have_probabilities(header: Header) -> bool:
    return bool(possible_label_columns(header.columns)) or not set(OBJECTS).isdisjoint(header.columns)


def _likely(header: Header, role: Role) -> list[str]:
    """The columns that may be meant, the likeliest first."""
    if role == "text":
        return all_named(header, TEXT_COLUMNS)
    if role == "label":
        return all_named(header, LABEL_COLUMNS) or all_named(header, _OTHER_LABELS)
    sure = [column for column in header.columns if column.strip().casefold() in ANSWER_COLUMNS]
    return sure or ([] if _may_have_probabilities(header) else all_named(header, OTHER_ANSWERS))


def _fields(header: Header) -> dict[Role, list[str]]:
    return {
        role: list(dict.fromkeys([*_likely(header, role), *header.columns])) for role in ("text", "label", "answer")
    }


def _as_lines(source: Source) -> DataFile:
    """A JSON array of objects as JSON lines, which have the same rows; a record's number is its line."""
    lines = []
    for _, record in source.records():
        keys = [key for key in record if key in OBJECTS]
        flat = {path: as_text(at(record, path)) for path in fields_of(record) if path.partition(".")[0] not in keys}
        lines.append(json.dumps({**flat, **{key: record[key] for key in keys}}, ensure_ascii=False))
    return data_in_memory(f"{source.name}l", "\n".join(lines).encode())
