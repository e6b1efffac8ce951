"""An Estimate in words: one line for a page, a few for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from evalcore.predictors.forecast import Span
from evalcore.running.estimate import Estimate
from evalcore.wording import counted, lasting, money, rough, sized

NOT_KNOWN = "not known before it was run once"


def in_one_line(found: Estimate) -> str:
    """`400 predictions · 57,900 tokens in, 1,320 out · about 3 s on this CPU (1 s to 6 s) · nothing to download`."""
    if not found.predictions:
        return "Nothing to predict: all predictions are stored"
    parts = [
        counted(found.predictions, "prediction"),
        tokens(found),
        time_on(found) or f"time {NOT_KNOWN}",
        price(found),
        download(found),
        too_large(found),
    ]
    return " · ".join(part for part in parts if part)


def in_lines(found: Estimate) -> dict[str, str]:
    """Each thing that a run will take, with its title."""
    stored = f"{found.stored:,} of {counted(found.n, 'example')} are stored" if found.stored else "nothing is stored"
    lines = {"predictions": f"{found.predictions:,}; {stored}"}
    if not found.predictions:
        return lines
    if found.tokens_in is not None:
        source = {
            "tokenizer": "counted by the model's tokenizer",
            "characters": "estimated, 4 characters a token",
            "earlier answers": "as many as the server counted in earlier prompts",
        }
        lines["tokens"] = f"{tokens(found)}; {source[found.tokens_from]}"
        if found.shared_tokens:
            lines["shared tokens"] = f"{rough(found.shared_tokens)} of those in are computed once for many prompts"
        if found.most_tokens_out:
            lines["tokens out"] = f"{rough(found.most_tokens_out)} at most"
    lines["time"] = time_on(found) or NOT_KNOWN
    if found.load_span:
        lines["loading"] = f"{about(found.load_span)} besides"
    lines["rests on"] = found.rests_on
    if price(found):
        lines["price"] = price(found)
    if download(found):
        lines["download"] = download(found)
    if found.memory_bytes is not None:
        free = f", {sized(found.free_memory_bytes)} are free" if found.free_memory_bytes is not None else ""
        lines["memory"] = f"{sized(found.memory_bytes)} needed{free}"
    return lines


def in_total(several: Sequence[Estimate]) -> str:
    """`2,000 predictions, about 14 s (4.0 s to 40 s)`: all of them together, without loading models."""
    predictions = counted(sum(found.predictions for found in several), "prediction")
    spans = [found.span for found in several]
    known = [span for span in spans if span is not None]
    if len(known) < len(spans):
        return f"{predictions}, time {NOT_KNOWN}"
    return f"{predictions}, {about(sum(known, Span(0.0, 0.0, 0.0)))}"


def tokens(found: Estimate) -> str:
    """`57,900 tokens in, 1,320 out`; empty where there are none."""
    if found.tokens_in is None:
        return ""
    about_ = "" if found.tokens_from == "tokenizer" else "about "
    out = f", {rough(found.tokens_out)} out" if found.tokens_out else ", no answer is written"
    return f"{about_}{rough(found.tokens_in)} tokens in{out}"


def time_on(found: Estimate) -> str:
    """`about 3.0 s on this CPU (1.0 s to 6.0 s)`; empty where it is not known."""
    return about(found.span, _where(found)) if found.span else ""


def _where(found: Estimate) -> str:
    if not found.device:
        return ""
    return " on this CPU" if "thread" in found.device else f" on {found.device}"


def about(span: Span, where: str = "") -> str:
    """`about 3.0 s (1.0 s to 6.0 s)`."""
    low, middle, high = lasting(span.low), lasting(span.middle), lasting(span.high)
    said = middle if middle == lasting(0.0) else f"about {middle}"
    return f"{said}{where}" if low == high else f"{said}{where} ({low} to {high})"


def price(found: Estimate) -> str:
    """`about USD 0.12 (USD 0.60 with the longest answers), by prices of 2026-11-28`; empty for what runs here."""
    if found.price is None or found.most_price is None:
        return "" if found.device or found.tokens_in is None else "price not known"
    longest = f" ({money(found.most_price, found.currency)} with the longest answers)"
    return f"about {money(found.price, found.currency)}{longest}, by prices of {found.price_as_of}"


def download(found: Estimate) -> str:
    """`3.1 GB to download (12.0 GB of disk are free)`; empty for what has no files."""
    if found.download_bytes is None:
        return ""
    if not found.download_bytes:
        return "nothing to download"
    free = f" ({sized(found.free_disk_bytes)} of disk are free)" if found.free_disk_bytes is not None else ""
    return f"{sized(found.download_bytes)} to download{free}"


def too_large(found: Estimate) -> str:
    """That the model needs more memory than there is; empty if it does not."""
    if found.memory_bytes is None or found.free_memory_bytes is None or found.memory_bytes <= found.free_memory_bytes:
        return ""
    return f"needs {sized(found.memory_bytes)} of memory, {sized(found.free_memory_bytes)} are free"
