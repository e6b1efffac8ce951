"""`python -m evalcore bench`: engines measured against the loop, in one process, on the same prompts.

All figures are of this machine and this measurement. The loop is timed on a part of the prompts, and its time is scaled
to all of them; its row says so.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalcore.errors import SpecError
from evalcore.store import CHOOSING, Engine, RunSpec, Store, checked
from evalcore.tasks import Messages, Renderer, built_in, draw_sample, load_task

if TYPE_CHECKING:
    from evalcore.bench.subjects import Counted, Subject
    from evalcore.predictors.local import LocalModel
    from evalcore.store import Completion

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


def measure(spec: RunSpec, how: HowMeasured, store: Store) -> tuple[dict[str, Any], list[Row]]:
    """Measure the engines on a spec's prompts.

    Returns:
        What was measured, by name, and one row for the loop, each engine and the peer.

    Raises:
        BlindspotError: if the model, the task or the peer cannot be had, or nothing would be measured.
    """
    from evalcore.bench import subjects

    if how.rounds < 1 or how.loop_n < 1:
        raise SpecError("nothing would be measured.", do="Give --rounds and --loop-n of at least 1.")
    spec = checked(spec)
    task = load_task(spec.task)
    renderer = Renderer(task, built_in(spec.prompt))
    prompts = [renderer.messages(example.text) for example in draw_sample(task, spec.n, spec.sample)]
    subject = subjects.load(spec, how.tokenizer, renderer.answers, store)
    rows = list(_measure(subject, spec, prompts, renderer.answers, how))
    what = {"model": spec.model, "task": task.name, "labels": len(task.labels), "prompt": spec.prompt}
    return {**what, "decoding": spec.decoding, **subject.metadata}, rows


def _measure(
    subject: Subject, spec: RunSpec, prompts: list[Messages], answers: Sequence[str], how: HowMeasured
) -> Iterator[Row]:
    """One row for the loop, each engine and the peer. They are interleaved, so that noise affects all engines alike."""
    n, part = len(prompts), min(how.loop_n, len(prompts))
    engines: list[Engine] = ["loop", *how.engines]
    timings: dict[str, list[float]] = {engine: [] for engine in engines}
    counted: dict[str, Counted] = {}
    names: dict[str, str] = {}
    results: dict[str, list[Completion]] = {}
    for _ in range(how.rounds):
        for engine in engines:
            model = subject.with_engine(engine, spec)
            names[engine] = model.engine.name
            asked = prompts[:part] if engine == "loop" else prompts
            with subject.counting() as counted[engine]:
                started = time.perf_counter()
                results[engine] = _predict(model, asked, answers)
                timings[engine].append(time.perf_counter() - started)
    speed = subject.matrix_speed()
    loop_each = statistics.median(timings["loop"]) / part
    for engine in engines:
        timed = len(results[engine])
        seconds = statistics.median(timings[engine])
        work = counted[engine]
        yield Row(
            names[engine],
            n,
            timed,
            seconds * n / timed,
            loop_each * timed / seconds,
            sum(_differ(a, b) for a, b in zip(results[engine], results["loop"], strict=False)),
            part,
            work.tokens,
            work.passes,
            work.peak_memory_bytes,
            work.operations / seconds / speed,
        )
    if how.peer:
        yield _peer_row(subject, spec, prompts[:part], results["loop"], loop_each, n, how.peer)


def _predict(model: LocalModel, prompts: list[Messages], answers: Sequence[str]) -> list[Completion]:
    """What a run does with a loaded model, but without the store."""
    model.prepare(prompts, answers, {})
    completions: list[Completion] = []
    for start in range(0, len(prompts), model.batch_size):
        completions += model.predict(prompts[start : start + model.batch_size])
    return completions


def _differ(one: Completion, other: Completion) -> bool:
    return (one.text, one.token_ids) != (other.text, other.token_ids)


def _peer_row(
    subject: Subject,
    spec: RunSpec,
    prompts: list[Messages],
    loop: list[Completion],
    loop_each: float,
    n: int,
    peer: str,
) -> Row:
    from evalcore.bench import peers

    if spec.decoding in CHOOSING:
        raise SpecError("a peer is measured on free answers only.", do="Leave --decoding out.")
    texts = [rendered.text for rendered in subject.renderer.render(prompts)]
    measured = peers.measure(peer, subject, texts, spec.max_new_tokens)
    differing = sum(a.strip() != b.text.strip() for a, b in zip(measured.texts, loop, strict=True))
    timed = len(prompts)
    seconds = measured.seconds * n / timed
    return Row(measured.name, n, timed, seconds, loop_each * n / seconds, differing, timed)


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
