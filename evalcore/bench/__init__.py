"""`python -m evalcore bench`: engines measured against the loop, in one process, on the same prompts.

All figures are of this machine and this measurement. The loop is timed on a part of the prompts, and its time is scaled
to all of them; its row says so.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from evalcore.bench.rows import HowMeasured, Row, as_table
from evalcore.errors import SpecError
from evalcore.store import CHOOSING, Engine, RunSpec, Store, checked
from evalcore.tasks import Messages, Renderer, built_in, draw_sample, load_task

__all__ = ["HowMeasured", "Row", "as_table", "measure"]

if TYPE_CHECKING:
    from evalcore.bench.subjects import Counted, Subject
    from evalcore.predictors.local import LocalModel
    from evalcore.store import Completion


def measure(spec: RunSpec, how: HowMeasured, store: Store) -> tuple[dict[str, Any], list[Row]]:
    """Measure the engines on a spec's prompts; of an encoder classifier, the ways to put its texts together.

    Returns:
        What was measured, by name, and one row for the loop, each engine and the peer.

    Raises:
        BlindspotError: if the model, the task or the peer cannot be had, or nothing would be measured.
    """
    if how.rounds < 1 or how.loop_n < 1:
        raise SpecError("nothing would be measured.", do="Give --rounds and --loop-n of at least 1.")
    spec = checked(spec)
    if spec.kind.has_own_labels:
        from evalcore.bench import classifiers

        if how.peer:
            raise SpecError("a peer is measured with models that write only.", do="Leave --peer out.")
        return classifiers.measure(spec, how.rounds, store)
    from evalcore.bench import subjects

    task = load_task(spec.task, store.folder)
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
