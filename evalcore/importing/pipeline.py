"""Hugging Face `pipeline("text-classification")`: its output, together with the texts and the true labels.

Either one object of three lists, `{"text": [...], "label": [...], "output": pipe(texts, top_k=None)}`, or one record
for each text with these keys. An output is `{"label": ..., "score": ...}`, or with `top_k` a list of these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from evalcore.errors import DataError, quoted
from evalcore.importing.reading import TOOL, Asked, NumbersInMemory, Reading, Role
from evalcore.importing.source import Record, Source, as_text, at, choose_fields
from evalcore.tasks import LABEL_COLUMNS, TEXT_COLUMNS

TITLE = "Hugging Face pipeline output"
OUTPUTS = ("output", "outputs", "prediction", "predictions", "scores", "pipeline", "result")
_ID = re.compile(r"LABEL_(\d{1,5})")
MAX_SCORES = 20_000_000


def looks_like(source: Source) -> bool:
    """Whether the first record has an output of a pipeline, or the document is nothing else."""
    if source.kind not in ("document", "lines"):
        return False
    document = source.document
    return _output_key(source.first) != "" or _is_output(
        document[0] if isinstance(document, list) and document else None
    )


def read(source: Source, asked: Asked) -> Reading:
    """The outputs, with what stands beside them.

    Raises:
        DataError: if the true labels are not there, or ids cannot be named.
    """
    records = _records(source)
    first = records[0][1] if records else {}
    key = _output_key(first)
    if not key:
        raise DataError(
            "this is the output of a pipeline alone, without the true labels.",
            where=source.name,
            do='Write {"text": texts, "label": true_labels, "output": pipe(texts, top_k=None)} into one JSON file.',
        )
    names: dict[Role, Sequence[str]] = {"text": TEXT_COLUMNS, "label": LABEL_COLUMNS}
    likely: dict[Role, list[str]] = {
        role: [name for name in those if name in first and name != key] for role, those in names.items()
    }
    chosen, fields, in_doubt = choose_fields(source, asked, first, {**likely, "answer": [key]})
    outputs = [_scores(at(record, chosen["answer"]), f"{source.name}, record {number:,}") for number, record in records]
    truths = [as_text(at(record, chosen["label"])) for _, record in records]
    name_of = _names(source, {label for scores in outputs for label in scores}, truths, asked)

    rows = []
    for (_, record), truth, scores in zip(records, truths, outputs, strict=True):
        text = as_text(at(record, chosen["text"])) if "text" in chosen else ""
        best = max(scores, key=lambda label: scores[label], default=None)
        rows.append([text, truth, None if best is None else name_of[best]])
    columns: dict[Role, str] = {"text": "text", "label": "label", "answer": key}
    return Reading(
        TITLE,
        source.table(list(columns.values()), rows, [number for number, _ in records]),
        columns=columns,
        answers_are="prediction",
        found=chosen,
        fields=fields,
        in_doubt=in_doubt,
        numbers=_numbers(source, outputs, name_of),
        about={TOOL: "transformers pipeline"},
        notes=["The ids of labels are named by the label list."] if any(map(_ID.fullmatch, name_of)) else [],
    )


def _is_output(value: Any) -> bool:
    one = value[0] if isinstance(value, list) and value else value
    return isinstance(one, dict) and {"label", "score"} <= one.keys()


def _output_key(record: Record) -> str:
    """Where the output stands: for one text, or as a list for all of them."""
    for key in OUTPUTS:
        value = record.get(key)
        if _is_output(value) or (isinstance(value, list) and value and _is_output(value[0])):
            return key
    return ""


def _records(source: Source) -> list[tuple[int, Record]]:
    """One record for each text; an object of lists is taken apart."""
    document = source.document
    if isinstance(document, list) and document and not isinstance(document[0], dict):
        return []  # a list of lists: outputs alone
    if not isinstance(document, dict):
        return list(source.records())
    lists = {key: value for key, value in document.items() if isinstance(value, list)}
    if len({len(value) for value in lists.values()}) > 1:
        lengths = ", ".join(f"{quoted(key)} has {len(value):,}" for key, value in list(lists.items())[:4])
        raise DataError(f"its lists are not equally long: {lengths}.", where=source.name)
    singular = {key: key.removesuffix("s") if key in ("texts", "labels") else key for key in lists}
    rows = zip_longest(*lists.values())
    return [
        (number, dict(zip((singular[key] for key in lists), row, strict=True)))
        for number, row in enumerate(rows, start=1)
    ]


def _scores(output: Any, where: str) -> dict[str, float]:
    """The score of each label that an output names.

    Raises:
        DataError: if it is no output, or names a label twice.
    """
    listed = output if isinstance(output, list) else [output]
    if listed and isinstance(listed[0], list):  # a list of one list: of one text that was asked alone
        listed = listed[0] if len(listed) == 1 else listed
    scores: dict[str, float] = {}
    for one in listed:
        if not _is_output(one) or not isinstance(one, Mapping):
            raise DataError("the output is no list of labels with scores.", where=where)
        label = as_text(one["label"]) or ""
        try:
            if isinstance(one["score"], bool):  # float(True) is 1
                raise TypeError
            score = float(one["score"])
        except (TypeError, ValueError):
            raise DataError(f"the score of {quoted(label)} is no number.", where=where) from None
        if label in scores:
            raise DataError(f"the label {quoted(label)} stands there twice.", where=where)
        scores[label] = score
    return scores


def _names(source: Source, written: set[str], truths: Sequence[str | None], asked: Asked) -> dict[str, str]:
    """The label that each name of the output stands for: `LABEL_3` is a place in the list of labels.

    Raises:
        DataError: if there is no list, or it is too short.
    """
    ids = {label: int(found[1]) for label in written if (found := _ID.fullmatch(label))}
    if not ids or len(ids) < len(written) or ids.keys() & set(truths):
        return {label: label for label in written}
    if all(truth is not None and re.fullmatch(r"\d{1,5}", truth) for truth in truths):
        return {label: str(number) for label, number in ids.items()}
    known = asked.labels.labels if asked.labels else []
    if max(ids.values()) >= len(known):
        raise DataError(
            f"the model names no labels, only ids such as {quoted(min(ids))}.",
            where=source.name,
            do=f"Give a label list in the order of the ids: it must have at least {max(ids.values()) + 1:,} labels.",
        )
    return {label: known[number] for label, number in ids.items()}


def _numbers(
    source: Source, outputs: Sequence[Mapping[str, float]], name_of: Mapping[str, str]
) -> tuple[NumbersInMemory, list[str]]:
    """The scores, with NaN where an output does not name a label."""
    place = {label: at for at, label in enumerate(sorted(name_of, key=lambda label: name_of[label]))}
    if len(outputs) * len(place) > MAX_SCORES:
        raise DataError(f"holds more than {MAX_SCORES:,} scores.", where=source.name, do="Take a part of it.")
    values = np.full((len(outputs), len(place)), np.nan)
    for row, scores in enumerate(outputs):
        for label, score in scores.items():
            values[row, place[label]] = score
    columns = [f"probability:{name_of[label]}" for label in place]
    return NumbersInMemory(columns, values), columns
