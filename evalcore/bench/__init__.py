"""`python -m evalcore bench`: engines measured against the loop, in one process, on the same prompts.

All figures are of this machine and this measurement. The loop is timed on a part of the prompts, and its time is scaled
to all of them; its row says so.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from evalcore.errors import SpecError
from evalcore.store import CHOOSING, Engine, RunSpec, Store, checked
from evalcore.tasks import Messages, Renderer, TaskSource, built_in, draw_sample, load_task

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


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options of `bench`."""
    default = RunSpec()
    command.add_argument("--task", default="demo", help="demo, banking77, a data file or folder (default: %(default)s)")
    command.add_argument(
        "--model", default="demo", help="demo, a folder, a hub id, random:qwen2.5-0.5b or random:qwen2.5-1.5b"
    )
    command.add_argument("--tokenizer", default="", help="its folder, for random: models (default: the demo's)")
    command.add_argument("--prompt", default=default.prompt)
    command.add_argument("--n", type=int, default=default.n)
    command.add_argument("--engines", nargs="+", default=["fast", "batched"], choices=("fast", "batched"))
    command.add_argument("--decoding", default=default.decoding)
    command.add_argument("--dtype", default=default.dtype)
    command.add_argument("--batch-size", type=int, default=default.batch_size)
    command.add_argument("--loop-n", type=int, default=LOOP_QUERIES, help="queries the loop is timed on (%(default)s)")
    command.add_argument("--rounds", type=int, default=3, help="each engine so often, in turns (default: %(default)s)")
    command.add_argument("--peer", choices=("lm-eval", "vllm"), help="also measure another tool, where it is installed")


def main(options: argparse.Namespace, store: Store) -> int:
    """Measure and print."""
    from evalcore.bench import subjects

    if options.rounds < 1 or options.loop_n < 1:
        raise SpecError("nothing would be measured.", do="Give --rounds and --loop-n of at least 1.")
    spec = checked(
        RunSpec(
            TaskSource(options.task),
            options.model,
            options.prompt,
            options.n,
            decoding=options.decoding,
            dtype=options.dtype,
            batch_size=options.batch_size,
        )
    )
    task = load_task(spec.task)
    renderer = Renderer(task, built_in(spec.prompt))
    prompts = [renderer.messages(example.text) for example in draw_sample(task, spec.n, spec.sample)]
    subject = subjects.load(spec, options.tokenizer, renderer.answers, store)
    rows = list(_measure(subject, spec, prompts, renderer.answers, options))
    head = {"model": spec.model, "task": task.name, "labels": len(task.labels), "prompt": spec.prompt}
    head |= {"decoding": spec.decoding, **subject.metadata}
    if options.json:
        print(json.dumps({**head, "rows": [asdict(row) for row in rows]}, indent=1))
    else:
        print(" · ".join(f"{name} {value}" for name, value in head.items()))
        print("\n".join(as_table(rows)))
    return 0


def _measure(
    subject: Subject, spec: RunSpec, prompts: list[Messages], answers: Sequence[str], options: argparse.Namespace
) -> Iterator[Row]:
    """One row for the loop, each engine and the peer. They are interleaved, so that noise affects all engines alike."""
    n, part = len(prompts), min(options.loop_n, len(prompts))
    engines: list[Engine] = ["loop", *options.engines]
    timings: dict[str, list[float]] = {engine: [] for engine in engines}
    counted: dict[str, Counted] = {}
    names: dict[str, str] = {}
    results: dict[str, list[Completion]] = {}
    for _ in range(options.rounds):
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
    if options.peer:
        yield _peer_row(subject, spec, prompts[:part], results["loop"], loop_each, n, options.peer)


def _predict(model: LocalModel, prompts: list[Messages], answers: Sequence[str]) -> list[Completion]:
    """What a run does with a loaded model, but without the store."""
    model.prepare(prompts, answers)
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
