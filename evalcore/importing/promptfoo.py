"""promptfoo: what `promptfoo eval -o out.json`, `.jsonl` or `.csv` writes.

A result is one test under one provider and one prompt; each pair of these is a part of the file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from evalcore.errors import DataError, quoted
from evalcore.importing.reading import DATE, MODEL, TOOL, Asked, Reading, Role, chosen_part, left_out
from evalcore.importing.source import Record, Source, as_text, at, inside, read_records
from evalcore.tasks import LABEL_COLUMNS, TEXT_COLUMNS
from evalcore.tasks.text_file import csv_records, text_file

TITLE = "promptfoo results"
_LABELS = ("expected", "expected_output", "expectedoutput", *LABEL_COLUMNS)
_SURELY = ("equals", "iequals")
"""Assertions that say what the answer must be."""
_EXPECTED = "the assertion"
_VARIABLE = re.compile(r"\{\{ ?([\w.]+) ?\}\}")
_OF_A_RESULT = {"vars", "provider", "testIdx", "promptIdx"}
_OF_AN_OUTPUT = ["Status", "Score"]
"""Columns of a CSV file behind each output, which is named by its provider and its prompt."""
_OUTPUT = re.compile(r"\[([^\]]*)\] ?(.*)", re.DOTALL)


def looks_like(source: Source) -> bool:
    """Whether it is a document with results, a line with one, or a table whose outputs have a status."""
    columns = source.columns
    return (
        source.first.keys() >= _OF_A_RESULT
        or (isinstance(source.document, dict) and _results(source.document) is not None)
        or any(_is_output(columns, i) for i in range(len(columns)))
    )


def read(source: Source, asked: Asked) -> Reading:
    """The results of one provider and prompt.

    Raises:
        DataError: if a result is not as promptfoo writes it.
    """
    about: dict[str, str] = {TOOL: "promptfoo"}
    if source.kind == "table":
        results, prompts = _of_table(source)
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
        results, prompts = _with_parts(every)
    parts = list(prompts)
    part = chosen_part(parts, asked, source.name) if parts else ""
    of_part = [(number, one) for number, named, one in results if named == part]
    answered = [(number, one) for number, one in of_part if at(one, "response.output") is not None]
    first = answered[0][1] if answered else {}
    likely: dict[Role, list[str]] = {
        "text": inside(answered, ["vars"], TEXT_COLUMNS) or [path for path in ("prompt.raw",) if at(first, path)],
        "label": [
            *(path for path in inside(answered, ["vars"], _LABELS) if path.rpartition(".")[2].casefold() in _LABELS),
            *([_EXPECTED] if any(one.get(_EXPECTED) is not None for _, one in answered) else []),
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
        about={**about, MODEL: part},
        notes=[
            *left_out(len(of_part) - len(answered), "result", "ended with an error and no output"),
            *([f"The prompt is {quoted(prompts[part])}."] if prompts.get(part) else []),
        ],
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


def _with_parts(results: Sequence[tuple[int, Record]]) -> tuple[list[tuple[int, str, Record]], dict[str, str]]:
    """Each result with the name of its part, and the prompt of each part."""
    pairs = [(_provider(one), as_text(at(one, "prompt.label") or at(one, "prompt.raw")) or "") for _, one in results]
    name_of = _part_names(list(dict.fromkeys(pairs)))
    found = []
    for (number, one), pair in zip(results, pairs, strict=True):
        expected = _expected(one)
        found.append((number, name_of[pair], one if expected is None else {**one, _EXPECTED: expected}))
    return found, {name: prompt for (_, prompt), name in name_of.items()}


def _part_names(pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """A name of each provider with a prompt: the provider, and the prompt's number where there are several."""
    prompts = list(dict.fromkeys(prompt for _, prompt in pairs))
    providers = Counter(provider for provider, _ in pairs)
    return {
        (provider, prompt): provider if providers[provider] == 1 else f"{provider}, prompt {prompts.index(prompt) + 1}"
        for provider, prompt in pairs
    }


def _expected(result: Record) -> Any:
    """What the first assertion that says it wants to be equal to the output."""
    for path in ("testCase.assert", "gradingResult.componentResults"):
        listed = at(result, path)
        for one in listed if isinstance(listed, list) else []:
            assertion = one.get("assertion", one) if isinstance(one, dict) else {}
            if isinstance(assertion, dict) and assertion.get("type") in _SURELY:
                return _filled(assertion.get("value"), result)
    return None


def _filled(value: Any, result: Record) -> Any:
    """A value with its variables, where it is stored as it was written."""
    if not isinstance(value, str):
        return value
    return _VARIABLE.sub(lambda found: as_text(at(result, f"vars.{found[1]}")) or found[0], value)


def _of_table(source: Source) -> tuple[list[tuple[int, str, Record]], dict[str, str]]:
    """The rows of a CSV file, once for each output; the columns before the first output are variables."""
    header = source.columns
    outputs = [i for i in range(len(header)) if _is_output(header, i)]
    pairs = [(named[1], named[2]) for i in outputs if (named := _OUTPUT.fullmatch(header[i]))]
    name_of = _part_names(list(dict.fromkeys(pairs)))
    rows = csv_records(text_file(source.name, source.file.content), ",")
    next(rows)
    found: list[tuple[int, str, Record]] = []
    for line, row in rows:
        variables = dict(zip(header[: outputs[0]], row, strict=False))
        for i, pair in zip(outputs, pairs, strict=True):
            output = None if row[i + 1] == "ERROR" else row[i]
            found.append((line, name_of[pair], {"vars": variables, "response": {"output": output}}))
    return found, {name: prompt for (_, prompt), name in name_of.items()}


def _is_output(header: Sequence[str], at: int) -> bool:
    return list(header[at + 1 : at + 3]) == _OF_AN_OUTPUT and bool(_OUTPUT.fullmatch(header[at]))
