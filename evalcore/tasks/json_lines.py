"""JSON and JSON lines -> rows of text. Time and memory are linear in the size of the file, for any content."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from evalcore.errors import DataError, quoted
from evalcore.tasks import table
from evalcore.tasks.table import Choose, Header, PassOver, Table, check_text, chosen_columns, flaw
from evalcore.tasks.text_file import TextFile

MAX_DEPTH = 500
"""Of JSON: the standard library's reader fails at a depth somewhat below 1,000, depending on the call stack."""

_BRACKET_OR_QUOTE = re.compile(r'\\.|["\[\]{}]', re.DOTALL)


def parse_json_lines(file: TextFile, choose: Choose, pass_over: PassOver | None = None) -> Table:
    """A file with a JSON object on each line; a key that a line lacks is a missing value there.

    Args:
        pass_over: see `table.PassOver`.

    Raises:
        DataError: if a line is no JSON object, is nested too deeply, or has a key twice.
    """
    # Any line may have a new key. Usually the first has all of them; otherwise the file is read twice.
    likely = _likely_columns(file, choose)
    refused: set[int] = set()

    def note(line: int, error: DataError) -> None:
        if pass_over is None:
            raise error
        refused.add(line)
        pass_over(line, error)

    columns, rows, starts = _json_rows(file, likely, note)
    chosen = chosen_columns(Header(file.name, columns), choose)
    if chosen != likely:
        _, rows, starts = _json_rows(file, chosen, note)
    for row, line in zip(rows, starts, strict=True):
        for column, text in zip(chosen, row, strict=True):
            if text is not None and (found := flaw(text)):
                error = DataError(f"column {quoted(column)} {found}.", where=f"{file.name}, line {line}")
                note(line, error)
    if refused:
        kept = [at for at, line in enumerate(starts) if line not in refused]
        rows, starts = [rows[at] for at in kept], [starts[at] for at in kept]
    return Table(file.name, chosen, rows, starts)


def is_json_object(line: str | bytes) -> bool:
    """Whether a line is a JSON object and nothing else."""
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _likely_columns(file: TextFile, choose: Choose) -> list[str]:
    try:
        return next((chosen_columns(Header(file.name, list(record)), choose) for _, record in json_records(file)), [])
    except DataError:
        return []  # a later line may have the column; if not, the error is raised again when all is read


def _json_rows(
    file: TextFile, chosen: list[str], pass_over: PassOver | None
) -> tuple[list[str], list[list[str | None]], list[int]]:
    """The names of all columns, the values of the chosen ones, and the line of each row."""
    columns: dict[str, None] = {}
    rows: list[list[str | None]] = []
    starts: list[int] = []
    chars = 0
    for line, record in json_records(file, pass_over=pass_over):
        if len(rows) >= table.MAX_ROWS:
            raise table.too_many_rows(file.name)
        for key in record:
            if key not in columns:
                check_text(key, key, f"{file.name}, line {line}")
                columns[key] = None
        if len(columns) > table.MAX_COLUMNS:
            raise table.too_many_columns(file.name)
        if len(rows) * len(chosen) > table.MAX_CELLS:
            raise table.too_many_cells(file.name)
        row = [json_text(record.get(column)) for column in chosen]
        chars += sum(map(len, filter(None, row)))
        if chars > table.MAX_BYTES:
            raise table.too_many_bytes(file.name)
        rows.append(row)
        starts.append(line)
    return list(columns), rows, starts


def json_records(
    file: TextFile, decoder: json.JSONDecoder | None = None, pass_over: PassOver | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The object on each line, with the number of the line.

    Args:
        decoder: in place of the one that keeps numbers as they are written and refuses duplicate keys.
        pass_over: see `table.PassOver`.

    Raises:
        DataError: if a line is no JSON object or is nested too deeply.
    """
    lines = file.lines(newline="\n", separators=",[{")
    for content in lines:
        lines.held = 0
        if content.isspace():
            continue
        where = f"{file.name}, line {lines.number}"
        try:
            record = parse_json(content, where, decoder)
            if not isinstance(record, dict):
                raise DataError("each line must be a JSON object.", where=where)
        except DataError as error:
            if pass_over is None:
                raise
            pass_over(lines.number, error)
            continue
        yield lines.number, record


class _Written(str):
    """JSON text that is kept as it is written: a number, a bracket, a comma."""

    __slots__ = ()


class _Object(dict[str, Any]):
    """A JSON object without duplicate keys."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        if len(self) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            raise ValueError(f"the key {quoted(next(key for key in counts if counts[key] > 1))} stands there twice")


_DECODER = json.JSONDecoder(
    # Numbers are kept as they are written: 1e5 does not become 100000.0.
    parse_int=_Written, parse_float=_Written, parse_constant=_Written, object_pairs_hook=_Object
)  # fmt: skip


def parse_json(text: str, where: str, decoder: json.JSONDecoder | None = None) -> Any:
    """JSON, with numbers as they are written and objects as `dict`.

    Args:
        decoder: another one, which may do otherwise.

    Raises:
        DataError: if it is not valid, is nested too deeply, or has a key twice.
    """
    if _is_deep(text):
        raise DataError(f"JSON that is nested more than {MAX_DEPTH} levels deep.", where=where, do="Flatten it.")
    try:
        return (decoder or _DECODER).decode(text)
    except json.JSONDecodeError as error:
        raise DataError(f"not valid JSON ({error.msg} at character {error.colno:,}).", where=where) from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"not valid JSON ({error}).", where=where) from None


def _is_deep(text: str) -> bool:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth, in_string = 0, False
    for found in _BRACKET_OR_QUOTE.finditer(text):
        token = found.group()
        if token == '"':
            in_string = not in_string
        elif not in_string:
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token, 0)
            if depth > MAX_DEPTH:
                return True
    return False


def json_text(value: Any) -> str | None:
    """A JSON value as text: strings and numbers as they are, the rest as JSON."""
    if value is None or isinstance(value, str):
        return None if value is None else str(value)
    # Not recursive: the data may be nested more deeply than Python's call stack allows.
    parts: list[str] = []
    left = [value]
    while left:
        value = left.pop()
        if isinstance(value, _Written):
            parts.append(value)
        elif isinstance(value, dict | list):
            left += reversed(_opened(value))
        else:
            parts.append(json.dumps(value, ensure_ascii=False))
    return "".join(parts)


def _opened(value: dict[str, Any] | list[Any]) -> list[Any]:
    """An object or array as the sequence of its parts, brackets and commas included."""
    if isinstance(value, list):
        inner = [part for item in value for part in (_Written(", "), item)]
        return [_Written("["), *inner[1:], _Written("]")]
    inner = [
        part
        for key, item in value.items()
        for part in (_Written(", "), _Written(f"{json.dumps(key, ensure_ascii=False)}: "), item)
    ]
    return [_Written("{"), *inner[1:], _Written("}")]
