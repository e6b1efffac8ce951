"""lm-evaluation-harness: `samples_TASK_TIME.jsonl`, which `--log_samples` writes.

A line is a sample: `doc` is the row of the data, `target` what is expected, `arguments` what the model was given, and
`filtered_resps` what is scored. A file holds every sample once for each filter of its task; a filter is a part.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from evalcore.errors import DataError
from evalcore.importing.reading import TASK, TOOL, Asked, NumbersInMemory, Reading, Role, chosen_part, column_names
from evalcore.importing.source import Record, Source, as_text, at, choose_fields, fields_of, inside
from evalcore.tasks import TEXT_COLUMNS
from evalcore.tasks.table import MAX_BYTES, MAX_ROWS, too_many_bytes, too_many_rows

TITLE = "lm-evaluation-harness samples"
_OF_A_SAMPLE = {"doc", "target", "filtered_resps"}
_OF_RESULTS = {"results", "configs", "n-shot"}
_PROMPT = "arguments.gen_args_0.arg_0"
_TASK_NAME = re.compile(r"samples_(?P<task>.+?)(?:_\d{4}-\d\d-\d\dT[\d\-.:]+)?\.jsonl?")


def looks_like(source: Source) -> bool:
    """Whether the first record is a sample."""
    if source.kind not in ("lines", "document"):
        return False
    return source.first.keys() >= _OF_A_SAMPLE or source.first.keys() >= _OF_RESULTS


def read(source: Source, asked: Asked) -> Reading:
    """The samples under one filter.

    Raises:
        DataError: if a sample is not as the harness writes it, or the choices differ from sample to sample.
    """
    if source.first.keys() >= _OF_RESULTS:
        raise DataError(
            "these are the harness's results, which hold no samples.",
            where=source.name,
            do="Take the file samples_*.jsonl beside it, which `--log_samples` writes.",
        )
    parts = list(dict.fromkeys(_filter(sample) for _, sample in source.records()))
    part = chosen_part(parts, asked, source.name) if parts else ""
    first = next((sample for _, sample in source.records() if _filter(sample) == part), {})
    choosing = _is_scored(at(first, "filtered_resps.0"))
    likely: dict[Role, list[str]] = {
        "text": [*inside([(1, first)], ["doc"], TEXT_COLUMNS), *([_PROMPT] if at(first, _PROMPT) is not None else [])],
        "label": ["target"],
        "answer": ["filtered_resps"],
    }
    chosen, fields, _ = choose_fields(
        source, asked, first, likely, every=[*fields_of({"doc": first.get("doc")}), "resps"]
    )
    choices = _choices(first) if choosing else []
    if choosing and not choices:
        raise DataError("its samples do not say between what was chosen.", where=source.name)

    rows, lines, shares, chars = [], [], [], 0
    for line, sample in source.records():
        if _filter(sample) != part:
            continue
        where = f"{source.name}, line {line}"
        text = as_text(at(sample, chosen["text"])) if "text" in chosen else ""
        label, answer = as_text(_only(at(sample, chosen["label"]))), None
        if choosing:
            if _choices(sample) != choices:
                raise DataError(
                    "the choices are not those of the samples before: this is no task of a fixed set of labels.",
                    where=where,
                )
            scores = _scores(sample, len(choices), where)
            label = _named(label, choices, where)
            answer = choices[int(np.argmax(scores))]
            shares.append(scores)
        else:
            answer = as_text(_only(at(sample, chosen["answer"])))
        rows.append([text, label, answer])
        lines.append(line)
        chars += len(text or "") + len(label or "") + len(answer or "")
        if len(rows) > MAX_ROWS:
            raise too_many_rows(source.name)
        if chars > MAX_BYTES:
            raise too_many_bytes(source.name)
    named = _TASK_NAME.fullmatch(source.name)
    columns = column_names({"text": chosen.get("text", _PROMPT), "label": "label", "answer": "answer"})
    return Reading(
        TITLE,
        source.table(list(columns.values()), rows, lines),
        columns=columns,
        answers_are="prediction" if choosing else "completion",
        found={**chosen, "answer": "the likeliest of the choices" if choosing else chosen["answer"]},
        fields=fields,
        in_doubt=frozenset({"text"}) if len(likely["text"]) > 2 else frozenset(),
        numbers=_numbers(choices, shares) if choosing else None,
        parts=parts,
        part=part,
        labels=choices,
        about={TOOL: "lm-evaluation-harness", **({TASK: named["task"]} if named else {})},
    )


def _filter(sample: Record) -> str:
    return f"filter {sample.get('filter') or 'none'}"


def _only(value: Any) -> Any:
    """The first of several answers, or of several targets that are all right."""
    for _ in range(3):
        if isinstance(value, list) and value:
            value = value[0]
    return value


def _is_scored(response: Any) -> bool:
    """Whether a response is a log-likelihood, and whether it is what greedy decoding would write."""
    return isinstance(response, list) and len(response) == 2 and str(response[1]) in ("True", "False")


def _arguments(sample: Record) -> Iterator[str]:
    """What each request was about: the continuation whose likelihood was asked for."""
    arguments = sample.get("arguments")
    requests = list(arguments.values()) if isinstance(arguments, Mapping) else arguments
    for request in requests if isinstance(requests, list) else []:
        parts = list(request.values()) if isinstance(request, Mapping) else request
        yield parts[1].strip() if isinstance(parts, list) and len(parts) > 1 and isinstance(parts[1], str) else ""


def _choices(sample: Record) -> list[str]:
    """What was chosen between. Where it was asked for once more without the question, that is left out."""
    found = list(_arguments(sample))
    half = len(found) // 2
    return found[:half] if half and len(found) == 2 * half and found[:half] == found[half:] else found


def _scores(sample: Record, count: int, where: str) -> list[float]:
    """The log-likelihood of each choice.

    Raises:
        DataError: if one is missing or is no number.
    """
    responses = sample.get("filtered_resps")
    try:
        found = [float(one[0]) for one in responses[:count]] if isinstance(responses, list) else []
    except (TypeError, ValueError, IndexError, KeyError):
        found = []
    if len(found) != count or not np.isfinite(found).all():
        raise DataError("filtered_resps does not hold a log-likelihood for each choice.", where=where)
    return found


def _named(target: str | None, choices: Sequence[str], where: str) -> str:
    """The choice that a target names: by its text, or by its place.

    Raises:
        DataError: if it is neither.
    """
    if target in choices:
        return str(target)
    if target is not None and re.fullmatch(r"\d{1,6}", target) and int(target) < len(choices):
        return choices[int(target)]
    raise DataError(f"the target {json.dumps(target)} is none of the {len(choices):,} choices.", where=where)


def _numbers(choices: Sequence[str], scores: Sequence[Sequence[float]]) -> tuple[NumbersInMemory, list[str]]:
    """The probabilities of the choices among each other, as logarithms."""
    columns = [f"logprob:{choice}" for choice in choices]
    values = np.array(scores, dtype=np.float64).reshape(len(scores), len(choices))
    with np.errstate(invalid="ignore"):
        values = values - values.max(axis=1, keepdims=True)
        values = values - np.log(np.exp(values).sum(axis=1, keepdims=True))
    return NumbersInMemory(columns, values), columns
