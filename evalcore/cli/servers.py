"""`servers`: how each server may be asked, and what it costs."""

from __future__ import annotations

import argparse
from datetime import date
from typing import Any

from evalcore.cli.options import Commands, add_command, open_store, print_json
from evalcore.errors import printable
from evalcore.store import SERVER_COLUMNS, SERVERS_FILE, ServerRow, cell_text, read_servers
from evalcore.wording import counted


def add(commands: Commands) -> None:
    """Add the command."""
    text = f"Show how each server may be asked, and what it costs, as {SERVERS_FILE} in the cache folder says."
    add_command(commands, "servers", _servers, text)


def _servers(options: argparse.Namespace) -> int:
    folder = open_store(options).folder
    rows = read_servers(folder)
    if options.json:
        print_json([_as_json(row) for row in rows])
    elif not rows:
        print(f"No server is in the table. Write {folder / SERVERS_FILE} with the columns\n{','.join(SERVER_COLUMNS)}")
    else:
        for row in rows:
            print(printable(_line(row)))
    return 0


def _as_json(row: ServerRow) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in SERVER_COLUMNS}
    return {**values, "as_of": row.as_of.isoformat() if row.as_of else None}


def _line(row: ServerRow) -> str:
    """`http://localhost:8000/v1 · all models · 16 at a time · no price`."""
    limits = row.limits
    said = [
        f"{limits.concurrent} at a time" if limits.concurrent else "",
        f"{counted(limits.requests_per_minute, 'request')} a minute" if limits.requests_per_minute else "",
        f"{counted(limits.tokens_per_minute, 'token')} a minute" if limits.tokens_per_minute else "",
    ]
    return " · ".join([row.address, row.model or "all models", *filter(None, said), _price_words(row)])


def _price_words(row: ServerRow) -> str:
    """`USD 0.15 in (0.075 cached), 0.6 out for a million tokens, as of 2026-11-28 (old)`."""
    price = row.price
    if price is None:
        return "no price"
    cached = (
        f" ({cell_text(price.cached_input_per_million)} cached)" if price.cached_input_per_million is not None else ""
    )
    old = ", which is old" if price.is_stale(date.today()) else ""
    return (
        f"{price.currency} {cell_text(price.input_per_million)} in{cached}, {cell_text(price.output_per_million)} out"
        f" for a million tokens, as of {price.as_of}{old}"
    )
