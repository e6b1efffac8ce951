"""What one measurement gives: a row of the table, and how it was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evalcore.store import Engine

LOOP_QUERIES = 32
"""Default number of queries on which the loop is timed."""


@dataclass(frozen=True)
class Row:
    """One engine, measured.

    Attributes:
        engine: its name and, if it is not the one asked for, why.
        n: number of queries that `seconds` is given for.
        timed: number of queries that were timed; the time is scaled to `n`.
        seconds: median over the rounds; with rendering and tokenizing, without loading.
        ratio: the loop's seconds divided by these.
        differing: completions that differ from the loop's.
        compared: number of completions that were compared.
        tokens: that went through the model for the queries timed; None if a peer does not tell.
        passes: through the model, likewise.
        peak_memory_bytes: above the memory in use before; of the accelerator if there is one.
        matrix_share: floating-point operations a second, divided by those of the fastest matrix product measured here.
    """

    engine: str
    n: int
    timed: int
    seconds: float
    ratio: float
    differing: int
    compared: int
    tokens: int | None = None
    passes: int | None = None
    peak_memory_bytes: int | None = None
    matrix_share: float | None = None


@dataclass(frozen=True)
class HowMeasured:
    """What is measured, and how.

    Attributes:
        engines: beside the loop.
        loop_n: queries that the loop is timed on.
        rounds: how often each engine takes its turn.
        peer: another tool, `lm-eval` or `vllm`; empty for none.
        tokenizer: folder of the tokenizer of `random:` models; empty for the demo's.
    """

    engines: Sequence[Engine] = ("fast", "batched")
    loop_n: int = LOOP_QUERIES
    rounds: int = 3
    peer: str = ""
    tokenizer: str = ""


def as_table(rows: Sequence[Row]) -> list[str]:
    """Rows for a terminal."""
    lines = [
        f"{'engine':24}{'n':>6}{'seconds':>10}{'ratio':>8}{'differing':>13}{'tokens':>10}{'passes':>8}{'memory':>10}"
        f"{'of matrix speed':>17}"
    ]
    for row in rows:
        memory = "" if row.peak_memory_bytes is None else f"{row.peak_memory_bytes / 1e6:.0f} MB"
        share = "" if row.matrix_share is None else f"{100 * row.matrix_share:.0f} %"
        scaled = "" if row.timed == row.n else f"  timed on {row.timed}"
        name, _, why = row.engine.partition("; ")
        lines.append(
            f"{name:24}{row.n:6}{row.seconds:10.2f}{row.ratio:8.1f}{f'{row.differing} of {row.compared}':>13}"
            f"{row.tokens or '':>10}{row.passes or '':>8}{memory:>10}{share:>17}{scaled}{'  ' + why if why else ''}"
        )
    return lines
