"""What separates the values of a CSV file: found by a rule that can be said in a sentence, not by a guess.

The separator is the mark that splits the header into two columns or more, quotes heeded. Where several marks do, it is
the one that splits the first rows into as many columns as the header. Where that leaves none or several, the file is
refused: a wrong separator would be read without any error.
"""

from __future__ import annotations

import csv
import itertools
import re
from dataclasses import dataclass

from evalcore.errors import DataError, quoted
from evalcore.tasks import table
from evalcore.tasks.text_file import SEPARATORS, TextFile

ROWS_LOOKED_AT = 50

_HINT = re.compile(r"sep=(.)", re.IGNORECASE)


@dataclass(frozen=True)
class _Split:
    """What a mark makes of the first rows.

    Attributes:
        columns: of the header.
        even: whether all of these rows have as many.
    """

    columns: int
    even: bool


def separator_of(file: TextFile) -> str:
    """The separator of a CSV file; a comma for a file of one column.

    Raises:
        DataError: if several marks may be it, or the first line is Excel's `sep=;`.
    """
    first = next(file.lines(newline=""), "").rstrip("\r\n")
    if _HINT.fullmatch(first):
        raise DataError(
            f"the first line, {quoted(first)}, is a hint for Excel and not the names of the columns.",
            where=f"{file.name}, line 1",
            do="Delete this line.",
        )
    splits = {mark: split for mark in SEPARATORS if (split := _split(file, mark)).columns > 1}
    if len(splits) < 2:
        return next(iter(splits), ",")
    even = [mark for mark, split in splits.items() if split.even]
    if len(even) == 1:
        return even[0]
    ways = " or ".join(f"{SEPARATORS[mark]} ({splits[mark].columns:,} columns)" for mark in even or splits)
    why = "and both split the first rows evenly" if even else "and none splits the first rows evenly"
    raise DataError(
        f"it may be separated by {ways}, {why}.",
        where=f"{file.name}, line 1",
        do="Put each column name and each text in double quotes, or save it as .xlsx.",
    )


def _split(file: TextFile, mark: str) -> _Split:
    csv.field_size_limit(table.MAX_FIELD_CHARS)
    lines = file.lines(newline="", separators=mark)
    lengths: list[int] = []
    try:
        for fields in itertools.islice(csv.reader(lines, delimiter=mark, strict=True), ROWS_LOOKED_AT):
            lines.held = 0
            if fields:
                lengths.append(len(fields))
    except (csv.Error, DataError):  # quotes that make no sense with this mark, or a row of a million values
        return _Split(lengths[0] if lengths else 0, even=False)
    return _Split(lengths[0] if lengths else 0, even=len(set(lengths)) == 1)
