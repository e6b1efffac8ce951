"""What a run asked of its server, and what that cost by the table of servers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from evalcore.errors import BlindspotError
from evalcore.store import SERVERS_FILE, Price, RunRecord, Store, Usage, price_of, read_servers
from evalcore.wording import counted, money


@dataclass(frozen=True)
class ServerCost:
    """What a run asked of its server, over all attempts.

    Attributes:
        usage: requests and tokens, as the server counted them.
        price: as the table of servers has it now; None if none is known.
        why_no_price: a reason with its full stop, where there is no price.
    """

    usage: Usage
    price: Price | None
    why_no_price: str = ""

    @property
    def is_lower_bound(self) -> bool:
        """Whether the server did not tell all of the tokens."""
        return self.usage.untold > 0

    def as_json(self, today: date | None = None) -> dict[str, Any]:
        """JSON-ready; the amount is null where no price is known."""
        known = self.price
        return {
            **asdict(self.usage),
            "lower_bound": self.is_lower_bound,
            "amount": known.of(self.usage) if known else None,
            "currency": known.currency if known else None,
            "price_as_of": known.as_of.isoformat() if known else None,
            "price_is_old": known.is_stale(today or date.today()) if known else None,
        }


def server_cost(store: Store, record: RunRecord) -> ServerCost | None:
    """What a run asked of its server; None if it asked none, or before that was kept."""
    if record.usage is None:
        return None
    url, model = str(record.identity.get("url", "")), str(record.identity.get("model", ""))
    try:
        price = price_of(read_servers(store.folder), url, model)
    except BlindspotError as error:
        return ServerCost(record.usage, None, str(error))
    return ServerCost(record.usage, price, "" if price else f"{SERVERS_FILE} has no price for it.")


def server_cost_words(cost: ServerCost, today: date | None = None) -> str:
    """Requests, tokens and what they cost, in two short sentences."""
    usage, price, today = cost.usage, cost.price, today or date.today()
    cached = f" ({usage.cached_input_tokens:,} cached)" if usage.cached_input_tokens else ""
    untold = f", not told for {counted(usage.untold, 'request')}" if usage.untold else ""
    least = "at least " if cost.is_lower_bound else ""
    tokens = f"{least}{counted(usage.input_tokens, 'token')} in{cached}, {usage.output_tokens:,} out{untold}"
    asked = f"{counted(usage.requests, 'request')} to the server: {tokens}."
    if price is None:
        return f"{asked} Cost not known: {cost.why_no_price}"
    old = f", {counted((today - price.as_of).days, 'day')} old" if price.is_stale(today) else ""
    return f"{asked} Cost: {least}{money(price.of(usage), price.currency)} (price of {price.as_of}{old})."
