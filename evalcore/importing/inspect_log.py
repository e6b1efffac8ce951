"""Inspect: an evaluation log, `.eval` or `.json`, read by `inspect_ai.log.read_eval_log` itself.

inspect-ai is an extra. An archive is measured before it is handed on, so that a small one cannot fill the memory.
"""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Sequence
from typing import Any

from evalcore.errors import DataError, first_line
from evalcore.extras import require
from evalcore.importing.reading import (
    DATE,
    MODEL,
    TASK,
    TOOL,
    Asked,
    Reading,
    Role,
    chosen_part,
    column_names,
    left_out,
)  # fmt: skip
from evalcore.importing.source import Source, as_text, bytes_of, choose_fields, opened
from evalcore.tasks.table import MAX_BYTES, too_many_bytes
from evalcore.wording import counted

TITLE = "an Inspect log"
_PIECE = 2**20
_MAX_MEMBERS = 2_000_000
_COMPLETION = "output.completion"


def looks_like(source: Source) -> bool:
    """Whether it is an archive with the parts of a log, or a document with them."""
    if source.kind == "archive":
        return bool({"header.json", "_journal/start.json"} & source.members.keys())
    document = source.document
    return isinstance(document, dict) and {"version", "status", "eval"} <= document.keys()


def read(source: Source, asked: Asked) -> Reading:
    """The samples of one epoch that ended with an output.

    Raises:
        DataError: if it is no log, or one that is too large or damaged.
        ModelError: if inspect-ai is not installed.
    """
    require("inspect_ai", "inspect", "An Inspect log")
    log = _read_log(source)
    samples = list(log.samples or [])
    epochs = sorted({sample.epoch for sample in samples})
    parts = [f"epoch {epoch}" for epoch in epochs]
    part = chosen_part(parts, asked, source.name) if parts else ""
    of_epoch = [sample for sample in samples if f"epoch {sample.epoch}" == part]
    answered = [sample for sample in of_epoch if not sample.error and sample.output and sample.output.choices]
    if not answered:
        raise DataError(f"holds no sample with an output; its status is {log.status}.", where=source.name)

    scorers = [name for name in (answered[0].scores or {}) if answered[0].scores[name].answer is not None]
    fields = ["input", "target", _COMPLETION, *(f"scores.{name}.answer" for name in scorers)]
    metadata = [f"metadata.{key}" for key in answered[0].metadata or {}]
    likely: dict[Role, Sequence[str]] = {"text": ["input"], "label": ["target"], "answer": [_COMPLETION, *fields[3:]]}
    record = dict.fromkeys([*fields, *metadata], "")
    chosen, offered, _ = choose_fields(source, asked, record, likely, every=[*fields, *metadata])
    rows = [[_value(sample, chosen[role]) for role in chosen] for sample in answered]
    several = sum(isinstance(sample.target, list) and len(sample.target) > 1 for sample in answered)
    notes = left_out(len(of_epoch) - len(answered), "sample", "ended with an error or was cancelled")
    if log.status != "success":
        notes.append(f"The log's status is {log.status}: it holds the samples that were done by then.")
    if several:
        notes.append(f"{counted(several, 'sample has', 'samples have')} more than one target: the first is taken.")
    twice = sum(times - 1 for times in Counter(sample.id for sample in answered).values())
    if twice:
        notes.append(f"{counted(twice, 'sample has', 'samples have')} an id that another one has.")
    made_by = (log.eval.packages or {}).get("inspect_ai", "")
    about = {
        MODEL: log.eval.model,
        TASK: log.eval.task,
        DATE: str(log.eval.created),
        TOOL: f"Inspect {made_by}".strip(),
    }
    columns = column_names(chosen)
    return Reading(
        TITLE,
        source.table(list(columns.values()), rows, range(1, len(rows) + 1)),
        columns=columns,
        found=chosen,
        fields=offered,
        in_doubt=frozenset(),
        parts=parts,
        part=part,
        about={key: value for key, value in about.items() if value},
        notes=notes,
    )


def _value(sample: Any, path: str) -> str | None:
    """A field of a sample: text as it is, of chat messages what the user said last, and of targets the first."""
    if path == "input":
        if isinstance(sample.input, str):
            return sample.input
        said = [message for message in sample.input if message.role == "user"] or list(sample.input)
        return str(said[-1].text) if said else None
    if path == "target":
        return str(sample.target if isinstance(sample.target, str) else next(iter(sample.target), ""))
    if path == _COMPLETION:
        return str(sample.output.completion)
    kind, _, name = path.partition(".")
    if kind == "metadata":
        return as_text((sample.metadata or {}).get(name))
    score = (sample.scores or {}).get(name.removesuffix(".answer"))
    return None if score is None else score.answer


def _read_log(source: Source) -> Any:
    """The log by Inspect's own reader, which is given bytes that were measured.

    Raises:
        DataError: if it does not read it.
    """
    from inspect_ai.log import read_eval_log

    is_archive = source.kind == "archive"
    if is_archive:
        _measure(source)
    try:
        return read_eval_log(io.BytesIO(bytes_of(source.file)), format="eval" if is_archive else "json")
    except MemoryError as error:
        raise DataError("there is not enough memory to read it.", where=source.name) from error
    except Exception as error:  # whatever a damaged log makes of the reader
        raise DataError(
            f"Inspect does not read this log ({type(error).__name__}: {first_line(error):.200}).",
            where=source.name,
            do="Look whether it is complete, and whether a newer inspect-ai wrote it.",
        ) from error


def _measure(source: Source) -> None:
    """Unfold an archive without keeping it.

    Raises:
        DataError: if it holds more than MAX_BYTES, or is damaged.
    """
    total = 0
    try:
        with zipfile.ZipFile(opened(source.file)) as archive:
            if len(archive.infolist()) > _MAX_MEMBERS or sum(one.file_size for one in archive.infolist()) > MAX_BYTES:
                raise too_many_bytes(source.name)
            for member in archive.infolist():
                with archive.open(member) as stream:
                    while piece := stream.read(_PIECE):
                        total += len(piece)
                        if total > MAX_BYTES:
                            raise too_many_bytes(source.name)
    except DataError:
        raise
    except Exception as error:  # whatever a damaged member makes of its decompressor, of which there are several
        raise DataError(f"is a damaged archive ({first_line(error):.200}).", where=source.name) from error
