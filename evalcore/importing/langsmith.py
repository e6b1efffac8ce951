"""LangSmith: an experiment, as `ExperimentResults.to_pandas()`, the download of its table, or the API gives it.

A row has `inputs`, `outputs` and the expected output under one of several names; in a table they may be one column of
JSON each, or one column for each field, such as `inputs.text`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalcore.errors import DataError
from evalcore.importing.reading import TOOL, Asked, Reading, Role, left_out
from evalcore.importing.source import Record, Source, at, inside, read_records
from evalcore.tasks import LABEL_COLUMNS, TEXT_COLUMNS

TITLE = "a LangSmith experiment"
EXPECTED = ("reference", "reference_outputs", "referenceOutputs", "reference_output", "expected", "expected_output")
"""Under one of these stands what was expected, the first that is there."""
ANSWERS = ("output", "prediction", "answer", *LABEL_COLUMNS, *TEXT_COLUMNS)


def looks_like(source: Source) -> bool:
    """Whether the first record has inputs, outputs and what was expected."""
    return bool(source.first) and _paths(_nested(source.first)) is not None


def read(source: Source, asked: Asked) -> Reading:
    """The rows of an experiment.

    Raises:
        DataError: if a row is not as LangSmith writes it.
    """
    every = [(number, _nested(record)) for number, record in source.records()]
    paths = _paths(every[0][1]) if every else None
    if paths is None:
        raise DataError(
            "a LangSmith experiment has inputs, outputs and reference outputs.",
            where=source.name,
            do=f"What was expected may be named {', '.join(EXPECTED)}.",
        )
    answered = [(number, row) for number, row in every if not _failed(row, paths["answer"])]
    likely: dict[Role, list[str]] = {
        "text": inside(answered, [paths["text"]], TEXT_COLUMNS),
        "label": inside(answered, [paths["label"]], LABEL_COLUMNS + ANSWERS),
        "answer": inside(answered, [paths["answer"]], ANSWERS),
    }
    return read_records(
        source,
        TITLE,
        answered,
        asked,
        likely,
        about={TOOL: "LangSmith"},
        notes=left_out(len(every) - len(answered), "row", "ended with an error and no output"),
    )


def _paths(row: Record) -> dict[Role, str] | None:
    """Where the objects of each role stand; None in a record of another kind."""
    if isinstance(row.get("run"), Mapping) and isinstance(row.get("example"), Mapping):
        return {"text": "example.inputs", "label": "example.outputs", "answer": "run.outputs"}
    if isinstance(at(row, "runs.0"), Mapping) and "inputs" in row:  # an example with its runs
        return {"text": "inputs", "label": "outputs", "answer": "runs.0.outputs"}
    expected = next((name for name in EXPECTED if row.get(name) is not None), None)
    if "inputs" not in row or "outputs" not in row or expected is None:
        return None
    return {"text": "inputs", "label": expected, "answer": "outputs"}


def _failed(row: Record, answer: str) -> bool:
    """Whether it has no output because of an error."""
    outputs = at(row, answer)
    nothing = outputs in (None, "", {}) or (isinstance(outputs, dict) and not any(outputs.values()))
    return nothing and bool(at(row, f"{answer.removesuffix('outputs')}error"))


def _nested(record: Record) -> dict[str, Any]:
    """A record whose columns `inputs.text` and the like are one object."""
    made: dict[str, Any] = {}
    for key, value in record.items():
        name, dot, rest = key.partition(".")
        if dot and name in ("inputs", "outputs", *EXPECTED) and isinstance(made.setdefault(name, {}), dict):
            made[name][rest] = value
        else:
            made[key] = value
    return made
