"""`servers.csv` in the cache folder: how each server may be asked, and what it costs.

One line a server, or a server and one of its models. A person writes it, by hand or from the form on the overview.
Nothing in it decides an answer, so it is no part of a run's identity. No price comes with this program: it could not be
checked.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from evalcore.errors import StoreError, listed, quoted
from evalcore.store.small_file import replace_file
from evalcore.store.usage import Usage

SERVERS_FILE = "servers.csv"
STALE_AFTER_DAYS = 90
"""A price that was looked up longer ago is said to be old."""
MOST_CONCURRENT = 256
_MOST_PER_MINUTE = 1_000_000_000
_MOST_PRICE = 1_000_000.0


@dataclass(frozen=True)
class Limits:
    """How a server may be asked; None where nothing is said.

    Attributes:
        concurrent: prompts at the same time.
        requests_per_minute, tokens_per_minute: at most; tokens of prompts and answers together.
    """

    concurrent: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None

    def over(self, other: Limits) -> Limits:
        """These, and the other's where these say nothing."""
        return Limits(
            self.concurrent if self.concurrent is not None else other.concurrent,
            self.requests_per_minute if self.requests_per_minute is not None else other.requests_per_minute,
            self.tokens_per_minute if self.tokens_per_minute is not None else other.tokens_per_minute,
        )


@dataclass(frozen=True)
class Price:
    """What a server's tokens cost.

    Attributes:
        input_per_million, output_per_million: in `currency`, for a million tokens.
        cached_input_per_million: of prompts that the server had read before; None where they cost what others do.
        currency: as it is shown, such as USD.
        as_of: the day on which the price was looked up.
    """

    input_per_million: float
    output_per_million: float
    cached_input_per_million: float | None
    currency: str
    as_of: date

    def of(self, usage: Usage) -> float:
        """What these tokens cost, in `currency`; at least that much where some of them are not told."""
        cached_price = (
            self.input_per_million if self.cached_input_per_million is None else self.cached_input_per_million
        )
        return (
            (usage.input_tokens - usage.cached_input_tokens) * self.input_per_million
            + usage.cached_input_tokens * cached_price
            + usage.output_tokens * self.output_per_million
        ) / 1_000_000

    def is_stale(self, today: date) -> bool:
        """Whether it was looked up so long ago that it may have changed."""
        return (today - self.as_of).days > STALE_AFTER_DAYS


@dataclass(frozen=True)
class ServerRow:
    """One line of the table. The fields are its columns, in this order.

    Attributes:
        address: of the server, up to and without `/chat/completions`.
        model: the name under which it serves a model; empty for all of its models.
        concurrent, requests_per_minute, tokens_per_minute: as in `Limits`.
        input_per_million, output_per_million, cached_input_per_million, currency, as_of: as in `Price`; either all of
            them but for the third are there, or none.
    """

    address: str
    model: str = ""
    concurrent: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    input_per_million: float | None = None
    output_per_million: float | None = None
    cached_input_per_million: float | None = None
    currency: str = ""
    as_of: date | None = None

    @property
    def limits(self) -> Limits:
        """How the server may be asked."""
        return Limits(self.concurrent, self.requests_per_minute, self.tokens_per_minute)

    @property
    def price(self) -> Price | None:
        """What its tokens cost; None if the line does not say it."""
        if self.input_per_million is None or self.output_per_million is None or self.as_of is None:
            return None
        return Price(
            self.input_per_million, self.output_per_million, self.cached_input_per_million, self.currency, self.as_of
        )


COLUMNS = tuple(column.name for column in fields(ServerRow))


class ServerTableError(StoreError):
    """The table cannot be read, or what is to be written is no table."""


def read_servers(folder: Path) -> tuple[ServerRow, ...]:
    """The table of a cache folder; empty if there is none.

    Raises:
        ServerTableError: if it cannot be read exactly as it was meant. The file stays as it is.
    """
    path = folder / SERVERS_FILE
    try:
        text = path.read_text(encoding="utf-8-sig")  # spreadsheets put a mark at the beginning
        lines = list(csv.reader(io.StringIO(text), strict=True))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, csv.Error) as error:
        raise ServerTableError(f"this table cannot be read ({error}).", where=str(path)) from None
    if not lines:
        return ()
    head = [name.strip() for name in lines[0]]
    unknown = [name for name in head if name not in COLUMNS]
    if unknown or "address" not in head or len(set(head)) < len(head):
        what = f"there is no column {listed(unknown)}" if unknown else "its first line must name each column once"
        raise ServerTableError(f"{what}.", where=f"{path}, line 1", do=f"The columns are {', '.join(COLUMNS)}.")
    numbered = [(number, line) for number, line in enumerate(lines[1:], start=2) if any(map(str.strip, line))]
    for number, line in numbered:
        if len(line) != len(head):
            what = f"it has {len(line)} fields where the first line has {len(head)}."
            raise ServerTableError(what, where=f"{path}, line {number}")
    return parse_rows({f"{path}, line {number}": dict(zip(head, line, strict=True)) for number, line in numbered})


