"""promptfoo: what `promptfoo eval -o out.json`, `.jsonl` or `.csv` writes.

A result is one test under one provider and one prompt; each pair of these is a part of the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from evalcore.errors import DataError
from evalcore.importing.reading import DATE, MODEL, TOOL, Asked, Reading, Role, chosen_part, left_out
from evalcore.importing.source import Record, Source, at, inside, read_records
from evalcore.tasks import LABEL_COLUMNS, TEXT_COLUMNS
from evalcore.tasks.text_file import csv_records, text_file

TITLE = "promptfoo results"
_LABELS = ("expected", "expectedoutput", *LABEL_COLUMNS)
_SURELY = ("equals", "iequals")
"""Assertions that say what the answer must be."""
_EXPECTED = "the assertion"
_OF_A_RESULT = {"vars", "provider", "testIdx", "promptIdx"}
_OF_AN_OUTPUT = ["Status", "Score"]
"""Columns of a CSV file behind each output."""


def looks_like(source: Source) -> bool:
    """Whether it is a document with results, a line with one, or a table whose outputs have a status."""
    columns = source.columns
    return (
        source.first.keys() >= _OF_A_RESULT
        or (isinstance(source.document, dict) and _results(source.document) is not None)
        or any(columns[i + 1 : i + 3] == _OF_AN_OUTPUT and columns[i].startswith("[") for i in range(len(columns)))
    )


def read(source: Source, asked: Asked) -> Reading:
    """The results of one provider and prompt.

    Raises:
        DataError: if a result is not as promptfoo writes it.
    """
    about: dict[str, str] = {TOOL: "promptfoo"}
    if source.kind == "table":
        results, parts = _of_table(source, asked)
    else:
        document = source.document if isinstance(source.document, dict) else {}
        for key, path in ((TOOL, "metadata.promptfooVersion"), (DATE, "metadata.evaluationCreatedAt")):
            if isinstance(found := at(document, path), str):
                about[key] = f"promptfoo {found}" if key == TOOL else found
        listed = _results(document)
        every = [(number, one) for number, one in enumerate(listed, start=1)] if listed is not None else [
            *source.records()
        ]  # fmt: skip
        for number, one in every:
            if not isinstance(one, dict):
                raise DataError("a result is no JSON object.", where=f"{source.name}, record {number:,}")
        results, parts = _with_parts(every)
    part = chosen_part(parts, asked, source.name) if parts else ""
    of_part = [(number, one) for number, named, one in results if named == part]
    answered = [(number, one) for number, one in of_part if at(one, "response.output") is not None]
    first = answered[0][1] if answered else {}
    likely: dict[Role, list[str]] = {
        "text": inside(first, ["vars"], TEXT_COLUMNS) or [path for path in ("prompt.raw",) if at(first, path)],
        "label": [
            *(path for path in inside(first, ["vars"], _LABELS) if path.rpartition(".")[2].casefold() in _LABELS),
            *([_EXPECTED] if first.get(_EXPECTED) is not None else []),
        ],
        "answer": ["response.output"],
    }
    return read_records(
        source,
        TITLE,
        answered,
        asked,
        likely,
        parts=parts,
        part=part,
        about={**about, MODEL: part if source.kind == "table" else _provider(first)},
        notes=left_out(len(of_part) - len(answered), "result", "ended with an error and no output"),
    )


def _results(document: Any) -> list[Any] | None:
    """The list of results; it stands one level deeper since version 2 of the format."""
    for path in ("results.results", "results"):
        found = at(document, path) if isinstance(document, dict) else None
        if isinstance(found, list) and (not found or (isinstance(found[0], dict) and "vars" in found[0])):
            return found
    return None


def _provider(result: Record) -> str:
    provider = result.get("provider")
    named = (at(provider, "label") or at(provider, "id")) if isinstance(provider, dict) else provider
    return str(named or "")


def _with_parts(results: Sequence[tuple[int, Record]]) -> tuple[list[tuple[int, str, Record]], list[str]]:
    """Each result with the name of its part, and the names: the provider, and the prompt where there are several."""
    prompts = {(_provider(one), str(at(one, "prompt.label"))) for _, one in results}
    several = {provider for provider, times in Counter(p for p, _ in prompts).items() if times > 1}
    found = []
    for number, one in results:
        provider = _provider(one)
        name = f"[{provider}] {at(one, 'prompt.label')}" if provider in several else provider
        expected = _expected(one)
        found.append((number, name, one if expected is None else {**one, _EXPECTED: expected}))
    return found, list(dict.fromkeys(name for _, name, _ in found))


def _expected(result: Record) -> Any:
    """What the first assertion that says it wants to be equal to the output."""
    for path in ("testCase.assert", "gradingResult.componentResults"):
        listed = at(result, path)
        for one in listed if isinstance(listed, list) else []:
            assertion = one.get("assertion", one) if isinstance(one, dict) else {}
            if isinstance(assertion, dict) and assertion.get("type") in _SURELY:
                return assertion.get("value")
    return None


def _of_table(source: Source, asked: Asked) -> tuple[list[tuple[int, str, Record]], list[str]]:
    """The rows of a CSV file, once for each output; the columns before the first output are variables."""
    header = source.columns
    outputs = [i for i in range(len(header)) if header[i + 1 : i + 3] == _OF_AN_OUTPUT and header[i].startswith("[")]
    names = [header[i] for i in outputs]
    rows = csv_records(text_file(source.name, source.file.content), ",")
    next(rows)
    found: list[tuple[int, str, Record]] = []
    for line, row in rows:
        variables = dict(zip(header[: outputs[0]], row, strict=False))
        for i, name in zip(outputs, names, strict=True):
            output = None if row[i + 1] == "ERROR" else row[i]
            found.append((line, name, {"vars": variables, "response": {"output": output}}))
    return found, list(dict.fromkeys(names))
