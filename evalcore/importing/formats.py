"""The formats that finished predictions come in, and which of them a file has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from evalcore.errors import DataError, unreadable
from evalcore.importing import inspect_log, langfuse, langsmith, lm_eval, own_table, pipeline, promptfoo
from evalcore.importing.reading import MODEL, Asked, Reading
from evalcore.importing.source import Source
from evalcore.tasks import DataFile
from evalcore.tasks.data_file import SUFFIXES, data_in_memory
from evalcore.tasks.json_lines import is_json_object


@dataclass(frozen=True)
class Format:
    """A format of finished predictions.

    Attributes:
        name: as it is named on the command line.
        title: as it is shown: `400 predictions, read as …`.
        endings: of the files that it comes in.
        looks_like: whether a file has it, by its content.
        read: reads such a file.
    """

    name: str
    title: str
    endings: Sequence[str]
    looks_like: Callable[[Source], bool]
    read: Callable[[Source, Asked], Reading]


FORMATS: tuple[Format, ...] = (
    Format("inspect", inspect_log.TITLE, (".eval", ".json"), inspect_log.looks_like, inspect_log.read),
    Format("lm-eval", lm_eval.TITLE, (".jsonl",), lm_eval.looks_like, lm_eval.read),
    Format("promptfoo", promptfoo.TITLE, (".json", ".jsonl", ".csv"), promptfoo.looks_like, promptfoo.read),
    Format("langsmith", langsmith.TITLE, (".csv", ".json", ".jsonl"), langsmith.looks_like, langsmith.read),
    Format("langfuse", langfuse.TITLE, (".csv", ".json", ".jsonl"), langfuse.looks_like, langfuse.read),
    Format("pipeline", pipeline.TITLE, (".json", ".jsonl"), pipeline.looks_like, pipeline.read),
    Format("table", own_table.TITLE, (*SUFFIXES, ".json"), own_table.looks_like, own_table.read),
)
"""All formats. The first that a file looks like is its; the last takes every file with rows."""


def read_predictions(file: DataFile, asked: Asked | None = None) -> Reading:
    """What a file holds, in the format that it looks like or that was asked for. Nothing is stored.

    Raises:
        DataError: if it cannot be read; whatever it contains, no other error but a `BlindspotError` is raised.
    """
    asked = asked or Asked()
    with unreadable(file.name, "Look whether the file is what its name says."):
        source = Source(file)
        reading = format_of(source, asked.format).read(source, asked)
    named = {MODEL: asked.model} if asked.model else {}
    return replace(reading, listed=asked.labels, about={**reading.about, **named})


def format_of(source: Source, name: str = "") -> Format:
    """The format of this name, or the first that the file looks like.

    Raises:
        DataError: if there is none.
    """
    if name:
        named = next((one for one in FORMATS if one.name == name), None)
        if named is None:
            raise DataError(f"there is no format {name!r}.", do=f"Choose one of {', '.join(f.name for f in FORMATS)}.")
        return named
    found = next((one for one in FORMATS if one.looks_like(source)), None)
    if found is None:
        raise DataError(
            "this archive is no log of Inspect.",
            where=source.name,
            do="Unpack it: the files in it may be what you look for.",
        )
    return found


def pasted(text: str) -> DataFile:
    """The file that pasted text would be: JSON, JSON lines, cells of a spreadsheet (tabs), or CSV.

    Raises:
        DataError: if it is empty or too large.
    """
    text = text.strip("\ufeff\r\n")
    if not text.strip():
        raise DataError("nothing was pasted.", do="Copy the rows with their header, and paste them.")
    head = text.lstrip()
    if head.startswith("["):
        ending = "json"
    elif head.startswith("{"):
        ending = "jsonl" if is_json_object(head.partition("\n")[0]) else "json"
    else:
        ending = "tsv" if "\t" in head.partition("\n")[0] else "csv"
    return data_in_memory(f"pasted.{ending}", text.encode(errors="surrogatepass"))
