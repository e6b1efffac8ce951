"""The table of estimated times in docs/scaling.md: `python docs/scaling/times.py` prints it.

A model of time, not a measurement. Of each example the tail of its prompt, which is its own, is computed, and a short
answer is written; what all prompts share is computed once a worker. A forward pass of a model with P parameters takes
2 P floating-point operations a token. So

    seconds = load + examples x tokens x 2 P / (workers x peak x utilisation)
    load    = start + 2 x bytes of the weights / disk

where a worker is as many GPUs as the weights need. Its layers are spread over them, so one of them computes at a time.
The weights are read twice, once to know which they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

TAIL_TOKENS, ANSWER_TOKENS = 40, 8
"""Of an example: what of its prompt is its own, with the chat template, and its answer (a label's name)."""
BYTES_A_PARAMETER = 2
"""bfloat16."""
PEAK, MEMORY = 989e12, 80e9
"""Of an H100 SXM, by its data sheet: dense bfloat16 operations a second, bytes."""
ROOM = 0.8
"""Share of the memory that weights may take; the rest is for prompts under way."""
UTILISATION = 0.3
"""Share of the peak that is reached, prompts and answers together. What an own run reaches, `bench` measures."""
START_S, DISK = 30.0, 1e9
"""Seconds until a worker begins to load; bytes a second that it reads."""

EXAMPLES = (3_080, 100_000, 1_000_000)
PARAMETERS = (0.5e9, 7e9, 70e9)
GPUS = (1, 8, 64)


@dataclass(frozen=True)
class Estimate:
    """What the model of time says of a run.

    Attributes:
        workers: each with as many GPUs as the weights need; 0 if there are too few.
        load_s, predict_s: seconds.
    """

    workers: int
    load_s: float
    predict_s: float

    @property
    def seconds(self) -> float:
        """Altogether."""
        return self.load_s + self.predict_s


def estimate(examples: float, parameters: float, gpus: int) -> Estimate:
    """How long a run takes; see the module."""
    weights = parameters * BYTES_A_PARAMETER
    workers = gpus // ceil(weights / (MEMORY * ROOM))
    load = START_S + 2 * weights / DISK
    operations = examples * (TAIL_TOKENS + ANSWER_TOKENS) * 2 * parameters
    return Estimate(workers, load, operations / (workers * PEAK * UTILISATION) if workers else float("nan"))


def in_words(seconds: float) -> str:
    """`45 s`, `3.2 min` or `1.5 h`: two digits are more than the model is worth."""
    for most, unit, each in ((90.0, "s", 1.0), (90 * 60.0, "min", 60.0), (float("inf"), "h", 3600.0)):
        if seconds < most:
            value = seconds / each
            return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}"
    raise ValueError(seconds)


def table() -> str:
    """All sizes, as a table in Markdown."""
    lines = [
        "| parameters | examples | " + " | ".join(f"{gpus} GPU{'s' if gpus > 1 else ''}" for gpus in GPUS) + " |",
        "|---|---:|" + "---:|" * len(GPUS),
    ]
    for parameters in PARAMETERS:
        for examples in EXAMPLES:
            cells = []
            for gpus in GPUS:
                found = estimate(examples, parameters, gpus)
                cells.append(
                    f"{in_words(found.seconds)} ({in_words(found.load_s)} to load)" if found.workers else "does not fit"
                )
            lines.append(f"| {parameters / 1e9:g} billion | {examples:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
