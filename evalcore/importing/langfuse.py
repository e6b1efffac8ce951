"""Langfuse: the items of a dataset run or traces, exported as CSV, JSON or JSON lines.

A record has `input`, `output` and `expectedOutput` (or `expected_output`), each text, a chat message or an object.
"""

from __future__ import annotations

from collections.abc import Mapping

from evalcore.importing.reading import DATE, MODEL, TASK, TOOL, Asked, Reading, Role, left_out
from evalcore.importing.source import Record, Source, as_text, at, inside, read_records
from evalcore.tasks import LABEL_COLUMNS, TEXT_COLUMNS

TITLE = "a Langfuse export"
EXPECTED = (
    "expectedOutput",
    "expected_output",
    "datasetItem.expectedOutput",
    "item.expected_output",
    "metadata.expectedOutput",
    "metadata.expected_output",
    "metadata.label",
)
"""Where what was expected may stand; the first that is there is taken."""
_INPUT, _OUTPUT = ("input", "datasetItem.input", "item.input"), ("output", "trace.output")
_ABOUT = {MODEL: "model", TASK: "datasetName", DATE: "timestamp"}


def looks_like(source: Source) -> bool:
    """Whether the first record has an input, an output and what was expected."""
    first = source.first
    return all(any(at(first, path) is not None for path in paths) for paths in (_INPUT, EXPECTED)) and any(
        path.partition(".")[0] in first for path in _OUTPUT
    )


def read(source: Source, asked: Asked) -> Reading:
    """The records that have an output.

    Raises:
        DataError: if a record is not as Langfuse writes it.
    """
    every = list(source.records())
    answered = [(number, one) for number, one in every if any(_filled(one, path) for path in _OUTPUT)]
    first = answered[0][1] if answered else {}
    likely: dict[Role, list[str]] = {
        "text": inside(answered, _INPUT, TEXT_COLUMNS),
        "label": inside(answered, EXPECTED, (*LABEL_COLUMNS, "expectedoutput", "output")),
        "answer": inside(answered, _OUTPUT, ("output", "completion", "prediction", *LABEL_COLUMNS)),
    }
    return read_records(
        source,
        TITLE,
        answered,
        asked,
        likely,
        about={TOOL: "Langfuse", **_about(first)},
        notes=left_out(len(every) - len(answered), "record", "without an output"),
    )


def _filled(record: Record, path: str) -> bool:
    return at(record, path) not in (None, "", {}, [])


def _about(record: Record) -> Mapping[str, str]:
    found = {key: as_text(at(record, path)) for key, path in _ABOUT.items()}
    return {key: text for key, text in found.items() if text}
