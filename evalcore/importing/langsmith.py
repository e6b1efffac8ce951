"""LangSmith: an experiment, as `ExperimentResults.to_pandas()`, the download of its table, or the API gives it.

A row has `inputs`, `outputs` and the expected output under one of several names; in a table they may be one column of
JSON each, or one column for each field, such as `inputs.text`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evalcore.importing.reading import TOOL, Asked, Reading, Role, left_out
from evalcore.importing.source import Record, Source, at, inside, read_records
from evalcore.tasks import LABEL_COLUMNS, TEXT_COLUMNS

TITLE = "a LangSmith experiment"
EXPECTED = ("reference", "reference_outputs", "referenceOutputs", "reference_output", "expected", "expected_output")
"""Under one of these stands what was expected, the first that is there."""
ANSWERS = ("output", "prediction", "answer", *LABEL_COLUMNS, *TEXT_COLUMNS)


def looks_like(source: Source) -> bool:
    """Whether the first record has inputs, outputs and what was expected."""
    return bool(source.first) and _row(source.first) is not None


def read(source: Source, asked: Asked) -> Reading:
    """The rows of an experiment.

    Raises:
        DataError: if a row is not as LangSmith writes it.
    """
    every = [(number, _row(record) or {}) for number, record in source.records()]
    answered = [(number, row) for number, row in every if not _failed(row)]
    first = answered[0][1] if answered else {}
    likely: dict[Role, list[str]] = {
        "text": inside(first, ["inputs"], TEXT_COLUMNS),
        "label": inside(first, ["expected"], LABEL_COLUMNS + ANSWERS),
        "answer": inside(first, ["outputs"], ANSWERS),
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


def _row(record: Record) -> Record | None:
    """A record with `inputs`, `outputs` and `expected`, however it is nested; None if it is of another kind."""
    nested = dict(_nested(record))
    if isinstance(nested.get("run"), Mapping) and isinstance(nested.get("example"), Mapping):
        run, example = nested["run"], nested["example"]
        return {
            "inputs": example.get("inputs"),
            "expected": example.get("outputs"),
            "outputs": run.get("outputs"),
            "error": run.get("error"),
        }
    if isinstance(at(nested, "runs.0"), Mapping) and "inputs" in nested:  # an example with its runs
        return {
            "inputs": nested["inputs"],
            "expected": nested.get("outputs"),
            "outputs": at(nested, "runs.0.outputs"),
            "error": at(nested, "runs.0.error"),
        }
    expected = next((nested[name] for name in EXPECTED if nested.get(name) is not None), None)
    if "inputs" not in nested or "outputs" not in nested or expected is None:
        return None
    return {**nested, "expected": expected}


def _failed(row: Record) -> bool:
    outputs = row.get("outputs")
    nothing = outputs in (None, "", {}) or (isinstance(outputs, dict) and not any(outputs.values()))
    return nothing and bool(row.get("error"))


def _nested(record: Record) -> Iterator[tuple[str, Any]]:
    """A record whose columns `inputs.text` and the like are one object."""
    objects: dict[str, dict[str, Any]] = {}
    for key, value in record.items():
        name, dot, rest = key.partition(".")
        if dot and name in ("inputs", "outputs", *EXPECTED):
            objects.setdefault(name, {})[rest] = value
        else:
            yield key, value
    yield from objects.items()
