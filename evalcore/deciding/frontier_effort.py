"""What a run takes for 1,000 texts: seconds, tokens or money, where that comes from, or why nobody knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from evalcore.analysis import ServerCost
from evalcore.deciding.answer import TEXTS
from evalcore.deciding.frontier_runs import AnsweringRun
from evalcore.store import RunRecord
from evalcore.wording import counted

EffortKind = Literal["seconds", "tokens", "price"]
EFFORTS: tuple[EffortKind, ...] = get_args(EffortKind)
"""Per 1,000 texts."""
_SECONDS_AN_HOUR = 3600
_OWN_SHARE = 0.5
"""Share of its answers that a run must have predicted itself for its own time to count."""


@dataclass(frozen=True)
class Effort:
    """What 1,000 texts take.

    Attributes:
        amount: NaN if it is not known.
        source: where it comes from, or why it is not known, in one sentence.
        at_least: whether it may be more: the server did not tell all tokens.
        currency: of a price, where one is known.
    """

    amount: float
    source: str
    at_least: bool = False
    currency: str = ""

    @property
    def is_known(self) -> bool:
        """Whether there is an amount."""
        return self.amount == self.amount


def effort_of(run: AnsweringRun, kind: EffortKind, cost: ServerCost | None, price_per_hour: float) -> Effort:
    """What a run takes for 1,000 texts.

    Args:
        cost: what it asked of its server; None if it asked none.
        price_per_hour: of this machine; 0 if it is not known.
    """
    if not run.record.kind.can_run:
        return _unknown("Its answers come from a file: what they took is not stored.")
    if kind == "seconds":
        return _seconds(run)
    return _tokens(run, cost) if kind == "tokens" else _price(run, cost, price_per_hour)


def setup_words(record: RunRecord) -> str:
    """On what a run was predicted: device, number format and engine, or the server; empty if that is not stored."""
    if record.kind.is_remote:
        return str(record.identity.get("url", ""))
    if record.kind.is_baseline:
        return "CPU"
    known = record.metadata
    engine = f"engine {known['engine']}" if known.get("engine") else ""
    return ", ".join(part for part in (known.get("device", ""), known.get("dtype", ""), engine) if part)


def _seconds(run: AnsweringRun) -> Effort:
    record, measured = run.record, run.measured
    if _is_own(run):
        source = f"Wall time of {counted(record.predicted, 'prediction')}, without loading the model."
        return Effort(TEXTS * record.seconds / record.predicted, source)
    if not measured.n or not measured.latency_s:
        return _unknown("No time is stored with its answers.")
    each = "its requests one after another" if record.kind.is_remote else "each with its share of its batch"
    source = f"Its answers were in the cache: what they took when they were predicted, {each}."
    return Effort(TEXTS * measured.latency_s / measured.n, source)


def _tokens(run: AnsweringRun, cost: ServerCost | None) -> Effort:
    record, measured = run.record, run.measured
    if record.kind.is_baseline:
        return Effort(0.0, "It is no language model, and reads no tokens.")
    if not record.kind.is_remote:
        total = measured.prompt_tokens + measured.generated_tokens
        if not measured.n or not total:
            return _unknown("No number of tokens is stored with its answers.")
        return Effort(TEXTS * total / measured.n, "Tokens of the prompts, and generated ones.")
    asked = _asked_itself(run, cost)
    if isinstance(asked, str):
        return _unknown(asked)
    total = asked.usage.input_tokens + asked.usage.output_tokens
    source = "Tokens that the server counted, in and out, over all attempts."
    return Effort(TEXTS * total / record.predicted, source, asked.is_lower_bound)


def _price(run: AnsweringRun, cost: ServerCost | None, price_per_hour: float) -> Effort:
    if not run.record.kind.is_remote:
        if not price_per_hour:
            return _unknown("It was predicted on a machine whose price per hour is not typed.")
        seconds = _seconds(run)
        source = f"The price per hour, for its seconds. {seconds.source}"
        return Effort(
            seconds.amount * price_per_hour / _SECONDS_AN_HOUR, source if seconds.is_known else seconds.source
        )
    asked = _asked_itself(run, cost)
    if isinstance(asked, str):
        return _unknown(asked)
    if asked.price is None:
        return _unknown(asked.why_no_price)
    amount = TEXTS * asked.price.of(asked.usage) / run.record.predicted
    source = f"Tokens that the server counted, over all attempts, at the price of {asked.price.as_of}."
    return Effort(amount, source, asked.is_lower_bound, asked.price.currency)


def _asked_itself(run: AnsweringRun, cost: ServerCost | None) -> ServerCost | str:
    """What a run asked of its server; if it asked nothing, or too little to tell, why."""
    if cost is None or not cost.usage.requests or not _is_own(run):
        return "Its answers were in the cache: the server's count of tokens is with the run that asked for them."
    if cost.usage.untold == cost.usage.requests:
        return "The server does not tell how many tokens it counted."
    return cost


def _is_own(run: AnsweringRun) -> bool:
    """Whether the run has predicted enough of its answers itself."""
    return run.record.predicted > 0 and run.record.predicted >= _OWN_SHARE * run.measured.n


def _unknown(why: str) -> Effort:
    return Effort(float("nan"), why)
