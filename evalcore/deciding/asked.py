"""What a person asks of a run, as plain fields that a URL, a session and the command line can hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import Field, field, fields
from typing import Any, ClassVar, Protocol, TypeVar

Query = dict[str, str]

LONGEST_TEXT = 1_000_000
"""Characters of a table that a field may hold."""


class Asked(Protocol):
    """A frozen dataclass whose fields are texts, numbers and switches, each with a default.

    No two questions have a field of the same name: all of them stand in one URL.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


A = TypeVar("A", bound=Asked)


def number(default: float, low: float, high: float) -> Any:
    """A field that holds a number in a range."""
    return field(default=default, metadata={"low": low, "high": high})


def whole(default: int, low: int, high: int) -> Any:
    """A field that holds a whole number in a range."""
    return field(default=default, metadata={"low": low, "high": high})


def one_of(default: str, choices: tuple[str, ...]) -> Any:
    """A field that holds one of some names."""
    return field(default=default, metadata={"choices": choices})


def query_of_asked(asked: Asked) -> Query:
    """The fields that are not the default, by their names."""
    found = {}
    for one in fields(asked):
        value = getattr(asked, one.name)
        if value != one.default:
            found[one.name] = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return found


def asked_of_query(cls: type[A], query: Mapping[str, str]) -> A:
    """The inverse. A value that is none, or out of its range, is dropped: a URL can contain anything."""
    found = {}
    for one in fields(cls):
        if one.name in query:
            value = _value(one, query[one.name])
            if value is not None:
                found[one.name] = value
    return cls(**found)


def _value(one: Field[Any], text: str) -> Any:
    if isinstance(one.default, bool):
        return {"yes": True, "no": False}.get(text)
    if isinstance(one.default, int | float):
        try:
            value = type(one.default)(text)
        except ValueError:
            return None
        within = math.isfinite(value) and one.metadata["low"] <= value <= one.metadata["high"]
        return value if within else None
    choices = one.metadata.get("choices")
    return text if len(text) <= LONGEST_TEXT and (choices is None or text in choices) else None