def write_servers(folder: Path, rows: Sequence[ServerRow]) -> None:
    """Write the table of a cache folder: all of it, or nothing.

    Raises:
        ServerTableError: if it cannot be written. The file is then as it was.
    """
    path = folder / SERVERS_FILE
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([cell_text(getattr(row, name)) for name in COLUMNS] for row in rows)
    try:
        replace_file(path, out.getvalue())
    except (OSError, ValueError) as error:
        raise ServerTableError(f"the table cannot be written ({error}).", where=str(path)) from None


def parse_rows(lines: Mapping[str, Mapping[str, str]]) -> tuple[ServerRow, ...]:
    """Rows of the table from texts by column.

    Args:
        lines: by what a message calls the line.

    Raises:
        ServerTableError: for the first line that is no row, or is there twice.
    """
    where_of: dict[tuple[str, str], str] = {}
    rows = []
    for where, line in lines.items():
        try:
            row = _row({name: text.strip() for name, text in line.items()})
        except ValueError as error:
            raise ServerTableError(f"{error}.", where=where) from None
        if earlier := where_of.get((row.address, row.model)):
            what = f"this server and model were named before, in {earlier}."
            raise ServerTableError(what, where=where, do="Keep one of the two lines.")
        where_of[row.address, row.model] = where
        rows.append(row)
    return tuple(rows)


def server_address(parts: SplitResult) -> str:
    """The one spelling of a server's address, by which a run finds its line of the table."""
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def limits_of(rows: Sequence[ServerRow], url: str, model: str) -> Limits:
    """How a model of a server may be asked: what its own line says, and the server's line where that says nothing."""
    limits = Limits()
    for row in _lines_for(rows, url, model):
        limits = limits.over(row.limits)
    return limits


def price_of(rows: Sequence[ServerRow], url: str, model: str) -> Price | None:
    """What a model of a server costs, by its own line or else by the server's; None if neither says it."""
    return next((row.price for row in _lines_for(rows, url, model) if row.price), None)


def cell_text(value: Any) -> str:
    """A cell as the file holds it: empty for None, and no digit of a number lost."""
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(float(value)).removesuffix(".0")  # pandas has floats of its own
    return str(value)


def _lines_for(rows: Sequence[ServerRow], url: str, model: str) -> list[ServerRow]:
    """The line of this model and the line of its server, as far as there are any."""
    return [row for name in (model, "") for row in rows if (row.address, row.model) == (url, name)]


def _row(line: Mapping[str, str]) -> ServerRow:
    """A row from texts by column.

    Raises:
        ValueError: a sentence without its full stop.
    """
    address, model = _server(line.get("address", ""), line.get("model", ""))
    concurrent = _whole(line, "concurrent", MOST_CONCURRENT)
    requests = _whole(line, "requests_per_minute", _MOST_PER_MINUTE)
    tokens = _whole(line, "tokens_per_minute", _MOST_PER_MINUTE)
    paid, generated = _amount(line, "input_per_million"), _amount(line, "output_per_million")
    cached = _amount(line, "cached_input_per_million")
    currency, as_of = line.get("currency", ""), _day(line.get("as_of", ""))
    if (paid, generated, cached) != (None, None, None):
        if paid is None or generated is None:
            raise ValueError("a price needs both input_per_million and output_per_million (0 where it is free)")
        if not re.fullmatch(r"\S{1,8}", currency) or as_of is None:
            raise ValueError("a price needs its currency, such as USD, and as_of, the day on which it was looked up")
    return ServerRow(address, model, concurrent, requests, tokens, paid, generated, cached, currency, as_of)


def _server(address: str, model: str) -> tuple[str, str]:
    """The address and the model, spelt as a run's name for them is; `address#model` may stand in one cell."""
    url, _, named = address.partition("#")
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if (
        not host
        or re.search(r"[\s\x00-\x1f]", url)
        or parts.scheme.lower() not in ("http", "https")
        or parts.query
        or "@" in parts.netloc
    ):
        raise ValueError("this is not a server's address, such as http://localhost:8000/v1")
    if named.strip() and model and named.strip() != model:
        raise ValueError(f"the address names the model {quoted(named.strip())}, and the next column another")
    return server_address(parts), model or named.strip()


def _whole(line: Mapping[str, str], name: str, most: int) -> int | None:
    text = line.get(name, "")
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,12}(\.0)?", text) or not 1 <= int(float(text)) <= most:
        raise ValueError(f"{name} is {quoted(text)}, not a whole number from 1 to {most:,}")
    return int(float(text))


def _amount(line: Mapping[str, str], name: str) -> float | None:
    text = line.get(name, "")
    if not text:
        return None
    try:
        value = float(text) if text.isascii() else math.nan
    except ValueError:
        value = math.nan
    if not 0 <= value <= _MOST_PRICE:
        raise ValueError(f"{name} is {quoted(text)}, not a number from 0 to {_MOST_PRICE:,.0f}, such as 0.15")
    return value


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"as_of is {quoted(text)}, not a day such as 2026-11-28") from None
